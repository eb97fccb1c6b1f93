"""People without a face in view are counted, named and placed; what only a face shows is not guessed."""

from __future__ import annotations

import pytest

from facereason.types import Outcome, QualityFlag, Scene
from tests.agent.scenes import chat, emotion, person, scene

WHY = "no face is in view"
AWAY = [QualityFlag.NO_FACE]


@pytest.fixture
def three() -> Scene:
    """A happy woman in red, somebody in blue seen from behind, a neutral man in green."""
    return scene(
        person(1, "female", "30-39", emotion("happiness", 0.97), "brown", "red"),
        person(2, None, None, emotion(None, 0.3, WHY), "black", "blue", yaw=172, flags=AWAY, because=WHY),
        person(3, "male", "40-49", emotion("neutral", 0.8), "black", "green"),
    )


def test_they_are_counted_and_named(three: Scene) -> None:
    assert chat(three).ask("How many people are there?").text == "There are three people in this photo."
    counted = chat(three).ask("How many people are there?").evidence
    assert [each.statement.partition(" is found")[0] for each in counted] == ["a face", "a head", "a face"]
    where = chat(three).ask("Where is the person in blue looking?")
    assert "looks away from the camera (the eyes are not read, by the head: yaw 172°" in where.text
    assert [each.number for each in where.people] == [2]
    assert chat(three).ask("Is anyone turned away?").text.startswith("Yes: the person in blue")


def test_what_only_a_face_shows_is_not_guessed(three: Scene) -> None:
    beside = chat(three).ask("What is the person right of the woman in red feeling?")
    assert beside.outcome is Outcome.CANNOT_TELL
    assert "no face is in view; a view of the face would help" in beside.text
    assert "one man, of three people: person 3" in chat(three).ask("How many men are there?").text
    assert "I cannot tell: the perceived gender" in chat(three).ask("Is person 2 a man?").text
    assert chat(three).ask("Why is person 2 sad?").outcome is Outcome.CANNOT_TELL
