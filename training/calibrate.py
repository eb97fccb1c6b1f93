"""Measure thresholds, calibration and reliability of an exported reader anew, and write them into a copy of it. No
weight of the network changes. Renders must be ones that it was not trained on.

    facereason studio dataset training/studio-units.yaml --count 2400 --out fresh/studio-units seed=44 ...
    facereason studio dataset training/studio-heads.yaml --count 480 --out fresh/studio-heads seed=42 ...
    (training/landmarker.py on both and on fairface-train-*.parquet, as training/README.md says)
    python training/calibrate.py facereason/weights/reader.onnx --data DIR --made fresh --out reader.onnx
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

import numpy as np
import onnx
import torch

from facereason.faces import align
from facereason.faces.geometry import slot_name
from facereason.train import exporting, reader, reader_begin, reader_data, reader_export, render_data, teacher
from facereason.train.reader_measure import temperatures, unit_scale
from facereason.train.reader_model import Exported, Model, ReaderNet, Trunk
from facereason.train.reader_reliability import measure

AGE_BLUR = 0.5


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--data", required=True, help="folder of the photos' Parquet files")
    parser.add_argument("--made", type=Path, required=True, help="folder of fresh renders and of landmarks/")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    metadata = {each.key: json.loads(each.value) for each in onnx.load(given.weights).metadata_props}
    net = network(given.weights, metadata)
    sets = [folder for folder in (given.made / "studio-units", given.made / "studio-heads") if folder.is_dir()]
    guide = teacher.fit(sets)
    home, detector = torch.device("cpu"), reader._lazy_detector()
    renders = reader_data.Faces.joined([render_data.load(folder, detector, say=print) for folder in sets])
    renders = teacher.ranked(renders, guide, [folder / teacher.MESHES for folder in sets])
    held_out = reader_data.load("fairface", "held_out", given.data, detector, say=print)
    held_out = teacher.taught(held_out, guide, given.made / "landmarks" / "fairface-train.jsonl")
    valid = reader_data.load("ferplus", "valid", given.data, detector, say=print)
    rendered, photos, voted = (reader._on(faces, home, AGE_BLUR) for faces in (renders, held_out, valid))
    units = unit_scale(net, rendered)
    sys.stdout.write(f"{len(rendered)} renders, {len(photos)} photos that the teacher saw, {len(voted)} with votes\n")
    state = {
        **metadata,
        "temperatures": dict(temperatures(net, voted, photos)),
        "reliability": measure(net, rendered, photos, units, voted),
        "unit_thresholds": {slot_name(i): round(float(value), 3) for i, value in enumerate(units.threshold)},
    }
    crops = torch.from_numpy(np.random.default_rng(1).integers(0, 256, (2, align.SIZE, align.SIZE, 3), np.uint8))
    exporting.export(
        Exported(net, state["temperatures"], units.scale),
        crops,
        given.out,
        names=("crops", reader_export.OUTPUTS),
        dynamic={0: torch.export.Dim("n", min=1)},
        metadata=state,
        tolerances={
            name: reader_export.TOLERANCE * (align.SIZE if name == "landmarks" else 1) for name in reader_export.OUTPUTS
        },
    )
    for kind, table in state["reliability"].items():
        sys.stdout.write(f"{kind}: { ({key: value for key, value in table.items() if value >= 0.5}) }\n")


def network(weights: Path, metadata: dict) -> ReaderNet:
    """The network of an exported file, its norms folded as they are there."""
    model = dict(metadata["recipe"]["model"])
    parts = {name: Trunk(**model.pop(name)) for name in ("classes", "shapes")}
    net = ReaderNet(Model(**{**model, **parts}))
    if reader_begin.begin(net, weights) != reader_begin.PARTS:
        raise SystemExit(f"{weights}: not both halves of a reader")
    return net.eval().requires_grad_(False)


if __name__ == "__main__":
    main()
