"""Turn a face upright and bring it to the size the reader was trained on, by its five points.

The crop is looser than the usual recognition crop (Deng et al. 2019, "ArcFace"): the same five-point shape drawn
higher, so that the whole chin is inside, also with the mouth wide open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image

if TYPE_CHECKING:
    from facereason.images import Pixels

SIZE = 112  # pixels, both sides of the crop

_ARCFACE = np.array([[38.29, 51.70], [73.53, 51.50], [56.03, 71.74], [41.55, 92.37], [70.73, 92.20]])
_EYES = _ARCFACE[:2].mean(axis=0)
TEMPLATE: npt.NDArray[np.float64] = (_ARCFACE - _EYES) * 0.965 + np.array([56.0, 39.0])
"""Where the five points lie in the crop, `(5, 2)` pixels."""

# Mean place of the five points in a pre-cropped face (FER+ train faces that the detector finds), in units of the image.
_IN_CROP = np.array([[0.317, 0.401], [0.667, 0.392], [0.488, 0.594], [0.362, 0.742], [0.641, 0.734]])


def similarity(points: npt.ArrayLike, template: npt.ArrayLike = TEMPLATE) -> npt.NDArray[np.float64]:
    """The turn, scale and shift, `(2, 3)`, that brings `points` (5, 2) nearest to `template` in least squares (Umeyama
    1991). Reflections are left out."""
    source, target = np.asarray(points, np.float64), np.asarray(template, np.float64)
    a, b = source - source.mean(axis=0), target - target.mean(axis=0)
    spread = float((a * a).sum()) or 1e-12
    cos = float((a * b).sum()) / spread
    sin = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.hstack([turn, (target.mean(axis=0) - turn @ source.mean(axis=0))[:, None]])


def aligned(pixels: Pixels, points: npt.ArrayLike) -> Pixels:
    """The `(112, 112, 3)` crop of the face with these five points (5, 2); beyond the photo its border is repeated."""
    return warped(pixels, similarity(points), SIZE)


def warped(pixels: Pixels, forward: npt.NDArray[np.float64], size: int) -> Pixels:
    """The square crop `(size, size, 3)` to which `forward` (2, 3) brings the photo's pixels; beyond the photo its
    border is repeated."""
    back = np.linalg.inv(np.vstack([forward, [0.0, 0.0, 1.0]]))
    corners = back[:2] @ np.array([[0, size, 0, size], [0, 0, size, size], [1, 1, 1, 1]])
    left, top = np.floor(corners.min(axis=1)).astype(int) - 2
    right, bottom = np.ceil(corners.max(axis=1)).astype(int) + 2
    patch = Image.fromarray(_clamped(pixels, left, top, right, bottom))
    shrink = max(1, int(np.hypot(back[0, 0], back[1, 0]) + 0.1))
    if shrink > 1:  # bilinear sampling alone would alias
        patch = patch.reduce(shrink)
    a, b, c, d, e, f = ((back[:2] - [[0, 0, left], [0, 0, top]]) / shrink).ravel()
    data = (a, b, c, d, e, f)
    return np.asarray(patch.transform((size, size), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR))


def share_inside(points: npt.ArrayLike, width: int, height: int) -> float:
    """Share of the face that lies inside a photo of this size, in [0, 1]: of the crop's middle, brows to chin. A
    detector's box will not do, as it ends where the photo ends."""
    forward = np.vstack([similarity(points), [0.0, 0.0, 1.0]])
    x, y = np.meshgrid(np.linspace(20, 92, 19), np.linspace(16, 104, 23))
    at = np.linalg.inv(forward)[:2] @ np.stack([x.ravel(), y.ravel(), np.ones(x.size)])
    return float(((at[0] >= 0) & (at[0] < width) & (at[1] >= 0) & (at[1] < height)).mean())


def points_of_crop(width: int, height: int) -> npt.NDArray[np.float64]:
    """Where the five points of a pre-cropped face usually lie, `(5, 2)`: for data whose whole image is the face."""
    return _IN_CROP * [width, height]


def _clamped(pixels: Pixels, left: int, top: int, right: int, bottom: int) -> Pixels:
    height, width = pixels.shape[:2]
    if left >= 0 and top >= 0 and right <= width and bottom <= height:
        return np.ascontiguousarray(pixels[top:bottom, left:right])
    rows = np.clip(np.arange(top, bottom), 0, height - 1)
    columns = np.clip(np.arange(left, right), 0, width - 1)
    return np.ascontiguousarray(pixels[rows[:, None], columns])
