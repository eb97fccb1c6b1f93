"""Which way up a photo lies: the quarter turn that its faces speak for.

A detector of faces also finds faces that lie on their side or stand on their head, with points that are often wrong.
So each face is looked for in all four turns of the photo, and what speaks for a turn is how sure the detector is there,
whether the mouth then lies below the eyes, and whether the reader, which sees the aligned crop, puts eyes, nose and
mouth where the detector put them. The faces vote: somebody who lies down turns no photo in which others are upright.

Photos that are not turned are by far the most. What the first look shows is asked before anything else is done: for
most photos it is enough, and nothing is computed twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facereason import images
from facereason.faces import align
from facereason.faces.detect import SCORE, Detection, Detector
from facereason.faces.reader import Reader
from facereason.types import Reading

if TYPE_CHECKING:
    from facereason.images import Pixels

FloatArray = npt.NDArray[np.float64]

TURNS = (0, 90, 180, 270)
"""Degrees by which a photo may have been turned clockwise."""

# Fitted by `training/turned.py` on fairface-train and renders of `studio-groups.yaml`
# (`eval/results/curves/turned.jsonl`): what a face as seen in one turn says for it.
SCORED, MOUTH_BELOW, MISSED = 2.67, 4.27, -1.25
FIRST_SLOPE, FIRST_MIDDLE = 1.96, 4.73
"""Of the first look alone: chance that a photo is upright, by what its faces say for that on average."""

PRIOR = 0.7  # share of photos that are upright, of those that the first look does not settle: a guess, on the safe side
WRONG = 0.01  # share of faces whose vote is worth nothing: lying down, or no face at all
FACES = 8  # of more, those that are seen best vote
AT_ONCE = 0.995  # chance from which the first look is enough
SURE = 0.5  # chance from which a photo is called turned or upright; below it stays as it is
MOST_MISSED = 0.6  # beyond this one miss is as good as another
LEAST_SCORE, MOST_SCORE = 0.1, 0.99  # within these a score has odds

NO_FACE = "no face is in view"
NOT_AGREED = "the faces do not show clearly which way up it is"


@dataclass(slots=True)
class _Face:
    """One face as it was found in some of the turns. `at`: its middle in the photo as it lies; `seen`: by turn."""

    at: tuple[float, float]
    size: float
    seen: dict[int, Detection] = field(default_factory=dict)

    @property
    def score(self) -> float:
        return max(each.score for each in self.seen.values())


@dataclass(frozen=True, slots=True)
class Seen:
    """Faces found in a photo as it lies, and the landmarks `(n, 68, 2)` that the reader saw in the aligned crops."""

    faces: Sequence[Detection]
    landmarks: npt.NDArray[np.floating]


def turn_of(pixels: Pixels, detector: Detector, reader: Reader, seen: Seen | None = None) -> Reading[int]:
    """By how many degrees, of `TURNS`, an upright photo was turned clockwise to lie as `pixels` `(h, w, 3)` do.

    `seen`: what the photo shows as it lies, where it was looked at already. `distribution`: the chance of each turn.
    Unknown where no face is seen in any turn, or the faces do not agree.
    """
    seen = seen or _seen(pixels, detector, reader)
    upright = at_first_look(seen) if seen else None
    if upright is not None:
        return upright
    said = votes(pixels, detector, reader)
    if not len(said):
        return Reading(value=None, confidence=0.0, unknown_because=NO_FACE)
    return _reading(chances(said, WEIGHTS))


def at_first_look(seen: Seen) -> Reading[int] | None:
    """That a photo is upright, where the faces found in it as it lies show so beyond doubt; else None."""
    said = float((features(seen.faces, seen.landmarks) @ WEIGHTS).mean())
    upright = 1 / (1 + math.exp(-FIRST_SLOPE * (said - FIRST_MIDDLE)))
    return _reading(np.array([upright, *[(1 - upright) / 3] * 3])) if upright >= AT_ONCE else None


def chances(said: FloatArray, weights: FloatArray) -> FloatArray:
    """The chance `(4,)` of each of `TURNS`, from what each face says for each, `(n, 4, 3)`, by `votes`."""
    prior = np.array([PRIOR, *[(1 - PRIOR) / 3] * 3])
    by_face = (1 - WRONG) * _softmax(said @ weights) + WRONG / 4
    return _softmax(np.log(by_face).sum(axis=0) + np.log(prior))


def features(faces: Sequence[Detection], landmarks: npt.ArrayLike) -> FloatArray:
    """What speaks for a turn, `(n, 3)`, from faces as seen in it: log odds of the detector's score; the cosine of the
    roll, 1 with the mouth below the eyes; and how far the reader's eyes, nose and mouth corners lie from the
    detector's, in distances between the eyes. `landmarks` `(n, 68, 2)` in the frame of the aligned crops."""
    said = np.zeros((len(faces), 3))
    for row, face, seen in zip(said, faces, np.asarray(landmarks, np.float64), strict=True):
        forward = align.similarity(face.points)
        scale = math.hypot(forward[0, 0], forward[1, 0])
        points = face.points @ forward[:, :2].T + forward[:, 2]
        read = np.stack([seen[36:42].mean(axis=0), seen[42:48].mean(axis=0), seen[30], seen[48], seen[54]])
        missed = float(np.linalg.norm(read - points, axis=1).mean()) / EYES_APART
        row[:] = _log_odds(face.score), forward[0, 0] / max(scale, 1e-9), min(missed, MOST_MISSED)
    return said


