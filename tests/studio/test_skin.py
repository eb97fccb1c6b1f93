"""What skin looks like: folds lie on the side that acts."""

from __future__ import annotations

import numpy as np
import pytest

from facereason.studio.mesh import f32
from facereason.studio.skin import SkinLook, painted
from facereason.studio.units import Sides

FOLD = f32(np.array([[0.215, 6.80, 1.5]]))  # beside the mouth, to the person's left


def relief(sides: Sides, places: np.ndarray) -> np.ndarray:
    look = SkinLook(
        tone=3, years=25, units={12: sides}, hair_colour="brown", hair="short", beard="none", gender=0.5, seed=1
    )
    around = f32(places + np.linspace(-0.03, 0.03, 13)[:, None] * [1, 0, 0])
    return painted(around, f32(np.zeros(len(around))), look).relief


@pytest.mark.parametrize(("sides", "folded", "smooth"), [((1.0, 0.0), 1, -1), ((0.0, 1.0), -1, 1)])
def test_a_unit_of_one_side_folds_that_side_alone(sides: Sides, folded: int, smooth: int) -> None:
    there, other = (FOLD * [side, 1, 1] for side in (folded, smooth))
    assert np.abs(relief(sides, there) - relief((0.0, 0.0), there)).max() > 0.2
    assert np.array_equal(relief(sides, other), relief((0.0, 0.0), other))
