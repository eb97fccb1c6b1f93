"""Which way up a photo lies: the quarter turn that its faces speak for.

A detector of faces also finds faces that lie on their side or stand on their head, with points that are often wrong.
So each face is looked for in all four turns of the photo, and what speaks for a turn is how sure the detector is there,
and whether the mouth then lies below the eyes. A large face is also looked at small, because lying on its side it
convinces the detector more the larger it is. The faces vote: somebody who lies down turns no photo in which others are
upright.

Photos that are not turned are by far the most. What the first look shows is asked before anything else is done: for
most photos it is enough, and nothing is computed twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facereason import images
from facereason.faces import align
from facereason.faces.detect import MIN_SIDE, SCORE, Detection, Detector, first_scale
from facereason.types import Reading

if TYPE_CHECKING:
    from facereason.images import Pixels

FloatArray = npt.NDArray[np.float64]

TURNS = (0, 90, 180, 270)
"""Degrees by which a photo may have been turned clockwise."""

# Fitted by `training/turned.py` on fairface-train and renders of `studio-groups.yaml`
# (`eval/results/curves/turned.jsonl`): what a face as seen in one turn says for it.
SCORED, MOUTH_BELOW = 2.59, 2.65
FIRST_SLOPE, FIRST_MIDDLE = 2.02, 1.6
"""Of the first look alone: chance that a photo is upright, by what its faces say for that on average, where their
heads are not tilted much."""

PRIOR = 0.7  # share of photos that are upright, of those that the first look does not settle: a guess, on the safe side
WRONG = 0.01  # share of faces whose vote is worth nothing: lying down, or no face at all
FACES = 8  # of more, those that are seen best vote
AT_ONCE = 0.995  # chance from which the first look is enough
NOT_TILTED = 0.8  # cosine of the roll, on average, from which the first look may be enough
SURE = 0.5  # chance from which a photo is called turned or upright; below it stays as it is
LARGE, SMALL = 88.0, 64.0  # pixels of a pass, longer side: from the first on, faces are also looked at in the second
LEAST_SCORE, MOST_SCORE = 0.1, 0.99  # within these a score has odds

NO_FACE = "no face is in view"
NOT_AGREED = "the faces do not show clearly which way up it is"


@dataclass(slots=True)
class _Face:
    """One face as it was found in some of the turns, at one size of the photo or at two. `at`: its middle in the photo
    as it lies; `seen`: by share of the size and turn."""

    at: tuple[float, float]
    size: float
    seen: dict[tuple[float, int], Detection] = field(default_factory=dict)

    @property
    def score(self) -> float:
        return max(each.score for each in self.seen.values())


def turn_of(pixels: Pixels, detector: Detector, faces: Sequence[Detection] | None = None) -> Reading[int]:
    """By how many degrees, of `TURNS`, an upright photo was turned clockwise to lie as `pixels` `(h, w, 3)` do.

    `faces`: what the detector finds in it as it lies, where that is known already. `distribution`: the chance of each
    turn. Unknown where no face is seen in any turn, or the faces do not agree.
    """
    upright = _at_first_look(pixels, detector, detector.detect(pixels) if faces is None else faces)
    if upright is not None:
        return upright
    said = votes(pixels, detector)
    if not len(said):
        return Reading(value=None, confidence=0.0, unknown_because=NO_FACE)
    return _reading(chances(said, WEIGHTS))


def _at_first_look(pixels: Pixels, detector: Detector, faces: Sequence[Detection]) -> Reading[int] | None:
    """That a photo is upright, where the faces found in it as it lies show so beyond doubt; else None."""
    if not faces:
        return None
    said = features(faces).mean(axis=0)
    if _is_settled(said) and (share := _smaller(faces, pixels)):
        again = [face for face in detector.glance(pixels, share) if face.score >= SCORE]
        if not again:
            return None
        said = (said + features(again).mean(axis=0)) / 2
    if not _is_settled(said):
        return None
    upright = _chance_upright(said)
    return _reading(np.array([upright, *[(1 - upright) / 3] * 3]))


def _is_settled(said: FloatArray) -> bool:
    return float(said[1]) >= NOT_TILTED and _chance_upright(said) >= AT_ONCE


def _chance_upright(said: FloatArray) -> float:
    return 1 / (1 + math.exp(-FIRST_SLOPE * (float(said @ WEIGHTS) - FIRST_MIDDLE)))


def _smaller(faces: Sequence[Detection], pixels: Pixels) -> float:
    """The share of the photo's size at which the largest of its faces is small; 0 where it is not large."""
    scale = first_scale(pixels.shape[1], pixels.shape[0])
    largest = max((max(each.box.width, each.box.height) for each in faces), default=0.0) * scale
    return SMALL / largest if largest > LARGE else 0.0


