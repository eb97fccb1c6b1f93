"""DORI's questions as its files have them, one letter for an answer; "cannot be determined" is among its options."""

from __future__ import annotations

from collections.abc import Iterator

from facereason.bench.tasks import asking
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow


def _questions(source: Source) -> Iterator[Question | BadRow]:
    for found in asking.records("dori", "test", source, lambda record: record.answer is not None):
        if isinstance(found, BadRow):
            yield found
            continue
        options = [option.partition(". ")[2] if option[1:3] == ". " else option for option in found.options or ()]
        right = (found.options or ()).index(found.answer or "")
        text, system = asking.filled("letters", found.question or "", options)
        kinds = {by: str(found.attributes[by]) for by in ("dimension", "level") if by in found.attributes}
        yield Question(
            id=found.id,
            pictures=(found.image,),
            text=text,
            system=system,
            truth={"answer": options[right], "options": options, "lettered": True},
            photo=asking.photo_of(found),
            plain=found.question or "",
            groups=kinds,
            choices=tuple("ABCDEFGHIJ"[: len(options)]),
            max_tokens=16,
            face=False,
        )


TASKS = (
    Task(
        name="dori/test",
        says="DORI: orientation of people and things",
        data=("dori:test",),
        scorer="choice",
        questions=_questions,
        prompt="letters",
        protocol="its own questions and options, one letter; coarse and granular together, as its fields are not known",
        learnt=("dori",),
    ),
)
