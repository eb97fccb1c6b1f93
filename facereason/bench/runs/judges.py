"""Reasoning graded by a language model with the fixed rubric of `prompts/rubric.md`.

After a task was asked, the judge sees each thought that is in form, what is known to be true, and the photo where it
takes pictures. Its verdicts are journaled in `judged/` of the task's folder, so that they are resumed and kept within
the budget as questions are. A judge that replies with anything but scores gives no verdict, which is counted apart; a
reply that is not in form is not sent, and gets the lowest score where such replies are counted.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason import facs, images, prompts, runner
from facereason.bench.runs import rows
from facereason.bench.runs.figures import Measure, mean, share
from facereason.bench.runs.respondents import Batches, EndsRunError
from facereason.bench.runs.rows import Row
from facereason.bench.tasks.task import Question, Source, Task
from facereason.images import ImageError
from facereason.runner import Budget, Item, Journal
from facereason.scoring import answer_of, read_reply
from facereason.types import UsageError
from facereason.vlm import Capability, Message, Model, Picture, Request
from facereason.vlm.errors import BudgetError, ModelError, ReplyError, UnavailableError

CRITERIA = ("faithful", "complete", "coherent", "specific", "overall")
LOWEST, HIGHEST = 1, 10
JUDGED = ("think", "text")
"""Scorers of tasks whose replies are graded."""
FOLDER = "judged"
PROMPT = "rubric"
LONGEST = 600
"""Tokens of a verdict."""
SIDE = 768
"""Longest side of the photo that the judge is shown, pixels."""


class Judge:
    """A model that grades. UsageError where it cannot be held to a JSON schema. `served`: many calls at a time."""

    def __init__(self, model: Model, *, together: int = 1, served: bool = False) -> None:
        if Capability.SCHEMA not in model.can:
            raise UsageError(
                f"--judge {model.name}: it cannot be held to a JSON schema, so it cannot judge; name another"
            )
        self._model, self._served = model, served
        self._batches = Batches(model, together)
        self._rubric = prompts.load(PROMPT)

    @property
    def provenance(self) -> dict[str, Any]:
        """Plain data: the judge's identity, and the rubric's hash, 16 digits."""
        known = {key: value for key, value in dataclasses.asdict(self._model.identity).items() if value}
        return known | {"rubric": self._rubric.sha256[:16]}

    async def grade(self, graded: Graded) -> dict[str, Any]:
        """`scores` and `reason`; or `none`, why there is no verdict. Raises ModelError where it could not be asked."""
        sees = Capability.IMAGES in self._model.can
        several = Capability.SEVERAL_IMAGES in self._model.can or len(graded.question.pictures) == 1
        pictures = [_picture(file) for file in graded.question.pictures] if sees and several else []
        filled = self._rubric.fill(
            question=graded.question.text,
            truth=known_of(graded.question.truth),
            thought=graded.thought,
            answer=graded.answer,
            **({"photo": "attached"} if pictures else {}),
        )
        if Capability.SYSTEM in self._model.can:
            messages: tuple[Message, ...] = (Message.system(filled.system), Message.user(*pictures, filled.text))
        else:
            messages = (Message.user(*pictures, f"{filled.system}\n\n{filled.text}"),)
        request = Request(messages=messages, schema=filled.schema, max_tokens=LONGEST)
        try:
            reply = await (self._model.agenerate(request) if self._served else self._batches.ask(request))
        except (UnavailableError, BudgetError) as error:
            raise EndsRunError(f"the judge: {error}; run the same again to go on") from error
        except ReplyError as error:
            return {"none": str(error)}
        if reply.refused:
            return {"none": "it declined"}
        scores = scores_of(reply.data)
        if scores is None:
            return {"none": f"no scores in its reply: {reply.text[:80]!r}"}
        return {"scores": scores, "reason": str(reply.data.get("reason", ""))[:LONGEST]}

    def close(self) -> None:
        self._model.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """One reply as the judge gets it."""

    question: Question
    thought: str
    answer: str


def scores_of(data: Any) -> dict[str, int] | None:
    """The scores of a verdict; None where it is none.

    >>> scores_of(dict.fromkeys(CRITERIA, 7))["overall"], scores_of({"overall": 11})
    (7, None)
    """
    if not isinstance(data, Mapping):
        return None
    scores = {name: data.get(name) for name in CRITERIA}
    found = {name: value for name, value in scores.items() if type(value) is int and LOWEST <= value <= HIGHEST}
    return found if len(found) == len(CRITERIA) else None


def known_of(truth: Mapping[str, Any]) -> dict[str, Any]:
    """What the judge is told of what is true: label, votes, units in words, reference."""
    told: dict[str, Any] = {}
    if truth.get("answer"):
        told["reference" if "options" not in truth else "label"] = truth["answer"]
    if truth.get("votes"):
        told["votes of annotators"] = dict(truth["votes"])
    if "units" in truth:
        told["active action units"] = [f"AU{unit}: {facs.unit(unit).words}" for unit in truth["units"]]
    if truth.get("description"):
        told["reference"] = truth["description"]
    return told


def _picture(file: bytes) -> Picture:
    from facereason.bench.tasks import asking

    return Picture(asking.within(images.open(file).pixels, SIDE))


# ------------------------------------------------------------------------------------------------------------- the run


def judge_task(
    task: Task,
    source: Source,
    folder: Path,
    judge: Judge,
    *,
    in_flight: int,
    budget: Budget,
    step: Callable[[], None],
) -> runner.Report:
    """Have the replies of a task graded that are not yet. `folder`: the task's, with its journal of replies."""
    said = {row.id: row for row in rows.read(folder).rows}

    async def work(graded: Graded) -> dict[str, Any]:
        return await judge.grade(graded)

    return runner.run(
        _items(task, source, said),
        work,
        Journal(folder / FOLDER),
        in_flight=in_flight,
        budget=budget,
        failures=(ModelError, ImageError),
        step=lambda row: step(),
    )


