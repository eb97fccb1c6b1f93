"""Frozen studio sets as suites read them."""

from __future__ import annotations

import io
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason import facs
from facereason.types import FaceReasonError


def folder(data: str | None, name: str) -> Path:
    """Where the set of this name was rendered to: below `data`, else below `FACEREASON_DATA`."""
    root = data or os.environ.get("FACEREASON_DATA")
    if not root:
        raise FaceReasonError(f"no data folder: name the one with {name}/ by --data or FACEREASON_DATA")
    return Path(root) / name


def people(data: str | None, name: str) -> Iterator[tuple[dict[str, Any], npt.NDArray[np.uint8]]]:
    """The first person of each picture of a set, as its data set tells, and the picture's RGB pixels."""
    for told, pixels in scenes(data, name):
        yield told[0], pixels


def scenes(
    data: str | None, name: str, *, of: str = "", told: str = ""
) -> Iterator[tuple[list[dict[str, Any]], npt.NDArray[np.uint8]]]:
    """The people of each picture of a set, and the picture's RGB pixels. FaceReasonError where it was not rendered.

    `of`: the frozen set, where the folder has another name; `told`: options that it is rendered with."""
    import pyarrow.parquet as parquet

    where = folder(data, name)
    shards = sorted(where.glob("*.parquet"))
    if not shards:
        raise FaceReasonError(
            f"no renders in {where}: facereason studio dataset eval/studio/{of or name}.jsonl.gz {told}--out {where}"
        )
    batches = (parquet.ParquetFile(shard).iter_batches(32, columns=["image", "people"]) for shard in shards)
    for batch in itertools.chain.from_iterable(batches):
        for row in batch.to_pylist():
            with Image.open(io.BytesIO(row["image"]["bytes"])) as image:
                yield row["people"], np.asarray(image.convert("RGB"))


def unit_masks(regions: bytes) -> dict[int, npt.NDArray[np.bool_]]:
    """Where each action unit shows, `(height, width)`, of a person's mask picture as `facereason studio dataset
    --masks` writes it (`studio.dataset.packed`), without what rendering needs."""
    with Image.open(io.BytesIO(regions)) as image:
        colours = np.asarray(image).astype(np.uint32)
    bits = colours[..., 0] | colours[..., 1] << 8 | colours[..., 2] << 16
    return {unit: (bits >> place & 1).astype(bool) for place, unit in enumerate(facs.UNITS)}
