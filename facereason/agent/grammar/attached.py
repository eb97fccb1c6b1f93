"""To whom the words at the end of a question belong, where its order leaves it open."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from facereason.agent.grammar.constraints import Said, ordered
from facereason.types import By, Constraint, Kind, Query, Reference, Scope, Topic

_CLOSED = re.compile(  # "who is next to the woman" is one thing, "not in red" another
    r"\bnot\b|n't\b|\b(?:who|that)(?:'s| is| was| stands?| sits?)* (?:standing |sitting |right |directly )?"
    r"(?:next|beside|behind|in front|to the|on the|left of|right of|near|close|looking)\b",
    re.IGNORECASE,
)
_OF_THE_OTHER = re.compile(r"\s*(?:in|with)\b", re.IGNORECASE)
_LOOKS = ([Topic.CLOTHING_COLOUR], [Topic.HAIR_COLOUR])


def beside(about: tuple[Reference, ...], said: Said, words: str) -> tuple[tuple[Reference, ...], Said]:
    """ "Is the man next to the woman in red?" asks whether he is next to her who is in red, not whether he is in red;
    so does "is anyone next to the woman in red?", of anybody. But "the person next to the woman" is hardly known by
    anything else, and so stays who is in red. "Is everyone standing except the man in blue?" asks of all but him who is
    in blue what stands before the exception."""
    (one,), looks = about, said.constraints
    relations = [each for each in one.constraints if each.by is By.RELATION and each.topic is None]
    others = tuple(each for each in one.constraints if each not in relations)
    if len(relations) != 1 or relations[0].to is None or said.either:
        return about, said
    if one.scope is Scope.ONE and not others:
        return about, said
    to = _last(relations[0].to)
    # "The person" and "the one" need what stands behind them.
    known = all(constraint.by is By.TOPIC or constraint.value == "one" for constraint in to.constraints)
    start = words.rfind(to.text)
    behind = start >= 0 and _OF_THE_OTHER.match(words, start + len(to.text)) and not _CLOSED.search(words)
    asked = words.lower().startswith(("is ", "was ", "are ", "were "))
    if not (known and behind and asked and [each.topic for each in looks if each.by is By.TOPIC] in _LOOKS):
        return about, said
    worn = replace(to, constraints=ordered((*to.constraints, *looks)), text=words[start:])
    relation = replace(relations[0], to=_with_last(relations[0].to, worn))
    if not excepts(relation):
        return (replace(one, constraints=others),), replace(said, constraints=(relation,))
    kind = tuple(each for each in others if each.topic in (Topic.GENDER, Topic.AGE))
    asked_of_them = tuple(each for each in others if each not in kind)
    if not asked_of_them:
        return about, said
    left = replace(one, constraints=ordered((*kind, relation)))
    return (left,), replace(said, constraints=asked_of_them)


def _last(to: Reference) -> Reference:
    """Whom words behind a relation may belong to: of the ends of "between the man and the woman" the second."""
    ends = [each.to for each in to.constraints if each.value == "or" and each.to is not None]
    return ends[-1] if ends else to


def _with_last(to: Reference, last: Reference) -> Reference:
    if _last(to) is to:
        return last
    return replace(to, constraints=(*to.constraints[:-1], replace(to.constraints[-1], to=last)))


def excepts(constraint: Constraint) -> bool:
    """Whether a constraint leaves somebody out."""
    return constraint.value == "same as" and constraint.negated


def placed(about: tuple[Reference, ...], said: Said, words: str) -> tuple[tuple[Reference, ...], Said]:
    """ "Is everyone happy on the left?" asks of those on the left whether they are happy."""
    where = tuple(each for each in said.constraints if _is_place(each))
    rest = tuple(each for each in said.constraints if each not in where)
    if not where or not rest or said.either or re.search(r"\band\b", words):
        return about, said
    (one,) = about
    return (replace(one, constraints=ordered((*one.constraints, *where))),), replace(said, constraints=rest)


def _is_place(constraint: Constraint) -> bool:
    return constraint.by in (By.ORDER, By.MIDDLE) or constraint.topic is Topic.POSITION


_ARE = re.compile(r"(?:are|were)\b(?! there)[^,;?]+\band\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|was|were|do|does|did|has|have)\b", re.IGNORECASE)


def together(queries: Sequence[Query]) -> tuple[Query, ...]:
    """ "Are the man in blue and the girl sitting?" asks of both whether they sit, and is no question whether he is in
    blue."""
    if len(queries) != 2 or any(each.kind is not Kind.YES_NO or each.negated for each in queries):
        return tuple(queries)
    one, other = queries
    alone = one.about.scope is Scope.ONE and one.against is None and [one.topic] in _LOOKS
    if not (alone and _ARE.match(one.text + " and") and other.topic and not _VERB.search(other.text)):
        return tuple(queries)
    worn = Constraint(by=By.TOPIC, topic=one.topic, value=one.value)
    text = re.sub(r"^\w+\s+", "", one.text)
    about = replace(one.about, constraints=ordered((*one.about.constraints, worn)), text=text)
    return (replace(other, about=about), other)
