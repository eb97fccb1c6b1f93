"""Where in a face each action unit shows: masks by the 68 landmarks.

Regions follow the appearance changes of the FACS manual (Ekman, Friesen and Hager 2002): of unit 4 brows and glabella,
of unit 6 cheeks and the outer corners of the eyes, of unit 12 the corners of the mouth with the folds beside them. They
are drawn generously: a unit moves skin around the place that it is named by. Landmarks are those of iBUG 300-W.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from numpy.typing import NDArray

Mask = npt.NDArray[np.bool_]

JAW, BROW_RIGHT, BROW_LEFT = range(17), range(17, 22), range(22, 27)
NOSE, NOSTRILS = range(27, 31), range(31, 36)
EYE_RIGHT, EYE_LEFT = range(36, 42), range(42, 48)
MOUTH = range(48, 60)

NAMES: dict[str, tuple[int, ...]] = {
    "inner brows": (1,),
    "outer brows": (2,),
    "brows and glabella": (4,),
    "upper lids": (5, 43),
    "cheeks and eye corners": (6,),
    "lids": (7,),
    "nose": (9,),
    "upper lip": (10,),
    "mouth corners": (12, 14, 15, 20),
    "lower lip and chin": (16, 17),
    "lips": (18, 22, 23, 24, 25, 28),
    "mouth and jaw": (26, 27),
}
"""Regions with the units that show there."""


def names_of(units: Sequence[int]) -> list[str]:
    """Names of the regions where these units show, in the order of `NAMES`."""
    return [name for name, numbers in NAMES.items() if set(numbers) & set(units)]


def mask(name: str, landmarks: npt.ArrayLike, size: tuple[int, int]) -> Mask:
    """`(height, width)` of one region of `NAMES`. `landmarks`: (68, 2), x and y in pixels; `size`: width and height.

    KeyError for a name that is none."""
    points = np.asarray(landmarks, np.float64)
    unit = float(np.linalg.norm(points[EYE_LEFT].mean(axis=0) - points[EYE_RIGHT].mean(axis=0))) or 1.0
    up = _up(points)
    shapes = _SHAPES[name](points, unit, up)
    return _filled(shapes, size, 0.08 * unit)


def masks_of(units: Sequence[int], landmarks: npt.ArrayLike, size: tuple[int, int]) -> Mask:
    """The regions of all these units together; empty for none."""
    found = np.zeros((size[1], size[0]), bool)
    for name in names_of(units):
        found |= mask(name, landmarks, size)
    return found


def _up(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Unit vector from the mouth to the eyes."""
    way = points[36:48].mean(axis=0) - points[MOUTH].mean(axis=0)
    return np.asarray(way / (np.linalg.norm(way) or 1.0), np.float64)


_Shapes = list["NDArray[np.float64]"]


def _band(line: NDArray[np.float64], above: NDArray[np.float64], below: NDArray[np.float64]) -> NDArray[np.float64]:
    """The polygon around a line, so far above and below it."""
    return np.concatenate([line + above, (line + below)[::-1]])


def _inner_brows(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_band(p[[19, 20, 21]], 0.3 * u * up, -0.08 * u * up), _band(p[[22, 23, 24]], 0.3 * u * up, -0.08 * u * up),
            _band(p[[21, 22]], 0.3 * u * up, 0.05 * u * up)]  # fmt: skip


def _outer_brows(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [
        _band(p[[17, 18, 19]], 0.28 * u * up, -0.12 * u * up),
        _band(p[[24, 25, 26]], 0.28 * u * up, -0.12 * u * up),
    ]


def _brows(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_band(p[17:27], 0.14 * u * up, -0.1 * u * up), _hull(p[[20, 21, 22, 23, 27]])]


def _lids(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_grown(p[EYE_RIGHT], 0.14 * u), _grown(p[EYE_LEFT], 0.14 * u)]


def _upper_lids(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [
        _band(p[[36, 37, 38, 39]], 0.2 * u * up, -0.05 * u * up),
        _band(p[[42, 43, 44, 45]], 0.2 * u * up, -0.05 * u * up),
    ]


def _cheeks(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    out = (p[36] - p[45]) / (np.linalg.norm(p[36] - p[45]) or 1.0)
    right = np.array([p[39] - 0.12 * u * up, p[36] + 0.25 * u * out, p[2], p[48] + 0.3 * u * up, p[31]])
    left = np.array([p[42] - 0.12 * u * up, p[45] - 0.25 * u * out, p[14], p[54] + 0.3 * u * up, p[35]])
    return [_hull(right), _hull(left)]


def _nose(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_hull(np.concatenate([p[[39, 42]], p[NOSE], p[NOSTRILS]]))]


def _upper_lip(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_hull(np.concatenate([p[NOSTRILS], p[[48, 50, 51, 52, 54]]]))]


def _corners(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_disc(p[48], 0.26 * u), _disc(p[54], 0.26 * u)]


def _chin(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_hull(np.concatenate([p[[48, 59, 58, 57, 56, 55, 54]], p[6:11]]))]


def _lips(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_grown(p[MOUTH], 0.1 * u)]


def _jaw(p: NDArray[np.float64], u: float, up: NDArray[np.float64]) -> _Shapes:
    return [_hull(np.concatenate([p[MOUTH], p[5:12]]))]


_SHAPES = {
    "inner brows": _inner_brows,
    "outer brows": _outer_brows,
    "brows and glabella": _brows,
    "upper lids": _upper_lids,
    "cheeks and eye corners": _cheeks,
    "lids": _lids,
    "nose": _nose,
    "upper lip": _upper_lip,
    "mouth corners": _corners,
    "lower lip and chin": _chin,
    "lips": _lips,
    "mouth and jaw": _jaw,
}


def _hull(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """The convex hull, in order (Andrew's monotone chain)."""
    ordered = sorted(map(tuple, points))

    def half(sequence: Sequence[tuple[float, ...]]) -> list[tuple[float, ...]]:
        chain: list[tuple[float, ...]] = []
        for x, y in sequence:
            while len(chain) > 1:
                (ax, ay), (bx, by) = chain[-2], chain[-1]
                if (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0:
                    break
                chain.pop()
            chain.append((x, y))
        return chain

    lower, upper = half(ordered), half(ordered[::-1])
    return np.array([*lower[:-1], *upper[:-1]])


def _grown(points: NDArray[np.float64], by: float) -> NDArray[np.float64]:
    """The hull, each corner moved away from the middle."""
    hull = _hull(points)
    away = hull - hull.mean(axis=0)
    length = np.linalg.norm(away, axis=1, keepdims=True)
    return np.asarray(hull + away / np.maximum(length, 1e-6) * by, np.float64)


def _disc(centre: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    turn = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    return np.asarray(centre + radius * np.stack([np.cos(turn), np.sin(turn)], axis=1), np.float64)


def _filled(shapes: _Shapes, size: tuple[int, int], width: float) -> Mask:
    from PIL import Image, ImageDraw

    image = Image.new("1", size)
    pen = ImageDraw.Draw(image)
    for shape in shapes:
        corners = [(float(x), float(y)) for x, y in shape]
        pen.polygon(corners, fill=1, outline=1, width=max(1, round(width)))
    return np.asarray(image, bool)
