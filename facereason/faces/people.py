"""Find people: their heads, seen from wherever, and how the bodies below them lie and turn.

One pass with the longer side at 320 pixels through a network of ours (`train/people_model.py`), which is at home in the
studio; faces that the face detector sees are found by that.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from facereason import images
from facereason.types import Box

if TYPE_CHECKING:
    from facereason.images import Pixels

FloatArray = npt.NDArray[np.float32]

SIDE = 320  # longer side of the network's input, pixels
MULTIPLE = 16  # sides of the input are multiples of it
STRIDE = 4  # input pixels a cell of the maps
SAME = 0.4  # overlap of heads above which they are one


@dataclass(frozen=True, slots=True)
class Found:
    """A head, and the body below it as far as the photo shows it: boxes in pixels of the photo, `orientation` of the
    body in degrees by the signs of `types.HeadPose`, 0 facing the camera, and the chance that the person sits.
    `score` in [0, 1]."""

    head: Box
    body: Box
    orientation: float
    sitting: float
    score: float


class PeopleFinder:
    """The detector of people. `path`: the ONNX file."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def find(self, pixels: Pixels, score: float) -> list[Found]:
        """Heads in an `(h, w, 3)` uint8 RGB photo whose score is at least `score`, best first."""
        height, width = pixels.shape[:2]
        scale = SIDE / max(width, height)
        inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
        canvas = np.zeros((1, _padded(inner_h), _padded(inner_w), 3), np.uint8)
        canvas[0, :inner_h, :inner_w] = images.resize(pixels, inner_w, inner_h)
        maps = self._session.run(None, {self._input: canvas})
        return decoded(*maps, score=score, size=(width, height), scale=(width / inner_w, height / inner_h))


def _padded(length: int) -> int:
    return -(-length // MULTIPLE) * MULTIPLE


def decoded(
    middle: FloatArray,
    head: FloatArray,
    body: FloatArray,
    facing: FloatArray,
    sitting: FloatArray,
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
                sitting=float(1 / (1 + np.exp(-sitting[0, row, column]))),
                score=float(middle[row, column]),
            )
        )
    kept: list[Found] = []
    for person in sorted(found, key=lambda each: -each.score):
        if all(person.head.iou(other.head) < SAME for other in kept):
            kept.append(person)
    return kept


def _box(left: float, top: float, right: float, bottom: float, sx: float, sy: float, size: tuple[int, int]) -> Box:
    """The part of a box inside the photo."""
    x, right = (min(max(value * sx, 0.0), float(size[0])) for value in (left, right))
    y, bottom = (min(max(value * sy, 0.0), float(size[1])) for value in (top, bottom))
    return Box(x, y, max(0.0, right - x), max(0.0, bottom - y))
