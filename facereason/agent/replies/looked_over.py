"""A model's words, looked over before anybody sees them: names struck, what is not about the people left out, and every
claim held against the readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facereason.agent.care import naming, passing
from facereason.agent.replies import holding
from facereason.agent.replies.matching import claims_about
from facereason.agent.replies.telling import without_thoughts
from facereason.types import Claim, Disagreement, Evidence, Person, Scene


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedOver:
    """`text`: what is passed on; `struck`: the reply with names struck, all of it; `notes`: what is told of the rest;
    `against`: claims that readings speak against."""

    text: str
    struck: str
    notes: tuple[str, ...]
    claims: tuple[Claim, ...]
    against: tuple[tuple[Claim, Evidence], ...]

    @property
    def disagreements(self) -> tuple[Disagreement, ...]:
        return tuple(Disagreement(claim=claim, evidence=evidence) for claim, evidence in self.against)


def look_over(reply: str, question: str, people: Sequence[Person], scene: Scene) -> LookedOver:
    """`people`: whom the reply may speak of; that it counts them is checked where they are everybody."""
    struck = naming.strike(reply, question, any(person.race is not None for person in scene.people))
    passed = passing.passable(without_thoughts(struck.text), question, people=len(scene.people))
    claims = claims_about(passed.text, people, scene)
    held = [holding.hold(claim, scene, len(people) == len(scene.people)) for claim in claims]
    return LookedOver(
        text=passed.text,
        struck=struck.text,
        notes=tuple(dict.fromkeys((*struck.notes, *passed.notes))),
        claims=tuple(each.claim for each in held),
        against=tuple((each.claim, each.against) for each in held if each.against is not None),
    )
