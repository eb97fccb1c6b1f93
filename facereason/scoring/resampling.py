"""How sure a figure is, and whether two differ: bootstrap by clusters, McNemar's test, permutation of groups.

Every figure here is a function of sums over records, so that a resample only weights the records: `sums` holds what
each record adds, `(n, d)`, and `figure` turns totals `(b, d)` into b values. Records of one photo, or of one question
asked several times, form a cluster and are drawn together.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Figure = Callable[[Array], Array]

RESAMPLES = 1000
_TOGETHER = 1 << 22
"""Weights held at one time."""


def share(totals: Array) -> Array:
    """Sum over count, of totals `(b, 2)`; nan where nothing was drawn."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(totals[:, 0] / totals[:, 1])


def macro_f1_of(totals: Array) -> Array:
    """Macro F1 of totals `(b, 3k)`: hits, found and labelled of each of k labels, over the labels that occur."""
    hits, found, labelled = np.split(totals, 3, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        scores = np.where(labelled > 0, 2 * hits / (found + labelled), np.nan)
    return np.asarray(np.nanmean(scores, axis=1)) if scores.size else np.full(len(totals), math.nan)


def label_sums(found: Sequence[str | None], labelled: Sequence[str]) -> Array:
    """What `macro_f1_of` adds up, `(n, 3k)`; found labels that never occur as truth count as no label."""
    labels = {label: place for place, label in enumerate(dict.fromkeys(labelled))}
    n, k = len(labelled), len(labels)
    sums = np.zeros((n, 3 * k))
    for row, (said, true) in enumerate(zip(found, labelled, strict=True)):
        sums[row, 2 * k + labels[true]] = 1
        if said in labels:
            sums[row, k + labels[said]] = 1
            sums[row, labels[true]] += said == true
    return sums


def interval(
    sums: Array, clusters: Sequence[str], figure: Figure, *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float]:
    """95 % percentile interval by the bootstrap over clusters (Efron and Tibshirani 1993; Davison and Hinkley 1997)."""
    values = _resampled(_of_clusters(sums, clusters), figure, seed, resamples)
    low, high = np.nanquantile(values, [0.025, 0.975]) if np.isfinite(values).any() else (math.nan, math.nan)
    return float(low), float(high)


def paired(
    first: Array, second: Array, clusters: Sequence[str], figure: Figure, *, seed: int = 0, resamples: int = RESAMPLES
) -> tuple[float, float, float, float]:
    """Difference of a figure, second less first, on the same records: value, 95 % interval, and the two-sided
    bootstrap p of no difference, at least 1 / (resamples + 1)."""
    both = _of_clusters(np.hstack([first, second]), clusters)
    d = first.shape[1]

    def difference(totals: Array) -> Array:
        return figure(totals[:, d:]) - figure(totals[:, :d])

    value = float(difference(both.sum(axis=0, keepdims=True))[0])
    values = _resampled(both, difference, seed, resamples)
    values = values[np.isfinite(values)]
    if not values.size:
        return value, math.nan, math.nan, math.nan
    low, high = np.quantile(values, [0.025, 0.975])
    tail = min((values <= 0).sum(), (values >= 0).sum())
    return value, float(low), float(high), min(1.0, 2 * (int(tail) + 1) / (values.size + 1))


def mcnemar(only_first: int, only_second: int) -> float:
    """Exact two-sided p of McNemar's test (1947), from how many records only one of two got right.

    >>> round(mcnemar(10, 2), 6)
    0.038574
    """
    n, less = only_first + only_second, min(only_first, only_second)
    if only_first == only_second:
        return 1.0
    log_half = n * math.log(0.5)
    logs = [math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1) + log_half for k in range(less + 1)]
    return min(1.0, 2 * math.fsum(math.exp(each) for each in logs))


def homogeneity(
    right: Sequence[bool], groups: Sequence[str], clusters: Sequence[str], *, seed: int = 0, resamples: int = RESAMPLES
) -> float:
    """p of the chance that groups differ as much in their share of right answers, by permuting clusters over groups.

    The statistic is Pearson's chi-square; a cluster counts for the group of its first record. At least
    1 / (resamples + 1).
    """
    first: dict[str, str] = {}
    for cluster, group in zip(clusters, groups, strict=True):
        first.setdefault(cluster, group)
    sums = _of_clusters(np.column_stack([np.asarray(right, float), np.ones(len(right))]), clusters)
    names = {group: place for place, group in enumerate(dict.fromkeys(first.values()))}
    member = np.array([names[group] for group in first.values()])
    rng = np.random.default_rng(seed)

    def statistic(of: npt.NDArray[np.int_]) -> float:
        hits = np.bincount(of, sums[:, 0], len(names))
        counts = np.bincount(of, sums[:, 1], len(names))
        mean = hits.sum() / counts.sum()
        return float(((hits - counts * mean) ** 2 / (counts * mean * (1 - mean))).sum()) if 0 < mean < 1 else 0.0

    there = statistic(member)
    at_least = sum(statistic(rng.permutation(member)) >= there - 1e-12 for _ in range(resamples))
    return (at_least + 1) / (resamples + 1)


def _of_clusters(sums: Array, clusters: Sequence[str]) -> Array:
    """Sums of each cluster `(c, d)`, in the order of their first records."""
    place: dict[str, int] = {}
    of = np.array([place.setdefault(cluster, len(place)) for cluster in clusters], np.intp)
    if len(place) == len(sums):
        return sums
    added = np.zeros((len(place), sums.shape[1]))
    np.add.at(added, of, sums)
    return added


def _resampled(sums: Array, figure: Figure, seed: int, resamples: int) -> Array:
    n = len(sums)
    if not n:
        return np.full(resamples, math.nan)
    rng = np.random.default_rng(seed)
    together = max(1, min(resamples, _TOGETHER // n))
    values = []
    for start in range(0, resamples, together):
        count = min(together, resamples - start)
        drawn = rng.integers(0, n, (count, n), dtype=np.int32) + (np.arange(count, dtype=np.int32) * n)[:, None]
        weights = np.bincount(drawn.ravel(), minlength=count * n).reshape(count, n)
        values.append(figure(weights @ sums))
    return np.concatenate(values)
