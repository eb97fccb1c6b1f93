"""Photos that lay turned: what is said of it without being asked, and the answers to who asks."""

from __future__ import annotations

from dataclasses import replace

from facereason.agent.answers.findings import Case, Finding
from facereason.types import Answer, Kind, Outcome, Query, Scene

TURNED, ON_ITS_SIDE, UPSIDE_DOWN, UPRIGHT = "turned", "on its side", "upside down", "upright"
"""What a question may propose; without one it asks how the photo is turned."""

_LAY = {
    0: "the photo is upright, as it came",
    90: "the photo lay on its side, turned 90 degrees clockwise",
    180: "the photo stood on its head, turned by 180 degrees",
    270: "the photo lay on its side, turned 90 degrees counter-clockwise",
}
_HOLDS = {TURNED: (90, 180, 270), ON_ITS_SIDE: (90, 270), UPSIDE_DOWN: (180,), UPRIGHT: (0,)}
_SAYS_NOTHING = (Outcome.NOT_UNDERSTOOD, Outcome.DECLINED)


def remark(scene: Scene) -> str:
    """One sentence about a photo that was set upright; empty for others."""
    return f"{_sentence(scene.turned)}; I set it upright first." if scene.turned else ""


def remarked(answer: Answer, scene: Scene) -> Answer | None:
    """The answer with that sentence behind it, so that its words stay where they are; None where the sentence has no
    place: the photo was not turned, or the answer tells nothing of it."""
    said = remark(scene)
    if not said or answer.outcome in _SAYS_NOTHING:
        return None
    asked = any(query.kind is Kind.ROTATION for query in answer.queries)
    return answer if asked else replace(answer, text=f"{answer.text} {said}")


def rotation(query: Query, case: Case) -> Finding:
    """How the photo lay, or whether it lay as the question proposes."""
    turn = case.scene.turn
    if turn is None:
        text = "I cannot tell which way up the photo is: it was to be measured as it is."
        return Finding(text=text, outcome=Outcome.CANNOT_TELL)
    if turn.value is None:
        text = f"I cannot tell which way up the photo is: {turn.unknown_because}."
        return Finding(text=text, outcome=Outcome.CANNOT_TELL)
    said = remark(case.scene) or f"{_sentence(turn.value)}."
    if query.value:
        holds = turn.value in _HOLDS[query.value]
        said = f"{'Yes' if holds else 'No'}: {said[0].lower()}{said[1:]}"
    return Finding(text=said, outcome=Outcome.ANSWERED, confidence=turn.confidence)


def _sentence(turned: int) -> str:
    return _LAY[turned][0].upper() + _LAY[turned][1:]
