"""Figures of a thought: its form, its action units, its claims, and how near it is to the reference."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from facereason.bench.runs.figures import Measure, mean, of_sums, share
from facereason.bench.runs.rows import Row
from facereason.facs import UNITS
from facereason.scoring.resampling import Array

_PLACE = {unit: place for place, unit in enumerate(UNITS)}


def unit_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """In form; claims; F1 of units, micro and macro over units that occur, as `scoring` counts them; false units on
    faces without any; how many claims the labels bear out; ROUGE-L."""
    yield share("in form", rows, [row.parts.get("form") == 1.0 for row in rows], seed)
    told = [row for row in rows if "claims" in row.parts]
    if told:
        yield mean("action units claimed a reply", told, [row.parts["claims"] for row in told], seed, unit="units")
    known = [row for row in rows if "hits" in row.parts]
    if known:
        counts = unit_counts(known)
        yield of_sums("action units, micro F1", known, counts, micro_f1, seed)
        yield of_sums("action units, macro F1", known, counts, macro_f1, seed)
        still = [row for row in known if not row.truth["units"] and row.parts.get("form")]
        if still:
            wrong = [float(sum(row.parts["wrong"].values())) for row in still]
            yield mean("false action units on a face without any", still, wrong, seed, unit="units")
        claims = np.array([[row.parts["supported"], row.parts["claims"]] for row in known], float)
        if claims[:, 1].sum():
            yield of_sums("claimed action units that the face has", known, claims, _ratio, seed, unit="share")
    thought = [row for row in rows if "consistent" in row.parts]
    if thought:
        yield share("thought and label agree", thought, [row.parts["consistent"] == 1.0 for row in thought], seed)
    told = [row for row in rows if "rouge" in row.parts]
    if told:
        yield mean("ROUGE-L of the thought", told, [row.parts["rouge"] for row in told], seed)


def text_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """ROUGE-L of replies that are scored as text."""
    told = [row for row in rows if "rouge" in row.parts]
    if told:
        yield mean("ROUGE-L", told, [row.parts["rouge"] for row in told], seed)


def unit_counts(rows: Sequence[Row]) -> Array:
    """Hits, missed and wrong of each unit, `(n, 3 * units)`."""
    k = len(UNITS)
    sums = np.zeros((len(rows), 3 * k))
    for place, row in enumerate(rows):
        for unit in row.parts["hits"]:
            sums[place, _PLACE[unit]] = 1
        for unit in row.parts["missed"]:
            sums[place, k + _PLACE[unit]] = 1
        for unit, weight in row.parts["wrong"].items():
            sums[place, 2 * k + _PLACE[int(unit)]] = weight
    return sums


def micro_f1(totals: Array) -> Array:
    hits, missed, wrong = (part.sum(axis=1) for part in np.split(totals, 3, axis=1))
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(2 * hits / (2 * hits + missed + wrong))


def macro_f1(totals: Array) -> Array:
    """Mean over the units that some face has."""
    hits, missed, wrong = np.split(totals, 3, axis=1)
    there = hits + missed > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = np.where(there, 2 * hits / (2 * hits + missed + wrong), 0.0)
        return np.asarray(scores.sum(axis=1) / there.sum(axis=1))


def _ratio(totals: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(totals[:, 0] / totals[:, 1])
