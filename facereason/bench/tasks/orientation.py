"""DORI's four dimensions asked of rendered people, with exact truth: which way they face, how they would have to turn,
how two of them stand to each other, and whether the picture lies upright.

Each is asked coarse, by categories, and granular, by degrees, and "cannot be determined" is always among the options,
as in DORI; here it is never right. Coarse and granular are two tasks; figures of each dimension stand in both. People
are of the frozen set `groups`, rendered below the data folder, each marked by a box. Who stands near to the border
between two answers is not asked about.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from facereason import images
from facereason.bench import renders
from facereason.bench.runs.figures import Measure, of_sums, share
from facereason.bench.runs.rows import Row, by_group
from facereason.bench.tasks import asking
from facereason.bench.tasks.asking import PLAIN
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import DataError
from facereason.images import Pixels
from facereason.scoring.resampling import Array
from facereason.types import FaceReasonError

UNKNOWN = "cannot be determined"
DEGREES = ("0", "45", "90", "135", "180")
NEAR = 15.0
"""Degrees from an answer's angle within which a person is asked about."""
SEEN = 0.5
"""Share of a person that has to be visible."""
MARKS = ("red", "blue")

Person = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """One question about a picture: the people who are marked, the picture if it is not the scene as it is, and the
    right answer."""

    marked: tuple[Person, ...]
    answer: str
    turned: int = 0


Ask = Callable[[Sequence[Person], int], Asked | None]
"""Of the people of a scene and its number; None where it cannot be asked there."""


def _first(people: Sequence[Person], number: int) -> Person | None:
    """One of those who are seen well, another one from scene to scene."""
    seen = [each for each in people if each["head"] and each["visible"] >= SEEN]
    return seen[number % len(seen)] if seen else None


def _degrees(angle: float) -> str | None:
    """The nearest of `DEGREES` to an angle without its sign; None where it is not near."""
    angle = abs(angle)
    nearest = min(DEGREES, key=lambda each: abs(angle - int(each)))
    return nearest if abs(angle - int(nearest)) <= NEAR else None


def _faces(people: Sequence[Person], number: int) -> Asked | None:
    person = _first(people, number)
    if person is None:
        return None
    yaw = person["head_pose"]["yaw"]
    if abs(yaw) <= 2 * NEAR:
        return Asked((person,), "toward the camera")
    if abs(yaw) >= 180 - 2 * NEAR:
        return Asked((person,), "away from the camera")
    side = abs(abs(yaw) - 90) <= 2 * NEAR
    return Asked((person,), f"to the {'right' if yaw > 0 else 'left'} of the picture") if side else None


def _faces_by(people: Sequence[Person], number: int) -> Asked | None:
    person = _first(people, number)
    degrees = None if person is None else _degrees(person["head_pose"]["yaw"])
    return None if person is None or degrees is None else Asked((person,), degrees)


def _turns(people: Sequence[Person], number: int) -> Asked | None:
    """A body whose front points to the picture's right has to turn to its own right to face the camera."""
    person = _first(people, number)
    if person is None:
        return None
    turn = person["body_orientation"]
    if abs(turn) <= NEAR:
        return Asked((person,), "not at all")
    clear = 2 * NEAR <= abs(turn) <= 180 - 2 * NEAR
    return Asked((person,), f"to their own {'right' if turn > 0 else 'left'}") if clear else None


def _turns_by(people: Sequence[Person], number: int) -> Asked | None:
    person = _first(people, number)
    degrees = None if person is None else _degrees(person["body_orientation"])
    return None if person is None or degrees is None else Asked((person,), degrees)


def _between(people: Sequence[Person], number: int) -> tuple[tuple[Person, ...], float] | None:
    """Two people, and the angle between the fronts of their bodies."""
    seen = [each for each in people if each["head"] and each["body_box"] and each["visible"] >= SEEN]
    if len(seen) < 2:
        return None
    first, second = seen[number % len(seen)], seen[(number + 1) % len(seen)]
    apart = abs((first["body_orientation"] - second["body_orientation"] + 180) % 360 - 180)
    return (first, second), apart


def _relative(people: Sequence[Person], number: int) -> Asked | None:
    found = _between(people, number)
    if found is None:
        return None
    pair, apart = found
    answers = {0: "the same way", 90: "at right angles", 180: "opposite ways"}
    near = [answer for angle, answer in answers.items() if abs(apart - angle) <= 1.5 * NEAR]
    return Asked(pair, near[0]) if near else None


def _relative_by(people: Sequence[Person], number: int) -> Asked | None:
    found = _between(people, number)
    degrees = None if found is None else _degrees(found[1])
    return None if found is None or degrees is None else Asked(found[0], degrees)


def _upright(people: Sequence[Person], number: int) -> Asked | None:
    turned = (0, 90, 0, 180, 0, 270)[number % 6]
    return Asked((), "yes" if not turned else "no", turned)


def _upright_by(people: Sequence[Person], number: int) -> Asked | None:
    turned = 90 * (number % 4)
    return Asked((), str(turned), turned)


# ---------------------------------------------------------------------------------------------------------- questions


@dataclass(frozen=True, slots=True)
class Kind:
    dimension: str
    level: str
    says: str
    question: str
    options: tuple[str, ...]
    ask: Ask


