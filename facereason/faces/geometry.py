"""Where things of a face lie and how they turn: the 68 landmarks, the slots of action units, rotations in 6D, and what
becomes of each when the image is turned, scaled, shifted or mirrored.

Rotations are in image axes (x right, y down, z to the viewer), as in `pose`. The 68 landmarks are those of iBUG 300-W
(Sagonas et al. 2013) in the three-dimensional sense of 300W-LP: hidden ones lie where they are, not on the outline.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason import facs
from facereason.facs import Side
from facereason.types import Box

FloatArray = npt.NDArray[np.float64]

SIDED = (12, 14)
"""Units that are read on either side: alone on one side they make a smirk, contempt's sign."""

SLOTS: tuple[tuple[int, Side | None], ...] = tuple(
    (number, side) for number in facs.UNITS for side in ((Side.LEFT, Side.RIGHT) if number in SIDED else (None,))
)
"""What the reader's unit heads are about, in their order; no side: the stronger of both."""

MIRRORED_SLOTS: tuple[int, ...] = tuple(
    SLOTS.index((number, {Side.LEFT: Side.RIGHT, Side.RIGHT: Side.LEFT}[side])) if side else i
    for i, (number, side) in enumerate(SLOTS)
)
"""Which slot of a face each slot of its mirror image is."""

LANDMARKS = 68
MIRRORED_LANDMARKS: tuple[int, ...] = (
    *range(16, -1, -1),  # jaw
    *range(26, 16, -1),  # brows
    *range(27, 31),  # bridge of the nose
    *range(35, 30, -1),  # its wings
    *(45, 44, 43, 42, 47, 46),  # right eye, as seen in the image, from the left one's
    *(39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),  # outer lips
    *(64, 63, 62, 61, 60, 67, 66, 65),  # inner lips
)

HEAD_ROOM = 1.2
"""The side of a head's square crop, in longer sides of its box."""


def slot_name(slot: int) -> str:
    """As in "AU4" or, of one side, "L12"."""
    number, side = SLOTS[slot]
    return f"AU{number}" if side is None else f"{side.value[0].upper()}{number}"


def units_of(slots: npt.ArrayLike) -> FloatArray:
    """Values of the 23 units `(..., 23)` from values of the 25 slots `(..., 25)`: the stronger of both sides."""
    values = np.asarray(slots, np.float64)
    numbers = [number for number, _ in SLOTS]
    return np.stack(
        [values[..., [i for i, n in enumerate(numbers) if n == unit]].max(axis=-1) for unit in facs.UNITS], axis=-1
    )


def slot_levels(told: Iterable[Mapping[str, Any]]) -> FloatArray:
    """Intensities `(25,)` of the slots, from units as the studio's data sets tell them: `unit`, `left`, `right`."""
    levels: dict[tuple[int, Side | None], float] = {}
    for unit in told:
        for key, value in (
            ((unit["unit"], Side.LEFT), unit["left"]),
            ((unit["unit"], Side.RIGHT), unit["right"]),
            ((unit["unit"], None), max(unit["left"], unit["right"])),
        ):
            levels[key] = max(levels.get(key, 0.0), value)
    return np.array([levels.get(slot, 0.0) for slot in SLOTS])


def head_points(box: Box, template: FloatArray, size: float) -> FloatArray:
    """Where the five points of the crop's template `(5, 2)`, made for crops of `size` pixels, lie when the crop is the
    upright square around a head's box."""
    side = max(box.width, box.height) * HEAD_ROOM
    return np.asarray((template / size - 0.5) * side + box.centre, np.float64)


def upright(forward: FloatArray) -> FloatArray:
    """The rotation `(3, 3)` that brings directions in a crop back to the photo's axes, for the similarity `(2, 3)` that
    brought the photo's pixels to the crop's."""
    linear = forward[:, :2]
    out = np.eye(3)
    out[:2, :2] = (linear / np.hypot(linear[0, 0], linear[1, 0])).T
    return out


def direction(yaw: float, pitch: float) -> FloatArray:
    """The unit vector `(3,)` of a look to yaw and pitch in degrees."""
    y, p = np.radians([yaw, pitch])
    return np.array([np.sin(y) * np.cos(p), -np.sin(p), np.cos(y) * np.cos(p)])


def yaw_pitch(look: npt.ArrayLike) -> tuple[float, float]:
    """Yaw and pitch in degrees of a direction `(3,)` of any length."""
    x, y, z = np.asarray(look, np.float64) / np.linalg.norm(look)
    return float(np.degrees(np.arctan2(x, z))), float(np.degrees(np.arcsin(np.clip(-y, -1, 1))))


def rotation_of(six: npt.ArrayLike) -> FloatArray:
    """The rotations `(..., 3, 3)` that 6D vectors `(..., 6)` stand for: two columns, made orthonormal by Gram and
    Schmidt (Zhou et al. 2019, "On the continuity of rotation representations")."""
    values = np.asarray(six, np.float64)
    first = values[..., :3] / np.linalg.norm(values[..., :3], axis=-1, keepdims=True)
    second = values[..., 3:] - (first * values[..., 3:]).sum(-1, keepdims=True) * first
    second /= np.linalg.norm(second, axis=-1, keepdims=True)
    return np.stack([first, second, np.cross(first, second)], axis=-1)


def geodesic(a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray:
    """Degrees between rotations `(..., 3, 3)`."""
    trace = np.einsum("...ij,...ij->...", np.asarray(a, np.float64), np.asarray(b, np.float64))
    return np.asarray(np.degrees(np.arccos(np.clip((trace - 1) / 2, -1, 1))), np.float64)
