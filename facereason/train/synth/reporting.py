"""The report of a run: every reason with its count, yields, balance between emotions, and the gain of each round."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from facereason.records import plain
from facereason.scoring import Reason
from facereason.train.synth.recipe import SynthRecipe
from facereason.train.synth.sifting import Tally
from facereason.train.synth.writing import Writer

Told = Mapping[str, Any]


def of_round(
    number: int, writer: Writer, own_eye: bool, unlabelled: int, tally: Tally, *, whole: bool
) -> dict[str, Any]:
    """What is told of a round's drafts, as plain data. `rejected`: by the first reason, which adds up; `met`: by every
    reason. Yields are shares of the drafts that passed, and of the faces of which something was kept."""
    return {
        "round": number,
        "whole": whole,
        "writer": writer.name,
        "revision": writer.revision,
        "reads_with_the_reader's_eye": own_eye,
        "faces": tally.faces,
        "faces_without_label": unlabelled,
        "faces_without_reply": tally.silent,
        "drafts": tally.drafts,
        "passed": tally.passed,
        "spare": tally.spare,
        "kept": tally.kept,
        "kept_with_annotators_label": tally.labelled,
        "yield_drafts": _share(tally.passed, tally.drafts),
        "yield_faces": _share(tally.kept_faces, tally.faces),
        "rejected": {reason.value: tally.first[reason] for reason in Reason if tally.first[reason]},
        "met": {reason.value: tally.met[reason] for reason in Reason if tally.met[reason]},
        "units_judged_by": {str(kind): count for kind, count in sorted(tally.judged_by.items()) if count},
        "by_emotion": {
            label.value: dataclasses.asdict(tally.by_emotion[label])
            for label in sorted(tally.by_emotion, key=lambda each: each.value)
        },
        "figures": [],
    }


def write(folder: Path, recipe: SynthRecipe, before: Sequence[Told], rounds: Sequence[Told]) -> Path:
    """Write `report.json` and `report.md`; the path of the latter."""
    told = [{**each, "share_right": right(each), "gain": gains(before, each["figures"])} for each in rounds]
    whole = {"recipe": plain(recipe), "before": list(before), "rounds": told}
    put(folder / "report.json", json.dumps(whole, indent=1, ensure_ascii=False) + "\n")
    path = folder / "report.md"
    put(path, "\n".join(_lines(recipe, before, told)) + "\n")
    return path


def right(told: Told) -> float | None:
    """Share of a round's drafts that nothing is wrong with, those that only repeat another one included: rounds can be
    compared by it, while what is new gets less with each. None where a blind pass decides, which repeats are spared."""
    if not told["drafts"] or Reason.BLIND.value in told["rejected"]:
        return None
    return float((told["passed"] + told["rejected"].get(Reason.REPEATED.value, 0)) / told["drafts"])


def gains(before: Sequence[Told], figures: Sequence[Told]) -> list[dict[str, Any]]:
    """Of each figure what it rose by since before the first round."""
    first = {(each["name"], each["on"]): each["value"] for each in before}
    return [
        {"name": each["name"], "on": each["on"], "gain": each["value"] - first[each["name"], each["on"]]}
        for each in figures
        if (each["name"], each["on"]) in first
    ]


def put(path: Path, text: str) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f"{path.name}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _lines(recipe: SynthRecipe, before: Sequence[Told], rounds: Sequence[Told]) -> list[str]:
    out = [f"# Synthesis: {recipe.name}", ""]
    seeing = "the photo and the label" if recipe.sighted else "the photo alone"
    out += [f"The writer sees {seeing}.", ""]
    heads = ["round", "writer", "faces", "drafts", "passed", "kept", "right, repeats included"]
    heads += ["yield of drafts", "yield of faces"]
    out += [f"| {' | '.join(heads)} |", f"| ---: | ---{' | ---:' * (len(heads) - 2)} |"]
    for each in rounds:
        number = f"{each['round']}{'' if each['whole'] else ' (stopped by the budget)'}"
        cells = [number, f"{each['writer']} {each['revision']}".strip()]
        cells += [str(each[name]) for name in ("faces", "drafts", "passed", "kept")]
        cells += [_percent(each[name]) for name in ("share_right", "yield_drafts", "yield_faces")]
        out.append(f"| {' | '.join(cells)} |")
    for each in rounds:
        out += ["", f"## Round {each['round']}", ""]
        out += [
            f"- faces without a label: {each['faces_without_label']}; without a reply: {each['faces_without_reply']}"
        ]
        judged = ", ".join(f"{kind}: {count}" for kind, count in each["units_judged_by"].items()) or "nothing kept"
        out += [f"- units of what was kept judged by: {judged}"]
        if each["reads_with_the_reader's_eye"]:
            out += ["- the writer reads with the reader's eye, so readings of photos judge none of its units"]
        out += ["", "| rejected because | by the first reason | by every reason |", "| --- | ---: | ---: |"]
        out += [f"| {name} | {each['rejected'].get(name, 0)} | {count} |" for name, count in each["met"].items()]
        out += ["", "| emotion | faces | drafts | passed | faces kept |", "| --- | ---: | ---: | ---: | ---: |"]
        out += [
            f"| {name} | {of['faces']} | {of['drafts']} | {of['passed']} | {of['kept']} |"
            for name, of in each["by_emotion"].items()
        ]
    return [*out, *_figures(before, rounds)]


def _figures(before: Sequence[Told], rounds: Sequence[Told]) -> list[str]:
    measured = [each for each in rounds if each["figures"]]
    if not measured:
        return []
    numbers = [f"round {each['round']}" for each in measured]
    out = ["", "## Figures", "", f"| measure | on | n | before | {' | '.join(numbers)} | gain |"]
    out += ["| --- | --- | ---: " + "| ---: " * (len(numbers) + 2) + "|"]
    found = [{(one["name"], one["on"]): one for one in each["figures"]} for each in measured]
    first = {(each["name"], each["on"]): each["value"] for each in before}
    for key, last in found[-1].items():
        values = [f"{each[key]['value']:.3f}" if key in each else "" for each in found]
        start = f"{first[key]:.3f}" if key in first else ""
        gain = f"{last['value'] - first[key]:+.3f}" if key in first else ""
        out.append(f"| {key[0]} | {key[1]} | {last['n']} | {start} | {' | '.join(values)} | {gain} |")
    return out


def _share(part: int, whole: int) -> float | None:
    return part / whole if whole else None


def _percent(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"
