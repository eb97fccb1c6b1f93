"""Several pictures on one: strips of variants, contact sheets."""

from __future__ import annotations

import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facereason.types import UsageError

PAPER, INK = (246, 246, 244), (40, 40, 44)


def joined(pictures: Sequence[tuple[str, np.ndarray[Any, np.dtype[np.uint8]]]], columns: int) -> Image.Image:
    """Pictures of one size, row by row, each with a line of text below it where it has one."""
    height, width = pictures[0][1].shape[:2]
    size = max(11, min(20, width // 14))
    line = size + 8 if any(text for text, _ in pictures) else 0
    font = ImageFont.load_default(size)
    gap = max(2, width // 60)
    rows = math.ceil(len(pictures) / columns)
    out = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + line + gap) + gap), PAPER)
    draw = ImageDraw.Draw(out)
    for number, (text, pixels) in enumerate(pictures):
        row, column = divmod(number, columns)
        x, y = gap + column * (width + gap), gap + row * (height + line + gap)
        out.paste(Image.fromarray(pixels), (x, y))
        draw.text((x + width / 2, y + height + line / 2), text, INK, font, anchor="mm")
    return out


def stored(folder: str | Path, count: int) -> list[tuple[str, np.ndarray[Any, np.dtype[np.uint8]]]]:
    """The first pictures of a data set that `studio dataset` wrote, with their ids. UsageError: none is there."""
    import pyarrow.parquet as parquet

    out: list[tuple[str, np.ndarray[Any, np.dtype[np.uint8]]]] = []
    for path in sorted(Path(folder).glob("*.parquet")):
        for row in parquet.read_table(path, columns=["id", "image"]).to_pylist():
            out.append((row["id"], np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])).convert("RGB"))))
            if len(out) == count:
                return out
    if not out:
        raise UsageError(f"{folder}: no shards of a studio data set there")
    return out
