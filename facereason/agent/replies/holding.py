"""Holding a model's claims against what was measured: supported, read otherwise, or not measurable.

Only a reading that can be relied on speaks against a claim. For action units that is one whose reliability on such a
photo is high and whose calibrated probability is near to none (or, for what is denied or left out, near to one); for an
emotion, a sure reading in which the claimed label has next to no share. Whatever lies between stays open: it is not
measurable. The limits were chosen on data that no published figure is scored on; docs/claims.md says which, and what
each costs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from facereason import facs
from facereason.agent.answers import wording
from facereason.agent.grammar.words import lexicon
from facereason.agent.replies import directions
from facereason.agent.whom.fits import chance_of
from facereason.faces.reliability import CLEARLY_ABSENT, CLEARLY_PRESENT
from facereason.types import (
    ActionUnit,
    AgeGroup,
    Claim,
    ClaimStatus,
    Colour,
    Evidence,
    Person,
    QualityFlag,
    Reading,
    Scene,
    Stance,
    Topic,
    UnitState,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """From where a reading speaks. `reliability`: of an action unit, a head pose or a gaze, on photos of its kind;
    `absent`: probability of a unit up to which an assertion is spoken against; `present`: probability from which a
    denial is, and from which a unit that is left out is told; `unlikely`: probability of an emotion, a perceived gender
    or an age up to which the claim is spoken against, if the emotion read instead has `sure` or more."""

    reliability: float = 0.6
    absent: float = CLEARLY_ABSENT
    present: float = CLEARLY_PRESENT
    unlikely: float = 0.05
    sure: float = 0.5


LIMITS = Limits()
EVEN, UNLIKELY = 0.5, 0.2  # probabilities from which a reading supports a claim, and up to which its denial
COLOUR_SURE = 0.7  # share of the looked-at area from which a colour speaks against another


@dataclass(frozen=True, slots=True)
class Held:
    """A claim with its status, and what was read where that says something else."""

    claim: Claim
    against: Evidence | None = None


def hold(claim: Claim, scene: Scene, counted: bool = True, limits: Limits = LIMITS) -> Held:
    """One claim against the readings of whom it is about. `counted`: the text is about everybody in the photo, so that
    a number of people can be held against it."""
    if claim.topic is Topic.PEOPLE:
        return _number(claim, scene, counted)
    if claim.person is None:
        return _open(claim, "it is not clear whom it is about")
    person = scene.person(claim.person)
    holder = _HOLDERS.get(claim.topic)
    if holder is None:
        return _open(claim, f"no {claim.topic} is measured")
    verdict = holder(person, claim.value, limits)
    return _settled(claim, verdict)


def unmentioned(claims: Iterable[Claim], person: Person, limits: Limits = LIMITS) -> tuple[Evidence, ...]:
    """Units that were read of a person beyond doubt and that a text about their face says nothing of, the surest first.
    A text that names no unit at all leaves none out."""
    said = {claim.value for claim in claims if claim.topic is Topic.ACTION_UNIT and claim.person == person.number}
    if not said:
        return ()
    named = {int(value.removeprefix("AU")) for value in said}
    named |= facs.implied(named) | {other for each in named for other in _ALIKE.get(each, ())}
    clear = [
        unit
        for unit in person.face.action_units
        if unit.unit not in named
        and unit.state is UnitState.PRESENT
        and unit.reliability >= limits.reliability
        and unit.confidence >= limits.present
        and not (unit.unit == _LIPS_PART and named & _OPEN_MOUTH)
    ]
    return tuple(unit_evidence(person, unit) for unit in sorted(clear, key=lambda unit: -unit.confidence))


def unit_evidence(person: Person, unit: ActionUnit) -> Evidence:
    return Evidence(
        person=person.number,
        topic=Topic.ACTION_UNIT,
        statement=f"AU{unit.unit} is read as {unit.state.value} ({wording.chance(unit.confidence)}, reliability "
        f"{wording.chance(unit.reliability)})",
        source="reader",
        value=unit.state.value,
        confidence=unit.confidence,
    )


# ----------------------------------------------------------------------------------------------------------- verdicts


@dataclass(frozen=True, slots=True)
class _Verdict:
    """What the readings say to a value. `holds` and `fails`: they bear it out, or its denial; `surely_holds` and
    `surely_fails`: so surely that they speak against a denial, or against it. None of them: `because` says why."""

    evidence: Evidence | None
    holds: bool = False
    fails: bool = False
    surely_holds: bool = False
    surely_fails: bool = False
    because: str = ""


def _settled(claim: Claim, verdict: _Verdict) -> Held:
    """What is merely hedged can be supported, and never spoken against."""
    denied = claim.stance is Stance.DENIED
    if verdict.fails if denied else verdict.holds:
        return Held(replace(claim, status=ClaimStatus.SUPPORTED))
    if verdict.surely_holds if denied else verdict.surely_fails:
        if claim.stance is Stance.HEDGED:
            return _open(claim, "it is put as a possibility")
        return Held(replace(claim, status=ClaimStatus.READ_OTHERWISE), verdict.evidence)
    return _open(claim, verdict.because or "the reading is not sure enough")


def _open(claim: Claim, because: str) -> Held:
    return Held(replace(claim, status=ClaimStatus.NOT_MEASURABLE, because=because))


def _unit(person: Person, value: str, limits: Limits) -> _Verdict:
    number = int(value.removeprefix("AU"))
    unit = next((each for each in person.face.action_units if each.unit == number), None)
    if unit is None:
        return _Verdict(None, because=f"{value} was not read")
    evidence = unit_evidence(person, unit)
    if unit.state is UnitState.UNKNOWN:
        return _Verdict(evidence, because=unit.unknown_because)
    trusted = unit.reliability >= limits.reliability
    present = unit.state is UnitState.PRESENT
    states = {each.unit: each.state for each in person.face.action_units}
    alike = any(states.get(other) is UnitState.PRESENT for other in _ALIKE.get(number, ()))
    return _Verdict(
        evidence,
        holds=present,
        fails=not present,
        surely_holds=trusted and present and unit.confidence >= limits.present,
        surely_fails=trusted and not present and 1 - unit.confidence <= limits.absent and not alike,
        because="" if trusted else f"{value} is not read reliably enough in such a photo",
    )


_ALIKE: dict[int, tuple[int, ...]] = {26: (27,), 27: (26,)}
"""Units that plain words do not tell apart: how far a mouth stands open."""
_LIPS_PART, _OPEN_MOUTH = 25, {26, 27}


def _emotion(person: Person, value: str, limits: Limits) -> _Verdict:
    read = person.face.emotion
    evidence = wording.evidence(person, Topic.EMOTION)
    if read.value is None:
        return _Verdict(evidence, because=wording.cannot(person, Topic.EMOTION))
    share = chance_of(read, [value])
    return _Verdict(
        evidence,
        holds=share >= EVEN,
        fails=share <= UNLIKELY,
        surely_holds=share >= 1 - limits.unlikely,
        surely_fails=share <= limits.unlikely and read.confidence >= limits.sure,
    )


def _gender(person: Person, value: str, limits: Limits) -> _Verdict:
    return _probable(person, Topic.GENDER, person.gender, [value], [value], limits)


def _age(person: Person, value: str, limits: Limits) -> _Verdict:
    """A neighbouring group does not speak against an age: strangers' guesses differ by more than that."""
    groups: set[str] = set()
    for each in value.split(" or "):
        core, edge = lexicon().ages.get(each, (frozenset([each]), frozenset[str]()))
        groups |= core | edge
    order = [group.value for group in AgeGroup]
    near = {order[at + step] for at, group in enumerate(order) if group in groups for step in (-1, 0, 1)
            if 0 <= at + step < len(order)}  # fmt: skip
    return _probable(person, Topic.AGE, person.age_group, groups, near, limits)


