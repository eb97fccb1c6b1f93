"""From a checkpoint of the reader to the ONNX file that the torch-free base install reads."""

from __future__ import annotations

from pathlib import Path

import torch

from facereason.faces import align
from facereason.faces.geometry import slot_name
from facereason.train import exporting
from facereason.train.reader_model import HEADS, SHAPE_HEADS, Exported
from facereason.train.reader_run import load_checkpoint
from facereason.types import UsageError

TOLERANCE = 5e-4  # of outputs whose size is about 1; of landmarks in shares of the crop
OUTPUTS = [*HEADS, *SHAPE_HEADS]


def export(checkpoint: str | Path, path: str | Path) -> Path:
    """Write `path`: `crops` `(n, 112, 112, 3)` uint8 RGB to what `reader_model.Exported` says, one output a head.

    The file's metadata holds the recipe, the temperatures and the thresholds of the units. UsageError where the run has
    not ended, FaceReasonError where file and network differ.
    """
    net, state = load_checkpoint(checkpoint)
    if not state["ended"]:
        raise UsageError(f"{checkpoint}: epoch {state['epoch']}, the run has not ended: call train again to go on")
    model = Exported(net, state["temperatures"], state["unit_scale"])
    thresholds = {slot_name(i): round(float(value), 3) for i, value in enumerate(state["unit_threshold"])}
    scale = {slot_name(i): [float(v) for v in row] for i, row in enumerate(state["unit_scale"])}
    told = {key: state[key] for key in ("recipe", "epoch", "temperatures", "reliability")}
    return exporting.export(
        model,
        torch.randint(0, 256, (2, align.SIZE, align.SIZE, 3), dtype=torch.uint8),
        path,
        names=("crops", OUTPUTS),
        dynamic={0: torch.export.Dim("n", min=1)},
        metadata={**told, "unit_thresholds": thresholds, "unit_scale": scale, "mirrored": net.mirrored},
        tolerances={name: TOLERANCE * (align.SIZE if name == "landmarks" else 1) for name in OUTPUTS},
        in_bytes=True,
    )
