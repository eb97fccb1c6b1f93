"""How well the reader sees action units, head pose, gaze and landmarks: on renders with exact truth, and by proxy on
photos.

Reads `faces/` below the data folder: the frozen set of that name, rendered by `facereason studio dataset`; and FER+
valid. The proxies use emotion labels in place of units: a unit shall be stronger on faces of the emotion it is typical
of than on the rest; and few units shall be told as present, as a user is told, on neutral faces, and of a smile none
that smiles do not have.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from PIL import Image

from facereason import facs, resources, scoring
from facereason.bench import renders
from facereason.bench.results import Figure, share
from facereason.data import read
from facereason.faces import align, geometry, pose, reliability, units
from facereason.faces.detect import Detector
from facereason.faces.geometry import SLOTS
from facereason.faces.precropped import find_points
from facereason.faces.reader import Reader, Shapes
from facereason.types import Box, EmotionLabel, UnitState

PRESENT = 0.3  # intensity from which a unit counts as present
UNIT_YAW, GAZE_YAW = 45.0, 75.0  # degrees
NEAR = 0.25  # least overlap of the detector's face with the true one
ON = "frozen set faces"
PROXIES: Mapping[EmotionLabel, tuple[int, ...]] = {
    EmotionLabel.HAPPINESS: (12,),
    EmotionLabel.SURPRISE: (1, 2, 5, 26, 27),
    EmotionLabel.DISGUST: (9, 10),
    EmotionLabel.ANGER: (4,),
    EmotionLabel.SADNESS: (15,),
}

TOLD: Mapping[EmotionLabel, tuple[int, ...]] = {
    EmotionLabel.NEUTRAL: (4, 7, 14),
    EmotionLabel.HAPPINESS: (4, 10, 15, 20),
}
"""Of faces of an emotion, how many units are told as present, and how often those that are taken for others."""


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    detector, reader = Detector(resources.weights("detector.onnx")), Reader(resources.weights("reader.onnx"))
    say("renders")
    read_faces, found = [], []
    for person, pixels in renders.people(data, "faces"):
        if not person["face"]:
            continue
        box = Box(*person["face"])
        best = max(detector.detect(pixels), key=lambda d: d.box.iou(box), default=None)
        found.append(best is not None and best.box.iou(box) >= NEAR)
        if best is not None and found[-1]:
            read_faces.append(_read(person, pixels, best.points, reader))
    say("photos")
    return [share("studio faces found and read", ON, found), *_studio(read_faces), *_proxies(data, detector, reader)]


def _read(person: Mapping[str, Any], pixels: Any, points: Any, reader: Reader) -> dict[str, Any]:
    """One face: what was read and what is true, both in the frame of the photo."""
    forward = align.similarity(points)
    upright = geometry.upright(forward)
    shapes = reader.read([align.aligned(pixels, points)]).shapes
    angles, look = person["head_pose"], person["gaze"]
    closed = max((max(u["left"], u["right"]) for u in person["AUs"] if u["unit"] == 43), default=0.0)
    return {
        "yaw": abs(angles["yaw"]),
        "present": units.decided(shapes.present[0], reader.thresholds),
        "level": geometry.units_of(shapes.intensity[0]),
        "truth": geometry.units_of(geometry.slot_levels([*person["AUs"], *person["implied"]])),
        "angles": pose.angles(upright @ shapes.rotation[0]),
        "true angles": (angles["yaw"], angles["pitch"], angles["roll"]),
        "gaze": float(np.degrees(np.arccos(np.clip(
            (upright @ shapes.gaze[0]) @ geometry.direction(look["yaw"], look["pitch"]), -1, 1
        )))),
        "eyes": abs(angles["yaw"]) <= GAZE_YAW and closed < 0.5 and person["attributes"]["glasses"] != "sunglasses",
        "landmarks": float(scoring.landmark_error(
            ((shapes.landmarks[0] - forward[:, 2]) @ np.linalg.inv(forward[:, :2]).T)[None],
            np.array(person["landmarks"], np.float64)[None],
        )[0]),
    }  # fmt: skip


def _studio(faces: list[dict[str, Any]]) -> Iterator[Figure]:
    front = [face for face in faces if face["yaw"] <= UNIT_YAW]
    truth, level = (np.stack([face[key] for face in front]) for key in ("truth", "level"))
    present = np.stack([face["present"] for face in front])
    f1 = [scoring.f1(present[:, i], truth[:, i] >= PRESENT) for i in range(len(facs.UNITS))]
    icc = [scoring.icc(level[:, i], truth[:, i]) for i in range(len(facs.UNITS))]
    n = len(front)
    yield Figure(name="AU presence, macro F1 over 23, yaw to 45", on=ON, value=float(np.nanmean(f1)), n=n)
    for number, value in zip(facs.UNITS, f1, strict=True):
        yield Figure(name=f"AU{number} presence, F1", on=ON, value=value, n=n)
    yield Figure(name="AU intensity, mean ICC(3,1), yaw to 45", on=ON, value=float(np.nanmean(icc)), n=n)
    off = np.abs(np.array([face["angles"] for face in faces]) - [face["true angles"] for face in faces])
    off = np.minimum(off, 360 - off)
    for i, axis in enumerate(("yaw", "pitch", "roll")):
        yield Figure(name=f"studio {axis}, reader, MAE, °", on=ON, value=float(off[:, i].mean()), n=len(faces))
    gaze = [face["gaze"] for face in faces if face["eyes"]]
    yield Figure(name="studio gaze, reader, mean error, °", on=ON, value=float(np.mean(gaze)), n=len(gaze))
    error = float(np.mean([face["landmarks"] for face in faces]))
    yield Figure(name="studio landmarks, normalised mean error", on=ON, value=error, n=len(faces))


def _proxies(data: str | None, detector: Detector, reader: Reader) -> Iterator[Figure]:
    labels, levels, told_present = [], [], []
    for record in read("ferplus", "valid", data):
        label = scoring.majority(record.votes, record.other_votes) if record.votes else None
        if label is None:
            continue
        with Image.open(io.BytesIO(record.image)) as image:
            pixels = np.asarray(image.convert("RGB"))
        points, _ = find_points(pixels, detector)
        labels.append(label)
        shapes = reader.read([align.aligned(pixels, points)]).shapes
        levels.append(geometry.units_of(shapes.intensity[0]))
        told_present.append(_told(shapes, reader))
    told, numbers = np.stack(levels), [number for number, _ in SLOTS]
    order = list(dict.fromkeys(numbers))
    for emotion, typical in PROXIES.items():
        true = np.array([label is emotion for label in labels])
        for number in typical:
            value = scoring.auc(told[:, order.index(number)], true)
            yield Figure(name=f"proxy: AU{number} for {emotion}, AUC", on="ferplus-valid", value=value, n=len(labels))
    for emotion, confused in TOLD.items():
        seen = [present for label, present in zip(labels, told_present, strict=True) if label is emotion]
        if not seen:
            continue
        mean = sum(map(len, seen)) / len(seen)
        yield Figure(name=f"units told as present, {emotion}, a face", on="ferplus-valid", value=mean, n=len(seen))
        for number in confused:
            yield share(f"AU{number} told as present, {emotion}", "ferplus-valid", [number in each for each in seen])


def _told(shapes: Shapes, reader: Reader) -> set[int]:
    """The units that a user is told are present on one face, were its photo clear."""
    kind = reliability.name(reliability.view_of(pose.angles(shapes.rotation[0])[0]), reliability.Detail.CLEAR)
    read = units.read(shapes.present[0], shapes.intensity[0], reader.thresholds, reader.reliability, kind, "")
    return {unit.unit for unit in read if unit.state is UnitState.PRESENT}
