"""Studio renders as the reader's training samples: patches around each head, and the exact truth in each patch.

A person whose face the detector finds is seen as the reader will see it, aligned by the detector's five points; heads
seen from everywhere, and those whose face was not found, as the square around the head's box. What tells of age and
perceived gender is known of faces that are in view.
"""

from __future__ import annotations

import hashlib
import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason import resources
from facereason.data import DataError
from facereason.faces import align, geometry, pose
from facereason.faces.reader import GENDERS
from facereason.train.reader_data import Faces, Geometry
from facereason.types import Box, Gender

if TYPE_CHECKING:
    from facereason.faces.detect import Detector
    from facereason.images import Pixels

PATCH = 160  # pixels, both sides: a crop of 112 and what shifting, turning and zooming may bring in
MARGIN = (PATCH - align.SIZE) / 2
EVERY_HEAD = "heads"  # sets of this name teach the full range: their heads are taken by the box as well
NEAR = 0.25  # least overlap of the detector's face with the true one
PRESENT = 0.3  # intensity from which a unit counts as present
FACE_YAW = 60  # degrees up to which a face shows age and perceived gender
FIRST_YEARS = (0, 3, 10, 20, 30, 40, 50, 60, 70)  # of each age group
GROWN, CLEAR = 14, 0.2  # years from which perceived gender counts, and how far from the middle it must lie
HELD_OUT = 16  # every so-manieth sample is kept for thresholds, calibration and the curve

_FORMAT = 2  # of the cache files


