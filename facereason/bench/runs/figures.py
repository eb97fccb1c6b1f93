"""Figures of a task's rows: each with n, an interval, and how that was made."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from facereason import scoring
from facereason.bench.runs.rows import Row, by_group, in_order, kinds
from facereason.scoring import Disposition, resampling
from facereason.scoring.resampling import Array, Figure

FEWEST = 30
"""Rows a group needs before its gap is quoted."""
CLASSES = 20
"""Answers of more kinds than this are no classes: they get no macro F1 and no confusion."""
BINS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """One figure. `low`, `high`: 95 %, by `interval`; `photos`: how many different ones the `n` rows are of. `by` and
    `group`: of which rows alone; `p`: of the chance that groups differ as much; `note`: what else has to be known."""

    name: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None
    interval: str = ""
    photos: int = 0
    unit: str = "share"
    by: str = ""
    group: str = ""
    p: float | None = None
    note: str = ""


def share(
    name: str, rows: Sequence[Row], right: Sequence[bool], seed: int, *, by: str = "", group: str = ""
) -> Measure:
    """The share of True: Wilson's interval, or where photos repeat the bootstrap over photos. All or none cannot be
    resampled to anything else: there it is Wilson's of as many as there are photos."""
    photos = [row.photo for row in rows]
    different = len(set(photos))
    value = scoring.accuracy(right)
    if different == len(rows):
        low, high = scoring.wilson(sum(right), len(right))
        kind = "Wilson"
    elif sum(right) in (0, len(right)):
        low, high = scoring.wilson(different if right[0] else 0, different)
        kind = "Wilson, photos"
    else:
        sums = np.column_stack([np.asarray(right, float), np.ones(len(right))])
        low, high = resampling.interval(sums, photos, resampling.share, seed=seed)
        kind = "bootstrap over photos"
    return Measure(
        name=name, value=value, n=len(rows), low=low, high=high, interval=kind, photos=different, by=by, group=group
    )


def mean(name: str, rows: Sequence[Row], values: Sequence[float], seed: int, *, unit: str = "score") -> Measure:
    sums = np.column_stack([np.asarray(values, float), np.ones(len(values))])
    return of_sums(name, rows, sums, resampling.share, seed, unit=unit)


def of_sums(
    name: str, rows: Sequence[Row], sums: Array, figure: Figure, seed: int, *, unit: str = "score", note: str = ""
) -> Measure:
    """A figure of sums over rows, with the bootstrap over photos."""
    photos = [row.photo for row in rows]
    low, high = resampling.interval(sums, photos, figure, seed=seed)
    return Measure(
        name=name,
        value=float(figure(sums.sum(axis=0, keepdims=True))[0]),
        n=len(rows),
        low=low,
        high=high,
        interval="bootstrap over photos",
        photos=len(set(photos)),
        unit=unit,
        note=note,
    )


# ---------------------------------------------------------------------------------------- figures that all tasks have


def standard(rows: Sequence[Row], seed: int, intersections: Sequence[tuple[str, str]] = ()) -> Iterator[Measure]:
    """Accuracy, macro F1, what replies that do not answer did instead, calibration, baselines, groups."""
    if not rows:
        return
    judged = [row for row in rows if row.outcome is not Disposition.GRADED and "answer" in row.truth]
    if judged:
        yield share("accuracy", judged, [row.right for row in judged], seed)
        answered = [row for row in judged if row.outcome in (Disposition.RIGHT, Disposition.WRONG)]
        if len(answered) < len(judged):
            yield share("accuracy of what was answered", answered, [row.right for row in answered], seed)
    for outcome in (Disposition.ABSTAINED, Disposition.REFUSED, Disposition.FORMAT):
        yield share(outcome.value, rows, [row.outcome is outcome for row in rows], seed)
    if not judged:
        return
    if 1 < len(classes(judged)) <= CLASSES:
        sums = resampling.label_sums([row.answer for row in judged], [truth(row) for row in judged])
        yield of_sums("macro F1", judged, sums, resampling.macro_f1_of, seed)
    yield from _baselines(judged)
    near = [row for row in judged if "near" in row.parts]
    if near:
        yield share("within one", near, [row.parts["near"] == 1.0 for row in near], seed)
    yield from _errors(judged, seed)
    yield from _calibration(judged)
    yield from _groups(judged, seed, intersections)


def truth(row: Row) -> str:
    return str(row.truth["answer"])


