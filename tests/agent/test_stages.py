"""How old somebody appears by the figure, where no face tells it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facereason.types import Outcome, Person, QualityFlag, Reading, Scene, Stage
from tests.agent.scenes import chat, emotion, person, scene

WHY = "no face is in view"


def _away(number: int, stage: Stage | None, sure: float = 0.93, wears: str = "blue") -> Person:
    """Somebody seen from behind, with a stage of life by the figure."""
    seen = person(number, None, None, emotion(None, 0.3, WHY), "black", wears, yaw=172, flags=[QualityFlag.NO_FACE],
                  because=WHY)  # fmt: skip
    told = {each.value: sure if each is stage else 1 - sure for each in Stage}
    why = "" if stage else "the figure does not tell"
    return replace(seen, stage=Reading(value=stage, confidence=sure, distribution=told, unknown_because=why))


@pytest.fixture
def three() -> Scene:
    """A woman in red, a child in blue and a grown person in green, both seen from behind."""
    return scene(
        person(1, "female", "30-39", emotion("happiness", 0.97), "brown", "red"),
        _away(2, Stage.CHILD),
        _away(3, Stage.GROWN, wears="green"),
    )


def test_a_child_seen_from_behind_is_whom_the_child_means(three: Scene) -> None:
    found = chat(three).ask("What is the child wearing?")
    assert [each.number for each in found.people] == [2]
    assert "blue" in found.text
    assert "one child, of three people: person 2" in chat(three).ask("How many children are there?").text


def test_what_is_told_of_it_says_by_what(three: Scene) -> None:
    asked = chat(three).ask("Is person 2 a child?")
    assert asked.text.startswith("Yes: ")
    assert "appears to be a child by the whole figure (.93)" in asked.text
    assert {each.source for each in asked.evidence if each.person == 2} >= {"figure"}
    assert chat(three).ask("Is person 3 a child?").text.startswith("No: ")
    assert chat(three).ask("Is person 3 an adult?").text.startswith("Yes: ")
    old = chat(three).ask("How old is person 2?")
    assert old.outcome is Outcome.ANSWERED
    assert f"a child by the whole figure (.93); no age group: {WHY}" in old.text


def test_words_that_a_stage_does_not_settle_stay_unknown(three: Scene) -> None:
    assert chat(three).ask("Is person 3 old?").outcome is Outcome.CANNOT_TELL
    assert chat(three).ask("Is person 3 middle-aged?").outcome is Outcome.CANNOT_TELL
    assert chat(three).ask("Is person 3 over 40?").outcome is Outcome.CANNOT_TELL
    assert chat(three).ask("Is person 3 older than person 1?").outcome is Outcome.CANNOT_TELL


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("Is person 2 older than person 1?", "No: the woman in red"),
        ("Is person 3 older than person 2?", "Yes: the person in green"),
        ("Who is younger, person 1 or person 2?", "The child in blue"),
    ],
)
def test_a_child_by_the_figure_is_younger_than_who_is_grown_up(three: Scene, question: str, says: str) -> None:
    found = chat(three).ask(question)
    assert found.outcome is Outcome.ANSWERED
    assert found.text.startswith(says), found.text


def test_a_figure_that_does_not_tell_and_a_face_that_does_change_nothing() -> None:
    unsure = scene(person(1), _away(2, None, 0.4))
    assert "I cannot tell" in chat(unsure).ask("Is person 2 a child?").text
    child = Reading(value=Stage.CHILD, confidence=0.9, distribution={"child": 0.9, "grown": 0.1})
    read = scene(replace(person(1, "female", "30-39"), stage=child), person(2))
    assert chat(read).ask("Is person 1 a child?").text.startswith("No: ")
    assert "figure" not in chat(read).ask("Describe person 1").text
