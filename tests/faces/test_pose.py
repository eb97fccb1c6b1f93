"""Head pose: the angles, what is recovered of a known head, and its signs on the portrait."""

from __future__ import annotations

import itertools

import numpy as np
import numpy.typing as npt
import pytest

from facereason.faces import pose
from facereason.faces.detect import Detector
from facereason.types import HeadPose
from tests.faces import portraits
from tests.faces.portraits import portrait

# A face seen from straight ahead: eyes, nose tip, mouth corners.
AHEAD = np.array([[-31.0, 0.0], [31.0, 0.0], [0.0, 29.7], [-25.3, 57.4], [25.3, 57.4]])


def turned_head(yaw: float, pitch: float, roll: float, scale: float = 2.5) -> npt.NDArray[np.float64]:
    """The five points of the average head at these angles, as a far camera sees them."""
    return (pose.matrix(yaw, pitch, roll) @ pose._FACE.T).T[:, :2] * scale + [400.0, 300.0]


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


@pytest.mark.parametrize("yaw", [-45, -15, 0, 30])
@pytest.mark.parametrize("pitch", [-25, 0, 20])
@pytest.mark.parametrize("roll", [-40, 0, 60])
def test_the_angles_of_a_known_head_are_recovered(yaw: float, pitch: float, roll: float) -> None:
    for scale in (0.2, 10.0):
        found = pose.from_points(turned_head(yaw, pitch, roll, scale))
        assert (found.yaw, found.pitch, found.roll) == pytest.approx((yaw, pitch, roll), abs=0.01)
        assert found.confidence > 0.99


@pytest.mark.parametrize(
    ("moved", "angle", "sign"),
    [
        ([0, 0, [12, 0], 0, 0], "yaw", 1),
        ([0, 0, [-12, 0], 0, 0], "yaw", -1),
        ([0, 0, [0, -8], 0, 0], "pitch", 1),
        ([0, 0, [0, 8], 0, 0], "pitch", -1),
        ([[0, -6], [0, 6], [-3, 0], [-6, -5], [-6, 5]], "roll", 1),
        ([[0, 6], [0, -6], [3, 0], [6, 5], [6, -5]], "roll", -1),
    ],
    ids=["nose right", "nose left", "nose up", "nose down", "clockwise", "counter-clockwise"],
)
def test_points_drawn_by_hand_have_the_signs_of_the_conventions(moved: list[object], angle: str, sign: int) -> None:
    points = AHEAD.copy()
    for i, shift in enumerate(moved):
        points[i] += shift
    assert sign * getattr(pose.from_points(points), angle) > 5


def test_points_that_are_no_face_have_no_confidence() -> None:
    found = pose.from_points(np.random.default_rng(3).uniform(0, 100, (5, 2)))
    assert found.confidence < 0.2
    assert pose.from_points(AHEAD + np.array([5.0, 5.0])).confidence > 0.85


def of(detector: Detector, pixels: npt.NDArray[np.uint8]) -> HeadPose:
    (face,) = detector.detect(pixels)
    return pose.from_points(face.points)


def test_the_portrait_faces_the_camera(detector: Detector) -> None:
    found = of(detector, portrait())
    assert abs(found.yaw) < 10
    assert abs(found.pitch) < 12
    assert abs(found.roll) < 8
    assert found.confidence > 0.7


def test_mirroring_turns_yaw_and_roll_about_and_leaves_pitch(detector: Detector) -> None:
    upright, mirrored = of(detector, portrait()), of(detector, portraits.mirrored(portrait()))
    assert mirrored.yaw == pytest.approx(-upright.yaw, abs=4)
    assert mirrored.roll == pytest.approx(-upright.roll, abs=4)
    assert mirrored.pitch == pytest.approx(upright.pitch, abs=4)
    points = turned_head(24, -9, 13)
    one, other = pose.from_points(points), pose.from_points(portraits.mirrored_points(points, 900))
    assert (other.yaw, other.pitch, other.roll) == pytest.approx((-one.yaw, one.pitch, -one.roll))


@pytest.mark.parametrize("degrees", [-20, 20])
def test_turning_the_photo_turns_the_head(detector: Detector, degrees: int) -> None:
    turned = of(detector, portraits.turned_clockwise(portrait(), degrees))
    assert turned.roll - of(detector, portrait()).roll == pytest.approx(degrees, abs=6)
