"""Hair and upper-clothing colour by name, with how much of the looked-at area has it.

Hair is looked for where a head has it: over the forehead, of a profile also behind the face, and on the back of a head.
Clothing is looked for below the head, inside the body. Where the detector of people found no head or body, both places
follow from the face. A hat, a scarf or a background may lie in them: where no name clearly wins, or the area looks like
the skin of the face, the reading is unknown.
"""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facereason.types import Box, Colour, Reading

if TYPE_CHECKING:
    from facereason.images import Pixels

FloatArray = npt.NDArray[np.float32]
Mask = npt.NDArray[np.bool_]
CLEAR = 0.4  # share of the area that its main colour needs
FEWEST = 24  # points to judge by
ACROSS = 30  # points looked at across an area, and down it, at most
HAIR_APART = 13.0  # difference from this face's skin under which a point passes for skin where hair may be
SKIN_APART = 16.0  # the same where clothing may be
CLOSE = 13.0  # the same for hair that is much like the skin, where lightness counts more
LIGHTNESS = 0.6  # its weight there
ALIKE = 20.0  # difference from the main colour under which a point belongs to it
SKIN_HUE = 13.0  # degrees
SHADE = 0.45  # weight of lightness in the other differences: folds and shadows change lightness most
VISIBLE = 0.35  # share of an area that must lie inside the photo
CROWN = 3.0  # weight of a point where hair is sure to be beside one where it may be
VIVID = 60.0  # chroma above which no hair grows
PROFILE = 50.0  # degrees of yaw from which hair is looked for behind the face
BEHIND = 105.0  # degrees of yaw from which no face is in the way
SHOWN = 0.45  # of a head: a body that ends sooner below the collar is one whose end was missed

