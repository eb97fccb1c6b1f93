"""Answers to proposals: yes or no of somebody, of all, of anybody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    with_doubts,
    with_notes,
)
from facereason.agent.answers.which import who_fits
from facereason.agent.whom.fits import RaceIsOffError, fit
from facereason.agent.whom.select import RACE_IS_OFF
from facereason.agent.whom.selection import Selection
from facereason.agent.whom.traits import AMONG, is_trait, unit_asked
from facereason.types import By, Constraint, Outcome, Person, Query, Reference, Scope, Topic


@dataclass(frozen=True, slots=True)
class _Verdict:
    """`holds`: whether the proposal is true of a person; None where it cannot be told."""

    holds: bool | None
    finding: Finding


def polar(query: Query, case: Case) -> Finding:
    """Whether somebody is so: one person, all that are meant, or anybody."""
    if query.topic is Topic.PEOPLE and query.against is None:
        return _exists(query, case)
    if query.about.scope is Scope.ANY:
        return _anybody(query, case)
    found = case.select(query.about)
    if found.outcome is not Outcome.ANSWERED:
        return not_found(query.about, found, case)
    verdicts = [_of_one(person, query, case) for person in found.people]
    if len(verdicts) == 1:
        finding = verdicts[0].finding
        finding = replace(finding, text=with_doubts(finding.text, found))
    else:
        finding = _of_all(query, found.people, verdicts, case)
        finding = replace(finding, text=with_notes(finding.text, found))
    sure = None if finding.confidence is None else finding.confidence * found.confidence
    return replace(finding, evidence=(*found.evidence, *finding.evidence), confidence=sure)


def _of_one(person: Person, query: Query, case: Case) -> _Verdict:
    """The verdict on one person, with its confidence; a denied proposal is answered like the plain one."""
    if query.against is not None:
        return _is_one_of(person, query.against, case)
    assert query.topic is not None
    topic, value = query.topic, query.value
    named = wording.short_name if topic in wording.DIRECTED and len(case.scene.people) > 1 else wording.name
    name = named(person, case.scene)
    try:
        found = fit(person, topic, value, case.scene)
    except RaceIsOffError:
        return _Verdict(None, Finding(text=RACE_IS_OFF, outcome=Outcome.DECLINED, people=(person,)))
    finding = Finding(text="", outcome=Outcome.ANSWERED, people=(person,), evidence=found.evidence)
    if found.holds is None:
        if topic is Topic.ACTION_UNIT and (hint := leaning.verdict(person, value, case)):
            return _Verdict(*hint)
        reading = wording.reading_of(person, topic, value)
        text = f"I cannot tell the {wording.of(topic, value)} of {name}: {wording.cannot(person, topic, value)}"
        if reading is not None and reading.known:
            text = f"{name} {wording.says(person, topic, value)}, which does not settle it"
        return _Verdict(None, replace(finding, text=wording.sentence(text), outcome=Outcome.CANNOT_TELL))
    if topic is Topic.POSITION:
        place = f"{wording.short_name(person, case.scene)} is {wording.where(person, case.scene)}"
        text, sure = f"{'Yes' if found.holds else 'No'}: {place}", person.face.score
        finding = replace(finding, evidence=(wording.evidence(person, topic),))
    elif found.holds:
        text, sure = f"{wording.yes(found.chance)}: {name} {wording.says(person, topic, value)}", found.chance
    else:
        hard = topic is Topic.EMOTION and person.face.emotion.confidence < wording.SURE
        not_so = "" if hard else _not(topic, query.value, found.chance)
        text, sure = (
            f"{wording.no(found.chance)}: {name} {wording.says(person, topic, value)}{not_so}",
            1 - found.chance,
        )
    return _Verdict(found.holds, replace(finding, text=wording.sentence(text), confidence=sure))


def _not(topic: Topic, value: str, chance: float) -> str:
    if topic is Topic.EMOTION:
        return f", not {wording.adjective(value)} ({wording.chance(chance)})"
    if topic is Topic.HEAD_POSE or is_trait(topic):
        return ""
    if topic in (Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR, Topic.GENDER, Topic.RACE):
        return f", not {wording.joined(value.split(' or '), 'or')}"
    return f", which is not {wording.would(topic, value).removeprefix('appear to be ')}"


def _is_one_of(person: Person, which: Reference, case: Case) -> _Verdict:
    """Whether somebody is among those that a reference means: "the oldest", "next to him", "a woman in red"."""
    found = case.select(replace(which, scope=Scope.ANY))
    if found.because:
        return _Verdict(None, not_found(which, found, case))
    name, fits = wording.name(person, case.scene), person in found.people
    if person in found.unknown and not fits:
        unread = next((asked for asked in found.unread if not wording.is_known(person, *asked)), None)
        if unread is not None:
            text = f"I cannot tell: the {wording.of(*unread)} of {name} is unknown: {wording.cannot(person, *unread)}"
        else:
            text = f"I cannot tell whether {name} is: the readings are too close to each other"
        return _Verdict(None, Finding(text=wording.sentence(text), outcome=Outcome.CANNOT_TELL, people=(person,)))
    placed = all(c.by in (By.ORDER, By.MIDDLE) for c in which.constraints)
    subject = wording.short_name(person, case.scene) if placed else name
    because = (
        _because(person, which.constraints, case) if fits else _because_not(person, which.constraints, found, case)
    )
    told = [each for each in found.evidence if each.person == person.number] or list(found.evidence)
    finding = Finding(
        text=wording.sentence(f"Yes: {subject} {because}" if fits else f"No: {because}"),
        outcome=Outcome.ANSWERED,
        people=(person,),
        evidence=tuple(told),
        confidence=found.confidence if fits else 1 - found.chances.get(person.number, 0.0),
    )
    return _Verdict(fits, finding)


def _because_not(person: Person, constraints: Sequence[Constraint], found: Selection, case: Case) -> str:
    """What keeps somebody from being one of those meant: who it is instead, other readings, or another place."""
    name = wording.name(person, case.scene)
    extreme = next((c for c in constraints if c.by is By.EXTREME), None)
    if extreme is not None and extreme.topic is not None and found.people:
        word = phrases.most_of(extreme.topic, extreme.value, extreme.rank, extreme.negated)
        first = wording.name(found.people[0], case.scene)
        says = wording.says(person, extreme.topic, unit_asked(extreme))
        return f"{first} appears to be the {word}; {name} {says}"
    if said := _statements(person, constraints):
        return f"{name} {wording.joined(said)}"
    last = constraints[-1]
    where = phrases.said_of(last, 1, denied=True) if _relates(last) else f"is {wording.where(person, case.scene)}"
    place = f"{wording.short_name(person, case.scene)} {where}"
    if not found.people:
        return place
    return f"{place}; {short_names(found.people, case)} {phrases.said_of(last, len(found.people))}"


def _relates(constraint: Constraint) -> bool:
    """Whether it says where somebody is, or looks, by somebody else."""
    known = constraint.by is By.RELATION and constraint.topic is None and constraint.to is not None
    return known and constraint.value not in ("same as", "or", AMONG)


def _because(person: Person, constraints: Sequence[Constraint], case: Case) -> str:
    """What makes somebody one of those meant: readings, a rank, or the place."""
    extreme = next((c for c in constraints if c.by is By.EXTREME), None)
    if extreme is not None and extreme.topic is not None:
        word = phrases.most_of(extreme.topic, extreme.value, extreme.rank, extreme.negated)
        return f"appears to be the {word}: {figure(person, extreme.topic, extreme.value)}"
    if said := _statements(person, constraints):
        return wording.joined(said)
    place = constraints[-1]
    return (
        phrases.said_of(place, 1) if place.by in (By.RELATION, By.NUMBER) else f"is {wording.where(person, case.scene)}"
    )


def _statements(person: Person, constraints: Sequence[Constraint]) -> list[str]:
    """What the readings say on the topics of constraints."""
    asked = dict.fromkeys((c.topic, unit_asked(c)) for c in constraints if c.topic not in (None, Topic.POSITION))
    says = []
    for topic, value in asked:
        assert topic is not None
        reading = wording.reading_of(person, topic, value)
        if reading is None or reading.known:
            says.append(wording.says(person, topic, value))
    return says


def _of_all(query: Query, people: tuple[Person, ...], verdicts: Sequence[_Verdict], case: Case) -> Finding:
    """ "Are they all happy?": no as soon as one is not. The answer is about everybody who was asked about."""
    findings = [verdict.finding for verdict in verdicts]
    declined = [finding for finding in findings if finding.outcome not in (Outcome.ANSWERED, Outcome.CANNOT_TELL)]
    if declined:
        return declined[0]
    evidence = tuple(told for finding in findings for told in finding.evidence)
    whole = Finding(text="", outcome=Outcome.ANSWERED, people=people, evidence=evidence)
    said = query.against.constraints if query.against else (_proposed(query),)
    not_so = [verdict.finding for verdict in verdicts if verdict.holds is False]
    if not_so:
        others = tuple(person for finding in not_so for person in finding.people)
        text = f"No: {_with_values(others, query, case)} {phrases.all_said_of(said, len(others), denied=True)}"
        return replace(whole, text=wording.sentence(text), confidence=max(each.confidence or 0.0 for each in not_so))
    unknown = [verdict.finding for verdict in verdicts if verdict.holds is None]
    if unknown:
        rest = ["The others do."] if len(unknown) < len(people) else []
        return replace(whole, text=" ".join([*rest, *(each.text for each in unknown)]), outcome=Outcome.CANNOT_TELL)
    sure = [finding.confidence or 1.0 for finding in findings]
    all_ = "both" if len(people) == 2 else f"all {wording.number(len(people))}"
    least = f" (the least sure reading is {wording.chance(min(sure))})" if query.topic is Topic.EMOTION else ""
    text = f"{wording.yes(prod(sure))}: {all_} {phrases.all_said_of(said, len(people))}{least}"
    return replace(whole, text=wording.sentence(text), confidence=prod(sure))


def _anybody(query: Query, case: Case) -> Finding:
    """ "Is anyone sad?", and, negated, "is nobody sad?"."""
    said = query.against.constraints if query.against else (_proposed(query),)
    meant = Reference(scope=Scope.ANY, constraints=(*query.about.constraints, *said), text=query.text)
    found = case.select(meant)
    if found.because:
        return not_found(meant, found, case)
    if found.outcome is Outcome.CANNOT_TELL:
        hint = leaning.anybody(meant.constraints, found.unknown, query.negated, case)
        return hint or _nobody_seen(query, found, case) or nobody_known(meant.constraints, found)
    chance = 1 - prod(1 - each for each in found.chances.values())
    if found.people:
        word = "No" if query.negated else wording.yes(chance)
        text = f"{word}: {who_fits(meant.constraints, found.people, case)}"
        return Finding(
            text=with_notes(wording.sentence(text), found),
            outcome=Outcome.ANSWERED,
            people=found.people,
            evidence=found.evidence,
            confidence=chance,
        )
    word = wording.yes(1 - chance) if query.negated else wording.no(chance)
    none = f"I find {phrases.none_of(meant.constraints)}"
    return Finding(
        text=with_notes(wording.sentence(f"{word}: {none}"), found),
        outcome=Outcome.ANSWERED,
        evidence=readings(case.scene.people, query.topic, unit_asked(_proposed(query))),
        confidence=1 - chance,
    )


def _nobody_seen(query: Query, found: Selection, case: Case) -> Finding | None:
    """ "Is anyone angry?" where nobody is, and one or few cannot be read: probably not, with a warning; None where more
    than a third cannot be."""
    few = 0 < 3 * len(found.unknown) <= len(case.scene.people)
    if not few or found.near or query.topic not in (Topic.EMOTION, Topic.ACTION_UNIT, Topic.POSTURE):
        return None
    finding = nobody_known((*query.about.constraints, _proposed(query)), found)
    word = "Probably" if query.negated else "Probably not"
    text = f"{word}: {finding.text[0].lower() if not finding.text.startswith('I ') else 'I'}{finding.text[1:]}"
    return replace(finding, text=text, outcome=Outcome.ANSWERED, confidence=leaning.HINT)


def _exists(query: Query, case: Case) -> Finding:
    """ "Are there children?", "are there two women?", "is there more than one person?"."""
    if not case.scene.people:
        text = f"{'Yes' if query.negated else 'No'}: I find no faces in this photo."
        return Finding(text=text, outcome=Outcome.ANSWERED)
    found = case.select(query.about)
    if found.because:
        return not_found(query.about, found, case)
    if found.outcome is Outcome.CANNOT_TELL:
        return nobody_known(query.about.constraints, found)
    count, constraints = len(found.people), query.about.constraints
    if len({_amounts_to(each, query.value) for each in range(count, count + len(found.unknown) + 1)}) > 1:
        text = f"I find {phrases.counted(constraints, count)} for sure."
        return Finding(text=with_notes(text, found), outcome=Outcome.CANNOT_TELL, evidence=found.evidence)
    holds = _amounts_to(count, query.value) is not query.negated
    who = f": {short_names(found.people, case)}" if found.people and constraints else ""
    text = f"{'Yes' if holds else 'No'}: I find {phrases.counted(constraints, count)}{who}."
    sure = all_right(found.chances, found.people)
    if not constraints:
        sure = min(person.face.score for person in found.people)
    return Finding(
        text=with_notes(text, found),
        outcome=Outcome.ANSWERED,
        people=found.people,
        evidence=found.evidence,
        confidence=sure,
    )


def _amounts_to(count: int, value: str) -> bool:
    """Whether `count` is "", some; "2", so many; "more than 2"."""
    if not value:
        return count > 0
    amount = int(value.split()[-1])
    if value.startswith("more"):
        return count > amount
    return count < amount if value.startswith("fewer") else count == amount


def _proposed(query: Query) -> Constraint:
    if query.against is not None:
        return query.against.constraints[-1]
    return Constraint(by=By.TOPIC, topic=query.topic, value=query.value)


def _with_values(people: Sequence[Person], query: Query, case: Case) -> str:
    names = []
    for person in people:
        name = wording.short_name(person, case.scene)
        if query.topic is Topic.EMOTION and query.against is None and person.face.emotion.value is not None:
            emotion = person.face.emotion
            name = f"{name[:-1]}, {wording.adjective(str(emotion.value))} {wording.chance(emotion.confidence)})"
        names.append(name)
    return wording.joined(names)
