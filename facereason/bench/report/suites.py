"""What a suite is about, in one table a suite: its tasks and models as rows, the figures that it is known by as
columns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facereason.bench.runs.figures import Measure
from facereason.bench.runs.results import Result
from facereason.bench.tasks import angles, rotation
from facereason.data.adapters import choices
from facereason.scoring.angles import AXES


@dataclass(frozen=True, slots=True)
class Column:
    """A figure by its name, of all rows or of a group."""

    title: str
    name: str
    by: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """`rows`: task, model, and the figure in each column, None where there is none."""

    suite: str
    says: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, str, tuple[Measure | None, ...]], ...]


def _by_dimension(dimensions: Iterable[str]) -> tuple[Column, ...]:
    return (
        Column("all", "accuracy"),
        *(Column(each, "accuracy", "dimension", each) for each in dimensions),
        Column("cannot be determined", "said that it cannot be determined"),
    )


_RANGES = tuple(dict.fromkeys(angles.range_of(float(end)) for end in angles.RANGES))
_THOUGHT = (
    Column("accuracy", "accuracy"),
    Column("in form", "in form"),
    Column("units, macro F1", "action units, macro F1"),
    Column("ROUGE-L", "ROUGE-L of the thought"),
    Column("judge, overall", "judge: overall"),
    Column("no verdict", "judge: no verdict"),
    Column("claims a reply", "action units claimed a reply"),
    Column("borne out by labels", "claimed action units that the face has"),
    Column("borne out by sure readings", "claims that sure readings bear out"),
)
_KNOWN: Mapping[str, tuple[str, tuple[Column, ...]]] = {
    "rotbench": (
        "accuracy by turn, and how often a photo on one side is told to lie on the other",
        (
            *(Column(f"{turn}°", "accuracy", "turned", str(turn)) for turn in rotation.TURNS),
            *(Column(f"{turn}°, voted", "accuracy of votes", "turned, voted", str(turn)) for turn in rotation.TURNS),
            Column(rotation.CONFUSED, rotation.CONFUSED),
            Column("90 taken for 270", "90 taken for 270"),
            Column("270 taken for 90", "270 taken for 90"),
            Column("confused, by votes", f"{rotation.CONFUSED}, by votes"),
        ),
    ),
    "dori": ("accuracy by dimension", _by_dimension(choices.DIMENSIONS.values())),
    "orientation": ("accuracy by dimension", _by_dimension(("frontal", "turning", "relative", "canonical"))),
    "headpose": (
        "mean absolute error of each angle, and geodesic error by range of yaw, of heads that were answered",
        (
            *(Column(axis, f"{axis}, mean absolute error") for axis in AXES),
            Column("mean of the three", "mean of the three"),
            Column("geodesic", "geodesic error"),
            *(Column(f"geodesic, yaw {each}", "geodesic error", "yaw", each) for each in _RANGES),
            Column("abstained", "abstained"),
            Column("format failure", "format failure"),
        ),
    ),
    "bodies": (
        "MEBOW's accuracies, of all bodies; the error, of those that were answered",
        (
            *(Column(f"Acc-{each}", f"Acc-{each}") for each in angles.ACCURACIES),
            Column("mean absolute error", "mean absolute error"),
            Column("abstained", "abstained"),
            Column("format failure", "format failure"),
        ),
    ),
    "fea": ("reasoning", _THOUGHT),
    "ferbench": ("reasoning", _THOUGHT),
}


def tables(results: Sequence[Result]) -> list[Table]:
    """A table for each suite with figures of its own that some result is of; columns that nobody has are left out."""
    made = []
    for suite, (says, columns) in _KNOWN.items():
        found = [each for each in results if each.task.partition("/")[0] == suite and each.rows]
        cells = [[each.of(column.name, column.by, column.group) for column in columns] for each in found]
        there = [place for place in range(len(columns)) if any(line[place] for line in cells)]
        if there:
            made.append(
                Table(
                    suite=suite,
                    says=says,
                    columns=tuple(columns[place].title for place in there),
                    rows=tuple(
                        (each.task, each.model, tuple(line[place] for place in there))
                        for each, line in zip(found, cells, strict=True)
                    ),
                )
            )
    return made
