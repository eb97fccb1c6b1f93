"""What one attribute does to an answer, of pictures of the same people in which nothing else changes.

A table has a row for each person and a column for each level of the attribute. The effect of one level against another
is the mean over people of the difference of their scores: with everything else held, a causal effect and no
correlation (Rubin 1974). People are drawn anew for its interval, since pictures of one person are not independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facereason.scoring import resampling

Array = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Mean score at the level `high` less that at `low` (columns), over `n` people who have both; 95 % interval over
    people; `p` of the chance of any two levels lying as far apart, by permuting levels within people."""

    high: int
    low: int
    value: float
    bounds: tuple[float, float]
    p: float
    n: int


def effect(table: Array, *, ordered: bool, seed: int = 0, resamples: int = resampling.RESAMPLES) -> Effect | None:
    """The effect in a table `(people, levels)` of scores, nan where there is none; None without a person with two.

    Of ordered levels the last is held against the first; of others the two whose means lie farthest apart, which is
    why `p` takes the largest difference of every permutation.

    >>> made = effect(np.array([[0.1, 0.4], [0.2, 0.5], [0.0, 0.3]]), ordered=True)
    >>> round(made.value, 3), made.n, made.high
    (0.3, 3, 1)
    """
    if table.shape[1] < 2:
        return None
    high, low = (table.shape[1] - 1, 0) if ordered else _farthest(table)
    apart = table[:, high] - table[:, low]
    apart = apart[np.isfinite(apart)]
    if not apart.size:
        return None
    sums = np.column_stack([apart, np.ones(apart.size)])
    people = [str(place) for place in range(apart.size)]
    bounds = resampling.interval(sums, people, resampling.share, seed=seed, resamples=resamples)
    p = _by_chance(table, high, low, ordered=ordered, seed=seed, resamples=resamples)
    return Effect(high=high, low=low, value=float(apart.mean()), bounds=bounds, p=p, n=int(apart.size))


def _differences(tables: Array) -> Array:
    """Mean over people of every level less every other, of tables `(..., people, levels)`: `(..., levels, levels)`; nan
    where nobody has both, and of a level and itself."""
    there = np.isfinite(tables).astype(np.float64)
    scores = np.where(there > 0, tables, 0.0)
    both = np.swapaxes(there, -1, -2) @ there * (1 - np.eye(tables.shape[-1]))
    apart = np.swapaxes(scores, -1, -2) @ there - np.swapaxes(there, -1, -2) @ scores
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(both > 0, apart / both, math.nan))


def _farthest(table: Array) -> tuple[int, int]:
    means = _differences(table)
    if not np.isfinite(means).any():
        return 1, 0
    high, low = np.unravel_index(int(np.nanargmax(means)), means.shape)
    return int(high), int(low)


def _by_chance(table: Array, high: int, low: int, *, ordered: bool, seed: int, resamples: int) -> float:
    """At least 1 / (resamples + 1)."""
    rng = np.random.default_rng(seed)
    there = abs(float(_differences(table)[high, low]))
    at_least, together = 0, max(1, min(resamples, _TOGETHER // table.size))
    for start in range(0, resamples, together):
        count = min(together, resamples - start)
        means = np.abs(_differences(rng.permuted(np.broadcast_to(table, (count, *table.shape)), axis=2)))
        far = means[:, high, low] if ordered else np.where(np.isfinite(means), means, 0.0).max(axis=(1, 2))
        at_least += int((far >= there - 1e-12).sum())
    return (at_least + 1) / (resamples + 1)


_TOGETHER = 1 << 20
"""Scores held at one time."""
