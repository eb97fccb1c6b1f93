"""FER2013 with its own labels, and with the votes of FER+.

FER+ is read from Parquet files with columns image, id, votes and label, or from the two files as released: fer2013.csv
(emotion, pixels, Usage) of the Kaggle challenge and fer2013new.csv of microsoft/FERPlus, which has the same rows in the
same order. Rows without an image name are those that the FER+ authors left out.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from facereason.data import labels, tables
from facereason.data.declaring import IMAGE, DataError, DataSet, Found, Layout, Place, matches, of
from facereason.types import EmotionLabel

USAGES = {"train": "Training", "valid": "PublicTest", "test": "PrivateTest"}
SIDE = 48
VOTES = (*(label.value for label in EmotionLabel), "unknown", "not_face")
_PIXELS, _VOTES = "fer2013.csv", "fer2013new.csv"


def _votes(votes: Mapping[str, Any]) -> dict[EmotionLabel, int]:
    return {emotion: int(votes[emotion.value]) for emotion in EmotionLabel}


def _other_votes(votes: Mapping[str, Any]) -> tuple[int, ...]:
    return tuple(int(votes[name]) for name in labels.NO_EMOTION)


def _png(pixels: str) -> bytes:
    """48 x 48 grey values written one after the other, as a PNG file."""
    values = np.array(pixels.split(), np.uint8)
    if values.size != SIDE * SIDE:
        raise ValueError(f"{values.size} pixels instead of {SIDE * SIDE}")
    buffer = io.BytesIO()
    Image.fromarray(values.reshape(SIDE, SIDE)).save(buffer, "png")
    return buffer.getvalue()


def _fer2013(place: Place) -> Found:
    for number, (path, row) in enumerate(_csv(place)):
        if row.get("Usage") == USAGES[place.split]:
            yield path, {**row, "id": f"fer{number:07d}"}


def _csv(place: Place) -> Iterator[tuple[Path, dict[str, Any]]]:
    for path in place.paths():
        yield from ((path, row) for row in tables.csv_rows(path))


def _ferplus(place: Place) -> Found:
    images = tables.csv_rows(_there(place, _PIXELS))
    path = _there(place, _VOTES)
    for number, votes in enumerate(tables.csv_rows(path), 1):
        row = next(images, None)
        if row is None or row.get("Usage") != votes.get("Usage"):
            raise DataError(f"{path}: row {number} is not that of {_PIXELS}; fetch both again, their rows go together")
        name = votes.get("Image name")
        if name and votes["Usage"] == USAGES[place.split]:
            counts = {ours: int(votes[theirs]) for ours, theirs in zip(VOTES, (*VOTES[:-1], "NF"), strict=True)}
            most = max(VOTES, key=lambda vote: counts[vote])
            yield path, {"id": Path(name).stem, "pixels": row["pixels"], "votes": counts, "label": most}


def _there(place: Place, name: str) -> Path:
    found = matches(place.root, name)
    if not found:
        raise place.missing(place.root / name)
    return found[0]


_VOTED = {
    "id": of("id"),
    "labels": of("label", to=labels.emotions),
    "votes": of("votes", to=_votes),
    "other_votes": of("votes", to=_other_votes),
}
_FILES = {
    "train": ("ferplus-train-0.parquet", "ferplus-train-1.parquet"),
    "valid": ("ferplus-valid.parquet",),
    "test": ("ferplus-test.parquet",),
}
_OBTAIN = "fer2013.csv from kaggle.com/c/challenges-in-representation-learning-facial-expression-recognition-challenge"

SETS = (
    DataSet(
        name="ferplus",
        layouts=(
            Layout(
                files=_FILES,
                rows=tables.parquet,
                fields={**_VOTED, "image": IMAGE},
                says="ferplus-train-0.parquet, ferplus-train-1.parquet, ferplus-valid.parquet, ferplus-test.parquet",
            ),
            Layout(
                files=dict.fromkeys(_FILES, (_VOTES,)),
                rows=_ferplus,
                fields={**_VOTED, "image": of("pixels", to=_png)},
                says=f"{_PIXELS} and {_VOTES}, as released",
            ),
        ),
        license="labels MIT; FER2013 images for research, rights not stated",
        terms="The labels may be used freely under MIT. The images were collected from the web for a research "
        "challenge and their rights are not stated: use them for research, and do not pass them on.",
        source="FER+ (Barsoum et al. 2016) on FER2013 (Goodfellow et al. 2013)",
        obtain=f"{_OBTAIN}, {_VOTES} from github.com/microsoft/FERPlus",
        precropped=True,
        says="labels: most votes, the first in our order where several have as many; none for unknown and not a face",
    ),
    DataSet(
        name="fer2013",
        layouts=(
            Layout(
                files=dict.fromkeys(USAGES, (_PIXELS,)),
                rows=_fer2013,
                fields={
                    "id": of("id"),
                    "image": of("pixels", to=_png),
                    "labels": of("emotion", to=labels.numbered(labels.FER2013)),
                },
                says=f"{_PIXELS} (emotion, pixels, Usage)",
            ),
        ),
        license="images for research, rights not stated",
        terms="Collected from the web for a research challenge; rights are not stated: use it for research, and do not "
        "pass the images on.",
        source="FER2013 (Goodfellow et al. 2013)",
        obtain=_OBTAIN,
        precropped=True,
    ),
)
