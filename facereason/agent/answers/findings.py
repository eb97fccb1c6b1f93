"""What answers have in common: what they are made from and into, their honest ends, and the notes that go with them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

from facereason.agent.answers import phrases, wording
from facereason.agent.whom.fits import amount
from facereason.agent.whom.memory import Memory
from facereason.agent.whom.select import select
from facereason.agent.whom.selection import MOST_NEAR, Selection, no_one
from facereason.types import Constraint, Evidence, Outcome, Person, Reference, Scene, Topic

if TYPE_CHECKING:
    from facereason.faces import RegionEffect


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The answer of one query, before the answers of a question are put together."""

    text: str
    outcome: Outcome
    people: tuple[Person, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What a query is answered from. `cover` measures which part of a face an expression rests on; only "why" asks it.
    `follows`: another query of the same question was answered before."""

    scene: Scene
    memory: Memory
    cover: Callable[[Person], Sequence[RegionEffect]]
    follows: bool = False

    def select(self, reference: Reference) -> Selection:
        return select(reference, self.scene, self.memory)


def figure(person: Person, topic: Topic, value: str) -> str:
    """What people are ranked by: "happiness .97", "40-49 years old (.70)"."""
    if topic is Topic.EMOTION:
        return f"{value.replace(' or ', ' and ')} {wording.chance(amount(person, topic, value))}"
    if topic is Topic.DISTANCE:
        return f"a head {abs(amount(person, topic, value)):.0f} pixels high"
    if topic is Topic.HEAD_POSE:
        return f"{amount(person, topic, value):.0f}\u00b0"
    if topic is Topic.ACTION_UNIT:
        return f"intensity {wording.chance(amount(person, topic, value))}"
    if person.staged is not None:
        return wording.stage(person.staged)
    group = person.age_group
    return f"{wording.years(str(group.value))} ({wording.chance(group.confidence)})"


def short_names(found: Sequence[Person], case: Case) -> str:
    return wording.joined([wording.short_name(person, case.scene) for person in found])


def not_found(reference: Reference, found: Selection, case: Case) -> Finding:
    """The honest ends of a search: several, nobody, cannot tell, declined."""
    return Finding(
        text=found.because or no_one(reference, found, case.scene),
        outcome=found.outcome,
        people=found.people if found.outcome is Outcome.AMBIGUOUS else (),
        evidence=found.evidence,
        confidence=None,
    )


def nobody_known(constraints: Sequence[Constraint], found: Selection) -> Finding:
    """Nobody fits, but there are people whose readings do not tell."""
    text = wording.sentence(f"I find {phrases.none_of(constraints)} for sure")
    return Finding(text=with_notes(text, found), outcome=Outcome.CANNOT_TELL, evidence=found.evidence)


def all_right(chances: Mapping[int, float], chosen: Iterable[Person]) -> float:
    """Probability that everybody is put on the right side, readings of different people taken as independent."""
    numbers = {person.number for person in chosen}
    return prod(chance if number in numbers else 1 - chance for number, chance in chances.items())


def with_notes(text: str, found: Selection) -> str:
    """With what may change the answer: people who are close to fitting, and those of whom it cannot be told."""
    text = with_doubts(text, found)
    shown = {person.number for person in found.people}
    near = [each.statement for each in found.near if each.person not in shown][:MOST_NEAR]
    text += f" {wording.sentence(f'Close to it: {wording.joined(near)}')}" if near else ""
    for person in found.unknown:
        unread = [asked for asked in found.unread if not wording.is_known(person, *asked)] or [(Topic.EMOTION, "")]
        because = wording.cannot(person, *unread[0])
        text += " " + wording.sentence(f"For person {person.number} I cannot tell: {because}")
    return text


def with_doubts(text: str, found: Selection) -> str:
    doubts = [each.statement for each in found.doubts if _predicate(each) not in text]
    unsure = wording.sentence(f"That rests on an unsure reading: {wording.joined(doubts)}") if doubts else ""
    return " ".join(part for part in (text, unsure, found.remark) if part)


def _predicate(told: Evidence) -> str:
    return told.statement.removeprefix(f"person {told.person} ")


def unreadable(
    topic: Topic, people: Sequence[Person], evidence: tuple[Evidence, ...], case: Case, value: str = ""
) -> Finding:
    reasons = [f"{wording.name(person, case.scene)}: {wording.cannot(person, topic, value)}" for person in people]
    text = wording.sentence(f"I cannot tell the {wording.of(topic, value)} of {'; of '.join(reasons)}")
    return Finding(text=text, outcome=Outcome.CANNOT_TELL, people=tuple(people), evidence=evidence)


def readings(people: Sequence[Person], topic: Topic | None, value: str = "") -> tuple[Evidence, ...]:
    """The readings that a "nobody" rests on."""
    if topic is None or topic in (Topic.PEOPLE, Topic.POSITION):
        return ()
    return tuple(wording.evidence(person, topic, value) for person in people)
