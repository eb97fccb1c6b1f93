"""What a run found: the figures of each task with all that is needed to make them again."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facereason.bench.runs import figures, held, judges, rows, running
from facereason.bench.runs.figures import Measure
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import angles, catalogue, units
from facereason.bench.tasks.task import Extra
from facereason.scoring import Disposition

FILE = "figures.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One task of one run. `told`: what `run.json` says of the task; `fingerprint`: hash of the questions that were
    answered; `judge`: who graded it by which rubric, if anybody; `seen`: what the model was trained on of that which
    the task measures; `warnings`: what a reader of the figures must know."""

    run: str
    model: str
    revision: str
    task: str
    told: Mapping[str, Any]
    command: str
    seed: int
    fingerprint: str
    measures: tuple[Measure, ...]
    judge: Mapping[str, Any] = field(default_factory=dict)
    seen: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    errors: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()

    @property
    def sent(self) -> str:
        """Hash of the words that were sent, or how many different ones were."""
        hashes = {row.prompt for row in self.rows}
        return next(iter(hashes)) if len(hashes) == 1 else f"{len(hashes)} wordings" if hashes else ""

    def of(self, name: str, by: str = "", group: str = "") -> Measure | None:
        """The figure of this name, of all rows or of a group."""
        return next((m for m in self.measures if (m.name, m.by, m.group) == (name, by, group)), None)


def results(out: Path) -> Iterator[Result]:
    """The tasks of a run, in the order in which they were run. UsageError where there is no run."""
    told = running.opened(out)
    known = catalogue.known()
    learnt = {word.strip() for each in told["learnt"] for word in each.split(",")}
    identity = dict(told["model"])
    revision = ", ".join(f"{key} {value}" for key, value in identity.items() if key not in ("name", "family"))
    for name, entry in told["tasks"].items():
        folder = running.folder(out, name)
        found = rows.read(folder)
        judge = told.get("judge", {}) if entry["scorer"] in judges.JUDGED else {}
        found = dataclasses.replace(found, rows=held.with_readings(judges.with_verdicts(found.rows, folder), folder))
        task = known.get(name)
        measured = list(figures.standard(found.rows, told["seed"], task.intersections if task else ()))
        extras = task.extras if task else _EXTRAS.get(entry["scorer"], ())
        for extra in extras if found.rows else ():
            measured += extra(found.rows, told["seed"])
        measured += judges.judge_figures(found.rows, judge, told["seed"])
        measured += held.held_figures(found.rows, told["seed"])
        yield Result(
            run=out.name,
            model=identity.get("name", "?"),
            revision=revision,
            task=name,
            told=entry,
            command=f"{entry['command']} --out {out}",
            seed=told["seed"],
            fingerprint=found.fingerprint if found.rows else "",
            measures=tuple(each for each in measured if each.n),
            judge=judge,
            seen=tuple(sorted(learnt & set(entry["learnt"]))),
            warnings=(*_warnings(found, entry), *_of_evidence(found, judge, identity.get("name", "?"), folder)),
            rows=found.rows,
            errors=found.errors,
            folder=folder,
        )


def _warnings(found: rows.Rows, entry: Mapping[str, Any]) -> Iterator[str]:
    """What went wrong, in words, worst first."""
    if entry["missing"]:
        yield f"Not run: {entry['missing']}"
    n = len(found.rows)
    if found.errors:
        first = next(iter(found.errors.values()))
        yield f"{len(found.errors)} of {n + len(found.errors)} questions have no reply, and are in no figure: {first}"
    unread = [row for row in found.rows if row.outcome is Disposition.FORMAT]
    if n and len(unread) == n:
        yield f"No answer could be read from any of the {n} replies: the accuracy says nothing of what the model sees."
    elif len(unread) > n / 10:
        yield f"No answer could be read from {len(unread)} of {n} replies."
    for outcome in (Disposition.REFUSED, Disposition.ABSTAINED):
        count = sum(row.outcome is outcome for row in found.rows)
        if count > n / 10:
            yield f"{count} of {n} replies {'decline' if outcome is Disposition.REFUSED else 'abstain'}."
    answers = {row.answer for row in found.rows if row.answer is not None}
    truths = {figures.truth(row) for row in found.rows if "answer" in row.truth}
    if n >= figures.FEWEST and len(answers) == 1 and len(truths) > 1:
        yield f"Every reply that could be read is {answers.pop()!r}, whatever was shown."


def _of_evidence(found: rows.Rows, judge: Mapping[str, Any], model: str, folder: Path) -> Iterator[str]:
    """What has to be known of a judge and of readings."""
    asked = [row for row in found.rows if "judge" in row.parts]
    if asked and judge.get("name") == model:
        yield "The judge is the model itself."
    none = sum(not row.parts["judge"] for row in asked)
    if none > len(asked) / 10:
        yield f"The judge gave no verdict on {none} of {len(asked)} replies."
    if left := judges.unjudged(found.rows, folder) if judge else 0:
        yield f"{left} replies wait for the judge; the same command with --judge goes on."
    if model.partition("/")[0] in held.OWN and any("held" in row.parts for row in found.rows):
        yield (
            "Claims are held against readings of the reader, through whose eye this model sees: they are no "
            "independent evidence."
        )


def write(found: Sequence[Result], path: Path) -> None:
    """The figures without their rows as JSON, whole or not at all; what is no number is null."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps([plain(each) for each in found], indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)


def plain(result: Result) -> dict[str, Any]:
    """A result as plain data, rows left out, figures rounded to 6 digits."""
    told = {f.name: getattr(result, f.name) for f in dataclasses.fields(result) if f.name not in _LEFT_OUT}
    told["sent"], told["n"], told["errors"] = result.sent, len(result.rows), len(result.errors)
    told["measures"] = [
        {key: _rounded(value) for key, value in dataclasses.asdict(each).items() if value not in ("", None)}
        for each in result.measures
    ]
    return told


_EXTRAS: Mapping[str, tuple[Extra, ...]] = {
    "think": (units.unit_figures,),
    "text": (units.text_figures,),
    "pose": (angles.head_figures,),
    "facing": (angles.body_figures,),
}
"""Of files of one's own, by scorer."""
_LEFT_OUT = ("rows", "errors", "folder", "measures")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
