"""What a trained model came from: recipe, base, faces with their terms, versions, losses. Kept beside its weights in
`run.json`, from which the model card is written, an adapter is merged, and a folder is let out or not.

No path of this machine is in it.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from facereason import __version__, records
from facereason.data import DATASETS
from facereason.records import plain
from facereason.train.vlm import watching
from facereason.train.vlm.leaks import Learnt
from facereason.train.vlm.recipe import FRESH, SHIPPED, RewardRecipe
from facereason.types import FaceReasonError, UsageError
from facereason.vlm import catalogue, families

if TYPE_CHECKING:
    from facereason.vlm.local.loading import Base

FILE = "run.json"
PACKAGES = ("torch", "transformers", "trl", "peft", "datasets")
NANOS, OURS = (FRESH, SHIPPED), "Apache-2.0"
"""Bases that are this project's own, and their licence."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """How many faces of a split were trained on, and on what terms they are."""

    dataset: str
    split: str
    license: str
    faces: int

    @property
    def terms(self) -> str:
        return DATASETS[self.dataset].terms if self.dataset in DATASETS else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """`base`: the checkpoint's name, of a folder the last part alone; `local`: it was a folder; `license`: the base's,
    empty where it is not known; `mark`: tells its weights from another checkpoint's (`mark`); `family`: its title;
    `recipe`: as YAML; `bits`: to which the base was quantised, 0 where it was not; `way`: sft or grpo;
    `before`: what its base had learnt from, where that was trained here;
    `against`: held-out data that none of the faces is in; `losses`: the last on what was trained on, and on valid data.
    """

    name: str
    base: str
    local: bool
    license: str
    family: str
    mark: str
    recipe: str
    faces: tuple[Faces, ...]
    questions: int
    valid: int
    device: str
    versions: Mapping[str, str]
    before: tuple[Faces, ...] = ()
    bits: int = 0
    way: str = "sft"
    against: tuple[str, ...] = ()
    steps: int = 0
    losses: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def of(recipe: Any, base: Base, learnt: Learnt, questions: int, valid: int) -> Run:
        """Of a run that is about to begin."""
        found = [Faces(dataset=of[0], split=of[1], license=of[2], faces=n) for of, n in sorted(learnt.faces.items())]
        local = Path(recipe.base.removeprefix("hf/")).expanduser().is_dir()
        said = plain(recipe)
        stage = Path(recipe.base.removeprefix("hf/")).expanduser()
        earlier = read(stage) if local and (stage / FILE).is_file() else None
        if local:
            said["base"] = Path(recipe.base).name
        said["data"] = [{**part, "data": _last(part["data"])} for part in said["data"]]
        return Run(
            name=recipe.name,
            base=said["base"],
            local=local,
            license=OURS if recipe.base in NANOS else license_of(recipe.base),
            family=families.NANO.title if _eye(base.model) else base.family.title,
            mark="" if recipe.base == FRESH else mark(base.model),
            recipe=yaml.safe_dump(said, sort_keys=False, allow_unicode=True).rstrip(),
            bits=recipe.bits or 0,
            way="grpo" if isinstance(recipe, RewardRecipe) else "sft",
            faces=tuple(found),
            before=(*earlier.before, *earlier.faces) if earlier is not None else (),
            questions=questions,
            valid=valid,
            against=learnt.against,
            device=base.describe(),
            versions={"facereason": __version__, **{name: each for name in PACKAGES if (each := _version(name))}},
        )

    def begin(self, folder: Path, *, going_on: bool) -> None:
        """Keep this beside the run. FaceReasonError where the run goes on, and its base has other weights than when it
        began."""
        before = folder / FILE
        if going_on and before.is_file() and read(folder).mark != self.mark:
            raise FaceReasonError(
                f"{folder}: its base {self.base} has other weights than when the run began: bring them back, or begin "
                "anew in another folder with --out"
            )
        self.write(folder)

    def end(self, folder: Path, out: Path) -> None:
        """Add what the curve says, and keep it beside the run and in the trained model's folder."""
        rows = watching.read(folder)
        names = ("loss", "eval_loss")
        losses = {name: [row[name] for row in rows if name in row][-1:] for name in names}
        done = dataclasses.replace(
            self,
            steps=max((row["step"] for row in rows), default=0),
            losses={name: last[0] for name, last in losses.items() if last},
        )
        for place in (folder, out):
            done.write(place)

    def write(self, folder: Path) -> None:
        part = folder / f"{FILE}.part"
        part.write_text(json.dumps(dataclasses.asdict(self), indent=1) + "\n", encoding="utf-8")
        part.replace(folder / FILE)


def read(folder: Path) -> Run:
    """What was kept in a folder; UsageError where there is nothing."""
    path = folder / FILE
    if not path.is_file():
        raise UsageError(f"{folder}: no {FILE}: not a run of facereason train, nor a model of one")
    try:
        return records.build(Run, json.loads(path.read_text(encoding="utf-8")), str(path))
    except ValueError as error:
        raise FaceReasonError(f"{path}: damaged ({error})") from None


def mark(model: Any) -> str:
    """Tells checkpoints apart, whatever precision they are loaded in: a hash of the first numbers of its vectors and of
    its words' embeddings, none of which quantising touches."""
    import torch

    parts = []
    words = model.get_input_embeddings().weight
    # all vectors alike, as in an untrained model, say nothing; the embeddings do
    for weights in [each for each in model.parameters() if each.ndim == 1] + [words]:
        first = weights.detach().reshape(-1)[:64].to("cpu", torch.bfloat16).view(torch.int16).numpy().tobytes()
        parts.append(f"{tuple(weights.shape)} ".encode() + first)
    return hashlib.blake2b(b"".join(sorted(parts)), digest_size=16).hexdigest()


def license_of(base: str) -> str:
    """The licence of a base: as we know it by name, or as the card beside its weights says; empty where neither."""
    from facereason.vlm import names

    name = names.parse(base if base.startswith("hf/") else f"hf/{base}").base
    known = next((each.licence for each in catalogue.KNOWN if each.name == f"hf/{name.name}"), "")
    found = catalogue.here(name)
    if known or found is None:
        return known
    if (found.folder / FILE).is_file():  # trained here before
        return read(found.folder).license
    return str(head(found.folder / "README.md").get("license") or "")


def head(card: Path) -> Mapping[str, Any]:
    """The YAML head of a model card, empty where there is none; FaceReasonError where it is not YAML."""
    if not card.is_file():
        return {}
    before, _, rest = card.read_text(encoding="utf-8").partition("---\n")
    if before.strip():
        return {}
    try:
        told = yaml.safe_load(rest.partition("\n---")[0])
    except yaml.YAMLError as error:
        raise FaceReasonError(f"{card}: its head is no YAML ({' '.join(str(error).split())[:120]})") from None
    return told if isinstance(told, Mapping) else {}


def _eye(model: Any) -> bool:
    """Whether it looks through nano's eye."""
    from facereason.train.nano import eye

    return getattr(getattr(model.config, "vision_config", None), "model_type", "") == eye.MODEL_TYPE


def _last(data: str) -> str:
    """A file's name without its folders; a data set with its split as it is."""
    return Path(data).name if Path(data).is_absolute() else data


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
