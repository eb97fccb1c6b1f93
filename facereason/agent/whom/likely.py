"""Whom a reference most likely means where nobody meets it to the letter: readings are uncertain, and a question names
somebody who is there.

Everybody gets the probability of being so by the readings, condition by condition: an unclear gender counts by its
distribution, a colour by how near it lies to the one named, an unknown reading as chance. One person who is far ahead
of all others is taken, and the answer says so.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from facereason.agent.grammar.words import lexicon
from facereason.agent.whom.fits import chance_of, fit, middle_of, row_of, within
from facereason.agent.whom.selection import Selection
from facereason.agent.whom.traits import AMONG
from facereason.types import AgeGroup, By, Constraint, Outcome, Person, Reading, Reference, Scene, Topic

LEAST = 0.03  # how probable the best must be: below it nothing speaks for anybody
AHEAD = 0.55  # share of all probability that the best must hold
AGAINST = 0.15  # odds below which a reading rules somebody out
AGE_AGAINST = 0.05  # an age group is read within one in nine of ten faces: less is ruled out by it
_ODDS = 0.5  # of a reading that is unknown
_MISSED = 0.06  # of somebody who stands elsewhere than said: where people are is seen well
_NEAR_COLOUR = 0.35  # of a colour next to the one that was read
_NEAR: Mapping[str, frozenset[str]] = {
    colour: frozenset(others.split())
    for colour, others in {
        "black": "grey brown",
        "grey": "white black blond",
        "white": "grey blond",
        "brown": "black blond",
        "blond": "white grey brown",
    }.items()
}
"""Colours that more or less light turns into each other."""

_SHOWN = (Topic.EMOTION, Topic.ACTION_UNIT)

Resolve = Callable[[Reference], Selection]
Beside = Callable[[Person, str, Scene], tuple[Person, ...]]


def likely(reference: Reference, scene: Scene, resolve: Resolve, beside: Beside) -> tuple[Person, float] | None:
    """The one person most likely meant, with how sure that is; None where nobody is far ahead, or where the reference
    counts or ranks people, which cannot be done half. `resolve` finds whom a relation is to."""
    if not any(constraint.by is By.TOPIC for constraint in reference.constraints):
        return None
    scores = dict.fromkeys((person.number for person in scene.people), 1.0)
    for place, constraint in enumerate(reference.constraints):
        odds = _odds(constraint, scene, resolve, beside, counts=place == 0)
        if odds is None:
            return None
        least = AGE_AGAINST if constraint.topic is Topic.AGE else AGAINST
        scores = {n: score * odds[n] if odds[n] >= least else 0.0 for n, score in scores.items()}
    total, best = sum(scores.values()), max(scores, key=lambda number: scores[number], default=0)
    if not total or scores[best] < LEAST or scores[best] / total < AHEAD:
        return None
    return scene.person(best), scores[best] / total * scores[best]


def _odds(
    constraint: Constraint, scene: Scene, resolve: Resolve, beside: Beside, counts: bool
) -> dict[int, float] | None:
    """How probable each person is to meet one condition; None where that cannot be said of one person by itself.
    `counts`: an order counts everybody, not those who meet the other conditions."""
    match constraint.by:
        case By.TOPIC if constraint.topic is Topic.POSITION and constraint.value in ("top", "bottom"):
            return _placed({person.number for person in row_of(constraint.value, scene)}, scene, constraint.negated)
        case By.TOPIC if constraint.topic is not None and constraint.topic is not Topic.PEOPLE:
            found = {person.number: _chance(person, constraint, scene) for person in scene.people}
            return {number: 1 - odds if constraint.negated else odds for number, odds in found.items()}
        case By.RELATION if constraint.topic is None and constraint.to is not None:
            others = resolve(constraint.to)
            if others.outcome is not Outcome.ANSWERED or constraint.value in ("between", AMONG):
                return None
            if constraint.value in ("left of", "right of") and len(others.people) == 1:
                return _sideways(others.people[0], constraint.value, scene)
            there = {each.number for other in others.people for each in beside(other, constraint.value, scene)}
            return _placed(there, scene, constraint.negated)
        case By.MIDDLE:
            line = sorted(scene.people, key=lambda each: each.box.centre[0])
            return _placed({person.number for person in middle_of(line)}, scene, constraint.negated)
        case By.ORDER if counts and 0 < constraint.rank <= len(scene.people):
            line = sorted(scene.people, key=lambda each: each.box.centre[0], reverse=constraint.value == "right")
            return _placed({line[constraint.rank - 1].number}, scene, constraint.negated)
        case By.ORDER if constraint.rank == 1:
            # "The woman on the far left": who stands furthest there is likeliest, the next one less so.
            line = sorted(scene.people, key=lambda each: each.box.centre[0], reverse=constraint.value == "right")
            return {person.number: max(_MISSED, 0.15**place) for place, person in enumerate(line)}
    return None


def _sideways(other: Person, relation: str, scene: Scene) -> dict[int, float]:
    """ "The man left of her" is the nearest one there, or the next."""
    x, sign = other.box.centre[0], -1 if relation == "left of" else 1
    there = [person for person in scene.people if sign * (person.box.centre[0] - x) > 0]
    there.sort(key=lambda person: abs(person.box.centre[0] - x))
    odds = {person.number: max(_MISSED, 0.4**place) for place, person in enumerate(there)}
    return {person.number: odds.get(person.number, _MISSED) for person in scene.people}


def _placed(there: set[int], scene: Scene, negated: bool) -> dict[int, float]:
    return {
        person.number: 1 - _MISSED if (person.number in there) is not negated else _MISSED for person in scene.people
    }


def _chance(person: Person, constraint: Constraint, scene: Scene) -> float:
    topic, value = constraint.topic, constraint.value
    assert topic is not None
    match topic:
        case Topic.GENDER:
            return _of(person.gender, [value])
        case Topic.AGE if value in lexicon().ages:
            core, edge = lexicon().ages[value]
            if person.staged is not None:
                return min(0.97, max(0.03, within(person.staged, core | edge)))
            return _of(_blurred(person.age_group), [*core, *edge])
        case Topic.HAIR_COLOUR | Topic.CLOTHING_COLOUR:
            reading = person.hair_colour if topic is Topic.HAIR_COLOUR else person.clothing_colour
            named = value.split(" or ")
            near = {each for colour in named for each in _NEAR.get(colour, ())} - set(named)
            return min(1.0, _of(reading, named) + _NEAR_COLOUR * _of(reading, sorted(near)))
        case Topic.POSITION:
            return 1 - _MISSED if fit(person, topic, value, scene).holds else _MISSED
    found = fit(person, topic, value, scene)
    if topic in _SHOWN and found.holds is False:
        return 0.0  # "the smiling woman" is not one who does not smile
    return _ODDS if found.holds is None else min(0.97, max(0.03, found.chance))


def _of(reading: Reading[Any], values: list[str]) -> float:
    """Probability of any of `values`; of an unclear reading by its distribution, of an unknown one half by chance."""
    if reading.distribution:
        odds = sum(reading.distribution.get(value, 0.0) for value in values)
        odds = odds if reading.known else (odds + len(values) / len(reading.distribution)) / 2
        return min(0.97, max(0.03, odds))
    if reading.value is None:
        return _ODDS
    return min(0.97, max(0.03, chance_of(reading, values)))


def _blurred(reading: Reading[AgeGroup]) -> Reading[AgeGroup]:
    """An age with a quarter of each group's share given to each neighbour."""
    groups = [group.value for group in AgeGroup]
    share = [reading.distribution.get(group, 0.0) for group in groups]
    padded = [0.0, *share, 0.0]
    mixed = [0.5 * padded[i + 1] + 0.25 * (padded[i] + padded[i + 2]) for i in range(len(groups))]
    return replace(reading, distribution=dict(zip(groups, mixed, strict=True))) if sum(share) else reading
