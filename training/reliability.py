"""Measure how far the readings of a reader are to be trusted, by kind of photo, on renders that it was not trained on,
and write the table. The network, its calibration and its thresholds stay as they are.

    facereason studio dataset training/studio-units.yaml --count 2048 --out fresh/studio-units seed=44 ...
    facereason studio dataset training/studio-heads.yaml --count 256 --out fresh/studio-heads seed=42 ...
    (training/landmarker.py on both and on fairface-train-*.parquet, as training/README.md says)
    python training/reliability.py facereason/weights/reader.onnx --data DIR --made fresh \
        --taught out/studio-units out/studio-slack out/studio-slack-more out/studio-faces out/studio-heads \
        --out reader-reliability.json
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import onnx
import torch
from onnx import numpy_helper

from facereason.faces.geometry import SLOTS, slot_name
from facereason.train import reader, reader_begin, reader_data, reader_reliability, render_data, teacher
from facereason.train.reader_measure import UnitScale
from facereason.train.reader_model import Model, ReaderNet

AGE_BLUR = 0.5  # of labels that this does not read


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("weights", type=Path)
    parser.add_argument("--data", required=True, help="folder of the photos' Parquet files")
    parser.add_argument("--made", type=Path, required=True, help="folder of fresh renders and of landmarks/")
    parser.add_argument("--taught", type=Path, nargs="+", help="renders that the teacher is fitted on; else --made")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    graph = onnx.load(given.weights)
    metadata = {each.key: json.loads(each.value) for each in graph.metadata_props}
    net, scale = network(given.weights, metadata), calibration(graph, metadata)
    sets = [folder for folder in (given.made / "studio-units", given.made / "studio-heads") if folder.is_dir()]
    guide = teacher.fit(given.taught or sets)
    home, detector = torch.device("cpu"), reader._lazy_detector()
    drawn = [teacher.ranked(render_data.load(at, detector), guide, at / teacher.MESHES) for at in sets]
    renders = reader_data.Faces.joined(drawn)
    held_out = reader_data.load("fairface", "held_out", given.data, detector)
    held_out = teacher.taught(held_out, guide, given.made / "landmarks" / "fairface-train.jsonl")
    valid, more = (reader_data.load("ferplus", split, given.data, detector) for split in ("valid", "train"))
    rendered, photos, voted, others = (reader._on(faces, home, AGE_BLUR) for faces in (renders, held_out, valid, more))
    voted = reader_reliability.with_rare(voted, others)
    sys.stdout.write(f"{len(rendered)} renders, {len(photos)} photos for the teacher, {len(voted)} with votes\n")
    found = {
        "reader": hashlib.sha256(given.weights.read_bytes()).hexdigest(),
        "measured_on": {
            "renders": len(rendered),
            "fairface, held out": len(photos),
            "ferplus-valid, rare emotions of ferplus-train": len(voted),
        },
        "table": reader_reliability.measure(net, rendered, photos, scale, voted),
    }
    given.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


def network(weights: Path, metadata: dict[str, Any]) -> ReaderNet:
    """The network of an exported file, its norms folded as they are there."""
    net = ReaderNet(Model.stored({**metadata["recipe"]["model"], "mirrored": metadata.get("mirrored", False)}))
    if reader_begin.begin(net, weights) != reader_begin.parts(net):
        raise SystemExit(f"{weights}: not the whole of a reader")
    return net.eval().requires_grad_(False)


def calibration(graph: onnx.ModelProto, metadata: dict[str, Any]) -> UnitScale:
    """Slopes, offsets and thresholds of the units, as they ship."""
    if "unit_scale" not in metadata:  # exported before files told it: two constants of the graph, slopes first
        stored = {each.name: numpy_helper.to_array(each) for each in graph.graph.initializer}
        columns = [stored[name].tolist() for name in sorted(stored) if name.startswith("select")]
        if [len(column) for column in columns] != [len(SLOTS)] * 2:
            raise SystemExit("the file does not tell slopes and offsets of its units: export it again")
        metadata["unit_scale"] = {slot_name(i): pair for i, pair in enumerate(zip(*columns, strict=True))}
    scale, thresholds = (
        [metadata[key][slot_name(i)] for i in range(len(SLOTS))] for key in ("unit_scale", "unit_thresholds")
    )
    return UnitScale(torch.tensor(scale), torch.tensor(thresholds))


if __name__ == "__main__":
    main()
