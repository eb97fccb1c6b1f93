"""Questions about who is there: how many, a list, a description, an order; and what all questions are built with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from lark import v_args

from facereason.agent.grammar.constraints import (
    EVERYBODY,
    NoMeaningError,
    Nominal,
    Parts,
    ordered,
    parts_of,
    token,
)
from facereason.agent.grammar.parts import Unit
from facereason.agent.grammar.people import PeopleTransformer
from facereason.agent.whom.memory import SAME
from facereason.types import By, Constraint, Kind, Query, Reference, Scope, Topic

if TYPE_CHECKING:
    from lark.tree import Meta

Queries = tuple[Query, ...]

THEM = Reference(constraints=(Constraint(by=By.PRONOUN, value="they"),))


@v_args(meta=True)
class AskingTransformer(PeopleTransformer):
    """Questions about groups of people. Methods are named after rules of questions.lark."""

    # -------------------------------------------------------------------------------------- who is there

    def count(self, meta: Meta, parts: Parts) -> Queries:
        """Several nouns ("men and women") are several counts."""
        nominals = parts_of(Nominal, parts)
        rest = [part for part in parts if not isinstance(part, Nominal)]
        people = [nominal.constraints for nominal in nominals] or [()]
        return tuple(self._ask(meta, Kind.COUNT, self._people(each, rest), Topic.PEOPLE) for each in people)

    count_who = count

    def count_with(self, meta: Meta, parts: Parts) -> Queries:
        """ "How many men, boys included?": the age that the noun brings along does not count."""
        *nominals, included = parts_of(Nominal, parts)
        gender = [c for c in included.constraints if c.topic is Topic.GENDER]
        found = []
        for nominal in nominals:
            if gender and not any(each in nominal.constraints for each in gender):
                raise NoMeaningError("ask for the number of each by itself")
            found.append(tuple(c for c in nominal.constraints if c.topic is not Topic.AGE))
        return tuple(self._ask(meta, Kind.COUNT, self._people(each, ()), Topic.PEOPLE) for each in found)

    def list(self, meta: Meta, parts: Parts) -> Queries:
        return (self._ask(meta, Kind.LIST, self._people((), parts), Topic.PEOPLE),)

    def describe(self, meta: Meta, parts: Parts) -> Queries:
        about = parts_of(Reference, parts) or (EVERYBODY,)
        return tuple(self._ask(meta, Kind.DESCRIBE, each) for each in about)

    def sort(self, meta: Meta, parts: Parts) -> Queries:
        """ "Rank them by age, oldest first": everybody meant, in an order."""
        about = (*parts_of(Reference, parts), THEM)[0]
        excepted, by = parts_of(Constraint, parts), parts_of(_Order, parts)[0].by
        about = replace(about, scope=Scope.ALL, constraints=ordered((*about.constraints, *excepted)))
        return (replace(self._ask(meta, Kind.RANK, about, by.topic), value=by.value, negated=by.negated),)

    def line_up(self, meta: Meta, parts: Parts) -> Queries:
        if token("DIRECTION", parts) != "up":
            raise NoMeaningError("say in which order")
        return self.sort(meta, parts)

    def sort_on(self, meta: Meta, parts: Parts) -> Queries:
        among, said, _ = parts
        best = next((c for c in self._constraints([said]) if c.by is By.EXTREME), None)
        if best is None:
            raise NoMeaningError("say in which order")
        about = Reference(scope=Scope.ALL, constraints=among)
        return (replace(self._ask(meta, Kind.RANK, about, best.topic), value=best.value, negated=best.negated),)

    def order(self, meta: Meta, parts: Parts) -> _Order:
        """What comes first, as the extreme that it is; by age alone, the oldest."""
        said = parts_of(Constraint, parts)
        first = [c for c in said if c.by is By.EXTREME] or list[Constraint](said)
        if age := token("AGE", parts):
            first = [Constraint(by=By.EXTREME, topic=Topic.AGE, value=age)]
        last = token("ORDINAL", parts)
        if last not in (None, "1"):
            raise NoMeaningError("say who comes first")
        if not first and (emotion := token("EMOTION_NAME", parts)):
            return _Order(Constraint(by=By.EXTREME, topic=Topic.EMOTION, value=emotion))
        if not first and (unit := parts_of(Unit, parts)):
            least = token("MOST", parts) == "least"
            return _Order(Constraint(by=By.EXTREME, topic=Topic.ACTION_UNIT, value=unit[0].value, negated=least))
        if not first and token("AGE_NOUN", parts):
            return _Order(Constraint(by=By.EXTREME, topic=Topic.AGE, value="old"))
        if not first:
            raise NoMeaningError("say which expression to sort by, such as happiness")
        best = first[0]
        if best.by is not By.EXTREME and best.topic is not Topic.EMOTION and best.value not in ("old", "young"):
            raise NoMeaningError("sort by age, by an expression or by how near they are")
        return _Order(replace(best, by=By.EXTREME, negated=best.negated or token("MOST", parts) == "least"))

    # ----------------------------------------------------------------------------------------------- shared

    def _ask(self, meta: Meta, kind: Kind, about: Reference, topic: Topic | None = None) -> Query:
        return Query(kind=kind, about=about, topic=topic, text=self._words(meta))

    def _each(self, meta: Meta, kind: Kind, parts: Parts, topic: Topic | None = None, value: str = "") -> Queries:
        about = parts_of(Reference, parts) or (SAME,)
        return tuple(replace(self._ask(meta, kind, each, topic), value=value) for each in about)

    def _people(self, constraints: tuple[Constraint, ...], parts: Iterable[Any]) -> Reference:
        """Everybody who meets what these parts say."""
        parts = list(parts)
        words = [reference.text for reference in parts_of(Reference, parts)]
        all_ = ordered((*constraints, *self._constraints(parts)))
        return Reference(scope=Scope.ALL, constraints=all_, text=" ".join(words))

    def _words(self, meta: Meta) -> str:
        return self.text[meta.start_pos : meta.end_pos] if not meta.empty else ""


@dataclass(frozen=True, slots=True)
class _Order:
    by: Constraint
