"""One task: every question asked, its reply scored, and the row journaled."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason import runner
from facereason.bench.runs import opening, rows
from facereason.bench.runs.pictures import Pictures
from facereason.bench.runs.respondents import EndsRunError, Respondent
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow, DataError
from facereason.images import ImageError
from facereason.runner import Budget, Item, Journal
from facereason.scoring import Disposition, scorer
from facereason.vlm.errors import BudgetError, ModelError, UnavailableError

if TYPE_CHECKING:
    from facereason.bench.runs.running import Plan
    from facereason.vlm.api import Settings

Answer = Callable[[Question | BadRow], Awaitable[dict[str, Any]]]


def answerer(asked: Respondent, name: str) -> Answer:
    """Asks a question, and scores the reply by the scorer of this name."""
    score = scorer(name)

    async def answer(question: Question | BadRow) -> dict[str, Any]:
        if isinstance(question, BadRow):
            raise DataError(str(question))
        try:
            said = await asked.ask(question)
        except (UnavailableError, BudgetError) as error:
            raise EndsRunError(f"{error}; run the same again to go on") from error
        judged = score(said.text, question.truth, refused=said.refused)
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
                probabilities={each: round(p, 6) for each, p in said.probabilities.items()},
                parts=judged.parts,
                groups=question.groups,
            )
        )

    return answer


def worker(plan: Plan, name: str, provider: str, in_flight: int, settings: Settings | None) -> Answer:
    """The same in a worker on another machine, with a respondent of its own."""
    return answerer(opening.respondent(plan, provider, in_flight, settings), name)


def ask(
    task: Task,
    source: Source,
    work: Answer | runner.Ray,
    where: Path,
    in_flight: int,
    budget: Budget,
    step: Callable[[], None],
) -> runner.Report:
    kept = Pictures(where / "pictures")

    def seen(question: Question, row: runner.Row) -> None:
        if row.result is not None:
            kept.keep(question, Disposition(row.result["outcome"]))

    return runner.run(
        items(task, source),
        work,
        Journal(where),
        in_flight=in_flight,
        budget=budget,
        failures=(ModelError, ImageError, DataError),
        step=lambda row: step(),
        seen=seen,
    )


def items(task: Task, source: Source) -> Iterator[Item]:
    """Questions under their ids."""
    for found in task.questions(source):
        yield Item(key=found.id, payload=found)
