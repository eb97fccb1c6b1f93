"""Photo to scene: everything that is measured in one photo, in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt

from facereason import __version__, resources
from facereason.faces import align, colours, pose, quality
from facereason.faces.covering import RegionEffect, cover
from facereason.faces.detect import Detection, Detector
from facereason.faces.reader import AGES, EMOTIONS, GENDERS, RACES, Probabilities, Reader
from facereason.types import Emotion, Face, Gender, Person, Provenance, Reading, Scene

if TYPE_CHECKING:
    from facereason.images import Photo, Pixels

E = TypeVar("E", bound=StrEnum)

UNCLEAR = 0.7  # perceived gender below this probability is `unclear`: it would be wrong three times in ten


class Instrument:
    """The detector and the reader, loaded once. `race` switches that reading on, for research and audits.

    `threads`: of each network, 0 for all cores. Raises FaceReasonError where a weights file is missing or damaged.
    """

    def __init__(self, *, race: bool = False, threads: int = 0) -> None:
        weights = {name: resources.verify(name) for name in ("detector.onnx", "reader.onnx")}
        self._detector = Detector(resources.weights("detector.onnx"), threads)
        self._reader = Reader(resources.weights("reader.onnx"), race=race, threads=threads)
        versions = {name: version(name) for name in ("numpy", "onnxruntime", "pillow")}
        self.provenance = Provenance(versions={"facereason": __version__, **versions}, weights=weights)

    def look(self, photo: Photo) -> Scene:
        """Measure a photo. People are numbered from left to right by face centre; a photo without faces has none."""
        pixels = photo.pixels
        found = sorted(self._detector.detect(pixels), key=lambda d: d.box.centre)
        crops = [align.aligned(pixels, d.points) for d in found]
        people: tuple[Person, ...] = ()
        if found:
            read = self._reader.read(crops)
            people = tuple(_person(i, d, crops[i], read, pixels) for i, d in enumerate(found))
        return Scene(
            source=photo.name, width=photo.width, height=photo.height, people=people, provenance=self.provenance
        )

    def cover(self, photo: Photo, person: Person) -> tuple[RegionEffect, ...]:
        """How the emotion read off this person changes when parts of the face are covered; see `covering`."""
        return cover(self._reader, align.aligned(photo.pixels, person.face.points))


def _person(index: int, found: Detection, crop: Pixels, read: Probabilities, pixels: Pixels) -> Person:
    height, width = pixels.shape[:2]
    turn = pose.from_points(found.points)
    seen = quality.measure(crop, found.box, align.share_inside(found.points, width, height), turn)
    why = quality.why_unknown(seen.flags)
    emotion = _reading(EMOTIONS, read.emotion[index], why)
    face = Face(
        box=found.box,
        score=found.score,
        points=tuple((float(x), float(y)) for x, y in found.points),
        quality=seen,
        pose=turn,
        emotion=Emotion(
            value=emotion.value,
            confidence=emotion.confidence,
            distribution=emotion.distribution,
            unknown_because=why,
        ),
    )
    gender = _reading(GENDERS, read.gender[index], why)
    if gender.known and gender.confidence < UNCLEAR:
        evenly = 1 - abs(2 * gender.confidence - 1)  # how near to even odds
        gender = Reading(value=Gender.UNCLEAR, confidence=evenly, distribution=gender.distribution)
    return Person(
        number=index + 1,
        face=face,
        gender=gender,
        age_group=_reading(AGES, read.age[index], why),
        hair_colour=colours.hair(pixels, found.box, turn.roll),
        clothing_colour=colours.clothing(pixels, found.box),
        race=None if read.race is None else _reading(RACES, read.race[index], why),
    )


def _reading(labels: Sequence[E], probabilities: npt.NDArray[np.float32], why: str) -> Reading[E]:
    distribution: Mapping[str, float] = {label.value: float(p) for label, p in zip(labels, probabilities, strict=True)}
    best = int(probabilities.argmax())
    value = None if why else labels[best]
    return Reading(value=value, confidence=float(probabilities[best]), distribution=distribution, unknown_because=why)
