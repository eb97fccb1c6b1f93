"""Figures that others published, as they stand in `eval/published.yaml`."""

from __future__ import annotations

from dataclasses import dataclass

import yaml

from facereason import records, resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """`figure`, `by`, `group`: the nearest figure of ours; `protocol`: how theirs was made; `source`: whose."""

    task: str
    figure: str
    value: float
    system: str
    protocol: str
    source: str
    by: str = ""
    group: str = ""


def published() -> tuple[Published, ...]:
    """All of them, in the order of the file. UsageError where it is damaged."""
    path = resources.suites() / "published.yaml"
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(records.build(Published, row, f"{path}: entry {number}") for number, row in enumerate(rows, 1))
