"""Perceived gender, age group and, for audits, race: with our prompts and FaceScanPaliGemma's. By group, they are the
fairness suite.

Race is asked with FairFace's seven classes and counted with East and Southeast Asian merged as well; which classes
FaceScanPaliGemma merges is not known here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np

from facereason.bench.runs.figures import Measure, share
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import asking
from facereason.bench.tasks.asking import PLAIN
from facereason.bench.tasks.task import Extra, Question, Task
from facereason.data import Record
from facereason.types import AgeGroup, Gender, Race

GENDERS = (Gender.FEMALE.value, Gender.MALE.value)
AGES = tuple(group.value for group in AgeGroup)
RACES = tuple(race.value for race in Race)
MERGED: Mapping[str, str] = {Race.EAST_ASIAN.value: "asian", Race.SOUTHEAST_ASIAN.value: "asian"}
WORDS: Mapping[str, Mapping[str, str]] = {
    "gender": {
        word: gender
        for gender, words in (("female", "woman girl lady feminine f"), ("male", "man boy gentleman masculine m"))
        for word in words.split()
    },
    "race": {
        "black or african american": "black", "african american": "black", "african": "black", "caucasian": "white",
        "latino": "latino/hispanic", "hispanic": "latino/hispanic", "latina": "latino/hispanic",
        "arab": "middle eastern", "south asian": "indian",
    },
    "age": {},
}  # fmt: skip
"""Other words for the answers."""
QUESTIONS = {
    "gender": "Which gender does the person in the picture appear to have?",
    "age": "Which age group does the person in the picture appear to be in?",
    "race": "As what would an onlooker label the person in the picture?",
}
OPTIONS = {"gender": GENDERS, "age": AGES, "race": RACES}
_FIELDS: Mapping[str, Callable[[Record], str | None]] = {
    "gender": lambda record: record.gender.value if record.gender and record.gender.value in GENDERS else None,
    "age": lambda record: record.age_group.value if record.age_group else None,
    "race": lambda record: record.race.value if record.race else None,
}


def question(what: str, record: Record, published: bool) -> Question:
    """A record asked for one attribute."""
    options = OPTIONS[what]
    text, system = (PLAIN[what], "") if published else asking.filled("choice", QUESTIONS[what], options)
    return Question(
        id=record.id,
        pictures=(record.image,),
        text=text,
        system=system,
        truth={"answer": _FIELDS[what](record), "options": list(options), "words": dict(WORDS[what])},
        photo=asking.photo_of(record),
        plain=PLAIN[what],
        groups=asking.groups(record),
        choices=options,
        captions=asking.captions(what, options),
    )


def labelled(what: str) -> Callable[[Record], bool]:
    """Whether a record has a label for it."""
    return lambda record: _FIELDS[what](record) is not None


def _merged(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    def one(label: str | None) -> str | None:
        return MERGED.get(label, label) if label else None

    right = [row.answer is not None and one(row.answer) == one(row.truth["answer"]) for row in rows]
    yield share("accuracy, merged classes", rows, right, seed)


def by_intersection(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """How far the least and the most accurate answer, over all groups of three kinds at once, lie apart where each
    holds 30 rows."""
    kinds = [by for by in ("race", "gender", "age") if any(by in row.groups for row in rows)]
    if len(kinds) < 3:
        return
    cells: dict[str, list[bool]] = {}
    for row in rows:
        cells.setdefault(", ".join(row.groups.get(by, "?") for by in kinds), []).append(row.right)
    large = {cell: float(np.mean(right)) for cell, right in cells.items() if len(right) >= 30}
    if len(large) > 1:
        best, worst = max(large, key=large.__getitem__), min(large, key=large.__getitem__)
        yield Measure(
            name="gap between intersections of race, gender and age",
            value=large[best] - large[worst],
            unit="points",
            n=sum(len(cells[cell]) for cell in large),
            note=f"best {best} {100 * large[best]:.1f} (n {len(cells[best])}), worst {worst} {100 * large[worst]:.1f} "
            f"(n {len(cells[worst])})",
        )


def _task(what: str, name: str, split: str, published: bool, called: str = "") -> Task:
    extras: tuple[Extra, ...] = (_merged, by_intersection) if what == "race" else (by_intersection,)
    called = called or f"{what}{'-published' if published else ''}"
    return Task(
        name=f"attributes/{called}",
        says=f"perceived {what} on {name}:{split}" + (", FaceScanPaliGemma's prompt" if published else ""),
        data=(f"{name}:{split}",),
        scorer="age" if what == "age" else "choice",
        questions=asking.asked(name, split, labelled(what), lambda record: [question(what, record, published)]),
        prompt=PLAIN[what] if published else "choice",
        protocol="FaceScanPaliGemma's prompt, no options" if published else "options in a list, one of them",
        extras=extras,
        intersections=tuple(combinations(("race", "gender", "age"), 2)),
        learnt=(name,),
    )


TASKS = (
    *(_task(what, "fairface", "val", published) for what in ("gender", "age", "race") for published in (False, True)),
    _task("gender", "utkface", "all", False, "utkface-gender"),
    _task("age", "utkface", "all", False, "utkface-age"),
)

FAIRNESS = ("attributes/gender", "attributes/age", "attributes/facet-gender", "attributes/facet-age")
"""What the suite `fairness` asks: figures by race, gender, age, and by two of them at once, are made of every task."""
