"""Which parts of a face an emotion reading rests on: parts are covered, the face is read again, and the two compared.

Each region of an action unit (`regions`) is covered in three ways, because each cover leaves traces of its own: with
the crop's mean colour (Zeiler and Fergus 2014), blurred away, and swapped for the same part of a neutral face. A part
that matters under all three matters; one under the first alone may be an effect of the cover. A patch of the neutral
face, of the blurred one where no neutral face fits, moved over the whole face gives the heat map: in log-odds, for a
probability near 1 hardly moves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from statistics import fmean
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facereason import facs, resources
from facereason.faces import align, regions
from facereason.faces.reader import EMOTIONS, CropArray, Reader
from facereason.types import EmotionLabel

if TYPE_CHECKING:
    from collections.abc import Callable

PATCH, STEP = 26, 9
"""Pixels of the patch that is moved over the crop of 112, and between its places."""
BLUR = 9.0
"""Radius in pixels: no eye or mouth can be made out."""
SOFT = 2.0
"""Width in pixels over which a swapped part fades into the face."""
SWAPPED_UP_TO = 30.0
"""Degrees of yaw up to which a neutral face, seen from the front, is swapped in."""

FloatMap = npt.NDArray[np.float32]


class Cover(StrEnum):
    """What a part is covered with."""

    MEAN = "mean"
    BLUR = "blur"
    NEUTRAL = "neutral face"


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """Covering one region in one way: probability of the emotion that was read, `before` and `after`, and what is read
    `instead`, the most probable emotion then."""

    region: str
    cover: Cover
    emotion: EmotionLabel
    before: float
    after: float
    instead: EmotionLabel

    @property
    def drop(self) -> float:
        return self.before - self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """What an emotion was read from, in an aligned crop `(n, n, 3)`.

    `effects`: every region under every cover; `heat`: mean loss of log-odds (of probability, where a model was asked)
    at each pixel of the aligned `crop`; `units`: the action units that are claimed, `mask` of their regions; `overlap`:
    IoU of the mask with as many of the hottest pixels, `by_chance` what pixels drawn at random inside the face would
    have. Both are 0 where there are no units, or nothing changes the reading. `by`: "reader", or the model's name;
    `calls`: how often a model was asked; `unanswered`: regions under whose cover it named no emotion.
    """

    emotion: EmotionLabel
    probability: float
    units: tuple[int, ...]
    effects: tuple[Effect, ...]
    crop: CropArray
    heat: FloatMap
    mask: regions.Mask
    overlap: float
    by_chance: float
    by: str = "reader"
    calls: int = 0
    unanswered: tuple[str, ...] = ()

    def drop(self, region: str) -> float:
        """Mean loss of probability over the covers of a region."""
        return fmean(effect.drop for effect in self.effects if effect.region == region)

    @property
    def ranked(self) -> list[str]:
        """Regions, the one whose cover costs most first."""
        names = dict.fromkeys(effect.region for effect in self.effects)
        return sorted(names, key=lambda name: -self.drop(name))


Probabilities = npt.NDArray[np.float32]


def explain(
    read: Reader | Callable[[Sequence[CropArray]], Probabilities],
    crop: CropArray,
    landmarks: npt.ArrayLike,
    units: Sequence[int] | None = None,
    present: Sequence[int] = (),
    yaw: float = 0.0,
) -> Explanation:
    """Explain what is read off an aligned crop `(112, 112, 3)`, with the landmarks (68, 2) in its frame.

    `read`: the reader, or what gives `(n, 8)` probabilities of the emotions in the order of `types.EmotionLabel`.
    `units`: those that are claimed; else those `present` that are typical of the emotion, else all present. `yaw` in
    degrees: beyond 30 no neutral face is swapped in.
    """
    ask = (lambda crops: read.read(crops).emotion) if isinstance(read, Reader) else read
    covered = list(covers(crop, landmarks, yaw))
    patches, places = _patches(crop, yaw)
    told = ask([crop, *(each for _, _, each in covered), *patches])
    best = int(told[0].argmax())
    emotion, before = EMOTIONS[best], float(told[0, best])
    effects = tuple(
        Effect(
            region=name,
            cover=cover,
            emotion=emotion,
            before=before,
            after=float(told[i, best]),
            instead=EMOTIONS[int(told[i].argmax())],
        )
        for i, (name, cover, _) in enumerate(covered, start=1)
    )
    heat = _heat(_log_odds(told[0, best]) - _log_odds(told[1 + len(covered) :, best]), places)
    claimed = tuple(units) if units is not None else typical(emotion, present)
    return explanation(effects, crop, heat, landmarks, claimed)


def explanation(
    effects: Sequence[Effect],
    crop: CropArray,
    heat: FloatMap,
    landmarks: npt.ArrayLike,
    units: Sequence[int],
    by: str = "reader",
    calls: int = 0,
    unanswered: Sequence[str] = (),
    emotion: EmotionLabel = EmotionLabel.NEUTRAL,
) -> Explanation:
    """These effects with the claimed units' mask, and how it overlaps with the heat. `emotion`: the one that was read,
    where there is no effect that tells it."""
    size = (crop.shape[1], crop.shape[0])
    mask = regions.masks_of(units, landmarks, size)
    overlap, chance = overlap_with(heat, mask, face_mask(landmarks, size))
    return Explanation(
        emotion=effects[0].emotion if effects else emotion,
        probability=effects[0].before if effects else 0.0,
        units=tuple(units),
        effects=tuple(effects),
        crop=crop,
        heat=heat,
        mask=mask,
        overlap=overlap,
        by_chance=chance,
        by=by,
        calls=calls,
        unanswered=tuple(unanswered),
    )


def covers(crop: CropArray, landmarks: npt.ArrayLike, yaw: float = 0.0) -> list[tuple[str, Cover, CropArray]]:
    """A square crop, aligned as `align.aligned` does and of any size, with each region covered in each way; `landmarks`
    in its frame."""
    others: dict[Cover, CropArray] = {
        Cover.MEAN: np.broadcast_to(crop.mean(axis=(0, 1)).round().astype(np.uint8), crop.shape),
        Cover.BLUR: _blurred(crop),
    }
    if abs(yaw) <= SWAPPED_UP_TO:
        others[Cover.NEUTRAL] = _neutral(crop)
    found: list[tuple[str, Cover, CropArray]] = []
    for name in regions.NAMES:
        mask = regions.mask(name, landmarks, (crop.shape[1], crop.shape[0]))
        for cover, other in others.items():
            hard = cover is Cover.MEAN
            found.append((name, cover, np.where(mask[..., None], other, crop) if hard else swapped(crop, other, mask)))
    return found


def resting(crop: CropArray, yaw: float = 0.0) -> CropArray:
    """What takes a feature's place best in a square crop, aligned as `align.aligned` does and of any size: a neutral
    face in its colours up to 30 degrees of yaw, else the crop blurred."""
    return _neutral(crop) if abs(yaw) <= SWAPPED_UP_TO else _blurred(crop)


def swapped(crop: CropArray, other: CropArray, mask: regions.Mask) -> CropArray:
    """The crop with this part of the other one in its place, faded in."""
    from PIL import Image, ImageFilter

    drawn = Image.fromarray(mask.astype(np.uint8) * 255)
    soft = drawn.filter(ImageFilter.GaussianBlur(SOFT * crop.shape[0] / align.SIZE))
    weight = np.asarray(soft, np.float32)[..., None] / 255
    mixed = weight * other.astype(np.float32) + (1 - weight) * crop.astype(np.float32)
    return np.asarray(mixed.round(), np.uint8)


def _blurred(crop: CropArray) -> CropArray:
    from PIL import Image, ImageFilter

    return np.asarray(Image.fromarray(crop).filter(ImageFilter.GaussianBlur(BLUR * crop.shape[0] / align.SIZE)))


@cache
def _bank() -> CropArray:
    """Neutral rendered faces, `(n, 112, 112, 3)`: `neutral.png` of the weights, cut as `align.aligned` cuts."""
    from PIL import Image

    with Image.open(resources.weights("neutral.png")) as image:
        strip = np.asarray(image.convert("RGB"))
    return np.stack(np.split(strip, strip.shape[1] // align.SIZE, axis=1))


def _neutral(crop: CropArray) -> CropArray:
    """The neutral face whose skin is nearest in colour, its colours brought to those of the crop, in its size."""
    from PIL import Image

    if crop.shape[0] != align.SIZE:
        small = np.asarray(Image.fromarray(crop).resize((align.SIZE, align.SIZE), Image.Resampling.BILINEAR))
        large = Image.fromarray(_neutral(small)).resize((crop.shape[1], crop.shape[0]), Image.Resampling.BICUBIC)
        return np.asarray(large)
    middle = (slice(30, 90), slice(30, 82))
    own = crop[middle].reshape(-1, 3).astype(np.float32)
    others = [face[middle].reshape(-1, 3).astype(np.float32) for face in _bank()]
    nearest = int(np.argmin([np.abs(other.mean(axis=0) - own.mean(axis=0)).sum() for other in others]))
    other = others[nearest]
    scale = np.clip(own.std(axis=0) / np.maximum(other.std(axis=0), 1.0), 0.5, 1.6)
    moved = (_bank()[nearest].astype(np.float32) - other.mean(axis=0)) * scale + own.mean(axis=0)
    return np.asarray(np.clip(moved.round(), 0, 255), np.uint8)


def _log_odds(p: npt.ArrayLike) -> Probabilities:
    sure = np.clip(np.asarray(p, np.float32), 1e-6, 1 - 1e-6)
    return np.asarray(np.log(sure) - np.log1p(-sure), np.float32)


def _patches(crop: CropArray, yaw: float) -> tuple[list[CropArray], list[tuple[int, int]]]:
    other = resting(crop, yaw)
    places = [
        (top, left) for top in range(4, align.SIZE - PATCH + 1, STEP) for left in range(4, align.SIZE - PATCH + 1, STEP)
    ]
    found = []
    for top, left in places:
        covered = crop.copy()
        here = (slice(top, top + PATCH), slice(left, left + PATCH))
        covered[here] = other[here]
        found.append(covered)
    return found, places


def _heat(drops: Probabilities, places: list[tuple[int, int]]) -> FloatMap:
    """Mean loss at each pixel over the patches that cover it."""
    total = np.zeros((align.SIZE, align.SIZE), np.float32)
    times = np.zeros_like(total)
    for (top, left), drop in zip(places, drops, strict=True):
        here = (slice(top, top + PATCH), slice(left, left + PATCH))
        total[here] += float(drop)
        times[here] += 1
    return np.asarray(total / np.maximum(times, 1), np.float32)


def typical(emotion: EmotionLabel, present: Sequence[int]) -> tuple[int, ...]:
    """The units of those present that are typical of an emotion; all of them where none is."""
    prototype = facs.PROTOTYPES.get(emotion)
    typical = tuple(unit for unit in present if prototype is not None and unit in prototype.units)
    return typical or tuple(present)


def overlap_with(heat: FloatMap, mask: regions.Mask, within: regions.Mask) -> tuple[float, float]:
    """IoU of the mask with as many of the hottest pixels of the face `within`, as far as they are warm at all, and of
    as many drawn at random in it."""
    within = within | mask
    count, area = int(mask.sum()), int(within.sum())
    if not count or float(heat[within].max()) <= 0:
        return 0.0, 0.0
    inside = np.where(within, heat, 0.0)
    level = np.sort(inside, axis=None)[-count]
    hot, tied = inside > max(level, 0.0), (inside == level) & (level > 0)
    # pixels of one heat are as good as each other: they count by their share of the places that are left
    left = count - int(hot.sum()) if tied.any() else 0
    both = int((hot & mask).sum()) + (left * int((tied & mask).sum()) / int(tied.sum()) if left else 0.0)
    taken = int(hot.sum()) + left
    expected = taken * count / area
    return float(both / (taken + count - both)), float(expected / (taken + count - expected))


def face_mask(landmarks: npt.ArrayLike, size: tuple[int, int]) -> regions.Mask:
    """The face from brows to chin, `(height, width)`; `size`: width and height."""
    from PIL import Image, ImageDraw

    points = np.asarray(landmarks, np.float64)
    outline = [*points[:17], *points[26:16:-1]]
    image = Image.new("1", size)
    ImageDraw.Draw(image).polygon([(float(x), float(y)) for x, y in outline], fill=1)
    return np.asarray(image, bool)
