"""From the tree of a question to what is said of people: adjectives, predicates and what follows a noun, as
constraints."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from lark import Token, Transformer, v_args

from facereason.agent.grammar.constraints import (
    NoMeaningError,
    Nominal,
    Not,
    Number,
    Overall,
    Parts,
    Said,
    Seated,
    conjunction,
    either_of,
    negate,
    nth_from,
    on_side,
    on_topic,
    one_of_values,
    one_value,
    ordered,
    other_than,
    parts_of,
    token,
)
from facereason.agent.grammar.parts import Act, OwnPart, Unit, movement, unit_value
from facereason.agent.whom.traits import AMONG, SMILE
from facereason.types import By, Constraint, Reference, Scope, Topic

if TYPE_CHECKING:
    from lark.tree import Meta


@v_args(meta=True)
class QualityTransformer(Transformer[Token, Any]):
    """What is said of people, as constraints. Methods are named after rules of questions.lark."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.nobody_: set[Reference] = set()  # "nobody", "none of the women"

    def __default__(self, data: Any, children: Parts, meta: Meta) -> Any:
        # A part of the question without a meaning would be lost silently.
        raise NotImplementedError(f"questions.lark: rule {data} has no meaning")

    def itself(self, meta: Meta, parts: Parts) -> Any:
        return next(part for part in parts if not isinstance(part, Token))

    def _constraints(self, parts: Parts) -> tuple[Constraint, ...]:
        """Constraints among the parts, those of nouns and of people that these are among ("of the women") included."""
        found: list[Constraint] = []
        for part in parts:
            if isinstance(part, Constraint):
                found.append(part.relation if isinstance(part, Seated) else part)
            elif isinstance(part, (Nominal, Reference)):
                found += part.constraints
            elif isinstance(part, Said):
                found += conjunction(part)
            elif isinstance(part, tuple):
                found += self._constraints(part)
            elif isinstance(part, Token) and part.type in ("OTHER", "OTHERS", "ELSE"):
                found.append(Constraint(by=By.PRONOUN, value="other"))
        return tuple(found)

    # ---------------------------------------------------------------------------------------- adjectives

    def feeling(self, meta: Meta, parts: Parts) -> Constraint:
        return felt(str(parts[0]))

    def age(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.AGE, str(parts[0]))

    def gender(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.GENDER, str(parts[0]))

    def race(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.RACE, str(parts[0]))

    def haired(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.HAIR_COLOUR, one_value(parts))

    def skin(self, meta: Meta, parts: Parts) -> Constraint:
        if str(parts[0]) not in ("black", "white"):
            raise NoMeaningError(f"a colour belongs to hair or clothing: say 'in {parts[0]}'")
        return on_topic(Topic.RACE, str(parts[0]))

    def edge(self, meta: Meta, parts: Parts) -> Constraint:
        return nth_from(str(parts[0]), 1) if parts[0].type == "EDGE" else on_side(str(parts[0]))

    def middle(self, meta: Meta, parts: Parts) -> Constraint:
        return Constraint(by=By.MIDDLE)

    def other(self, meta: Meta, parts: Parts) -> Constraint:
        return Constraint(by=By.PRONOUN, value="other")

    def ordinal(self, meta: Meta, parts: Parts) -> Constraint:
        return nth_from("", int(parts[0]))

    def extreme(self, meta: Meta, parts: Parts) -> Constraint:
        rank = int(token("ORDINAL", parts) or 1)
        if age := token("AGE_MOST", parts):
            return Constraint(by=By.EXTREME, topic=Topic.AGE, value=age, rank=rank)
        if emotion := token("FEELING_MOST", parts):
            return Constraint(by=By.EXTREME, topic=Topic.EMOTION, value=emotion, rank=rank)
        if near := token("NEAR_MOST", parts):
            return Constraint(by=By.EXTREME, topic=Topic.DISTANCE, value=near, rank=rank)
        feeling = parts_of(Constraint, parts)[0]
        return replace(feeling, by=By.EXTREME, rank=rank, negated=token("MOST", parts) == "least")

    def more(self, meta: Meta, parts: Parts) -> Constraint:
        if age := token("AGE_MORE", parts):
            return Constraint(by=By.EXTREME, topic=Topic.AGE, value=age)
        if emotion := token("FEELING_MORE", parts):
            return Constraint(by=By.EXTREME, topic=Topic.EMOTION, value=emotion)
        if near := token("NEAR_MOST", parts):
            return Constraint(by=By.EXTREME, topic=Topic.DISTANCE, value=near)
        feeling = parts_of(Constraint, parts)[0]
        return replace(feeling, by=By.EXTREME, negated=token("LESS", parts) is not None)

    def so_turned(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.HEAD_POSE, "turned")

    def so_tilted(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.HEAD_POSE, "tilted")

    # ------------------------------------------------------------------------------- what follows a noun

    def colour(self, meta: Meta, parts: Parts) -> tuple[str, ...]:
        return tuple(str(part) for part in parts)

    colour_list = colour

    def worn(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.CLOTHING_COLOUR, one_value(parts))

    def clothes(self, meta: Meta, parts: Parts) -> tuple[str, ...]:
        return parts_of(str, [part for part in parts if isinstance(part, tuple)])

    def hairs(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.HAIR_COLOUR, one_value([part for part in parts if isinstance(part, tuple)]))

    def hair_is(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(parts_of(Topic, parts)[0], one_value([part for part in parts if isinstance(part, tuple)]))

    def thing(self, meta: Meta, parts: Parts) -> Topic:
        return Topic.HAIR_COLOUR if parts[0].type == "HAIR" else Topic.CLOTHING_COLOUR

    def mien(self, meta: Meta, parts: Parts) -> Constraint:
        return parts_of(Constraint, parts)[0]

    def that(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return conjunction(parts[0])

    def mod(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        """ "Sitting on the left": who sits, on the left. That somebody stands there is a way of speaking."""
        posed = token("POSED", parts)
        where = self._constraints([part for part in parts if not isinstance(part, Token)])
        return (on_topic(Topic.POSTURE, posed), *where) if posed == "sitting" else where

    def place(self, meta: Meta, parts: Parts) -> Constraint:
        side = str(parts[0])
        if side == "middle":
            return Constraint(by=By.MIDDLE)
        return nth_from(side.removeprefix("far "), 1) if side.startswith("far ") else on_side(side)

    def corner(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        """ "At the top left": the leftmost of the top row; "in the middle of the top row"."""
        row, _, side = str(parts[0]).partition(" ")
        if parts[0].type == "MIDDLE_ROW":
            return (on_side(row), Constraint(by=By.MIDDLE))
        return (on_side(row), nth_from(side, 1)) if side else (on_side(row),)

    def from_(self, meta: Meta, parts: Parts) -> Constraint:
        return nth_from(str(parts[0]), 0)

    def nth(self, meta: Meta, parts: Parts) -> Constraint:
        return Overall(by=By.ORDER, value=str(parts[1]), rank=parts[0].rank)

    def relation(self, meta: Meta, parts: Parts) -> Constraint:
        to = parts_of(Reference, parts)[0]
        value = token("BESIDE", parts) or token("DEPTH", parts) or f"{token('SIDE', parts)} of"
        related = self._related(value, to)
        if token("POSED", parts) == "sitting":
            return Seated(by=related.by, value=related.value, to=related.to, negated=related.negated)
        return related

    def _related(self, value: str, to: Reference) -> Constraint:
        """ "Next to nobody": not next to anybody."""
        return Constraint(by=By.RELATION, value=value, to=to, negated=to in self.nobody_)

    def between(self, meta: Meta, parts: Parts) -> Constraint:
        """Of two ends, which are one reference: "the two men", or "the boy" and "the girl"."""
        ends = parts_of(Reference, parts)
        if len(ends) == 1 and ends[0].scope is Scope.ONE:
            raise NoMeaningError("name two people, to ask who is between them")
        to = ends[0] if len(ends) == 1 else either_of(ends)
        return Constraint(by=By.RELATION, value="between", to=to)

    def among(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return self._constraints(parts)

    def except_(self, meta: Meta, parts: Parts) -> Constraint:
        people = parts_of(Reference, parts)
        return other_than(people[0] if len(people) == 1 else either_of(people))

    def placed(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        """ "Sitting on the left": that somebody stands there is a way of speaking."""
        return self.mod(meta, parts)

    def gaze(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.GAZE, _to(str(parts[0])))

    def gaze_either(self, meta: Meta, parts: Parts) -> Constraint:
        """ "At the camera or away": which of the two."""
        return on_topic(Topic.GAZE, " or ".join(_to(str(part)) for part in parts))

    def faced(self, meta: Meta, parts: Parts) -> Constraint:
        """ "Facing left" is of the head, "facing away", with nothing of the face to be seen, of the whole body."""
        direction = _to(next(part for part in parts if not isinstance(part, Token)))
        if direction == "away" and _SIDE.search(self.text[meta.start_pos : meta.end_pos]):
            return on_topic(Topic.HEAD_POSE, direction)  # "sideways": turned to one side
        return on_topic(Topic.BODY if direction == "away" else Topic.HEAD_POSE, direction)

    def faced_options(self, meta: Meta, parts: Parts) -> Said:
        """ "Turned left or right": which of them."""
        ways = [_to(part) for part in parts_of(str, [p for p in parts if not isinstance(p, Token)])]
        return Said(tuple(on_topic(Topic.HEAD_POSE, way) for way in ways), either=True)

    def decades(self, meta: Meta, parts: Parts) -> Said:
        """ "In her thirties, forties or fifties"."""
        told = [str(part) for part in parts if isinstance(part, Token) and part.type == "DECADE"]
        return Said(tuple(on_topic(Topic.AGE, each) for each in told), either=True)

    def profile(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.HEAD_POSE, "profile")

    def turned(self, meta: Meta, parts: Parts) -> Constraint:
        """What is said of a head: where it is turned, or that it is raised, lowered or tilted."""
        return head_is(parts)

    def tilt(self, meta: Meta, parts: Parts) -> Constraint:
        side = token("DIRECTION", parts) or token("PLACE", parts) or token("SIDE", parts) or ""
        side = side.removeprefix("far ")
        if side in ("up", "down"):
            return on_topic(Topic.HEAD_POSE, side)
        return on_topic(Topic.HEAD_POSE, f"tilted {side}" if side in ("left", "right") else "tilted")

    def looks_at(self, meta: Meta, parts: Parts) -> Constraint:
        return self._related("looks at", parts_of(Reference, parts)[0])

    def posed(self, meta: Meta, parts: Parts) -> Constraint:
        value = token("POSED", parts) or "standing"
        if value == "placed":
            raise NoMeaningError("say where: on the left, next to somebody")
        return on_topic(Topic.POSTURE, value)

    def backed(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.BODY, "away")

    def nearest(self, meta: Meta, parts: Parts) -> Constraint:
        return Constraint(by=By.EXTREME, topic=Topic.DISTANCE, value=token("NEAR_MOST", parts) or "near")

    def in_front(self, meta: Meta, parts: Parts) -> Constraint:
        return Constraint(by=By.EXTREME, topic=Topic.DISTANCE, value="near")

    # ------------------------------------------------------------------------------------- parts of the face

    def acted(self, meta: Meta, parts: Parts) -> Act:
        return Act({"up": "raise"}.get(str(parts[0]), str(parts[0])))

    def shape(self, meta: Meta, parts: Parts) -> Constraint:
        return movement(token("FACE_PART", parts) or "", parts_of(Act, parts)[0].value)

    part_is = shape

    def does(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.ACTION_UNIT, str(parts[0]))

    def unit(self, meta: Meta, parts: Parts) -> Unit:
        if token("EMOTE", parts) and token("EMOTE", parts) != SMILE:
            raise NoMeaningError("name an action unit, such as AU12")
        named = token("UNIT", parts) or token("NUMBER", parts) or SMILE
        if named != SMILE:
            named = unit_value(named)
        return Unit(named)

    def show_unit(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.ACTION_UNIT, parts_of(Unit, parts)[0].value)

    def parts(self, meta: Meta, parts: Parts) -> OwnPart:
        named = [str(part) for part in parts if isinstance(part, Token) and part.type == "FACE_PART"]
        part = "lip corner" if named[0] == "corner" and named[-1] in ("mouth", "lip") else named[-1]
        return OwnPart(part, parts_of(Reference, parts))

    def direction(self, meta: Meta, parts: Parts) -> str:
        return str(parts[0])

    def years(self, meta: Meta, parts: Parts) -> Constraint:
        limit = token("LIMIT", parts) or {"old": "over", "young": "under"}[token("AGE_MORE", parts) or "old"]
        return on_topic(Topic.AGE, f"{limit} {token('NUMBER', parts)}")

    def decade(self, meta: Meta, parts: Parts) -> Constraint:
        return on_topic(Topic.AGE, token("DECADE", parts) or "")

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

    vp_both = both

    def but(self, meta: Meta, parts: Parts) -> Said:
        """ "AU12 but not AU6": the first, and not the second."""
        first, second = parts
        return Said((*self._constraints([first]), *negate(self._constraints([second]))))

    vp_but = but

    def neither(self, meta: Meta, parts: Parts) -> Said:
        """ "Neither happy nor sad": not one of the two."""
        return Said((replace(one_of_values(tuple(self._as_one(part) for part in parts)), negated=True),))

    def worn_neither(self, meta: Meta, parts: Parts) -> Constraint:
        return replace(on_topic(Topic.CLOTHING_COLOUR, one_value(parts)), negated=True)

    def where(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return self._constraints(parts)

    def several(self, meta: Meta, parts: Parts) -> Constraint:
        """ "The youngest of Ann, Bob and the girl": one among those named."""
        return Constraint(by=By.RELATION, value=AMONG, to=either_of(parts_of(Reference, parts)))

    def best(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return ordered(self._constraints(parts))

    def than(self, meta: Meta, parts: Parts) -> Constraint:
        more, (to,) = parts_of(Constraint, parts)[0], parts_of(Reference, parts)
        if to in self.nobody_:
            raise NoMeaningError("name those who are to be compared")
        return replace(more, by=By.RELATION, to=to)

    def kind(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return ordered(self._constraints(parts))

    def emote(self, meta: Meta, parts: Parts) -> Constraint:
        return felt(str(parts[0]))

    def emote_most(self, meta: Meta, parts: Parts) -> Constraint:
        said = parts_of(Constraint, parts) or (felt(str(parts[0])),)
        return replace(said[0], by=By.EXTREME, negated=token("MOST", parts) == "least")

    def moves_more(self, meta: Meta, parts: Parts) -> Constraint:
        """ "Smiles more", "shows more AU12"."""
        if units := parts_of(Unit, parts):
            return replace(on_topic(Topic.ACTION_UNIT, units[0].value), by=By.EXTREME)
        said = parts_of(Constraint, parts) or (felt(str(parts[0])),)
        return replace(said[0], by=By.EXTREME)

    def show_either(self, meta: Meta, parts: Parts) -> Said:
        """ "Shows contempt, disgust or anger": which of them."""
        names = [str(part) for part in parts if isinstance(part, Token)]
        return Said(tuple(on_topic(Topic.EMOTION, name) for name in names), either=True)

    def show(self, meta: Meta, parts: Parts) -> Constraint:
        emotion = on_topic(Topic.EMOTION, token("EMOTION_NAME", parts) or "")
        most = token("MOST", parts)
        return replace(emotion, by=By.EXTREME, negated=most == "least") if most else emotion

    def neg(self, meta: Meta, parts: Parts) -> Not:
        return Not()

    def _as_one(self, part: Any) -> Constraint:
        """One option of "a or b". "A woman" is a gender before it is an age."""
        found = self._constraints([part])
        if not found:
            raise NoMeaningError("say what somebody may be: sad or angry, a man or a woman")
        genders = [constraint for constraint in found if constraint.topic is Topic.GENDER]
        if len(found) > 1 and len(genders) != 1:
            raise NoMeaningError("ask about one of the two at a time")
        return genders[0] if genders else found[0]


_SIDE = re.compile(r"\b(?:side|sideways|aside)\b", re.IGNORECASE)


def felt(value: str) -> Constraint:
    """A word of feeling; a smile is what the lip corners do."""
    return on_topic(Topic.ACTION_UNIT if value == SMILE else Topic.EMOTION, value)


def _to(direction: str) -> str:
    return "camera" if direction == "middle" else direction.removeprefix("far ")


def head_is(parts: Parts) -> Constraint:
    """What is said of a head, as a constraint on head pose."""
    if act := parts_of(Act, parts):
        value = {"raise": "up", "down": "down", "drop": "down"}.get(act[0].value)
        if value is None:
            raise NoMeaningError("a head is raised, lowered, tilted or turned")
        return on_topic(Topic.HEAD_POSE, value)
    said = parts_of(Constraint, parts)[0]
    value = "away" if said.topic is Topic.BODY else said.value
    return on_topic(Topic.HEAD_POSE, value)
