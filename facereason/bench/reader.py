"""How well the reader reads: emotion on FER+ test, perceived gender, age group and race on FairFace validation.

Both sets are pre-cropped: where the detector finds no face the whole image is the face, and no image is left out.
FER+ has no labels of gender, age or race, so its figures come by emotion instead.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason import resources, scoring
from facereason.bench.results import Figure, share
from facereason.data import DataError, Record, read
from facereason.faces import align, geometry, pose, quality
from facereason.faces.detect import Detector
from facereason.faces.precropped import find_points
from facereason.faces.reader import AGES, EMOTIONS, GENDERS, RACES, Reader, Readings
from facereason.types import Box, EmotionLabel

if TYPE_CHECKING:
    from facereason.images import Pixels

SHARD = 64


@dataclass(frozen=True, slots=True)
class _Read:
    """One record with what was read: `(classes,)` probabilities a head, whether the detector found the face, and what
    the quality of the face flags, "none" where nothing."""

    record: Record
    probabilities: dict[str, np.ndarray[tuple[int], np.dtype[np.float32]]]
    found: bool
    flags: str


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    return [*_emotion(_read("ferplus", "test", data, say)), *_attributes(_read("fairface", "val", data, say))]


def _emotion(faces: list[_Read]) -> Iterator[Figure]:
    on = "ferplus-test"
    labelled = [face for face in faces if face.record.labels]
    by_majority = [(face, _majority(face.record)) for face in labelled]
    agreed = [(face, label) for face, label in by_majority if label is not None]
    right = [_best(face, "emotion") == EMOTIONS.index(label) for face, label in agreed]
    by_emotion = {"emotion": [label.value for _, label in agreed], "flags": [face.flags for face, _ in agreed]}
    yield share("emotion, 8 classes, majority rule", on, right, by_emotion)
    labels = [face.record.labels[0] for face in labelled if face.record.labels]
    right = [_best(face, "emotion") == EMOTIONS.index(label) for face, label in zip(labelled, labels, strict=True)]
    yield share(
        "emotion, all labelled",
        on,
        right,
        {"emotion": [label.value for label in labels], "flags": [face.flags for face in labelled]},
    )
    read_labels = [EMOTIONS[_best(face, "emotion")] for face in labelled]
    f1 = scoring.macro_f1(read_labels, labels)
    yield Figure(name="emotion, all labelled, macro F1", on=on, n=len(right), value=f1)
    confidence = [float(face.probabilities["emotion"].max()) for face in labelled]
    yield Figure(name="emotion, ECE", on=on, n=len(right), value=scoring.calibration_error(confidence, right))
    yield share("faces the detector finds, FER+", on, [face.found for face in faces])


def _attributes(faces: list[_Read]) -> Iterator[Figure]:
    on = "fairface-val"
    records = [face.record for face in faces]
    groups = {
        "gender": [str(record.gender) for record in records],
        "age": [str(record.age_group) for record in records],
        "race": [str(record.race) for record in records],
        "flags": [face.flags for face in faces],
    }
    gender = [GENDERS[_best(face, "gender")] for face in faces]
    age = [AGES[_best(face, "age")] for face in faces]
    race = [RACES[_best(face, "race")] for face in faces]
    yield share("perceived gender", on, [g == r.gender for g, r in zip(gender, records, strict=True)], groups)
    yield share("age group, exact", on, [a == r.age_group for a, r in zip(age, records, strict=True)], groups)
    near = [r.age_group is not None and scoring.within_one(a, r.age_group) for a, r in zip(age, records, strict=True)]
    yield share("age group, within one", on, near, groups)
    yield share("race, 7 classes (switched on)", on, [c == r.race for c, r in zip(race, records, strict=True)], groups)
    for head, found in (("gender", gender), ("age", age), ("race", race)):
        confidence = [float(face.probabilities[head].max()) for face in faces]
        truth = [{"gender": r.gender, "age": r.age_group, "race": r.race}[head] for r in records]
        right = [f == t for f, t in zip(found, truth, strict=True)]
        yield Figure(name=f"{head}, ECE", on=on, n=len(faces), value=scoring.calibration_error(confidence, right))
    yield share("faces the detector finds, FairFace", on, [face.found for face in faces], groups)


def _majority(record: Record) -> EmotionLabel | None:
    return scoring.majority(record.votes, record.other_votes) if record.votes else None


def _best(face: _Read, head: str) -> int:
    return int(face.probabilities[head].argmax())


def _read(name: str, split: str, data: str | None, say: Callable[[str], None]) -> list[_Read]:
    for weights in ("detector.onnx", "reader.onnx"):
        resources.verify(weights)
    detector = Detector(resources.weights("detector.onnx"))
    reader = Reader(resources.weights("reader.onnx"), race=True)
    records, out = read(name, split, data), []
    while shard := list(islice(records, SHARD)):
        photos = [_photo(record) for record in shard]
        points = [find_points(photo, detector) for photo in photos]
        crops = [align.aligned(photo, where) for photo, (where, _) in zip(photos, points, strict=True)]
        readings = reader.read(crops)
        heads = _heads(readings)
        for i, record in enumerate(shard):
            probabilities = {head: values[i] for head, values in heads.items()}
            out.append(
                _Read(record, probabilities, points[i][1], _flags(photos[i], crops[i], points[i][0], readings, i))
            )
        say(f"{name} {split}: {len(out)} faces read")
    return out


def _photo(record: Record) -> Pixels:
    try:
        with Image.open(io.BytesIO(record.image)) as image:
            return np.asarray(image.convert("RGB"))
    except OSError as error:
        raise DataError(f"{record.dataset} {record.id}: the image cannot be read ({error})") from None


def _flags(photo: Pixels, crop: Pixels, points: npt.NDArray[np.float32], readings: Readings, index: int) -> str:
    """Which flags the face would get in a photo; a pre-cropped face is neither small nor cut off by its own border."""
    height, width = photo.shape[:2]
    turn = geometry.upright(align.similarity(points)) @ readings.shapes.rotation[index]
    flags = quality.measure(crop, Box(0.0, 0.0, width, height), 1.0, pose.angles(turn)[0]).flags
    return ", ".join(flag.value for flag in flags) or "none"


def _heads(read: Readings) -> dict[str, Sequence[np.ndarray[tuple[int], np.dtype[np.float32]]]]:
    heads = {"emotion": read.emotion, "age": read.age, "gender": read.gender, "race": read.race}
    return {head: list(values) for head, values in heads.items() if values is not None}
