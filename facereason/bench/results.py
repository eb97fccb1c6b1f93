"""A published result: figures with n, interval and what they were run on; one JSON file a suite."""

from __future__ import annotations

import dataclasses
import json
import os
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

from facereason import __version__, resources, scoring
from facereason.types import FaceReasonError, UsageError


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A share within one group of people: `by` says what they are grouped by."""

    by: str
    group: str
    n: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured number. `low` and `high`: 95 % interval of a share (Wilson), or the least and the largest of
    repeated timings; absent where there is none. `gaps`: largest difference between the groups of each kind with 30
    or more, where there are two of them."""

    name: str
    on: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None
    groups: tuple[Group, ...] = ()
    gaps: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one run of a suite measured, with which command, on what."""

    suite: str
    command: str
    run_on: Mapping[str, str]
    weights: Mapping[str, str]
    figures: tuple[Figure, ...]


WEIGHTS = ("detector.onnx", "people.onnx", "reader.onnx")
ASKING = ("agent", "care", "chat", "questions")  # suites in which questions are understood
FACES_ALONE = ("pose", "reader", "turned", "units")  # suites in which the detector of people takes no part
NO_WEIGHTS = ("studio", "synth", "training", "harness")  # suites that measure nothing of what ships as weights
FEWEST = 30  # people a group needs before its gap is quoted


def share(name: str, on: str, right: Sequence[bool], groups: Mapping[str, Sequence[str]] | None = None) -> Figure:
    """The figure of a share of right answers, with the same share within each group of people."""
    low, high = scoring.wilson(sum(right), len(right))
    inside: list[Group] = []
    gaps: dict[str, float] = {}
    for by, members in (groups or {}).items():
        found = []
        for group in dict.fromkeys(sorted(members)):
            of_group = [r for r, member in zip(right, members, strict=True) if member == group]
            bounds = scoring.wilson(sum(of_group), len(of_group))
            value = scoring.accuracy(of_group)
            found.append(Group(by=by, group=group, n=len(of_group), value=value, low=bounds[0], high=bounds[1]))
        large = [group.value for group in found if group.n >= FEWEST]
        if len(large) > 1:
            gaps[by] = max(large) - min(large)
        inside += found
    value = scoring.accuracy(right)
    return Figure(name=name, on=on, value=value, n=len(right), low=low, high=high, groups=tuple(inside), gaps=gaps)


def result(suite: str, command: str, figures: Iterable[Figure]) -> Result:
    """The figures with what they were run on: processor, versions, hashes of the weights."""
    packages = ("numpy", "onnxruntime", "pillow")
    run_on = {
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "system": platform.system(),
        "python": platform.python_version(),
        "facereason": __version__,
        **{name: version(name) for name in packages},
    }
    return Result(suite=suite, command=command, run_on=run_on, weights=weights_of(suite), figures=tuple(figures))


def weights_of(suite: str) -> dict[str, str]:
    """Hashes of the weights that a suite measures, by file."""
    used = () if suite in NO_WEIGHTS else (*WEIGHTS, *(("rewording.npz",) if suite in ASKING else ()))
    if suite in FACES_ALONE:
        used = tuple(name for name in used if name != "people.onnx")
    return {name: resources.verify(name) for name in used}


def write(result: Result, folder: Path) -> Path:
    """Write `folder/SUITE.json`, whole or not at all."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{result.suite}.json"
    part = path.with_suffix(".part")
    part.write_text(json.dumps(_rounded(dataclasses.asdict(result)), indent=1) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def published(folder: Path | None = None) -> list[Result]:
    """Results in `folder`, by default those that ship; FaceReasonError where a file is not one, UsageError where there
    is no such folder."""
    if folder is not None and not folder.is_dir():
        raise UsageError(f"no folder {folder}: name the one that `facereason bench run` wrote to")
    results = []
    for path in sorted((folder or resources.suites() / "results").glob("*.json")):
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
            figures = tuple(
                Figure(**{**figure, "groups": tuple(Group(**group) for group in figure["groups"])})
                for figure in data.pop("figures")
            )
            results.append(Result(**data, figures=figures))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise FaceReasonError(f"{path}: not a result of `facereason bench run` ({error})") from None
    return results


def table(results: Sequence[Result], targets: Mapping[str, str]) -> str:
    """A Markdown table of all figures, with what was aimed at."""
    rows = ["| measure | on | n | measured | target |", "| --- | --- | --- | --- | --- |"]
    for one in results:
        for figure in one.figures:
            rows.append(
                f"| {figure.name} | {figure.on} | {figure.n:,} | {_shown(figure)} | {targets.get(figure.name, '')} |"
            )
    return "\n".join(rows) + "\n"


def group_table(results: Sequence[Result]) -> str:
    """A Markdown table of every figure's groups, and the largest gap between those with 30 people or more."""
    rows = ["| measure | by | group | n | share (95 %) |", "| --- | --- | --- | --- | --- |"]
    for figure in (figure for one in results for figure in one.figures):
        for group in figure.groups:
            bounds = f"{100 * group.value:.1f} % ({100 * group.low:.1f} to {100 * group.high:.1f})"
            rows.append(f"| {figure.name} | {group.by} | {group.group} | {group.n:,} | {bounds} |")
        rows += [f"| {figure.name} | {by} | *largest gap* | | {100 * gap:.1f} |" for by, gap in figure.gaps.items()]
    return "\n".join(rows) + "\n"


def _shown(figure: Figure) -> str:
    unit = figure.name.rpartition(", ")[2]
    if unit in ("ms", "s", "MB"):
        return f"{figure.value:.2f} {unit}" if figure.value < 10 else f"{figure.value:.0f} {unit}"
    if unit == "°":
        return f"{figure.value:.1f}°"
    if unit == "ratio":
        return f"{figure.value:.3f} ({figure.low:.3f} to {figure.high:.3f})"
    if unit == "a face":
        return f"{figure.value:.2f} a face"
    if unit == "a second":
        return f"{figure.value:.1f} a second" if figure.value < 100 else f"{figure.value:,.0f} a second"
    if unit == "calls":
        return f"{figure.value:.0f} calls"
    if unit == "ECE":
        return f"{figure.value:.3f}"
    bounds = f" ({100 * figure.low:.1f} to {100 * figure.high:.1f})" if figure.low is not None and figure.high else ""
    return f"{100 * figure.value:.1f} %{bounds}"


def _rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return round(value, 5) if isinstance(value, float) else value


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
