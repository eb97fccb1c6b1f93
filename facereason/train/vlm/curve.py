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


def rewards(folder: Path) -> Path | None:
    """Draw a run of rewards as `curve.png`: each reward, length of replies, entropy of a token. None where nothing was
    logged."""
    from matplotlib.figure import Figure

    rows = [row for row in read(folder) if "reward" in row]
    if not rows:
        return None
    steps = [row["step"] for row in rows]
    figure = Figure(figsize=(10, 3.5), layout="constrained")
    earned, length, entropy = figure.subplots(1, 3)
    for key in rows[0]:
        name = key.removeprefix("rewards/").removesuffix("/mean")
        if key == f"rewards/{name}/mean":
            earned.plot(steps, [row.get(key) for row in rows], label=name)
    length.plot(steps, [row["completions/mean_length"] for row in rows])
    entropy.plot(steps, [row["entropy"] for row in rows])
    for axes, told in ((earned, "reward"), (length, "tokens of a reply"), (entropy, "entropy of a token, nats")):
        axes.set(xlabel="step", ylabel=told)
    earned.legend(fontsize="small")
    path = folder / "curve.png"
    figure.savefig(path, dpi=120)
    return path