def _probable(
    person: Person, topic: Topic, reading: Reading[Any], values: Iterable[str],
    allowed: Iterable[str], limits: Limits,
) -> _Verdict:  # fmt: skip
    """Holds where `values` are probable, fails where even `allowed` are not."""
    evidence = wording.evidence(person, topic)
    if reading.value is None or not reading.distribution:
        return _Verdict(evidence, because=wording.cannot(person, topic))
    share, wide = chance_of(reading, list(values)), chance_of(reading, list(allowed))
    return _Verdict(
        evidence,
        holds=share >= EVEN,
        fails=wide <= UNLIKELY,
        surely_holds=share >= 1 - limits.unlikely,
        surely_fails=wide <= limits.unlikely,
    )


_NEAR: tuple[frozenset[Colour], ...] = (
    frozenset({Colour.BLACK, Colour.GREY, Colour.BROWN}),
    frozenset({Colour.BLACK, Colour.BLUE, Colour.PURPLE}),
    frozenset({Colour.GREY, Colour.WHITE, Colour.BLOND, Colour.BLUE}),
    frozenset({Colour.BROWN, Colour.RED, Colour.ORANGE, Colour.BLOND, Colour.YELLOW}),
    frozenset({Colour.RED, Colour.PINK, Colour.PURPLE}),
    frozenset({Colour.GREEN, Colour.BLUE, Colour.YELLOW}),
)
"""Colours that people, and light, take for one another."""


