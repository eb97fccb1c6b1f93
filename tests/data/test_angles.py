"""Rotations of other conventions, held against ours and against what their authors draw."""

from __future__ import annotations

import numpy as np
import pytest

from facereason.data import angles
from facereason.faces import pose


@pytest.mark.parametrize("turn", [(0, 0, 0), (30, -20, 10), (-80, 15, -40), (150, 40, 20), (-179, -60, 5)])
def test_angles_are_those_of_the_instrument(turn: tuple[float, float, float]) -> None:
    found = angles.pose(pose.matrix(*turn))
    assert (found.yaw, found.pitch, found.roll) == pytest.approx(turn)


@pytest.mark.parametrize("turn", [(0.2, 0.5, -0.3), (-0.4, -1.2, 0.6), (0.1, 1.4, 0.2)])
def test_300w_lp_points_where_its_authors_draw_it(turn: tuple[float, float, float]) -> None:
    """The axes as deep-head-pose's `draw_axis` projects them onto the image, x right and y down: a formula of its own,
    not the matrix that is converted here."""
    pitch, yaw, roll = turn[0], -turn[1], turn[2]
    cos, sin = np.cos, np.sin
    drawn = [
        (cos(yaw) * cos(roll), cos(pitch) * sin(roll) + cos(roll) * sin(pitch) * sin(yaw)),
        (-cos(yaw) * sin(roll), cos(pitch) * cos(roll) - sin(pitch) * sin(yaw) * sin(roll)),
        (sin(yaw), -cos(yaw) * sin(pitch)),
    ]
    found = angles.from_3dmm(*turn)
    rotation = pose.matrix(found.yaw, found.pitch, found.roll)
    assert pytest.approx(np.array(drawn)) == rotation[:2].T


@pytest.mark.parametrize("turn", [(0.2, 0.5, -0.3), (-0.4, -0.9, 0.6)])
def test_biwi_has_the_angles_that_its_readers_publish(turn: tuple[float, float, float]) -> None:
    """deep-head-pose takes angles by 300W-LP's signs from the transposed matrix; both ways lead to one pose."""
    pitch, yaw, roll = turn
    (cx, cy, cz), (sx, sy, sz) = np.cos([pitch, -yaw, -roll]), np.sin([pitch, -yaw, -roll])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])
    transposed = about_z @ about_y @ about_x
    published = (
        np.arctan2(transposed[2, 1], transposed[2, 2]),
        -np.arctan2(-transposed[2, 0], np.hypot(transposed[2, 1], transposed[2, 2])),
        -np.arctan2(transposed[1, 0], transposed[0, 0]),
    )
    assert published == pytest.approx(turn)
    ours, theirs = angles.from_camera(transposed.T), angles.from_3dmm(*turn)
    assert (ours.yaw, ours.pitch, ours.roll) == pytest.approx((theirs.yaw, theirs.pitch, theirs.roll))


def test_what_is_no_rotation_is_refused() -> None:
    with pytest.raises(ValueError, match="no rotation matrix"):
        angles.pose(2 * np.eye(3))
    with pytest.raises(ValueError, match="a body orientation of 360"):
        angles.from_mebow(360)
