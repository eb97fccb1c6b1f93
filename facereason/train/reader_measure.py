"""How well a network reads held-back faces while it is trained, and the calibration that goes with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as functional
from torch import Tensor

from facereason import scoring
from facereason.faces import align, geometry, pose
from facereason.train import augment, shape_loss
from facereason.train.reader_model import HEADS, SHAPE_HEADS, ReaderNet
from facereason.types import EmotionLabel

Array = npt.NDArray[np.float64]
Sides = tuple[int, int] | None
NEUTRAL_VOTES = 0.8  # share of the votes from which a face counts as neutral
CALLED = 0.1  # the most of neutral faces on which a unit may be called present
NEUTRAL_FACES = 3000  # read for that, at most
Part = Literal["classes", "shapes"]


@dataclass(frozen=True, slots=True)
class Split:
    """Faces on the training device: class targets as distributions `(n, classes)`, a row of zeros being no label, and
    geometry as `reader_data.Geometry` has it, nan where nothing is known. `found`: `(n,)`, whether by the detector."""

    images: Tensor
    points: Tensor
    found: Tensor
    targets: dict[str, Tensor]
    known: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Tensor) -> Split:
        """The faces in these rows."""
        targets, known = ({k: v[rows] for k, v in part.items()} for part in (self.targets, self.known))
        return Split(self.images[rows], self.points[rows], self.found[rows], targets, known)

    def and_(self, other: Split) -> Split:
        """The faces of both, whose images are of one size."""
        targets = {k: torch.cat([v, other.targets[k]]) for k, v in self.targets.items()}
        known = {k: torch.cat([v, other.known[k]]) for k, v in self.known.items()}
        images, points, found = (
            torch.cat([getattr(self, name), getattr(other, name)]) for name in ("images", "points", "found")
        )
        return Split(images, points, found, targets, known)


def outputs(net: ReaderNet, split: Split, part: Part, sides: Sides = None) -> dict[str, Tensor]:
    """Raw outputs of the heads of one half for the plain aligned crops of a split: what is exported. `sides`: as the
    two halves take them."""
    generator = torch.Generator(split.images.device)
    what, how = sides or net.sides
    parts: list[dict[str, Tensor]] = []
    with torch.no_grad():
        for start in range(0, len(split), 512):
            rows = slice(start, start + 512)
            view = augment.views(split.images[rows], split.points[rows], 0.0, generator)
            said = net.classes(view.crops, what) if part == "classes" else net.read_shapes(view.crops, how)
            parts.append(said)
    return {head: torch.cat([each[head] for each in parts]).float() for head in parts[0]}


def accuracies(net: ReaderNet, valid: Split, held_out: Split, sides: Sides = None) -> dict[str, float]:
    """Share right on held-back faces a head: emotion on FER+ valid (most voted), the others on held-out FairFace."""
    return {
        **right(net, held_out, sides),
        "emotion": right(net, valid, sides)["emotion"],
    }


def right(net: ReaderNet, split: Split, sides: Sides = None) -> dict[str, float]:
    """Share right a head of those faces of a split that have its label, for heads of which any have."""
    said = outputs(net, split, "classes", sides)
    return {
        head: float((said[head][known].argmax(1) == target[known].argmax(1)).float().mean())
        for head, target in split.targets.items()
        for known in [target.sum(1) > 0]
        if known.any()
    }


def temperatures(net: ReaderNet, valid: Split, held_out: Split, sides: Sides = None) -> dict[str, float]:
    """For each head the temperature with the least negative log likelihood of the right label on held-back faces
    (Guo et al. 2017), searched between .25 and 4."""
    said = {
        **outputs(net, held_out, "classes", sides),
        "emotion": outputs(net, valid, "classes", sides)["emotion"],
    }
    best = {}
    for head in HEADS:
        target = (valid if head == "emotion" else held_out).targets[head]
        known = target.sum(1) > 0
        right = target[known].argmax(1)
        scale = torch.logspace(-2, 2, 401, base=2.0)
        losses = [float(functional.cross_entropy(said[head][known] / float(t), right)) for t in scale]
        best[head] = round(float(scale[int(np.argmin(losses))]), 4)
    return best


@dataclass(frozen=True, slots=True)
class UnitScale:
    """Calibration of unit slots: `scale` `(25, 2)`, slope and offset of the logit of presence, and `threshold`
    `(25,)`, the calibrated probability from which F1 is best, or a higher one, where neutral photos want it."""

    scale: Tensor
    threshold: Tensor


def unit_scale(net: ReaderNet, rendered: Split | None, voted: Split | None = None, sides: Sides = None) -> UnitScale:
    """Calibration on held-back renders (Platt 1999); identity and thresholds of .5 where there are none. `voted`:
    photos with votes on emotion. On those that nearly everybody calls neutral a unit is present on one in ten at most:
    thresholds rise until it is. (No weight learns from that, and which unit goes with which emotion plays no part.)"""
    count = SHAPE_HEADS["present"]
    scale = torch.tensor([[1.0, 0.0]]).repeat(count, 1)
    threshold = torch.full((count,), 0.5)
    if rendered is None:
        return UnitScale(scale, threshold)
    rows = rendered.found & torch.isfinite(rendered.known["present"]).all(1)
    said = outputs(net, rendered, "shapes", sides)["present"][rows].double().cpu()
    truth = rendered.known["present"][rows].cpu() > 0.5
    for i in range(count):
        if truth[:, i].any() and not truth[:, i].all():
            slope, offset = _platt(said[:, i], truth[:, i].double())
            scale[i] = torch.tensor([slope, offset])
            p = torch.sigmoid(said[:, i] * slope + offset).numpy()
            levels = np.linspace(0.15, 0.75, 61)
            best = [scoring.f1(p >= level, truth[:, i].numpy()) for level in levels]
            threshold[i] = float(levels[int(np.argmax(np.convolve(np.pad(best, 3, "edge"), np.ones(7) / 7, "valid")))])
    if voted is not None:
        neutral = voted.targets["emotion"][:, list(EmotionLabel).index(EmotionLabel.NEUTRAL)] >= NEUTRAL_VOTES
        kept = torch.nonzero(neutral)[:NEUTRAL_FACES, 0]
        if len(kept):
            said = outputs(net, voted.take(kept), "shapes", sides)["present"].double().cpu()
            chances = torch.sigmoid(said * scale[:, 0] + scale[:, 1])
            threshold = torch.maximum(threshold, torch.quantile(chances, 1 - CALLED, dim=0).float())
    return UnitScale(scale, threshold)


def _platt(logit: Tensor, yes: Tensor) -> tuple[float, float]:
    """Slope, at least .05, and offset that calibrate a logit, by Newton's method with a weak pull to slope 1."""
    x = torch.stack([logit, torch.ones_like(logit)], dim=1)
    rest = torch.tensor([1.0, 0.0], dtype=x.dtype)
    weights = rest.clone()
    for _ in range(50):
        p = torch.sigmoid(x @ weights)
        hessian = (x * (p * (1 - p))[:, None]).T @ x + torch.eye(2, dtype=x.dtype)
        weights = weights - torch.linalg.solve(hessian, x.T @ (p - yes) + (weights - rest))
    return max(0.05, float(weights[0])), float(weights[1])


