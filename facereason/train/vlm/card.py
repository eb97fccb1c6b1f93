"""The model card of a run: what it came from, how it was trained, what was measured of it, and what it must not be
used for. Nothing stands in it that the run did not write down."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from facereason.train.vlm import provenance
from facereason.train.vlm.measuring import Figure
from facereason.train.vlm.merged import ADAPTER
from facereason.train.vlm.provenance import Run
from facereason.train.vlm.recipe import FRESH
from facereason.types import FaceReasonError

NAME = "README.md"
FIGURES = "figures*.json"
"""What `facereason train measure --json` wrote into the run, or into the model's folder."""
HUB_LICENSES = {
    "apache-2.0": "apache-2.0",
    "mit": "mit",
    "gemma terms": "gemma",
    "gemma": "gemma",
    "llama 2 terms": "llama2",
    "llama2": "llama2",
}
"""Licences as we name them, or as a base's card does, to what the hub calls them."""
NOT_MEASURED = "Not measured."

LIMITS = """\
It tells what a face *shows* to onlookers, not what somebody feels, intends or is like: people smile when they are not
happy, and are sad with a still face ([Barrett et al. 2019](https://doi.org/10.1177/1529100619832930)). What it learnt
are labels of annotators; age and gender are as perceived, and it is right more often for some groups of people than
for others. Its words can be wrong, and sound sure when they are. `facereason ask` holds its claims against
measurements.

The [EU AI Act](https://eur-lex.europa.eu/eli/reg/2024/1689/oj) (Regulation 2024/1689) forbids inferring emotions of
people at work and in education, except for medical or safety reasons (Article 5(1)(f)), and sorting people by
biometric data to infer race, beliefs or sexual orientation (Article 5(1)(g)). Elsewhere reading emotions is a
high-risk use (Annex III), and whoever deploys it has to tell the people concerned (Article 50(3)). It must not be
used to decide about people: whom to hire, admit, insure, police, believe, treat or teach. It identifies nobody, and
must not be trained or used to.
"""


def write(folder: Path, license: str | None = None) -> Path:
    """Write `README.md` into the folder of a trained model, from its `run.json` and the figures in it or in the run
    around it. `license`: of the weights, as the hub names it; else the base's, where that is known.

    UsageError where the folder holds no trained model.
    """
    run = provenance.read(folder)
    path = folder / NAME
    path.write_text("\n".join(_parts(run, folder, figures(folder), license)), encoding="utf-8")
    return path


def figures(folder: Path) -> list[Figure]:
    """What was measured of the model in a folder: its own files and, in the folder of a run, those beside it."""
    around = folder.parent if (folder.parent / provenance.FILE).is_file() else folder
    found = []
    for path in sorted({*folder.glob(FIGURES), *around.glob(FIGURES)}):
        try:
            found += [Figure(**row) for row in json.loads(path.read_text(encoding="utf-8"))]
        except (ValueError, TypeError) as error:
            raise FaceReasonError(f"{path}: no figures of facereason train measure --json ({error})") from None
    return found


def _parts(run: Run, folder: Path, measured: Sequence[Figure], license: str | None) -> Iterator[str]:
    import yaml

    head = yaml.safe_dump(_head(run, folder, license), sort_keys=False, allow_unicode=True).rstrip()
    adapter = (folder / ADAPTER).is_file()
    yield f"---\n{head}\n---\n\n# {run.name}\n"
    base = "from the reader's eye and random words" if run.base == FRESH else f"on {run.base}"
    what = "A LoRA adapter" if adapter else "A vision-language model"
    yield f"{what} ({run.family}) that answers questions about the face in a picture, fine-tuned {base}.\n"
    yield "## Base\n"
    where = " (a folder of its trainer)" if run.local else ""
    yield f"`{run.base}`{where}, {run.family}. Licence: {run.license or 'not known'}.\n"
    yield "## Data\n"
    yield "| data set | split | faces | licence | terms |\n| --- | --- | --- | --- | --- |"
    for each in run.faces:
        yield f"| {each.dataset} | {each.split} | {each.faces:,} | {each.license} | {each.terms or 'not stated'} |"
    for each in run.before:
        yield f"| {each.dataset}, by its base | {each.split} | {each.faces:,} | {each.license} | {each.terms} |"
    valid = f", {run.valid:,} more for validation" if run.valid else ""
    yield f"\n{run.questions:,} questions{valid}. {_compared(run)}\n"
    yield "## Training\n"
    yield f"{run.steps:,} steps on {run.device}. {_losses(run)}\n"
    yield f"```yaml\n{run.recipe}\n```\n"
    versions = ", ".join(f"{package} {version}" for package, version in run.versions.items())
    yield f"`facereason train {run.way} RECIPE.yaml --data DIR`, with {versions}.\n"
    yield "## Figures\n"
    yield from _figures(measured)
    yield f"\n## Limits and uses\n\n{LIMITS}"


def _head(run: Run, folder: Path, license: str | None) -> dict[str, Any]:
    said = license or run.license
    known = HUB_LICENSES.get(said.lower())
    told: dict[str, Any] = {}
    if license:
        told["license"] = license
    elif known:
        told["license"] = known
    elif said:
        told |= {"license": "other", "license_name": said}
    if not run.local and run.base not in provenance.NANOS:
        told["base_model"] = run.base
    adapter = (folder / ADAPTER).is_file()
    sets = list(dict.fromkeys(each.dataset for each in (*run.before, *run.faces)))
    tags = ["facereason", "facial-expression", "emotion-recognition", *(["lora"] if adapter else [])]
    return told | {
        "datasets": sets,
        "library_name": "peft" if adapter else "transformers",
        "pipeline_tag": "image-text-to-text",
        "tags": tags,
    }


def _compared(run: Run) -> str:
    if not run.against:
        return "Their pictures were compared with those of no held-out split: none lay beside the data."
    return f"None of their pictures is in {', '.join(run.against)}, pixel for pixel or by its looks."


def _losses(run: Run) -> str:
    names = {"loss": "on what it was trained on", "eval_loss": "on valid data"}
    told = [f"{run.losses[name]:.4f} {words}" for name, words in names.items() if name in run.losses]
    return f"Last loss on answers: {', '.join(told)}." if told else "No loss was logged."


def _figures(measured: Sequence[Figure]) -> Iterator[str]:
    if not measured:
        yield NOT_MEASURED
        return
    yield "| measure | on | n | value | 95 % |\n| --- | --- | --- | --- | --- |"
    for each in measured:
        between = "" if each.low is None or each.high is None else f"{each.low:.3f} to {each.high:.3f}"
        if each.n and math.isfinite(each.value):
            yield f"| {each.name} | {each.on} | {each.n:,} | {each.value:.3f} | {between} |"
        else:
            yield f"| {each.name} | {each.on} | {each.n:,} | not measured | |"


def conflicts(run: Run) -> Mapping[str, str]:
    """Data sets whose terms do not plainly allow to give weights away that learnt from them, with their licence."""
    return {each.dataset: each.license for each in (*run.before, *run.faces) if not _open(each.license)}


OPEN = ("cc by 4.0", "cc0-1.0", "cc0", "apache-2.0", "mit", "cc-by-4.0")


def _open(license: str) -> bool:
    """Whether a licence is an open one and nothing else: "labels MIT; images ..." is not."""
    return license.strip().lower() in OPEN
