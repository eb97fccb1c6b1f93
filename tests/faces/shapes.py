"""What a reader would say of how faces lie and move, where that is not the point of a test."""

from __future__ import annotations

import numpy as np

from facereason.faces.geometry import LANDMARKS, SLOTS
from facereason.faces.reader import Shapes


def frontal(count: int) -> Shapes:
    """Faces that look straight into the camera and do not move."""
    nothing = np.zeros((count, len(SLOTS)), np.float32)
    ahead = np.tile(np.eye(3, dtype=np.float32), (count, 1, 1))
    return Shapes(nothing, nothing, ahead, ahead[:, 2], np.full((count, LANDMARKS, 2), 56, np.float32))
