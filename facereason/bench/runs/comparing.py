"""Two runs on the same questions: the difference of each figure with a test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facereason.bench.runs import figures
from facereason.bench.runs.results import Result, results
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import units
from facereason.scoring import Disposition, resampling
from facereason.types import UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One figure of two runs on the `n` questions that both answered; `value`: second less first, with its 95 %
    interval by the paired bootstrap over photos. `p`: `test`'s. `notes`: in what the runs differ beside the model."""

    task: str
    name: str
    first: float
    second: float
    value: float
    low: float
    high: float
    p: float
    test: str
    n: int
    notes: tuple[str, ...] = ()


def compare(first: Path, second: Path) -> list[Difference]:
    """Every task that both have. UsageError where there is none, or none with a question in common."""
    made = differences(list(results(first)), list(results(second)))
    if not made:
        raise UsageError(f"{first} and {second} answered no question of a task that both have")
    return made


def differences(first: Sequence[Result], second: Sequence[Result]) -> list[Difference]:
    """The same of what was read already; none where no task, or no question, is common."""
    found = {each.task: each for each in second}
    both = [(each, found[each.task]) for each in first if each.task in found]
    return [difference for a, b in both for difference in _task(a, b)]


def _task(a: Result, b: Result) -> Iterator[Difference]:
    others = {row.id: row for row in b.rows}
    pairs = [(row, others[row.id]) for row in a.rows if row.id in others and _same(row, others[row.id])]
    if not pairs:
        return
    notes = tuple(_notes(a, b, pairs))
    judged = [(x, y) for x, y in pairs if "answer" in x.truth and Disposition.GRADED not in (x.outcome, y.outcome)]
    if judged:
        yield _accuracy(a, judged, notes)
        labels = figures.classes([x for x, _ in judged])
        if 1 < len(labels) <= figures.CLASSES:
            true = [figures.truth(x) for x, _ in judged]
            sums = [resampling.label_sums([row.answer for row in rows], true) for rows in zip(*judged, strict=True)]
            yield _difference(a, "macro F1", judged, sums[0], sums[1], resampling.macro_f1_of, notes)
    seen = [(x, y) for x, y in pairs if "hits" in x.parts and "hits" in y.parts]
    if seen:
        counts = [units.unit_counts(rows) for rows in zip(*seen, strict=True)]
        yield _difference(a, "action units, micro F1", seen, counts[0], counts[1], units.micro_f1, notes)
        yield _difference(a, "action units, macro F1", seen, counts[0], counts[1], units.macro_f1, notes)
    for name, value in _MEANS.items():
        told = [(x, y) for x, y in pairs if value(x) is not None and value(y) is not None]
        if told and (not name.startswith("judge") or a.judge == b.judge):
            sums = [
                np.column_stack([[value(row) for row in rows], np.ones(len(rows))]) for rows in zip(*told, strict=True)
            ]
            yield _difference(a, name, told, sums[0], sums[1], resampling.share, notes)


def _part(name: str) -> Callable[[Row], float | None]:
    return lambda row: row.parts.get(name)


_MEANS: Mapping[str, Callable[[Row], float | None]] = {
    "ROUGE-L of the thought": _part("rouge"),
    "person found": _part("found"),
    "answer right": _part("said"),
    "judge: overall": lambda row: row.parts.get("judge", {}).get("overall"),
    "share of the votes": _part("votes"),
    "mean error": _part("error"),
    "geodesic error": _part("geodesic"),
}
"""Figures that are the mean of one number a row."""


def _accuracy(a: Result, pairs: Sequence[tuple[Row, Row]], notes: tuple[str, ...]) -> Difference:
    """McNemar's test where every photo is asked about once, else the bootstrap's."""
    sums = [np.array([[row.right, 1.0] for row in rows]) for rows in zip(*pairs, strict=True)]
    made = _difference(a, "accuracy", pairs, sums[0], sums[1], resampling.share, notes)
    if len({x.photo for x, _ in pairs}) < len(pairs):
        return made
    only_first, only_second = sum(x.right > y.right for x, y in pairs), sum(y.right > x.right for x, y in pairs)
    p = resampling.mcnemar(only_first, only_second)
    test = f"McNemar, exact: {only_first} right only in the first, {only_second} only in the second"
    return Difference(
        task=made.task, name=made.name, first=made.first, second=made.second, value=made.value, low=made.low,
        high=made.high, p=p, test=test, n=made.n, notes=notes,
    )  # fmt: skip


def _difference(
    a: Result,
    name: str,
    pairs: Sequence[tuple[Row, Row]],
    first: resampling.Array,
    second: resampling.Array,
    figure: resampling.Figure,
    notes: tuple[str, ...],
) -> Difference:
    photos = [x.photo for x, _ in pairs]
    value, low, high, p = resampling.paired(first, second, photos, figure, seed=a.seed)
    was, now = (float(figure(sums.sum(axis=0, keepdims=True))[0]) for sums in (first, second))
    return Difference(
        task=a.task, name=name, first=was, second=now, value=value, low=low, high=high, p=p,
        test="paired bootstrap over photos", n=len(pairs), notes=notes,
    )  # fmt: skip


def _same(a: Row, b: Row) -> bool:
    """Whether both were shown the same and held against the same truth."""
    return a.images == b.images and a.truth == b.truth


def _notes(a: Result, b: Result, pairs: Sequence[tuple[Row, Row]]) -> Iterator[str]:
    only = len(a.rows) - len(pairs), len(b.rows) - len(pairs)
    if any(only):
        yield f"left out, as only one run has them: {only[0]} of the first, {only[1]} of the second"
    if any(x.prompt != y.prompt for x, y in pairs):
        yield "the models were asked in different words"
    if a.judge and b.judge and a.judge != b.judge:
        yield "they were graded by different judges or rubrics, whose scores are not compared"


def table(found: Sequence[Difference], first: str, second: str) -> str:
    """Differences as a Markdown table, with the notes below."""
    lines = [
        f"| task | figure | n | {first} | {second} | difference (95 %) | p | test |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for each in found:
        bounds = f"{each.value:+.3f} ({each.low:+.3f} to {each.high:+.3f})"
        p = f"{each.p:.4f}" if each.p >= 0.0001 else "< .0001"
        lines.append(
            f"| {each.task} | {each.name} | {each.n:,} | {each.first:.3f} | {each.second:.3f} | {bounds} | {p} "
            f"| {each.test} |"
        )
    notes = dict.fromkeys(f"{each.task}: {note}" for each in found for note in each.notes)
    return "\n".join([*lines, *(["", *notes] if notes else [])]) + "\n"
