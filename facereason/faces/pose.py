"""Head pose from the five points: a rigid face of average proportions, fitted under weak perspective."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from facereason.types import HeadPose

# Eyes, nose tip, mouth corners in millimetres at a pupil distance of 62: x to the image's right, y down, z to the
# viewer. Factorised (Tomasi and Kanade 1992) from the detector's points on fairface-train, 27,900 faces, so that the
# points fit as the detector sets them; turned so that the median pitch there is 0.
_FACE = np.array(
    [[-31.0, 0.0, 0.0], [31.0, 0.0, 0.0], [0.0, 29.7, 21.0], [-25.3, 57.4, -9.1], [25.3, 57.4, -9.1]], dtype=np.float64
)
_CENTRED = _FACE - _FACE.mean(axis=0)
_SOLVE = np.linalg.pinv(_CENTRED)  # (3, 5)


def from_points(points: npt.ArrayLike) -> HeadPose:
    """Pose of the face with these five points `(5, 2)`, pixels. `confidence` is how well the rigid face fits: 1 where
    the points lie where it predicts, 0 where they are off by a tenth of the face's size."""
    image = np.asarray(points, np.float64)
    image = image - image.mean(axis=0)
    axes = (_SOLVE @ image).T  # (2, 3): the first two rows of the scaled rotation
    left, scales, right = np.linalg.svd(axes, full_matrices=False)
    rows = left @ right
    rotation = np.vstack([rows, np.cross(rows[0], rows[1])])
    off = np.abs(image - (float(scales.mean()) * rows @ _CENTRED.T).T).mean()
    size = float(np.linalg.norm(image, axis=1).mean()) or 1.0
    yaw, pitch, roll = angles(rotation)
    return HeadPose(yaw=yaw, pitch=pitch, roll=roll, confidence=float(np.clip(1 - off / size / 0.1, 0, 1)))


def angles(rotation: npt.NDArray[np.float64]) -> tuple[float, float, float]:
    """yaw, pitch, roll in degrees of a rotation (3, 3) in image axes (x right, y down, z to the viewer), by the signs
    of `types.HeadPose`: R = Ry(yaw) Rx(pitch) Rz(roll)."""
    forward = rotation[:, 2]
    pitch = math.asin(float(np.clip(-forward[1], -1, 1)))
    yaw = math.atan2(float(forward[0]), float(forward[2]))
    unturned = matrix(math.degrees(yaw), math.degrees(pitch), 0.0).T @ rotation
    roll = math.atan2(float(unturned[1, 0]), float(unturned[0, 0]))
    return math.degrees(yaw), math.degrees(pitch), math.degrees(roll)


def matrix(yaw: float, pitch: float, roll: float) -> npt.NDArray[np.float64]:
    """The rotation (3, 3) of these angles in degrees; the inverse of `angles`."""
    (cy, cp, cr), (sy, sp, sr) = ([f(math.radians(a)) for a in (yaw, pitch, roll)] for f in (math.cos, math.sin))
    turn = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    nod = np.array([[1, 0, 0], [0, cp, -sp], [0, sp, cp]])
    tilt = np.array([[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]])
    return np.asarray(turn @ nod @ tilt, np.float64)
