"""Tiny data sets in the layouts that the originals are published in."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from tests.data.parquet import colour, png

PIXELS = " ".join(str(value % 256) for value in range(48 * 48))


def text(path: Path, *lines: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def image(path: Path, shade: int = 100) -> bytes:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made := colour(shade, 16))
    return made


def table(path: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def listed(path: Path, value: Any) -> None:
    text(path, json.dumps(value))


def fer2013(folder: Path, labels: Sequence[int] = (3, 0, 6)) -> None:
    usages = ("Training", "PublicTest", "PrivateTest")
    rows = [{"emotion": e, "pixels": PIXELS, "Usage": usages[i % 3]} for i, e in enumerate(labels)]
    table(folder / "fer2013.csv", rows)


def ferplus_votes(folder: Path, *votes: Sequence[int]) -> None:
    names = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF"]
    usages = ("Training", "PublicTest", "PrivateTest")
    rows = [
        {
            "Usage": usages[i % 3],
            "Image name": f"fer{i:07d}.png" if any(vote) else "",
            **dict(zip(names, vote, strict=True)),
        }
        for i, vote in enumerate(votes)
    ]
    table(folder / "fer2013new.csv", rows)


def facet_row(**changed: Any) -> dict[str, Any]:
    groups = {
        "gender_presentation": ("masc", "fem", "non_binary", "na"),
        "skin_tone": (*map(str, range(1, 11)), "na"),
        "age_presentation": ("young", "middle", "older", "na"),
        "hair_color": ("black", "blonde", "brown", "colored", "grey", "red", "na"),
        "hairtype": ("bald", "coily", "curly", "dreadlocks", "straight", "wavy", "na"),
        "has": ("cap", "eyeware", "facial_hair", "headscarf", "mask", "tattoo"),
        "lighting": ("dimly_lit", "overexposed", "underexposed", "well_lit", "na"),
    }
    row: dict[str, Any] = {
        "person_id": 7,
        "filename": "sa_1.jpg",
        "class1": "doctor",
        "class2": "",
        "bounding_box": "{'x': 1, 'y': 2, 'width': 5, 'height': 9}",
    }
    return row | {f"{group}_{name}": 0 for group, names in groups.items() for name in names} | changed


def mat(path: Path, pose: Sequence[float], points: Any) -> None:
    from scipy.io import savemat

    image(path.with_suffix(".jpg"))
    savemat(
        path.with_suffix(".mat"), {"Pose_Para": np.array([[*pose, 10.0, 20.0, 0.0, 0.01]]), "pt2d": np.array(points)}
    )


def dot(path: Path) -> bytes:
    """A photo with one white corner, top left, to see how it was turned."""
    pixels = np.zeros((8, 12, 3), np.uint8)
    pixels[:2, :2] = 255
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(made := png(pixels))
    return made
