"""A contact sheet of labelled images."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from facereason.data import hashing
from facereason.data.checking import labels
from facereason.data.records import Record

TILE, FOOT, GAP = 128, 34, 6


def sheet(records: Sequence[Record], columns: int = 8) -> npt.NDArray[np.uint8]:
    """RGB pixels of a page with each image and its labels below it; one that cannot be read says so."""
    rows = max(1, -(-len(records) // columns))
    width, height = columns * (TILE + GAP) + GAP, rows * (TILE + FOOT + GAP) + GAP
    page = Image.new("RGB", (width, height), "white")
    pen, font = ImageDraw.Draw(page), ImageFont.load_default(11)
    for number, record in enumerate(records):
        left = GAP + number % columns * (TILE + GAP)
        top = GAP + number // columns * (TILE + FOOT + GAP)
        try:
            picture = Image.fromarray(hashing.decoded(record.image))
            scale = TILE / max(picture.size)
            size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
            picture = picture.resize(size, Image.Resampling.BICUBIC)
            page.paste(picture, (left + (TILE - size[0]) // 2, top + (TILE - size[1]) // 2))
        except hashing.UnreadableError as error:
            pen.multiline_text((left + 4, top + 50), str(error).replace("(", "\n("), fill="red", font=font)
        told = " ".join(value for _, value in labels(record)) or "no labels"
        pen.text((left, top + TILE + 2), _cut(told, font), fill="black", font=font)
        pen.text((left, top + TILE + 16), _cut(record.id, font), fill="grey", font=font)
    return np.asarray(page)


def _cut(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    if font.getlength(text) <= TILE:
        return text
    while len(text) > 1 and font.getlength(f"{text}...") > TILE:
        text = text[:-1]
    return f"{text}..."
