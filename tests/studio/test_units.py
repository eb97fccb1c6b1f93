"""Action units on the rig."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from facereason import facs
from facereason.studio import units
from facereason.types import UsageError


def test_the_rig_drives_exactly_the_units_of_the_house() -> None:
    assert set(units.SHAPES) == set(facs.UNITS) == set(units.PREVALENCE)


def test_one_side_of_a_smile_moves_only_that_side() -> None:
    driven = units.checked({12: (0.5, 0.0)})
    assert units.shapes(driven) == {"mouthSmileLeft": 0.5, "mouthSmileRight": 0.0}


def test_the_jaw_opens_further_for_27_than_it_ever_does_for_26() -> None:
    drop = [units.shapes(units.checked({26: level}))["jawOpen"] for level in (0.01, 1.0)]
    stretch = [units.shapes(units.checked({27: level}))["jawOpen"] for level in (0.01, 1.0)]
    assert drop == pytest.approx([0.1535, 0.5])
    assert stretch == pytest.approx([0.5545, 1.0])


def test_a_dropped_jaw_implies_parted_lips_once() -> None:
    assert units.implied(units.checked({26: 0.6})) == {25: (0.6, 0.6)}
    assert units.implied(units.checked({26: 0.6, 25: 0.2})) == {}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({99: 1.0}, r"^units: AU99 is no unit of the rig; known are 1, 2, 4"),
        ({12: 1.2}, r"^units: AU12 1.2: an intensity, or one a side, from 0 to 1$"),
        ({17: (0.5, 0.1)}, r"^units: AU17 has no sides"),
        ({26: 0.5, 27: 0.5}, r"^units: AU26 and AU27 exclude each other$"),
        ({12: 0.9, 15: 0.8}, r"^units: AU12 and AU15 together: one of them 0.4 at most$"),
    ],
)
def test_what_no_face_can_do_is_refused(given: dict[int, float | units.Sides], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        units.checked(given)


def test_drawn_sets_can_be_told_apart_and_reach_every_unit() -> None:
    rng = np.random.Generator(np.random.PCG64(4))
    seen: Counter[int] = Counter()
    alone = 0
    for _ in range(3000):
        drawn = units.sample(rng)
        assert units.checked(drawn) == drawn
        seen.update(list(drawn))
        alone += any(left != right and min(left, right) == 0 for left, right in drawn.values())
    assert set(seen) == set(units.SHAPES)
    assert min(seen.values()) > 100
    assert alone > 50


def test_the_same_seed_draws_the_same_units() -> None:
    def drawn(seed: int) -> list[dict[int, units.Sides]]:
        rng = np.random.Generator(np.random.PCG64(seed))
        return [units.sample(rng) for _ in range(20)]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
