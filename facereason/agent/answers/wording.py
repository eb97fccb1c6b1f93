"""Words for measurements: who somebody is in a photo, what a reading says, and how sure it is.

Every phrase is made from readings: nothing is said that was not measured.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from facereason.agent.answers import trait_words
from facereason.agent.grammar.words import lexicon
from facereason.agent.whom import traits
from facereason.facs import emotions
from facereason.facs.units import UNITS
from facereason.types import (
    Evidence,
    Gender,
    HeadPose,
    Person,
    QualityFlag,
    Reading,
    Scene,
    Stage,
    Topic,
    UnitState,
)

DIRECTED = (Topic.HEAD_POSE, Topic.GAZE, Topic.BODY)
"""What is told by a direction in the photo."""

SURE = 0.5  # a reading below it is named as unsure, and not used to name somebody
_CLOSE = 0.2  # a second value that probable is named
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")


# ------------------------------------------------------------------------------------------------------------ people


def name(person: Person, scene: Scene) -> str:
    """ "the woman in red on the far left (person 1)": perceived gender and age, a colour, the place, the number."""
    if len(scene.people) == 1:
        return f"the {noun(person)}{mark(person)}"
    place = where(person, scene)
    if "from the" in place:
        return f"the {noun(person)}{mark(person)} (person {person.number}, {place})"
    return f"the {noun(person)}{mark(person)} {place} (person {person.number})"


def short_name(person: Person, scene: Scene) -> str:
    """ "person 1 (woman in red)", for lists."""
    return f"person {person.number} ({noun(person)}{mark(person)})"


def noun(person: Person) -> str:
    """ "woman", "boy", "child", "person": as far as gender and age group were read with some certainty."""
    gender = person.gender.value if person.gender.confidence >= SURE else None
    age = person.age_group.value if person.age_group.confidence >= SURE else None
    if age is not None and age in lexicon().ages["baby"][0]:
        return "baby"
    small = person.staged is not None and person.staged.value is Stage.CHILD
    young = small or (age is not None and age in lexicon().ages["minor"][0])
    match gender:
        case Gender.FEMALE:
            return "girl" if young else "woman"
        case Gender.MALE:
            return "boy" if young else "man"
    return "child" if small or (age is not None and age in lexicon().ages["child"][0]) else "person"


def where(person: Person, scene: Scene) -> str:
    """ "on the far left", "second from the left", "in the middle": the place among the people of the photo."""
    count, at = len(scene.people), person.number
    if count == 1:
        return "alone in the photo"
    edge = "" if count <= 3 else "far "
    if at == 1:
        return f"on the {edge}left"
    if at == count:
        return f"on the {edge}right"
    if 2 * at == count + 1:
        return "in the middle"
    rank, side = (at, "left") if 2 * at <= count else (count + 1 - at, "right")
    return f"{ordinal(rank)} from the {side}"


def ordinal(rank: int) -> str:
    """ "second", "number 14"; "last" for -1."""
    if rank < 0:
        return "last" if rank == -1 else f"{ordinal(-rank)} to last"
    return _ORDINALS[rank - 1] if rank <= len(_ORDINALS) else f"number {rank}"


def joined(parts: Sequence[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def number(count: int) -> str:
    return _NUMBERS[count] if count < len(_NUMBERS) else str(count)


def people(count: int) -> str:
    """ "one person", "five people"."""
    return f"{number(count)} {'person' if count == 1 else 'people'}"


def numbers(found: Iterable[Person]) -> str:
    """ "person 2", "people 1, 3 and 5"."""
    listed = [str(person.number) for person in found]
    return f"{'person' if len(listed) == 1 else 'people'} {joined(listed)}"


def sentence(text: str) -> str:
    """With a capital and a full stop."""
    text = text.strip()
    return text[:1].upper() + text[1:] + ("" if text.endswith((".", "?", "!")) else ".")


# ---------------------------------------------------------------------------------------------------------- readings


def chance(p: float) -> str:
    """ ".93"; "over .99" and "under .01" at the ends, because no reading is certain."""
    return "over .99" if p > 0.994 else "under .01" if p < 0.006 else f"{p:.2f}".lstrip("0")


def yes(p: float) -> str:
    """Word for a proposition that the readings hold true with probability `p`."""
    return "Yes" if p >= 0.8 else "Yes, probably" if p >= SURE else "Perhaps"


def no(p: float) -> str:
    """Word for one that they hold false, true only with probability `p`."""
    return "No" if p <= 0.2 else "Probably not"


def says(person: Person, topic: Topic, value: str = "") -> str:
    """What a known reading says, as a predicate: "appears happy (.93)", "appears to have brown hair (.81)". `value`:
    which action unit."""
    reading = reading_of(person, topic, value)
    if topic is Topic.HEAD_POSE:
        return f"has the {pose(person.face.pose)}"
    if topic is Topic.AGE and person.staged is not None:
        return f"appears to be {stage(person.staged)}"
    assert reading is not None
    assert reading.value is not None
    sure = chance(reading.confidence)
    if traits.is_trait(topic):
        return trait_words.says(person, topic, value, sure)
    match topic:
        case Topic.EMOTION:
            return _feels(person)
        case Topic.GENDER:
            return f"is perceived as {_gender(reading)}"
        case Topic.AGE:
            return f"appears to be {years(str(reading.value))} ({sure}{_runner_up(reading)})"
        case Topic.HAIR_COLOUR:
            return f"appears to have {reading.value} hair ({sure}{_runner_up(reading)})"
        case Topic.CLOTHING_COLOUR:
            return f"appears to wear {reading.value} ({sure}{_runner_up(reading)})"
        case Topic.RACE:
            return f"is perceived as {reading.value} ({sure}{_runner_up(reading)})"
    raise ValueError(f"no reading of {topic}")


def has(person: Person, topic: Topic) -> str:
    """What a known reading says, without a verb, for a description: "brown hair (.81)", "age group 30-39 (.62)"."""
    reading = reading_of(person, topic)
    assert reading is not None
    figures = f"({chance(reading.confidence)}{_runner_up(reading)})"
    match topic:
        case Topic.EMOTION:
            hard = reading.confidence < SURE
            return _feels(person).replace("is hard", "expression hard") if hard else _feels(person)
        case Topic.GENDER:
            return f"perceived gender {_gender(reading)}"
        case Topic.HAIR_COLOUR:
            return f"{reading.value} hair {figures}"
        case Topic.CLOTHING_COLOUR:
            return f"{reading.value} clothing {figures}"
    return f"{of(topic)} {reading.value} {figures}"


def would(topic: Topic, value: str) -> str:
    """A proposed value as a predicate in the infinitive: "appear sad", "wear red", "face the camera"."""
    if traits.is_trait(topic):
        return trait_words.would(topic, value)
    listed = value.split(" or ")
    match topic:
        case Topic.EMOTION:
            return f"appear {adjective(value)}"
        case Topic.GENDER:
            return f"appear {value}"
        case Topic.AGE:
            return f"appear to be {_AGE_WORDS.get(value, years(value))}"
        case Topic.HAIR_COLOUR:
            return f"appear to have {joined(listed, 'or')} hair"
        case Topic.CLOTHING_COLOUR:
            return f"appear to wear {joined(listed, 'or')}"
        case Topic.RACE:
            return f"appear {joined(listed, 'or')}"
        case Topic.HEAD_POSE:
            return " or ".join(_DIRECTIONS[each] for each in value.split(" or "))
        case Topic.POSITION:
            return f"stand on the {value}" if value in ("left", "right") else f"stand {value}"
    return f"be {value}"


def stage(reading: Reading[Stage]) -> str:
    """ "a child by the whole figure (.93)"."""
    assert reading.value is not None
    return f"{_STAGES[reading.value]} by the whole figure ({chance(reading.confidence)})"


def adjective(value: str) -> str:
    """ "sadness or anger" is "sad or angry"; the five unpleasant ones together are "negative"."""
    labels = [emotions.emotion(label) for label in value.split(" or ")]
    return {5: "negative", 7: "emotional"}.get(len(labels)) or joined(
        [emotions.adjective(label) for label in labels], "or"
    )


def years(group: str) -> str:
    """ "20-29 years old", "over 60 years old"."""
    return f"{group.replace('70+', '70 or more')} years old"


def units(person: Person, most: int = 4) -> list[str]:
    """ "lip corners pulled up (AU12, .8)": the units that are present, the strongest first, with their intensities."""
    shown = [unit for unit in person.face.action_units if unit.state is UnitState.PRESENT]
    strongest = sorted(shown, key=lambda unit: -unit.intensity)[:most]
    return [f"{UNITS[u.unit].words} (AU{u.unit}, {f'{u.intensity:.1f}'.removeprefix('0')})" for u in strongest]


def pose(head: HeadPose) -> str:
    """ "head turned far to the left (yaw -42°) and down (pitch -18°)", "head facing the camera (yaw 3°)"."""
    parts = []
    if abs(head.yaw) > 110:
        parts.append(f"turned away from the camera (yaw {head.yaw:z.0f}°)")
    elif abs(head.yaw) > 15:
        far = "far " if abs(head.yaw) >= 40 else "slightly " if abs(head.yaw) < 20 else ""
        parts.append(f"turned {far}to the {'right' if head.yaw > 0 else 'left'} of the photo (yaw {head.yaw:z.0f}°)")
    if abs(head.pitch) >= 12:
        parts.append(f"{'raised' if head.pitch > 0 else 'lowered'} (pitch {head.pitch:z.0f}°)")
    if not parts:
        parts.append(f"facing the camera (yaw {head.yaw:z.0f}°)")
    if abs(head.roll) >= 15:
        parts.append(f"tilted {'clockwise' if head.roll > 0 else 'counter-clockwise'} (roll {head.roll:z.0f}°)")
    return f"head {joined(parts)}"


def cannot(person: Person, topic: Topic, value: str = "") -> str:
    """Why a reading is unknown, and what would help: "the face is too small; a larger face would help"."""
    reading = reading_of(person, topic, value)
    because = (reading.unknown_because if reading else "") or "the photo does not allow the reading"
    colours = topic in (Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR, Topic.POSTURE, Topic.BODY)
    helps = [] if colours else [HELPS[flag] for flag in person.face.quality.flags]
    if helps:
        because = f"{because}; {joined(helps)} would help"
    return f"{because}; {stage(person.staged)}" if topic is Topic.AGE and person.staged is not None else because


def of(topic: Topic, value: str = "") -> str:
    """A topic as the thing that is read: "expression", "age group"."""
    return trait_words.of(topic, value) if traits.is_trait(topic) else _THINGS[topic]


def reading_of(person: Person, topic: Topic, value: str = "") -> Reading[Any] | None:
    """The reading of a topic; None for what is not a reading (head pose, position) and for race where it is off.
    `value`: which action unit."""
    if traits.is_trait(topic):
        return traits.reading(person, topic, value)
    readings: dict[Topic, Reading[Any] | None] = {
        Topic.EMOTION: person.face.emotion,
        Topic.GENDER: person.gender,
        Topic.AGE: person.age_group,
        Topic.HAIR_COLOUR: person.hair_colour,
        Topic.CLOTHING_COLOUR: person.clothing_colour,
        Topic.RACE: person.race,
    }
    return readings.get(topic)


def is_known(person: Person, topic: Topic, value: str = "") -> bool:
    """Whether a topic is read of somebody; how the head is turned always is. `value`: which action unit."""
    reading = reading_of(person, topic, value)
    return reading.known if reading is not None else topic is Topic.HEAD_POSE


def evidence(person: Person, topic: Topic, which: str = "") -> Evidence:
    """The reading of a topic as evidence; `which`: the action unit."""
    if topic is Topic.HEAD_POSE:
        head = person.face.pose
        value, confidence, statement = f"yaw {head.yaw:z.0f}°, pitch {head.pitch:z.0f}°", head.confidence, pose(head)
    elif topic in (Topic.PEOPLE, Topic.POSITION):
        value, confidence = str(person.number), person.face.score
        what = "head" if QualityFlag.NO_FACE in person.face.quality.flags else "face"
        statement = f"a {what} is found at x {person.box.centre[0]:.0f}, y {person.box.centre[1]:.0f}"
    else:
        reading = reading_of(person, topic, which)
        assert reading is not None
        value, confidence = str(reading.value or "unknown"), reading.confidence
        if traits.is_trait(topic):
            value = trait_words.evidence_value(person, topic, which)
        staged = person.staged if topic is Topic.AGE else None
        if staged is not None:
            value, confidence = str(staged.value), staged.confidence
        said = f"person {person.number} {says(person, topic, which)}" if reading.known or staged else ""
        statement = said or f"{of(topic, which)}: {cannot(person, topic, which)}"
    return Evidence(
        person=person.number,
        topic=topic,
        statement=statement,
        source="figure" if topic is Topic.AGE and person.staged else _SOURCES.get(topic, "reader"),
        value=value,
        confidence=confidence,
    )


# ----------------------------------------------------------------------------------------------------------- helpers


def mark(person: Person) -> str:
    """What tells somebody apart at a glance: " in red", else " with brown hair"."""
    if person.clothing_colour.known and person.clothing_colour.confidence >= SURE:
        return f" in {person.clothing_colour.value}"
    if person.hair_colour.known and person.hair_colour.confidence >= SURE:
        return f" with {person.hair_colour.value} hair"
    return ""


def _feels(person: Person) -> str:
    emotion = person.face.emotion
    assert emotion.value is not None
    word, sure = emotions.adjective(emotion.value), chance(emotion.confidence)
    second = emotion.runner_up
    close = second is not None and second[1] >= _CLOSE
    other = f"{emotions.adjective(emotions.emotion(second[0]))} {chance(second[1])}" if second and close else ""
    if emotion.confidence < SURE:
        return f"is hard to read: most likely {word} ({sure}{f', or {other}' if other else ''})"
    if close and emotion.confidence < 0.7:
        return f"appears {word}, though not clearly ({sure}; {other})"
    return f"appears {word} ({sure}{f'; {other}' if other else ''})"


def _gender(reading: Reading[Any]) -> str:
    """ "male (.63; female .37)", "unclear (female .53, male .47)"."""
    if reading.value is not Gender.UNCLEAR or not reading.distribution:
        return f"{reading.value} ({chance(reading.confidence)}{_runner_up(reading)})"
    ranked = sorted(reading.distribution.items(), key=lambda item: -item[1])
    return f"unclear ({', '.join(f'{value} {chance(share)}' for value, share in ranked[:2])})"


def _runner_up(reading: Reading[Any]) -> str:
    second = reading.runner_up
    return f"; {second[0]} {chance(second[1])}" if second is not None and second[1] >= _CLOSE else ""


_STAGES = {Stage.CHILD: "a child", Stage.GROWN: "grown up"}
_AGE_WORDS = {
    "child": "a child",
    "baby": "a baby",
    "teenager": "a teenager",
    "minor": "under 20",
    "adult": "an adult",
    "young": "under 30",
    "middle-aged": "middle-aged",
    "old": "60 or older",
}
_DIRECTIONS = {
    "camera": "face the camera",
    "left": "face the left of the photo",
    "right": "face the right of the photo",
    "up": "look up",
    "down": "look down",
    "away": "look away from the camera",
    "profile": "show the face in profile",
    "tilted": "tilt the head",
    "tilted left": "tilt the head to the left of the photo",
    "tilted right": "tilt the head to the right of the photo",
}
_THINGS = {
    Topic.PEOPLE: "people",
    Topic.EMOTION: "expression",
    Topic.GENDER: "perceived gender",
    Topic.AGE: "age group",
    Topic.RACE: "perceived race",
    Topic.HAIR_COLOUR: "hair colour",
    Topic.CLOTHING_COLOUR: "clothing colour",
    Topic.HEAD_POSE: "head pose",
    Topic.POSITION: "position",
}
_SOURCES = {
    Topic.PEOPLE: "detector",
    Topic.POSITION: "detector",
    Topic.HAIR_COLOUR: "colours",
    Topic.CLOTHING_COLOUR: "colours",
    Topic.HEAD_POSE: "reader",
}
HELPS = {
    QualityFlag.SMALL: "a larger face",
    QualityFlag.BLURRED: "a sharper photo",
    QualityFlag.DARK: "more light",
    QualityFlag.CUT_OFF: "a face wholly inside the photo",
    QualityFlag.PROFILE: "a frontal view",
    QualityFlag.NO_FACE: "a view of the face",
}
