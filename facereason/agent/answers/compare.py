"""How people compare: who is more so, whether they are alike, or side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import prod

from facereason.agent.answers import phrases, wording
from facereason.agent.answers.findings import Case, Finding, all_right, figure, not_found, short_names
from facereason.agent.whom.fits import amount, heads_alike, more
from facereason.agent.whom.select import RACE_IS_OFF
from facereason.agent.whom.traits import AS_MUCH, unit_asked
from facereason.types import Evidence, Outcome, Person, Query, Scope, Topic

ABOUT = 0.1  # difference of probabilities or intensities up to which two people show something alike
_ALIKE = (Topic.EMOTION, Topic.GENDER, Topic.AGE, Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR)


def compare(query: Query, case: Case) -> Finding:
    """Two people, or with "same" any number: who is more so, whether they are alike, or side by side."""
    if query.topic is Topic.PEOPLE:
        return _more_people(query, case)
    people: list[Person] = []
    evidence: tuple[Evidence, ...] = ()
    sure = 1.0
    for reference in (query.about, query.against):
        if reference is None:
            continue
        found = case.select(reference)
        if found.outcome is not Outcome.ANSWERED:
            return not_found(reference, found, case)
        people += [person for person in found.people if person not in people]
        evidence += found.evidence
        sure *= found.confidence
    if len(people) < 2:
        text = f"That takes two people, and I find one: {short_names(people, case)}."
        return Finding(text=text, outcome=Outcome.NOBODY, people=tuple(people), evidence=evidence)
    if query.value == "same":
        verdict = _same(query, people, case)
    elif query.value.startswith(AS_MUCH):
        verdict = _as_much(replace(query, value=query.value.removeprefix(AS_MUCH)), people[0], people[1:], case)
    elif not query.value:
        verdict = _side_by_side(people, (query.topic,) if query.topic else _ALIKE, case)
    else:
        verdict = _more(query, people[0], people[1:], case)
    both = (*evidence, *verdict.evidence)
    return replace(verdict, evidence=both, confidence=None if verdict.confidence is None else verdict.confidence * sure)


def _unread(query: Query, everybody: Sequence[Person], told: tuple[Evidence, ...], case: Case) -> Finding | None:
    """The end where somebody of those who are compared cannot be read."""
    topic, unit = query.topic, unit_asked(query)
    assert topic is not None
    staged = topic is Topic.AGE
    unread = [each for each in everybody if not wording.is_known(each, topic, unit) and not (staged and each.staged)]
    if not unread:
        return None
    why, name = wording.cannot(unread[0], topic, unit), wording.name(unread[0], case.scene)
    text = f"I cannot compare them: the {wording.of(topic, unit)} of {name} is unknown: {why}"
    return Finding(text=wording.sentence(text), outcome=Outcome.CANNOT_TELL, people=tuple(everybody), evidence=told)


def _as_much(query: Query, one: Person, others: Sequence[Person], case: Case) -> Finding:
    """Whether somebody shows as much of something as others, or more."""
    topic = query.topic
    assert topic is not None
    everybody = (one, *others)
    told = tuple(wording.evidence(person, topic, unit_asked(query)) for person in everybody)
    if (ended := _unread(query, everybody, told, case)) is not None:
        return ended
    least = max(amount(other, topic, query.value) for other in others) - ABOUT
    holds = (amount(one, topic, query.value) >= least) is not query.negated
    each = [f"{wording.name(person, case.scene)}: {figure(person, topic, query.value)}" for person in everybody]
    return Finding(
        text=wording.sentence(f"{'Yes' if holds else 'No'}: {wording.joined(each)}"),
        outcome=Outcome.ANSWERED,
        people=everybody,
        evidence=told,
        confidence=prod(each.confidence for each in told),
    )


def _more(query: Query, one: Person, others: Sequence[Person], case: Case) -> Finding:
    topic = query.topic
    assert topic is not None
    everybody, unit = (one, *others), unit_asked(query)
    told = tuple(wording.evidence(person, topic, unit) for person in everybody)
    if (ended := _unread(query, everybody, told, case)) is not None:
        return ended
    differences = [more(one, other, topic, query.value) for other in others]
    names = [wording.name(person, case.scene) for person in everybody]
    if any(difference is None for difference in differences):
        says = [f"{name} {wording.says(person, topic, unit)}" for name, person in zip(names, everybody, strict=True)]
        text = f"I cannot tell them apart in that: {wording.joined(says)}"
        return Finding(text=wording.sentence(text), outcome=Outcome.CANNOT_TELL, people=everybody, evidence=told)
    ahead = all((difference or 0) > 0 for difference in differences) is not query.negated
    word = phrases.more_of(topic, query.value, query.negated)
    first, second = (one, others[0]) if ahead else (others[0], one)
    figures = (figure(first, topic, query.value), figure(second, topic, query.value))
    winner, loser = wording.name(first, case.scene), wording.name(second, case.scene)
    text = f"{winner} appears {word}: {figures[0]}, against {figures[1]} for {loser}"
    if query.polar:
        text = f"{'Yes' if ahead else 'No'}: {text}"
    if topic is Topic.EMOTION and not query.negated and amount(first, topic, query.value) < 0.3:
        text += f"; neither clearly appears {wording.adjective(query.value)}"
    return Finding(
        text=wording.sentence(text),
        outcome=Outcome.ANSWERED,
        people=everybody if query.polar else (first, *(person for person in everybody if person != first)),
        evidence=told,
        confidence=prod(each.confidence for each in told),
    )


def _same(query: Query, people: Sequence[Person], case: Case) -> Finding:
    topic = query.topic
    assert topic is not None
    readings = [wording.reading_of(person, topic) for person in people]
    if topic is Topic.RACE and any(reading is None for reading in readings):
        return Finding(text=RACE_IS_OFF, outcome=Outcome.DECLINED, people=tuple(people))
    told = tuple(wording.evidence(person, topic) for person in people)
    unread = [person for person in people if not wording.is_known(person, topic)]
    values = {str(reading.value) for reading in readings if reading is not None and reading.known}
    alike = heads_alike(people) if topic is Topic.HEAD_POSE else len(values) < 2
    if alike and unread:
        why = wording.cannot(unread[0], topic)
        text = f"I cannot tell: the {wording.of(topic)} of {wording.name(unread[0], case.scene)} is unknown: {why}"
        return Finding(text=wording.sentence(text), outcome=Outcome.CANNOT_TELL, people=tuple(people), evidence=told)
    known = [person for person in people if person not in unread]
    each = wording.joined([f"{wording.name(person, case.scene)} {wording.says(person, topic)}" for person in known])
    holds = alike is not query.negated
    return Finding(
        text=wording.sentence(f"{'Yes' if holds else 'No'}: {each}"),
        outcome=Outcome.ANSWERED,
        people=tuple(people),
        evidence=told,
        confidence=prod(each.confidence for each in told),
    )


def _side_by_side(people: Sequence[Person], topics: Sequence[Topic], case: Case) -> Finding:
    texts = []
    for person in people:
        known = [topic for topic in topics if (reading := wording.reading_of(person, topic)) and reading.known]
        says = [wording.has(person, topic) for topic in known] or ["nothing can be read"]
        texts.append(wording.sentence(f"{wording.name(person, case.scene)}: {', '.join(says)}"))
    told = tuple(wording.evidence(person, topic) for person in people for topic in topics)
    return Finding(
        text=" ".join(texts),
        outcome=Outcome.ANSWERED,
        people=tuple(people),
        evidence=told,
        confidence=min(each.confidence for each in told),
    )


def _more_people(query: Query, case: Case) -> Finding:
    assert query.against is not None
    found = [case.select(replace(each, scope=Scope.ANY)) for each in (query.about, query.against)]
    counts = [len(each.people) for each in found]
    more_by = counts[0] - counts[1]
    holds = {"fewer": more_by < 0, "as many": more_by == 0}.get(query.value, more_by > 0)
    kinds = [
        phrases.counted(each.constraints, count)
        for count, each in zip(counts, (query.about, query.against), strict=True)
    ]
    text = f"{'Yes' if holds else 'No'}: I count {kinds[0]} and {kinds[1]}."
    unknown = {person.number: person for each in found for person in each.unknown}
    for person in unknown.values():
        text += " " + wording.sentence(
            f"For person {person.number} I cannot tell: {wording.cannot(person, Topic.GENDER)}"
        )
    return Finding(
        text=text,
        outcome=Outcome.ANSWERED,
        people=tuple(person for each in found for person in each.people),
        evidence=tuple(told for each in found for told in each.evidence),
        confidence=prod(all_right(each.chances, each.people) for each in found),
    )
