"""Whether somebody is what a question says: one topic, one person, by the measurements."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from facereason.agent.answers import wording
from facereason.agent.grammar.words import lexicon
from facereason.agent.whom import traits
from facereason.types import AgeGroup, Evidence, HeadPose, Person, Reading, Scene, Stage, Topic

FACES_CAMERA = 15.0  # degrees of yaw and pitch up to which a head counts as facing the camera
TURNED = 20.0  # degrees of yaw from which it is turned to a side
TILTED = 12.0  # degrees of pitch from which it looks up or down
PROFILE = 60.0  # degrees of yaw, left or right, from which it is seen in profile
ROLLED = 10.0  # degrees of roll from which it is tilted to a side
NEAR = 0.25  # a probability that is worth a word although another value was read
SAME_AGE = 1.5  # years between expected ages that tell nothing
SAME_CHANCE = 0.005
SAME_SIZE = 2.0  # pixels of a head
SAME_TURN = 5.0  # degrees of a head
SAME_WAY = 20.0  # degrees, in every angle, within which heads are held alike
SAME_STRENGTH = 0.02  # of an intensity
IN_LINE = 2.2  # heads to the side up to which somebody further back counts as behind
_NEITHER_SIDE = 0.05  # of the group's width, around its middle

AGE_OF = {group.value: age for group, age in zip(AgeGroup, (1, 6, 15, 25, 35, 45, 55, 65, 75), strict=True)}
GROUPS_OF: Mapping[Stage, tuple[str, ...]] = {
    Stage.CHILD: ("0-2", "3-9"),
    Stage.GROWN: ("10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70+"),
}
TEENS = frozenset({"10-19"})  # of them the figure learnt only the ends
_FIRST_YEAR = {group.value: year for group, year in zip(AgeGroup, (0, 3, 10, 20, 30, 40, 50, 60, 70), strict=True)}


class RaceIsOffError(Exception):
    """Race is asked for, and was not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """`chance`: how probable it is by the readings that the person is so. `holds`: None where they do not tell.

    `edge`: the person fits at the edge of what the word means ("girl" of a woman of 20). `close`: the person does not
    fit, but the readings leave it possible.
    """

    holds: bool | None
    chance: float
    evidence: tuple[Evidence, ...] = ()
    edge: bool = False
    close: bool = False

    def denied(self) -> Fit:
        """The fit of the opposite."""
        if self.holds is None:
            return self
        return replace(self, holds=not self.holds, chance=1 - self.chance, edge=False)


def fit(person: Person, topic: Topic, value: str, scene: Scene) -> Fit:
    """Whether `person` is `value` in `topic`; a value may list several ("sadness or anger").

    Raises RaceIsOffError for race where it was not read.
    """
    if traits.is_trait(topic):
        so, chance = traits.holds(person, topic, value)
        close = so is not None and NEAR <= chance <= 1 - NEAR
        return Fit(holds=so, chance=chance, evidence=(wording.evidence(person, topic, value),), close=close)
    match topic:
        case Topic.EMOTION:
            return _one_of(person, topic, person.face.emotion, value.split(" or "))
        case Topic.GENDER:
            return _one_of(person, topic, person.gender, [value])
        case Topic.AGE:
            return _age(person, value)
        case Topic.HAIR_COLOUR:
            also = lexicon().hair_also
            colours = [colour for named in value.split(" or ") for colour in (named, *also.get(named, ()))]
            return _one_of(person, topic, person.hair_colour, colours)
        case Topic.CLOTHING_COLOUR:
            return _one_of(person, topic, person.clothing_colour, value.split(" or "))
        case Topic.RACE:
            if person.race is None:
                raise RaceIsOffError
            return _one_of(person, topic, person.race, value.split(" or "))
        case Topic.HEAD_POSE:
            pose = person.face.pose
            holds = any(heads(pose, each) for each in value.split(" or "))
            chance = pose.confidence if holds else 1 - pose.confidence
            return Fit(holds=holds, chance=chance, evidence=(wording.evidence(person, topic),))
        case Topic.POSITION:
            holds = side(person, scene) == value or (
                value in ("top", "bottom") and person in row_of(value, scene) and len(scene.people) > 1
            )
            return Fit(holds=holds, chance=float(holds))
    raise ValueError(f"nobody is picked by {topic}")


