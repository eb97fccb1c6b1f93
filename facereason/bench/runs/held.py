"""Claims of thoughts held against sure readings of the embedded reader on the very photo.

Where a face has no labelled units, this is what tells whether a claim holds; where it has, it stands beside them. Sure
is what `scoring.sure` says, as in training. The counts are journaled in `held/` of the task's folder.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facereason import images, resources, runner
from facereason.bench.runs import rows
from facereason.bench.runs.figures import Measure, mean, of_sums
from facereason.bench.runs.rows import Row
from facereason.bench.tasks.task import Question, Source, Task
from facereason.faces import Instrument
from facereason.images import ImageError
from facereason.runner import Budget, Item, Journal
from facereason.scoring import read_reply, resampling, support
from facereason.types import ActionUnit, QualityFlag

FOLDER = "held"
HELD = ("think",)
"""Scorers of tasks whose claims are held."""
OWN = ("nano", "reader")
"""Who sees through the reader's eye, so that its readings are no independent evidence of what they claim."""


class Readings:
    """The reader's units of the face that a photo is of, the largest one."""

    def __init__(self) -> None:
        self._instrument = Instrument(upright=False)

    @property
    def provenance(self) -> dict[str, Any]:
        return {"name": "reader", "revision": resources.verify("reader.onnx")[:12]}

    def of(self, file: bytes) -> tuple[ActionUnit, ...]:
        people = [
            person
            for person in self._instrument.look(images.open(file)).people
            if QualityFlag.NO_FACE not in person.face.quality.flags
        ]
        largest = max(people, key=lambda person: person.face.box.area, default=None)
        return largest.face.action_units if largest else ()


def hold_task(
    task: Task,
    source: Source,
    folder: Path,
    readings: Readings,
    *,
    budget: Budget,
    step: Callable[[], None],
) -> runner.Report:
    """Count the claims of a task's replies that are not counted yet. `folder`: the task's."""
    said = {row.id: row for row in rows.read(folder).rows}

    async def work(payload: tuple[Question, Row]) -> dict[str, Any]:
        return await asyncio.to_thread(_counted, readings, *payload)

    return runner.run(
        _items(task, source, said),
        work,
        Journal(folder / FOLDER),
        in_flight=1,
        budget=budget,
        failures=(ImageError,),
        step=lambda row: step(),
    )


def _items(task: Task, source: Source, said: Mapping[str, Row]) -> Iterator[Item]:
    for question in task.questions(source) if said else ():
        if isinstance(question, Question) and question.id in said:
            yield Item(key=question.id, payload=(question, said[question.id]))


def _counted(readings: Readings, question: Question, row: Row) -> dict[str, Any]:
    reply = read_reply(row.reply) if row.parts.get("form") == 1.0 else None
    read = readings.of(question.pictures[0])
    counted = support(reply, read)
    if counted is None:
        return {"sure": False}
    return {"sure": True, "supported": len(counted.supported), "against": len(counted.against)}


def with_readings(found: Sequence[Row], folder: Path) -> tuple[Row, ...]:
    """Rows with what sure readings said to their claims as the part `held`."""
    told = Journal(folder / FOLDER).results()
    return tuple(
        dataclasses.replace(row, parts={**row.parts, "held": told[row.id]}) if row.id in told else row for row in found
    )


def held_figures(found: Sequence[Row], seed: int) -> Iterator[Measure]:
    """Of photos with some sure reading: claims that such readings speak to, and the share that they bear out."""
    sure = [row for row in found if row.parts.get("held", {}).get("sure")]
    if not sure:
        return
    counts = np.array([[row.parts["held"]["supported"], row.parts["held"]["against"]] for row in sure], float)
    note = "a claim: a unit asserted; denying one that is surely there counts against"
    made = mean("claims that sure readings speak to, a reply", sure, list(counts.sum(axis=1)), seed, unit="units")
    yield dataclasses.replace(made, note=note)
    if counts.sum():
        sums = np.column_stack([counts[:, 0], counts.sum(axis=1)])
        yield of_sums("claims that sure readings bear out", sure, sums, resampling.share, seed, unit="share", note=note)
