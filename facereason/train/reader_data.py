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
from facereason.faces.geometry import LANDMARKS, SLOTS
from facereason.faces.precropped import find_points
from facereason.faces.reader import GENDERS
from facereason.scoring import vote_distribution
from facereason.types import AgeGroup, EmotionLabel, Race

if TYPE_CHECKING:
    from facereason.faces.detect import Detector

Uint8 = npt.NDArray[np.uint8]
Float32 = npt.NDArray[np.float32]
Int64 = npt.NDArray[np.int64]
Rows = npt.NDArray[np.int64] | npt.NDArray[np.bool_]

HELD_OUT = 20  # every so-manieth fairface-train face is kept for calibration and for picking a checkpoint
MEASURED = 2000  # the held-out faces and as many more, which nothing trains on: for measuring against the teacher


@dataclass(frozen=True, slots=True)
class Geometry:
    """What is known of each face's shape, in the frame of its image; nan where nothing is. `rotation`: `(n, 3, 3)` of
    the head, image axes; `gaze`: `(n, 3)` unit vectors; `landmarks`: `(n, 68, 2)` pixels; `intensity` and `present`:
    `(n, 25)` of each slot of action units, in [0, 1]; `strength`: `(n, 25)`, how strong it shows on a scale of its
    own."""

    rotation: Float32
    gaze: Float32
    landmarks: Float32
    intensity: Float32
    present: Float32
    strength: Float32

    def __len__(self) -> int:
        return len(self.rotation)

    @classmethod
    def nothing(cls, n: int) -> Geometry:
        """Of `n` faces of which nothing is known."""
        shapes = ((3, 3), (3,), (LANDMARKS, 2), *3 * [(len(SLOTS),)])
        return cls(*(np.full((n, *shape), np.nan, np.float32) for shape in shapes))

    def take(self, rows: Rows) -> Geometry:
        """The faces in these rows."""
        return Geometry(*(getattr(self, name)[rows] for name in self.__slots__))


@dataclass(frozen=True, slots=True)
class Faces:
    """One split. `images`: `(n, h, w)` grey or `(n, h, w, 3)` RGB uint8, all of one size; `points`: `(n, 5, 2)` pixels;
    `found`: where the detector found the face (elsewhere the whole image is the face); `emotion`: `(n, 8)` vote
    distribution, zeros where there is none; `gender`, `age`, `race`: class numbers, -1 where not labelled; `ids` of the
    records, where they have any."""

    images: Uint8
    points: Float32
    found: npt.NDArray[np.bool_]
    emotion: Float32
    gender: Int64
    age: Int64
    race: Int64
    geometry: Geometry
    ids: npt.NDArray[np.str_]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Rows) -> Faces:
        """The faces in these rows."""
        parts = {name: getattr(self, name) for name in self.__slots__}
        return Faces(**{name: v.take(rows) if name == "geometry" else v[rows] for name, v in parts.items()})

    @classmethod
    def unlabelled(
        cls, images: Uint8, points: Float32, found: npt.NDArray[np.bool_], geometry: Geometry, ids: Sequence[str]
    ) -> Faces:
        """Faces without labels of emotion, gender, age and race."""
        n, none = len(images), np.full(len(images), -1)
        emotion = np.zeros((n, len(EmotionLabel)), np.float32)
        return cls(images, points, found, emotion, none, none, none, geometry, np.array(ids, str))

    @classmethod
    def joined(cls, parts: Sequence[Faces]) -> Faces:
        """All of them in one; their images are of one size."""
        known = [part.geometry for part in parts]
        geometry = Geometry(*(np.concatenate([getattr(g, name) for g in known]) for name in Geometry.__slots__))
        names = [name for name in cls.__slots__ if name != "geometry"]
        values = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return cls(**values, geometry=geometry)


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

    `fairface` has the splits of `fairface_rows` and `val`. `limit`: only the first
    rows. Raises DataError where the data is missing or its images differ in size.
    """
    stored = "train" if split in ("held_out", "measured") else split
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
    ids = np.array([record.id for record in records])
    faces = Faces(stack, points, found, *_targets(records), Geometry.nothing(len(records)), ids)
    if name != "fairface" or split == "val":
        return faces
    return faces.take(fairface_rows(len(faces))[split])


def fairface_rows(count: int) -> dict[str, npt.NDArray[np.bool_]]:
    """Which of `count` fairface-train faces are in `train`, `held_out` and `measured`, which holds `held_out`."""
    number = np.arange(count)
    held_out = number % HELD_OUT == 0
    more = (number % HELD_OUT == HELD_OUT // 2) & (number < HELD_OUT * max(0, MEASURED - int(held_out.sum())))
    return {"train": ~held_out & ~more, "held_out": held_out, "measured": held_out | more}


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
