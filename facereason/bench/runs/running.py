"""A run: a model asked the questions of some tasks, every reply journaled, so that a run that is cut goes on.

run = start(Plan(model="fake", tasks=("fer/ferplus",), data="data/"), Path("runs/fake"))

runs/fake/run.json                          what was asked, of whom, with which command
runs/fake/fer/ferplus/journal-00000.jsonl   a row a question
runs/fake/fer/ferplus/pictures/             small pictures of some that were not answered rightly
"""

from __future__ import annotations

import dataclasses
import json
import shlex
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason import __version__, images, runner
from facereason.bench.runs import answers, instrument, rows
from facereason.bench.runs.respondents import SERVERS, ModelRespondent, Respondent
from facereason.bench.tasks import catalogue
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow, DataError
from facereason.images import ImageError
from facereason.runner import Budget, Item, Journal
from facereason.scoring import Outcome, scorer
from facereason.types import FaceReasonError, UsageError
from facereason.vlm import names
from facereason.vlm.errors import BudgetError, ModelError, UnavailableError

if TYPE_CHECKING:
    from facereason.vlm.api import Settings

IN_FLIGHT: Mapping[str, int] = {"openai": 64, "vllm": 64, "vllm-offline": 64, "hf": 16}
"""Calls at a time by provider; of others 4."""
LEARNT: Mapping[str, tuple[str, ...]] = {
    "nano": ("ferplus", "fairface", "studio", "rotations"),
    "reader": ("ferplus", "fairface", "studio"),
}
"""What the models that ship were trained on: of data sets the train splits."""
OURS: Mapping[str, Callable[[], Respondent]] = {instrument.NAME: instrument.InstrumentRespondent}
"""Respondents that are no models."""
SEEN = 200
"""Longest side of a kept picture, pixels."""
PICTURES: Mapping[Outcome, int] = {Outcome.WRONG: 16, Outcome.ABSTAINED: 4, Outcome.REFUSED: 4, Outcome.FORMAT: 4}
"""How many pictures of a task are kept, by what became of the question."""
FILE = "run.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to run. `suites`: suites, tasks (SUITE/TASK) or files of one's own questions; `scorer`: of the latter;
    `learnt`: what the model was trained on, for the marks in tables; `in_flight`: calls at a time, by the provider
    where None."""

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

    @property
    def tasks(self) -> tuple[Task, ...]:
        return catalogue.tasks(self.suites, self.scorer)

    @property
    def command(self) -> str:
        """The command that makes this run again, but for its folder."""
        said = ["facereason", "bench", "run", *self.suites, "--model", self.model]
        for name, value in (("data", self.data), ("photos", self.photos), ("limit", self.limit)):
            said += [f"--{name}", str(value)] if value is not None else []
        said += ["--seed", str(self.seed)] if self.seed else []
        said += ["--confidence"] if self.confidence else []
        said += ["--scorer", self.scorer] if self.scorer != "choice" else []
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
    settings: Settings | None = None,
    budget: Budget = Budget(),  # noqa: B008
    step: Callable[[], None] = lambda: None,
) -> Ended:
    """Ask what the folder `out` does not have yet. A task whose data are missing is left out and said so in the result.

    Raises UsageError for an unknown suite, or where `out` holds a run that was asked otherwise, UnavailableError where
    the model cannot be reached: what was answered stays, and running the same again goes on.
    """
    tasks = plan.tasks
    provider = names.parse(plan.model).provider if respondent is None and is_model(plan.model) else ""
    in_flight = plan.in_flight or IN_FLIGHT.get(provider, 4)
    asked = respondent or _respondent(plan, provider, in_flight, settings)
    ended = Ended()
    try:
        told = _begun(plan, tasks, asked, out)
        for task in tasks:
            try:
                ended.reports[task.name] = _task(task, plan, asked, out, in_flight, budget, step)
            except DataError as error:
                ended.missing[task.name] = str(error)
            told["tasks"][task.name]["missing"] = ended.missing.get(task.name, "")
            _written(out / FILE, told)
    finally:
        asked.close()
    return ended


def is_model(name: str) -> bool:
    """Whether this is a model of `facereason.vlm`, and no file of answers."""
    return name not in OURS and not name.startswith(answers.PREFIX)


def folder(out: Path, task: str) -> Path:
    """Where a task's journal lies."""
    return out.joinpath(*task.split("/"))


def _respondent(plan: Plan, provider: str, in_flight: int, settings: Settings | None) -> Respondent:
    from facereason.vlm.opening import open_model

    if not is_model(plan.model):
        return OURS[plan.model]() if plan.model in OURS else answers.AnswersRespondent(plan.model)
    served = provider in SERVERS
    if served:
        from facereason.vlm.api import Settings

        settings = dataclasses.replace(settings or Settings(timeout=300.0), in_flight=in_flight)
    model = open_model(plan.model, settings)
    return ModelRespondent(model, together=in_flight, served=served, confidence=plan.confidence)


def _begun(plan: Plan, tasks: tuple[Task, ...], asked: Respondent, out: Path) -> dict[str, Any]:
    """The run as its folder tells it, with these tasks added; UsageError where it was another one."""
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


# ----------------------------------------------------------------------------------------------------------- one task


class _EndsRunError(FaceReasonError):
    """The model cannot be reached any more: asking the rest would only make rows of errors."""


def _task(
    task: Task, plan: Plan, asked: Respondent, out: Path, in_flight: int, budget: Budget, step: Callable[[], None]
) -> runner.Report:
    score = scorer(task.scorer)
    where = folder(out, task.name)
    kept = _Pictures(where / "pictures")

    async def answer(question: Question | BadRow) -> dict[str, Any]:
        if isinstance(question, BadRow):
            raise DataError(str(question))
        try:
            said = await asked.ask(question)
        except (UnavailableError, BudgetError) as error:
            raise _EndsRunError(f"{error}; run the same again to go on") from error
        judged = score(said.text, question.truth, refused=said.refused)
        kept.keep(question, judged.outcome)
        return rows.plain(
            rows.Row(
                id=question.id,
                photo=question.photo,
                images=question.images,
                prompt=said.prompt,
                reply=said.text,
                outcome=judged.outcome,
                truth={key: value for key, value in question.truth.items() if key not in ("prompt", "words")},
                answer=judged.answer,
                confidence=said.confidence,
                parts=judged.parts,
                groups=question.groups,
            )
        )

    source = Source(folder=plan.data, photos=plan.photos, limit=plan.limit, seed=plan.seed)
    return runner.run(
        _items(task, source),
        answer,
        Journal(where),
        in_flight=in_flight,
        budget=budget,
        failures=(ModelError, ImageError, DataError),
        step=lambda row: step(),
    )


def _items(task: Task, source: Source) -> Iterator[Item]:
    """Questions under their ids."""
    for found in task.questions(source):
        yield Item(key=found.id, payload=found)


class _Pictures:
    """Small pictures of questions that were not answered rightly, the first of each outcome; later runs add none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left = {} if folder.is_dir() else dict(PICTURES)

    def keep(self, question: Question, outcome: Outcome) -> None:
        if not self._left.get(outcome):
            return
        self._left[outcome] -= 1
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, file in zip(question.images, question.pictures, strict=True):
            pixels = images.open(file).pixels
            scale = min(1.0, SEEN / max(pixels.shape[:2]))
            height, width = (max(1, round(side * scale)) for side in pixels.shape[:2])
            (self._folder / f"{name}.jpg").write_bytes(images.encode(images.resize(pixels, width, height), "jpeg", 85))
