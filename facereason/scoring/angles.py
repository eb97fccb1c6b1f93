"""Angles told in a reply against the true ones: how a head is turned, and which way a body faces.

By the signs of `types.HeadPose`: R = Ry(yaw) Rx(pitch) Rz(roll) in axes x right, y down, z to the viewer. Replies are
read strictly: exactly the form that the prompt asks for, or nothing.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

AXES = ("yaw", "pitch", "roll")
Matrix = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Turn:
    """Degrees: yaw and roll in [-180, 180], pitch in [-90, 90]."""

    yaw: float
    pitch: float
    roll: float

    def __str__(self) -> str:
        return f"yaw={plain_degrees(self.yaw)} pitch={plain_degrees(self.pitch)} roll={plain_degrees(self.roll)}"

    @property
    def matrix(self) -> Matrix:
        """The rotation `(3, 3)`."""
        (cy, cp, cr), (sy, sp, sr) = (
            [f(math.radians(angle)) for angle in (self.yaw, self.pitch, self.roll)] for f in (math.cos, math.sin)
        )
        return np.array(  # Ry Rx Rz, multiplied out, which is faster
            [
                [cy * cr + sy * sp * sr, sy * sp * cr - cy * sr, sy * cp],
                [cp * sr, cp * cr, -sp],
                [cy * sp * sr - sy * cr, sy * sr + cy * sp * cr, cy * cp],
            ]
        )


def plain_degrees(angle: float) -> str:
    """An angle as it is written, to four digits behind the point.

    >>> plain_degrees(-0.0), plain_degrees(-123.45678)
    ('0', '-123.4568')
    """
    return f"{round(angle, 4) + 0.0:.10g}"


def read_turn(text: str) -> Turn | None:
    """The angles of a text that is exactly `yaw=N pitch=N roll=N`, whatever its case, blanks and commas between; None
    for any other, and for angles outside their range.

    >>> read_turn("Yaw=-30, pitch=5 roll=0")
    Turn(yaw=-30.0, pitch=5.0, roll=0.0)
    >>> read_turn("yaw=-30") is None, read_turn("yaw=0 pitch=120 roll=0") is None
    (True, True)
    """
    match = _TURN.fullmatch(text.replace("−", "-"))
    if match is None:
        return None
    yaw, pitch, roll = (float(number) for number in match.groups())
    return Turn(yaw, pitch, roll) if abs(yaw) <= 180 and abs(pitch) <= 90 and abs(roll) <= 180 else None


def read_facing(text: str) -> float | None:
    """The degrees of a text that is exactly `facing=N`, from -180 to 360; None for any other.

    >>> read_facing("facing=-90"), read_facing("about 90") is None
    (-90.0, True)
    """
    match = _FACING.fullmatch(text.replace("−", "-"))
    degrees = float(match[1]) if match else math.nan
    return degrees if -180 <= degrees <= 360 else None


def apart(said: float, true: float) -> float:
    """Degrees between two directions, the shorter way round, in [0, 180].

    >>> apart(-175, 175)
    10.0
    """
    return abs((float(said) - true + 180) % 360 - 180)


def geodesic(a: Matrix, b: Matrix) -> float:
    """Degrees of the turn that takes one rotation `(3, 3)` to the other, in [0, 180]; by sine and cosine, so that it is
    exact near 0 and 180, where the arc cosine of the trace is not."""
    (xx, xy, xz), (yx, yy, yz), (zx, zy, zz) = (a @ b.T).tolist()
    sine = math.hypot(zy - yz, xz - zx, yx - xy) / 2
    return math.degrees(math.atan2(sine, (xx + yy + zz - 1) / 2))


def turn_errors(said: Turn, true: Turn) -> dict[str, float]:
    """Degrees by which each angle is off, the shorter way round, and the geodesic error of the rotation."""
    off = {axis: apart(getattr(said, axis), getattr(true, axis)) for axis in AXES}
    return off | {"geodesic": geodesic(said.matrix, true.matrix)}


_N = r"([-+]?\d{1,3}(?:\.\d+)?)"
_TURN = re.compile(rf"\s*yaw\s*=\s*{_N}[\s,;]+pitch\s*=\s*{_N}[\s,;]+roll\s*=\s*{_N}\s*", re.IGNORECASE)
_FACING = re.compile(rf"\s*facing\s*=\s*{_N}\s*", re.IGNORECASE)