def heads(pose: HeadPose, value: str) -> bool:
    """Whether a head points to "camera", "left", "right", "up", "down" or "away", is seen in "profile", or is "tilted",
    "tilted left" or "tilted right", as seen in the photo."""
    match value:
        case "camera":
            return abs(pose.yaw) <= FACES_CAMERA and abs(pose.pitch) <= FACES_CAMERA
        case "left":
            return pose.yaw <= -TURNED
        case "right":
            return pose.yaw >= TURNED
        case "up":
            return pose.pitch >= TILTED
        case "down":
            return pose.pitch <= -TILTED
        case "away":
            return abs(pose.yaw) >= TURNED
        case "profile":
            return PROFILE <= abs(pose.yaw) <= 180 - PROFILE
        case "tilted":
            return abs(pose.roll) >= ROLLED
        case "tilted left":
            return pose.roll <= -ROLLED
        case "tilted right":
            return pose.roll >= ROLLED
    raise ValueError(f"no direction {value!r}")


def side(person: Person, scene: Scene) -> str:
    """ "left" or "right" of the group's middle, of the photo's for somebody alone; "" for who is about there."""
    centres = [each.box.centre[0] for each in scene.people]
    first, last = (min(centres), max(centres)) if len(centres) > 1 else (0.0, float(scene.width))
    middle, slack = (first + last) / 2, _NEITHER_SIDE * (last - first)
    at = person.box.centre[0]
    return "left" if at < middle - slack else "right" if at > middle + slack else ""


def expected_age(person: Person) -> float:
    """Years: the mean over the age groups, or the middle of the one that was read."""
    reading = person.age_group
    if reading.distribution:
        total = sum(reading.distribution.values())
        return sum(AGE_OF[group] * share for group, share in reading.distribution.items()) / total
    assert reading.value is not None
    return float(AGE_OF[reading.value])


def chance_of(reading: Reading[Any], values: Collection[str]) -> float:
    """Probability of any of `values` by the instrument. Without a distribution, what its confidence leaves over is
    spread evenly over the values that were not read."""
    if reading.distribution:
        return min(1.0, sum(reading.distribution.get(value, 0.0) for value in values))
    assert isinstance(reading.value, Enum)
    other = (1 - reading.confidence) / (len(type(reading.value)) - 1)
    return reading.confidence + other * (len(values) - 1) if str(reading.value) in values else other * len(values)


def within(stage: Reading[Stage], groups: Collection[str]) -> float:
    """Probability of any of these age groups by a stage of life: each stage's is spread evenly over its groups."""
    shares = {each: sum(group in groups for group in own) / len(own) for each, own in GROUPS_OF.items()}
    return sum(stage.distribution[each.value] * share for each, share in shares.items())


def _one_of(person: Person, topic: Topic, reading: Reading[Any], values: Collection[str]) -> Fit:
    told = (wording.evidence(person, topic),)
    if reading.value is None:
        return Fit(holds=None, chance=0.5, evidence=told)
    holds, chance = str(reading.value) in values, chance_of(reading, values)
    close = (chance if not holds else 1 - chance) >= NEAR if reading.distribution else reading.confidence < wording.SURE
    return Fit(holds=holds, chance=chance, evidence=told, close=close)