_VALUES = np.arange(256) / 255
_LINEAR = np.where(_VALUES > 0.04045, ((_VALUES + 0.055) / 1.055) ** 2.4, _VALUES / 12.92).astype(np.float32)
_TO_XYZ = (
    np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]).T / [0.95047, 1.0, 1.08883]
).astype(np.float32)
_NAMES = tuple(Colour)
_HAIR = frozenset({Colour.BLACK, Colour.GREY, Colour.WHITE, Colour.BROWN, Colour.BLOND, Colour.RED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where somebody is in the photo. `face`: the face's box or, `in_view` being false, where it would be; `yaw`,
    `roll`: of the head, degrees; `head`, `body`: where the detector of people found them."""

    face: Box
    in_view: bool = True
    yaw: float = 0.0
    roll: float = 0.0
    head: Box | None = None
    body: Box | None = None

    @property
    def behind(self) -> bool:
        return not self.in_view or abs(self.yaw) >= BEHIND


@dataclass(frozen=True, slots=True)
class _Area:
    """Points of the photo, `(n,)` each, and which of them are sure to lie on what is looked for."""

    x: FloatArray
    y: FloatArray
    sure: Mask


def hair(pixels: Pixels, place: Place) -> Reading[Colour]:
    """Colour of the hair, less what looks like the face's skin where a face is in view."""
    area = _back(place) if place.behind else _crown(place)
    lab, inside = _seen(pixels, area.x, area.y)
    sure = area.sure[inside]
    least = VISIBLE if place.behind else 0.5  # a forehead at the edge of the photo is no hair
    if len(sure) < FEWEST or inside.mean() < VISIBLE or sure.sum() < least * area.sure.sum():
        return _unknown("outside the photo")
    kept = np.ones(len(lab), np.bool_)
    if place.in_view:
        skin = _skin(pixels, place.face)
        kept = _apart(lab, skin) > HAIR_APART
        if kept.mean() < VISIBLE and inside.mean() > 0.6:
            kept = _apart(lab, skin, LIGHTNESS) > CLOSE
    main, share = _main(lab, kept, np.where(sure, CROWN, 1.0))
    if not main.any() or (main & sure).sum() < 0.2 * sure.sum():
        return _unknown("hidden, or the colour of the skin")
    middle = np.median(lab[main], axis=0)
    colour = _named(middle, hair=True)
    if share >= CLEAR and (colour not in _HAIR or np.hypot(*middle[1:]) > VIVID):
        return _unknown(f"{colour.value}: a hat, dyed, or background", share)
    return _clear(colour, share)


def clothing(pixels: Pixels, place: Place) -> Reading[Colour]:
    """Colour of the upper clothing: read below the head, less what looks like the face's skin."""
    lab, inside = _seen(pixels, *_chest(place))
    if len(lab) < FEWEST or inside.mean() < VISIBLE:
        return _unknown("outside the photo")
    kept = np.ones(len(lab), np.bool_)
    if place.in_view:
        skin = _skin(pixels, place.face)
        kept = (_apart(lab, skin) > SKIN_APART) & ~_same_hue(lab, skin)  # a neck in shadow or sun has the skin's hue
    main, share = _main(lab, kept, np.ones(len(lab)))
    if not main.any():
        return _unknown("hidden, or the colour of the skin")
    return _clear(_named(np.median(lab[main], axis=0), hair=False), share)


def _crown(place: Place) -> _Area:
    """Over the forehead and beside it; of a profile, behind the face too. In a frame that tilts with the head."""
    face, head, side = place.face, place.head, 1.0 if place.yaw > 0 else -1.0
    profile = abs(place.yaw) >= PROFILE
    if head is None:
        behind, before = 0.12 + 0.3 * min(1.0, abs(place.yaw) / 90), 0.0 if profile else 0.12
        left = face.x - (behind if side > 0 else before) * face.width
        right = face.right + (before if side > 0 else behind) * face.width
        top, bottom = face.y - 0.2 * face.height, face.bottom
    else:
        left, right = min(head.x, face.x - 0.04 * face.width), max(head.right, face.right + 0.04 * face.width)
        reaches = head.y < face.y - 0.06 * face.height  # else it is no more than the face
        top = head.y - 0.02 * head.height if reaches else face.y - 0.16 * face.height
        bottom = max(head.bottom, face.bottom)
    x, y, across, down = _points(Box(left, top, right - left, bottom - top))
    (cx, cy) = face.centre
    u, v = (x - cx) / face.width, (y - cy) / face.height  # the face's box reaches from -.5 to .5
    over = (np.abs(u) < 0.36) & (v < -0.45) & ((down > -0.9) if head is not None else (v > -0.6))
    rear = -u * side
    sure = over | (profile & (rear > 0.35) & (rear < 0.8) & (v > -0.5) & (v < 0))
    beside = (not profile) & (np.abs(u) > 0.45) & (np.abs(u) < 0.6) & (v < -0.25)
    kept = (sure | beside) & _round(across, down)
    x, y = x[kept] - cx, y[kept] - cy
    cos, sin = math.cos(math.radians(place.roll)), math.sin(math.radians(place.roll))
    return _Area(cx + cos * x - sin * y, cy + sin * x + cos * y, sure[kept])


def _back(place: Place) -> _Area:
    """The head without the neck and, where it shows, without the cheek."""
    box = place.head or place.face
    x, y, across, down = _points(box)
    kept = _round(across, down) & (down < 0.35)
    if abs(place.yaw) < 150:
        kept &= ~((across * math.copysign(1.0, place.yaw) > 0.45) & (down > -0.45))
    return _Area(x[kept], y[kept], np.ones(int(kept.sum()), np.bool_))


def _chest(place: Place) -> tuple[FloatArray, FloatArray]:
    """Below the head and inside the body: x and y of points."""
    face, head, body = place.face, place.head, place.body
    if head is None:
        left, right = face.x - 0.5 * face.width, face.right + 0.5 * face.width
        top, bottom = face.y + 1.35 * face.height, face.y + 2.55 * face.height
    else:
        low, size = head.bottom, head.height
        if place.in_view:
            low, size = max(low, face.bottom), max(size, 1.15 * face.height)
        left, right = head.centre[0] - 0.75 * size, head.centre[0] + 0.75 * size
        top, bottom = low + 0.25 * size, low + 1.15 * size
        if body is not None and body.bottom > top + SHOWN * size:
            bottom = min(bottom, body.bottom)
            inner = max(left, body.x + 0.12 * body.width), min(right, body.right - 0.12 * body.width)
            if inner[1] - inner[0] > 0.3 * size:
                left, right = inner
    x, y, _, _ = _points(Box(left, top, right - left, bottom - top))
    return x, y


def _points(box: Box) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    """A grid of points over a box, a pixel apart at least: x and y in the photo, and both from -1 to 1 in the box."""
    across, down = _grid(*(int(min(ACROSS, max(1.0, side))) for side in (box.width, box.height)))
    (cx, cy), half = box.centre, np.array([box.width, box.height], np.float32) / 2
    return cx + across * half[0], cy + down * half[1], across, down


@functools.lru_cache(256)
def _grid(columns: int, rows: int) -> tuple[FloatArray, FloatArray]:
    steps = ((np.arange(count, dtype=np.float32) + 0.5) / count * 2 - 1 for count in (columns, rows))
    across, down = (grid.ravel().astype(np.float32) for grid in np.meshgrid(*steps))
    return across, down


def _round(across: FloatArray, down: FloatArray) -> Mask:
    """Without the corners, where the background is."""
    return np.asarray(np.abs(across) ** 2.5 + np.abs(down) ** 2.5 < 0.92)


def _seen(pixels: Pixels, x: FloatArray, y: FloatArray) -> tuple[FloatArray, Mask]:
    """Lab of the points inside the photo, and which these are."""
    height, width = pixels.shape[:2]
    column, row = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    inside = (column >= 0) & (row >= 0) & (column < width) & (row < height)
    return to_lab(pixels[row[inside], column[inside]]), inside


def _main(lab: FloatArray, kept: Mask, weights: npt.NDArray[np.float64]) -> tuple[Mask, float]:
    """The points of the main colour among those that are kept, and their weight as a share of the kept; none where too
    few are."""
    if kept.sum() < max(FEWEST, 0.2 * len(lab)):
        return np.zeros(len(lab), np.bool_), 0.0
    main = kept & (_apart(lab, _mode(lab[kept], weights[kept])) < ALIKE)
    return main, float(weights[main].sum() / weights[kept].sum())


def _named(lab: FloatArray, *, hair: bool) -> Colour:
    return _NAMES[int(name(lab[None], hair=hair)[0])]


def _clear(colour: Colour, share: float) -> Reading[Colour]:
    return Reading(value=colour, confidence=share) if share >= CLEAR else _unknown("several colours", share)


def _apart(lab: FloatArray, other: FloatArray, lightness: float = SHADE) -> FloatArray:
    """Difference of Lab values `(n, 3)` from one other, lightness counted less: shading is no other colour."""
    return np.asarray(np.sqrt(((lab - other) ** 2) @ np.array([lightness**2, 1.0, 1.0], np.float32)), np.float32)


def _same_hue(lab: FloatArray, skin: FloatArray) -> Mask:
    hue, of_skin = np.arctan2(lab[:, 2], lab[:, 1]), np.arctan2(skin[2], skin[1])
    apart = np.abs((hue - of_skin + np.pi) % (2 * np.pi) - np.pi)
    chroma = np.hypot(lab[:, 1], lab[:, 2]) / max(1.0, float(np.hypot(skin[1], skin[2])))
    light = lab[:, 0] / max(1.0, float(skin[0]))
    alike = (apart < math.radians(SKIN_HUE)) & (chroma > 0.5) & (chroma < 2.0) & (light > 0.4) & (light < 1.4)
    return np.asarray(alike)


def _mode(lab: FloatArray, weights: npt.NDArray[np.float64]) -> FloatArray:
    """The colour that most points are near: the median of the fullest cell of a coarse grid."""
    cells = np.floor(lab / [16.0, 10.0, 10.0]).astype(np.int64) + 64
    keys = (cells[:, 0] * 128 + cells[:, 1]) * 128 + cells[:, 2]
    _, which = np.unique(keys, return_inverse=True)
    full = np.bincount(which, weights=weights).argmax()
    return np.asarray(np.median(lab[which == full], axis=0), np.float32)


def _unknown(why: str, share: float = 0.0) -> Reading[Colour]:
    return Reading(value=None, confidence=share, unknown_because=why)


def _skin(pixels: Pixels, face: Box) -> FloatArray:
    """Lab of the face's skin: the median of the cheeks and nose."""
    middle = Box(face.x + 0.25 * face.width, face.y + 0.45 * face.height, 0.5 * face.width, 0.2 * face.height)
    x, y, _, _ = _points(middle)
    lab, _ = _seen(pixels, x, y)
    return np.median(lab, axis=0).astype(np.float32) if len(lab) else np.zeros(3, np.float32)


def to_lab(rgb: Pixels | FloatArray) -> FloatArray:
    """CIE L*a*b* (D65) of sRGB values `(n, 3)`, whole numbers in 0..255."""
    xyz = _LINEAR[rgb.astype(np.uint8)] @ _TO_XYZ
    x, y, z = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + np.float32(16 / 116)).T
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=1)


