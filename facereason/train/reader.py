"""Train the reader: photos and renders in, one small network out, its probabilities calibrated.

FER+ teaches emotion by its vote distributions, FairFace age, gender and race. Action units, pose, gaze and landmarks
are learnt from studio renders; a landmark teacher says how photos turn and how strongly units show in their geometry;
and on photos the network shall read a view that was turned, mirrored, blurred or cut otherwise as it reads the plain
one (the mean of its weights says what that is: Tarvainen and Valpola 2017, "Mean teachers"). The two halves are trained
in runs of their own and share no weight. A head learns only where its label is known. Training begins on small crops
and ends on full ones, which costs a quarter of the time (progressive resizing: Tan and Le 2021, "EfficientNetV2").
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from facereason import resources
from facereason.faces.detect import Detector
from facereason.faces.geometry import SLOTS, slot_name
from facereason.train import loop, reader_begin, reader_reliability, render_data, teacher
from facereason.train.reader_data import Faces, Geometry, load
from facereason.train.reader_measure import Split, accuracies, right, shape_errors, shapes, temperatures, unit_scale
from facereason.train.reader_model import HEADS, ReaderNet
from facereason.train.reader_recipe import Recipe
from facereason.train.reader_run import Data, Run

Say = Callable[[str], None]


def train(
    recipe: Recipe,
    folder: str | Path | None,
    out: str | Path,
    *,
    made: str | Path = "out",
    device: str | None = None,
    say: Say = print,
    progress: loop.Progress | None = None,
) -> Path:
    """Train by `recipe` on data in `folder`; returns the checkpoint, `out/last.pt`, weights and temperatures in it.

    `made`: the folder with the recipe's renders, one folder a set, and with the landmark teacher's meshes of the
    photos, `landmarks/fairface-train.jsonl` and `landmarks/ferplus-train.jsonl`. A run that was cut goes on from
    `out/last.pt` when called again with the same recipe; with another one it is refused. Beside it lie `curve.jsonl`
    (loss and figures an epoch) and `recipe.json`.
    """
    home, out = loop.device_of(device), loop.folder_of(out)
    run = Run(recipe, home, out)
    say(f"{recipe.name}: {sum(p.numel() for p in run.net.parameters()) / 1e6:.2f} M parameters on {home}")
    run.resume(say)
    data = load_data(recipe, folder, Path(made), home, say)
    run.trust = data.trust
    if run.epoch == 0:
        run.settle(data.fairface)
    steps = max(1, min(len(data.fairface), recipe.epoch_faces or len(data.fairface)) // recipe.batch.fairface)
    shown: loop.Progress = progress or loop.Silent()
    shown.start(recipe.epochs * steps, run.epoch * steps)
    began, first = time.monotonic(), run.epoch
    while run.epoch < recipe.epochs:
        loss = run.one_epoch(data, steps, shown)
        sides = recipe.sides(run.epoch - 1)
        figures = accuracies(run.mean, data.valid, data.held_out, sides) if recipe.learns == "classes" else {}
        if recipe.studio and data.rendered is not None:
            figures |= {f"renders {head}": value for head, value in right(run.mean, data.rendered, sides).items()}
        for name, split in (("renders", data.rendered), ("taught", data.held_out)):
            if split is not None and recipe.learns != "classes":
                errors = shape_errors(*shapes(run.mean, split, sides))
                figures |= {f"{name} {key}": value for key, value in errors.items()}
        told = run.record(loss, figures)
        pace = (time.monotonic() - began) / (run.epoch - first)
        say(f"epoch {run.epoch} of {recipe.epochs}: loss {loss:.3f}; {told}; {pace:.0f} s an epoch")
        run.save(None)
    if not run.ended:
        run.save(_calibration(run.mean, data, recipe))
    return out / "last.pt"


def _calibration(net: ReaderNet, data: Data, recipe: Recipe) -> dict[str, Any]:
    """Temperatures, and the scale, thresholds and reliability of units: those that a run of classes began with, which
    it has left as they were."""
    kept = reader_begin.calibration(recipe.begin) if recipe.learns == "classes" and recipe.begin else {}
    if kept:
        return {**kept, "temperatures": dict(temperatures(net, data.valid, data.held_out))}
    units = unit_scale(net, data.rendered, data.ferplus)
    voted = reader_reliability.with_rare(data.valid, data.ferplus)
    reliability = reader_reliability.measure(net, data.rendered, data.held_out, units, voted) if data.rendered else {}
    return {
        "temperatures": dict(temperatures(net, data.valid, data.held_out)),
        "unit_scale": units.scale,
        "unit_threshold": units.threshold,
        "reliability": reliability,
    }


def load_data(recipe: Recipe, folder: str | Path | None, made: Path, home: torch.device, say: Say) -> Data:
    """What `recipe` trains on and is measured on, on the device. DataError where some of it is missing."""
    detector = _lazy_detector()
    keys = (("ferplus", "train"), ("fairface", "train"), ("ferplus", "valid"), ("fairface", "held_out"))
    photos = {key: load(*key, folder, detector, limit=recipe.limit, say=say) for key in keys}
    trust, guide = torch.zeros(len(SLOTS)), None
    if recipe.teach:
        guide = teacher.fit([made / name for name in recipe.renders])
        trust = torch.from_numpy(guide.trust).float()
        for key in (("ferplus", "train"), ("fairface", "train"), ("fairface", "held_out")):
            set_name = key[0]
            photos[key] = teacher.taught(photos[key], guide, made / "landmarks" / f"{set_name}-train.jsonl")
        told = ", ".join(f"{slot_name(i)} {value:.2f}" for i, value in enumerate(guide.trust))
        say(f"trust in the landmark teacher: {told}")
    splits = {key: _on(faces, home, recipe.age_blur) for key, faces in photos.items()}
    rendered: list[Split | None] = [None, None]
    if recipe.renders or recipe.studio:
        limit = recipe.limit
        sets, kept = [], []
        for name in recipe.renders or recipe.studio:
            faces = render_data.load(made / name, detector, limit=limit, say=say)
            apart = np.arange(len(faces)) // 8 % render_data.HELD_OUT == 0
            held_back = faces.take(apart)
            kept.append(teacher.ranked(held_back, guide, made / name / teacher.MESHES) if guide else held_back)
            sets.append(faces.take(~apart))
        rendered = [_on(Faces.joined(each), home, recipe.age_blur) for each in (sets, kept)]
    a, b, c, d = (splits[key] for key in keys)
    return Data(a, b, rendered[0], c, d, rendered[1], trust.to(home))


def _on(faces: Faces, device: torch.device, age_blur: float) -> Split:
    images = torch.from_numpy(faces.images if faces.images.ndim == 4 else faces.images[..., None])
    distance = torch.arange(HEADS["age"])[:, None] - torch.arange(HEADS["age"])[None]
    ages = torch.softmax(-0.5 * (distance / max(age_blur, 1e-3)) ** 2, dim=1)
    tables = {"age": ages, "gender": torch.eye(HEADS["gender"]), "race": torch.eye(HEADS["race"])}
    targets = {"emotion": torch.from_numpy(faces.emotion)}
    for head, table in tables.items():
        classes = torch.from_numpy(getattr(faces, head))
        targets[head] = torch.where((classes >= 0)[:, None], table[classes.clamp_min(0)], 0.0)
    known = {name: torch.from_numpy(getattr(faces.geometry, name)).to(device) for name in Geometry.__slots__}
    return Split(
        images.to(device),
        torch.from_numpy(faces.points).to(device),
        torch.from_numpy(faces.found).to(device),
        {head: target.float().to(device) for head, target in targets.items()},
        known,
    )


def _lazy_detector() -> Callable[[], Detector]:
    return lambda: Detector(resources.weights("detector.onnx"))
