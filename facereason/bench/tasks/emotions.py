"""Emotion: the label alone (`fer`), FERBench's questions (`ferbench`), and reasoning from action units (`fea`)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from facereason import scoring
from facereason.bench.runs.figures import Measure, mean, share
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import asking
from facereason.bench.tasks.asking import EMOTIONS, PLAIN
from facereason.bench.tasks.task import Question, Source, Task
from facereason.bench.tasks.units import unit_figures
from facereason.data import BadRow, Record

QUESTION = "Which emotion does this face show?"
SEVEN = tuple(label for label in EMOTIONS if label != "contempt")


def _label(options: Sequence[str], published: bool) -> Callable[[Record], Sequence[Question]]:
    def make(record: Record) -> Sequence[Question]:
        text, system = (PLAIN["emotion"], "") if published else asking.filled("choice", QUESTION, options)
        most = scoring.majority(record.votes, record.other_votes) if record.votes else None
        voted = {"majority": "yes" if most is not None else "no"} if record.votes else {}
        return [
            Question(
                id=record.id,
                pictures=(record.image,),
                truth=asking.emotion_truth(record, options),
                photo=asking.photo_of(record),
                plain=PLAIN["emotion"],
                groups=asking.groups(record) | voted,
                choices=tuple(options),
                captions=asking.captions("emotion", options),
                text=text,
                system=system,
            )
        ]

    return make


def _votes(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """By the FER+ authors' majority rule, and the answer's share of the annotators' votes."""
    most = [row for row in rows if row.groups.get("majority") == "yes"]
    if most:
        yield share("accuracy, majority rule", most, [row.right for row in most], seed)
    voted = [row for row in rows if "votes" in row.parts]
    if voted:
        yield mean("share of the votes", voted, [row.parts["votes"] for row in voted], seed)


def _fer(name: str, split: str, options: Sequence[str] = EMOTIONS, published: bool = False) -> Task:
    where = f"{name}:{split}"
    return Task(
        name=f"fer/{name}{'-published' if published else ''}",
        says=f"{len(options)} emotions on {where}" + (", FaceScanPaliGemma's prompt" if published else ""),
        data=(where,),
        scorer="emotion",
        questions=asking.asked(
            name,
            split,
            lambda record: asking.single_emotion(record) and str((record.labels or ("",))[0]) in options,
            _label(options, published),
        ),
        prompt=PLAIN["emotion"] if published else "choice",
        protocol="FaceScanPaliGemma's prompt, any spelling of a label" if published else "options in a list, one word",
        extras=(_votes,),
        learnt=(where.partition(":")[0],),
    )


# ------------------------------------------------------------------------------------------------------------ thoughts


def _thought(options: Sequence[str], question: str = "") -> Callable[[Record], Sequence[Question]]:
    def make(record: Record) -> Sequence[Question]:
        asks = question or record.question or "What is the emotion of this face?"
        text, system = asking.filled("think", asks, options)
        known = asking.single_emotion(record)
        truth: dict[str, Any] = {"options": list(options)}
        if known:
            truth = asking.emotion_truth(record, options)
        truth["prompt"] = text
        if record.action_units is not None:
            levels = {unit: 1.0 if level is None else level for unit, level in record.action_units.items()}
            truth["units"] = sorted(scoring.present_units(levels))
        if record.description:
            truth["description"] = record.description
        return [
            Question(
                id=record.id,
                pictures=(record.image,),
                truth=truth,
                photo=asking.photo_of(record),
                plain=PLAIN["think"],
                groups=asking.groups(record),
                max_tokens=300,
                text=text,
                system=system,
            )
        ]

    return make


def _fea(name: str, says: str, keep: Callable[[Record], bool], question: str = "") -> Task:
    where, _, split = name.partition(":")
    return Task(
        name=f"fea/{where}",
        says=says,
        data=(name,),
        scorer="think",
        questions=asking.asked(where, split, keep, _thought(EMOTIONS, question)),
        prompt="think",
        protocol="think and answer, read strictly; units of the thought; ROUGE-L, stemmed, of the thought",
        extras=(unit_figures,),
        learnt=(where,),
    )


def _studio(source: Source) -> Iterator[Question | BadRow]:
    """The frozen set of faces, rendered below the data folder: units are exact, an emotion is what was asked for."""
    from facereason.bench import renders

    inside = Source(folder=str(renders.folder(source.folder, "faces")), limit=source.limit, seed=source.seed)
    made = _thought(EMOTIONS)
    for found in asking.records("studio", "test", inside, lambda record: True):
        yield from ((found,) if isinstance(found, BadRow) else made(found))


TASKS = (
    _fer("ferplus", "test"),
    _fer("ferplus", "test", published=True),
    _fer("fer2013", "test", SEVEN),
    _fer("affectnet", "val"),
    _fer("rafdb", "test", SEVEN),
    Task(
        name="ferbench/ferplus",
        says="FERBench's questions on FER+ test: the label after thinking",
        data=("ferbench:ferplus",),
        scorer="think",
        questions=asking.asked("ferbench", "ferplus", asking.single_emotion, _thought(EMOTIONS)),
        prompt="think",
        protocol="FERBench: options are the data set's labels, think and answer tags; the wording is ours",
        extras=(unit_figures,),
        learnt=("ferplus",),
    ),
    _fea("fea20k:test", "FEA-20K: emotion, units and reasoning", lambda record: True),
    _fea("faba-emotion:test", "FABA-Instruct, emotion half", lambda record: True, "What is the emotion of this face?"),
    _fea("faba-au:test", "FABA-Instruct, unit half", lambda record: True, "What is the emotion of this face?"),
    Task(
        name="fea/studio",
        says="units and emotion of rendered faces, exact truth",
        data=("studio:faces",),
        scorer="think",
        questions=_studio,
        prompt="think",
        protocol="frozen set faces; an emotion is what was asked of the renderer, units from intensity .3",
        extras=(unit_figures,),
        learnt=("studio",),
    ),
)
