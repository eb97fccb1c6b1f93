"""Training curves as a picture."""

from __future__ import annotations

import json
from pathlib import Path


def plot(curve: Path, picture: Path) -> None:
    """Draw `curve.jsonl` (a row an epoch: epoch, loss, a share for each head) as a PNG: loss left, shares right."""
    from matplotlib.figure import Figure

    rows = [json.loads(line) for line in curve.read_text(encoding="utf-8").splitlines()]
    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [row["loss"] for row in rows])
    left.set(xlabel="epoch", ylabel="training loss")
    for head in rows[0]:
        if head not in ("epoch", "loss"):
            right.plot(epochs, [100 * row[head] for row in rows], label=head)
    right.set(xlabel="epoch", ylabel="right on held-back faces, %")
    right.legend()
    figure.savefig(picture, dpi=120)
