"""How often each action unit is called present on photos, trusted or not, by the emotion that most voters gave them: no
label says which units a face shows, but no smile presses its lips together.

    python training/called.py before/reader.onnx facereason/weights/reader.onnx --data DIR --out reader-called.json

DIR holds ferplus-valid. Called: as `faces.units.decided` has it, with a probability of a half or more.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
from pathlib import Path

import numpy as np
from PIL import Image

from facereason import facs, resources, scoring
from facereason.data import read
from facereason.faces import align, geometry, units
from facereason.faces.detect import Detector
from facereason.faces.precropped import find_points
from facereason.faces.reader import Reader

EMOTIONS = ("neutral", "happiness", "surprise", "anger", "sadness")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("readers", type=Path, nargs="+")
    parser.add_argument("--data", required=True, help="folder of the photos' Parquet files")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    crops, labels = faces(given.data)
    found = []
    for path in given.readers:
        reader = Reader(path)
        present = reader.read(crops).shapes.present
        called = units.decided(present, reader.thresholds) & (geometry.units_of(present) >= units.EVEN)
        shares = {emotion: called[labels == emotion].mean(0) for emotion in EMOTIONS}
        found.append(
            {
                "reader": hashlib.sha256(path.read_bytes()).hexdigest(),
                "called": {
                    emotion: {facs.code(unit): round(float(s), 3) for unit, s in zip(facs.UNITS, share, strict=True)}
                    for emotion, share in shares.items()
                },
            }
        )
    counts = {emotion: int((labels == emotion).sum()) for emotion in EMOTIONS}
    told = {
        "what": "share of FER+ valid faces of an emotion on which a unit is called present, trusted or not",
        "command": "python training/called.py before/reader.onnx facereason/weights/reader.onnx --data DIR --out FILE",
        "faces": counts,
        "readers": found,
    }
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def faces(data: str) -> tuple[np.ndarray, np.ndarray]:
    """Aligned crops of the faces whose votes have a majority, and that emotion."""
    detector = Detector(resources.weights("detector.onnx"))
    crops, labels = [], []
    for record in read("ferplus", "valid", data):
        label = scoring.majority(record.votes, record.other_votes) if record.votes else None
        if label is not None:
            pixels = np.asarray(Image.open(io.BytesIO(record.image)).convert("RGB"))
            crops.append(align.aligned(pixels, find_points(pixels, detector)[0]))
            labels.append(str(label))
    return np.stack(crops), np.array(labels)


if __name__ == "__main__":
    main()