def _age(person: Person, value: str) -> Fit:
    """An age word, an age group, or "over 60" and "under 18", or any of several ("over 60 or old"); a group that the
    limit cuts in two tells nothing."""
    if " or " in value:
        found = [_age(person, each) for each in value.split(" or ")]
        held = [each for each in found if each.holds] or [each for each in found if each.holds is None] or found
        return max(held, key=lambda each: each.chance)
    reading = person.age_group
    told = (wording.evidence(person, Topic.AGE),)
    limit, _, years = value.partition(" ")
    if years:
        over = [group for group, first in _FIRST_YEAR.items() if first >= int(years)]
        firsts = [*_FIRST_YEAR.values(), 200]
        under = [group for group, until in zip(_FIRST_YEAR, firsts[1:], strict=True) if until <= int(years)]
        if reading.value is None or reading.value not in (*over, *under):
            return Fit(holds=None, chance=0.5, evidence=told)
        return _one_of(person, Topic.AGE, reading, over if limit == "over" else under)
    core, edge = lexicon().ages.get(value, (frozenset([value]), frozenset[str]()))
    if person.staged is not None and person.staged.value is not None:
        sure, own = person.staged.confidence, set(GROUPS_OF[person.staged.value])
        if own - TEENS <= core | edge:
            return Fit(holds=True, chance=sure, evidence=told)
        if own & core:
            return Fit(holds=None, chance=0.5, evidence=told)
        return Fit(holds=False, chance=1 - sure, evidence=told)
    one = _one_of(person, Topic.AGE, reading, core)
    if one.holds is False and reading.value in edge:
        return Fit(holds=True, chance=chance_of(reading, core | edge), evidence=told, edge=True)
    return one


# ----------------------------------------------------------------------------------------------------- more and less


def amount(person: Person, topic: Topic, value: str) -> float:
    """How much of `value` somebody shows: probability of an emotion, intensity of action units, years for "old", their
    negative for "young", pixels of the head for "near", their negative for "far", degrees by which the head is "turned"
    to either side, or "tilted"."""
    if topic is Topic.AGE:
        return expected_age(person) * (1 if value == "old" else -1)
    if topic is Topic.DISTANCE:
        return traits.size(person) * (1 if value == "near" else -1)
    if topic is Topic.HEAD_POSE:
        return abs(person.face.pose.yaw if value == "turned" else person.face.pose.roll)
    if topic is Topic.ACTION_UNIT:
        return traits.strength(person, value)
    emotion = person.face.emotion
    if emotion.distribution:
        return sum(emotion.distribution.get(each, 0.0) for each in value.split(" or "))
    return emotion.confidence if str(emotion.value) in value.split(" or ") else 0.0


def heads_alike(people: Sequence[Person]) -> bool:
    """Whether heads are turned, raised and tilted alike."""
    poses = [person.face.pose for person in people]
    angles = ([pose.yaw for pose in poses], [pose.pitch for pose in poses], [pose.roll for pose in poses])
    return all(max(each) - min(each) <= SAME_WAY for each in angles)


def slack(topic: Topic) -> float:
    """Difference in `amount` up to which two people are the same."""
    same = {Topic.AGE: SAME_AGE, Topic.DISTANCE: SAME_SIZE, Topic.HEAD_POSE: SAME_TURN}
    return {**same, Topic.ACTION_UNIT: SAME_STRENGTH}.get(topic, SAME_CHANCE)


def more(one: Person, other: Person, topic: Topic, value: str) -> float | None:
    """How much more of `value` `one` shows than `other`; None where one is unknown, or it is too close to tell. A child
    by the whole figure is younger than who is grown up by face or figure."""
    if topic is Topic.AGE and (one.staged is not None or other.staged is not None):
        return _older(one, other, sign=1 if value == "old" else -1)
    if not all(wording.is_known(person, topic, value) for person in (one, other)):
        return None
    difference = amount(one, topic, value) - amount(other, topic, value)
    return difference if abs(difference) >= slack(topic) else None


CHILDHOOD = 13.0  # years up to which a figure may look a child's


