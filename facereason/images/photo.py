"""What the rest of the room works on: a photo, the error that says why there is none, and names made safe to print."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from facereason.types import FaceReasonError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels: TypeAlias = NDArray[np.uint8]
else:
    Pixels: TypeAlias = Any  # numpy is loaded when the first photo is opened


class ImageError(FaceReasonError):
    """A photo could not be opened or written."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Photo:
    """An opened photo.

    `pixels`: `(height, width, 3)` uint8 RGB, upright, read-only. `name`: the file's name, else "bytes", "url", "image"
    or "array"; good for a table, never for naming a person. `turned`: degrees clockwise by which the picture lay turned
    before it was set upright by what it shows (`images.upright`).
    """

    pixels: Pixels
    name: str
    turned: int = 0

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def printable(text: str, limit: int = 200) -> str:
    r"""`text` on one line and harmless to a terminal: escaped where not printable, cut in the middle where too long.

    >>> printable("party\x1b[2J.jpg")
    'party\\x1b[2J.jpg'
    """
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)
    if len(escaped) <= limit:
        return escaped
    half = (limit - 3) // 2
    return f"{escaped[:half]}...{escaped[-half:]}"
