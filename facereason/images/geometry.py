"""Crop, scale, turn, encode: arrays in, arrays or bytes out."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import math
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from facereason.images.photo import ImageError, Photo, Pixels, printable
from facereason.types import Box

if TYPE_CHECKING:
    import os

FORMAT_OF_SUFFIX: dict[str, Literal["png", "jpeg"]] = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg"}


def crop(pixels: Pixels, box: Box, margin: float = 0.0) -> Pixels:
    """The part of `pixels` inside `box`, at least 1 x 1.

    `margin` widens the box on every side by that share of its width and height. What lies outside the photo repeats
    the photo's border. ValueError for a box without area or of infinite size.
    """
    import numpy as np

    if not (math.isfinite(box.x + box.y + box.width + box.height) and box.area > 0):
        raise ValueError(f"cannot crop {box}")
    left, right = round(box.x - margin * box.width), round(box.right + margin * box.width)
    top, bottom = round(box.y - margin * box.height), round(box.bottom + margin * box.height)
    right, bottom = max(right, left + 1), max(bottom, top + 1)
    height, width = pixels.shape[:2]
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return np.ascontiguousarray(pixels[top:bottom, left:right])
    rows = np.clip(np.arange(top, bottom), 0, height - 1)
    columns = np.clip(np.arange(left, right), 0, width - 1)
    return pixels[rows[:, None], columns]


def resize(pixels: Pixels, width: int, height: int) -> Pixels:
    """`pixels` scaled to `(height, width, 3)`, antialiased (bilinear, its support widened when shrinking)."""
    import numpy as np
    from PIL import Image

    return np.asarray(Image.fromarray(pixels).resize((width, height), Image.Resampling.BILINEAR))


def rotate(pixels: Pixels, degrees: int) -> Pixels:
    """`pixels` turned counter-clockwise by a multiple of 90 degrees; ValueError for another angle."""
    import numpy as np

    if degrees % 90:
        raise ValueError(f"cannot rotate by {degrees} degrees: only by quarter turns")
    return np.ascontiguousarray(np.rot90(pixels, degrees // 90))


def upright(photo: Photo, turned: int) -> Photo:
    """A photo that lies turned clockwise by `turned` degrees, set upright; itself where it was already set upright so.
    ValueError for another angle than quarter turns."""
    if photo.turned == turned:
        return photo
    pixels = rotate(photo.pixels, turned - photo.turned)
    pixels.flags.writeable = False
    return dataclasses.replace(photo, pixels=pixels, turned=turned)


def encode(pixels: Pixels, format: Literal["png", "jpeg"] = "png", quality: int = 90, comment: str = "") -> bytes:
    """An image file's bytes; `quality`, 1 to 95, is for JPEG. `comment` is kept in the file."""
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    buffer = io.BytesIO()
    image = Image.fromarray(pixels)
    if format == "jpeg":
        image.save(buffer, "jpeg", quality=quality, comment=comment)
    else:
        text = PngInfo()
        if comment:
            text.add_itxt("Comment", comment)
        image.save(buffer, "png", pnginfo=text)
    return buffer.getvalue()


def save(pixels: Pixels, path: str | os.PathLike[str], comment: str = "") -> None:
    """Write a .png, .jpg or .jpeg file, whole or not at all. ImageError where it cannot be written."""
    path = Path(path)
    where = printable(str(path))
    format = FORMAT_OF_SUFFIX.get(path.suffix.lower())
    if format is None:
        raise ImageError(f"{where}: pictures are written as .png, .jpg or .jpeg; choose one of these")
    data = encode(pixels, format, comment=comment)
    part = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        part.write_bytes(data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise ImageError(f"{where}: cannot be written ({error.strerror}); check the folder") from None


def comment(path: str | os.PathLike[str]) -> str:
    """The comment in a PNG or JPEG file; empty where there is none, or it is no such file."""
    from PIL import Image

    try:
        with Image.open(path, formats=("PNG", "JPEG")) as image:
            found = image.info.get("Comment") or image.info.get("comment") or ""
    except (OSError, SyntaxError, ValueError):
        return ""
    return found.decode("utf-8", "replace") if isinstance(found, bytes) else str(found)
