"""How much better a reader reads renders that it has learnt from than renders of the same kind that it has not.

    python training/remembered.py FOLDER... --of CHECKPOINT... --out FILE

Of each folder that `facereason studio dataset` wrote, of its first faces: macro F1 of the 23 action units with the best
threshold of each, so that it is not of thresholds that this tells, the area under the curve, and the mean error of gaze
in degrees.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

from facereason import facs, resources, scoring
from facereason.faces import geometry
from facereason.faces.detect import Detector
from facereason.train import augment, reader_run, render_data

MOST, STEPS, FEW = 3000, 60, 10


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--of", type=Path, nargs="+", required=True, help="checkpoints")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    told = {}
    for checkpoint in given.of:
        net, state = reader_run.load_checkpoint(checkpoint)
        told[state["recipe"]["name"]] = {str(Path(*path.parts[-2:])): figures(net, path) for path in given.folders}
    given.out.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def figures(net: torch.nn.Module, folder: Path) -> dict[str, float]:
    faces = render_data.load(folder, lambda: Detector(resources.weights("detector.onnx")))
    faces = faces.take(np.arange(len(faces)) < MOST)
    generator = torch.Generator().manual_seed(0)
    present, gaze = [], []
    for start in range(0, len(faces), 256):
        part = slice(start, start + 256)
        images, points = torch.from_numpy(faces.images[part]), torch.from_numpy(faces.points[part])
        said = net.read_shapes(augment.views(images, points, 0.0, generator).crops)
        present.append(said["present"].numpy())
        gaze.append(torch.nn.functional.normalize(said["gaze"], dim=1).numpy())
    known = faces.geometry.present
    rows = np.isfinite(known).all(1)
    called, there = geometry.units_of(np.concatenate(present)[rows]), geometry.units_of(known[rows]) > 0.5
    best, areas = [], []
    for k in range(len(facs.UNITS)):
        if FEW <= there[:, k].sum() <= len(there) - FEW:
            steps = np.quantile(called[:, k], np.linspace(0.5, 0.995, STEPS))
            best.append(max(scoring.f1(called[:, k] >= step, there[:, k]) for step in steps))
            areas.append(scoring.auc(called[:, k], there[:, k]))
    cosine = (np.concatenate(gaze)[rows] * faces.geometry.gaze[rows]).sum(1)
    return {
        "faces": int(rows.sum()),
        "macro F1, best thresholds": round(float(np.mean(best)), 4),
        "AUC": round(float(np.mean(areas)), 4),
        "gaze, mean error": round(float(np.nanmean(np.degrees(np.arccos(np.clip(cosine, -1, 1))))), 2),
    }


if __name__ == "__main__":
    main()
