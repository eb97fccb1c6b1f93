"""Pictures of people with boxes of heads and bodies, for the detector of people: studio groups and single figures,
whose truth is exact, and photos of faces, of which only the head's box is known, from the face detector's five points.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason.data import DataError
from facereason.faces import align
from facereason.faces.reader import AGES
from facereason.train.reader_data import load as load_faces
from facereason.types import AgeGroup

if TYPE_CHECKING:
    from facereason.faces.detect import Detector

MOST = 8  # people a picture
SEEN, HIDDEN = 0.35, 0.02  # share of a person in view from which they shall be found, and up to which they are nothing
FIVE = ((36, 39), (42, 45), (30,), (48,), (54,))  # landmarks whose means are the five points, as seen in the image
STAGES = ("child", "adult", "old")
_STAGE_OF: Mapping[AgeGroup, float] = {
    **dict.fromkeys((AgeGroup.FROM_0, AgeGroup.FROM_3), STAGES.index("child")),
    **dict.fromkeys((AgeGroup.FROM_20, AgeGroup.FROM_30, AgeGroup.FROM_40), STAGES.index("adult")),
    **dict.fromkeys((AgeGroup.FROM_60, AgeGroup.FROM_70), STAGES.index("old")),
    **dict.fromkeys((AgeGroup.FROM_10, AgeGroup.FROM_50), np.nan),
}
"""Stage of life of a labelled age group, nan where it holds two."""
CHILD, ADULT, OLD = 11, (17, 52), 65  # years up to which, within which and from which somebody is one of the stages
HELD_OUT = 16  # every so-manieth picture is kept for the curve and thresholds

Float32 = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Pictures:
    """`images`: `(n, h, w, 3)` uint8; of up to `MOST` people each, rows of nan beyond: `heads` and `bodies`
    `(n, MOST, 4)` left, top, right, bottom in pixels, nan where not known; `orientation` `(n, MOST)` degrees, nan where
    not known; `sitting` `(n, MOST)`, 1 or 0, and `stage`, the number in `STAGES`, likewise; `clear`
    `(n, MOST)`: whether they shall be found, else they neither shall nor shall not."""

    images: npt.NDArray[np.uint8]
    heads: Float32
    bodies: Float32
    orientation: Float32
    sitting: Float32
    stage: Float32
    clear: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.images)

    @classmethod
    def joined(cls, parts: Sequence[Pictures]) -> Pictures:
        """The pictures of all parts, one part after the other."""
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__slots__))

    def take(self, rows: npt.NDArray[Any]) -> Pictures:
        """The pictures in these rows."""
        return Pictures(*(getattr(self, name)[rows] for name in self.__slots__))


def renders(folder: str | Path, size: tuple[int, int], *, limit: int | None = None) -> Pictures:
    """The pictures of a folder that `facereason studio dataset` wrote, brought to `size`, width and height.

    DataError where there is no such data.
    """
    found = []
    for row in _rows(Path(folder)):
        found.append(_picture(row, size))
        if limit and len(found) == limit:
            break
    return _stacked(found)


def photos(
    folder: str | Path | None, head: Float32, detector: Callable[[], Detector], *, limit: int | None
) -> Pictures:
    """FairFace train, less what is held out there; `head`: where a head's box lies, as `head_box` says."""
    faces = load_faces("fairface", "train", folder, detector, limit=limit)
    faces = faces.take(faces.found)
    n = len(faces)
    nothing = np.full((n, MOST), np.nan, np.float32)
    heads = np.full((n, MOST, 4), np.nan, np.float32)
    for i, points in enumerate(faces.points):
        heads[i, 0] = _placed(head, points)
    stage, clear = nothing.copy(), np.zeros((n, MOST), np.bool_)
    clear[:, 0] = True
    stages = np.array([*(_STAGE_OF[group] for group in AGES), np.nan], np.float32)
    stage[:, 0] = stages[faces.age]  # -1, not labelled, is the last
    return Pictures(faces.images, heads, np.full_like(heads, np.nan), nothing, nothing.copy(), stage, clear)


