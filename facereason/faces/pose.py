"""Rotations in image axes as yaw, pitch and roll, and back."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt


def angles(rotation: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """yaw, pitch, roll in degrees of a rotation (3, 3) in image axes (x right, y down, z to the viewer), by the signs
    of `types.HeadPose`: R = Ry(yaw) Rx(pitch) Rz(roll)."""
    forward = rotation[:, 2]
    pitch = math.asin(float(np.clip(-forward[1], -1, 1)))
    yaw = math.atan2(float(forward[0]), float(forward[2]))
    unturned = matrix(math.degrees(yaw), math.degrees(pitch), 0.0).T @ rotation
    roll = math.atan2(float(unturned[1, 0]), float(unturned[0, 0]))
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def matrix(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float64]:
    """The rotation (3, 3) of these angles in degrees; the inverse of `angles`."""
    (cy, cp, cr), (sy, sp, sr) = ([f(math.radians(a)) for a in (yaw, pitch, roll)] for f in (math.cos, math.sin))
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(turn @ nod @ tilt, np.float64)
