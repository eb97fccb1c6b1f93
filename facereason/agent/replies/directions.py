"""Whether a head or a pair of eyes is turned as a text says: which angles bear it out, and which speak against it.

Between the two lies what is neither: people call ten degrees "slightly turned" or nothing. A bare "left" may be the
photo's or the person's own, so only a head that faces the camera speaks against it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Angles = tuple[float, float, float]
"""Yaw, pitch and roll in degrees, by the signs of `types.HeadPose`."""

GAZE_SLACK = 10.0  # degrees: gaze is read with a mean error of 9 on renders, the head's yaw with one of 2


def holds(value: str, angles: Angles) -> bool:
    """Whether a head at `angles` is turned as `value` says: "camera", "left", "image left", "own left", "up", "down",
    "away", "profile", "tilted" or "upright"."""
    return _WAYS[value].holds(*angles)


def fails(value: str, angles: Angles, slack: float = 0.0) -> bool:
    """Whether `angles` speak against it, with `slack` degrees to spare."""
    return _WAYS[value].against(*angles) > slack


@dataclass(frozen=True, slots=True)
class _Way:
    """`against`: by how many degrees angles lie beyond what still may be called so; below 0 they may."""

    holds: Callable[[float, float, float], bool]
    against: Callable[[float, float, float], float]


def _off_camera(yaw: float, pitch: float, roll: float) -> float:
    return max(abs(yaw) - 30, abs(pitch) - 30)


_WAYS = {
    "camera": _Way(lambda y, p, r: abs(y) <= 15 and abs(p) <= 20, _off_camera),
    "left": _Way(lambda y, p, r: y <= -10, lambda y, p, r: 4 - abs(y)),
    "right": _Way(lambda y, p, r: y >= 10, lambda y, p, r: 4 - abs(y)),
    "image left": _Way(lambda y, p, r: y <= -10, lambda y, p, r: y - 2),
    "image right": _Way(lambda y, p, r: y >= 10, lambda y, p, r: -y - 2),
    "own left": _Way(lambda y, p, r: y >= 10, lambda y, p, r: -y - 2),
    "own right": _Way(lambda y, p, r: y <= -10, lambda y, p, r: y - 2),
    "up": _Way(lambda y, p, r: p >= 8, lambda y, p, r: -4 - p),
    "down": _Way(lambda y, p, r: p <= -8, lambda y, p, r: p - 4),
    "away": _Way(lambda y, p, r: abs(y) >= 20 or abs(p) >= 20, lambda y, p, r: 7 - max(abs(y), abs(p))),
    "profile": _Way(lambda y, p, r: abs(y) >= 50, lambda y, p, r: 30 - abs(y)),
    "tilted": _Way(lambda y, p, r: abs(r) >= 8, lambda y, p, r: 3 - abs(r)),
    "upright": _Way(lambda y, p, r: abs(r) <= 8 and abs(p) <= 12, lambda y, p, r: max(abs(r) - 20, abs(p) - 25)),
}
