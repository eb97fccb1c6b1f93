"""What becomes of a face's geometry in a view of it, and how far the network's reading of that view is off."""

from __future__ import annotations

from collections.abc import Mapping

import torch
import torch.nn.functional as functional
from torch import Tensor

from facereason.faces import align
from facereason.faces.geometry import MIRRORED_LANDMARKS, MIRRORED_SLOTS
from facereason.train import reader_model
from facereason.train.reader_model import SHAPE_HEADS

UNITS = ("present", "intensity")


def seen(known: Mapping[str, Tensor], forward: Tensor, mirrored: Tensor) -> dict[str, Tensor]:
    """Geometry as `reader_data.Geometry` has it, one tensor a field, in the frame of a view: `forward` `(n, 3, 3)`
    brings its pixels to the view's, `mirrored` `(n,)` says where that is a mirror image."""
    linear = forward[:, :2, :2]
    turn = torch.eye(3, device=forward.device).repeat(len(forward), 1, 1)
    turn[:, :2, :2] = _turn(linear)
    unflip = torch.ones(len(forward), 1, 3, device=forward.device)
    unflip[mirrored, 0, 0] = -1
    landmarks = known["landmarks"] @ linear.transpose(1, 2) + forward[:, None, :2, 2]
    out = {
        "rotation": turn @ known["rotation"] * unflip,
        "gaze": (turn @ known["gaze"][:, :, None])[:, :, 0],
        "landmarks": torch.where(mirrored[:, None, None], landmarks[:, list(MIRRORED_LANDMARKS)], landmarks),
    }
    for name in (*UNITS, "strength"):
        out[name] = torch.where(mirrored[:, None], known[name][:, list(MIRRORED_SLOTS)], known[name])
    return out


def _turn(linear: Tensor) -> Tensor:
    """The turn, or turned mirror image, `(n, 2, 2)` nearest to each of `(n, 2, 2)`: views stretch a little too."""
    sign = torch.sign(torch.linalg.det(linear))
    cos, sin = linear[:, 0, 0] + sign * linear[:, 1, 1], linear[:, 1, 0] - sign * linear[:, 0, 1]
    size = torch.hypot(cos, sin)
    cos, sin = cos / size, sin / size
    return torch.stack([torch.stack([cos, -sign * sin], -1), torch.stack([sin, sign * cos], -1)], -2)


def read(said: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The network's raw heads of places as geometry, in pixels of a crop of 112."""
    return {
        "rotation": reader_model.rotation_of(said["rotation"].float()),
        "gaze": functional.normalize(said["gaze"].float(), dim=1),
        "landmarks": reader_model.places(said["landmarks"].float()),
        **{name: torch.sigmoid(said[name].float()) for name in UNITS},
    }


def ranking(said: Mapping[str, Tensor], strength: Tensor, trust: Tensor) -> Tensor:
    """One less the correlation, over a batch, of what the unit heads say with a strength on a scale of its own, mean
    over slots weighted by `trust` `(25,)`."""
    rows = torch.isfinite(strength).all(1)
    if int(rows.sum()) < 8:
        return strength.new_zeros(())
    wanted = _standard(strength[rows])
    alike = sum((_standard(said[name].float()[rows]) * wanted).mean(0) for name in UNITS) / len(UNITS)
    off: Tensor = ((1 - alike) * trust).sum() / trust.sum().clamp_min(1e-6)
    return off


def _standard(values: Tensor) -> Tensor:
    return (values - values.mean(0)) / values.std(0, correction=0).clamp_min(1e-3)


def losses(said: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Mean loss of each head of `SHAPE_HEADS` over what is known: cross-entropy of presence, and of intensity as a soft
    label, less the label's own (a loss of medians would call every rare unit 0); for rotation, gaze and landmarks the
    distance, not its square, so that a few odd labels do not rule."""
    found = read(said)
    out = {}
    for name in SHAPE_HEADS:
        target = wanted[name].float()
        known = torch.isfinite(target)
        target = torch.nan_to_num(target)
        if name == "present":
            each = functional.binary_cross_entropy_with_logits(said[name].float(), target, reduction="none")
        elif name == "intensity":
            each = functional.binary_cross_entropy_with_logits(said[name].float(), target, reduction="none")
            each = each + torch.xlogy(target, target) + torch.xlogy(1 - target, 1 - target)
        else:
            off = found[name] - target
            if name == "landmarks":
                off = off / align.SIZE
            flat = off.flatten(1) if name == "rotation" else off
            each = (flat.square().sum(-1) + 1e-8).sqrt()
            known = known.flatten(1).all(1) if name == "rotation" else known.all(-1)
        out[name] = (each * known).sum() / known.sum().clamp_min(1)
    return out
