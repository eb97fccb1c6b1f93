"""What each ingredient of the reader's second half adds: short runs of equal steps, each without one of them.

    python training/ablate.py DATA MADE OUT [STEPS [KEY=VALUE ...]]

DATA and MADE as for `facereason train reader reader.yaml --data DATA --made MADE`, KEY=VALUE changes the recipe for
all runs; the data are loaded once. Each line
of OUT/ablation.jsonl is a run: its name, what it measured on held-back renders ("renders"), against the landmark
teacher on held-back photos ("taught"), and AUC of units for emotions on FER+ valid ("proxy"), as `facereason bench run
units` has them. Runs that are there already are not made again.
"""

import dataclasses
import json
import sys
from pathlib import Path

import numpy as np
import torch

from facereason import recipes, scoring
from facereason.bench.units import PROXIES
from facereason.faces import geometry
from facereason.facs import UNITS
from facereason.train import loop, reader
from facereason.train.reader_measure import outputs, shape_errors, shapes
from facereason.train.reader_recipe import Recipe, Stage
from facereason.train.reader_run import Data, Run
from facereason.types import EmotionLabel

SIDE = 80

WITHOUT = {
    "everything": {},
    "no teacher": {"teach": ()},
    "no landmarks and pose from the teacher": {"teach": ("strength",)},
    "no ranking by strength": {"teach": ("rotation", "landmarks")},
    "no consistency": {"consistency": 0.0},
    "no augmentation of renders": {"render_strength": 0.0},
    "no photos at all": {"teach": (), "consistency": 0.0},
}


def main(data_folder: str, made: str, out: Path, steps: int, changes: list[str]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    recipe = recipes.load(Recipe, "reader.yaml", changes)
    device = loop.device_of(None)
    data = reader.load_data(recipe, data_folder, Path(made), device, say)
    path = out / "ablation.jsonl"
    done = {json.loads(line)["run"] for line in path.read_text().splitlines()} if path.is_file() else set()
    for name, change in WITHOUT.items():
        if name in done:
            continue
        change = dict(change)
        strength = change.pop("render_strength", 0.4)
        stages = (Stage(epochs=2, side=SIDE, strength=0.3, render_strength=strength),)
        one = dataclasses.replace(recipe, stages=stages, begin=None, warmup_epochs=0.2, ema=0.99, **change)
        run = Run(one, device, out)
        run.trust = data.trust
        loss = [run.one_epoch(data, steps // 2, loop.Silent()) for _ in range(2)][-1]
        figures = {"loss": loss, **measured(run, data)}
        row = {"run": name, "steps": steps // 2 * 2, **{key: round(float(value), 4) for key, value in figures.items()}}
        with path.open("a") as lines:
            lines.write(json.dumps(row) + "\n")
        say(json.dumps(row))


def say(text: str) -> None:
    sys.stderr.write(text + "\n")


def measured(run: Run, data: Data) -> dict[str, float]:
    sides = (run.net.sides[0], SIDE)
    figures = {}
    for name, split in (("renders", data.rendered), ("taught", data.held_out)):
        errors = shape_errors(*shapes(run.mean, split, sides))
        figures |= {f"{name} {key}": value for key, value in errors.items()}
    said = torch.sigmoid(outputs(run.mean, data.valid, "shapes", sides)["intensity"]).cpu().numpy()
    levels, target = geometry.units_of(said), data.valid.targets["emotion"].cpu().numpy()
    labels = list(EmotionLabel)
    known = target.max(1) > 0.5
    for emotion, typical in PROXIES.items():
        true = target.argmax(1) == labels.index(emotion)
        for number in typical:
            auc = scoring.auc(levels[known][:, list(UNITS).index(number)], true[known])
            figures[f"proxy AU{number} {emotion}"] = auc
    figures["proxies"] = float(np.mean([value for key, value in figures.items() if key.startswith("proxy")]))
    return figures


COLUMNS = {
    "AU intensity, ICC, renders": "renders units ICC",
    "gaze, renders, °": "renders gaze",
    "geodesic, renders, °": "renders geodesic",
    "geodesic, photos, °": "taught geodesic",
    "landmarks, photos, %": "taught landmarks",
    "proxies, mean AUC": "proxies",
}


def table(rows: list[dict[str, float | str]]) -> str:
    """The runs as a table in Markdown."""
    lines = [f"| run | {' | '.join(COLUMNS)} |", f"| --- |{' --- |' * len(COLUMNS)}"]
    for row in rows:
        cells = [_cell(title, float(row[key])) for title, key in COLUMNS.items()]
        lines.append(f"| {row['run']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(title: str, value: float) -> str:
    if title.endswith("%"):
        return f"{100 * value:.1f}"
    return f"{value:.1f}" if title.endswith("°") else f"{value:.3f}".lstrip("0")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else 400, sys.argv[5:])
