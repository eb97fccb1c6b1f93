"""DORI's questions as its files have them, one letter for an answer; "cannot be determined" is among its options.

Coarse and granular are two tasks, as they are published; in both stand figures of its four dimensions. Its fields are
not known here: where a record tells no level or no dimension, `fields.json` has to say which field or which files do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from facereason.bench.tasks import asking
from facereason.bench.tasks.orientation import level_figures
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow, DataError, Record


def _questions(level: str) -> Callable[[Source], Iterator[Question | BadRow]]:
    def mine(record: Record) -> bool:
        for by in ("level", "dimension"):
            if by not in record.attributes:
                raise DataError(
                    f"dori test: record {record.id!r} tells no {by}; say in fields.json beside its files which field "
                    f'tells it, {{"{by}": "NAME"}}, or which files, {{"files": {{"coarse*": {{"{by}": "..."}}}}}}'
                )
        return record.answer is not None and record.attributes["level"] == level

    def questions(source: Source) -> Iterator[Question | BadRow]:
        for found in asking.records("dori", "test", source, mine):
            yield found if isinstance(found, BadRow) else _question(found)

    return questions


def _question(record: Record) -> Question:
    options = [option.partition(". ")[2] if option[1:3] == ". " else option for option in record.options or ()]
    right = (record.options or ()).index(record.answer or "")
    text, system = asking.filled("letters", record.question or "", options)
    return Question(
        id=record.id,
        pictures=(record.image,),
        text=text,
        system=system,
        truth={"answer": options[right], "options": options, "lettered": True},
        photo=asking.photo_of(record),
        plain=record.question or "",
        groups={"dimension": str(record.attributes["dimension"])},
        choices=tuple("ABCDEFGHIJ"[: len(options)]),
        max_tokens=16,
        face=False,
    )


TASKS = tuple(
    Task(
        name=f"dori/{level}",
        says=f"DORI: orientation of people and things, {level}",
        data=("dori:test",),
        scorer="choice",
        questions=_questions(level),
        prompt="letters",
        protocol=f"its own questions and options, one letter; its {level} questions alone, figures by dimension",
        extras=(level_figures,),
        learnt=("dori",),
    )
    for level in ("coarse", "granular")
)
