"""Labelled faces as arrays for training and measuring the reader: images, five points, targets."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facereason import resources
from facereason.data import DataError, Record, read
from facereason.faces.precropped import find_points
from facereason.faces.reader import GENDERS
from facereason.scoring import vote_distribution
from facereason.types import AgeGroup, EmotionLabel, Race

if TYPE_CHECKING:
    from facereason.faces.detect import Detector

Uint8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]

HELD_OUT = 20  # every so-manieth fairface-train face is kept for calibration and for picking a checkpoint


@dataclass(frozen=True, slots=True)
class Faces:
    """One split. `images`: `(n, h, w)` grey or `(n, h, w, 3)` RGB uint8, all of one size; `points`: `(n, 5, 2)` pixels;
    `found`: where the detector found the face (elsewhere the whole image is the face); `emotion`: `(n, 8)` vote
    distribution, zeros where there is none; `gender`, `age`, `race`: class numbers, -1 where not labelled."""

    images: Uint8
    points: Float32
    found: npt.NDArray[np.bool_]
    emotion: Float32
    gender: Int64
    age: Int64
    race: Int64

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: npt.NDArray[np.int64] | npt.NDArray[np.bool_]) -> Faces:
        """The faces in these rows."""
        return Faces(*(getattr(self, name)[rows] for name in self.__slots__))


def load(
    name: str,
    split: str,
    folder: str | Path | None,
    detector: Callable[[], Detector],
    *,
    limit: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Faces:
    """A split of a data set. The five points are found once and kept in the user's cache folder.

    `fairface` has the splits `train` (less every 20th face), `held_out` (those) and `val`. `limit`: only the first
    rows. Raises DataError where the data is missing or its images differ in size.
    """
    stored = "train" if split == "held_out" else split
    records = []
    for record in read(name, stored, folder):
        records.append(record)
        if limit and len(records) == limit:
            break
    if not records:
        raise DataError(f"{name} {stored}: no rows in its files")
    say(f"{name} {split}: {len(records)} faces, decoding")
    images = [_decode(record) for record in records]
    if len({image.shape for image in images}) != 1:
        raise DataError(f"{name} {stored}: images of different sizes; the reader's trainer needs one size a split")
    stack = np.stack(images)
    digest = hashlib.sha256(
        "\n".join(record.id for record in records).encode() + stack[:, ::8, ::8].tobytes()
    ).hexdigest()
    points, found = _points(f"{name}-{stored}-{digest[:12]}", stack, detector, say)
    faces = Faces(stack, points, found, *_targets(records))
    if name != "fairface" or split == "val":
        return faces
    held_out = np.arange(len(faces)) % HELD_OUT == 0
    return faces.take(held_out if split == "held_out" else ~held_out)


def _decode(record: Record) -> Uint8:
    from PIL import Image

    try:
        with Image.open(io.BytesIO(record.image)) as image:
            return np.asarray(image if image.mode == "L" else image.convert("RGB"))
    except OSError as error:
        raise DataError(f"{record.dataset} {record.id}: the image cannot be read ({error})") from None


def _points(
    key: str, images: Uint8, detector: Callable[[], Detector], say: Callable[[str], None]
) -> tuple[Float32, npt.NDArray[np.bool_]]:
    cache = resources.user_dir() / "points" / f"{key}-{resources.verify('detector.onnx')[:12]}.npz"
    if cache.is_file():
        with np.load(cache) as stored:
            return stored["points"], stored["found"]
    say(f"{key}: finding {len(images)} faces")
    eye = detector()
    points = np.empty((len(images), 5, 2), np.float32)
    found = np.zeros(len(images), np.bool_)
    for i, image in enumerate(images):
        rgb = image if image.ndim == 3 else np.repeat(image[:, :, None], 3, axis=2)
        points[i], found[i] = find_points(rgb, eye)
    cache.parent.mkdir(parents=True, exist_ok=True)
    part = cache.with_suffix(".part.npz")
    np.savez(part, points=points, found=found)
    part.replace(cache)
    return points, found


def _targets(records: Sequence[Record]) -> tuple[Float32, Int64, Int64, Int64]:
    emotion = np.zeros((len(records), len(EmotionLabel)), np.float32)
    for i, record in enumerate(records):
        shares = vote_distribution(record.votes) if record.votes else None
        if shares:
            emotion[i] = [shares[label] for label in EmotionLabel]
    gender = [-1 if record.gender not in GENDERS else GENDERS.index(record.gender) for record in records]
    age = [-1 if record.age_group is None else list(AgeGroup).index(record.age_group) for record in records]
    race = [-1 if record.race is None else list(Race).index(record.race) for record in records]
    return emotion, np.array(gender), np.array(age), np.array(race)