_FACES = "Which way does the face of the person in the red box point?"
_TURNED = "By how many degrees counter-clockwise has this picture been turned from its upright position?"
_BY = "By about how many degrees is the head of the person in the red box turned away from the camera, to either side?"
KINDS = (
    Kind("frontal", "coarse", "which way a head faces", _FACES,
         ("toward the camera", "to the left of the picture", "to the right of the picture", "away from the camera"),
         _faces),
    Kind("frontal", "granular", "the same in degrees", _BY, DEGREES, _faces_by),
    Kind("turning", "coarse", "which way somebody would have to turn to face the camera",
         "Which way would the person in the red box have to turn their body to face the camera by the shorter way?",
         ("to their own left", "to their own right", "not at all"), _turns),
    Kind("turning", "granular", "the same in degrees",
         "By about how many degrees would the person in the red box have to turn their body to face the camera?",
         DEGREES, _turns_by),
    Kind("relative", "coarse", "how two people stand to each other",
         "Seen from above, which way do the bodies of the people in the red and the blue box face?",
         ("the same way", "at right angles", "opposite ways"), _relative),
    Kind("relative", "granular", "the same in degrees",
         "Seen from above, about how many degrees lie between the ways in which the bodies of the people in the red "
         "and the blue box face?", DEGREES, _relative_by),
    Kind("canonical", "coarse", "whether a picture lies upright", "Is this picture upright?", ("yes", "no"), _upright),
    Kind("canonical", "granular", "how it lies, in degrees",
         _TURNED, ("0", "90", "180", "270"), _upright_by),
)  # fmt: skip


def _questions(level: str) -> Callable[[Source], Iterator[Question]]:
    def questions(source: Source) -> Iterator[Question]:
        """Those of one dimension after those of another; of each at most the limit."""
        for kind in KINDS:
            if kind.level == level:
                yield from itertools.islice(_of_kind(kind, source), source.limit)

    return questions


def _of_kind(kind: Kind, source: Source) -> Iterator[Question]:
    options = (*kind.options, UNKNOWN)
    text, system = asking.filled("letters", kind.question, options)
    for number, (people, pixels) in enumerate(_scenes(source)):
        told = kind.ask(people, number)
        if told is None:
            continue
        shown = images.rotate(marked(pixels, told.marked), told.turned)
        yield Question(
            id=f"{kind.dimension}/groups-{number:04d}",
            pictures=(images.encode(shown),),
            text=text,
            system=system,
            truth={"answer": told.answer, "options": list(options), "lettered": True},
            photo=f"groups-{number:04d}",
            plain=PLAIN["rotation"] if kind.question == _TURNED else kind.question,
            groups={"dimension": kind.dimension, "answer": f"{kind.dimension}: {told.answer}"},
            choices=tuple("ABCDEFGHIJ"[: len(options)]),
            max_tokens=16,
            face=False,
        )


def _scenes(source: Source) -> Iterator[tuple[list[dict[str, Any]], Pixels]]:
    try:
        yield from renders.scenes(source.folder, "groups")
    except FaceReasonError as error:
        raise DataError(f"{error} (rendered people, CC0)") from None


def marked(pixels: Pixels, people: Sequence[Person]) -> Pixels:
    """The picture with a box around each: of one the head, of two their bodies, the first red, the second blue."""
    if not people:
        return pixels
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    draw = ImageDraw.Draw(picture)
    for colour, person in zip(MARKS, people, strict=False):
        left, top, width, height = person["head"] if len(people) == 1 else person["body_box"]
        draw.rectangle((left - 2, top - 2, left + width + 2, top + height + 2), outline=colour, width=3)
    return np.asarray(picture)


# -------------------------------------------------------------------------------------------------------------- figures


def level_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """The mean of the dimensions' accuracies, which weighs them alike however many questions each has; and how often
    the way out was taken."""
    dimensions = list(by_group(rows, "dimension").values())
    if len(dimensions) > 1:
        k = len(dimensions)
        place = {id(row): number for number, of in enumerate(dimensions) for row in of}
        there = [row for row in rows if id(row) in place]
        sums = np.zeros((len(there), 2 * k))
        for number, row in enumerate(there):
            sums[number, place[id(row)]] = row.right
            sums[number, k + place[id(row)]] = 1
        yield of_sums(f"mean of {k} dimensions", there, sums, _mean_of_shares, seed, unit="share")
    taken = [row.answer is not None and UNKNOWN in row.answer.casefold() for row in rows]
    yield share("said that it cannot be determined", rows, taken, seed)


def _mean_of_shares(totals: Array) -> Array:
    right, asked = np.split(totals, 2, axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.nanmean(np.where(asked > 0, right / asked, np.nan), axis=1))


TASKS = tuple(
    Task(
        name=f"orientation/{level}",
        says=f"{says}, of rendered people, in DORI's four dimensions",
        data=("studio:groups",),
        scorer="choice",
        questions=_questions(level),
        prompt="letters",
        protocol=f"DORI's dimensions asked of the frozen set groups, exact truth, one letter, {UNKNOWN!r} an option",
        extras=(level_figures,),
        learnt=("studio", "rotations"),
    )
    for level, says in (("coarse", "orientation by categories"), ("granular", "orientation in degrees"))
)
