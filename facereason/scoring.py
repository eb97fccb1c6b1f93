"""Pure functions that compare an output with a label. The benchmark scores with them and training is steered by
them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TypeVar

from facereason.types import AgeGroup, EmotionLabel

L = TypeVar("L")

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
