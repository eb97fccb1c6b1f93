"""What the landmark teacher says of the fairface-train photos that nothing trains on, to measure the reader against.

    python training/taught.py DATA MADE OUT

DATA holds fairface-train; MADE the renders of training/reader-closeups.yaml with their landmarks.jsonl, and
landmarks/fairface-train.jsonl (see training/README.md). OUT gets taught.jsonl, a line a photo on which the landmarker
found a face: {"id", "angles": [yaw, pitch, roll] in degrees, "landmarks": 68 points in pixels of the photo}.
"""

import json
import sys
from pathlib import Path

import numpy as np

from facereason import recipes
from facereason.data import read
from facereason.faces import pose
from facereason.train import reader_data, teacher
from facereason.train.reader_recipe import Recipe


def main(data: Path, made: Path, out: Path) -> None:
    recipe = recipes.load(Recipe, "reader-closeups.yaml", [])
    guide = teacher.fit([made / name for name in recipe.renders])
    ids = [record.id for record in read("fairface", "train", data)]
    kept = np.array(ids)[reader_data.fairface_rows(len(ids))["measured"]]
    meshes = teacher.read_meshes(made / "landmarks" / "fairface-train.jsonl")
    with (out / "taught.jsonl").open("w", encoding="utf-8") as lines:
        for name in kept.tolist():
            mesh = meshes.get(name)
            if mesh is None:
                continue
            told = guide.label(mesh[None])
            angles = [round(float(angle), 2) for angle in pose.angles(told.rotation[0])]
            landmarks = np.round(told.landmarks[0], 2).tolist()
            lines.write(json.dumps({"id": name, "angles": angles, "landmarks": landmarks}) + "\n")


if __name__ == "__main__":
    main(*(Path(argument) for argument in sys.argv[1:4]))
