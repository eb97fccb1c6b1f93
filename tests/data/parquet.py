"""Small Parquet files laid out as the data sets are."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facereason.images import Pixels

VOTES = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "not_face")


def png(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "png")
    return buffer.getvalue()


def grey(shade: int = 128, side: int = 48) -> bytes:
    return png(np.full((side, side), shade, np.uint8))


def colour(shade: int = 128, side: int = 128) -> bytes:
    return png(np.full((side, side, 3), shade, np.uint8))


def ferplus(id: str, label: str = "happiness", image: bytes | None = None, **votes: int) -> dict[str, Any]:
    """A row of FER+; by default all ten annotators chose the label."""
    counts = dict.fromkeys(VOTES, 0) | (votes or {label: 10})
    return {"image": {"bytes": image or grey(), "path": None}, "id": id, "votes": counts, "label": label}


def fairface(
    id: str, gender: str = "female", age: str = "30-39", race: str = "white", image: bytes | None = None
) -> dict[str, Any]:
    return {
        "image": {"bytes": image or colour(), "path": None},
        "id": id,
        "age_group": age,
        "gender": gender,
        "race": race,
    }


def write(path: Path, rows: Sequence[Mapping[str, Any]], row_group_size: int | None = None) -> None:
    import pyarrow
    import pyarrow.parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.parquet.write_table(pyarrow.Table.from_pylist(list(rows)), path, row_group_size=row_group_size)
