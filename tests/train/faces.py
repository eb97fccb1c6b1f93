"""Tiny data sets of real faces: the astronaut, jittered, in the two layouts the reader is trained on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from facereason import images
from facereason.images import Pixels
from facereason.types import AgeGroup, Box, Race
from tests.data.parquet import fairface, ferplus, png, write

COUNT = 48
FACE = Box(168, 46, 116, 148)
"""The face in the astronaut portrait, with some room."""


def crops(count: int, side: int, seed: int) -> list[Pixels]:
    """The astronaut's face `count` times, each a little shifted, scaled, brighter or darker, half of them mirrored."""
    draw = np.random.default_rng(seed)
    portrait = images.example().pixels
    found = []
    for i in range(count):
        x, y, grow = draw.uniform(-12, 12), draw.uniform(-12, 12), draw.uniform(0.9, 1.25)
        box = Box(FACE.x + x, FACE.y + y, FACE.height * grow, FACE.height * grow)
        face = images.resize(images.crop(portrait, box), side, side).astype(float) * draw.uniform(0.6, 1.1)
        pixels = np.clip(face, 0, 255).astype(np.uint8)
        found.append(np.ascontiguousarray(pixels[:, ::-1]) if i % 2 else pixels)
    return found


def write_ferplus(folder: Path, count: int = COUNT, seed: int = 0) -> None:
    """Mostly happy, sometimes neutral, one face in twelve without an emotion."""
    grey = [png(face.mean(axis=2).astype(np.uint8)) for face in crops(3 * count, 48, seed)]

    def rows(part: int) -> list[dict[str, object]]:
        made = []
        for i, image in enumerate(grey[part * count : (part + 1) * count]):
            votes = ({"happiness": 8, "neutral": 2}, {"neutral": 6, "happiness": 3, "fear": 1}, {"unknown": 10})
            which = 2 if i % 12 == 11 else i % 4 == 3
            label = ("happiness", "neutral", "unknown")[which]
            made.append(ferplus(f"{part}-{i}", label, image, **votes[which]))
        return made

    train = rows(0)
    write(folder / "ferplus-train-0.parquet", train[: count // 2])
    write(folder / "ferplus-train-1.parquet", train[count // 2 :])
    write(folder / "ferplus-valid.parquet", rows(1))
    write(folder / "ferplus-test.parquet", rows(2))


def write_fairface(folder: Path, count: int = COUNT, seed: int = 1) -> None:
    """Women of 30 to 39, with now and then another label."""
    images = [png(face) for face in crops(2 * count, 128, seed)]
    rows = [
        fairface(
            f"{i}",
            gender="male" if i % 8 == 7 else "female",
            age=list(AgeGroup)[3 + i % 3].value,
            race=list(Race)[i % 7].value if i % 5 == 4 else "white",
            image=image,
        )
        for i, image in enumerate(images)
    ]
    for part in range(4):
        write(folder / f"fairface-train-{part}.parquet", rows[part * count // 4 : (part + 1) * count // 4])
    write(folder / "fairface-val.parquet", rows[count:])
