"""From the tree of a question to its queries: one method for each rule of questions.lark that asks something."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from lark import Token, v_args

from facereason.agent.grammar import attached
from facereason.agent.grammar.asking import THEM, Queries
from facereason.agent.grammar.comparing import ComparingTransformer
from facereason.agent.grammar.constraints import (
    EVERYBODY,
    NoMeaningError,
    Nominal,
    Not,
    Number,
    Parts,
    Said,
    called_by_name,
    conjunction,
    one_of_values,
    ordered,
    other_than,
    parts_of,
    so_many,
    token,
)
from facereason.agent.grammar.followups import amended, and_them, with_value
from facereason.agent.grammar.parts import Act, OwnPart, Unit, movement, units_at
from facereason.agent.grammar.qualities import head_is
from facereason.agent.whom.memory import ONLY, REVERSED, SAME, STRENGTH
from facereason.agent.whom.traits import SMILE
from facereason.types import By, Constraint, Kind, Query, Reference, Scope, Topic

if TYPE_CHECKING:
    from lark.tree import Meta

_TOPICS = {
    "FEELING_NOUN": Topic.EMOTION,
    "AGE_NOUN": Topic.AGE,
    "GENDER_NOUN": Topic.GENDER,
    "RACE_NOUN": Topic.RACE,
    "POSE_NOUN": Topic.HEAD_POSE,
    "PLACE_NOUN": Topic.POSITION,
    "POSTURE_NOUN": Topic.POSTURE,
    "BODY_NOUN": Topic.BODY,
    "GAZE_NOUN": Topic.GAZE,
    "UNITS": Topic.ACTION_UNIT,
}


@v_args(meta=True)
class Meaning(ComparingTransformer):
    """Transforms the tree of one sentence into its queries, in the order of asking."""

    def start(self, meta: Meta, parts: Parts) -> Queries:
        """A phrase that only names people takes on the question before it, at the start the one after it ("the man in
        red: how does he feel?")."""
        found: list[Query] = []
        for part in parts:
            if isinstance(part, Token):
                continue  # "in the photo", at the end
            if isinstance(part, Reference):
                found = _with_them(part, found)
            elif found and part[0].value in (ONLY, REVERSED):
                found[-1] = _again(amended(found[-1], part[0]))
            elif found and part[0].kind is Kind.AGAIN and part[0].topic is not None:
                found.append(_again(with_value(found[-1], part[0].topic, part[0].value)))
            elif found and found[-1].kind is Kind.AGAIN:
                found = [_of_them(query, found[-1].about) for query in part]
            else:
                found += part
        found = _of_whom_is_named_last(_of_one_person(found))
        return attached.together([_without_names(query) for query in found])

    def again(self, meta: Meta, parts: Parts) -> Any:
        return parts[0]

    def only_them(self, meta: Meta, parts: Parts) -> Queries:
        about = parts_of(Reference, parts)[0]
        return (replace(self._ask(meta, Kind.AGAIN, about), value=ONLY),)

    def reversed(self, meta: Meta, parts: Parts) -> Queries:
        return (replace(self._ask(meta, Kind.AGAIN, EVERYBODY), value=REVERSED),)

    def how_strongly(self, meta: Meta, parts: Parts) -> Queries:
        """ "How strongly?", after a question about an expression or about what a face does."""
        return (replace(self._ask(meta, Kind.AGAIN, EVERYBODY), value=STRENGTH),)

    def again_colour(self, meta: Meta, parts: Parts) -> Queries:
        """ "And green?": of hair or of clothing, as the last question."""
        value = " or ".join(parts_of(str, [part for part in parts if isinstance(part, tuple)]))
        query = self._ask(meta, Kind.AGAIN, EVERYBODY, Topic.CLOTHING_COLOUR)
        return (replace(query, value=value, polar=True),)

    def again_so(self, meta: Meta, parts: Parts) -> Queries:
        """ "And sad?": the last question with another value."""
        so = parts[0]
        return (Query(kind=Kind.AGAIN, topic=so.topic, value=so.value, text=self._words(meta)),)

    again_wearing = again_so

    # ------------------------------------------------------------------------------- one thing of somebody

    def the_nouns(self, meta: Meta, parts: Parts) -> Queries:
        """ "The ages": of those last spoken of together, else of everybody; "the age": of who was spoken of."""
        (nouns,) = [part for part in parts if isinstance(part, tuple)]
        plural = self._words(meta).lower().rstrip().endswith("s")
        return tuple(query for noun in nouns for query in self._noun(meta, noun, [THEM if plural else SAME]))

    def emotion(self, meta: Meta, parts: Parts) -> Queries:
        proposed = parts_of(Constraint, parts)
        value = proposed[0].value if proposed else ""
        return self._each(meta, Kind.EMOTION, parts, Topic.EMOTION, value)

    def emotions(self, meta: Meta, parts: Parts) -> Queries:
        return (self._ask(meta, Kind.EMOTION, EVERYBODY, Topic.EMOTION),)

    def faces(self, meta: Meta, parts: Parts) -> tuple[Reference, ...]:
        return parts_of(Reference, parts)

    heads = faces

    def noun(self, meta: Meta, parts: Parts) -> Any:
        found = parts_of(Topic, parts)
        if found:
            return found[0]
        return Kind.IDENTITY if parts[0].type == "NAME_NOUN" else _TOPICS[parts[0].type]

    def nouns(self, meta: Meta, parts: Parts) -> Any:
        return tuple(parts)

    def owned(self, meta: Meta, parts: Parts) -> Queries:
        asked = next(part for part in parts if isinstance(part, tuple) and not isinstance(part[0], Reference))
        return tuple(query for noun in asked for query in self._noun(meta, noun, parts))

    def noun_asked(self, meta: Meta, parts: Parts) -> Queries:
        return self._noun(meta, next(part for part in parts if isinstance(part, (Topic, Kind))), parts)

    def _noun(self, meta: Meta, noun: Topic | Kind, parts: Parts) -> Queries:
        if noun is Kind.IDENTITY:
            return self._each(meta, Kind.IDENTITY, parts)
        assert isinstance(noun, Topic)
        kind = {Topic.EMOTION: Kind.EMOTION, Topic.POSITION: Kind.LOCATE}.get(noun, Kind.ATTRIBUTE)
        return self._each(meta, kind, parts, noun)

    def things(self, meta: Meta, parts: Parts) -> Queries:
        return self._each(meta, Kind.ATTRIBUTE, parts, parts_of(Topic, parts)[0])

    thing_asked = things

    def clothes_asked(self, meta: Meta, parts: Parts) -> Queries:
        return self._each(meta, Kind.ATTRIBUTE, parts, Topic.CLOTHING_COLOUR)

    def age_asked(self, meta: Meta, parts: Parts) -> Queries:
        if token("AGE", parts) != "old":
            raise NoMeaningError("ask how old somebody looks")
        return self._each(meta, Kind.ATTRIBUTE, parts, Topic.AGE)

    def pose_asked(self, meta: Meta, parts: Parts) -> Queries:
        return self._each(meta, Kind.ATTRIBUTE, parts, Topic.HEAD_POSE)

    def gaze_asked(self, meta: Meta, parts: Parts) -> Queries:
        if any(each in self.nobody_ for each in parts_of(Reference, parts)):
            raise NoMeaningError("ask where somebody looks")
        return self._each(meta, Kind.ATTRIBUTE, parts, Topic.GAZE)

    def body_asked(self, meta: Meta, parts: Parts) -> Queries:
        return self._each(meta, Kind.ATTRIBUTE, parts, Topic.BODY)

    bodies = faces

    # --------------------------------------------------------------------------------------- action units

    def much_asked(self, meta: Meta, parts: Parts) -> Queries:
        """ "How strongly is her brow lowered?", "the intensity of AU12 on her face"."""
        said = self._unit_said(parts)
        return self._each(meta, Kind.ATTRIBUTE, self._owners(parts), said.topic, said.value)

    def units_asked(self, meta: Meta, parts: Parts) -> Queries:
        return self._each(meta, Kind.ATTRIBUTE, parts, Topic.ACTION_UNIT)

    def part_asked(self, meta: Meta, parts: Parts) -> Queries:
        (own,) = parts_of(OwnPart, parts)
        return self._each(meta, Kind.ATTRIBUTE, own.of, Topic.ACTION_UNIT, units_at(own.part))

    def polar_part(self, meta: Meta, parts: Parts) -> Queries:
        (own,), acts = parts_of(OwnPart, parts), parts_of(Act, parts)
        said = Said(tuple(movement(own.part, act.value) for act in acts), either=len(acts) > 1)
        negated = bool(parts_of(Not, parts))
        return tuple(self._proposed(meta, each, said, negated) for each in own.of)

    def polar_unit(self, meta: Meta, parts: Parts) -> Queries:
        """ "Is AU4 active on her face?"; of nobody named, of anybody."""
        said, negated = Said((self._unit_said(parts),)), bool(parts_of(Not, parts))
        anybody = Reference(scope=Scope.ANY, text=self._words(meta))
        return tuple(self._proposed(meta, each, said, negated) for each in self._owners(parts) or (anybody,))

    def polar_body(self, meta: Meta, parts: Parts) -> Queries:
        (said,) = parts_of(Constraint, parts)
        turned = Said((replace(said, topic=Topic.BODY),))
        if said.value not in ("camera", "left", "right", "away"):
            raise NoMeaningError("a body is turned to the camera, left, right or away")
        negated = bool(parts_of(Not, parts))
        return tuple(self._proposed(meta, each, turned, negated) for each in parts_of(Reference, parts))

    def _owners(self, parts: Parts) -> tuple[Reference, ...]:
        own = parts_of(OwnPart, parts)
        return own[0].of if own else parts_of(Reference, parts)

    def _unit_said(self, parts: Parts) -> Constraint:
        if own := parts_of(OwnPart, parts):
            return movement(own[0].part, parts_of(Act, parts)[0].value)
        if named := parts_of(Unit, parts):
            return Constraint(by=By.TOPIC, topic=Topic.ACTION_UNIT, value=named[0].value)
        if token("EMOTE", parts) == SMILE:
            return Constraint(by=By.TOPIC, topic=Topic.ACTION_UNIT, value=SMILE)
        return parts_of(Constraint, parts)[0]

    def locate(self, meta: Meta, parts: Parts) -> Queries:
        return self._each(meta, Kind.LOCATE, parts, Topic.POSITION)

    # --------------------------------------------------------------------------------------- which of them

    def who(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        return self._constraints(parts)

    which = who

    def select(self, meta: Meta, parts: Parts) -> Queries:
        among, said, *excepted = (part for part in parts if not isinstance(part, Token))
        constraints = ordered((*among, *self._constraints([said, *excepted])))
        negated = isinstance(said, Said) and said.negated
        return (self._selected(meta, constraints, negated),)

    def select_but(self, meta: Meta, parts: Parts) -> Queries:
        """ "Apart from her, who is smiling?"."""
        excepted, among, said = (part for part in parts if not isinstance(part, Token))
        return self.select(meta, [among, said, excepted])

    def which_ones(self, meta: Meta, parts: Parts) -> Queries:
        """ "Who?" after "is anyone sad?": the people of the last answer."""
        about = replace(SAME, scope=Scope.ANY, constraints=(*SAME.constraints, *self._constraints(parts)))
        return (self._ask(meta, Kind.SELECT, about, Topic.PEOPLE),)

    def exists_of(self, meta: Meta, parts: Parts) -> Queries:
        """ "Any of them in their forties?"."""
        return self.exists(meta, [self.some(meta, parts)])

    def which_is(self, meta: Meta, parts: Parts) -> Queries:
        among, (which,) = parts[0], parts_of(Reference, parts[1:])
        return (self._selected(meta, ordered((*among, *which.constraints)), negated=False),)

    def whose(self, meta: Meta, parts: Parts) -> Queries:
        said = Said((self.hair_is(meta, parts),), negated=bool(parts_of(Not, parts)))
        return (self._selected(meta, self._constraints([said]), said.negated),)

    def whose_part(self, meta: Meta, parts: Parts) -> Queries:
        said = Said((self.shape(meta, parts),), negated=bool(parts_of(Not, parts)))
        return (self._selected(meta, self._constraints([said]), said.negated),)

    def looked_at(self, meta: Meta, parts: Parts) -> Queries:
        """ "Who is she looking at?"; "who is everybody looking at?" asks of each where they look."""
        to = parts_of(Reference, parts)[0]
        if to.scope is Scope.ALL:
            return self.gaze_asked(meta, parts)
        return (self._selected(meta, (Constraint(by=By.RELATION, value="looked at by", to=to),), negated=False),)

    def side_by_side(self, meta: Meta, parts: Parts) -> Queries:
        """ "Are he and she next to each other?"."""
        one, *others = parts_of(Reference, parts)
        other = others[0] if others else replace(one, text="each other")  # "the two women"
        said = Said((Constraint(by=By.RELATION, value="next to", to=other),))
        return (self._proposed(meta, one, said, negated=False),)

    def chosen_of(self, meta: Meta, parts: Parts) -> Queries:
        """ "Happy, sad or angry: what is she?"."""
        said = Said(parts_of(Constraint, parts), either=True)
        return tuple(self._chosen(meta, about, said) for about in parts_of(Reference, parts))

    def hair_and_clothes(self, meta: Meta, parts: Parts) -> Queries:
        return tuple(
            query
            for topic in (Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR)
            for query in self._each(meta, Kind.ATTRIBUTE, parts, topic)
        )

    def each_other(self, meta: Meta, parts: Parts) -> Queries:
        """ "Is he looking at her and she at him?": two proposals, each at the other; of "they", whether looks meet."""
        people = parts_of(Reference, parts)
        if len(people) > 2:
            raise NoMeaningError("name two, to ask whether they look at each other")
        turns = (people, people[::-1]) if len(people) == 2 else ((people[0], people[0]),)
        way = "looks at" if len(people) == 2 else "meets"
        looks = [Said((Constraint(by=By.RELATION, value=way, to=to),)) for _, to in turns]
        return tuple(self._proposed(meta, who, said, False) for (who, _), said in zip(turns, looks, strict=True))

    # ------------------------------------------------------------------------------------------- yes and no

    def polar(self, meta: Meta, parts: Parts) -> Queries:
        said = parts_of(Said, parts)
        excepted = tuple(part for part in parts if isinstance(part, Constraint) and attached.excepts(part))
        about = tuple(self._less(each, excepted) for each in parts_of(Reference, parts))
        rest = [part for part in parts if not _is_about(part) and part not in excepted]
        found = said[0] if said else Said(self._constraints(rest))
        if parts_of(Act, parts):  # "is her head lowered?"
            found = Said((head_is(parts),))
        if len(about) == 1:
            nobody = about[0] in self.nobody_
            about, found = attached.beside(about, found, self._words(meta))
            about, found = attached.placed(about, found, self._words(meta))
            self.nobody_ |= set(about) if nobody else set()
        negated = found.negated or bool(parts_of(Not, parts))
        if negated and found.constraints and _denied_behind(found, parts):
            denied = [self._one_who_is_not(meta, each, found) for each in about if each.scope is Scope.ANY]
            if denied and len(denied) == len(about):
                return tuple(denied)
        return tuple(self._proposed(meta, each, found, negated) for each in about)

    def _less(self, about: Reference, excepted: tuple[Constraint, ...]) -> Reference:
        """Those meant, less who is left out."""
        left = replace(about, constraints=ordered((*about.constraints, *excepted)))
        self.nobody_ |= {left} if about in self.nobody_ else set()
        return left

    def _one_who_is_not(self, meta: Meta, about: Reference, said: Said) -> Query:
        """ "Is anyone not smiling?": whether there is somebody who is not; "isn't anyone smiling?" asks who is."""
        constraints = ordered((*about.constraints, *conjunction(replace(said, negated=True))))
        return self._ask(meta, Kind.YES_NO, replace(about, constraints=constraints), Topic.PEOPLE)

    def side_of(self, meta: Meta, parts: Parts) -> Queries:
        """ "Is he left or right of her?": whether he is the one, and whether he is the other."""
        about, to = parts_of(Reference, parts)
        last = token("BESIDE", parts) or ""
        first = next(str(part) for part in parts if isinstance(part, Token) and part.type != "BESIDE")
        sides = [f"{first.removeprefix('far ')} of", last]
        if sorted(sides) != ["left of", "right of"]:
            raise NoMeaningError("ask whether somebody is left or right of somebody")
        beside = [Said((Constraint(by=By.RELATION, value=side, to=to),)) for side in sides]
        return tuple(self._proposed(meta, about, said, negated=False) for said in beside)

    def polar_is(self, meta: Meta, parts: Parts) -> Queries:
        *about, which = parts_of(Reference, parts)
        said = Said(which.constraints)
        return tuple(self._proposed(meta, each, said, bool(parts_of(Not, parts))) for each in about)

    def polar_things(self, meta: Meta, parts: Parts) -> Queries:
        things = next(part for part in parts if isinstance(part, tuple) and isinstance(part[0], Query))
        colours = next(part for part in parts if isinstance(part, tuple) and isinstance(part[0], str))
        negated = bool(parts_of(Not, parts))
        if len(colours) > 1:
            return tuple(things)
        return tuple(replace(thing, kind=Kind.YES_NO, value=colours[0], negated=negated) for thing in things)

    def exists(self, meta: Meta, parts: Parts) -> Queries:
        about = parts_of(Reference, parts)[0]
        amount = next((c.value for c in about.constraints if c.topic is Topic.PEOPLE), "")
        kind = tuple(constraint for constraint in about.constraints if constraint.topic is not Topic.PEOPLE)
        query = self._ask(meta, Kind.YES_NO, replace(about, scope=Scope.ANY, constraints=kind), Topic.PEOPLE)
        return (replace(query, value=amount, negated=about in self.nobody_),)

    def amount(self, meta: Meta, parts: Parts) -> Reference:
        nominal, number = parts_of(Nominal, parts)[0], parts_of(Number, parts)[0].value
        if token("AT_LEAST", parts):
            number = str(int(number) - 1)
        amount = so_many(f"{'fewer' if token('LESS', parts) else 'more'} than {number}")
        constraints = ordered((*nominal.constraints, amount))
        return Reference(scope=Scope.ANY, constraints=constraints, text=self._words(meta))

    def _proposed(self, meta: Meta, about: Reference, said: Said, negated: bool) -> Query:
        """A proposal about somebody: a plain one, a comparison, a choice between two, or a place or a description."""
        if said.either and about.scope is Scope.ONE:
            return self._chosen(meta, about, said)
        constraints = (one_of_values(said.constraints),) if said.either else said.constraints
        if not constraints:
            raise NoMeaningError("say what somebody may be")
        if about.scope is Scope.ANY:
            # "Isn't anybody sad?" asks the same as "is anybody sad?"; "is nobody sad?" the opposite.
            negated = about in self.nobody_
        first = constraints[0]
        if len(constraints) == 1 and first.by is By.RELATION and first.topic and about.scope is Scope.ONE:
            query = self._ask(meta, Kind.COMPARE, about, first.topic)
            return replace(query, against=first.to, value=first.value, polar=True, negated=negated is not first.negated)
        if about.scope is Scope.ALL and first.by is By.RELATION and first.topic and first.to is not None:
            about = replace(about, constraints=ordered((*about.constraints, other_than(first.to))))
        query = self._ask(meta, Kind.YES_NO, about)
        neither = first.negated and " or " in first.value  # answered by "yes", where "isn't he?" is by "no"
        if len(constraints) == 1 and first.by is By.TOPIC and not neither:
            return replace(query, topic=first.topic, value=first.value, negated=negated is not first.negated)
        placed = all(c.by in (By.ORDER, By.MIDDLE, By.RELATION) for c in constraints)
        which = Reference(scope=Scope.ANY, constraints=ordered(constraints), text=self._words(meta))
        return replace(query, topic=Topic.POSITION if placed else Topic.PEOPLE, against=which, negated=negated)

    def _chosen(self, meta: Meta, about: Reference, said: Said) -> Query:
        topic = one_of_values(said.constraints).topic
        if topic is Topic.POSITION:
            return self._ask(meta, Kind.LOCATE, about, topic)
        query = self._ask(meta, Kind.EMOTION if topic is Topic.EMOTION else Kind.ATTRIBUTE, about, topic)
        kept = topic in (Topic.AGE, Topic.ACTION_UNIT)
        return replace(query, value=one_of_values(said.constraints).value) if kept else query

    # ----------------------------------------------------------------------------------------- why, and who

    def why(self, meta: Meta, parts: Parts) -> Queries:
        said = parts_of(Said, parts)
        proposed = self._constraints([part for part in parts if not _is_about(part)])
        topic = next((c for c in proposed if c.by is By.TOPIC), None)
        negated = bool(parts_of(Not, parts)) or any(each.negated for each in said)
        if (proposed and topic is None) or self.nobody_:
            raise NoMeaningError("ask why somebody looks the way they do, or how I can tell")
        query = self._ask(meta, Kind.WHY, SAME, topic.topic if topic else None)
        if topic is not None:
            query = replace(query, value=topic.value, negated=negated)
        about = parts_of(Reference, parts)
        if about and topic is None:
            query = replace(query, topic=Topic.EMOTION)
        return tuple(replace(query, about=each) for each in about) or (query,)

    def not_named(self, meta: Meta, parts: Parts) -> None:
        """ "Rather than neutral": what it was not is no part of what is asked."""

    def who_is(self, meta: Meta, parts: Parts) -> Queries:
        """ "Who is she?" asks for a name, "who is the oldest?", "who is the one in red?" for somebody in the photo."""
        (about,) = parts_of(Reference, parts)
        if any(c.by is By.EXTREME or c.value == "one" for c in about.constraints):
            return (self._selected(meta, about.constraints, negated=False),)
        return (replace(self._ask(meta, Kind.IDENTITY, about), value="which"),)

    def identity(self, meta: Meta, parts: Parts) -> Queries:
        whom = [reference for reference in parts_of(Reference, parts) if not called_by_name(reference)]
        return self._each(meta, Kind.IDENTITY, whom)

    def rotation(self, meta: Meta, parts: Parts) -> Queries:
        """ "Is this photo upside down?": of the photo, not of people."""
        proposed = token("ROTATION", parts) or "how"
        return (Query(kind=Kind.ROTATION, value="" if proposed == "how" else proposed, text=self._words(meta)),)


def _denied_behind(said: Said, parts: Parts) -> bool:
    """Whether the "not" stands behind whom it is about, and not before."""
    if said.negated:
        return True
    kinds = ["not" if isinstance(part, Not) else "about" for part in parts if isinstance(part, Not) or _is_about(part)]
    return "about" in kinds and "not" in kinds and kinds.index("about") < kinds.index("not")


def _is_about(part: Any) -> bool:
    return isinstance(part, Reference) or (isinstance(part, tuple) and bool(part) and isinstance(part[0], Reference))


def _of_one_person(queries: list[Query]) -> list[Query]:
    """ "Who is on the right, and how does she feel?" takes it to be one person."""
    for at, (query, after) in enumerate(pairwise(queries)):
        placed = query.kind is Kind.SELECT and query.topic is Topic.POSITION and query.about.scope is Scope.ANY
        if placed and any(c.by is By.PRONOUN and c.value in ("she", "he") for c in after.about.constraints):
            queries[at] = replace(query, about=replace(query.about, scope=Scope.ONE))
    return queries


def _of_whom_is_named_last(queries: list[Query]) -> list[Query]:
    """ "What colour are the hair and the clothes of the man?" asks for both of him."""
    colours = (Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR)
    if [each.kind for each in queries] != [Kind.ATTRIBUTE] * 2 or not all(each.topic in colours for each in queries):
        return queries
    one, other = queries
    return [replace(one, about=other.about), other] if one.about == SAME != other.about else queries


def _without_names(query: Query) -> Query:
    """A question with a name in it asks who is who: of the people that are not called by it."""
    if not (called_by_name(query.about) or called_by_name(query.against)):
        return query
    about = EVERYBODY if called_by_name(query.about) else query.about
    return Query(kind=Kind.IDENTITY, about=about, text=query.text)


def _with_them(about: Reference, before: list[Query]) -> list[Query]:
    """A phrase that names people: behind a question, that question of them too; at the start, the one before it."""
    if not before:
        return [Query(kind=Kind.AGAIN, about=about, text=about.text)]
    again = _again(and_them(before[-1], about))
    return [*before[:-1], again] if again.kind is Kind.COMPARE else [*before, again]


def _again(query: Query | None) -> Query:
    if query is None:
        raise NoMeaningError("ask a question about each of them")
    return query


def _of_them(query: Query, about: Reference) -> Query:
    if [constraint.by for constraint in query.about.constraints] != [By.PRONOUN]:
        raise NoMeaningError("ask a question about each of them")
    return replace(query, about=about)
