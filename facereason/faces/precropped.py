"""Faces of data sets whose whole image is the face (FER+, AffectNet, RAF-DB, FairFace)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from facereason.faces import align
from facereason.faces.detect import Detector

if TYPE_CHECKING:
    from facereason.images import Pixels


def find_points(pixels: Pixels, detector: Detector) -> tuple[npt.NDArray[np.float32], bool]:
    """The five points `(5, 2)` of the face, and whether the detector found it: of several faces the one nearest to the
    middle; of none, where the points of such an image usually lie. No image is left out."""
    height, width = pixels.shape[:2]
    detections = detector.detect(pixels)
    if not detections:
        return align.points_of_crop(width, height).astype(np.float32), False
    middle = np.array([width / 2, height / 2])
    nearest = min(detections, key=lambda d: float(np.linalg.norm(np.array(d.box.centre) - middle)))
    return nearest.points, True
