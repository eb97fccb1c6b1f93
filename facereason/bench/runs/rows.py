"""One answered question as a run keeps it, and the rows of a run's journal."""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facereason.runner import Journal
from facereason.scoring import Disposition
from facereason.types import FaceReasonError


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """`photo`: rows of one photo are not independent. `images`, `prompt`: hashes of what was sent, 16 digits each;
    `reply`: as it came; `answer`: what was read from it; `confidence`: the probability of the answer, and
    `probabilities` of each, where they were asked for; `parts`: what the scorer counted; `truth`: what it counted
    against."""

    id: str
    photo: str
    images: tuple[str, ...]
    prompt: str
    reply: str
    outcome: Disposition
    truth: Mapping[str, Any]
    answer: str | None = None
    confidence: float | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)
    parts: Mapping[str, Any] = field(default_factory=dict)
    groups: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        return self.outcome is Disposition.RIGHT


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Rows of one task, in the order of their ids' first answers, and the errors of questions that have none."""

    rows: tuple[Row, ...]
    errors: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """Hash of ids, images and truth, whatever their order: two runs with the same one were asked the same."""
        total = 0
        for row in self.rows:
            told = "\0".join((row.id, *row.images, repr(sorted(row.truth.items()))))
            total = (total + int.from_bytes(hashlib.blake2b(told.encode(), digest_size=8).digest())) % (1 << 64)
        return f"{total:016x}"


def plain(row: Row) -> dict[str, Any]:
    """The row as the journal keeps it; what is at its default is left out."""
    told = dataclasses.asdict(row) | {"outcome": row.outcome.value, "images": list(row.images)}
    told.pop("seconds")
    return {key: value for key, value in told.items() if value not in (None, {})}


def read(folder: Path) -> Rows:
    """The rows of one task's journal. FaceReasonError where one is none."""
    found: dict[str, Row] = {}
    errors: dict[str, str] = {}
    for row in Journal(folder).rows():
        if row.error:
            errors[row.key] = row.error
            found.pop(row.key, None)
            continue
        errors.pop(row.key, None)
        try:
            told = dict(row.result)
            told["outcome"], told["images"] = Disposition(told["outcome"]), tuple(told["images"])
            found[row.key] = Row(**told, seconds=row.seconds)
        except (TypeError, ValueError, KeyError) as error:
            raise FaceReasonError(f"{folder}: {row.key!r} is no row of a benchmark run ({error})") from None
    return Rows(rows=tuple(found.values()), errors=errors)


def by_group(rows: Iterable[Row], by: str) -> dict[str, list[Row]]:
    """Rows by their value of a group, in the order of the values, numbers by size; rows without one are left out."""
    found: dict[str, list[Row]] = {}
    for row in rows:
        if by in row.groups:
            found.setdefault(row.groups[by], []).append(row)
    return in_order(found)


def in_order(groups: Mapping[str, list[Row]]) -> dict[str, list[Row]]:
    """Groups by name, the numbers in names by size: 3-9 before 10-19."""
    return dict(sorted(groups.items(), key=lambda item: by_size(item[0])))


def by_size(name: str) -> list[tuple[float, str]]:
    """Key that sorts names with the numbers in them by size."""
    parts = re.split(r"(\d+(?:\.\d+)?)", name)
    return [(float(part), "") if place % 2 else (0.0, part) for place, part in enumerate(parts)]


def kinds(rows: Iterable[Row]) -> Iterator[str]:
    """What rows are grouped by, in the order in which it first occurs."""
    yield from dict.fromkeys(by for row in rows for by in row.groups)
