"""Training curves as a picture."""

from __future__ import annotations

import json
from pathlib import Path

ERRORS = ("geodesic", "yaw", "pitch", "roll", "gaze", "landmarks")  # how figures end that are no shares


def plot(curve: Path, picture: Path) -> None:
    """Draw `curve.jsonl` (a row an epoch: epoch, loss, figures on held-back faces) as a PNG: loss left, shares and
    correlations right; errors in degrees and of landmarks are left out."""
    from matplotlib.figure import Figure

    rows = [json.loads(line) for line in curve.read_text(encoding="utf-8").splitlines()]
    epochs = [row["epoch"] for row in rows]
    figure = Figure(figsize=(9, 3.5), layout="constrained")
    left, right = figure.subplots(1, 2)
    left.plot(epochs, [row["loss"] for row in rows])
    left.set(xlabel="epoch", ylabel="training loss")
    for head in rows[0]:
        if head.split()[-1] not in ("epoch", "loss", *ERRORS):
            right.plot(epochs, [100 * row[head] for row in rows], label=head)
    right.set(xlabel="epoch", ylabel="on held-back faces, %")
    if right.lines:
        right.legend()
    figure.savefig(picture, dpi=120)
