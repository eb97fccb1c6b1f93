"""The stages of nano side by side: the tables of training/README.md and docs/nano.md, and the curves, from what
`facereason train measure --json` wrote of each run: python training/stages.py

Reads `eval/results/curves/nano-*.json` and the curves beside them; writes the parts of the pages between their marks,
and `docs/nano-curves.png`. `tests/test_docs.py` fails where a page is not current.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CURVES = ROOT / "eval" / "results" / "curves"
STAGES = {
    "nano-sft": "SFT",
    "nano-sft-units": "SFT, units",
    "nano-more-1": "more SFT, seed 1",
    "nano-more-2": "more SFT, seed 2",
    "nano-grpo-1": "GRPO, seed 1",
    "nano-grpo-2": "GRPO, seed 2",
    "nano-grpo-first-1": "GRPO as first weighed, seed 1",
    "nano-grpo-first-2": "the same, seed 2",
}
ROWS = (
    ("emotion right", "ferplus-test", ">= 74 %; >= 78 % after GRPO"),
    ("emotion, macro F1", "ferplus-test", ""),
    ("thought and label agree", "ferplus-test", ">= 98 %"),
    ("thought and label agree", "studio-test", ">= 98 %"),
    ("action units of the thought, micro F1", "studio-test", ">= .75"),
    ("action units of the thought, macro F1", "studio-test", ""),
    ("false action units on a face without any", "ferplus-test", "<= .3"),
    ("false action units on a face without any", "studio-test", "<= .3"),
    ("support by sure readings, from -1 to 1", "ferplus-test", ""),
    ("in form", "ferplus-test", ""),
)
OF_WHAT_SHIPS = (
    *ROWS,
    ("unit right", "ferplus-test", ""),
    ("unit right", "studio-test", ""),
    ("gender right", "fairface-val", ">= 88 %"),
    ("age right", "fairface-val", ">= 45 %"),
)
PAGES = {
    "training/README.md": (tuple(STAGES), ROWS),
    "docs/nano.md": (("nano-sft", "nano-sft-units"), OF_WHAT_SHIPS),
}
"""Page to the runs and measures that its table shows."""
SHARES = ("right", "agree", "in form")


def table(page: str) -> str:
    """Of a page: rows are measures, columns the runs that were measured."""
    shown, rows = PAGES[page]
    runs = {name: told for name in shown if (told := figures(name))}
    lines = [" | ".join(["| measure | on", *(STAGES[name] for name in runs), "target |"])]
    lines.append("| --- " * (len(runs) + 3) + "|")
    for measure, on, target in rows:
        cells = [cell(measure, told.get((measure, on))) for told in runs.values()]
        lines.append(" | ".join([f"| {measure}", on, *cells, f"{target} |"]))
    return "\n".join(lines) + "\n"


def figures(name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Measure and file of crops to the figure; of a run that was not measured none."""
    path = CURVES / f"{name}.json"
    if not path.is_file():
        return {}
    return {(each["name"], each["on"]): each for each in json.loads(path.read_text(encoding="utf-8"))["figures"]}


def cell(measure: str, figure: dict[str, Any] | None) -> str:
    if figure is None:
        return "not measured"
    share = any(word in measure for word in SHARES)
    return f"{figure['value'] * 100:.1f} % ({figure['n']:,})" if share else f"{figure['value']:.3f} ({figure['n']:,})"


def filled(page: str, text: str) -> str:
    """The text of a page with the table of now."""
    begin, end = "<!-- stages -->\n", "<!-- /stages -->"
    if begin not in text:
        raise SystemExit(f"{page}: no line {begin.strip()}")
    return re.sub(re.escape(begin) + ".*?" + end, lambda _: begin + table(page) + end, text, count=1, flags=re.S)


def plot(path: Path) -> None:
    """Loss of the runs of SFT; rewards of those of GRPO as the recipe weighs them, dashed the second seed, and the
    entropy of all of them, each a mean over 25 steps."""
    from matplotlib.figure import Figure

    drawn = Figure(figsize=(11, 3.4), layout="constrained")
    loss, earned, entropy = drawn.subplots(1, 3)
    for name, title in STAGES.items():
        source = CURVES / f"{name}.jsonl"
        if not source.is_file():
            continue
        rows = [json.loads(line) for line in source.read_text(encoding="utf-8").splitlines()]
        if "grpo" not in name:
            points = [(row["step"], row["loss"]) for row in rows if "loss" in row]
            loss.plot(*zip(*points, strict=True), label=title)
            continue
        rows = [row for row in rows if "reward" in row]
        style, first = "-" if name.endswith("1") else "--", "first" in name
        for number, key in enumerate(() if first else ("emotion", "au", "consistency", "support")):
            label = key if name.endswith("1") else None
            earned.plot(*smooth(rows, f"rewards/{key}/mean"), style, color=f"C{number}", label=label)
        entropy.plot(*smooth(rows, "entropy"), style, color="C1" if first else "C0", label=title)
    loss.set(xlabel="step", ylabel="loss on answers", ylim=(0, 1))
    earned.set(xlabel="step", ylabel="reward of GRPO", ylim=(0, 1))
    entropy.set(xlabel="step", ylabel="entropy of a token, nats", ylim=(0, None))
    for axes in (loss, earned, entropy):
        axes.legend(fontsize="x-small")
    drawn.savefig(path, dpi=110)


def smooth(rows: list[dict[str, Any]], key: str, window: int = 5) -> tuple[list[int], list[float]]:
    kept = [(row["step"], row[key]) for row in rows if row.get(key) is not None]
    starts = range(0, len(kept) - window + 1, window)
    parts = [kept[start : start + window] for start in starts]
    return [part[-1][0] for part in parts], [sum(value for _, value in part) / window for part in parts]


if __name__ == "__main__":
    for name in PAGES:
        path = ROOT / name
        path.write_text(filled(name, path.read_text(encoding="utf-8")), encoding="utf-8")
    plot(ROOT / "docs" / "nano-curves.png")
