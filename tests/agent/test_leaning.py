"""Untrusted readings of action units: a hint with a warning, or silence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facereason.agent import Chat
from facereason.agent.answers import leaning
from facereason.types import ActionUnit, Outcome, Person, Scene, UnitState
from tests.agent.scenes import chat, person, scene


def untrusted(intensity: float, reliability: float = 0.4, confidence: float = 0.9) -> ActionUnit:
    return ActionUnit(
        unit=9,
        state=UnitState.UNKNOWN,
        intensity=intensity,
        confidence=confidence,
        reliability=reliability,
        unknown_because="AU9 is not read reliably in such a photo (frontal, clear)",
    )


def showing(unit: ActionUnit) -> Person:
    somebody = person(1, "female")
    return replace(somebody, face=replace(somebody.face, action_units=(unit,)))


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        (untrusted(0.7), True),
        (untrusted(0.05), False),
        (untrusted(0.3), None),
        (untrusted(0.7, reliability=0.1), None),
        (untrusted(0.7, confidence=0.55), None),
    ],
)
def test_only_a_clear_reading_that_something_bears_out_leans(unit: ActionUnit, expected: bool | None) -> None:
    assert leaning.leans(showing(unit), "AU9") is expected


def asked(unit: ActionUnit, question: str) -> tuple[Outcome, str, float | None]:
    there: Scene = scene(showing(unit))
    talk: Chat = chat(there)
    answer = talk.ask(question)
    return answer.outcome, answer.text, answer.confidence


def test_a_hint_is_an_answer_with_a_warning() -> None:
    outcome, text, sure = asked(untrusted(0.05), "Does person 1 show AU9?")
    assert outcome is Outcome.ANSWERED
    assert text.startswith("Perhaps not")
    assert "do not rely on it" in text
    assert sure is not None
    assert sure < 0.6


def test_without_a_hint_it_stays_untold() -> None:
    outcome, _, _ = asked(untrusted(0.7, reliability=0.1), "Does person 1 show AU9?")
    assert outcome is Outcome.CANNOT_TELL


def test_how_strong_is_hinted_at_too() -> None:
    outcome, text, sure = asked(untrusted(0.37), "How strong is AU9 on person 1?")
    assert outcome is Outcome.ANSWERED
    assert "AU9 may act at 0.37 (B)" in text
    assert sure is not None
    assert sure < 0.6
