"""Rotations of head-pose data sets in our axes and signs.

Ours (docs/conventions.md): x to the right of the image, y down, z to the viewer; R = Ry(yaw) Rx(pitch) Rz(roll); yaw >
0 faces the image's right, pitch > 0 up, roll > 0 tilts clockwise as seen in the image.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facereason.data.records import Pose

Matrix = npt.NDArray[np.float64]
_UPSIDE = np.diag([1.0, -1.0, 1.0])
_DEPTH = np.diag([1.0, 1.0, -1.0])


def pose(rotation: Matrix) -> Pose:
    """Yaw, pitch and roll in degrees of a rotation `(3, 3)` in our axes. ValueError where it is none."""
    if rotation.shape != (3, 3) or not np.allclose(rotation @ rotation.T, np.eye(3), atol=0.02):
        raise ValueError("the rotation is no rotation matrix")
    forward = rotation[:, 2]
    yaw, pitch = math.atan2(forward[0], forward[2]), math.asin(float(np.clip(-forward[1], -1, 1)))
    level = _about_y(yaw) @ _about_x(pitch)
    first = level.T @ rotation[:, 0]
    return Pose(*(math.degrees(angle) for angle in (yaw, pitch, math.atan2(first[1], first[0]))))


def from_3dmm(pitch: float, yaw: float, roll: float) -> Pose:
    """`Pose_Para` of 300W-LP and AFLW2000-3D, radians.

    Their rotation is Rx Ry Rz in axes with y up (Zhu et al. 2016): `draw_axis` of deep-head-pose and 6DRepNet, which
    draw it onto the images, point the face to the image's left for yaw > 0, up for pitch > 0, and the ear line down to
    the right for roll > 0. So yaw alone changes its sign; together the order of the turns matters, and the matrix is
    converted.
    """
    turned = _about_x(-pitch) @ _about_y(-yaw) @ _about_z(-roll)
    return pose(_UPSIDE @ turned @ _UPSIDE)


def from_camera(rotation: Matrix) -> Pose:
    """A rotation `(3, 3)` in camera axes, x right, y down, z away from the camera, of a head that faces the camera at
    the identity: BIWI's pose files, as deep-head-pose reads them. Relative to the camera's axis, not to the line of
    sight to the head; BIWI's heads are near that axis, and results on it are published so."""
    return pose(_DEPTH @ rotation @ _DEPTH)


def from_mebow(degrees: float) -> float:
    """MEBOW's body orientation, 0 to 355 in steps of 5, by our convention, (-180, 180].

    Its `draw_orientation` draws 0 upwards and 90 to the left. Taken as seen from above with the camera below, that is:
    0 away from the camera, 90 to the image's left, 180 to the camera. Its flipped images get the negative angle.
    """
    if not 0 <= degrees < 360:
        raise ValueError(f"a body orientation of {degrees}: it runs from 0 to 355")
    return 180.0 - (-degrees % 360.0)


def _about_x(angle: float) -> Matrix:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_y(angle: float) -> Matrix:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def _about_z(angle: float) -> Matrix:
    c, s = math.cos(angle), math.sin(angle)
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
