"""The studio, judged by a landmarker that was trained on real photos: are rendered faces found, and do pose and
landmarks move as the truth says? And how many it renders a second.

Reads `landmarker/` and `sweeps/` below the data folder: the frozen sets of those names, rendered by `facereason studio
dataset`, with the `landmarks.jsonl` that `training/landmarker.py` wrote beside them.
"""

from __future__ import annotations

import json
import math
import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason import facs, recipes
from facereason.bench.results import Figure, Group, share
from facereason.scoring import wilson
from facereason.types import FaceReasonError

Say = Callable[[str], None]
Points = npt.NDArray[np.float64]

PAIRS = ((33, 263), (133, 362), (61, 291), (234, 454), (127, 356), (70, 300), (105, 334), (98, 327))
"""Points of the mesh that are each other's mirror image, the image's left first."""
TIMED = (40, 240)  # pictures rendered before the clock, and on it


def figures(data: str | None, say: Say) -> list[Figure]:
    """Share of faces found, mean absolute errors of pose in degrees, share of units whose landmark moves the right way,
    pictures a second."""
    folder = data or os.environ.get("FACEREASON_DATA")
    if not folder:
        raise FaceReasonError("no data folder: name the one with landmarker/ and sweeps/ by --data or FACEREASON_DATA")
    say("pose")
    found, errors = _pose(Path(folder) / "landmarker")
    say("action units")
    units = _units(Path(folder) / "sweeps")
    say("speed")
    name = "frozen set landmarker"
    return [
        share("studio faces the landmarker finds, yaw to 60", name, found),
        *(
            Figure(name=f"studio {axis}, landmarker against truth, MAE, °", on=name, value=fmean(off), n=len(off))
            for axis, off in errors.items()
        ),
        units,
        _speed(),
    ]


def _pose(folder: Path) -> tuple[list[bool], dict[str, list[float]]]:
    """Whether each face was found, and absolute errors of those that were."""
    found: list[bool] = []
    errors: dict[str, list[float]] = {"yaw": [], "roll": []}
    for _, row, points in _rows(folder):
        found.append(points is not None)
        if points is not None:
            truth = row["people"][0]["head_pose"]
            for axis, value in zip(errors, turned(points), strict=True):
                errors[axis].append(abs(value - truth[axis]))
    return found, errors


def turned(points: Points) -> tuple[float, float]:
    """Yaw and roll of a face mesh `(478, 3)`, degrees, by the lines between points that mirror each other."""
    line = sum((points[b] - points[a]) / np.linalg.norm(points[b] - points[a]) for a, b in PAIRS)
    x, y, z = np.asarray(line).tolist()
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _units(folder: Path) -> Figure:
    """Units for which most of the people's landmarks move the right way from none to full strength."""
    measured: dict[tuple[int, int, str], Points] = {}
    for _, row, points in _rows(folder):
        told = json.loads(row["sweep"])
        if points is not None and told["vary"].startswith("AU"):
            measured[int(told["vary"][2:]), told["base"], told["value"]] = _upright(points)
    groups, right = [], []
    for unit in facs.UNITS:
        moves = [
            MOVES[unit](points) - MOVES[unit](measured[unit, base, "0"])
            for (of, base, value), points in measured.items()
            if of == unit and value == "1" and (unit, base, "0") in measured
        ]
        if not moves:
            raise FaceReasonError(f"{folder}: no pair of faces with and without AU{unit}: is the set whole?")
        ways = sum(move > 0 for move in moves)
        low, high = wilson(ways, len(moves))
        groups.append(Group(by="unit", group=f"AU{unit}", n=len(moves), value=ways / len(moves), low=low, high=high))
        right.append(ways > len(moves) / 2)
    value = sum(right) / len(right)
    name = "studio units whose landmark moves the right way on most faces"
    return Figure(name=name, on="frozen set sweeps", value=value, n=len(right), groups=tuple(groups))


def _upright(points: Points) -> Points:
    """Points `(478, 2)` with the outer corners of the eyes level, their distance 1, their middle the origin."""
    left, right = points[33, :2], points[263, :2]
    across = right - left
    size = float(np.linalg.norm(across))
    c, s = across / size
    level: Points = (points[:, :2] - (left + right) / 2) @ np.array([[c, -s], [s, c]]) / size
    return level


def _gap(above: int, below: int) -> Callable[[Points], float]:
    return lambda points: float(points[below, 1] - points[above, 1])


def _width(points: Points) -> float:
    return float(points[291, 0] - points[61, 0])


def _height(*where: int) -> Callable[[Points], float]:
    """How high points lie, above the eyes positive."""
    return lambda points: -float(np.mean([points[i, 1] for i in where]))


def _less(measure: Callable[[Points], float]) -> Callable[[Points], float]:
    return lambda points: -measure(points)


def _eyes(points: Points) -> float:
    return _gap(159, 145)(points) + _gap(386, 374)(points)


_lips = _gap(0, 17)
_open = _gap(13, 14)

MOVES: Mapping[int, Callable[[Points], float]] = {
    1: _height(55, 285),
    2: _height(46, 276),
    4: _less(_height(105, 334)),
    5: _eyes,
    6: _less(_eyes),
    7: _less(_eyes),
    9: _height(129, 358),
    10: _height(0),
    12: _height(61, 291),
    14: _width,
    15: _less(_height(61, 291)),
    16: _less(_height(14)),
    17: _height(17),
    18: _less(_width),
    20: _width,
    22: _less(_width),
    23: _less(_lips),
    24: _less(_lips),
    25: _open,
    26: _open,
    27: _open,
    28: _less(_lips),
    43: _less(_eyes),
}
"""What grows with each unit, in distances between the outer corners of the eyes."""


def _rows(folder: Path) -> Iterator[tuple[str, Mapping[str, Any], Points | None]]:
    import pyarrow.parquet as parquet

    marks = folder / "landmarks.jsonl"
    if not marks.is_file():
        raise FaceReasonError(f"no {marks}: render the frozen set there, then run training/landmarker.py on it")
    lines = (json.loads(line) for line in marks.read_text(encoding="utf-8").splitlines())
    points = {line["id"]: line["points"] for line in lines}
    for path in sorted(folder.glob("*.parquet")):
        for row in parquet.read_table(path, columns=["id", "people", "sweep"]).to_pylist():
            if row["id"] not in points:
                raise FaceReasonError(f"{marks}: nothing about {row['id']}: run training/landmarker.py to its end")
            mesh = points[row["id"]]
            yield row["id"], row, None if mesh is None else np.array(mesh)


def _speed() -> Figure:
    """Pictures a second of the shipped profile of faces, by one process a core, when all processes are warm."""
    from facereason.studio import dataset
    from facereason.studio.profile import Profile

    warm, timed = TIMED
    source = dataset.from_profile(recipes.load(Profile, "studio-faces.yaml"), warm + timed)
    done: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as folder:
        dataset.build(source, folder, step=lambda count, total: done.update({count: time.perf_counter()}))
    rate = timed / (done[warm + timed] - done[warm])
    return Figure(name="studio pictures of 224 px, all cores, a second", on="studio-faces.yaml", value=rate, n=timed)
