"""What the parts of a question become on the way to a reference: constraints, and what bundles them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from lark import Token

from facereason.agent.grammar.words import lexicon
from facereason.types import By, Constraint, Reference, Scope, Topic

EVERYBODY = Reference()

Parts = Sequence[Any]
T = TypeVar("T")


class NoMeaningError(Exception):
    """The grammar allows it, but it means nothing here; the message says what."""


@dataclass(frozen=True, slots=True)
class Nominal:
    """A noun with what goes with it, without an article."""

    constraints: tuple[Constraint, ...]
    plural: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of somebody: all of `constraints`, or with `either` one of them."""

    constraints: tuple[Constraint, ...]
    either: bool = False
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Not:
    """A "not" in a sentence."""


def parts_of(kind: type[T], parts: Iterable[Any]) -> tuple[T, ...]:
    """The parts that are of this type, those inside tuples as well."""
    flat: list[T] = []
    for part in parts:
        if isinstance(part, kind):
            flat.append(part)
        elif isinstance(part, tuple):
            flat += parts_of(kind, part)
    return tuple(flat)


def token(type_: str, parts: Parts) -> str | None:
    """Value of the first token of this type."""
    return next((str(part) for part in parts if isinstance(part, Token) and part.type == type_), None)


@dataclass(frozen=True, slots=True)
class Number:
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall(Constraint):
    """ "The woman second from the left" counts everybody, "the second woman from the left" women."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seated(Constraint):
    """ "Sitting next to him": beside him, and sitting, where it tells whom is meant."""

    @property
    def relation(self) -> Constraint:
        return Constraint(by=self.by, value=self.value, to=self.to, negated=self.negated)


def called_by_name(about: Reference | None) -> bool:
    """Whether somebody in a reference is called by name."""
    return about is not None and any(c.value == "name" or called_by_name(c.to) for c in about.constraints)


def either_of(people: Sequence[Reference]) -> Reference:
    """Several references as one, to all of the people that they mean."""
    ors = tuple(Constraint(by=By.RELATION, value="or", to=each) for each in people)
    return Reference(scope=Scope.ALL, constraints=ors, text=" and ".join(each.text for each in people))


def other_than(people: Reference) -> Constraint:
    """Nobody of these."""
    return Constraint(by=By.RELATION, value="same as", to=people, negated=True)


def so_many(amount: str) -> Constraint:
    """How many people are meant: "2", "more than 2"."""
    return on_topic(Topic.PEOPLE, amount)


def negate(constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
    """The opposite of what is said. "Not a woman" denies the gender, and leaves the age alone."""
    genders = tuple(constraint for constraint in constraints if constraint.topic is Topic.GENDER)
    if len(constraints) > 1 and not genders:
        raise NoMeaningError("ask about one thing at a time where it is denied")
    denied = (genders or constraints)[0]
    return (replace(denied, negated=not denied.negated),)


def one_of_values(constraints: tuple[Constraint, ...]) -> Constraint:
    """ "Sad or angry" as one constraint, whose value lists both."""
    first = constraints[0]
    if first.by is not By.TOPIC or any(c.by is not By.TOPIC or c.topic is not first.topic for c in constraints):
        raise NoMeaningError("ask about one of the two at a time")
    return replace(first, value=" or ".join(constraint.value for constraint in constraints))


def conjunction(said: Said) -> tuple[Constraint, ...]:
    constraints = (one_of_values(said.constraints),) if said.either else said.constraints
    return negate(constraints) if said.negated else constraints


ADJECTIVES = {"GENDER": Topic.GENDER, "BLONDE": Topic.HAIR_COLOUR, "BRUNETTE": Topic.HAIR_COLOUR}


def said_by_adjective(word: Token) -> tuple[Constraint, ...]:
    """ "The blonde", "a female": an adjective in the place of a noun."""
    return (on_topic(ADJECTIVES[word.type], str(word)),)


def said_by_noun(noun: str | None) -> tuple[Constraint, ...]:
    says = lexicon().nouns.get(noun or "", {})
    return tuple(on_topic(topic, value) for topic, value in says.items())


def on_topic(topic: Topic, value: str) -> Constraint:
    return Constraint(by=By.TOPIC, topic=topic, value=value)


def on_side(side: str) -> Constraint:
    return on_topic(Topic.POSITION, side)


def nth_from(side: str, rank: int) -> Constraint:
    return Constraint(by=By.ORDER, value=side, rank=rank)


def one_value(parts: Parts) -> str:
    return " or ".join(dict.fromkeys(parts_of(str, parts)))


def ordered(constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
    """As they are applied: what counts everybody, what people must meet, what picks from those ("leftmost", "oldest").

    Puts rank and side of "the second woman from the left" together."""
    sides = [c.value for c in constraints if c.by is By.ORDER and c.rank == 0]
    rows, first, filters, picks = list[Constraint](), list[Constraint](), list[Constraint](), list[Constraint]()
    for constraint in constraints:
        if constraint.topic is Topic.POSITION and constraint.value in ("top", "bottom") and not constraint.negated:
            rows.append(constraint)  # who is second in a row is second of those in it
        elif isinstance(constraint, Overall):
            first.append(nth_from(constraint.value, constraint.rank))
        elif constraint.by is By.ORDER and constraint.rank != 0:
            side = constraint.value or (sides.pop(0) if sides else "left")
            picks.append(replace(constraint, value=side))
        elif constraint.by in (By.EXTREME, By.MIDDLE) or constraint.topic in (Topic.POSITION, Topic.PEOPLE):
            picks.append(constraint)
        elif constraint.by is not By.ORDER:
            filters.append(constraint)
    if sides:
        raise NoMeaningError("say which one from that side: the second, the third")
    return (*rows, *first, *filters, *picks)
