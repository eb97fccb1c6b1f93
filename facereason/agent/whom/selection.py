"""How a search for people ends, and the sentence for an end that is not one person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from facereason.agent.answers import wording
from facereason.types import Evidence, Outcome, Person, Reference, Scene, Scope, Topic

MOST_NEAR = 3  # people who nearly fit that are named


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """How a search for people ended.

    `outcome`: ANSWERED where `people` are those meant; AMBIGUOUS where they fit and one was meant; NOBODY; CANNOT_TELL
    where readings of `unknown`, on the topics `unread` (an action unit with its value), would be needed; DECLINED
    where race would be, and is off.
    `confidence`: product of the readings that picked `people`. `chances`: of everybody whose readings tell, how
    probable it is that they fit. `near`: readings that turned somebody down, but not by much; `doubts`: unsure ones
    that picked somebody. `because`: a sentence for an outcome that needs one; `remark`: one for any answer.
    """

    outcome: Outcome
    people: tuple[Person, ...] = ()
    unknown: tuple[Person, ...] = ()
    unread: tuple[tuple[Topic, str], ...] = ()
    near: tuple[Evidence, ...] = ()
    doubts: tuple[Evidence, ...] = ()
    confidence: float = 1.0
    chances: Mapping[int, float] = field(default_factory=dict)
    evidence: tuple[Evidence, ...] = ()
    because: str = ""
    remark: str = ""


def no_one(reference: Reference, selection: Selection, scene: Scene) -> str:
    """A sentence for a reference that did not lead to one person."""
    words = f'"{reference.text}"' if reference.text else "that"
    match selection.outcome:
        case Outcome.AMBIGUOUS:
            name = wording.name if len(selection.people) < 4 else wording.short_name
            fitting = wording.joined([name(person, scene) for person in selection.people], "or")
            count = wording.people(len(selection.people))
            fit = "fits" if len(selection.people) == 1 else "fit"
            ask = "Which one do you mean?" if reference.scope is Scope.ONE else "Whom do you mean?"
            return f"{wording.sentence(f'{count} {fit} {words}: {fitting}')} {ask}"
        case Outcome.CANNOT_TELL:
            topic, value = selection.unread[0]
            why = wording.cannot(selection.unknown[0], topic, value)
            several = wording.numbers(selection.unknown)
            return wording.sentence(
                f"I cannot tell who fits {words}: the {wording.of(topic, value)} of {several} is unknown: {why}"
            )
        case Outcome.NOBODY if selection.near:
            close = wording.joined([each.statement for each in selection.near[:MOST_NEAR]])
            return wording.sentence(f"Nobody fits {words} for sure; close to it: {close}")
    return f"Nobody in this photo fits {words}."
