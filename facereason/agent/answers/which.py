"""Which of the people: who is so, who is most so, and all of them in an order."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from facereason.agent.answers import leaning, phrases, wording
from facereason.agent.answers.findings import (
    Case,
    Finding,
    all_right,
    figure,
    nobody_known,
    not_found,
    readings,
    short_names,
    unreadable,
    with_notes,
)
from facereason.agent.whom.fits import amount
from facereason.agent.whom.memory import SAME, THEM
from facereason.agent.whom.selection import Selection
from facereason.agent.whom.traits import is_trait, unit_asked
from facereason.types import By, Constraint, Outcome, Person, Query, Reference, Scope, Topic


def choose(query: Query, case: Case) -> Finding:
    """Who is so: nobody, or one or several people, each with the reading."""
    if query.about.constraints == SAME.constraints and not case.memory.answered:
        return Finding(text="Nobody was named in the last answer.", outcome=Outcome.NOBODY)
    found = case.select(query.about)
    if found.outcome is Outcome.NOBODY and not found.because and case.scene.people:
        text = f"I find {phrases.none_of(query.about.constraints)} in this photo."
        return Finding(
            text=with_notes(text, found),
            outcome=Outcome.NOBODY,
            evidence=readings(case.scene.people, query.topic, query.value),
            confidence=all_right(found.chances, ()),
        )
    if found.outcome is Outcome.CANNOT_TELL and not found.because:
        hint = leaning.anybody(query.about.constraints, found.unknown, False, case)
        return hint or nobody_known(query.about.constraints, found)
    if found.outcome is not Outcome.ANSWERED:
        return not_found(query.about, found, case)
    return Finding(
        text=with_notes(wording.sentence(who_fits(query.about.constraints, found.people, case)), found),
        outcome=Outcome.ANSWERED,
        people=found.people,
        evidence=found.evidence,
        confidence=all_right(found.chances, found.people),
    )


def who_fits(constraints: Sequence[Constraint], people: Sequence[Person], case: Case) -> str:
    """Who meets the constraints, with the reading asked for: "the woman in red (person 1) appears happy (.97)"."""
    asked = [
        c for c in constraints if c.by is not By.PRONOUN and (c.topic not in (Topic.GENDER, Topic.AGE) or c.negated)
    ]
    if len(asked) != 1:
        asked = [c for c in constraints if c.by is not By.PRONOUN][-1:] if len(constraints) == 1 else []
    if not asked:
        kind = phrases.kind_of(constraints, len(people))
        return f"I find {wording.number(len(people))} {kind}: {short_names(people, case)}"
    (said,) = asked
    if len(people) > 1:
        return f"{_names_with(people, said, case)} {phrases.said_of(said, len(people))}"
    if said.by is By.TOPIC and said.topic is not Topic.POSITION and said.topic is not None:
        return f"{wording.name(people[0], case.scene)} {wording.says(people[0], said.topic, unit_asked(said))}"
    placed = said.by in (By.ORDER, By.MIDDLE) or said.topic is Topic.POSITION
    name = wording.short_name if placed else wording.name
    return f"{name(people[0], case.scene)} {phrases.said_of(said, 1)}"


def rank(query: Query, case: Case) -> Finding:
    """Who is the most of something. That somebody shows most of an emotion does not say that they show it."""
    assert query.topic is not None
    found = case.select(query.about)
    if query.about.scope is not Scope.ONE:
        return _in_order(query, found, case)
    extreme = next(c for c in query.about.constraints if c.by is By.EXTREME)
    word = phrases.most_of(query.topic, query.value, extreme.rank, extreme.negated)
    if found.outcome is Outcome.AMBIGUOUS:
        return _level(query, extreme, found, case)
    if found.outcome is not Outcome.ANSWERED:
        return not_found(query.about, found, case)
    person = found.people[0]
    name, measured = wording.name(person, case.scene), figure(person, query.topic, query.value)
    text = f"{name} appears to be the {word}: {measured}"
    if query.topic is Topic.EMOTION:
        share = amount(person, Topic.EMOTION, query.value)
        if share < _HARDLY and extreme.rank == 1 and not extreme.negated:
            nobody = f"Nobody clearly appears {wording.adjective(query.value)}."
            text = f"{nobody} Closest is {name}, who {wording.says(person, query.topic)}: {measured}"
        elif share < wording.SURE and not extreme.negated:
            text += f"; but this face {wording.says(person, query.topic)}"
    return Finding(
        text=with_notes(wording.sentence(text), found),
        outcome=Outcome.ANSWERED,
        people=found.people,
        evidence=found.evidence,
        confidence=found.confidence,
    )


def _level(query: Query, extreme: Constraint, found: Selection, case: Case) -> Finding:
    """Several who are the most of something alike: of an emotion that nobody shows, that is nobody."""
    assert query.topic is not None
    first = found.people[0]
    if query.topic is Topic.EMOTION and not extreme.negated and amount(first, query.topic, query.value) < _HARDLY:
        text = f"Nobody appears {wording.adjective(query.value)}."
        return Finding(text=text, outcome=Outcome.NOBODY, evidence=found.evidence)
    word = phrases.most_of(query.topic, query.value, extreme.rank, extreme.negated)
    names, level = short_names(found.people, case), figure(first, query.topic, query.value)
    text = f"I cannot say who is the {word}: {names} are level ({level})."
    return Finding(text=text, outcome=Outcome.AMBIGUOUS, people=found.people, evidence=found.evidence)


def _in_order(query: Query, found: Selection, case: Case) -> Finding:
    """ "Rank them by age": everybody whose reading is known, with it."""
    topic = query.topic
    assert topic is not None
    if len(found.people) < 2 and query.about.constraints == THEM:
        found = case.select(Reference(scope=Scope.ALL))  # one alone is in no order: "sort them" means all
    if found.outcome is not Outcome.ANSWERED:
        return not_found(query.about, found, case)
    value = unit_asked(query)
    known = [person for person in found.people if wording.is_known(person, topic, value)]
    told = tuple(wording.evidence(person, topic, value) for person in found.people)
    if not known:
        return unreadable(topic, found.people, told, case, value)
    line = sorted(known, key=lambda each: amount(each, topic, query.value), reverse=not query.negated)
    listed = [f"{wording.short_name(person, case.scene)}, {figure(person, topic, query.value)}" for person in line]
    text = f"The {phrases.most_of(topic, query.value, negated=query.negated)} first: {'; '.join(listed)}."
    for person in found.people:
        if person not in known:
            because = wording.cannot(person, topic, value)
            text += " " + wording.sentence(f"For person {person.number} I cannot tell: {because}")
    return Finding(
        text=with_notes(text, found),
        outcome=Outcome.ANSWERED,
        people=tuple(line),
        evidence=(*found.evidence, *told),
        confidence=found.confidence * prod(wording.evidence(person, topic, value).confidence for person in line),
    )


_HARDLY = 0.3  # who shows most of an emotion shows it clearly only above this probability


def _names_with(found: Sequence[Person], said: Constraint, case: Case) -> str:
    names = []
    for person in found:
        name = wording.short_name(person, case.scene)
        if said.by is By.TOPIC and said.topic not in (None, Topic.POSITION):
            assert said.topic is not None
            sure = wording.chance(wording.evidence(person, said.topic, unit_asked(said)).confidence)
            name = f"{name[:-1]}, {_value_of(person, said)}{sure})"
        names.append(name)
    return wording.joined(names)


def _value_of(person: Person, said: Constraint) -> str:
    """The value that was read, where it is not the one asked for."""
    reading = wording.reading_of(person, said.topic, unit_asked(said)) if said.topic else None
    if reading is None or str(reading.value) == said.value or is_trait(said.topic):
        return ""
    value = str(reading.value)
    return f"{wording.adjective(value) if said.topic is Topic.EMOTION else value} "