def _items(task: Task, source: Source, said: Mapping[str, Row]) -> Iterator[Item]:
    left = set(said)
    for question in task.questions(source) if left else ():
        if not isinstance(question, Question) or question.id not in left:
            continue
        left.discard(question.id)
        spoken = spoken_of(said[question.id])
        if spoken is not None:
            thought, answer = spoken
            yield Item(key=question.id, payload=Graded(question=question, thought=thought, answer=answer))
        if not left:
            return


def spoken_of(row: Row) -> tuple[str, str] | None:
    """Thought and answer of a reply that is graded; None where it is not in form, or says nothing."""
    if "form" in row.parts:
        reply = read_reply(row.reply) if row.parts["form"] == 1.0 else None
        return (reply.thought, reply.label.value) if reply else None
    return (answer_of(row.reply), "") if "rouge" in row.parts else None


# -------------------------------------------------------------------------------------------------------------- figures


def with_verdicts(found: Sequence[Row], folder: Path) -> tuple[Row, ...]:
    """Rows with the judge's scores as the part `judge`, empty where it gave no verdict; those that it was not asked
    about as they are."""
    told = Journal(folder / FOLDER).results()
    return tuple(
        dataclasses.replace(row, parts={**row.parts, "judge": told[row.id].get("scores", {})})
        if row.id in told
        else row
        for row in found
    )


def unjudged(found: Sequence[Row], folder: Path) -> int:
    """How many replies in form have neither a verdict nor none: the judge was not asked, or could not be."""
    told = Journal(folder / FOLDER).results()
    return sum(row.id not in told and spoken_of(row) is not None for row in found)


def judge_figures(found: Sequence[Row], judge: Mapping[str, Any], seed: int) -> Iterator[Measure]:
    """The mean of each criterion over verdicts; the whole with replies that are not in form at the lowest score; and
    how often there was no verdict."""
    asked = [row for row in found if "judge" in row.parts]
    if not asked or not judge:
        return
    note = ", ".join(f"{key} {value}" for key, value in judge.items() if key not in ("name", "family"))
    note = f"by {judge['name']} ({note}), {LOWEST} to {HIGHEST}"
    given = [row for row in asked if row.parts["judge"]]
    for name in CRITERIA if given else ():
        made = mean(f"judge: {name}", given, [row.parts["judge"][name] for row in given], seed)
        yield dataclasses.replace(made, note=note)
    silent = [row for row in found if "judge" not in row.parts and spoken_of(row) is None]
    if silent:
        values = [row.parts["judge"]["overall"] for row in given] + [LOWEST] * len(silent)
        made = mean(f"judge: overall, not in form counted {LOWEST}", [*given, *silent], values, seed)
        yield dataclasses.replace(made, note=note)
    yield dataclasses.replace(
        share("judge: no verdict", asked, [not row.parts["judge"] for row in asked], seed),
        note=f"{note}; in none of its means",
    )
