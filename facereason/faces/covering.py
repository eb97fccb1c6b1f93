"""Which part of a face the emotion reading rests on: cover a part, read again, compare.

A part is covered with the crop's mean colour, as in occlusion analysis (Zeiler and Fergus 2014). It tells what the
reader used, not what a FACS coder would name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facereason.faces.reader import EMOTIONS, Reader
from facereason.types import EmotionLabel

if TYPE_CHECKING:
    from facereason.images import Pixels

# Rows and columns of the aligned crop, by the template's eyes (y 39), nose (y 58) and mouth corners (y 78).
REGIONS = {
    "brows and eyes": (slice(18, 50), slice(16, 96)),
    "nose and cheeks": (slice(46, 68), slice(20, 92)),
    "mouth and chin": (slice(66, 106), slice(24, 88)),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RegionEffect:
    """Probability of the emotion that was read, `before` and `after` the region was covered, and what is read `instead`
    (the most probable emotion then, the same one where covering changes nothing)."""

    region: str
    emotion: EmotionLabel
    before: float
    after: float
    instead: EmotionLabel


def cover(reader: Reader, crop: Pixels) -> tuple[RegionEffect, ...]:
    """Effects of covering each region of one aligned crop `(112, 112, 3)`, the largest loss first."""
    mean = crop.mean(axis=(0, 1)).round().astype(np.uint8)
    crops = [crop]
    for rows, columns in REGIONS.values():
        covered = crop.copy()
        covered[rows, columns] = mean
        crops.append(covered)
    read = reader.read(crops).emotion
    best = int(read[0].argmax())
    effects = [
        RegionEffect(
            region=region,
            emotion=EMOTIONS[best],
            before=float(read[0, best]),
            after=float(read[i, best]),
            instead=EMOTIONS[int(read[i].argmax())],
        )
        for i, region in enumerate(REGIONS, start=1)
    ]
    return tuple(sorted(effects, key=lambda effect: effect.after - effect.before))
