"""From the tree of a question to whom it is about: noun phrases become references, their parts constraints."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, TypeVar

from lark import Token, Transformer, v_args

from facereason.agent.words import lexicon
from facereason.types import By, Constraint, Reference, Scope, Topic

if TYPE_CHECKING:
    from lark.tree import Meta

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


@v_args(meta=True)
class PeopleTransformer(Transformer[Token, Any]):
    """Noun phrases and predicates. Methods are named after rules of questions.lark."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.nobody_: set[Reference] = set()  # "nobody", "none of the women"

    def __default__(self, data: Any, children: Parts, meta: Meta) -> Any:
        # A part of the question without a meaning would be lost silently.
        raise NotImplementedError(f"questions.lark: rule {data} has no meaning")

    def itself(self, meta: Meta, parts: Parts) -> Any:
        return next(part for part in parts if not isinstance(part, Token))

    # ---------------------------------------------------------------------------------------------- whom

    def she(self, meta: Meta, parts: Parts) -> Reference:
        return self._pronoun(meta, "she", Scope.ONE)

    def he(self, meta: Meta, parts: Parts) -> Reference:
        return self._pronoun(meta, "he", Scope.ONE)

    def they(self, meta: Meta, parts: Parts) -> Reference:
        return self._pronoun(meta, "they", Scope.ALL)

    def this(self, meta: Meta, parts: Parts) -> Reference:
        return self._pronoun(meta, "same", Scope.ONE)

    def this_one(self, meta: Meta, parts: Parts) -> Reference:
        same = Constraint(by=By.PRONOUN, value="same")
        scope = Scope.ALL if parts_of(Nominal, parts)[0].plural else Scope.ONE
        return self._reference(meta, scope, (same, *self._constraints(parts)), parts)

    def the_one(self, meta: Meta, parts: Parts) -> Reference:
        return self._reference(meta, Scope.ONE, self._constraints(parts), parts)

    def the_all(self, meta: Meta, parts: Parts) -> Reference:
        return self._reference(meta, Scope.ALL, self._constraints(parts), parts)

    every = everyone = the_all

    def both_of(self, meta: Meta, parts: Parts) -> Reference:
        return self._reference(meta, Scope.ALL, (*self._constraints(parts), so_many("2")), ())

    def numbered(self, meta: Meta, parts: Parts) -> Reference:
        numbers = [number.value for number in parts_of(Number, parts)]
        number = Constraint(by=By.NUMBER, value=" or ".join(numbers))
        scope = Scope.ONE if len(numbers) == 1 else Scope.ALL
        noun = _said_by_noun(token("PERSON", parts) or token("PEOPLE", parts))
        return self._reference(meta, scope, (number, *noun, *self._constraints(parts)), ())

    def some(self, meta: Meta, parts: Parts) -> Reference:
        return self._reference(meta, Scope.ANY, self._constraints(parts), parts)

    one_of = some

    def nobody(self, meta: Meta, parts: Parts) -> Reference:
        found = self.some(meta, parts)
        self.nobody_.add(found)
        return found

    def names(self, meta: Meta, parts: Parts) -> Reference:
        return self._reference(meta, Scope.ONE, (Constraint(by=By.PRONOUN, value="name"),), ())

    def subject(self, meta: Meta, parts: Parts) -> tuple[Reference, ...]:
        return parts_of(Reference, parts)

    def _pronoun(self, meta: Meta, word: str, scope: Scope) -> Reference:
        return self._reference(meta, scope, (Constraint(by=By.PRONOUN, value=word),), ())

    def _reference(self, meta: Meta, scope: Scope, constraints: tuple[Constraint, ...], parts: Parts) -> Reference:
        text = " ".join(self.text[meta.start_pos : meta.end_pos].split())
        if (number := token("NUMBER", parts)) is not None:
            constraints = (*constraints, so_many(number))
        return Reference(scope=scope, constraints=ordered(constraints), text=text)

    def _constraints(self, parts: Parts) -> tuple[Constraint, ...]:
        """Constraints among the parts, those of nouns and of people that these are among ("of the women") included."""
        found: list[Constraint] = []
        for part in parts:
            if isinstance(part, Constraint):
                found.append(part)
            elif isinstance(part, (Nominal, Reference)):
                found += part.constraints
            elif isinstance(part, Said):
                found += _conjunction(part)
            elif isinstance(part, tuple):
                found += self._constraints(part)
            elif isinstance(part, Token) and part.type in ("OTHER", "OTHERS", "ELSE"):
                found.append(Constraint(by=By.PRONOUN, value="other"))
        return tuple(found)

    # --------------------------------------------------------------------------------------------- nouns

    def sg(self, meta: Meta, parts: Parts) -> Nominal:
        noun = next(part for part in parts if isinstance(part, Token))
        own = _said_by_adjective(noun) if noun.type in _ADJECTIVES else _said_by_noun(noun)
        if noun.type in ("ONE", "ONES"):
            own = (Constraint(by=By.PRONOUN, value="one"),)
        return Nominal((*own, *self._constraints(parts)))

    def pl(self, meta: Meta, parts: Parts) -> Nominal:
        return replace(self.sg(meta, parts), plural=True)

    many = pl

    def mods(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return self._constraints(parts)

    def pick(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        if edge := token("EDGE", parts):
            return (_order(edge, 1),)
        if side := token("SIDE", parts):
            return (_position(side),)
        if side := token("FROM_SIDE", parts):
            return (replace(parts_of(Constraint, parts)[0], value=side),)
        return self._constraints(parts)

    # ---------------------------------------------------------------------------------------- adjectives

    def feeling(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.EMOTION, str(parts[0]))

    def age(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.AGE, str(parts[0]))

    def gender(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.GENDER, str(parts[0]))

    def race(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.RACE, str(parts[0]))

    def haired(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.HAIR_COLOUR, _one_value(parts))

    def skin(self, meta: Meta, parts: Parts) -> Constraint:
        if str(parts[0]) not in ("black", "white"):
            raise NoMeaningError(f"a colour belongs to hair or clothing: say 'in {parts[0]}'")
        return _topic(Topic.RACE, str(parts[0]))

    def edge(self, meta: Meta, parts: Parts) -> Constraint:
        return _order(str(parts[0]), 1) if parts[0].type == "EDGE" else _position(str(parts[0]))

    def middle(self, meta: Meta, parts: Parts) -> Constraint:
        return Constraint(by=By.MIDDLE)

    def other(self, meta: Meta, parts: Parts) -> Constraint:
        return Constraint(by=By.PRONOUN, value="other")

    def ordinal(self, meta: Meta, parts: Parts) -> Constraint:
        return _order("", int(parts[0]))

    def extreme(self, meta: Meta, parts: Parts) -> Constraint:
        rank = int(token("ORDINAL", parts) or 1)
        if age := token("AGE_MOST", parts):
            return Constraint(by=By.EXTREME, topic=Topic.AGE, value=age, rank=rank)
        if emotion := token("FEELING_MOST", parts):
            return Constraint(by=By.EXTREME, topic=Topic.EMOTION, value=emotion, rank=rank)
        feeling = parts_of(Constraint, parts)[0]
        return replace(feeling, by=By.EXTREME, rank=rank, negated=token("MOST", parts) == "least")

    def more(self, meta: Meta, parts: Parts) -> Constraint:
        if age := token("AGE_MORE", parts):
            return Constraint(by=By.EXTREME, topic=Topic.AGE, value=age)
        if emotion := token("FEELING_MORE", parts):
            return Constraint(by=By.EXTREME, topic=Topic.EMOTION, value=emotion)
        feeling = parts_of(Constraint, parts)[0]
        return replace(feeling, by=By.EXTREME, negated=token("LESS", parts) is not None)

    # ------------------------------------------------------------------------------- what follows a noun

    def colour(self, meta: Meta, parts: Parts) -> tuple[str, ...]:
        return tuple(str(part) for part in parts)

    def worn(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.CLOTHING_COLOUR, _one_value(parts))

    def clothes(self, meta: Meta, parts: Parts) -> tuple[str, ...]:
        return parts_of(str, [part for part in parts if isinstance(part, tuple)])

    def hairs(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.HAIR_COLOUR, _one_value([part for part in parts if isinstance(part, tuple)]))

    def hair_is(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(parts_of(Topic, parts)[0], _one_value([part for part in parts if isinstance(part, tuple)]))

    def thing(self, meta: Meta, parts: Parts) -> Topic:
        return Topic.HAIR_COLOUR if parts[0].type == "HAIR" else Topic.CLOTHING_COLOUR

    def mien(self, meta: Meta, parts: Parts) -> Constraint:
        return parts_of(Constraint, parts)[0]

    def that(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return _conjunction(parts[0])

    def place(self, meta: Meta, parts: Parts) -> Constraint:
        side = str(parts[0])
        if side == "middle":
            return Constraint(by=By.MIDDLE)
        return _order(side.removeprefix("far "), 1) if side.startswith("far ") else _position(side)

    def from_(self, meta: Meta, parts: Parts) -> Constraint:
        return _order(str(parts[0]), 0)

    def nth(self, meta: Meta, parts: Parts) -> Constraint:
        return _Overall(by=By.ORDER, value=str(parts[1]), rank=parts[0].rank)

    def relation(self, meta: Meta, parts: Parts) -> Constraint:
        to = parts_of(Reference, parts)[0]
        value = token("BESIDE", parts) or f"{token('SIDE', parts)} of"
        return Constraint(by=By.RELATION, value=value, to=to)

    def except_(self, meta: Meta, parts: Parts) -> Constraint:
        return Constraint(by=By.RELATION, value="same as", to=parts_of(Reference, parts)[0], negated=True)

    def gaze(self, meta: Meta, parts: Parts) -> Constraint:
        direction = str(parts[0])
        if direction == "middle":
            direction = "camera"
        return _topic(Topic.HEAD_POSE, direction.removeprefix("far "))

    def turned(self, meta: Meta, parts: Parts) -> Constraint:
        return parts_of(Constraint, parts)[0]

    def direction(self, meta: Meta, parts: Parts) -> str:
        return str(parts[0])

    def years(self, meta: Meta, parts: Parts) -> Constraint:
        limit = token("LIMIT", parts) or {"old": "over", "young": "under"}[token("AGE_MORE", parts) or "old"]
        return _topic(Topic.AGE, f"{limit} {token('NUMBER', parts)}")

    def decade(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.AGE, token("DECADE", parts) or "")

    def number(self, meta: Meta, parts: Parts) -> Number:
        return Number(str(parts[0]))

    # ------------------------------------------------------------------------------- what is said of them

    def vp(self, meta: Meta, parts: Parts) -> Said:
        negated = bool(parts_of(Not, parts))
        said = parts_of(Said, parts)
        return replace(said[0], negated=negated) if said else Said(self._constraints(parts), negated=negated)

    def either(self, meta: Meta, parts: Parts) -> Said:
        return Said(tuple(self._as_one(part) for part in parts), either=True)

    def both(self, meta: Meta, parts: Parts) -> Said:
        return Said(self._constraints(parts))

    def best(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return ordered(self._constraints(parts))

    def than(self, meta: Meta, parts: Parts) -> Constraint:
        more = parts_of(Constraint, parts)[0]
        return replace(more, by=By.RELATION, to=parts_of(Reference, parts)[0])

    def kind(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return ordered(self._constraints(parts))

    def emote(self, meta: Meta, parts: Parts) -> Constraint:
        return _topic(Topic.EMOTION, str(parts[0]))

    def show(self, meta: Meta, parts: Parts) -> Constraint:
        emotion = _topic(Topic.EMOTION, token("EMOTION_NAME", parts) or "")
        most = token("MOST", parts)
        return replace(emotion, by=By.EXTREME, negated=most == "least") if most else emotion

    def neg(self, meta: Meta, parts: Parts) -> Not:
        return Not()

    def _as_one(self, part: Any) -> Constraint:
        """One option of "a or b". "A woman" is a gender before it is an age."""
        found = self._constraints([part])
        genders = [constraint for constraint in found if constraint.topic is Topic.GENDER]
        if len(found) > 1 and len(genders) != 1:
            raise NoMeaningError("ask about one of the two at a time")
        return genders[0] if genders else found[0]


@dataclass(frozen=True, slots=True)
class Number:
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Overall(Constraint):
    """ "The woman second from the left" counts everybody, "the second woman from the left" women."""


def called_by_name(about: Reference | None) -> bool:
    """Whether somebody in a reference is called by name."""
    return about is not None and any(c.value == "name" or called_by_name(c.to) for c in about.constraints)


def so_many(amount: str) -> Constraint:
    """How many people are meant: "2", "more than 2"."""
    return _topic(Topic.PEOPLE, amount)


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


def _conjunction(said: Said) -> tuple[Constraint, ...]:
    constraints = (one_of_values(said.constraints),) if said.either else said.constraints
    return negate(constraints) if said.negated else constraints


_ADJECTIVES = {"GENDER": Topic.GENDER, "BLONDE": Topic.HAIR_COLOUR, "BRUNETTE": Topic.HAIR_COLOUR}


def _said_by_adjective(word: Token) -> tuple[Constraint, ...]:
    """ "The blonde", "a female": an adjective in the place of a noun."""
    return (_topic(_ADJECTIVES[word.type], str(word)),)


def _said_by_noun(noun: str | None) -> tuple[Constraint, ...]:
    says = lexicon().nouns.get(noun or "", {})
    return tuple(_topic(topic, value) for topic, value in says.items())


def _topic(topic: Topic, value: str) -> Constraint:
    return Constraint(by=By.TOPIC, topic=topic, value=value)


def _position(side: str) -> Constraint:
    return _topic(Topic.POSITION, side)


def _order(side: str, rank: int) -> Constraint:
    return Constraint(by=By.ORDER, value=side, rank=rank)


def _one_value(parts: Parts) -> str:
    return " or ".join(dict.fromkeys(parts_of(str, parts)))


def ordered(constraints: tuple[Constraint, ...]) -> tuple[Constraint, ...]:
    """As they are applied: what counts everybody, what people must meet, what picks from those ("leftmost", "oldest").

    Puts rank and side of "the second woman from the left" together."""
    sides = [c.value for c in constraints if c.by is By.ORDER and c.rank == 0]
    first, filters, picks = list[Constraint](), list[Constraint](), list[Constraint]()
    for constraint in constraints:
        if isinstance(constraint, _Overall):
            first.append(_order(constraint.value, constraint.rank))
        elif constraint.by is By.ORDER and constraint.rank != 0:
            side = constraint.value or (sides.pop(0) if sides else "left")
            picks.append(replace(constraint, value=side))
        elif constraint.by in (By.EXTREME, By.MIDDLE) or constraint.topic in (Topic.POSITION, Topic.PEOPLE):
            picks.append(constraint)
        elif constraint.by is not By.ORDER:
            filters.append(constraint)
    if sides:
        raise NoMeaningError("say which one from that side: the second, the third")
    return (*first, *filters, *picks)
