"""Photo to scene: everything that is measured in one photo, in one pass."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import numpy.typing as npt

from facereason import __version__, facs, images, resources
from facereason.faces import align, colours, geometry, people, pose, quality, turned
from facereason.faces import units as action_units
from facereason.faces.covering import RegionEffect, cover
from facereason.faces.detect import Detection, Detector
from facereason.faces.explaining import Explanation, explain
from facereason.faces.people import Found, PeopleFinder, Sighting
from facereason.faces.reader import AGES, EMOTIONS, GENDERS, RACES, Reader, Readings, Shapes
from facereason.faces.reliability import TRUSTED
from facereason.types import (
    ActionUnit,
    Body,
    Emotion,
    Face,
    FaceReasonError,
    Gaze,
    Gender,
    HeadPose,
    Person,
    Posture,
    Provenance,
    QualityFlag,
    Reading,
    Scene,
    Stage,
    UnitState,
)

if TYPE_CHECKING:
    from facereason.images import Photo, Pixels

E = TypeVar("E", bound=StrEnum)

EYES_CLOSED = 43  # the unit
FIGURE = 0.8  # probability from which a figure tells a child from who is grown
SURE = 0.95  # probability of perceived gender below which the mirror image is heard as well
UNCLEAR = 0.7  # perceived gender below this probability is `unclear`: it would be wrong three times in ten


class Instrument:
    """The detectors of faces and of people and the reader, loaded once. `race` switches that reading on, for research
    and audits. `upright`: set photos upright that lie on their side or stand on their head; else they are measured as
    they are.

    `threads`: of each network, 0 for all cores. Raises FaceReasonError where a weights file is missing or damaged.
    """

    def __init__(self, *, race: bool = False, upright: bool = True, threads: int = 0) -> None:
        self.upright = upright
        weights = {name: resources.verify(name) for name in ("detector.onnx", "people.onnx", "reader.onnx")}
        self._detector = Detector(resources.weights("detector.onnx"), threads)
        self._finder = PeopleFinder(resources.weights("people.onnx"), threads)
        self._reader = Reader(resources.weights("reader.onnx"), race=race, threads=threads)
        versions = {name: version(name) for name in ("numpy", "onnxruntime", "pillow")}
        self.provenance = Provenance(versions={"facereason": __version__, **versions}, weights=weights)

    def look(self, photo: Photo) -> Scene:
        """Measure a photo. People are numbered from left to right by the centre of the face, or of the head where no
        face is in view; a photo without people has none.

        A photo that lies turned is set upright first, which `Scene.turn` tells; boxes and points are then those of
        `images.upright(photo, scene.turned)`. A photo that was set upright before is not turned again.
        """
        measured = self._measured(photo.pixels)
        turn = self._turn(photo, measured)
        if turn is not None and turn.value and not photo.turned:
            photo = images.upright(photo, turn.value)
            measured = self._measured(photo.pixels)
        found, crops, read = measured.found, measured.crops, measured.read
        persons: tuple[Person, ...] = ()
        if read is not None:
            persons = tuple(self._person(i, each, crops[i], read, photo.pixels) for i, each in enumerate(found))
        return Scene(
            source=photo.name,
            width=photo.width,
            height=photo.height,
            people=persons,
            provenance=self.provenance,
            turn=turn,
        )

    def cover(self, photo: Photo, person: Person) -> tuple[RegionEffect, ...]:
        """How the emotion read off this person changes when parts of the face are covered; see `covering`. The photo:
        set upright as the person's scene was."""
        return cover(self._reader, align.aligned(photo.pixels, person.face.points))

    def explain(self, photo: Photo, person: Person, units: Sequence[int] | None = None) -> Explanation:
        """What the emotion read off this person rests on (`explaining`). `units`: the action units that are claimed,
        else those read as present that are typical of the emotion. FaceReasonError where no face is in view."""
        if QualityFlag.NO_FACE in person.face.quality.flags:
            raise FaceReasonError(f"person {person.number}: no face is in view, so no emotion was read")
        crop = align.aligned(photo.pixels, person.face.points)
        present = [unit.unit for unit in person.face.action_units if unit.state is UnitState.PRESENT]
        landmarks = self._reader.read([crop]).shapes.landmarks[0]
        return explain(self._reader, crop, landmarks, units, present, person.face.pose.yaw)

    def _measured(self, pixels: Pixels) -> _Measured:
        found = people.joined(self._detector.detect(pixels), self._finder.find(pixels))
        crops = [align.aligned(pixels, each.points) for each in found]
        return _Measured(found, crops, self._read(crops) if found else None)

    def _read(self, crops: Sequence[Pixels]) -> Readings:
        """What crops show. Where perceived gender is called, but not for sure, its mirror image, which a face shows as
        well, is heard too: on some faces it says the opposite."""
        read = self._reader.read(crops)
        sure = read.gender.max(1)
        rows = np.nonzero((sure >= UNCLEAR) & (sure < SURE))[0]
        if not len(rows):
            return read
        mirrored = np.stack(crops)[rows, :, ::-1]
        gender = read.gender.copy()
        gender[rows] = (gender[rows] + self._reader.read(mirrored).gender) / 2
        return replace(read, gender=gender)

    def _turn(self, photo: Photo, measured: _Measured) -> Reading[int] | None:
        """Which way up the photo lies; what was measured in it as it lies is enough for most."""
        if photo.turned:
            return Reading(value=photo.turned, confidence=1.0)
        if not self.upright:
            return None
        return turned.turn_of(photo.pixels, self._detector, measured.faces)

    def _person(self, index: int, found: Sighting, crop: Pixels, read: Readings, pixels: Pixels) -> Person:
        height, width = pixels.shape[:2]
        placed = _placed(read.shapes, index, align.similarity(found.points))
        yaw, pitch, roll = pose.angles(placed.rotation)
        seen = quality.measure(crop, found.box, align.share_inside(found.points, width, height), yaw)
        if not found.face:
            seen = replace(seen, flags=(QualityFlag.NO_FACE,))
        why = quality.why_unknown(seen.flags)
        trust = self._reader.reliability
        units = action_units.read(
            read.shapes.present[index],
            read.shapes.intensity[index],
            self._reader.thresholds,
            trust,
            seen.kind,
            why,
        )
        turn = HeadPose(yaw=yaw, pitch=pitch, roll=roll, confidence=trust.of("pose", seen.kind))
        face = Face(
            box=found.box,
            score=found.score,
            points=_pairs(found.points),
            quality=seen,
            pose=turn,
            emotion=_emotion(read.emotion[index], why),
            action_units=units,
            gaze=_gaze(placed.gaze, trust.of("gaze", seen.kind), units, why),
            landmarks=_pairs(placed.landmarks) if found.face else (),
            landmarks_reliability=trust.of("landmarks", seen.kind) if found.face else 0.0,
        )
        gender = _reading(GENDERS, read.gender[index], why)
        if gender.known and gender.confidence < UNCLEAR:
            evenly = 1 - abs(2 * gender.confidence - 1)  # how near to even odds
            gender = Reading(value=Gender.UNCLEAR, confidence=evenly, distribution=gender.distribution)
        body = _body(found.person) if found.person else None
        place = colours.Place(
            face=found.place,
            in_view=found.face,
            yaw=yaw,
            roll=roll,
            head=found.person.head if found.person else None,
            body=body.box if body else None,
        )
        return Person(
            number=index + 1,
            face=face,
            gender=gender,
            age_group=_reading(AGES, read.age[index], why),
            hair_colour=colours.hair(pixels, place),
            clothing_colour=colours.clothing(pixels, place),
            race=None if read.race is None else _reading(RACES, read.race[index], why),
            head=place.head,
            body=body,
            stage=_stage(found.person) if found.person else None,
        )


