"""The committed renders as a folder that `facereason studio dataset` might have written, and meshes for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

RENDERS = Path(__file__).parent.parent / "renders"
SINGLE = ("smile", "left", "masked", "behind")


def person(told: dict[str, Any]) -> dict[str, Any]:
    """One person's truth, from the JSON beside a render, as a row of a data set has it."""

    def units(sides: dict[str, list[float]]) -> list[dict[str, Any]]:
        return [{"unit": int(unit), "left": left, "right": right} for unit, (left, right) in sides.items()]

    kept = ("number", "face", "head", "body_box", "visible", "emotion_asked", "posture", "head_pose", "gaze")
    kept += ("body_orientation", "landmarks", "landmark_visible")
    return {
        **{name: told[name] for name in kept},
        "AUs": units(told["units"]),
        "implied": units(told["implied"]),
        "meets": None if told["meets"] is None else str(told["meets"]),
        "attributes": {
            name: told["attributes"].get(name, usual)
            for name, usual in {"glasses": "none", "years": 30.0, "gender": 0.5}.items()
        },
    }


def write(folder: Path, names: tuple[str, ...] = SINGLE, *, copies: int = 1, dataset: str = "faces") -> Path:
    """A folder with one shard of these renders."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    from facereason.studio.dataset import schema

    rows = []
    for copy in range(copies):
        for name in names:
            told = json.loads((RENDERS / f"{name}.json").read_text())
            rows.append(
                {
                    "id": f"{name}-{copy}",
                    "dataset": f"studio/{dataset}",
                    "split": "train",
                    "license": "CC0-1.0",
                    "image": {"bytes": (RENDERS / f"{name}.jpg").read_bytes(), "path": None},
                    "people": [person(each) for each in told["people"]],
                    "spec": "{}",
                    "sweep": None,
                }
            )
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows, schema(False)), folder / "train-00000.parquet")
    return folder


def made_up(count: int, folder: Path, *, seed: int = 0) -> Path:
    """Renders for the landmark teacher: truths, and meshes that follow pose, a smile and an open jaw exactly. Points 0
    to 67 of a mesh are the landmarks. They all share one picture."""
    import pyarrow as pa
    import pyarrow.parquet as parquet

    from facereason.faces import geometry, pose
    from facereason.studio.dataset import schema

    rng = np.random.default_rng(seed)
    picture = (RENDERS / "smile.jpg").read_bytes()
    told = json.loads((RENDERS / "smile.json").read_text())["people"][0]
    half = rng.normal(size=(205, 3)) * [0.5, 1, 0.4] + [0.7, 0, 0]
    rest = np.concatenate([np.zeros((68, 3)), half, half * [-1, 1, 1]])
    for i, mirrored in enumerate(geometry.MIRRORED_LANDMARKS):
        rest[i] = [0 if i == mirrored else (-0.9 if i < mirrored else 0.9), (min(i, mirrored) - 30) / 20, 0.3]
    jaw = np.zeros_like(rest)
    jaw[55:60] = [0, 0.3, 0]
    rows, lines = [], []
    for number in range(count):
        yaw, pitch, roll = rng.uniform(-40, 40), rng.uniform(-20, 20), rng.uniform(-20, 20)
        level = {12: float(rng.uniform(0, 1)), 26: float(rng.uniform(0, 1))}
        face = rest + jaw * level[26]
        smile = np.zeros_like(rest)
        smile[[48, 54]] = [0, -0.3 * level[12], 0]
        turned = (face + smile + rng.normal(size=rest.shape) * 0.003) @ pose.matrix(yaw, pitch, roll).T * 40 + [
            100,
            100,
            0,
        ]
        rows.append(
            {
                "id": f"r{number}",
                "dataset": "studio/faces",
                "split": "train",
                "license": "CC0-1.0",
                "image": {"bytes": picture, "path": None},
                "people": [
                    {
                        "number": 1,
                        "face": told["face"],
                        "head": told["head"],
                        "visible": 1.0,
                        "posture": "standing",
                        "AUs": [{"unit": unit, "left": value, "right": value} for unit, value in level.items()],
                        "implied": [],
                        "head_pose": {"yaw": yaw, "pitch": pitch, "roll": roll},
                        "gaze": {"yaw": yaw, "pitch": pitch},
                        "landmarks": turned[:68, :2].tolist(),
                        "landmark_visible": [True] * 68,
                        "attributes": {"glasses": "none", "years": 5.0 + 10 * (number % 8), "gender": number % 2},
                    }
                ],
                "spec": "{}",
                "sweep": None,
            }
        )
        points = turned * [1, 1, -1]
        lines.append(json.dumps({"id": f"r{number}", "points": points.round(3).tolist()}))
    folder.mkdir(parents=True, exist_ok=True)
    parquet.write_table(pa.Table.from_pylist(rows, schema(False)), folder / "train-00000.parquet")
    (folder / "landmarks.jsonl").write_text("\n".join(lines) + "\n")
    return folder
