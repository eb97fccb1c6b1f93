"""Somebody who is brought in by a sentence of their own: "There's a woman in red. Is she happy?" asks one thing, not
whether there is a woman in red as well.
"""

from __future__ import annotations

import re
from dataclasses import replace

from facereason.types import By, Constraint, Kind, Query, Reference, Scope, Topic

_TELLS = re.compile(r"\s*(?:there(?:'s| is|s)|here(?:'s| is)|(?:you|we|i) (?:see|have))\b", re.IGNORECASE)
_ASKS_AGAIN = re.compile(r"\s*(?:and|what about|how about|what of)\b", re.IGNORECASE)
_GENDERS = {"she": "female", "he": "male"}
_THIRD = (*_GENDERS, "they")


def merged(queries: tuple[Query, ...]) -> tuple[Query, ...]:
    """The queries, less one that only names whom the others are about by "she", "he" or "they", before them or behind
    ("why happy? I mean the man on the left")."""
    if len(queries) < 2:
        return queries
    for name, others in ((queries[0], queries[1:]), (queries[-1], queries[:-1])):
        if not _names(name) or (name is queries[-1] and name.kind is not Kind.AGAIN):
            continue
        whom = replace(name.about, scope=Scope.ONE)
        told = [_told(query, whom, also=_THIRD if name is queries[0] else (*_THIRD, "same")) for query in others]
        if told[0] != others[0]:
            return tuple(told)
    return queries


def _names(first: Query) -> bool:
    text = first.text.replace("’", "'")
    if first.kind is Kind.AGAIN:
        return first.about.scope is Scope.ONE and bool(first.about.constraints) and not _ASKS_AGAIN.match(text)
    there = first.kind is Kind.YES_NO and first.topic is Topic.PEOPLE and first.about.scope is Scope.ANY
    return there and not first.negated and first.against is None and bool(_TELLS.match(text))


def _told(query: Query, whom: Reference, also: tuple[str, ...]) -> Query:
    against = query.against and _with(query.against, whom, also)
    return replace(query, about=_with(query.about, whom, also), against=against)


def _with(reference: Reference, whom: Reference, also: tuple[str, ...]) -> Reference:
    """The reference with `whom` in place of the pronoun that stands for them, also where somebody is beside them."""
    constraints: list[Constraint] = []
    for each in reference.constraints:
        if _stands_for(each, whom, also):
            constraints += whom.constraints
            reference = replace(reference, scope=Scope.ONE, text=whom.text)
        else:
            constraints.append(replace(each, to=each.to and _with(each.to, whom, also)))
    return replace(reference, constraints=tuple(constraints))


def _stands_for(constraint: Constraint, whom: Reference, also: tuple[str, ...]) -> bool:
    if constraint.by is not By.PRONOUN or constraint.value not in also or constraint.negated:
        return False
    genders = {each.value for each in whom.constraints if each.by is By.TOPIC and each.topic is Topic.GENDER}
    return constraint.value not in _GENDERS or not genders or _GENDERS[constraint.value] in genders
