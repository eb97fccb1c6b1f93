"""A run: a model asked the questions of some tasks, every reply journaled, so that a run that is cut goes on.

run = start(Plan(model="fake", tasks=("fer/ferplus",), data="data/"), Path("runs/fake"))

runs/fake/run.json                          what was asked, of whom, with which command
runs/fake/fer/ferplus/journal-00000.jsonl   a row a question
runs/fake/fer/ferplus/pictures/             small pictures of some that were not answered rightly
runs/fake/fea/fea20k/judged/                verdicts of a judge on thoughts; held/: their claims against readings
"""

from __future__ import annotations

import functools
import json
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason import __version__, runner
from facereason.bench.runs import answering, answers, held, judges, opening
from facereason.bench.runs.judges import Judge
from facereason.bench.runs.respondents import Respondent
from facereason.bench.tasks import catalogue
from facereason.bench.tasks.task import Source, Task
from facereason.data import DataError
from facereason.runner import Budget
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    from facereason.vlm.api import Settings

EXECUTORS = ("local", "ray")
LEARNT: Mapping[str, tuple[str, ...]] = {
    "nano": ("ferplus", "fairface", "studio", "rotations"),
    "reader": ("ferplus", "fairface", "studio"),
    "agent": ("ferplus", "fairface", "studio"),
}
"""What the models that ship were trained on: of data sets the train splits."""
FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. `suites`: suites, tasks (SUITE/TASK) or files of one's own questions; `scorer`: of the latter;
    `learnt`: what the model was trained on, for the marks in tables; `in_flight`: calls at a time, by the provider
    where None; `judge`: a model that grades reasoning; `readings`: hold claims against the reader's sure readings;
    `executor`: "local", or "ray" for workers on a Ray cluster, each with a client of its own."""

    model: str
    suites: tuple[str, ...]
    data: str | None = None
    photos: str | None = None
    limit: int | None = None
    seed: int = 0
    confidence: bool = False
    scorer: str = "choice"
    learnt: tuple[str, ...] = ()
    in_flight: int | None = None
    judge: str | None = None
    readings: bool = False
    executor: str = "local"

    @property
    def tasks(self) -> tuple[Task, ...]:
        return catalogue.tasks(self.suites, self.scorer)

    @property
    def command(self) -> str:
        """The command that makes this run again, but for its folder."""
        said = ["facereason", "bench", "run", *self.suites, "--model", self.model]
        named = {"data": self.data, "photos": self.photos, "limit": self.limit, "judge": self.judge}
        for name, value in named.items():
            said += [f"--{name}", str(value)] if value is not None else []
        said += ["--seed", str(self.seed)] if self.seed else []
        said += ["--confidence"] if self.confidence else []
        said += ["--scorer", self.scorer] if self.scorer != "choice" else []
        said += ["--readings"] if self.readings else []
        for each in self.learnt:
            said += ["--trained-on", each]
        return shlex.join(said)


@dataclass(slots=True)
class Ended:
    """How a run ended: reports of the engine by task, and why a task was not run."""

    reports: dict[str, runner.Report] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        return not self.missing and not any(report.failed or report.stopped for report in self.reports.values())


def start(
    plan: Plan,
    out: Path,
    *,
    respondent: Respondent | None = None,
    judge: Judge | None = None,
    settings: Settings | None = None,
    judging: Settings | None = None,
    budget: Budget = Budget(),  # noqa: B008
    step: Callable[[], None] = lambda: None,
) -> Ended:
    """Ask what the folder `out` does not have yet, then have it graded and held against readings where the plan says
    so; `judging`: how a judge that is a server is called. A task whose data are missing is left out and said so in the
    result.

    Raises UsageError for an unknown suite, a judge that cannot judge, or where `out` holds a run that was asked
    otherwise, UnavailableError where the model cannot be reached: what was answered stays, and running the same again
    goes on.
    """
    if plan.executor not in EXECUTORS:
        raise UsageError(f"no executor {plan.executor!r}: there are {', '.join(EXECUTORS)}")
    if plan.executor == "ray" and (respondent is not None or (settings and settings.budget)):
        raise UsageError(
            "a budget of tokens or dollars cannot be kept by workers on Ray; use --calls, or run it locally"
        )
    tasks = plan.tasks
    in_flight, provider = opening.together(plan, "" if respondent or not opening.is_model(plan.model) else plan.model)
    judge = judge or opening.judge(plan, judging)
    asked = respondent or opening.respondent(plan, provider, in_flight, settings)
    readings = held.Readings() if plan.readings else None
    ended = Ended()
    try:
        told = _begun(plan, tasks, asked, out, judge, readings)
        for task in tasks:
            try:
                work = (
                    runner.Ray(
                        make=functools.partial(answering.worker, plan, task.scorer, provider, in_flight, settings)
                    )
                    if plan.executor == "ray"
                    else answering.answerer(asked, task.scorer)
                )
                ended.reports[task.name] = answering.ask(
                    task, _source(plan), work, folder(out, task.name), in_flight, budget, step
                )
                _evidence(task, plan, out, judge, readings, budget, step, ended)
            except DataError as error:
                ended.missing[task.name] = str(error)
            told["tasks"][task.name]["missing"] = ended.missing.get(task.name, "")
            _written(out / FILE, told)
    finally:
        asked.close()
        if judge is not None:
            judge.close()
    return ended


def _evidence(
    task: Task,
    plan: Plan,
    out: Path,
    judge: Judge | None,
    readings: held.Readings | None,
    budget: Budget,
    step: Callable[[], None],
    ended: Ended,
) -> None:
    """What is found out of replies once they are there."""
    where, source = folder(out, task.name), _source(plan)
    if judge is not None and task.scorer in judges.JUDGED:
        in_flight, _ = opening.together(plan, plan.judge or "")
        ended.reports[f"{task.name}, judged"] = judges.judge_task(
            task, source, where, judge, in_flight=in_flight, budget=budget, step=step
        )
    if readings is not None and task.scorer in held.HELD:
        ended.reports[f"{task.name}, held against readings"] = held.hold_task(
            task, source, where, readings, budget=budget, step=step
        )


def _source(plan: Plan) -> Source:
    return Source(folder=plan.data, photos=plan.photos, limit=plan.limit, seed=plan.seed)


def folder(out: Path, task: str) -> Path:
    """Where a task's journal lies."""
    return out.joinpath(*task.split("/"))


