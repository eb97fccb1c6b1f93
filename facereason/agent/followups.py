"""A question put again: of somebody else ("and him?"), or with another value ("and sad?")."""

from __future__ import annotations

from dataclasses import replace

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
    """What a phrase that names people asks where no question came before; None where it names nobody in particular."""
    if about.scope is Scope.ANY or not about.constraints:
        return None
    return Query(kind=Kind.DESCRIBE, about=about, text=about.text)


_NOUNS = (Topic.GENDER, Topic.AGE, Topic.POSITION)
