"""A benchmark of one's own: a file of records with a question and its answer, and the name of a scorer."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facereason import prompts, scoring
from facereason.bench.tasks import angles, asking
from facereason.bench.tasks.asking import EMOTIONS
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow, DataError, Record, own
from facereason.scoring.angles import Turn, plain_degrees

IN_DEGREES = {"pose": "head_pose", "facing": "facing"}
"""Templates of scorers of angles, which say the form to answer in: what is asked is theirs."""
WORDS = {"choice": "choice", "emotion": "choice", "think": "think"}
"""Templates by scorer, for records with options; others are asked their question as it is."""

ASKED = {
    "emotion": "Which emotion does this face show?",
    "think": "What is the emotion of this face?",
    "age": asking.PLAIN["age"],
    "pose": asking.PLAIN["head_pose"],
    "facing": asking.PLAIN["facing"],
}
"""What records without a question are asked."""


def task(path: str, scorer: str) -> Task:
    """The task of a file; UsageError where there is no such scorer. Its name is own/FILE."""
    scoring.scorer(scorer)

    def questions(source: Source) -> Iterator[Question | BadRow]:
        for found in asking.records(path, own.ALL, source, lambda record: True):
            yield found if isinstance(found, BadRow) else _question(found, scorer, path)

    return Task(
        name=f"own/{Path(path).stem}",
        says=f"questions of {Path(path).name}",
        data=(path,),
        scorer=scorer,
        questions=questions,
        prompt=(WORDS | IN_DEGREES).get(scorer, "the record's question"),
        protocol=f"a file of one's own, scored by {scorer}",
    )


def _question(record: Record, scorer: str, path: str) -> Question:
    truth = _truth(record, scorer)
    asks = record.question or ASKED.get(scorer, "")
    if not asks or not truth:
        what = "no question" if not asks else "no answer"
        raise DataError(
            f"{path}: record {record.id!r} has {what} for the scorer {scorer}; it needs question, answer"
            f"{' and options' if scorer == 'choice' else ''}, or labels; pose or body_orientation for angles"
        )
    options = truth.get("options")
    text, system = asking.filled(WORDS[scorer], asks, options) if options and scorer in WORDS else (asks, "")
    if scorer in IN_DEGREES:
        text = prompts.load(IN_DEGREES[scorer]).fill().text
    if scorer == "think":
        truth["prompt"] = text
    return Question(
        id=record.id,
        pictures=(record.image,),
        text=text,
        system=system,
        truth=truth,
        photo=asking.photo_of(record),
        plain=asks,
        groups=asking.groups(record) | {by: str(value) for by, value in record.attributes.items()},
        choices=tuple(options or ()),
        max_tokens=300 if scorer in ("think", "text") else 64,
    )


def _truth(record: Record, scorer: str) -> dict[str, Any]:
    """What the scorer reads, of what the record says; empty where that is not enough."""
    truth: dict[str, Any] = {}
    if scorer in IN_DEGREES:
        return _in_degrees(record, scorer)
    if record.answer is not None or record.description is not None:
        truth["answer"] = record.answer if record.answer is not None else record.description
    elif record.labels:
        truth["answer"] = record.labels[0].value
    elif record.age_group and scorer == "age":
        truth["answer"] = record.age_group.value
    if not truth:
        return {}
    if scorer in ("emotion", "think"):
        truth["options"] = list(record.options or EMOTIONS)
    elif record.options:
        truth["options"] = list(record.options)
    elif scorer == "choice":
        return {}
    if scorer == "think" and record.action_units is not None:
        levels = {unit: 1.0 if level is None else level for unit, level in record.action_units.items()}
        truth["units"] = sorted(scoring.present_units(levels))
    if scorer == "think" and record.description:
        truth["description"] = record.description
        truth["answer"] = record.answer or (record.labels[0].value if record.labels else "")
        if not truth["answer"]:
            del truth["answer"]
    return truth


def _in_degrees(record: Record, scorer: str) -> dict[str, Any]:
    if scorer == "pose" and record.pose is not None:
        pose = record.pose
        return {"answer": str(Turn(pose.yaw, pose.pitch, pose.roll)), "within": angles.WITHIN}
    if scorer == "facing" and record.body_orientation is not None:
        return {"answer": plain_degrees(record.body_orientation), "within": angles.WITHIN}
    return {}
