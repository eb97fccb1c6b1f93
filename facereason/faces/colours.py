"""Hair and upper-clothing colour by name, with how much of the looked-at area has it.

Both areas are found from the face box alone, so a hat, a scarf or a background may lie in them: where no name clearly
wins, or the area looks like the skin of the face, the reading is unknown.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facereason.types import Box, Colour, Reading

if TYPE_CHECKING:
    from facereason.images import Pixels

FloatArray = npt.NDArray[np.float32]
CLEAR = 0.4  # share of the area that its main colour needs
FEWEST = 24  # pixels to judge by
SKIN_APART = 16.0  # difference from this face's skin under which a pixel passes for skin
ALIKE = 20.0  # difference from the main colour under which a pixel belongs to it
SKIN_HUE = 13.0  # degrees
SHADE = 0.45  # weight of lightness in both differences: folds and shadows change lightness most

_NAMES = tuple(Colour)
_HAIR = frozenset({Colour.BLACK, Colour.GREY, Colour.WHITE, Colour.BROWN, Colour.BLOND, Colour.RED})


def hair(pixels: Pixels, face: Box, roll: float = 0.0) -> Reading[Colour]:
    """Colour of the hair: read in a band over the forehead and beside it, less what looks like the face's skin.
    `roll`: of the head, degrees, so that the band is sought where the crown is."""
    x, y, w, h = face.x, face.y, face.width, face.height
    areas = [Box(x + 0.18 * w, y - 0.22 * h, 0.64 * w, 0.24 * h), Box(x - 0.04 * w, y - 0.08 * h, 0.14 * w, 0.3 * h)]
    areas.append(Box(x + 0.90 * w, y - 0.08 * h, 0.14 * w, 0.3 * h))
    return _read(pixels, [_turned(area, face, roll) for area in areas], face, hair=True)


def clothing(pixels: Pixels, face: Box) -> Reading[Colour]:
    """Colour of the upper clothing: read on the chest, below the chin, less what looks like the face's skin."""
    x, y, w, h = face.x, face.y, face.width, face.height
    return _read(pixels, [Box(x - 0.5 * w, y + 1.35 * h, 2.0 * w, 1.2 * h)], face, hair=False)


def _turned(area: Box, face: Box, roll: float) -> Box:
    """The area moved around the middle of the face, by the head's roll in degrees clockwise."""
    (cx, cy), (ax, ay) = face.centre, area.centre
    cos, sin = math.cos(math.radians(roll)), math.sin(math.radians(roll))
    x, y = cx + cos * (ax - cx) - sin * (ay - cy), cy + sin * (ax - cx) + cos * (ay - cy)
    return Box(x - area.width / 2, y - area.height / 2, area.width, area.height)


def _read(pixels: Pixels, areas: list[Box], face: Box, *, hair: bool) -> Reading[Colour]:
    if sum(_visible(pixels, area) for area in areas) < 0.35 * sum(area.area for area in areas):
        return _unknown("outside the photo")
    lab = to_lab(np.concatenate([_patch(pixels, area) for area in areas]))
    skin = _skin(pixels, face)
    kept = lab[_apart(lab, skin) > SKIN_APART]
    if not hair:  # a neck in shadow or sun: the skin's hue, at any lightness
        kept = kept[~_same_hue(kept, skin)]
    if len(kept) < max(FEWEST, 0.2 * len(lab)):
        return _unknown("hidden, or the colour of the skin")
    main = kept[_apart(kept, _mode(kept)) < ALIKE]
    colour = _NAMES[int(name(np.median(main, axis=0)[None], hair=hair)[0])]
    share = len(main) / len(kept)
    if share < CLEAR:
        return _unknown("several colours", share)
    if hair and colour not in _HAIR:
        return _unknown(f"{colour.value}: a hat, dyed, or background", share)
    return Reading(value=colour, confidence=share)


def _apart(lab: FloatArray, other: FloatArray) -> FloatArray:
    """Difference of Lab values `(n, 3)` from one other, lightness counted less: shading is no other colour."""
    return np.asarray(np.linalg.norm((lab - other) * [SHADE, 1.0, 1.0], axis=1), np.float32)


def _same_hue(lab: FloatArray, skin: FloatArray) -> npt.NDArray[np.bool_]:
    hue, of_skin = np.arctan2(lab[:, 2], lab[:, 1]), np.arctan2(skin[2], skin[1])
    apart = np.abs((hue - of_skin + np.pi) % (2 * np.pi) - np.pi)
    chroma = np.hypot(lab[:, 1], lab[:, 2]) / max(1.0, float(np.hypot(skin[1], skin[2])))
    return np.asarray((apart < math.radians(SKIN_HUE)) & (chroma > 0.5) & (chroma < 2.6))


