"""Questions that compare: who is more so, which of two, whether some are alike, and of which kind there are more."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lark import v_args

from facereason.agent.grammar.asking import AskingTransformer, Queries
from facereason.agent.grammar.constraints import (
    NoMeaningError,
    Nominal,
    Parts,
    Said,
    either_of,
    ordered,
    parts_of,
    token,
)
from facereason.agent.grammar.qualities import felt
from facereason.agent.whom.traits import AMONG, AS_MUCH
from facereason.types import By, Constraint, Kind, Query, Reference, Scope, Topic

if TYPE_CHECKING:
    from lark.tree import Meta


@v_args(meta=True)
class ComparingTransformer(AskingTransformer):
    """Questions about several people at once. Methods are named after rules of questions.lark."""

    def _selected(self, meta: Meta, constraints: tuple[Constraint, ...], negated: bool) -> Query:
        extreme = next((c for c in constraints if c.by is By.EXTREME), None)
        last = extreme or next((c for c in reversed(constraints) if c.by is By.TOPIC), None)
        about = Reference(scope=Scope.ONE if extreme else Scope.ANY, constraints=constraints, text=self._words(meta))
        query = self._ask(meta, Kind.RANK if extreme else Kind.SELECT, about, last.topic if last else Topic.POSITION)
        denied = extreme.negated if extreme else negated or (last is not None and len(constraints) > 1 and last.negated)
        return replace(query, value=last.value if last else "", negated=denied)

    def which_more(self, meta: Meta, parts: Parts) -> Queries:
        about, against = parts_of(Reference, parts)
        (more,) = parts_of(Constraint, parts)
        query = self._ask(meta, Kind.COMPARE, about, more.topic)
        return (replace(query, against=against, value=more.value, negated=more.negated),)

    def which_of(self, meta: Meta, parts: Parts) -> Queries:
        """ "Who is sad, the man or the woman?": which of the two."""
        (said,) = parts_of(Said, parts)
        self._named(parts)
        among = Constraint(by=By.RELATION, value=AMONG, to=either_of(parts_of(Reference, parts)))
        return (self._selected(meta, (among, *self._constraints([said])), said.negated),)

    def _named(self, parts: Parts) -> None:
        """NoMeaningError where nobody or anybody is one of those who are compared, or chosen among."""
        if any(each in self.nobody_ or each.scope is Scope.ANY for each in parts_of(Reference, parts)):
            raise NoMeaningError("name those who are to be compared")

    def same(self, meta: Meta, parts: Parts) -> Queries:
        self._named(parts)
        topic = next((part for part in parts if isinstance(part, (Topic, Kind))), Topic.EMOTION)
        if topic is Kind.IDENTITY:
            return self._each(meta, Kind.IDENTITY, parts)
        assert isinstance(topic, Topic)
        different = token("DIFFERENT", parts) is not None
        return (replace(self._compared(meta, parts), topic=topic, value="same", polar=True, negated=different),)

    def as_much(self, meta: Meta, parts: Parts) -> Queries:
        """ "Is he as happy as she is?"; ages are the same or not."""
        self._named(parts)
        (said,) = parts_of(Constraint, parts) or (felt(token("EMOTE", parts) or ""),)
        if said.topic not in (Topic.AGE, Topic.EMOTION, Topic.ACTION_UNIT):
            raise NoMeaningError("ask who is more so")
        value = "same" if said.topic is Topic.AGE else f"{AS_MUCH}{said.value}"
        return (replace(self._compared(meta, parts), topic=said.topic, value=value, polar=True),)

    def same_gaze(self, meta: Meta, parts: Parts) -> Queries:
        self._named(parts)
        return (replace(self._compared(meta, parts), topic=Topic.GAZE, value="same", polar=True),)

    def same_body(self, meta: Meta, parts: Parts) -> Queries:
        self._named(parts)
        return (replace(self._compared(meta, parts), topic=Topic.BODY, value="same", polar=True),)

    def same_clothes(self, meta: Meta, parts: Parts) -> Queries:
        return (replace(self._compared(meta, parts), topic=Topic.CLOTHING_COLOUR, value="same", polar=True),)

    def compare(self, meta: Meta, parts: Parts) -> Queries:
        topic = next((part for part in parts if isinstance(part, (Topic, Kind))), None)
        if topic is Kind.IDENTITY:
            return self._each(meta, Kind.IDENTITY, parts)
        assert not isinstance(topic, Kind)
        return (replace(self._compared(meta, parts), topic=topic),)

    def more_people(self, meta: Meta, parts: Parts) -> Queries:
        about, against = (
            Reference(scope=Scope.ALL, constraints=ordered(nominal.constraints)) for nominal in parts_of(Nominal, parts)
        )
        query = self._ask(meta, Kind.COMPARE, about, Topic.PEOPLE)
        value = token("AS_MANY", parts) or ("fewer" if token("LESS", parts) else "more")
        return (replace(query, against=against, value=value, polar=True),)

    def _compared(self, meta: Meta, parts: Parts) -> Query:
        people = parts_of(Reference, parts)
        if len(people) > 2:
            raise NoMeaningError("compare two people at a time")
        query = self._ask(meta, Kind.COMPARE, people[0])
        return replace(query, against=people[1] if len(people) > 1 else None)