def name(lab: FloatArray, *, hair: bool) -> npt.NDArray[np.int64]:
    """Index into `Colour` of each Lab value `(n, 3)`. For hair, dark warm tones are brown, light ones blond;
    elsewhere blond is not a name. Borders stand where rendered people (`training/colours.py`) part, and where sRGB
    swatches and photos do not contradict."""
    light, a, b = lab[:, 0], lab[:, 1], lab[:, 2]
    chroma, hue = np.hypot(a, b), np.degrees(np.arctan2(b, a)) % 360
    warm = (hue > 20) & (hue < 105)
    if hair:
        tones = warm & (chroma < VIVID)
        rules = [
            (light < 20, Colour.BLACK),
            ((light < 34) & ((chroma < 7.5) | (~warm & (chroma < 20))), Colour.BLACK),
            ((light < 38) & (chroma < 5), Colour.BLACK),
            (((chroma < 7.5) | ((chroma < 9) & (light > 40))) & (light > 71), Colour.WHITE),
            ((chroma < 7.5) | ((chroma < 9) & (light > 40)), Colour.GREY),
            (tones & (hue < 58) & (chroma > 27) & (light < 62), Colour.RED),
            (tones & ((light < 52) | ((light < 56) & (hue < 72))), Colour.BROWN),
            (tones, Colour.BLOND),
        ]
    else:
        rules = [
            ((light < 17) & (chroma < 12), Colour.BLACK),
            (light < 8, Colour.BLACK),
            ((chroma < 9) & (light < 28), Colour.BLACK),
            ((chroma < 10) & (light > 71), Colour.WHITE),
            ((chroma < 10) | ((chroma < 14) & (hue > 88) & (hue < 105)), Colour.GREY),
            (warm & (hue > 52) & (light < 60) & (chroma < 55) & ((light < 42) | (light + chroma < 94)), Colour.BROWN),
            (warm & (hue > 45) & (chroma < 26), Colour.BROWN),
            ((hue > 40) & (hue < 52) & (light < 46), Colour.RED),
            (((hue > 335) | (hue < 20)) & (light > 44) & (chroma < 42), Colour.PINK),
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
