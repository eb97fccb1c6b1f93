"""Scores: each against numbers worked out by hand, or from the paper it follows."""

from __future__ import annotations

import doctest
import math
import random

import pytest

from facereason import scoring
from facereason.scoring import metrics
from facereason.types import AgeGroup, EmotionLabel

NEUTRAL, HAPPINESS, SURPRISE, FEAR, ANGER = (
    EmotionLabel.NEUTRAL,
    EmotionLabel.HAPPINESS,
    EmotionLabel.SURPRISE,
    EmotionLabel.FEAR,
    EmotionLabel.ANGER,
)


def test_the_examples_in_the_docstrings_hold() -> None:
    results = doctest.testmod(metrics)
    assert results.attempted >= 7
    assert results.failed == 0


def test_single_votes_are_slips() -> None:
    assert scoring.cleaned_votes({NEUTRAL: 7, FEAR: 2, ANGER: 1}) == {NEUTRAL: 7, FEAR: 2, ANGER: 0}


def test_a_vote_distribution_leaves_slips_out_and_sums_to_one() -> None:
    shares = scoring.vote_distribution({NEUTRAL: 6, FEAR: 3, ANGER: 1})
    assert shares == pytest.approx({NEUTRAL: 2 / 3, FEAR: 1 / 3, ANGER: 0})


def test_scattered_votes_are_no_distribution() -> None:
    assert scoring.vote_distribution(dict.fromkeys(EmotionLabel, 1)) is None
    assert scoring.vote_distribution({}) is None


@pytest.mark.parametrize(
    ("votes", "others", "label"),
    [
        ({HAPPINESS: 10}, (), HAPPINESS),
        ({HAPPINESS: 6, NEUTRAL: 4}, (), HAPPINESS),
        ({HAPPINESS: 5, NEUTRAL: 5}, (), None),
        ({HAPPINESS: 4, NEUTRAL: 3, FEAR: 3}, (), None),
        ({HAPPINESS: 4, NEUTRAL: 1, FEAR: 1, ANGER: 1, SURPRISE: 3}, (), HAPPINESS),
        ({HAPPINESS: 5}, (5,), None),
        ({HAPPINESS: 5}, (2, 2), HAPPINESS),
        ({HAPPINESS: 5}, (2, 3), None),
        ({HAPPINESS: 2}, (1, 1), HAPPINESS),
        (dict.fromkeys(EmotionLabel, 1), (2, 0), None),
    ],
)
def test_the_majority_rule_needs_more_than_half_of_what_is_left(
    votes: dict[EmotionLabel, int], others: tuple[int, ...], label: EmotionLabel | None
) -> None:
    assert scoring.majority(votes, others) is label


def test_neighbouring_age_groups_are_within_one() -> None:
    ages = list(AgeGroup)
    for i, found in enumerate(ages):
        near = [labelled for labelled in ages if scoring.within_one(found, labelled)]
        assert near == ages[max(0, i - 1) : i + 2]


def test_accuracy_is_the_share_right() -> None:
    assert scoring.accuracy([True, False, True, True]) == 0.75
    assert math.isnan(scoring.accuracy([]))


def test_wilsons_interval_holds_the_share_and_stays_in_range() -> None:
    for right, n in ((0, 10), (10, 10), (1, 3), (317, 400), (0, 1)):
        low, high = scoring.wilson(right, n)
        assert 0 <= low <= right / n <= high <= 1
        assert low < high
    assert scoring.wilson(0, 0) == (0, 1)


def test_wilsons_interval_is_that_of_the_literature() -> None:
    """Newcombe 1998, table I, Wilson without continuity correction."""
    assert scoring.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert scoring.wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert scoring.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
    assert scoring.wilson(1, 29) == pytest.approx((0.0061, 0.1718), abs=1e-4)


def test_macro_f1_is_the_mean_over_the_labels_that_occur() -> None:
    labelled = ["a", "a", "a", "b"]
    found = ["a", "a", "b", "b"]
    assert scoring.macro_f1(found, labelled) == pytest.approx((0.8 + 2 / 3) / 2)
    assert scoring.macro_f1(["c", "c"], ["a", "b"]) == 0
    assert scoring.macro_f1(labelled, labelled) == 1
    assert math.isnan(scoring.macro_f1([], []))


def test_the_calibration_error_weighs_each_bin_by_its_size() -> None:
    confidence = [0.95] * 8 + [0.55] * 2
    right = [True] * 6 + [False] * 2 + [True, False]
    assert scoring.calibration_error(confidence, right) == pytest.approx(0.8 * 0.2 + 0.2 * 0.05)
    assert scoring.calibration_error([1.0, 1.0], [True, True]) == 0
    assert scoring.calibration_error([1.0], [False]) == 1
    assert math.isnan(scoring.calibration_error([], []))


def test_confidence_that_is_as_often_right_as_it_says_is_calibrated() -> None:
    draw = random.Random(1)
    confidence = [draw.random() for _ in range(20_000)]
    right = [draw.random() < value for value in confidence]
    assert scoring.calibration_error(confidence, right) < 0.02
    assert scoring.calibration_error([min(1, c + 0.2) for c in confidence], right) > 0.12