def classes(rows: Sequence[Row]) -> list[str]:
    """The labels that occur, in the order of the options where there are such; none where rows are answered by numbers,
    or choose among different options, so that their answers are no classes of one question."""
    if of_numbers(rows) or len(_kinds_of_question(rows)) > 1:
        return []
    there = {truth(row) for row in rows}
    ordered = dict.fromkeys(str(option) for row in rows[:1] for option in row.truth.get("options", ()))
    return [label for label in ordered if label in there] + sorted(there - ordered.keys())


def of_numbers(rows: Sequence[Row]) -> bool:
    """Whether answers are numbers, held against the truth by how far they are off."""
    return any("within" in row.truth or "error" in row.parts for row in rows)


def _kinds_of_question(rows: Sequence[Row]) -> list[list[Row]]:
    """Rows by the options that they choose among, whatever their order."""
    found: dict[frozenset[str], list[Row]] = {}
    for row in rows:
        found.setdefault(frozenset(map(str, row.truth.get("options") or ())), []).append(row)
    return list(found.values())


def _baselines(rows: Sequence[Row]) -> Iterator[Measure]:
    """What chance and the most frequent answer get on these very rows."""
    options = [len(row.truth["options"]) for row in rows if row.truth.get("options")]
    if len(options) == len(rows):
        yield Measure(name="chance", value=math.fsum(1 / n for n in options) / len(options), n=len(rows))
    kinds = _kinds_of_question(rows)
    if of_numbers(rows) or len(kinds) > CLASSES:
        return
    most = [Counter(truth(row) for row in kind).most_common(1)[0] for kind in kinds]
    always = f"always {most[0][0]}" if len(kinds) == 1 else "the most frequent of each set of options"
    note = f"{always}, which is known only from these labels"
    yield Measure(name="majority class", value=sum(count for _, count in most) / len(rows), n=len(rows), note=note)


def _errors(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    far = [row for row in rows if "error" in row.parts]
    if far:
        yield mean("mean absolute error", far, [row.parts["error"] for row in far], seed, unit="°")


def _calibration(rows: Sequence[Row]) -> Iterator[Measure]:
    sure = [row for row in rows if row.confidence is not None]
    if sure:
        error = scoring.calibration_error([row.confidence or 0.0 for row in sure], [row.right for row in sure], BINS)
        yield Measure(name="calibration error", value=error, n=len(sure), unit="score", note=f"ECE, {BINS} bins")


def reliability(rows: Sequence[Row]) -> list[tuple[float, float, int]]:
    """Mean confidence, accuracy and n of each bin of confidence that holds some row."""
    bins: dict[int, list[Row]] = {}
    for row in rows:
        if row.confidence is not None:
            bins.setdefault(min(BINS - 1, int(row.confidence * BINS)), []).append(row)
    return [
        (
            math.fsum(row.confidence or 0.0 for row in found) / len(found),
            sum(row.right for row in found) / len(found),
            len(found),
        )
        for _, found in sorted(bins.items())
    ]


def _groups(rows: Sequence[Row], seed: int, intersections: Sequence[tuple[str, str]]) -> Iterator[Measure]:
    """Accuracy of every group and intersection, the gap between those with `FEWEST` rows or more, the worst of them,
    and p of the chance of such differences."""
    for by in kinds(rows):
        yield from _of_groups(by, by_group(rows, by), seed)
    for first, second in intersections:
        both: dict[str, list[Row]] = {}
        for row in rows:
            if first in row.groups and second in row.groups:
                both.setdefault(f"{row.groups[first]}, {row.groups[second]}", []).append(row)
        if both:
            yield from _of_groups(f"{first} and {second}", in_order(both), seed)


def _of_groups(by: str, groups: dict[str, list[Row]], seed: int) -> Iterator[Measure]:
    found = [
        share("accuracy", rows, [row.right for row in rows], seed, by=by, group=group) for group, rows in groups.items()
    ]
    yield from found
    large = [each for each in found if each.n >= FEWEST]
    if len(large) < 2:
        return
    best, worst = max(large, key=lambda each: each.value), min(large, key=lambda each: each.value)
    told = [(row, group) for group, rows in groups.items() if len(rows) >= FEWEST for row in rows]
    p = resampling.homogeneity(
        [row.right for row, _ in told], [group for _, group in told], [row.photo for row, _ in told], seed=seed
    )
    yield Measure(
        name="largest gap",
        value=best.value - worst.value,
        n=len(told),
        by=by,
        p=p,
        unit="points",
        note=f"best {best.group} {100 * best.value:.1f} (n {best.n}), worst {worst.group} {100 * worst.value:.1f} "
        f"(n {worst.n}); groups of {FEWEST} or more; p by permutation",
    )
