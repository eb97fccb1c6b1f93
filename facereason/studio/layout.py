"""Where people of a group stand: near each other, and nobody inside anybody else.

Seen from above a person takes up a few discs: shoulders, and where they sit, thighs and knees. Discs that overlap push
their owners apart until none do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from facereason.studio.spec import Person, Place, wrapped

FREE_NECK = 40.0  # yaw that a head turns before the body follows
SHOULDER, GIRTH = 0.14, 0.18  # metres: how far off the middle the discs of the shoulders lie, and their radius
THIGH, LEG = 0.11, 0.15  # the same of thighs and knees
REACH = (0.22, 0.44)  # how far before the middle thighs and knees lie
ROUNDS = 400
SIDEWAYS = (2.0, 1.0)  # people make room to the side rather than behind each other

Discs = npt.NDArray[np.float64]


def turn(person: Person) -> float:
    """Orientation of the body: as asked, or following the head as far as the neck needs."""
    if person.body is not None:
        return person.body
    return wrapped(person.head.yaw - float(np.clip(person.head.yaw, -FREE_NECK, FREE_NECK)))


def apart(people: Sequence[Person], places: Sequence[Place], fixed: Iterable[int] = ()) -> list[Place]:
    """The places, changed as little as needed for nobody to overlap; those numbered in `fixed`, from 0, stay."""
    discs = [_discs(person) for person in people]
    at = np.array([[place.right, place.depth] for place in places], np.float64).reshape(-1, 2)
    loose = np.ones(len(people))
    loose[list(fixed)] = 0.0
    for _ in range(ROUNDS):
        still = True
        for i in range(len(people)):
            for j in range(i):
                push = _overlap(discs[i], at[i], discs[j], at[j])
                share = loose[i] + loose[j]
                if push is not None and share:
                    at[i] += push * loose[i] / share
                    at[j] -= push * loose[j] / share
                    still = False
        if still:
            break
    return [
        replace(place, right=round(float(x), 3), depth=round(float(y), 3)) if free else place
        for place, (x, y), free in zip(places, at, loose, strict=True)
    ]


def overlap(people: Sequence[Person], places: Sequence[Place]) -> float:
    """How deep, in metres, the two who overlap most are in each other; 0 where nobody does."""
    worst = 0.0
    for i, one in enumerate(people):
        for j in range(i):
            at = [np.array([places[k].right, places[k].depth]) for k in (i, j)]
            push = _overlap(_discs(one), at[0], _discs(people[j]), at[1])
            worst = max(worst, 0.0 if push is None else float(np.linalg.norm(push)))
    return worst


def _discs(person: Person) -> Discs:
    """Right, depth and radius of each disc, seen from the person's place."""
    angle = np.radians(turn(person))
    across, ahead = np.array([np.cos(angle), np.sin(angle)]), np.array([np.sin(angle), -np.cos(angle)])
    size = float(np.interp(person.years, [3, 16], [0.65, 1.0]))
    found = [(side * SHOULDER * across, GIRTH) for side in (-1, 1)]
    if person.posture == "sitting":
        found += [(side * THIGH * across + far * ahead, LEG) for side in (-1, 1) for far in REACH]
    return np.array([[*(middle * size), radius * size] for middle, radius in found])


def _overlap(a: Discs, at_a: Discs, b: Discs, at_b: Discs) -> Discs | None:
    """What moves `a` out of `b` where they overlap most."""
    apart = (a[:, None, :2] + at_a) - (b[None, :, :2] + at_b)
    distance = np.linalg.norm(apart, axis=2)
    deep = a[:, None, 2] + b[None, :, 2] - distance
    i, j = np.unravel_index(int(deep.argmax()), deep.shape)
    if deep[i, j] <= 1e-3:
        return None
    way = at_a - at_b + [1e-6, 0.0]  # of the people, not of the discs: limbs that interlock come apart too
    way = way * SIDEWAYS / np.linalg.norm(way * SIDEWAYS)
    return np.asarray(way * (deep[i, j] + 0.005), np.float64)
