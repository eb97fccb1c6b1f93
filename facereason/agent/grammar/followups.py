"""A question put again: of somebody else ("and him?"), or with another value ("and sad?")."""

from __future__ import annotations

import re
from dataclasses import replace

from facereason.agent.whom.memory import REVERSED, SAME
from facereason.agent.whom.traits import AS_MUCH
from facereason.types import By, Constraint, Kind, Query, Reference, Scope, Topic

_ASKED_OF_EACH = (Kind.COUNT, Kind.LIST, Kind.DESCRIBE, Kind.EMOTION, Kind.ATTRIBUTE, Kind.LOCATE, Kind.IDENTITY)
_ASKED_AGAIN = (
    Kind.COUNT,
    Kind.DESCRIBE,
    Kind.EMOTION,
    Kind.WHY,
    Kind.ATTRIBUTE,
    Kind.COMPARE,
    Kind.LOCATE,
    Kind.YES_NO,
)


def and_them(query: Query, about: Reference) -> Query | None:
    """ "Describe him and the woman": the same of somebody else, in one sentence; None where that makes no sense."""
    if query.kind is Kind.COMPARE and query.against is None:
        return replace(query, against=about)
    return replace(query, about=about, text=about.text) if query.kind in _ASKED_OF_EACH else None


def of_them(query: Query, about: Reference, as_other: bool = False) -> Query | None:
    """ "And him?": the last question about somebody else, or, `as_other`, compared with somebody else; None where it
    asks for a description instead."""
    if as_other:
        return replace(query, against=about, text=about.text)
    extreme = next((constraint for constraint in about.constraints if constraint.by is By.EXTREME), None)
    if query.kind is Kind.RANK and extreme is not None:
        topic, value, negated = extreme.topic, extreme.value, extreme.negated
        return replace(query, about=about, topic=topic, value=value, negated=negated, text=about.text)
    return replace(query, about=about, text=about.text) if query.kind in _ASKED_AGAIN else None


def among_them(query: Query | None, about: Reference) -> Query:
    """ "Only the women": the last question about those of its people; where there was none, a list."""
    if query is None or query.kind not in _NARROWED:
        return Query(kind=Kind.LIST, about=about, topic=Topic.PEOPLE, text=about.text)
    same = Constraint(by=By.PRONOUN, value="same")
    narrowed = replace(about, scope=Scope.ALL, constraints=(same, *about.constraints))
    kind = Kind.LIST if query.kind in (Kind.SELECT, Kind.YES_NO) else query.kind
    return replace(query, kind=kind, about=narrowed, text=about.text)


def reversed_(query: Query) -> Query | None:
    """ "The other way round": an order from its other end, a comparison from the other side; None for the rest."""
    if query.kind is Kind.COMPARE and query.against is not None:
        return replace(query, about=query.against, against=query.about)
    if query.kind is not Kind.RANK or query.about.scope is not Scope.ALL:
        return None
    if query.topic is Topic.AGE:
        return replace(query, value="young" if query.value == "old" else "old")
    return replace(query, negated=not query.negated)


def amended(query: Query, by: Query) -> Query | None:
    """A question with what is added in the same sentence: "rank them by age, only the women"."""
    if by.value == REVERSED:
        return reversed_(query)
    if query.kind not in _NARROWED or query.about.scope is Scope.ONE:
        return None
    constraints = (*query.about.constraints, *by.about.constraints)
    return replace(query, about=replace(query.about, constraints=constraints, text=by.about.text))


def how_strong(query: Query) -> Query | None:
    """ "How strongly?": how much of it those show whom the last answer was about; None where it asked for nothing that
    can be more or less."""
    said = [(query.topic, query.value)] + [(each.topic, each.value) for each in reversed(query.about.constraints)]
    topic, value = next((each for each in said if each[0] in (Topic.ACTION_UNIT, Topic.EMOTION)), (None, ""))
    if topic is None:
        return None
    kind = Kind.EMOTION if topic is Topic.EMOTION else Kind.ATTRIBUTE
    value = "" if value == "same" else value.removeprefix(AS_MUCH)
    return Query(kind=kind, about=SAME, topic=topic, value=value, text=query.text)


def with_colour(query: Query, value: str) -> Query | None:
    """ "And green?": the last question about hair or clothing with another colour; None where it had none."""
    said = [each.topic for each in query.about.constraints if each.by is By.TOPIC]
    topics = [topic for topic in (query.topic, *reversed(said)) if topic in (Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR)]
    return with_value(query, topics[0], value) if topics and topics[0] else None


def with_value(query: Query, topic: Topic, value: str) -> Query | None:
    """ "And sad?": the last question with another value; None where it had none."""
    if query.kind is Kind.YES_NO:
        return replace(query, topic=topic, value=value, against=None)
    if query.kind is Kind.EMOTION and topic is Topic.EMOTION:
        return replace(query, kind=Kind.YES_NO, value=value)
    if query.kind not in (Kind.COUNT, Kind.LIST, Kind.SELECT):
        return None
    said = [each for each in query.about.constraints if each.by is By.TOPIC and each.topic not in _NOUNS]
    kept = tuple(each for each in query.about.constraints if not said or each is not said[-1])
    about = replace(query.about, constraints=(*kept, Constraint(by=By.TOPIC, topic=topic, value=value)))
    return replace(query, about=about, topic=topic if query.kind is Kind.SELECT else query.topic)


def describing(about: Reference) -> Query | None:
    """What a phrase that names people asks where no question came before: whether there is anybody so, a list of those
    who are, a description of somebody; None where it names nobody in particular."""
    if not about.constraints:
        return None
    picked = any(each.by in (By.NUMBER, By.PRONOUN) for each in about.constraints)
    if about.scope is Scope.ANY:
        return Query(kind=Kind.YES_NO, about=about, topic=Topic.PEOPLE, text=about.text)
    said = about.constraints[-1]
    if (
        about.scope is Scope.ALL
        and said.topic in _PASSING
        and said.by is By.TOPIC
        and about.text.lower().startswith(("every", "all "))
        and not _WHICH.search(about.text)
        and not picked
    ):
        everyone = replace(about, constraints=about.constraints[:-1])
        return Query(kind=Kind.YES_NO, about=everyone, topic=said.topic, value=said.value, text=about.text)
    if about.scope is Scope.ALL and not picked:
        return Query(kind=Kind.LIST, about=about, topic=Topic.PEOPLE, text=about.text)
    return Query(kind=Kind.DESCRIBE, about=about, text=about.text)


_NARROWED = (
    Kind.COUNT,
    Kind.LIST,
    Kind.DESCRIBE,
    Kind.EMOTION,
    Kind.ATTRIBUTE,
    Kind.LOCATE,
    Kind.RANK,
    Kind.SELECT,
    Kind.YES_NO,
)
_PASSING = (
    Topic.EMOTION,
    Topic.ACTION_UNIT,
    Topic.POSTURE,
    Topic.GAZE,
)  # "everybody smiling?", but "everyone under 30"
_WHICH = re.compile(r"\b(?:who|that|which)\b", re.IGNORECASE)  # "all the people who are sitting": a list
_NOUNS = (Topic.GENDER, Topic.AGE, Topic.POSITION)
