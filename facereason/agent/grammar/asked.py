"""A question as it was understood: the queries, and the models that helped."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facereason.types import Answer, Call, Evidence, Query


@dataclass(frozen=True, slots=True)
class Asked:
    """`queries` in the order of asking. `calls`: of the models that helped to understand them; `evidence`: whom a model
    found in the photo; `said`: a sentence about that for the answer; `sure`: how well what was found fits people, or
    how probable it is that this was asked."""

    queries: tuple[Query, ...]
    calls: tuple[Call, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    said: str = ""
    sure: float = 1.0

    def told(self, answer: Answer) -> Answer:
        """The answer with what the models found put before it, and as sure as what was asked is."""
        if not self.calls:
            sure = None if answer.confidence is None else answer.confidence * self.sure
            return replace(answer, confidence=sure) if self.sure < 1 else answer
        assert answer.provenance is not None
        return replace(
            answer,
            text=f"{self.said} {answer.text}".strip(),
            evidence=(*self.evidence, *answer.evidence),
            confidence=None if answer.confidence is None else answer.confidence * self.sure,
            provenance=replace(answer.provenance, calls=(*self.calls, *answer.provenance.calls)),
        )
