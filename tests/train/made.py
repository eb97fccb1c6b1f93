"""Faces that show nothing, with labels; and a kill in the middle of a run."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from facereason.train.crops import Crop
from facereason.types import EmotionLabel, Gender

LABELS = tuple(EmotionLabel)


def face(number: int) -> Crop:
    """A picture that shows nothing, with labels."""
    rng = np.random.default_rng(number)
    buffer = io.BytesIO()
    Image.fromarray(rng.integers(0, 255, (112, 112, 3), dtype=np.uint8)).save(buffer, "PNG")
    return Crop(
        id=f"face-{number}",
        dataset="made",
        split="train",
        license="none",
        image=buffer.getvalue(),
        label=LABELS[number % 8],
        gender=(Gender.FEMALE, Gender.MALE)[number % 2],
        units={12: 0.9, 25: 0.5} if number % 2 else {},
        absent=frozenset({4}),
        turn=(20.0, 0.0, 0.0),
    )


class StopError(Exception):
    """A kill in the middle of a run."""


class Killed:
    """Progress that ends the run after so many steps."""

    def __init__(self, after: int) -> None:
        self.left = after

    def start(self, total: int, done: int) -> None:
        pass

    def step(self, loss: float | None) -> None:
        self.left -= 1
        if not self.left:
            raise StopError