def shapes(net: ReaderNet, split: Split, sides: Sides = None) -> tuple[dict[str, Array], dict[str, Array]]:
    """Geometry as read off the plain crops of a split and as known, both in the frame of those crops."""
    said = {name: values.double() for name, values in shape_loss.read(outputs(net, split, "shapes", sides)).items()}
    generator = torch.Generator(split.images.device)
    one = torch.zeros(1, align.SIZE, align.SIZE, 1, dtype=torch.uint8, device=split.images.device)
    forward = augment.views(one.expand(len(split), -1, -1, -1), split.points, 0.0, generator, 8).forward
    wanted = shape_loss.seen(split.known, forward, torch.zeros(len(split), dtype=torch.bool, device=forward.device))
    return (
        {name: values.cpu().numpy() for name, values in said.items()},
        {name: values.double().cpu().numpy() for name, values in wanted.items()},
    )


def shape_errors(read: Mapping[str, Array], known: Mapping[str, Array]) -> dict[str, float]:
    """Figures of the heads of places: `units F1` (macro, presence at .5) and `units ICC` (3,1) where units are known,
    mean absolute errors of yaw, pitch and roll, mean geodesic error and gaze error in degrees, and `landmarks`, mean
    distance over the root of the area of the landmarks' box. Only what something is known of."""
    out = {}
    rows = np.isfinite(known["present"]).all(1)
    if rows.any():
        present, truth = read["present"][rows] >= 0.5, known["present"][rows] > 0.5
        used = [i for i in range(truth.shape[1]) if truth[:, i].any()]
        out["units F1"] = float(np.mean([scoring.f1(present[:, i], truth[:, i]) for i in used]))
        levels = [(read["intensity"][rows][:, i], known["intensity"][rows][:, i]) for i in used]
        out["units ICC"] = float(np.mean([scoring.icc(*pair) for pair in levels]))
    rows = np.isfinite(known["rotation"]).all((1, 2))
    if rows.any():
        a, b = read["rotation"][rows], known["rotation"][rows]
        out["geodesic"] = float(geometry.geodesic(a, b).mean())
        off = np.abs(np.array([pose.angles(r) for r in a]) - [pose.angles(r) for r in b])
        off = np.minimum(off, 360 - off).mean(0)
        out |= dict(zip(("yaw", "pitch", "roll"), off.tolist(), strict=True))
    rows = np.isfinite(known["gaze"]).all(1)
    if rows.any():
        cos = (read["gaze"][rows] * known["gaze"][rows]).sum(1)
        out["gaze"] = float(np.degrees(np.arccos(np.clip(cos, -1, 1))).mean())
    rows = np.isfinite(known["landmarks"]).all((1, 2))
    if rows.any():
        out["landmarks"] = float(scoring.landmark_error(read["landmarks"][rows], known["landmarks"][rows]).mean())
    return out
