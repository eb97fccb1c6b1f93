"""Head pose: the angles, and how it is read off the portrait."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from facereason.faces import Instrument, pose
from facereason.images import Photo
from facereason.types import HeadPose
from tests.faces import portraits
from tests.faces.portraits import portrait


def test_angles_and_matrices_turn_into_each_other() -> None:
    for angles in itertools.product((-170, -60, 0, 25, 110), (-80, -10, 0, 45), (-150, -20, 0, 70, 179)):
        matrix = pose.matrix(*angles)
        assert matrix @ matrix.T == pytest.approx(np.eye(3), abs=1e-12)
        assert np.linalg.det(matrix) == pytest.approx(1)
        assert pose.angles(matrix) == pytest.approx(angles, abs=1e-6)


def test_angles_have_the_signs_of_the_conventions() -> None:
    """Axes: x to the image's right, y down, z to the viewer; a face looks along its third axis."""
    assert pose.matrix(30, 0, 0)[0, 2] > 0  # looks to the image's right
    assert pose.matrix(0, 30, 0)[1, 2] < 0  # looks up
    assert pose.matrix(0, 0, 30)[1, 0] > 0  # its right side as seen goes down: clockwise


def of(instrument: Instrument, pixels: npt.NDArray[np.uint8]) -> HeadPose:
    (person,) = instrument.look(Photo(pixels=pixels, name="portrait")).people
    return person.face.pose


def test_the_portrait_faces_the_camera(instrument: Instrument) -> None:
    found = of(instrument, portrait())
    assert abs(found.yaw) < 10
    assert abs(found.pitch) < 12
    assert abs(found.roll) < 8
    assert found.confidence > 0.7


def test_mirroring_turns_yaw_and_roll_about_and_leaves_pitch(instrument: Instrument) -> None:
    upright, mirrored = of(instrument, portrait()), of(instrument, portraits.mirrored(portrait()))
    assert mirrored.yaw == pytest.approx(-upright.yaw, abs=4)
    assert mirrored.roll == pytest.approx(-upright.roll, abs=4)
    assert mirrored.pitch == pytest.approx(upright.pitch, abs=4)


@pytest.mark.parametrize("degrees", [-20, 20])
def test_turning_the_photo_turns_the_head(instrument: Instrument, degrees: int) -> None:
    turned = of(instrument, portraits.turned_clockwise(portrait(), degrees))
    assert turned.roll - of(instrument, portrait()).roll == pytest.approx(degrees, abs=6)
