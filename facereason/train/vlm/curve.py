"""The curve of a run as a picture."""

from __future__ import annotations

from pathlib import Path

from facereason.train.vlm.watching import read


def plot(folder: Path) -> Path | None:
    """Draw `curve.jsonl` as `curve.png`: the loss on what is trained on and, where there is such, on valid data. None
    where nothing was logged."""
    from matplotlib.figure import Figure

    rows = read(folder)
    if not any("loss" in row for row in rows):
        return None
    figure = Figure(figsize=(6, 3.5), layout="constrained")
    axes = figure.subplots()
    for name, label in (("loss", "trained on"), ("eval_loss", "valid")):
        points = [(row["step"], row[name]) for row in rows if name in row]
        if points:
            axes.plot(*zip(*points, strict=True), label=label, marker="." if len(points) < 20 else "")
    axes.set(xlabel="step", ylabel="loss on answers", ylim=(0, None))
    axes.legend()
    path = folder / "curve.png"
    figure.savefig(path, dpi=120)
    return path
