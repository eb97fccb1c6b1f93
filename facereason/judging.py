"""Does a portrait show what was asked for? Expression by action units, pose, gaze, attributes, each with what was
asked, what is found, a verdict, and how far the reading is to be trusted.

    judged = judge(FaceReason().look("out.png"), asked("a frightened old woman looking left"))
    judged.checks[0].verdict

For those who build talking heads, portrait generators and face editors: it tells what the instrument reads off the
picture, not whether the picture is good. Left and right are the picture's.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from facereason import facs
from facereason.agent.answers import wording
from facereason.agent.whom import traits
from facereason.types import (
    AgeGroup,
    Colour,
    EmotionLabel,
    Gender,
    Person,
    Posture,
    QualityFlag,
    Reading,
    Scene,
    Topic,
    UnitState,
    UsageError,
)

TURNED, STRAIGHT = 15.0, 10.0
"""Degrees from which a head counts as turned, and within which as straight; between them it cannot be told."""
TILTED, LEVEL = 10.0, 6.0
PROFILE = 55.0
ASIDE, AHEAD = 16.0, 11.0
"""Degrees of gaze, likewise."""
DEGREES = 15.0
"""How far a pose asked for in degrees may be off."""
MOST_MATCHED = 10  # people of whom the best fit is sought
HALF = 0.5
SURE = 0.8
"""Probability from which the reading of an emotion decides alone."""


class Verdict(StrEnum):
    """What the readings say to one thing that was asked for."""

    RIGHT = "right"
    WRONG = "wrong"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True, slots=True)
class Ask:
    """One thing that is asked for of a person.

    `topic` and `value`: EMOTION with a label; ACTION_UNIT "AU12" or "no AU12"; HEAD_POSE and GAZE with "left", "right",
    "up", "down", "camera", "away", of heads also "profile left", "tilted right", "yaw -40"; GENDER, AGE with years,
    HAIR_COLOUR, CLOTHING_COLOUR, POSTURE, BODY "away" or "camera".
    """

    topic: Topic
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing asked for, with what is found. `reliability`, in [0, 1]: the probability of the reading as calibrated,
    or how far readings of this kind are trusted on such photos (action units, pose, gaze)."""

    ask: Ask
    found: str
    verdict: Verdict
    reliability: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A picture. `checks`: those of each person asked for, in their order; `people`: numbers of those who were taken
    for them, 0 where somebody is missing; `asked`, `found`: how many people."""

    source: str
    asked: int
    found: int
    people: tuple[int, ...]
    checks: tuple[tuple[Check, ...], ...]

    @property
    def all(self) -> tuple[Check, ...]:
        return tuple(itertools.chain.from_iterable(self.checks))

    def count(self, verdict: Verdict) -> int:
        return sum(check.verdict is verdict for check in self.all)

    @property
    def verdict(self) -> Verdict:
        """RIGHT where everything that can be told is right and as many people are there as were asked for; WRONG where
        something is wrong; else it cannot be told."""
        if self.asked != self.found or self.count(Verdict.WRONG):
            return Verdict.WRONG
        return Verdict.RIGHT if self.count(Verdict.RIGHT) or not self.all else Verdict.CANNOT_TELL


# ----------------------------------------------------------------------------------------------------------- the asking


def asked(text: str) -> list[tuple[Ask, ...]]:
    """What a description asks for of each person, as `facereason studio render` reads it. UsageError names words that
    are not known, and a description that asks for nothing that can be judged."""
    from facereason.studio import words

    found = [tuple(_of_words(person)) for person in words.said(text)]
    if not any(found) and len(found) == 1:
        raise UsageError(f"{text!r} asks for nothing that can be judged: name an expression, a pose, an age, a colour")
    return found


def _of_words(person: Mapping[str, Any]) -> list[Ask]:
    asks: list[Ask] = []
    if "emotion" in person:
        asks.append(Ask(Topic.EMOTION, str(person["emotion"])))
    for unit in sorted(person.get("units", {})):
        asks.append(Ask(Topic.ACTION_UNIT, f"AU{unit}"))
    asks += [Ask(Topic.ACTION_UNIT, f"no AU{unit}") for unit in person.get("absent", ())]
    gaze, head = person.get("gaze"), dict(person.get("head", {}))
    looks = gaze if isinstance(gaze, Mapping) else None
    if looks is not None:  # with a look the head is drawn along a little, which is not asked for
        for axis, along in (("yaw", (25.0, 15.0)), ("pitch", (14.0,))):
            if abs(head.get(axis, 0.0)) in along:
                del head[axis]
    if person.get("body") == 180.0:
        asks.append(Ask(Topic.BODY, "away"))
    else:
        asks += [Ask(Topic.HEAD_POSE, way) for way in _ways(head)]
    if looks is not None:
        asks += [Ask(Topic.GAZE, way) for way in _gaze_ways(looks)]
    elif gaze == "camera":
        asks.append(Ask(Topic.GAZE, "camera"))
    if "gender" in person:
        asks.append(Ask(Topic.GENDER, "male" if person["gender"] > HALF else "female"))
    if "years" in person:
        asks.append(Ask(Topic.AGE, f"{float(person['years']):.0f}"))
    if colour := person.get("hair", {}).get("colour"):
        asks.append(Ask(Topic.HAIR_COLOUR, str(colour)))
    if colour := person.get("clothes", {}).get("colour"):
        asks.append(Ask(Topic.CLOTHING_COLOUR, _BASIC.get(colour, str(colour))))
    if "posture" in person:
        asks.append(Ask(Topic.POSTURE, str(person["posture"])))
    return asks


_BASIC = {"navy": "blue", "turquoise": "green", "beige": "brown"}


def _ways(head: Mapping[str, float]) -> list[str]:
    yaw, pitch, roll = (float(head.get(axis, 0.0)) for axis in ("yaw", "pitch", "roll"))
    ways = []
    if abs(yaw) >= 70:
        ways.append(f"profile {'right' if yaw > 0 else 'left'}")
    elif yaw:
        ways.append("right" if yaw > 0 else "left")
    if pitch:
        ways.append("up" if pitch > 0 else "down")
    if roll:
        ways.append(f"tilted {'right' if roll > 0 else 'left'}")
    return ways


def _gaze_ways(gaze: Mapping[str, Any]) -> list[str]:
    yaw, pitch = float(gaze.get("yaw", 0.0)), float(gaze.get("pitch", 0.0))
    if (yaw, pitch) == _AWAY:
        return ["away"]
    ways = ["right" if yaw > 0 else "left"] if abs(yaw) >= AHEAD else []
    ways += ["up" if pitch > 0 else "down"] if abs(pitch) >= AHEAD else []
    return ways or ["camera"]


_AWAY = (45.0, -4.0)
"""How "looking away" is drawn."""


# ---------------------------------------------------------------------------------------------------------- the judging


def judge(scene: Scene, people: Sequence[Sequence[Ask]]) -> Judged:
    """Hold a measured picture against what was asked for of each person; who fits best is taken for each."""
    taken = _taken(scene, people)
    checks = tuple(
        tuple(_missing(ask) for ask in asks) if person is None else tuple(check(person, ask) for ask in asks)
        for asks, person in zip(people, taken, strict=True)
    )
    return Judged(
        source=scene.source,
        asked=len(people),
        found=len(scene.people),
        people=tuple(0 if person is None else person.number for person in taken),
        checks=checks,
    )


def _taken(scene: Scene, people: Sequence[Sequence[Ask]]) -> tuple[Person | None, ...]:
    """Who in the picture is taken for each: so that most is right, and least wrong; of equals the larger faces."""
    found = sorted(scene.people, key=lambda person: -person.box.width * person.box.height)
    if len(people) > MOST_MATCHED:
        largest = sorted(found[: len(people)], key=lambda person: person.number)
        return (*largest, *[None] * (len(people) - len(largest)))
    # best choice for each set of those asked for, as bits, of the people looked at so far: score and who was taken
    best: dict[int, tuple[int, dict[int, Person]]] = {0: (0, {})}
    for person in found:
        fits = [_fit(person, asks) for asks in people]
        for taken, (score, who) in list(best.items()):
            for place, fit in enumerate(fits):
                more = taken | 1 << place
                if more != taken and (more not in best or score + fit > best[more][0]):
                    best[more] = score + fit, who | {place: person}
    most = max(best, key=lambda taken: (taken.bit_count(), best[taken][0]))
    return tuple(best[most][1].get(place) for place in range(len(people)))


def _fit(person: Person, asks: Sequence[Ask]) -> int:
    verdicts = [check(person, ask).verdict for ask in asks]
    return verdicts.count(Verdict.RIGHT) - verdicts.count(Verdict.WRONG)


def _missing(ask: Ask) -> Check:
    return Check(ask=ask, found="nobody", verdict=Verdict.WRONG, reliability=1.0)


def check(person: Person, ask: Ask) -> Check:
    """One thing asked for of one person. UsageError for a topic that cannot be judged, or a value it does not have."""
    judges = {
        Topic.EMOTION: _emotion,
        Topic.ACTION_UNIT: _unit,
        Topic.HEAD_POSE: _head,
        Topic.GAZE: _gaze,
        Topic.GENDER: _gender,
        Topic.AGE: _age,
        Topic.HAIR_COLOUR: _colour,
        Topic.CLOTHING_COLOUR: _colour,
        Topic.POSTURE: _posture,
        Topic.BODY: _body,
    }
    if ask.topic not in judges:
        raise UsageError(f"{ask.topic} cannot be judged; it can be: {', '.join(judges)}")
    found, right, reliability = judges[ask.topic](person, ask)
    verdict = Verdict.CANNOT_TELL if right is None else Verdict.RIGHT if right else Verdict.WRONG
    return Check(ask=ask, found=found, verdict=verdict, reliability=reliability)


_Found = tuple[str, bool | None, float]
"""What is found, whether it is as asked (None: cannot be told), and how far that is to be trusted."""


def _emotion(person: Person, ask: Ask) -> _Found:
    """By the reading and by action units, of which half or more of those typical that can be trusted speak for it: a
    reading of .8 or more decides; one that is less sure, together with the units, and against them it is left open."""
    label = facs.emotion(ask.value)
    emotion = person.face.emotion
    named = f"{emotion.value} ({wording.chance(emotion.confidence)})" if emotion.value else _why(emotion)
    wanted = facs.PROTOTYPES[label].units if label in facs.PROTOTYPES else ()
    trusted = [unit for unit in person.face.action_units if unit.unit in wanted and unit.state is not UnitState.UNKNOWN]
    shown = [unit for unit in trusted if unit.state is UnitState.PRESENT]
    units = ", ".join(f"AU{unit.unit}" for unit in shown) or "none"
    found = f"{named}; of AU{'+'.join(map(str, wanted))}: {units}" if wanted else named
    by_units = len(shown) >= HALF * len(trusted) if trusted else None
    if label is EmotionLabel.NEUTRAL:
        by_units = None
    by_reading = emotion.value is label if emotion.value is not None else None
    sure = emotion.confidence if by_reading is not None else max((unit.reliability for unit in trusted), default=0.0)
    if by_reading is None or by_units is None:
        return found, by_reading if by_reading is not None else by_units, sure
    if by_reading is by_units:
        return found, by_reading, max(sure, min(unit.reliability for unit in trusted))
    return found, by_reading if emotion.confidence >= SURE else None, sure


def _unit(person: Person, ask: Ask) -> _Found:
    absent = ask.value.startswith("no ")
    number = facs.parse_code(ask.value.removeprefix("no ")).unit
    unit = traits.unit_of(person, number)
    if unit is None or unit.state is UnitState.UNKNOWN:
        why = unit.unknown_because if unit is not None else "it is not read"
        return f"unknown ({why})", None, unit.reliability if unit is not None else 0.0
    level = f"{unit.intensity:.1f}".lstrip("0") or "0"
    return f"{unit.state.value} ({level})", (unit.state is UnitState.PRESENT) is not absent, unit.reliability


def _head(person: Person, ask: Ask) -> _Found:
    pose = person.face.pose
    found = wording.pose(pose)
    words = ask.value.split()
    if len(words) == 2 and words[0] in ("yaw", "pitch", "roll"):
        off = abs(getattr(pose, words[0]) - _number(ask, words[1]))
        return found, min(off, 360 - off) <= DEGREES, pose.confidence
    match ask.value:
        case "camera":
            off = max(abs(pose.yaw), abs(pose.pitch))
            right = True if off <= STRAIGHT else None if off < TURNED else False
        case "left" | "right" | "profile left" | "profile right":
            least = PROFILE if "profile" in ask.value else TURNED
            right = _beyond(pose.yaw if words[-1] == "right" else -pose.yaw, STRAIGHT, least)
        case "up" | "down":
            right = _beyond(pose.pitch if ask.value == "up" else -pose.pitch, LEVEL, TILTED)
        case "tilted left" | "tilted right":
            right = _beyond(pose.roll if words[-1] == "right" else -pose.roll, LEVEL, TILTED)
        case "away":
            right = _beyond(abs(pose.yaw), 90.0, 110.0)
        case _:
            raise UsageError(f"head pose {ask.value!r}: it is camera, left, right, up, down, away, profile left ...")
    return found, right, pose.confidence


def _beyond(value: float, within: float, least: float) -> bool | None:
    """True from `least` on, False below `within`, None between them."""
    return True if value >= least else None if value > within else False


def _gaze(person: Person, ask: Ask) -> _Found:
    gaze = person.face.gaze
    if gaze is None or gaze.yaw is None or gaze.pitch is None:
        return f"unknown ({gaze.unknown_because if gaze is not None else 'no face in view'})", None, 0.0
    found = f"yaw {gaze.yaw:.0f}°, pitch {gaze.pitch:.0f}°"
    off = max(abs(gaze.yaw), abs(gaze.pitch))
    match ask.value:
        case "camera":
            right = True if off <= AHEAD else None if off < ASIDE else False
        case "away":
            right = _beyond(off, AHEAD, ASIDE)
        case "left" | "right":
            right = _beyond(gaze.yaw if ask.value == "right" else -gaze.yaw, AHEAD, ASIDE)
        case "up" | "down":
            right = _beyond(gaze.pitch if ask.value == "up" else -gaze.pitch, AHEAD, ASIDE)
        case _:
            raise UsageError(f"gaze {ask.value!r}: it is camera, left, right, up, down or away")
    return found, right, gaze.confidence


def _gender(person: Person, ask: Ask) -> _Found:
    _known(ask, ("female", "male"))
    gender = person.gender
    if not gender.known or gender.value is Gender.UNCLEAR:
        return _why(gender) if not gender.known else "unclear", None, gender.confidence
    return f"{gender.value} ({wording.chance(gender.confidence)})", gender.value == ask.value, gender.confidence


def _age(person: Person, ask: Ask) -> _Found:
    """Right within one group: ages are read into groups, and asked for in years."""
    age = person.age_group
    groups = list(AgeGroup)
    years = _number(ask, ask.value)
    if not 0 <= years <= 120:
        raise UsageError(f"age {ask.value!r}: give years, 0 to 120")
    wanted = max(i for i, group in enumerate(groups) if years >= float(group.value.rstrip("+").split("-")[0]))
    if not age.known or age.value is None:
        return _why(age), None, age.confidence
    near = sum(age.distribution.get(g.value, 0.0) for i, g in enumerate(groups) if abs(i - wanted) <= 1)
    right = abs(groups.index(age.value) - wanted) <= 1
    return f"{age.value} ({wording.chance(age.confidence)})", right, near if right else 1 - near


def _number(ask: Ask, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{ask.topic} {ask.value!r}: {text!r} is no number")
    return value


def _known(ask: Ask, values: Iterable[str]) -> None:
    """UsageError for a value that such a thing does not have."""
    known = list(values)
    if ask.value not in known:
        raise UsageError(f"{ask.topic} {ask.value!r}: it is {', '.join(known)}")


def _colour(person: Person, ask: Ask) -> _Found:
    _known(ask, (colour.value for colour in Colour))
    reading = person.hair_colour if ask.topic is Topic.HAIR_COLOUR else person.clothing_colour
    if not reading.known or reading.value is None:
        return _why(reading), None, reading.confidence
    return f"{reading.value} ({wording.chance(reading.confidence)})", reading.value == ask.value, reading.confidence


def _posture(person: Person, ask: Ask) -> _Found:
    _known(ask, (posture.value for posture in Posture))
    posture = person.body.posture if person.body is not None else None
    if posture is None or not posture.known:
        return "the body was not found", None, 0.0
    return f"{posture.value} ({wording.chance(posture.confidence)})", posture.value == ask.value, posture.confidence


def _body(person: Person, ask: Ask) -> _Found:
    _known(ask, ("camera", "left", "right", "away"))
    if person.body is None and QualityFlag.NO_FACE not in person.face.quality.flags:
        return "the body was not found", None, 0.0
    turned = traits.turn_of(person)
    sure = person.body.score if person.body is not None else person.face.pose.confidence
    return f"turned by {turned:.0f}°", traits.faces(person, ask.value), sure


def _why(reading: Reading[Any]) -> str:
    return f"unknown ({reading.unknown_because})" if reading.unknown_because else "unknown"
