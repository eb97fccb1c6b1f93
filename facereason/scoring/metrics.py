"""What is counted over many outputs: votes, accuracy, F1, calibration, agreement, areas and errors."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from facereason.types import AgeGroup, EmotionLabel

L = TypeVar("L")
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]

_AGES = list(AgeGroup)


def cleaned_votes(votes: Mapping[EmotionLabel, int]) -> dict[EmotionLabel, int]:
    """Votes without those that only one annotator gave: FER+ takes them for slips (Barsoum et al. 2016).

    >>> cleaned_votes({EmotionLabel.FEAR: 8, EmotionLabel.ANGER: 1})[EmotionLabel.ANGER]
    0
    """
    return {label: count if count > 1 else 0 for label, count in votes.items()}


def vote_distribution(votes: Mapping[EmotionLabel, int]) -> dict[EmotionLabel, float] | None:
    """Share of the cleaned votes for each emotion, summing to 1; None where no emotion has two votes."""
    cleaned = cleaned_votes(votes)
    total = sum(cleaned.values())
    return {label: count / total for label, count in cleaned.items()} if total else None


def majority(votes: Mapping[EmotionLabel, int], other_votes: Sequence[int] = ()) -> EmotionLabel | None:
    """The FER+ authors' majority rule: single votes dropped, more than half of what is left, `other_votes` (unknown,
    not a face) counted in, for one emotion; else None.

    >>> majority({EmotionLabel.FEAR: 5, EmotionLabel.SURPRISE: 4}) is EmotionLabel.FEAR
    True
    >>> majority({EmotionLabel.FEAR: 5, EmotionLabel.SURPRISE: 4}, other_votes=(2,)) is None
    True
    """
    cleaned = cleaned_votes(votes)
    total = sum(cleaned.values()) + sum(count for count in other_votes if count > 1)
    label, most = max(cleaned.items(), key=lambda item: item[1])
    return label if most > total / 2 else None


def within_one(found: AgeGroup, labelled: AgeGroup) -> bool:
    """Whether an age group is the labelled one or its neighbour.

    >>> within_one(AgeGroup.FROM_20, AgeGroup.FROM_30), within_one(AgeGroup.FROM_20, AgeGroup.FROM_40)
    (True, False)
    """
    return abs(_AGES.index(found) - _AGES.index(labelled)) <= 1


def accuracy(right: Sequence[bool]) -> float:
    """Share of True; nan of nothing."""
    return sum(right) / len(right) if right else math.nan


def wilson(right: int, n: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's score interval of a share (Wilson 1927), 95 % by default.

    >>> low, high = wilson(50, 100)
    >>> round(low, 3), round(high, 3)
    (0.404, 0.596)
    """
    if n == 0:
        return 0.0, 1.0
    share = right / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return max(0.0, centre - half), min(1.0, centre + half)


def macro_f1(found: Sequence[L], labelled: Sequence[L]) -> float:
    """Mean over the labels that occur in `labelled` of the harmonic mean of precision and recall."""
    scores = []
    for label in dict.fromkeys(labelled):
        hits = sum(f == label == t for f, t in zip(found, labelled, strict=True))
        scores.append(2 * hits / (sum(f == label for f in found) + sum(t == label for t in labelled)))
    return sum(scores) / len(scores) if scores else math.nan


def calibration_error(confidence: Sequence[float], right: Sequence[bool], bins: int = 15) -> float:
    """Expected calibration error over equally wide bins of confidence (Guo et al. 2017), in [0, 1].

    >>> calibration_error([0.9, 0.9], [True, False])
    0.4
    """
    inside: list[list[int]] = [[] for _ in range(bins)]
    for i, value in enumerate(confidence):
        inside[min(bins - 1, int(value * bins))].append(i)
    gap = sum(abs(sum(confidence[i] for i in group) - sum(right[i] for i in group)) for group in inside)
    return gap / len(confidence) if len(confidence) else math.nan


def f1(found: BoolArray, true: BoolArray) -> float:
    """F1 of a yes/no reading `(n,)` against the truth; nan where neither has a yes.

    >>> f1(np.array([True, True, False]), np.array([True, False, False]))
    0.6666666666666666
    """
    both, either = int((found & true).sum()), int(found.sum()) + int(true.sum())
    return 2 * both / either if either else math.nan


def icc(found: FloatArray, true: FloatArray) -> float:
    """ICC(3,1) of readings `(n,)` with the truth as the second rater (Shrout and Fleiss 1979): consistency of single
    ratings by fixed raters, as DISFA and FERA report it. nan where nothing varies.

    >>> round(icc(np.array([0.0, 0.5, 1.0]), np.array([0.1, 0.6, 1.1])), 6)
    1.0
    """
    ratings = np.stack([np.asarray(found, np.float64), np.asarray(true, np.float64)], axis=1)
    n = len(ratings)
    if n < 2:
        return math.nan
    rows, columns, mean = ratings.mean(1), ratings.mean(0), ratings.mean()
    between = 2 * ((rows - mean) ** 2).sum() / (n - 1)
    rest = ((ratings - rows[:, None] - columns + mean) ** 2).sum() / (n - 1)
    return float((between - rest) / (between + rest)) if between + rest > 0 else math.nan


def auc(score: FloatArray, true: BoolArray) -> float:
    """Area under the ROC curve of scores `(n,)`: the chance that one with the label scores above one without it, ties
    counted half. nan where one of both is missing.

    >>> auc(np.array([0.9, 0.4, 0.4]), np.array([True, True, False]))
    0.75
    """
    yes, no = int(true.sum()), int((~true).sum())
    if not yes or not no:
        return math.nan
    _, place, count = np.unique(score, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    rank = (last - (count - 1) / 2)[place]
    return float((rank[true].sum() - yes * (yes + 1) / 2) / (yes * no))


def landmark_error(found: FloatArray, true: FloatArray) -> FloatArray:
    """Normalised mean error `(n,)` of landmarks `(n, k, 2)`: mean distance over the root of the area of the box around
    the true ones, as for AFLW2000-3D (Zhu et al. 2016), since the distance of the eyes vanishes in profile."""
    distance = np.linalg.norm(found - true, axis=2).mean(1)
    width, height = (true.max(1) - true.min(1)).T
    return np.asarray(distance / np.sqrt(width * height), np.float64)
