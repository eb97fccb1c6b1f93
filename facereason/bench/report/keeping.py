"""Runs as they are kept beside the code: figures and all that they rest on, without replies, rows and photos.

keep([Path("runs/reader"), Path("runs/fer")], Path("eval/results/runs"))      # reader.json and fer.json there
"""

from __future__ import annotations

import dataclasses
import json
import math
import shlex
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason import records, resources
from facereason.bench.report.sections import Confusion, confusion
from facereason.bench.runs import answers, comparing, results, running
from facereason.bench.runs.comparing import Difference
from facereason.bench.runs.figures import Measure
from facereason.bench.runs.results import Result
from facereason.types import FaceReasonError, UsageError

DIGITS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTask:
    """One task of a run. `seconds`: median of those that a question took, which depends on the machine and on how many
    were asked at a time; `fingerprint`: hash of the questions; `prompt`: template or words, `sent`: hash of what was
    sent; `seen`: what of that which is measured the model was trained on."""

    task: str
    says: str
    protocol: str
    data: tuple[str, ...]
    n: int
    errors: int
    command: str
    seed: int
    fingerprint: str
    prompt: str
    prompt_sha256: str
    sent: str = ""
    seconds: float = 0.0
    seen: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    confusion: Confusion | None = None
    measures: tuple[Measure, ...] = ()

    def of(self, name: str, by: str = "", group: str = "") -> Measure | None:
        """The figure of this name, of all rows or of a group."""
        return next((m for m in self.measures if (m.name, m.by, m.group) == (name, by, group)), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Against:
    """The accuracy of `other` less that of this run, on the questions that both answered; as `comparing.Difference`."""

    other: str
    task: str
    first: float
    second: float
    value: float
    low: float
    high: float
    p: float
    test: str
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRun:
    """`run`: its name; `model`: what was asked; `learnt`: what that was trained on."""

    run: str
    model: dict[str, str]
    facereason: str
    learnt: tuple[str, ...] = ()
    tasks: tuple[KeptTask, ...] = ()
    against: tuple[Against, ...] = ()


def keep(runs: Sequence[Path], out: Path) -> list[Path]:
    """Write `out/NAME.json` for each run, with the differences to those named after it. A folder of several runs of one
    model, with other limits for other tasks, is one run. Paths of this machine are left out.

    UsageError where a folder holds no run, two have one name, or the runs in one are of several models or share a task.
    """
    if len({run.name for run in runs}) < len(runs):
        raise UsageError("two runs of one name: rename a folder, the file is named after it")
    found = [(run, _found(run)) for run in runs]
    written = []
    for place, (run, mine) in enumerate(found):
        against = [
            _against(other.name, each)
            for other, theirs in found[place + 1 :]
            for each in comparing.differences(mine, theirs)
            if each.name == "accuracy"
        ]
        written.append(_write(_kept(run, mine, against), out))
    return written


def kept(folder: Path | None = None) -> list[KeptRun]:
    """Runs in a folder, by default those that ship, by name; FaceReasonError where a file is none."""
    where = folder or resources.suites() / "results" / "runs"
    if folder is not None and not where.is_dir():
        raise UsageError(f"no folder {where}: name the one that `facereason bench keep` wrote to")
    found = []
    for path in sorted(where.glob("*.json")):
        try:
            found.append(records.build(KeptRun, json.loads(path.read_text(encoding="utf-8")), str(path)))
        except (ValueError, UsageError) as error:
            raise FaceReasonError(f"{path}: not a run of `facereason bench keep` ({error})") from None
    return found


def _parts(run: Path) -> list[Path]:
    """The folder, or the runs that lie in it."""
    inside = sorted(path.parent for path in run.glob(f"*/{running.FILE}"))
    return [run] if (run / running.FILE).is_file() or not inside else inside


def _found(run: Path) -> list[Result]:
    parts = _parts(run)
    first = running.opened(parts[0])["model"]
    found: dict[str, Result] = {}
    for part in parts:
        if (model := running.opened(part)["model"]) != first:
            raise UsageError(f"{run} holds runs of {first} and of {model}: keep them as two")
        for result in results.results(part):
            if result.task in found:
                raise UsageError(f"{run} holds {result.task} twice: keep one of them")
            found[result.task] = result
    return list(found.values())


def _kept(run: Path, found: Iterable[Result], against: list[Against]) -> KeptRun:
    told = [running.opened(part) for part in _parts(run)]
    return KeptRun(
        run=run.name,
        model={key: str(value) for key, value in told[0]["model"].items() if value},
        facereason=str(told[0].get("facereason", "")),
        learnt=tuple(dict.fromkeys(each for part in told for each in part["learnt"])),
        tasks=tuple(_task(each, run.name) for each in found),
        against=tuple(against),
    )


def _task(result: Result, run: str) -> KeptTask:
    command, data = _anywhere(result.command, run if result.run == run else f"{run}/{result.run}")
    return KeptTask(
        task=result.task,
        says=result.told["says"],
        protocol=result.told["protocol"],
        data=tuple(result.told["data"]),
        n=len(result.rows),
        errors=len(result.errors),
        command=command,
        seed=result.seed,
        fingerprint=result.fingerprint,
        prompt=result.told["prompt"],
        prompt_sha256=result.told["prompt_sha256"],
        sent=result.sent,
        seconds=round(statistics.median(row.seconds for row in result.rows), 3) if result.rows else 0.0,
        seen=result.seen,
        warnings=tuple(each.replace(data, "data") if data else each for each in result.warnings),
        confusion=confusion(result.rows),
        measures=tuple(_rounded(each) for each in result.measures if math.isfinite(each.value)),
    )


def _anywhere(command: str, run: str) -> tuple[str, str]:
    """The command with folders named as in the documents, and the folder of data that it named."""
    words, data = shlex.split(command), ""
    for place, word in enumerate(words[:-1]):
        behind = words[place + 1]
        if word == "--data":
            data, words[place + 1] = behind, "data/"
        elif word == "--out":
            words[place + 1] = f"runs/{run}"
        elif word == "--model" and behind.startswith(answers.PREFIX):
            words[place + 1] = f"{answers.PREFIX}{Path(behind).name}"
    return shlex.join(words), data.rstrip("/")


def _rounded(measure: Measure) -> Measure:
    """A bound that is no number, of a group of one, is no bound."""
    values = {name: getattr(measure, name) for name in ("value", "low", "high", "p")}
    told: dict[str, Any] = {
        name: None if value is None or not math.isfinite(value) else round(value, DIGITS)
        for name, value in values.items()
    }
    return dataclasses.replace(measure, **told)


def _against(other: str, found: Difference) -> Against:
    told: dict[str, Any] = {
        field.name: getattr(found, field.name) for field in dataclasses.fields(Against) if field.name != "other"
    }
    rounded = {name: round(value, DIGITS) for name, value in told.items() if isinstance(value, float)}
    return Against(other=other, **(told | rounded))


def _write(run: KeptRun, out: Path) -> Path:
    """A line a figure, so that what changed can be read; whole or not at all."""
    told = records.plain(run)
    tasks = [_lines(task, "measures") for task in told.pop("tasks", [])]
    against = told.pop("against", [])
    text = _lines(told | {"against": against}, "against")[:-1] + ',"tasks":[\n' + ",\n".join(tasks) + "\n]}\n"
    path = out / f"{run.run}.json"
    part = path.with_suffix(".part")
    try:
        out.mkdir(parents=True, exist_ok=True)
        part.write_text(text, encoding="utf-8")
        part.replace(path)
    except OSError as error:
        raise FaceReasonError(f"{path}: cannot be written ({error.strerror})") from None
    return path


def _lines(told: dict[str, Any], last: str) -> str:
    """An object whose list `last` stands at its end, an entry a line."""
    rows = told.pop(last, [])
    head = _json(told)[:-1]
    return f'{head},"{last}":[' + ",".join(f"\n{_json(row)}" for row in rows) + "]}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