def _older(one: Person, other: Person, sign: int) -> float | None:
    """By how many years, at least, one is older where the figure tells the stage of life of one or both."""
    spans = []
    for person in (one, other):
        if person.staged is not None:
            spans.append((0.0, CHILDHOOD) if person.staged.value is Stage.CHILD else (CHILDHOOD, 100.0))
        elif person.age_group.known:
            spans.append((expected_age(person), expected_age(person)))
        else:
            return None
    (low, high), (other_low, other_high) = spans
    if low > other_high or (low == other_high and high > other_low):
        return sign * max(SAME_AGE, low - other_high)
    if high < other_low or (high == other_low and low < other_high):
        return sign * min(-SAME_AGE, high - other_low)
    return None


def beside(person: Person, relation: str, scene: Scene) -> tuple[Person, ...]:
    """Everybody "left of" or "right of" somebody as seen in the photo; "next to": the nearest one on each side;
    "behind" and "in front of": those near to the same line of sight whose heads are smaller and larger; "nearest to",
    "farthest from": in the photo; "looks at": those who look at them; "looked at by": whom they look at; "meets": those
    of whom both is so; "same as": just that person."""
    others = [other for other in scene.people if other.number != person.number]
    match relation:
        case "same as":
            return (person,)
        case "behind":
            return tuple(each for each in others if _nearer(person, each))
        case "in front of":
            return tuple(each for each in others if _nearer(each, person))
        case "nearest to":
            return (min(others, key=lambda each: _apart(each, person)),) if others else ()
        case "farthest from":
            return (max(others, key=lambda each: _apart(each, person)),) if others else ()
        case "looks at":
            return tuple(each for each in others if traits.looked_at(each, scene.people, scene.width) == person)
        case "meets":
            back = beside(person, "looked at by", scene)
            return tuple(each for each in beside(person, "looks at", scene) if each in back)
        case "looked at by":
            seen = traits.looked_at(person, scene.people, scene.width)
            return (seen,) if seen is not None else ()
    relation = relation.removeprefix("directly ")
    x = person.box.centre[0]
    left = [other for other in others if other.box.centre[0] < x]
    right = [other for other in others if other.box.centre[0] >= x]
    if relation != "next to":
        return tuple(left if relation == "left of" else right)
    return tuple(min(each, key=lambda other: _apart(other, person)) for each in (left, right) if each)


def _nearer(one: Person, other: Person) -> bool:
    """Whether the one stands before the other: nearer to the camera, and in its line of sight or not far off it."""
    off = abs(one.box.centre[0] - other.box.centre[0])
    return traits.size(one) > traits.NEARER * traits.size(other) and off <= IN_LINE * traits.size(one)


def _apart(one: Person, other: Person) -> float:
    (x, y), (u, v) = one.box.centre, other.box.centre
    return (x - u) ** 2 + (y - v) ** 2


def between(ends: Sequence[Person], scene: Scene) -> tuple[Person, ...]:
    """Everybody who stands between the outermost of `ends`, as seen in the photo; nobody where that is one person."""
    at = [person.box.centre[0] for person in ends]
    return tuple(person for person in scene.people if min(at) < person.box.centre[0] < max(at) and person not in ends)


def row_of(value: str, scene: Scene) -> tuple[Person, ...]:
    """The people of the "top" or the "bottom" row: heads next to each other in height by less than half of one; where
    all stand in one row, those above or below the middle of its height."""
    line = sorted(scene.people, key=lambda person: person.box.centre[1])
    rows: list[list[Person]] = []
    for person in line:
        before = rows[-1][-1] if rows else None
        near = before is not None and person.box.centre[1] - before.box.centre[1] < 0.5 * before.box.height
        if near:
            rows[-1].append(person)
        else:
            rows.append([person])
    if len(rows) > 1:
        return tuple(rows[0] if value == "top" else rows[-1])
    middle = (line[0].box.centre[1] + line[-1].box.centre[1]) / 2
    return tuple(each for each in line if (each.box.centre[1] <= middle) is (value == "top"))


def middle_of(line: Sequence[Person]) -> list[Person]:
    """Who stands in the middle of people in a line: one, or two where their number is even."""
    half = len(line) // 2
    return list(line[half : half + 1] if len(line) % 2 else line[half - 1 : half + 1])
