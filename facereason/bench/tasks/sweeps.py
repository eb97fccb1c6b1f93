"""Controlled variants of rendered people: one thing changes that is no expression, and the emotion told should not.

The frozen set `sweeps`, rendered below the data folder. There is no right answer here: what is counted is how often two
variants of one person, which differ in one attribute alone, are answered differently.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence

import numpy as np

from facereason.bench import renders
from facereason.bench.runs.figures import Measure, of_sums
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import asking
from facereason.bench.tasks.asking import EMOTIONS, PLAIN
from facereason.bench.tasks.emotions import QUESTION
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import DataError, tables
from facereason.scoring import resampling
from facereason.types import FaceReasonError

DIALS = ("age", "gender", "skin_tone", "ancestry", "hair", "hair_colour", "glasses", "light", "background")
"""What varies; none of it is in the face's movement."""


def _questions(source: Source) -> Iterator[Question]:
    try:
        folder = renders.folder(source.folder, "sweeps")
    except FaceReasonError as error:
        raise DataError(f"{error} (rendered people, CC0)") from None
    shards = sorted(folder.glob("*.parquet"))
    if not shards:
        raise DataError(
            f"no renders in {folder}: facereason studio dataset eval/studio/sweeps.jsonl.gz --out {folder} (CC0)"
        )
    text, system = asking.filled("choice", QUESTION, EMOTIONS)
    rows = (row for shard in shards for row in tables.parquet_rows(shard, ["id", "image", "sweep"]))
    told = ((row, json.loads(row["sweep"])) for row in rows if row["sweep"])
    for row, sweep in itertools.islice((each for each in told if each[1]["vary"] in DIALS), source.limit):
        yield Question(
            id=row["id"],
            pictures=(row["image"]["bytes"],),
            text=text,
            system=system,
            truth={"options": list(EMOTIONS)},
            photo=f"person {sweep['base']}",
            plain=PLAIN["emotion"],
            groups={"vary": sweep["vary"], "value": str(sweep["value"])},
            choices=EMOTIONS,
        )


def flip_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """Of two variants of a person along one dial, both answered, how often the answers differ: of all, and by dial.
    The interval is over persons, of whom there are few."""
    yield from _flips("answers that one attribute alone changes", rows, seed, "")
    for dial in DIALS:
        along = [row for row in rows if row.groups["vary"] == dial]
        yield from _flips("answers that one attribute alone changes", along, seed, dial)


def _flips(name: str, rows: Sequence[Row], seed: int, dial: str) -> Iterator[Measure]:
    series: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        if row.answer is not None:
            series.setdefault((row.photo, row.groups["vary"]), []).append(row)
    pairs = [pair for found in series.values() for pair in itertools.combinations(found, 2)]
    if not pairs:
        return
    sums = np.array([[one.answer != other.answer, 1.0] for one, other in pairs], float)
    made = of_sums(name, [one for one, _ in pairs], sums, resampling.share, seed, unit="share", note="n counts pairs")
    yield made if not dial else _by(made, dial)


def _by(measure: Measure, dial: str) -> Measure:
    import dataclasses

    return dataclasses.replace(measure, by="vary", group=dial)


TASKS = (
    Task(
        name="sweeps/emotion",
        says="whether an attribute that is no expression changes the emotion told, of rendered people",
        data=("studio:sweeps",),
        scorer="emotion",
        questions=_questions,
        prompt="choice",
        protocol="frozen set sweeps, one thing changes at a time; pairs of variants of one person",
        extras=(flip_figures,),
        learnt=("studio",),
    ),
)