def _colour(person: Person, topic: Topic, value: str) -> _Verdict:
    reading = person.hair_colour if topic is Topic.HAIR_COLOUR else person.clothing_colour
    evidence = wording.evidence(person, topic)
    if reading.value is None:
        return _Verdict(evidence, because=wording.cannot(person, topic))
    also = lexicon().hair_also if topic is Topic.HAIR_COLOUR else {}
    said = {colour for each in value.split(" or ") for colour in (each, *also.get(each, ()))}
    holds = str(reading.value) in said
    near = any(reading.value in group and any(colour in said for colour in group) for group in _NEAR)
    sure = reading.confidence >= COLOUR_SURE
    return _Verdict(
        evidence,
        holds=holds,
        fails=not holds and not near,
        surely_holds=holds and sure,
        surely_fails=not holds and not near and sure,
    )


def _hair(person: Person, value: str, limits: Limits) -> _Verdict:
    return _colour(person, Topic.HAIR_COLOUR, value)


def _clothing(person: Person, value: str, limits: Limits) -> _Verdict:
    return _colour(person, Topic.CLOTHING_COLOUR, value)


def _pose(person: Person, value: str, limits: Limits) -> _Verdict:
    head = person.face.pose
    evidence = wording.evidence(person, Topic.HEAD_POSE)
    if head.confidence < limits.reliability:
        return _Verdict(evidence, because="the head pose is not read reliably enough in such a photo")
    angles = (head.yaw, head.pitch, head.roll)
    against = directions.fails(value, angles)
    return _Verdict(evidence, holds=directions.holds(value, angles), fails=against, surely_fails=against)


def _gaze(person: Person, value: str, limits: Limits) -> _Verdict:
    """Eyes may turn where the head does not: what is said of a look fails only where both read otherwise."""
    head, gaze = person.face.pose, person.face.gaze
    angles = (head.yaw, head.pitch, head.roll)
    supported = head.confidence >= limits.reliability and value != "camera" and directions.holds(value, angles)
    if gaze is None or gaze.yaw is None or gaze.pitch is None or gaze.confidence < limits.reliability:
        because = (gaze.unknown_because if gaze else "") or "gaze is not read reliably enough in such a photo"
        return _Verdict(None, holds=supported, because=because)
    eyes = (gaze.yaw, gaze.pitch, 0.0)
    both = value == "camera" or directions.fails(value, angles)
    evidence = Evidence(
        person=person.number,
        topic=Topic.GAZE,
        statement=f"the gaze is read at yaw {gaze.yaw:z.0f}°, pitch {gaze.pitch:z.0f}° (reliability "
        f"{wording.chance(gaze.confidence)})",
        source="reader",
        value=f"yaw {gaze.yaw:z.0f}°, pitch {gaze.pitch:z.0f}°",
        confidence=gaze.confidence,
    )
    against = both and directions.fails(value, eyes, slack=directions.GAZE_SLACK)
    return _Verdict(evidence, holds=supported or directions.holds(value, eyes), fails=against, surely_fails=against)