def votes(pixels: Pixels, detector: Detector, reader: Reader) -> FloatArray:
    """The features, `(faces, 4, 3)`, of each face in the photo set upright from each of `TURNS`; where it was not seen
    so, those of a face that is hardly one. Faces are those that some turn shows for sure, the best `FACES` of them."""
    found: list[_Face] = []
    for small in (False, True):  # a face that fills the frame is seen better small
        for turn in TURNS:
            _add(found, turn, detector.glance(images.rotate(pixels, turn), small=small), pixels.shape)
        found = sorted((each for each in found if each.score >= SCORE), key=lambda each: -each.score)[:FACES]
        if found:
            break
    said = np.tile([_log_odds(0.0), 0.0, MOST_MISSED], (len(found), len(TURNS), 1))
    for i, turn in enumerate(TURNS):
        rows = [row for row, each in enumerate(found) if turn in each.seen]
        if rows:
            upright = images.rotate(pixels, turn)
            faces = [found[row].seen[turn] for row in rows]
            crops = [align.aligned(upright, each.points) for each in faces]
            said[rows, i] = features(faces, reader.read(crops).shapes.landmarks)
    return said


def _seen(pixels: Pixels, detector: Detector, reader: Reader) -> Seen | None:
    faces = detector.detect(pixels)
    if not faces:
        return None
    return Seen(faces, reader.read([align.aligned(pixels, each.points) for each in faces]).shapes.landmarks)


def _add(found: list[_Face], turn: int, faces: Sequence[Detection], shape: tuple[int, ...]) -> None:
    """Add what one turn shows to the faces of the others."""
    for face in faces:
        at, size = _as_it_lies(face.box.centre, turn, shape), max(face.box.width, face.box.height)
        near = (each for each in found if turn not in each.seen and math.dist(each.at, at) < max(each.size, size) / 2)
        same = min(near, key=lambda each: math.dist(each.at, at), default=None)
        if same is None:
            found.append(same := _Face(at, size))
        same.seen[turn] = face


def _as_it_lies(at: tuple[float, float], turn: int, shape: tuple[int, ...]) -> tuple[float, float]:
    """Where a point of the photo set upright from `turn` lies in the photo, `(h, w, 3)`, as it lies."""
    (x, y), (height, width) = at, shape[:2]
    return {0: (x, y), 90: (width - y, x), 180: (width - x, height - y), 270: (y, height - x)}[turn]


def _reading(chance: FloatArray) -> Reading[int]:
    best = int(chance.argmax())
    confidence = float(chance[best])
    known = confidence >= SURE
    return Reading(
        value=TURNS[best] if known else None,
        confidence=confidence,
        distribution={str(turn): float(p) for turn, p in zip(TURNS, chance, strict=True)},
        unknown_because="" if known else NOT_AGREED,
    )


def _log_odds(score: float) -> float:
    return math.log((kept := min(max(score, LEAST_SCORE), MOST_SCORE)) / (1 - kept))


def _softmax(logits: FloatArray) -> FloatArray:
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True), np.float64)


WEIGHTS: FloatArray = np.array([SCORED, MOUTH_BELOW, MISSED])
EYES_APART = float(np.linalg.norm(align.TEMPLATE[1] - align.TEMPLATE[0]))
