"""What a photo gives the reader to work with, and which readings it does not allow."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facereason.faces import reliability
from facereason.types import Box, Quality, QualityFlag

if TYPE_CHECKING:
    from facereason.images import Pixels

SMALL = 24.0  # face box, longer side, pixels
BLURRED = 0.065  # sharpness
DARK = 0.13  # mean luma
FLAT = 0.03  # standard deviation of luma: nothing to see, whatever its brightness
CUT_OFF = 0.8  # share of the face inside the photo
PROFILE = 50.0  # degrees of yaw

LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601


def measure(crop: Pixels, box: Box, inside: float, yaw: float) -> Quality:
    """Quality of a face from its aligned crop (112, 112, 3), its box, the share of it inside the photo, and the
    head's yaw."""
    luma = np.asarray(crop @ LUMA / 255, np.float32)
    face = luma[16:104, 16:96]
    sharp, spread = sharpness(luma), float(face.std())
    brightness, pixels = float(face.mean()), max(box.width, box.height)
    checks = {
        QualityFlag.SMALL: pixels < SMALL,
        QualityFlag.BLURRED: sharp < BLURRED,
        QualityFlag.DARK: brightness < DARK or spread < FLAT,
        QualityFlag.CUT_OFF: inside < CUT_OFF,
        QualityFlag.PROFILE: abs(yaw) > PROFILE,
    }
    return Quality(
        face_pixels=pixels,
        sharpness=sharp,
        brightness=brightness,
        inside=inside,
        flags=tuple(flag for flag, holds in checks.items() if holds),
        kind=reliability.kind(yaw, pixels, sharp),
    )


def sharpness(luma: npt.NDArray[np.float32]) -> float:
    """Share of an aligned crop's contrast that lies in details finer than a twentieth of the face: the standard
    deviation of what a 3x3 mean takes away at 56 pixels, over that of the crop."""
    half = luma.reshape(56, 2, 56, 2).mean(axis=(1, 3))
    mean = sum(half[y : y + 54, x : x + 54] for y in range(3) for x in range(3)) / 9
    fine = half[1:55, 1:55] - mean
    return float(fine[7:51, 7:48].std() / max(1e-3, float(half[8:52, 8:48].std())))


def why_unknown(flags: tuple[QualityFlag, ...]) -> str:
    """In a few words why readings of this face are unknown; empty where none of the flags forbids them."""
    words = {
        QualityFlag.SMALL: "the face is too small",
        QualityFlag.BLURRED: "the face is blurred",
        QualityFlag.DARK: "the face is too dark or flat",
        QualityFlag.CUT_OFF: "the face is cut off by the edge of the photo",
        QualityFlag.PROFILE: "the face is turned too far to the side",
    }
    if QualityFlag.NO_FACE in flags:
        return "no face is in view"
    return " and ".join(words[flag] for flag in flags)
