"""The face in the crowd (Hansen and Hansen 1988): nine faces, one of which may show another emotion than the rest.

Angry among happy, happy among angry, and crowds in which nobody differs. Faces are of FER+ test by the authors'
majority rule; which they are, and where the one that differs stands, is drawn by the seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np

from facereason import images, scoring
from facereason.bench.runs.figures import Measure, of_sums, share
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import asking
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow, Record
from facereason.images import Pixels
from facereason.scoring.resampling import Array
from facereason.types import EmotionLabel

SIDE, GAP, ACROSS = 96, 12, 3
"""Pixels of a face and between faces; faces a row."""
CROWDS = 200
"""Crowds of each kind, where no limit is given."""
HUNTED = (
    (EmotionLabel.ANGER, EmotionLabel.HAPPINESS),
    (EmotionLabel.HAPPINESS, EmotionLabel.ANGER),
)
"""Who differs, among whom."""
OPTIONS = (*(str(number) for number in range(1, ACROSS**2 + 1)), "none")
QUESTION = (
    "The picture shows nine faces, numbered 1 to 9 from left to right and from top to bottom. Does one of them show "
    "another expression than all the others, and which?"
)


def _questions(source: Source) -> Iterator[Question | BadRow]:
    """Faces of two emotions are held, some megabytes; a crowd may be asked about without one who differs."""
    pools: dict[EmotionLabel, list[Record]] = {EmotionLabel.ANGER: [], EmotionLabel.HAPPINESS: []}
    everything = Source(folder=source.folder, seed=source.seed)
    for found in asking.records("ferplus", "test", everything, lambda record: record.votes is not None):
        if isinstance(found, BadRow):
            yield found
        elif (most := scoring.majority(found.votes or {}, found.other_votes)) in pools:
            pools[most].append(found)
    rng = random.Random(source.seed)
    for number in range(source.limit or CROWDS):
        for one, among in HUNTED:
            if len(pools[among]) >= len(OPTIONS) and pools[one]:
                yield _crowd(f"{one.value} among {among.value}", number, pools[among], pools[one], rng)
                yield _crowd(f"{among.value} alone", number, pools[among], [], rng)


def _crowd(kind: str, number: int, many: Sequence[Record], others: Sequence[Record], rng: random.Random) -> Question:
    faces = rng.sample(list(many), ACROSS**2)
    answer = "none"
    if others:
        place = rng.randrange(ACROSS**2)
        faces[place], answer = rng.choice(list(others)), str(place + 1)
    text, system = asking.filled("choice", QUESTION, OPTIONS)
    return Question(
        id=f"{kind}/{number:04d}",
        pictures=(images.encode(grid([images.open(face.image).pixels for face in faces])),),
        text=text,
        system=system,
        truth={"answer": answer, "options": list(OPTIONS)},
        photo=f"{kind}/{number:04d}",
        plain=QUESTION,
        groups={"crowd": kind},
        choices=OPTIONS,
        face=False,
    )


def grid(faces: Sequence[Pixels]) -> Pixels:
    """Faces in rows of three on white, each of `SIDE` pixels."""
    side = ACROSS * SIDE + (ACROSS + 1) * GAP
    whole = np.full((side, side, 3), 255, np.uint8)
    for place, face in enumerate(faces):
        top, left = (GAP + index * (SIDE + GAP) for index in divmod(place, ACROSS))
        whole[top : top + SIDE, left : left + SIDE] = images.resize(face, SIDE, SIDE)
    return whole


def crowd_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """Hit rate of each hunt, false alarms of crowds alike, and how much likelier anger is found than happiness."""
    hits: dict[str, list[Row]] = {}
    for row in rows:
        hits.setdefault(row.groups["crowd"], []).append(row)
    for kind, of in sorted(hits.items()):
        if kind.endswith("alone"):
            alarms = [row.answer not in ("none", None) for row in of]
            yield share(f"false alarms, {kind}", of, alarms, seed)
        else:
            yield share(f"hit rate, {kind}", of, [row.right for row in of], seed)
    names = [f"{one.value} among {among.value}" for one, among in HUNTED]
    if all(name in hits for name in names):
        both = [row for name in names for row in hits[name]]
        first = np.array([row.groups["crowd"] == names[0] for row in both], float)
        right = np.array([row.right for row in both], float)
        sums = np.column_stack([right * first, first, right * (1 - first), 1 - first])
        yield of_sums("asymmetry: hit rate of anger less that of happiness", both, sums, _difference, seed)


def _difference(totals: Array) -> Array:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(totals[:, 0] / totals[:, 1] - totals[:, 2] / totals[:, 3])


TASKS = (
    Task(
        name="crowd/faces",
        says="one face among nine that differs, angry among happy and the reverse",
        data=("ferplus:test",),
        scorer="choice",
        questions=_questions,
        prompt="choice",
        protocol=f"{CROWDS} crowds of each kind, nine faces of the majority rule; in half nobody differs",
        extras=(crowd_figures,),
        learnt=("ferplus",),
    ),
)
