"""A question as it was understood: the queries, and the models that helped."""

from __future__ import annotations

from dataclasses import dataclass, replace

from facereason.types import Answer, Call, Evidence, Query


@dataclass(frozen=True, slots=True)
class Asked:
    """`queries` in the order of asking. `calls`: of the models that helped to understand them; `evidence`: whom a model
    found in the photo; `said`: a sentence about that for the answer; `sure`: how well what was found fits people, or
    how probable it is that this was asked; `taken_for`: in plain words, where that is not sure."""

    queries: tuple[Query, ...]
    calls: tuple[Call, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    said: str = ""
    sure: float = 1.0
    taken_for: str = ""

    def told(self, answer: Answer) -> Answer:
        """The answer with what the models found put before it, and as sure as what was asked is."""
        if not self.calls:
            if self.sure == 1:
                return answer
            sure = None if answer.confidence is None else answer.confidence * self.sure
            remark = f' I take it that you ask: "{self.taken_for}?"' if self.taken_for else ""
            return replace(answer, text=f"{answer.text}{remark}", confidence=sure)
        assert answer.provenance is not None
        return replace(
            answer,
            text=f"{self.said} {answer.text}".strip(),
            evidence=(*self.evidence, *answer.evidence),
            confidence=None if answer.confidence is None else answer.confidence * self.sure,
            provenance=replace(answer.provenance, calls=(*self.calls, *answer.provenance.calls)),
        )