def _mode(lab: FloatArray) -> FloatArray:
    """The colour that most pixels are near: the median of the fullest cell of a coarse grid."""
    cells = np.floor(lab / [16.0, 10.0, 10.0]).astype(np.int64)
    _, which, counts = np.unique(cells, axis=0, return_inverse=True, return_counts=True)
    return np.asarray(np.median(lab[which.ravel() == counts.argmax()], axis=0), np.float32)


def _unknown(why: str, share: float = 0.0) -> Reading[Colour]:
    return Reading(value=None, confidence=share, unknown_because=why)


def _clip(pixels: Pixels, area: Box) -> tuple[int, int, int, int]:
    height, width = pixels.shape[:2]
    left, right = (int(np.clip(v, 0, width)) for v in (area.x, area.right))
    top, bottom = (int(np.clip(v, 0, height)) for v in (area.y, area.bottom))
    return left, top, right, bottom


def _visible(pixels: Pixels, area: Box) -> float:
    left, top, right, bottom = _clip(pixels, area)
    return float((right - left) * (bottom - top))


def _patch(pixels: Pixels, area: Box) -> FloatArray:
    left, top, right, bottom = _clip(pixels, area)
    step = max(1, int(((right - left) * (bottom - top)) ** 0.5) // 40)  # some 1,600 pixels tell as much as all
    return pixels[top:bottom:step, left:right:step].reshape(-1, 3).astype(np.float32)


def _skin(pixels: Pixels, face: Box) -> FloatArray:
    """Lab of the face's skin: the median of the cheeks and nose."""
    middle = Box(face.x + 0.25 * face.width, face.y + 0.45 * face.height, 0.5 * face.width, 0.2 * face.height)
    patch = _patch(pixels, middle)
    return np.median(to_lab(patch), axis=0).astype(np.float32) if len(patch) else np.zeros(3, np.float32)


def to_lab(rgb: FloatArray) -> FloatArray:
    """CIE L*a*b* (D65) of sRGB values `(n, 3)` in 0..255."""
    linear = np.where(rgb > 10.31475, ((rgb / 255 + 0.055) / 1.055) ** 2.4, rgb / 255 / 12.92)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    xyz = linear @ to_xyz.T / [0.95047, 1.0, 1.08883]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.stack([116 * f[:, 1] - 16, 500 * (f[:, 0] - f[:, 1]), 200 * (f[:, 1] - f[:, 2])], axis=1).astype(
        np.float32
    )


def name(lab: FloatArray, *, hair: bool) -> npt.NDArray[np.int64]:
    """Index into `Colour` of each Lab value `(n, 3)`. For hair, dark warm tones are brown, light ones blond;
    elsewhere blond is not a name. Borders were set by eye on sRGB swatches."""
    light, a, b = lab[:, 0], lab[:, 1], lab[:, 2]
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    warm = (hue > 20) & (hue < 105)
    if hair:
        rules = [
            (light < 20, Colour.BLACK),
            ((light < 36) & ((chroma < 12) | (~warm & (chroma < 20))), Colour.BLACK),
            ((chroma < 9) & (light > 78), Colour.WHITE),
            (chroma < 9, Colour.GREY),
            (warm & (hue < 52) & (chroma > 32) & (light < 60), Colour.RED),
            (warm & (light < 56), Colour.BROWN),
            (warm, Colour.BLOND),
        ]
    else:
        rules = [
            ((light < 17) & (chroma < 30), Colour.BLACK),
            (light < 8, Colour.BLACK),
            ((chroma < 9) & (light < 28), Colour.BLACK),
            ((chroma < 10) & (light > 80), Colour.WHITE),
            (chroma < 10, Colour.GREY),
            (warm & (hue > 46) & (light < 55) & (chroma < 55), Colour.BROWN),
            (warm & (hue > 45) & (chroma < 26), Colour.BROWN),
        ]
    rules += [
        (((hue < 45) | (hue > 340)) & (light > 62) & (chroma < 50), Colour.PINK),
        ((hue > 320) & (light > 50), Colour.PINK),
        ((hue > 36) & (hue < 45) & (light > 54) & (chroma < 95), Colour.ORANGE),
        ((hue < 45) | (hue > 345), Colour.RED),
        (hue < 75, Colour.ORANGE),
        (hue < 108, Colour.YELLOW),
        (hue < 185, Colour.GREEN),
        ((hue < 298) | ((hue < 308) & (chroma > 1.6 * light)), Colour.BLUE),
        (hue <= 345, Colour.PURPLE),
    ]
    conditions = [condition for condition, _ in rules]
    return np.select(conditions, [_NAMES.index(colour) for _, colour in rules]).astype(np.int64)