def chances(said: FloatArray, weights: FloatArray) -> FloatArray:
    """The chance `(4,)` of each of `TURNS`, from what each face says for each, `(n, 4, 2)`, by `votes`."""
    prior = np.array([PRIOR, *[(1 - PRIOR) / 3] * 3])
    by_face = (1 - WRONG) * _softmax(said @ weights) + WRONG / 4
    return _softmax(np.log(by_face).sum(axis=0) + np.log(prior))


def features(faces: Sequence[Detection]) -> FloatArray:
    """What speaks for a turn, `(n, 2)`, from faces as seen in it: log odds of the detector's score; and the cosine of
    the roll, 1 with the mouth below the eyes."""
    said = np.zeros((len(faces), 2))
    for row, face in zip(said, faces, strict=True):
        forward = align.similarity(face.points)
        scale = math.hypot(forward[0, 0], forward[1, 0])
        row[:] = _log_odds(face.score), forward[0, 0] / max(scale, 1e-9)
    return said


def votes(pixels: Pixels, detector: Detector) -> FloatArray:
    """The features, `(faces, 4, 2)`, of each face in the photo set upright from each of `TURNS`; where it was not seen
    so, those of a face that is hardly one. Faces are those that some turn shows for sure, the best `FACES` of them; of
    one that is seen at two sizes it is the mean."""
    views = {turn: images.rotate(pixels, turn) for turn in TURNS}
    found: list[_Face] = []
    first = [face for turn in TURNS for face in _look(found, views, turn, 1.0, detector) if face.score >= SCORE]
    # a face that fills the frame is seen better small, or only then
    height, width = pixels.shape[:2]
    share = _smaller(first, pixels) if first else MIN_SIDE / (first_scale(width, height) * max(width, height))
    if 0 < share < 1:
        for turn in TURNS:
            _look(found, views, turn, share, detector)
    found = sorted((each for each in found if each.score >= SCORE), key=lambda each: -each.score)[:FACES]
    said = np.zeros((len(found), len(TURNS), 2))
    for row, face in enumerate(found):
        shares = sorted({share for share, _ in face.seen})
        for i, turn in enumerate(TURNS):
            seen = [face.seen[share, turn] for share in shares if (share, turn) in face.seen]
            not_seen = np.tile(HARDLY, (len(shares) - len(seen), 1))
            said[row, i] = np.concatenate([features(seen), not_seen]).mean(axis=0)
    return said


def _look(
    found: list[_Face], views: Mapping[int, Pixels], turn: int, share: float, detector: Detector
) -> list[Detection]:
    """What one turn shows at one size, added to the faces of the others."""
    faces = detector.glance(views[turn], share)
    for face in faces:
        at, size = _as_it_lies(face.box.centre, turn, views[0].shape), max(face.box.width, face.box.height)
        near = (
            each
            for each in found
            if (share, turn) not in each.seen and math.dist(each.at, at) < max(each.size, size) / 2
        )
        same = min(near, key=lambda each: math.dist(each.at, at), default=None)
        if same is None:
            found.append(same := _Face(at, size))
        same.seen[share, turn] = face
    return faces


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


WEIGHTS: FloatArray = np.array([SCORED, MOUTH_BELOW])
HARDLY: FloatArray = np.array([_log_odds(0.0), 0.0])