def load(
    folder: str | Path,
    detector: Callable[[], Detector],
    *,
    limit: int | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Faces:
    """The people of a folder that `facereason studio dataset` wrote, one to three samples each. What was cut out is
    kept in the user's cache folder, one file a shard. `limit`: only so many samples.

    Raises DataError where there is no such data.
    """
    folder = Path(folder)
    shards = sorted(folder.glob("*.parquet"))
    if not shards:
        raise DataError(f"{folder}: no renders; make them with: facereason studio dataset {folder.name}.yaml")
    parts, count = [], 0
    for shard in shards:
        parts.append(_shard(shard, detector, say))
        count += len(parts[-1])
        if limit and count >= limit:
            break
    faces = Faces.joined(parts)
    say(f"{folder.name}: {len(faces)} samples")
    return faces.take(np.arange(len(faces)) < limit) if limit else faces


def _shard(path: Path, detector: Callable[[], Detector], say: Callable[[str], None]) -> Faces:
    content = hashlib.sha256(path.read_bytes()).hexdigest()
    eye = resources.verify("detector.onnx")
    key = hashlib.sha256(f"{content} {eye} {PATCH} {_FORMAT}".encode()).hexdigest()[:20]
    cache = resources.user_dir() / "patches" / f"{key}.npz"
    if not cache.is_file():
        say(f"{path.parent.name}/{path.name}: cutting out heads")
        samples = list(_samples(path, detector()))
        if not samples:
            raise DataError(f"{path}: no heads in it")
        stacked = {name: np.stack([sample[name] for sample in samples]) for name in samples[0]}
        cache.parent.mkdir(parents=True, exist_ok=True)
        part = cache.with_suffix(".part.npz")
        np.savez(part, **stacked)  # type: ignore[arg-type]
        part.replace(cache)
    with np.load(cache) as stored:
        units = stored["intensity"]
        present = np.where(np.isnan(units), np.nan, units >= PRESENT).astype(np.float32)
        unranked = np.full_like(units, np.nan)
        known = Geometry(stored["rotation"], stored["gaze"], stored["landmarks"], units, present, unranked)
        faces = Faces.unlabelled(stored["images"], stored["points"], stored["found"], known, stored["ids"])
        return replace(faces, age=stored["age"], gender=stored["gender"])


def _samples(path: Path, detector: Detector) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet as parquet

    columns = ["id", "dataset", "image", "people"]
    batches = parquet.ParquetFile(path).iter_batches(64, columns=columns)
    for row in itertools.chain.from_iterable(batch.to_pylist() for batch in batches):
        name = str(row["dataset"]).split("/")[-1]
        with Image.open(io.BytesIO(row["image"]["bytes"])) as image:
            pixels = np.asarray(image.convert("RGB"))
        people = [person for person in row["people"] if person["head"] and person["visible"] >= 0.5]
        found = detector.detect(pixels)
        for person in people:
            points = _points(person, found)
            if points is not None:
                yield _sample(row["id"], pixels, person, points, found=True)
            if points is None or name == EVERY_HEAD:
                box = Box(*person["head"])
                if _inside(person, pixels):
                    square = geometry.head_points(box, align.TEMPLATE, align.SIZE)
                    yield _sample(row["id"], pixels, person, square, found=False)


def _inside(person: Mapping[str, Any], pixels: Pixels) -> bool:
    """Whether the head's box does not end at the picture's border: its square would say nothing then."""
    x, y, width, height = person["head"]
    return bool(x > 0 and y > 0 and x + width < pixels.shape[1] and y + height < pixels.shape[0])


def _points(person: Mapping[str, Any], found: Sequence[Any]) -> npt.NDArray[np.float32] | None:
    """The detector's five points of this person's face."""
    if not person["face"]:
        return None
    box = Box(*person["face"])
    best = max(found, key=lambda d: d.box.iou(box), default=None)
    return best.points if best is not None and best.box.iou(box) >= NEAR else None


def _sample(
    name: str, pixels: Pixels, person: Mapping[str, Any], points: npt.NDArray[Any], *, found: bool
) -> Mapping[str, npt.NDArray[Any] | np.bool_ | np.int64]:
    """A patch in which the face lies as in the aligned crop, with a margin, and the truth there."""
    template = align.TEMPLATE + MARGIN
    forward = align.similarity(points, template)
    scale = float(np.hypot(forward[0, 0], forward[1, 0]))
    turn = np.eye(3)
    turn[:2, :2] = forward[:, :2] / scale
    angles = person["head_pose"]
    rotation = pose.matrix(angles["yaw"], angles["pitch"], angles["roll"])
    landmarks = np.array(person["landmarks"], np.float64) @ forward[:, :2].T + forward[:, 2]
    gaze = turn @ geometry.direction(person["gaze"]["yaw"], person["gaze"]["pitch"])
    level, seen = intensity(person), abs(angles["yaw"]) <= 100
    if not seen:
        level = np.full_like(level, np.nan)
    return {
        "images": align.warped(pixels, forward, PATCH),
        "points": (np.asarray(points, np.float64) @ forward[:, :2].T + forward[:, 2]).astype(np.float32),
        "found": np.bool_(found),
        "ids": np.array(name),
        "rotation": (turn @ rotation).astype(np.float32),
        "gaze": (gaze if gaze_seen(person) else np.full(3, np.nan)).astype(np.float32),
        "landmarks": landmarks.astype(np.float32),
        "intensity": level.astype(np.float32),
        **_appears(person, found and abs(angles["yaw"]) <= FACE_YAW),
    }


def _appears(person: Mapping[str, Any], in_view: bool) -> Mapping[str, np.int64]:
    """Numbers of age group and perceived gender as `reader_data.Faces` has them, -1 where the face does not show it."""
    years, gender = person["attributes"]["years"], person["attributes"]["gender"]
    age = int(np.searchsorted(FIRST_YEARS, years, side="right")) - 1
    clear = years >= GROWN and abs(gender - 0.5) >= CLEAR
    return {
        "age": np.int64(age if in_view else -1),
        "gender": np.int64(GENDERS.index(Gender.MALE if gender > 0.5 else Gender.FEMALE) if in_view and clear else -1),
    }


def intensity(person: Mapping[str, Any]) -> npt.NDArray[np.float64]:
    """Rig drive of each slot, what is brought along included."""
    return geometry.slot_levels([*person["AUs"], *person["implied"]])


def gaze_seen(person: Mapping[str, Any]) -> bool:
    """Whether the eyes' direction can be seen: a face in view, lids not closed, no dark glasses."""
    closed = max((max(unit["left"], unit["right"]) for unit in person["AUs"] if unit["unit"] == 43), default=0.0)
    dark = person["attributes"]["glasses"] == "sunglasses"
    return abs(person["head_pose"]["yaw"]) <= 75 and closed < 0.5 and not dark
