"""Blend what a face is of two readers, weight by weight: one that learnt on, and the one it began from (Wortsman et al.
2022, "Robust fine-tuning of zero-shot models"). What was learnt is mostly kept, and what was known is mostly not lost.

    python training/blended.py out/reader-studio/last.pt out/reader-slack/last.pt --share 0.6 --data DIR --out last.pt

Shapes and their calibration are those of the first. Temperatures are fitted anew on FER+ valid and held-out FairFace
faces, and what is read of these is printed: choose the share by it. `reader.onnx` is written beside.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import torch
from torch import Tensor, nn

from facereason.train import blocks, reader, reader_data, reader_export
from facereason.train.loop import stored
from facereason.train.reader_measure import accuracies, temperatures
from facereason.train.reader_model import Model, ReaderNet
from facereason.train.reader_run import load_checkpoint

AGE_BLUR = 0.5  # of labels; those of age are read by their largest


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("learnt", type=Path)
    parser.add_argument("begun", type=Path)
    parser.add_argument("--share", type=float, default=0.5, help="of the first, 0 to 1")
    parser.add_argument("--data", required=True, help="folder of the photos' Parquet files")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    state = stored(given.learnt, "cpu")
    net = blended(given.learnt, given.begun, given.share)
    detector = reader._lazy_detector()
    keys = (("ferplus", "valid"), ("fairface", "held_out"))
    valid, held_out = (
        reader._on(reader_data.load(*key, given.data, detector), torch.device("cpu"), AGE_BLUR) for key in keys
    )
    found = accuracies(net, valid, held_out)
    sys.stdout.write(f"share {given.share}: {', '.join(f'{head} {value:.4f}' for head, value in found.items())}\n")
    state |= {"mean": net.state_dict(), "temperatures": dict(temperatures(net, valid, held_out))}
    state["recipe"] = {**state["recipe"], "name": f"{state['recipe']['name']}, {given.share:g} of it"}
    torch.save(state, given.out)
    reader_export.export(given.out, given.out.with_name("reader.onnx"))


def blended(learnt: Path, begun: Path, share: float) -> ReaderNet:
    """The first with the mean of both trunks of classes, the first counting `share`, norms folded into convolutions."""
    net, _ = load_checkpoint(learnt)
    one, other = (_folded(load_checkpoint(path)[0].classes) for path in (learnt, begun))
    out = ReaderNet(Model.stored(stored(learnt, "cpu")["recipe"]["model"]))
    out.load_state_dict(net.state_dict())
    mixed = {name: torch.lerp(other[name], value, share) for name, value in one.items()}
    out.classes.load_state_dict(mixed, strict=False)
    for module in out.classes.modules():
        if isinstance(module, nn.BatchNorm2d):
            assert module.running_mean is not None
            assert module.running_var is not None
            module.running_mean.zero_()
            module.running_var.fill_(1 - module.eps)
            module.weight.data.fill_(1)
    return out.eval().requires_grad_(False)


def _folded(classes: nn.Module) -> dict[str, Tensor]:
    """Weights with norms folded in, what they add as the bias of the norm."""
    found = blocks.fused(classes).state_dict()
    return {name[: -len("0.bias")] + "1.bias" if name.endswith(".0.bias") else name: v for name, v in found.items()}


if __name__ == "__main__":
    main()