def head_box(folder: str | Path) -> Float32:
    """Left, top, right and bottom of a head's box in the aligned crop: the median over faces of a folder of renders
    that look to the front."""
    boxes = []
    for row in _rows(Path(folder)):
        for person in row["people"]:
            if person["head"] and abs(person["head_pose"]["yaw"]) < 30 and person["visible"] > 0.9:
                landmarks = np.array(person["landmarks"], np.float64)
                points = np.stack([landmarks[list(rows)].mean(0) for rows in FIVE])
                forward = align.similarity(points)
                x, y, width, height = person["head"]
                middle = forward[:, :2] @ [x + width / 2, y + height / 2] + forward[:, 2]
                half = np.hypot(forward[0, 0], forward[1, 0]) * np.array([width, height]) / 2
                boxes.append([*(middle - half), *(middle + half)])
    if not boxes:
        raise DataError(f"{folder}: nobody who looks to the front")
    return np.asarray(np.median(boxes, axis=0), np.float32)


def _placed(head: Float32, points: Float32) -> Float32:
    """The upright box around a head whose five points are these."""
    forward = align.similarity(points)
    scale = float(np.hypot(forward[0, 0], forward[1, 0]))
    middle = np.linalg.solve(forward[:, :2], (head[:2] + head[2:]) / 2 - forward[:, 2])
    half = (head[2:] - head[:2]) / 2 / scale
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def _rows(folder: Path) -> Iterator[Mapping[str, Any]]:
    import pyarrow.parquet as parquet

    shards = sorted(folder.glob("*.parquet"))
    if not shards:
        raise DataError(f"{folder}: no renders; make them with: facereason studio dataset {folder.name}.yaml")
    for shard in shards:
        for batch in parquet.ParquetFile(shard).iter_batches(64, columns=["image", "people"]):
            yield from batch.to_pylist()


def _picture(row: Mapping[str, Any], size: tuple[int, int]) -> tuple[npt.NDArray[Any], ...]:
    with Image.open(io.BytesIO(row["image"]["bytes"])) as opened:
        scale = np.array([size[0] / opened.width, size[1] / opened.height] * 2)
        image = np.asarray(opened.convert("RGB").resize(size, Image.Resampling.BILINEAR, reducing_gap=2.0))
    heads = np.full((MOST, 4), np.nan, np.float32)
    bodies, orientation = heads.copy(), heads[:, 0].copy()
    sitting, stage = orientation.copy(), orientation.copy()
    clear = np.zeros(MOST, np.bool_)
    people = [person for person in row["people"] if person["head"] and person["visible"] > HIDDEN]
    for i, person in enumerate(people[:MOST]):
        heads[i] = _corners(person["head"]) * scale
        if person["body_box"]:
            bodies[i] = _corners(person["body_box"]) * scale
        orientation[i] = person["body_orientation"]
        sitting[i] = person["posture"] == "sitting"
        stage[i] = _stage_at(float(person["attributes"]["years"]))
        clear[i] = person["visible"] >= SEEN
    return image, heads, bodies, orientation, sitting, stage, clear


def _stage_at(years: float) -> float:
    """The number of a render's stage of life; nan where it lies between two."""
    if years <= CHILD:
        return STAGES.index("child")
    if years >= OLD:
        return STAGES.index("old")
    return STAGES.index("adult") if ADULT[0] <= years <= ADULT[1] else np.nan


def _corners(box: Sequence[float]) -> npt.NDArray[np.float64]:
    x, y, width, height = box
    return np.array([x, y, x + width, y + height])


def _stacked(found: Sequence[tuple[npt.NDArray[Any], ...]]) -> Pictures:
    return Pictures(*(np.stack(part) for part in zip(*found, strict=True)))
