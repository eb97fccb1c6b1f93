"""Find faces: CenterFace (Xu et al. 2020, "CenterFace: Joint Face Detection and Alignment Using Face as Point") on
onnxruntime and numpy.

One pass with the longer side at 640 pixels. Where the photo is much larger than that and the pass hints at faces
too small for it, or finds none at all, the photo is read again in overlapping tiles at full resolution.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
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

SIDE = 640  # longer side of the network's input, pixels
MIN_SIDE = 128  # smaller photos are enlarged to this
STRIDE = 32  # the network halves its input five times
CELL = 4  # input pixels per cell of the output maps
SCORE = 0.5  # a face
HINT = 0.1  # maybe a face: worth a closer look if it is small
SMALL = 24  # input pixels: below this CenterFace is near its limit, and smaller faces are likely around
LARGE = 960  # a photo with a longer side than this may hold faces that the first pass cannot see
TILE = 640
TILE_OVERLAP = 96  # pixels: a face up to this size is whole in some tile
ZOOM = 2
SAME = 0.3  # overlap of boxes above which they are one face


@dataclass(frozen=True, slots=True)
class Detection:
    """A face: box, score in [0, 1], and the five points `(5, 2)` of `types.Face`, pixels of the photo."""

    box: Box
    score: float
    points: FloatArray


class Detector:
    """CenterFace. `path`: the ONNX file, input `(1, 3, h, w)` RGB in 0..255 with h and w multiples of 32."""

    def __init__(self, path: Path, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def detect(self, pixels: Pixels) -> list[Detection]:
        """Faces in an `(h, w, 3)` uint8 RGB photo, best score first."""
        height, width = pixels.shape[:2]
        scale = first_scale(width, height)
        found = self._pass(pixels, scale)
        faces = [d for d in found if d.score >= SCORE]
        if not faces and max(width, height) * scale > MIN_SIDE:  # a face that fills the frame is seen better small
            faces = [d for d in self._pass(pixels, MIN_SIDE / max(width, height)) if d.score >= SCORE]
        if max(width, height) > LARGE and (not faces or _any_small(found, scale)):
            for x, y, tile in _tiles(pixels):
                inner = self._look_closely(tile)
                faces += [_moved(d, x, y) for d in inner if not _cut_by_tile(d, tile, x, y, width, height)]
        return _suppress(faces)

    def glance(self, pixels: Pixels, share: float = 1.0) -> list[Detection]:
        """What one pass hints at, faces or not, best score first; at `share` of the size at which `detect` begins."""
        height, width = pixels.shape[:2]
        return self._pass(pixels, share * first_scale(width, height))

    def _look_closely(self, tile: Pixels) -> list[Detection]:
        """Faces of a tile at full resolution, and twice enlarged where that hints at faces still too small."""
        found = self._pass(tile, 1.0)
        if any(d.score < SCORE for d in found) or _any_small(found, 1.0):
            found += self._pass(tile, float(ZOOM))
        return [d for d in found if d.score >= SCORE]

    def _pass(self, pixels: Pixels, scale: float) -> list[Detection]:
        height, width = pixels.shape[:2]
        inner_w, inner_h = max(1, round(width * scale)), max(1, round(height * scale))
        scaled = pixels if scale == 1.0 else images.resize(pixels, inner_w, inner_h)
        canvas = np.zeros((1, 3, _padded(inner_h), _padded(inner_w)), np.float32)
        canvas[0, :, :inner_h, :inner_w] = scaled.transpose(2, 0, 1)
        heat, size, offset, points = self._session.run(None, {self._input: canvas})
        return _decode(heat[0, 0], size[0], offset[0], points[0], width / inner_w, height / inner_h)


def _any_small(found: list[Detection], scale: float) -> bool:
    return any(max(d.box.width, d.box.height) * scale < SMALL for d in found)


def first_scale(width: int, height: int) -> float:
    """By how much a photo of this size is scaled for the first pass."""
    longest = max(width, height)
    return SIDE / longest if longest > SIDE else min(SIDE, max(longest, MIN_SIDE)) / longest


def _padded(length: int) -> int:
    return -(-length // STRIDE) * STRIDE


def _decode(
    heat: FloatArray, size: FloatArray, offset: FloatArray, points: FloatArray, sx: float, sy: float
) -> list[Detection]:
    """Output maps to detections. Rows come first in `size`, `offset` and `points`; a point is given in box sizes from
    the box's corner."""
    rows, columns = np.nonzero(heat > HINT)
    heights, widths = np.exp(size[:, rows, columns]) * CELL
    left = (columns + offset[1, rows, columns] + 0.5) * CELL - widths / 2
    top = (rows + offset[0, rows, columns] + 0.5) * CELL - heights / 2
    xs = left + points[1::2, rows, columns] * widths
    ys = top + points[0::2, rows, columns] * heights
    found = [
        Detection(
            Box(float(left[i] * sx), float(top[i] * sy), float(widths[i] * sx), float(heights[i] * sy)),
            float(heat[rows[i], columns[i]]),
            np.stack([xs[:, i] * sx, ys[:, i] * sy], axis=1).astype(np.float32),
        )
        for i in range(len(rows))
    ]
    return _suppress(found)


def _suppress(found: list[Detection]) -> list[Detection]:
    """Greedy non-maximum suppression: the best of every group of boxes that overlap."""
    kept: list[Detection] = []
    for detection in sorted(found, key=lambda d: -d.score):
        if all(detection.box.iou(other.box) < SAME for other in kept):
            kept.append(detection)
    return kept


def _tiles(pixels: Pixels) -> Iterator[tuple[int, int, Pixels]]:
    height, width = pixels.shape[:2]
    for y, x in itertools.product(_starts(height), _starts(width)):
        yield x, y, pixels[y : y + TILE, x : x + TILE]


def _starts(length: int) -> list[int]:
    if length <= TILE:
        return [0]
    count = -(-(length - TILE_OVERLAP) // (TILE - TILE_OVERLAP))
    return [round(i * (length - TILE) / (count - 1)) for i in range(count)]


def _moved(detection: Detection, x: int, y: int) -> Detection:
    box = detection.box
    shift = np.array([x, y], np.float32)
    return Detection(Box(box.x + x, box.y + y, box.width, box.height), detection.score, detection.points + shift)


def _cut_by_tile(d: Detection, tile: Pixels, x: int, y: int, width: int, height: int) -> bool:
    """Whether a tile's inner border runs through the face: a neighbouring tile or the first pass has it whole."""
    tile_h, tile_w = tile.shape[:2]
    return (
        (d.box.x <= 1 and x > 0)
        or (d.box.y <= 1 and y > 0)
        or (d.box.right >= tile_w - 1 and x + tile_w < width)
        or (d.box.bottom >= tile_h - 1 and y + tile_h < height)
    )
