"""Find people: their heads, seen from wherever, and how the bodies below them lie and turn.

One pass with the longer side at 320 pixels through a network of ours (`train/people_model.py`), which is at home in the
studio. Faces are found by the face detector; what this adds are bodies below them, and heads without a face in view.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from facereason import images
from facereason.faces import align, geometry
from facereason.faces.detect import Detection
from facereason.types import Box

if TYPE_CHECKING:
    from facereason.images import Pixels

FloatArray = npt.NDArray[np.float32]

SIDE = 320  # longer side of the network's input, pixels
MULTIPLE = 16  # sides of the input are multiples of it
STRIDE = 4  # input pixels a cell of the maps
ALONE = 0.45  # score from which a head without a face in view is somebody: photos hold much that looks like one
SAME = 0.4  # overlap of heads above which they are one
MOSTLY = 0.5  # share of a face inside a head from which it may be that head's
LEAST_FACE = 0.15  # share of a head that its face is at least


@dataclass(frozen=True, slots=True)
class Found:
    """A head, and the body below it as far as the photo shows it: boxes in pixels of the photo, `orientation` of the
    body in degrees by the signs of `types.HeadPose`, 0 facing the camera, and the chances that the person sits and
    is a `child`. `score` in [0, 1]."""

    head: Box
    body: Box
    orientation: float
    sitting: float
    child: float
    score: float


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody in a photo. `box`: of the face, or of the head where `face` says that none is in view; `points`
    `(5, 2)`: the face's, or where they lie in a square around the head; `place`: where the face is, or would be."""

    box: Box
    score: float
    points: npt.NDArray[Any]
    face: bool
    person: Found | None
    place: Box


def joined(faces: Sequence[Detection], heads: Sequence[Found], *, alone: float = ALONE) -> list[Sighting]:
    """Faces with the people they belong to, and people whose faces are not in view, from left to right. `alone`: score
    from which a head without a face is somebody."""
    free, out = list(heads), []
    for face in faces:
        own = max(free, key=lambda each: _belongs(face.box, each.head), default=None)
        if own is not None and _belongs(face.box, own.head) > 0:
            free.remove(own)
        else:
            own = None
        out.append(Sighting(face.box, face.score, face.points, True, own, face.box))
    for head in free:
        taken = any(_within(face.box, head.head) >= MOSTLY or _within(head.head, face.box) >= MOSTLY for face in faces)
        if taken or head.score < alone:
            continue
        points = geometry.head_points(head.head, align.TEMPLATE, align.SIZE)
        out.append(Sighting(head.head, head.score, points, False, head, _face_of(head.head)))
    return sorted(out, key=lambda each: each.box.centre)


def _belongs(face: Box, head: Box) -> float:
    """How well a face fits a head: 0 where most of it lies outside, or it is far smaller."""
    inside = _within(face, head)
    share = face.width * face.height / max(1e-6, head.width * head.height)
    return inside if inside >= MOSTLY and share >= LEAST_FACE else 0.0


def _within(inner: Box, outer: Box) -> float:
    """The share of a box that lies in another."""
    width = min(inner.right, outer.right) - max(inner.x, outer.x)
    height = min(inner.bottom, outer.bottom) - max(inner.y, outer.y)
    return max(0.0, width) * max(0.0, height) / max(1e-6, inner.width * inner.height)


def _face_of(head: Box) -> Box:
    """Where the face of a head would be if it looked this way."""
    return Box(head.x + 0.15 * head.width, head.y + 0.3 * head.height, 0.7 * head.width, 0.65 * head.height)


class PeopleFinder:
    """The detector of people. `path`: the ONNX file; its metadata say from which score a head counts."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        self.score = float(json.loads(self._session.get_modelmeta().custom_metadata_map["score"]))

    def find(self, pixels: Pixels, score: float | None = None) -> list[Found]:
        """Heads in an `(h, w, 3)` uint8 RGB photo whose score is at least `score`, by default `self.score`; best
        first."""
        height, width = pixels.shape[:2]
        scale = SIDE / max(width, height)
        inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
        canvas = np.zeros((1, _padded(inner_h), _padded(inner_w), 3), np.uint8)
        canvas[0, :inner_h, :inner_w] = images.resize(pixels, inner_w, inner_h)
        maps = self._session.run(None, {self._input: canvas})
        least = self.score if score is None else score
        return decoded(*maps, score=least, size=(width, height), scale=(width / inner_w, height / inner_h))


def _padded(length: int) -> int:
    return -(-length // MULTIPLE) * MULTIPLE


def decoded(
    middle: FloatArray,
    head: FloatArray,
    body: FloatArray,
    facing: FloatArray,
    sitting: FloatArray,
    stage: FloatArray,
    *,
    score: float,
    size: tuple[int, int],
    scale: tuple[float, float] = (1.0, 1.0),
) -> list[Found]:
    """Maps, as `train.people_model` has them, to people; `middle` `(rows, columns)` holds chances. `size`: width and
    height of the photo; `scale`: its pixels by pixels of the input."""
    found = []
    sx, sy = scale
    for row, column in zip(*np.nonzero(middle >= score), strict=True):
        dx, dy, log_w, log_h = (float(value) for value in head[:, row, column])
        x, y = (column + 0.5 + dx) * STRIDE, (row + 0.5 + dy) * STRIDE
        width, height = float(np.exp(min(log_w, 6.0))) * STRIDE, float(np.exp(min(log_h, 6.0))) * STRIDE
        left, top, right, bottom = (float(value) * height for value in body[:, row, column])
        sine, cosine = (float(value) for value in facing[:, row, column])
        found.append(
            Found(
                head=_box(x - width / 2, y - height / 2, x + width / 2, y + height / 2, sx, sy, size),
                body=_box(x + left, y + top, x + right, y + bottom, sx, sy, size),
                orientation=float(np.degrees(np.arctan2(sine, cosine))),
                sitting=_chance(sitting[0, row, column]),
                child=_first(stage[:, row, column]),
                score=float(middle[row, column]),
            )
        )
    kept: list[Found] = []
    for person in sorted(found, key=lambda each: -each.score):
        if all(person.head.iou(other.head) < SAME for other in kept):
            kept.append(person)
    return kept


def _chance(logit: np.float32) -> float:
    return float(1 / (1 + np.exp(-float(logit))))


def _first(logits: FloatArray) -> float:
    """Share of the first of several."""
    odds = np.exp(logits - logits.max())
    return float(odds[0] / odds.sum())


def _box(left: float, top: float, right: float, bottom: float, sx: float, sy: float, size: tuple[int, int]) -> Box:
    """The part of a box inside the photo."""
    x, right = (float(min(max(value * sx, 0.0), size[0])) for value in (left, right))
    y, bottom = (float(min(max(value * sy, 0.0), size[1])) for value in (top, bottom))
    return Box(x, y, max(0.0, right - x), max(0.0, bottom - y))