@dataclass(frozen=True, slots=True)
class _Measured:
    """Who was found in a photo, the aligned crop of each, and what is read off them, where there is anybody."""

    found: list[Sighting]
    crops: list[Pixels]
    read: Readings | None

    @property
    def faces(self) -> list[Detection]:
        """Those whose face is in view."""
        return [Detection(each.box, each.score, each.points) for each in self.found if each.face]


@dataclass(frozen=True, slots=True)
class _Placed:
    """What was read in a crop, in the photo's frame: `rotation` (3, 3), `gaze` (3,), `landmarks` (68, 2) pixels."""

    rotation: npt.NDArray[np.float64]
    gaze: npt.NDArray[np.float64]
    landmarks: npt.NDArray[np.float64]


def _placed(shapes: Shapes, index: int, forward: npt.NDArray[np.float64]) -> _Placed:
    """`forward` (2, 3) brought the photo's pixels to the crop's."""
    upright = geometry.upright(forward)
    return _Placed(
        rotation=upright @ shapes.rotation[index],
        gaze=upright @ shapes.gaze[index],
        landmarks=(shapes.landmarks[index] - forward[:, 2]) @ np.linalg.inv(forward[:, :2]).T,
    )


def _pairs(points: npt.NDArray[Any]) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in points)


def _body(found: Found) -> Body | None:
    if found.body.width <= 0 or found.body.height <= 0:
        return None
    sits = found.sitting >= 0.5
    sure = max(found.sitting, 1 - found.sitting)
    distribution = {Posture.SITTING.value: found.sitting, Posture.STANDING.value: 1 - found.sitting}
    posture = Reading(value=Posture.SITTING if sits else Posture.STANDING, confidence=sure, distribution=distribution)
    return Body(box=found.body, orientation=found.orientation, posture=posture, score=found.score)


def _stage(found: Found) -> Reading[Stage]:
    sure = max(found.child, 1 - found.child)
    why = "" if sure >= FIGURE else "the figure does not tell"
    return _reading((Stage.CHILD, Stage.GROWN), np.array([found.child, 1 - found.child], np.float32), why)


def _emotion(probabilities: npt.NDArray[np.float32], why: str) -> Emotion:
    reading = _reading(EMOTIONS, probabilities, why)
    valence, arousal = facs.derived_valence_arousal(reading.distribution)
    return Emotion(
        value=reading.value,
        confidence=reading.confidence,
        distribution=reading.distribution,
        unknown_because=why,
        derived_valence=valence,
        derived_arousal=arousal,
    )


def _gaze(look: npt.NDArray[np.float64], trust: float, units: Sequence[ActionUnit], why: str) -> Gaze:
    closed = any(each.unit == EYES_CLOSED and each.state is UnitState.PRESENT for each in units)
    why = why or ("the eyes are closed" if closed else "" if trust >= TRUSTED else "gaze is not read reliably here")
    yaw, pitch = geometry.yaw_pitch(look)
    return Gaze(yaw=None if why else yaw, pitch=None if why else pitch, confidence=trust, unknown_because=why)


def _reading(labels: Sequence[E], probabilities: npt.NDArray[np.float32], why: str) -> Reading[E]:
    distribution: Mapping[str, float] = {label.value: float(p) for label, p in zip(labels, probabilities, strict=True)}
    best = int(probabilities.argmax())
    value = None if why else labels[best]
    return Reading(value=value, confidence=float(probabilities[best]), distribution=distribution, unknown_because=why)
