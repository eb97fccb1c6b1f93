"""What a chat remembers: who was spoken of, and what was asked."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facereason.types import By, Constraint, Query, Reference, Scope, Topic

SAME = Reference(scope=Scope.ALL, constraints=(Constraint(by=By.PRONOUN, value="same"),))
"""Those of the last answer: whom "why?" is about."""

THEM = (Constraint(by=By.PRONOUN, value="they"),)
"""Those spoken of: whom "sort them" is about."""

ONLY, REVERSED, STRENGTH = "only", "reversed", "strength"
"""Values of a question put again: of some of its people only, the other way round, or how strong that is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """A frozen record; a turn of the chat replaces it.

    `spoken_of`: numbers of the people of each answer, latest last, counts and lists left out; `answered`: those of the
    last answer, whatever it was; `offered`: those who fitted where one was meant, as
    long as it is open which; `asked`: the queries of the last question that was about somebody.
    """

    spoken_of: tuple[tuple[int, ...], ...] = ()
    answered: tuple[int, ...] = ()
    offered: tuple[int, ...] = ()
    asked: tuple[Query, ...] = ()

    @property
    def noun(self) -> tuple[Constraint, ...]:
        """What kind of person was last asked about, for "the other one": the perceived gender and age of the noun."""
        said = self.asked[0].about.constraints if self.asked else ()
        return tuple(c for c in said if c.by is By.TOPIC and c.topic in (Topic.GENDER, Topic.AGE) and not c.negated)

    @property
    def focus(self) -> tuple[int, ...]:
        """Whom the last answer was about."""
        return self.spoken_of[-1] if self.spoken_of else ()

    def mention(self, numbers: tuple[int, ...]) -> Memory:
        """With these people as the last ones spoken of."""
        return replace(self, spoken_of=(*self.spoken_of, numbers)) if numbers else self
