"""Hashes of pictures: of their very pixels, and of what they look like, by which copies are found that were scaled or
compressed again.

The perceptual hash is the pHash of Zauner (2010): the sign of the 8 x 8 lowest frequencies of a grey 32 x 32 picture
against their median, 64 bits. Copies differ by few bits.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from functools import cache

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason.types import FaceReasonError

NEAR = 3
"""Bits in which pictures may differ that count as copies. `NearIndex` finds exactly these."""
_SIDE, _KEPT = 32, 8


class UnreadableError(FaceReasonError):
    """An image of a data set that cannot be decoded."""


def decoded(image: bytes) -> npt.NDArray[np.uint8]:
    """RGB pixels `(height, width, 3)` of an encoded image; UnreadableError."""
    try:
        with Image.open(io.BytesIO(image)) as opened:
            return np.asarray(opened.convert("RGB"))
    except Exception as error:  # decoders raise whatever they trip over
        raise UnreadableError(f"cannot be decoded ({type(error).__name__})") from error


def exact(pixels: npt.NDArray[np.uint8]) -> bytes:
    """16 bytes that are the same for the same pixels, whatever file they came in."""
    height, width = pixels.shape[:2]
    return hashlib.blake2b(f"{width}x{height}:".encode() + pixels.tobytes(), digest_size=16).digest()


def perceptual(pixels: npt.NDArray[np.uint8]) -> int:
    """The 64 bits of the pHash."""
    grey = Image.fromarray(pixels).convert("L").resize((_SIDE, _SIDE), Image.Resampling.BILINEAR)
    waves = _cosines()
    low = (waves @ np.asarray(grey, np.float64) @ waves.T).ravel()
    bits = low > np.median(low[1:])
    return int("".join("1" if bit else "0" for bit in bits), 2)


@cache
def _cosines() -> npt.NDArray[np.float64]:
    """The first rows of the discrete cosine transform of type II, `(8, 32)`."""
    rows, columns = np.arange(_KEPT)[:, None], np.arange(_SIDE)[None]
    return np.asarray(np.cos(np.pi * rows * (2 * columns + 1) / (2 * _SIDE)), np.float64)


class NearIndex:
    """Hashes that are looked up by nearness. Two hashes that differ in at most 3 of 64 bits share one of four quarters:
    only those are compared."""

    def __init__(self) -> None:
        self._hashes: list[int] = []
        self._quarters: tuple[dict[int, list[int]], ...] = ({}, {}, {}, {})

    def add(self, value: int) -> int:
        """Adds a hash; its number."""
        number = len(self._hashes)
        self._hashes.append(value)
        for quarter, table in zip(_quarters(value), self._quarters, strict=True):
            table.setdefault(quarter, []).append(number)
        return number

    def near(self, value: int) -> Iterator[int]:
        """Numbers of the hashes that differ from this one by at most `NEAR` bits, in the order they were added."""
        candidates: set[int] = set()
        for quarter, table in zip(_quarters(value), self._quarters, strict=True):
            candidates.update(table.get(quarter, ()))
        for number in sorted(candidates):
            if (self._hashes[number] ^ value).bit_count() <= NEAR:
                yield number


def _quarters(value: int) -> tuple[int, int, int, int]:
    return value >> 48, value >> 32 & 0xFFFF, value >> 16 & 0xFFFF, value & 0xFFFF