def _begun(
    plan: Plan,
    tasks: tuple[Task, ...],
    asked: Respondent,
    out: Path,
    judge: Judge | None,
    readings: held.Readings | None,
) -> dict[str, Any]:
    """The run as its folder tells it, with these tasks added; UsageError where it was another one. A judge or readings
    may join a run that had none."""
    fixed = {
        "model": dict(asked.provenance),
        "seed": plan.seed,
        "limit": plan.limit,
        "photos": plan.photos,
        "confidence": plan.confidence,
    }
    told: dict[str, Any] = fixed | {"facereason": __version__, "learnt": list(plan.learnt), "tasks": {}}
    if (out / FILE).is_file():
        before = opened(out)
        for key, value in fixed.items():
            if before.get(key) != value:
                raise UsageError(f"{out} holds a run with {key} {before.get(key)}, not {value}: name another folder")
        told = before
    for key, joins in (("judge", judge), ("readings", readings)):
        if joins is not None and told.setdefault(key, joins.provenance) != joins.provenance:
            raise UsageError(f"{out} holds verdicts of {key} {told[key]}, not {joins.provenance}: name another folder")
    learnt = asked.learnt if isinstance(asked, answers.AnswersRespondent) else LEARNT.get(plan.model, ())
    told["learnt"] = sorted({*told["learnt"], *plan.learnt, *learnt})
    for task in tasks:
        entry = _entry(task)
        there = told["tasks"].setdefault(task.name, dict(entry))
        if {**there, "missing": "", "command": ""} != entry:
            raise UsageError(f"{out}: {task.name} was asked in other words before; name another folder")
        there["command"] = plan.command
    try:
        out.mkdir(parents=True, exist_ok=True)
        _written(out / FILE, told)
    except OSError as error:
        raise FaceReasonError(f"{out}: no run can be written there ({error.strerror})") from None
    return told


def _entry(task: Task) -> dict[str, Any]:
    return {
        "says": task.says,
        "data": list(task.data),
        "scorer": task.scorer,
        "prompt": task.prompt,
        "prompt_sha256": task.prompt_sha256,
        "protocol": task.protocol,
        "learnt": list(task.learnt),
        "missing": "",
        "command": "",
    }


def opened(out: Path) -> dict[str, Any]:
    """What `run.json` in a folder tells. UsageError where there is none, FaceReasonError where it is damaged."""
    path = out / FILE
    if not path.is_file():
        raise UsageError(f"{out}: no run there; name the folder that `facereason bench run ... --model NAME` wrote to")
    try:
        told: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        if not {"model", "tasks", "seed", "learnt"} <= told.keys():
            raise ValueError("keys are missing")
    except (OSError, ValueError, AttributeError) as error:
        raise FaceReasonError(f"{path}: not a run ({error})") from None
    return told


def _written(path: Path, told: Mapping[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
