"""How well the reader sees how heads turn: from everywhere, on renders with exact truth; and on photos, against a
landmark teacher and against itself.

Reads `heads/` below the data folder: the frozen set of that name, rendered by `facereason studio dataset`;
`taught.jsonl`: what the landmark teacher says of held-out fairface-train photos (`training/taught.py`); and FairFace
val. A photo that is mirrored turns yaw and roll round, one that is rolled takes roll along: what is read of both shall
say so, whatever the true pose is. The spread of yaw says how much a constant reading would get wrong.
"""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason import resources, scoring
from facereason.bench import renders
from facereason.bench.results import Figure
from facereason.data import read
from facereason.faces import align, geometry, pose
from facereason.faces.detect import Detector
from facereason.faces.precropped import find_points
from facereason.faces.reader import Reader, Shapes
from facereason.types import Box, FaceReasonError

Array = npt.NDArray[np.float64]
Pixels = npt.NDArray[np.uint8]

TAUGHT = "taught.jsonl"
PHOTOS = 2000  # of fairface-val that are mirrored and rolled
ROLLED = 15.0  # degrees
AXES = ("yaw", "pitch", "roll")


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    detector, reader = Detector(resources.weights("detector.onnx")), Reader(resources.weights("reader.onnx"))
    said: list[Figure] = []
    for name, part in (
        ("heads", _heads(data, reader)),
        ("photos, the teacher", _teacher(data, detector, reader)),
        ("photos, mirrored and rolled", _itself(data, detector, reader)),
    ):
        say(name)
        said += part
    return said


def _heads(data: str | None, reader: Reader) -> Iterator[Figure]:
    errors, yaws = [], []
    for person, pixels in renders.people(data, "heads"):
        if not person["head"]:
            continue
        points = geometry.head_points(Box(*person["head"]), align.TEMPLATE, align.SIZE)
        rotation, _ = _read(pixels, points, reader)
        angles = person["head_pose"]
        true = pose.matrix(angles["yaw"], angles["pitch"], angles["roll"])
        errors.append(float(geometry.geodesic(rotation, true)))
        yaws.append(abs(angles["yaw"]))
    off, turned = np.array(errors), np.array(yaws)
    on = "frozen set heads"
    for name, rows in (
        ("full range", turned >= 0),
        ("yaw to 90", turned <= 90),
        ("yaw beyond 90", turned > 90),
    ):
        value = float(off[rows].mean()) if rows.any() else float("nan")
        yield Figure(name=f"geodesic error, head box given, {name}, mean, °", on=on, value=value, n=int(rows.sum()))
    yield Figure(name="geodesic error, head box given, median, °", on=on, value=float(np.median(off)), n=len(off))


def _read(pixels: Pixels, points: Array, reader: Reader) -> tuple[Array, Array]:
    """Rotation `(3, 3)` and landmarks `(68, 2)` in the frame of the photo."""
    forward = align.similarity(points)
    shapes: Shapes = reader.read([align.aligned(pixels, points)]).shapes
    landmarks = (shapes.landmarks[0] - forward[:, 2]) @ np.linalg.inv(forward[:, :2]).T
    return geometry.upright(forward) @ shapes.rotation[0], landmarks


def _teacher(data: str | None, detector: Detector, reader: Reader) -> Iterator[Figure]:
    path = renders.folder(data, TAUGHT)
    if not path.is_file():
        raise FaceReasonError(f"no {path}: write it with training/taught.py")
    told = {row["id"]: row for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())}
    off, apart = [], []
    for record in read("fairface", "train", data):
        if record.id not in told:
            continue
        wanted: dict[str, Any] = told[record.id]
        pixels = _pixels(record.image)
        points, _ = find_points(pixels, detector)
        rotation, landmarks = _read(pixels, np.asarray(points, np.float64), reader)
        off.append(np.subtract(pose.angles(rotation), wanted["angles"]))
        true = np.array(wanted["landmarks"], np.float64)
        apart.append(float(scoring.landmark_error(landmarks[None], true[None])[0]))
    on, n = "fairface-train, held out", len(off)
    turned = np.abs(np.array(off).reshape(-1, 3))
    turned = np.minimum(turned, 360 - turned)
    for i, axis in enumerate(AXES):
        yield Figure(name=f"{axis} against the landmark teacher, MAE, °", on=on, value=float(turned[:, i].mean()), n=n)
    error = float(np.mean(apart))
    yield Figure(name="landmarks against the landmark teacher, normalised mean error", on=on, value=error, n=n)


def _itself(data: str | None, detector: Detector, reader: Reader) -> Iterator[Figure]:
    plain: list[tuple[float, float, float]] = []
    mirrored: list[tuple[float, float, float]] = []
    rolled: list[tuple[float, float, float]] = []
    for record in read("fairface", "val", data):
        pixels = _pixels(record.image)
        turned = np.asarray(Image.fromarray(pixels).rotate(-ROLLED, Image.Resampling.BICUBIC))
        for into, view in ((plain, pixels), (mirrored, np.ascontiguousarray(pixels[:, ::-1])), (rolled, turned)):
            points, _ = find_points(view, detector)
            into.append(pose.angles(_read(view, np.asarray(points, np.float64), reader)[0]))
        if len(plain) == PHOTOS:
            break
    a, b, c = (np.array(angles) for angles in (plain, mirrored, rolled))
    on, n = "fairface-val", len(a)
    for axis in (0, 2):
        off = float(np.median(np.abs(a[:, axis] + b[:, axis])))
        yield Figure(name=f"mirrored: {AXES[axis]} changes sign, median error, °", on=on, value=off, n=n)
    off = float(np.median(np.abs(c[:, 2] - a[:, 2] - ROLLED)))
    yield Figure(name=f"rolled by {ROLLED:.0f}°: roll follows, median error, °", on=on, value=off, n=n)
    yield Figure(name="spread of yaw, standard deviation, °", on=on, value=float(a[:, 0].std()), n=n)


def _pixels(image: bytes) -> Pixels:
    with Image.open(io.BytesIO(image)) as opened:
        return np.asarray(opened.convert("RGB"))
