"""Collages of labelled faces: photos of several people whose emotion, or age and perceived gender, is known.

`eval/agent/collages.jsonl.gz` says which faces of FairFace val and FER+ test lie where; the pictures are made when they
are read, from the Parquet files of the data folder, and are never kept.
"""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason import resources
from facereason.data import read
from facereason.types import Box, FaceReasonError

Pixels = npt.NDArray[np.uint8]
SPLITS = {"fairface": "val", "ferplus": "test"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pasted:
    """A face of a data set and the square that it fills."""

    dataset: str
    id: str
    x: int
    y: int
    size: int

    @property
    def box(self) -> Box:
        return Box(float(self.x), float(self.y), float(self.size), float(self.size))


@dataclass(frozen=True, slots=True, kw_only=True)
class Collage:
    """`background`: one colour, or two from top to bottom. Faces are numbered from 1, left to right by their middle."""

    id: str
    width: int
    height: int
    background: tuple[tuple[int, int, int], ...]
    faces: tuple[Pasted, ...]

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> Collage:
        return cls(
            id=told["id"],
            width=told["width"],
            height=told["height"],
            background=tuple((r, g, b) for r, g, b in told["background"]),
            faces=tuple(Pasted(**face) for face in told["faces"]),
        )


def frozen(path: Path | None = None) -> tuple[Collage, ...]:
    """The collages of a file, by default those of the question set."""
    content = (path or resources.suites() / "agent" / "collages.jsonl.gz").read_bytes()
    return tuple(Collage.from_dict(json.loads(line)) for line in gzip.decompress(content).decode().splitlines())


def pictures(collages: Sequence[Collage], data: str | None) -> Iterator[tuple[Collage, Pixels]]:
    """Each collage with its RGB pixels. FaceReasonError where the data folder lacks one of the faces."""
    faces = _faces(collages, data)
    for collage in collages:
        yield collage, drawn(collage, faces)


def drawn(collage: Collage, faces: Mapping[tuple[str, str], bytes]) -> Pixels:
    """The picture `(height, width, 3)`; `faces`: data set and id to the encoded image."""
    top, bottom = np.array(collage.background[0], float), np.array(collage.background[-1], float)
    down = np.linspace(0.0, 1.0, collage.height)[:, None, None]
    plain = np.broadcast_to(top + (bottom - top) * down, (collage.height, collage.width, 3))
    canvas = Image.fromarray(np.ascontiguousarray(plain.round().astype(np.uint8)))
    for face in collage.faces:
        with Image.open(io.BytesIO(faces[face.dataset, face.id])) as opened:
            square = opened.convert("RGB").resize((face.size, face.size), Image.Resampling.BICUBIC)
        canvas.paste(square, (face.x, face.y))
    return np.asarray(canvas)


def _faces(collages: Sequence[Collage], data: str | None) -> dict[tuple[str, str], bytes]:
    wanted = {(face.dataset, face.id) for collage in collages for face in collage.faces}
    found: dict[tuple[str, str], bytes] = {}
    for dataset in sorted({dataset for dataset, _ in wanted}):
        for record in read(dataset, SPLITS[dataset], data):
            if (dataset, record.id) in wanted:
                found[dataset, record.id] = record.image
    missing = sorted(wanted - set(found))
    if missing:
        raise FaceReasonError(f"{missing[0][0]} {SPLITS[missing[0][0]]} lacks {missing[0][1]}, and so no collage of it")
    return found
