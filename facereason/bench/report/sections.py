"""What a report says of one task of one run: tables, matrices, groups and examples as plain values."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from facereason.bench.report.published import Published, published
from facereason.bench.runs import figures
from facereason.bench.runs.figures import Measure
from facereason.bench.runs.results import Result
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import catalogue
from facereason.scoring import Disposition

EXAMPLES = 8
LONGEST = 400
"""Letters of a reply that an example shows."""
NONE = "no answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """How often each label was answered with what; `answers` are the labels, others and none."""

    labels: tuple[str, ...]
    answers: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One question that was not answered rightly. `pictures`: data addresses."""

    id: str
    pictures: tuple[str, ...]
    truth: str
    answer: str
    outcome: str
    reply: str
    confidence: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """`whole`: figures of all rows; `headline`: those of them that an overview shows beside the accuracy; `groups`: a
    heading, a figure of each member, and the gap between them."""

    result: Result
    whole: tuple[Measure, ...]
    headline: tuple[Measure, ...]
    groups: tuple[tuple[str, tuple[Measure, ...], Measure | None], ...]
    confusion: Confusion | None
    reliability: tuple[tuple[float, float, int], ...]
    examples: tuple[Example, ...]
    published: tuple[Published, ...]


def section(result: Result, photos: bool = True) -> Section:
    kinds = dict.fromkeys((each.by, each.name) for each in result.measures if each.by and each.group)
    task = catalogue.known().get(result.task)
    heads = [result.of(name) for name in (task.headline if task else ())]
    return Section(
        result=result,
        whole=tuple(each for each in result.measures if not each.by),
        headline=tuple(each for each in heads if each),
        groups=tuple(_group(result, by, name) for by, name in kinds),
        confusion=confusion(result.rows),
        reliability=tuple(figures.reliability(result.rows)),
        examples=tuple(_examples(result, photos)),
        published=tuple(each for each in published() if each.task == result.task),
    )


def _group(result: Result, by: str, name: str) -> tuple[str, tuple[Measure, ...], Measure | None]:
    of = [each for each in result.measures if each.by == by]
    gap = next((each for each in of if not each.group), None) if name == "accuracy" else None
    heading = f"By {by}" if name == "accuracy" else f"{name[0].upper()}{name[1:]}, by {by}"
    return heading, tuple(each for each in of if each.group and each.name == name), gap


def confusion(rows: Sequence[Row]) -> Confusion | None:
    """Truth against answers, where answers are classes; None where they are not."""
    judged = [row for row in rows if "answer" in row.truth and row.outcome is not Disposition.GRADED]
    labels = figures.classes(judged)
    if not 1 < len(labels) <= figures.CLASSES:
        return None
    counts = Counter((figures.truth(row), NONE if row.answer is None else row.answer) for row in judged)
    others = sorted({answer for _, answer in counts} - set(labels) - {NONE})
    answers = [*labels, *others[: figures.CLASSES], *([NONE] if any(answer == NONE for _, answer in counts) else [])]
    table = tuple(tuple(counts[label, answer] for answer in answers) for label in labels)
    return Confusion(labels=tuple(labels), answers=tuple(answers), counts=table)


def _examples(result: Result, photos: bool) -> list[Example]:
    """Those of which a picture was kept, the surest first, and of answers in degrees those that are furthest off."""
    wrong = [row for row in result.rows if row.outcome not in (Disposition.RIGHT, Disposition.GRADED)]
    folder = result.folder / "pictures"
    kept = {path.stem for path in folder.glob("*.jpg")} if photos else set()
    there = [row for row in wrong if row.images and set(row.images) <= kept] or ([] if photos else wrong)
    there.sort(key=lambda row: (-(row.confidence or 0.0), -_off(row), row.id))
    return [
        Example(
            id=row.id,
            pictures=tuple(_address((folder / f"{name}.jpg").read_bytes()) for name in row.images) if photos else (),
            truth=_truth(row),
            answer=row.answer or NONE,
            outcome=row.outcome.value,
            reply=row.reply if len(row.reply) <= LONGEST else f"{row.reply[:LONGEST]} ...",
            confidence=row.confidence,
        )
        for row in there[:EXAMPLES]
    ]


def _off(row: Row) -> float:
    return float(row.parts.get("geodesic", row.parts.get("error", 0.0)))


def _truth(row: Row) -> str:
    said = str(row.truth.get("answer", ""))
    votes = ", ".join(f"{label} {count}" for label, count in (row.truth.get("votes") or {}).items())
    units = ", ".join(f"AU{unit}" for unit in row.truth["units"]) or "no unit" if "units" in row.truth else ""
    wanted = _expected(row.truth["expect"]) if "expect" in row.truth else ""
    return "; ".join(part for part in (said, f"votes: {votes}" if votes else "", units, wanted) if part)


def _expected(expect: Mapping[str, Any]) -> str:
    """What an answer about several people has to be, in short."""
    told = dict(expect) | ({"says": [words[:3] for words in expect["says"]]} if "says" in expect else {})
    told.pop("instead", None)
    return ", ".join(f"{key} {value}" for key, value in told.items())


def _address(jpeg: bytes) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode()}"
