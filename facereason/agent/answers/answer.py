"""Answers of one query from one scene: who is there, and what somebody appears to be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from math import prod

from facereason.agent.answers import leaning, phrases, wording
from facereason.agent.answers.findings import (
    Case,
    Finding,
    all_right,
    not_found,
    short_names,
    unreadable,
    with_doubts,
    with_notes,
)
from facereason.agent.answers.unit_answer import units_of
from facereason.agent.answers.wording import DIRECTED
from facereason.agent.grammar.words import lexicon
from facereason.agent.whom.fits import amount, beside
from facereason.agent.whom.select import RACE_IS_OFF
from facereason.agent.whom.traits import named_units, unit_asked
from facereason.types import By, Evidence, Outcome, Person, Query, Scope, Topic, UnitState

# ------------------------------------------------------------------------------------------------------ who is there


def count(query: Query, case: Case) -> Finding:
    """How many people there are, or meet what is asked; its confidence is that of every single reading being right."""
    everybody = case.scene.people
    if not everybody:
        return Finding(text="None: I find no faces in this photo.", outcome=Outcome.ANSWERED)
    found = case.select(replace(query.about, scope=Scope.ANY))
    if found.outcome is Outcome.DECLINED or found.because:
        return not_found(query.about, found, case)
    constraints = [c for c in query.about.constraints if not (c.by is By.PRONOUN and c.value in ("they", "same"))]
    if not constraints:
        evidence = tuple(wording.evidence(person, Topic.PEOPLE) for person in found.people)
        sure = min(person.face.score for person in found.people)
        verb = "is" if len(found.people) == 1 else "are"
        text = f"There {verb} {wording.people(len(found.people))} in this photo."
        return Finding(text=text, outcome=Outcome.ANSWERED, people=found.people, evidence=evidence, confidence=sure)
    who = f": {short_names(found.people, case)}" if found.people else ""
    text = f"I count {phrases.counted(constraints, len(found.people))}, of {wording.people(len(everybody))}{who}."
    if not found.people and len(found.unknown) == len(everybody):
        return unreadable(found.unread[0][0], found.unknown, found.evidence, case, found.unread[0][1])
    return Finding(
        text=with_notes(text, found),
        outcome=Outcome.ANSWERED,
        people=found.people,
        evidence=found.evidence,
        confidence=all_right(found.chances, found.people),
    )


def list_people(query: Query, case: Case) -> Finding:
    found = case.select(query.about)
    if found.outcome is not Outcome.ANSWERED:
        return not_found(query.about, found, case)
    kind = phrases.kind_of(query.about.constraints, len(found.people))
    order = ", from left to right" if len(found.people) > 1 else ""
    text = f"I find {wording.number(len(found.people))} {kind}{order}: {short_names(found.people, case)}."
    evidence = tuple(wording.evidence(person, Topic.PEOPLE) for person in found.people)
    sure = min(person.face.score for person in found.people) * found.confidence
    return Finding(
        text=with_notes(text, found),
        outcome=Outcome.ANSWERED,
        people=found.people,
        evidence=(*found.evidence, *evidence),
        confidence=sure,
    )


def describe(query: Query, case: Case) -> Finding:
    """Everything that was read of somebody; as sure as the least sure reading."""
    found = case.select(query.about)
    if found.outcome is not Outcome.ANSWERED:
        return not_found(query.about, found, case)
    topics = [Topic.EMOTION, Topic.GENDER, Topic.AGE, Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR]
    topics += [Topic.RACE] if found.people[0].race is not None else []
    texts = [_description(person, topics, case) for person in found.people]
    known = [(person, topic) for person in found.people for topic in topics if wording.is_known(person, topic)]
    evidence = tuple(wording.evidence(person, topic) for person in found.people for topic in (*topics, Topic.HEAD_POSE))
    evidence += tuple(_units(found.people))
    several = len(found.people) > 1 and not query.about.constraints
    opening = f"I find {wording.people(len(found.people))}. " if several else ""
    sure = [wording.evidence(*each).confidence for each in known]
    return Finding(
        text=opening + " ".join(texts),
        outcome=Outcome.ANSWERED if known else Outcome.CANNOT_TELL,
        people=found.people,
        evidence=evidence,
        confidence=min(sure) * found.confidence if sure else None,
    )


def _units(people: Sequence[Person]) -> Iterator[Evidence]:
    """The action units that are read as present."""
    for person in people:
        for unit in person.face.action_units:
            if unit.state is UnitState.PRESENT:
                yield wording.evidence(person, Topic.ACTION_UNIT, f"AU{unit.unit}")


def _description(person: Person, topics: Sequence[Topic], case: Case) -> str:
    known = [wording.has(person, topic) for topic in topics if wording.is_known(person, topic)]
    told = [*known, wording.pose(person.face.pose)]
    told += [f"showing {wording.joined(units)}"] if (units := wording.units(person)) else []
    lines = [wording.sentence(f"{wording.name(person, case.scene)}: {', '.join(told)}")]
    unread: dict[str, list[str]] = {}
    for topic in topics:
        if not wording.is_known(person, topic):
            unread.setdefault(wording.cannot(person, topic), []).append(wording.of(topic))
    lines += [wording.sentence(f"I cannot tell the {wording.joined(things)}: {why}") for why, things in unread.items()]
    return " ".join(lines)


# -------------------------------------------------------------------------------------------- one thing of somebody


def attribute(query: Query, case: Case) -> Finding:
    """Emotion, age, gender, colours, head pose: of one person, or of each that is meant."""
    assert query.topic is not None
    topic = query.topic
    found = case.select(query.about)
    if found.outcome is not Outcome.ANSWERED:
        return not_found(query.about, found, case)
    if topic is Topic.RACE and any(person.race is None for person in found.people):
        return Finding(text=RACE_IS_OFF, outcome=Outcome.DECLINED, people=found.people)
    value = unit_asked(query)
    if topic is Topic.ACTION_UNIT and (not value or len(named_units(value)) > _FEW_UNITS):
        return units_of(found, named_units(value), case)
    evidence = tuple(wording.evidence(person, topic, value) for person in found.people)
    known = [person for person in found.people if wording.is_known(person, topic, value) or _staged(person, topic)]
    if not known and topic is Topic.ACTION_UNIT and (hint := leaning.strength(found.people, value, case)):
        return hint
    if not known:
        return unreadable(topic, found.people, (*found.evidence, *evidence), case, value)
    # A place beside a direction ("on the right ... looks to the left") would be read as one.
    named = wording.short_name if topic in DIRECTED and len(case.scene.people) > 1 else wording.name
    texts = [
        wording.sentence(f"{named(person, case.scene)} {_says_with(person, query)}{_at_whom(person, query, case)}")
        for person in known
    ]
    text = " ".join(texts)
    for person in found.people:
        if person not in known:
            because = wording.cannot(person, topic, value)
            text += " " + wording.sentence(f"For person {person.number} I cannot tell: {because}")
    sure = prod(wording.evidence(person, topic, value).confidence for person in known)
    return Finding(
        text=with_doubts(text, found),
        outcome=Outcome.ANSWERED,
        people=found.people,
        evidence=(*found.evidence, *evidence),
        confidence=found.confidence * sure,
    )


def locate(query: Query, case: Case) -> Finding:
    found = case.select(query.about)
    if found.outcome is not Outcome.ANSWERED:
        return not_found(query.about, found, case)
    texts = []
    for person in found.people:
        place, of = wording.where(person, case.scene), f" of {wording.people(len(case.scene.people))}"
        mark = wording.short_name(person, case.scene)
        x, y = person.box.centre
        at = f"(face at x {x:.0f}, y {y:.0f} in a photo of {case.scene.width} x {case.scene.height} pixels)"
        texts.append(wording.sentence(f"{mark} is {place}{of if len(case.scene.people) > 1 else ''} {at}"))
    return Finding(
        text=with_notes(" ".join(texts), found),
        outcome=Outcome.ANSWERED,
        people=found.people,
        evidence=(*found.evidence, *(wording.evidence(person, Topic.POSITION) for person in found.people)),
        confidence=found.confidence * min(person.face.score for person in found.people),
    )


def _staged(person: Person, topic: Topic) -> bool:
    """Whether the whole figure tells a child from a grown-up, where the face tells no age group."""
    return topic is Topic.AGE and person.staged is not None


_FEW_UNITS = 2  # more than so many are told as a list of what is active


def _is_aged(person: Person, word: str) -> bool:
    """Whether the age group that was read is in the core of an age word."""
    core, _ = lexicon().ages.get(word, (frozenset([word]), frozenset[str]()))
    return str(person.age_group.value) in core


def _at_whom(person: Person, query: Query, case: Case) -> str:
    """Of a gaze, whom it seems to meet."""
    seen = beside(person, "looked at by", case.scene) if query.topic is Topic.GAZE else ()
    return f", at {short_names(seen, case)}, it seems" if seen else ""


def _says_with(person: Person, query: Query) -> str:
    """With the emotion that was asked for: "appears neutral (.60); happiness is read at .22"."""
    if query.topic is Topic.AGE and _staged(person, query.topic):
        return f"{wording.says(person, Topic.AGE)}; no age group: {person.age_group.unknown_because}"
    if query.topic is Topic.AGE and query.value:
        which = next((each for each in query.value.split(" or ") if _is_aged(person, each)), "")
        said = f", {wording.would(Topic.AGE, which).removeprefix('appear to be ')}" if which else ""
        return wording.says(person, Topic.AGE) + said
    says = wording.says(person, query.topic or Topic.EMOTION, unit_asked(query))
    if query.topic is not Topic.EMOTION or not query.value or str(person.face.emotion.value) == query.value:
        return says
    return f"{says}; {query.value} is read at {wording.chance(amount(person, Topic.EMOTION, query.value))}"