def _number(claim: Claim, scene: Scene, counted: bool) -> Held:
    """A number of people against those found; a face that is hardly one, or a head without a face, leaves it open."""
    if not counted or claim.stance is not Stance.ASSERTED or not scene.people:
        return _open(claim, "it was not asked about everybody in the photo")
    found = len(scene.people)
    if int(claim.value) == found:
        return Held(replace(claim, status=ClaimStatus.SUPPORTED))
    doubtful = sum(
        person.face.score < _SURE_FACE or QualityFlag.NO_FACE in person.face.quality.flags for person in scene.people
    )
    if int(claim.value) >= found - doubtful and doubtful:
        return _open(claim, "not everybody is found for sure")
    evidence = Evidence(
        person=scene.people[0].number,
        topic=Topic.PEOPLE,
        statement=f"{wording.people(found)} {'is' if found == 1 else 'are'} found",
        source="detector",
        value=str(found),
        confidence=min(person.face.score for person in scene.people),
    )
    return Held(replace(claim, status=ClaimStatus.READ_OTHERWISE), evidence)


_SURE_FACE = 0.6
_HOLDERS: dict[Topic, Callable[[Person, str, Limits], _Verdict]] = {
    Topic.ACTION_UNIT: _unit,
    Topic.EMOTION: _emotion,
    Topic.GENDER: _gender,
    Topic.AGE: _age,
    Topic.HAIR_COLOUR: _hair,
    Topic.CLOTHING_COLOUR: _clothing,
    Topic.HEAD_POSE: _pose,
    Topic.GAZE: _gaze,
}


# -------------------------------------------------------------------------------------------------------- both sides

MOST_TOLD = 3


def both_sides(against: Sequence[tuple[Claim, Evidence]], left_out: Sequence[Evidence], several: bool) -> str:
    """A sentence for each of the first three disagreements, and how many more there are. `several`: say of whom."""
    told = [_side(claim, evidence, several) for claim, evidence in against]
    told += [
        f"{_of(evidence.person, several)}the model does not mention {evidence.statement.split(' ')[0]}; the instrument "
        f"reads it ({_figures(evidence)})"
        for evidence in left_out
    ]
    more = len(told) - MOST_TOLD
    listed = [wording.sentence(each) for each in told[:MOST_TOLD]]
    return " ".join([*listed, *([f"And {wording.number(more)} more."] if more > 0 else [])])


def _side(claim: Claim, evidence: Evidence, several: bool) -> str:
    who = _of(claim.person, several)
    if claim.topic is Topic.ACTION_UNIT:
        name = facs.unit(int(claim.value.removeprefix("AU"))).name
        says = "denies" if claim.stance is Stance.DENIED else "says"
        return f"{who}the model {says} {claim.value} ({name}); the instrument reads otherwise ({_figures(evidence)})"
    words = _quoted(claim.words)
    says = f"denies {words}" if claim.stance is Stance.DENIED else f"says {words}"
    statement = evidence.statement.removeprefix(f"person {evidence.person} ")
    return f"{who}the model {says}; the instrument reads otherwise: {statement}"


def _of(number: int | None, several: bool) -> str:
    return f"of person {number} " if several and number is not None else ""


def _figures(evidence: Evidence) -> str:
    return evidence.statement.partition("(")[2].rstrip(")")


def _quoted(words: str) -> str:
    """The model's own words, harmless to a terminal."""
    from facereason.images import printable

    return f'"{printable(" ".join(words.split()), limit=60)}"'
