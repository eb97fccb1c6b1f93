"""Several questions about one photo, with a memory of who was spoken of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

from facereason import images
from facereason.agent.answers import answer, compare, turn, verdict, which, why, wording
from facereason.agent.answers.findings import Case, Finding, not_found
from facereason.agent.grammar import followups
from facereason.agent.grammar.asked import Asked
from facereason.agent.grammar.parsing import NotUnderstood
from facereason.agent.grammar.understand import understood
from facereason.agent.whom.memory import ONLY, REVERSED, SAME, STRENGTH, Memory
from facereason.agent.whom.select import select
from facereason.types import (
    Answer,
    By,
    Constraint,
    Evidence,
    Kind,
    Outcome,
    Person,
    Query,
    Reference,
    Scene,
    Scope,
    Topic,
)

if TYPE_CHECKING:
    from facereason.agent.replies.telling import Tell
    from facereason.agent.tools.loop import Budget
    from facereason.faces import RegionEffect
    from facereason.images import Photo
    from facereason.vlm.routing import Router


class Eye(Protocol):
    """What measures: `faces.Instrument`, or a stand-in."""

    def look(self, photo: Photo) -> Scene: ...

    def cover(self, photo: Photo, person: Person) -> Sequence[RegionEffect]: ...


class Chat:
    """A conversation about one photo. `memory` is a frozen record, replaced with every answer. `again`: put to a model,
    once, where readings speak against what it says. `tools`: the model routed for the chat works with tools
    (`agent.tools`), within this budget; with none it is shown the readings instead."""

    def __init__(
        self,
        photo: Photo,
        scene: Scene,
        eye: Eye,
        router: Router | None = None,
        *,
        again: bool = False,
        tools: Budget | None = None,
        words: bool = False,
    ) -> None:
        self.photo = images.upright(photo, scene.turned)
        self.scene, self.eye, self.router, self.again, self.tools = scene, eye, router, again, tools
        self.words = words
        self.memory = Memory()
        self.turns: list[dict[str, Any]] = []
        self._turn_told = False

    def ask(self, question: str, tell: Tell | None = None) -> Answer:
        """Answer one question; never raises for what the photo or the question lacks, only UsageError for an empty
        question or one over 2,000 characters, and with a model the errors of `vlm.errors`.

        `tell` is given a model's words while it speaks, sentence by sentence, names struck as in the whole, and whether
        it thinks out loud; what is no thinking is how the answer's text begins, unless what came later changed it.
        """
        before = self.memory, list(self.turns)
        try:
            answer = self._answered(question, tell)
        except BaseException:  # a reply that was stopped or failed was never given
            self.memory, self.turns = before
            raise
        told = None if self._turn_told else turn.remarked(answer, self.scene)
        self._turn_told |= told is not None
        return told or answer

    def _answered(self, question: str, tell: Tell | None) -> Answer:
        measured = self._measured(question)
        if self.router is None:
            if not self.words:
                return measured
            from facereason.agent.replies import shipped

            return shipped.worded(question, measured.queries, measured, self.photo, self.scene, tell)
        if self.tools is not None:
            from facereason.agent.tools import asking

            return asking.answer(question, measured.queries, measured, self.photo, self.scene, self.router, self.tools)
        from facereason.agent.replies.speaking import Speaker

        speaker = Speaker(self.router, self.photo, self.scene, again=self.again, tell=tell)
        return speaker.answer(question, measured.queries, measured)

    def _measured(self, question: str) -> Answer:
        """What the instrument alone answers."""
        try:
            asked = self._understood(question)
            queries = self._in_place(asked.queries)
        except NotUnderstood as error:
            text = f"{error.hint} {CAN_BE_ASKED}"
            made = replace(self.scene.provenance, calls=error.calls)
            return Answer(question=question, text=text, outcome=Outcome.NOT_UNDERSTOOD, provenance=made)
        findings: list[Finding] = []
        for query in queries:
            if findings and findings[-1].outcome is not Outcome.ANSWERED and _follows(query):
                continue  # there is nothing to give reasons for
            case = Case(self.scene, self.memory, lambda person: self.eye.cover(self.photo, person), bool(findings))
            findings.append(ANSWERS[query.kind](query, case))
            self._remember(query, findings[-1])
        self._keep_open(queries, findings)
        self.turns.append({"question": question, "about": [each.number for each in findings[-1].people]})
        return asked.told(_put_together(question, queries, findings, self.scene))

    def _understood(self, question: str) -> Asked:
        """By the grammar; what that does not understand, by the models routed for `locate` and `understand`."""
        try:
            found = understood(question, first=not self.turns)
            return Asked(found.queries, sure=found.sure, taken_for=found.taken_for)
        except NotUnderstood as error:
            if self.router is None:
                raise
            from facereason.agent.grammar import helped

            helping = helped.understood(question, self.turns[-_HISTORY:], self.photo, self.scene, self.router)
            if helping is None:
                raise
            if isinstance(helping, NotUnderstood):
                raise helping from error
            return helping

    # ------------------------------------------------------------------------------------------------------- memory

    def _in_place(self, queries: tuple[Query, ...]) -> tuple[Query, ...]:
        """ "And him?" as the last question about him; "the one in red", after several fitted, as whom is meant."""
        last = self.memory.asked[-1] if self.memory.asked else None
        queries = tuple(_those_found(each, before) for each, before in zip(queries, (last, *queries), strict=False))
        if not any(query.kind is Kind.AGAIN for query in queries):
            return queries
        placed: list[Query] = []
        for query in queries:
            placed += self._asked_again(query) if query.kind is Kind.AGAIN else [query]
        return tuple(placed)

    def _asked_again(self, query: Query) -> list[Query]:
        asked = self.memory.asked
        again: Query | None
        if query.value == ONLY:
            again, asked = followups.among_them(asked[0] if asked else None, query.about), ()
        elif query.value == REVERSED:
            again = followups.reversed_(asked[0]) if asked else None
        elif query.value == STRENGTH:
            again, asked = (followups.how_strong(asked[0]) if asked else None), ()
        elif query.topic is Topic.CLOTHING_COLOUR and query.polar:
            again = followups.with_colour(asked[0], query.value) if asked else None
        elif query.topic is not None:
            again = followups.with_value(asked[0], query.topic, query.value) if asked else None
        else:
            about = self._among_offered(query.about)
            again = followups.of_them(asked[0], about, self._open_is_other()) if asked else None
            if again is None:
                again, asked = followups.describing(about), ()
        if again is None:
            raise NotUnderstood("I do not know what is asked of them.")
        return [replace(again, text=query.text), *asked[1:]]

    def _among_offered(self, about: Reference) -> Reference:
        """Where it is open which of several is meant, the one among them, by number; else as it was said."""
        if not self.memory.offered:
            return about
        offered = replace(self.scene, people=tuple(p for p in self.scene.people if p.number in self.memory.offered))
        found = select(about, offered, self.memory)
        if found.outcome is not Outcome.ANSWERED or len(found.people) != 1:
            return about
        number = Constraint(by=By.NUMBER, value=str(found.people[0].number))
        return Reference(scope=Scope.ONE, constraints=(number,), text=about.text)

    def _open_is_other(self) -> bool:
        """Whether it is open with whom somebody is compared, not who."""
        asked = self.memory.asked
        if not self.memory.offered or asked[0].against is None:
            return False
        return select(asked[0].about, self.scene, self.memory).outcome is Outcome.ANSWERED

    def _remember(self, query: Query, finding: Finding) -> None:
        if query.kind is Kind.ROTATION:
            return  # nobody was spoken of
        listing = query.kind in (Kind.COUNT, Kind.LIST) or (query.kind is Kind.DESCRIBE and not query.about.constraints)
        numbers = tuple(person.number for person in finding.people)
        open_ = finding.outcome is Outcome.AMBIGUOUS
        self.memory = replace(self.memory, answered=numbers, offered=numbers if open_ else ())
        if not open_ and not (listing and len(numbers) > 1):
            self.memory = self.memory.mention(numbers)
        if not _follows(query):
            self.memory = replace(self.memory, asked=(query,))

    def _keep_open(self, queries: tuple[Query, ...], findings: list[Finding]) -> None:
        """A question that waits for who is meant is kept whole: "how does he feel, and why?"."""
        if findings and findings[0].outcome is Outcome.AMBIGUOUS:
            self.memory = replace(self.memory, asked=queries)


def _those_found(query: Query, asked: Query | None) -> Query:
    """ "Who is it?" after "is anybody in black?" asks which of the people, not for a name."""
    who = query.kind is Kind.IDENTITY and query.value == "which"
    if not who or asked is None or query.about.constraints not in _THOSE:
        return query
    searched = asked.kind is Kind.COUNT or (asked.kind is Kind.YES_NO and asked.about.scope is Scope.ANY)
    return replace(query, kind=Kind.SELECT, about=_WHICH_ONES, topic=Topic.PEOPLE, value="") if searched else query


_THOSE = tuple((Constraint(by=By.PRONOUN, value=word),) for word in ("they", "same"))
_WHICH_ONES = replace(SAME, scope=Scope.ANY)

_HISTORY = 4  # earlier questions that a model is told of, to understand the next


def _follows(query: Query) -> bool:
    """Whether it asks for the reasons of the answer before it."""
    return query.kind is Kind.WHY and query.about == SAME


# ----------------------------------------------------------------------------------------------------------- answers

CAN_BE_ASKED = (
    'You can ask how many people there are, who looks happiest, how somebody feels and why ("How does the woman in red '
    'feel, and why?"), what a face shows ("Is her brow lowered?", "Which action units are active on his face?"), who '
    "looks at whom, who sits, how old they look, their hair and clothing colour, where they look, where they are, and "
    "compare them."
)


def _identity(query: Query, case: Case) -> Finding:
    """Declined. Whom it is about is told by looks, where that is one person; where several fit or nobody does, that."""
    found = case.select(query.about) if query.about.constraints else None
    described = any(constraint.by is not By.PRONOUN for constraint in query.about.constraints)
    if found is not None and described and query.value and found.outcome is not Outcome.ANSWERED:
        ended = not_found(query.about, found, case)
        return replace(ended, text=f"I do not say who somebody is. {ended.text}")
    one = found.people if found and found.outcome is Outcome.ANSWERED and len(found.people) == 1 else ()
    whom = wording.name(one[0], case.scene) if one else "people"
    text = f"I do not say who somebody is. I can say how {whom} appear{'s' if one else ''}: ask me for a description."
    return Finding(text=text, outcome=Outcome.DECLINED, people=one)


ANSWERS: dict[Kind, Callable[[Query, Case], Finding]] = {
    Kind.COUNT: answer.count,
    Kind.LIST: answer.list_people,
    Kind.DESCRIBE: answer.describe,
    Kind.EMOTION: answer.attribute,
    Kind.WHY: why.why,
    Kind.ATTRIBUTE: answer.attribute,
    Kind.COMPARE: compare.compare,
    Kind.RANK: which.rank,
    Kind.LOCATE: answer.locate,
    Kind.SELECT: which.choose,
    Kind.YES_NO: verdict.polar,
    Kind.IDENTITY: _identity,
    Kind.ROTATION: turn.rotation,
}


def _put_together(question: str, queries: tuple[Query, ...], findings: Sequence[Finding], scene: Scene) -> Answer:
    """One answer: it is answered only if every part is; as sure as its least sure part."""
    failed = [finding.outcome for finding in findings if finding.outcome is not Outcome.ANSWERED]
    people = {person.number: person for finding in findings for person in finding.people}
    evidence: dict[tuple[int, str, str], Evidence] = {}
    for finding in findings:
        evidence |= {(told.person, told.topic, told.statement): told for told in finding.evidence}
    sure = [finding.confidence for finding in findings if finding.confidence is not None]
    return Answer(
        question=question,
        text=" ".join(dict.fromkeys(finding.text for finding in findings)),
        outcome=failed[0] if failed else Outcome.ANSWERED,
        people=tuple(people.values()),
        evidence=tuple(evidence.values()),
        confidence=min(sure) if sure else None,
        queries=queries,
        provenance=scene.provenance,
    )
