"""What one attribute does to an answer, and whether an answer rests on what it names."""

from __future__ import annotations

import doctest

import numpy as np
import pytest

from facereason.scoring import Disposition, effects, faithfulness
from facereason.scoring.effects import effect


@pytest.mark.parametrize("module", [effects, faithfulness])
def test_examples_of_the_docstrings_hold(module: object) -> None:
    ended = doctest.testmod(module, extraglobs={"np": np})  # type: ignore[arg-type]
    assert ended.attempted
    assert not ended.failed


def test_an_effect_that_is_there_is_found_with_its_interval() -> None:
    rng = np.random.default_rng(1)
    people = rng.normal(0.5, 0.2, (40, 1))
    table = people + np.array([0.0, 0.05, 0.1]) + rng.normal(0, 0.02, (40, 3))
    made = effect(table, ordered=True)
    assert made is not None
    assert (made.high, made.low, made.n) == (2, 0, 40)
    assert made.value == pytest.approx(0.1, abs=0.01)
    assert made.bounds[0] < made.value < made.bounds[1]
    assert made.bounds[1] - made.bounds[0] < 0.03, "people differ by .2, and are held against themselves"
    assert made.p < 0.01


def test_chance_alone_is_no_effect_though_the_farthest_levels_are_picked() -> None:
    """Of seven levels the farthest two always differ; p knows that they were picked."""
    small = [effect(np.random.default_rng(seed).normal(0, 1, (10, 7)), ordered=False, seed=seed, resamples=200)
             for seed in range(40)]  # fmt: skip
    assert all(made is not None and made.value > 0 for made in small)
    assert sum(made is not None and made.p < 0.05 for made in small) <= 5


def test_levels_without_an_order_are_held_against_each_other() -> None:
    made = effect(np.array([[0.1, 0.9, 0.5], [0.2, 0.8, 0.4], [0.1, 0.7, 0.5]]), ordered=False)
    assert made is not None
    assert (made.high, made.low) == (1, 0)
    assert made.value == pytest.approx(2.0 / 3)


def test_only_people_with_both_levels_count() -> None:
    made = effect(np.array([[0.0, 1.0], [np.nan, 1.0], [0.0, np.nan], [0.5, 1.0]]), ordered=True)
    assert made is not None
    assert (made.n, made.value) == (2, 0.75)
    assert effect(np.array([[np.nan, 1.0]]), ordered=True) is None
    assert effect(np.array([[1.0]]), ordered=True) is None


def test_an_answer_that_never_moves_has_an_effect_of_nothing() -> None:
    made = effect(np.ones((5, 4)), ordered=False)
    assert made is not None
    assert (made.value, made.bounds, made.p) == (0.0, (0.0, 0.0), 1.0)


def test_a_claimed_part_is_held_against_one_of_like_size_that_is_apart() -> None:
    areas = {"mouth": 100, "lips": 90, "nose": 300, "lids": 150, "brows": 60}
    shared = {"lips": {"mouth": 0.8}, "brows": {"lids": 0.5}}
    assert faithfulness.matched({"mouth"}, areas, shared) == {"mouth": "lids"}
    assert faithfulness.matched({"mouth", "lids"}, areas, shared) == {"lids": "nose"}, "brows lie in the lids"
    assert faithfulness.matched(set(areas), areas, shared) == {}
    assert faithfulness.matched({"chin"}, areas, shared) == {}, "a part that the picture does not show"


@pytest.mark.parametrize(
    ("after", "outcome", "changed"),
    [
        ("anger", Disposition.GRADED, False),
        ("fear", Disposition.GRADED, True),
        (None, Disposition.ABSTAINED, True),
        (None, Disposition.FORMAT, None),
        (None, Disposition.REFUSED, None),
    ],
)
def test_abstaining_is_a_change_and_what_cannot_be_read_is_none(
    after: str | None, outcome: Disposition, changed: bool | None
) -> None:
    assert faithfulness.changed("anger", after, outcome) is changed
