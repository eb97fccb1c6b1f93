"""From the tree of a question to whom it is about: noun phrases become references."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lark import Token, v_args

from facereason.agent.grammar.constraints import (
    ADJECTIVES,
    Nominal,
    Number,
    Parts,
    Seated,
    nth_from,
    on_side,
    on_topic,
    ordered,
    parts_of,
    said_by_adjective,
    said_by_noun,
    so_many,
    token,
)
from facereason.agent.grammar.qualities import QualityTransformer
from facereason.types import By, Constraint, Reference, Scope, Topic

if TYPE_CHECKING:
    from lark.tree import Meta


@v_args(meta=True)
class PeopleTransformer(QualityTransformer):
    """Noun phrases. Methods are named after rules of questions.lark."""

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

    every = everyone = all_heads = the_all

    def both_of(self, meta: Meta, parts: Parts) -> Reference:
        return self._reference(meta, Scope.ALL, (*self._constraints(parts), so_many("2")), ())

    def numbered(self, meta: Meta, parts: Parts) -> Reference:
        numbers = [number.value for number in parts_of(Number, parts)]
        number = Constraint(by=By.NUMBER, value=" or ".join(numbers))
        scope = Scope.ONE if len(numbers) == 1 else Scope.ALL
        noun = said_by_noun(token("PERSON", parts) or token("PEOPLE", parts))
        return self._reference(meta, scope, (number, *noun, *self._constraints(parts)), ())

    def some(self, meta: Meta, parts: Parts) -> Reference:
        return self._reference(meta, Scope.ANY, self._constraints(parts), parts)

    one_of = some

    def nobody(self, meta: Meta, parts: Parts) -> Reference:
        found = self.some(meta, parts)
        self.nobody_.add(found)
        return found

    def located(self, meta: Meta, parts: Parts) -> Reference:
        return self._reference(meta, Scope.ONE, (Constraint(by=By.LOCATED, value=str(parts[0])),), ())

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

    def these(self, meta: Meta, parts: Parts) -> Reference:
        return self._pronoun(meta, "they", Scope.ALL)

    # --------------------------------------------------------------------------------------------- nouns

    def sg(self, meta: Meta, parts: Parts) -> Nominal:
        noun = next(part for part in parts if isinstance(part, Token))
        own = said_by_adjective(noun) if noun.type in ADJECTIVES else said_by_noun(noun)
        if noun.type in ("ONE", "ONES"):
            own = (Constraint(by=By.PRONOUN, value="one"),)
        return Nominal((*own, *self._constraints(parts)))

    def pl(self, meta: Meta, parts: Parts) -> Nominal:
        return replace(self.sg(meta, parts), plural=True)

    many = pl

    def mods(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        seated = any(isinstance(part, Seated) for part in parts)
        return (*((on_topic(Topic.POSTURE, "sitting"),) if seated else ()), *self._constraints(parts))

    def pick(self, meta: Meta, parts: Parts) -> tuple[Constraint, ...]:
        if edge := token("EDGE", parts):
            return (nth_from(edge, 1),)
        if side := token("SIDE", parts):
            return (on_side(side),)
        if side := token("FROM_SIDE", parts):
            return (replace(parts_of(Constraint, parts)[0], value=side),)
        return self._constraints(parts)
