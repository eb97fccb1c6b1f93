"""Photos that lay turned: what is said of it, and what is answered to who asks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facereason.agent import Chat
from facereason.images import Photo
from facereason.types import Kind, Outcome, Reading, Scene
from tests.agent.scenes import PaperEye, portrait

SIDE = "The photo lay on its side, turned 90 degrees clockwise; I set it upright first."


def lay(turned: int | None, because: str = "") -> Scene:
    return replace(portrait(), turn=Reading(value=turned, confidence=0.9, unknown_because=because))


def chat(scene: Scene) -> Chat:
    return Chat(Photo(pixels=np.zeros((60, 80, 3), np.uint8), name="array"), scene, PaperEye(scene))


def test_the_first_answer_about_a_turned_photo_says_so_and_no_other() -> None:
    talk = chat(lay(90))
    assert talk.ask("How does she feel?").text == f"The woman in orange appears happy (.98). {SIDE}"
    assert talk.ask("How does she feel?").text == "The woman in orange appears happy (.98)."


def test_what_is_not_understood_tells_nothing_of_the_photo() -> None:
    talk = chat(lay(90))
    assert SIDE not in talk.ask("Wie geht es ihr?").text
    assert SIDE in talk.ask("How many people are there?").text


def test_of_an_upright_photo_nothing_is_said() -> None:
    for scene in (lay(0), lay(None, "no face is in view"), portrait()):
        assert "turned" not in chat(scene).ask("How does she feel?").text


@pytest.mark.parametrize(
    ("turned", "question", "answer"),
    [
        (90, "How is this photo turned?", SIDE),
        (270, "Which way up is the photo?", "The photo lay on its side, turned 90 degrees counter-clockwise; I set it"),
        (180, "Is the photo upside down?", "Yes: the photo stood on its head, turned by 180 degrees; I set it upright"),
        (90, "Is the photo upside down?", "No: the photo lay on its side"),
        (90, "Was the image sideways?", "Yes: the photo lay on its side"),
        (0, "Is this picture rotated?", "No: the photo is upright, as it came."),
        (180, "Did you rotate the picture?", "Yes: the photo stood on its head"),
        (0, "Is the photo the right way up?", "Yes: the photo is upright, as it came."),
        (180, "Is the photo upright?", "No: the photo stood on its head"),
        (0, "What's the orientation of the photo?", "The photo is upright, as it came."),
    ],
)
def test_who_asks_how_the_photo_is_turned_is_told(turned: int, question: str, answer: str) -> None:
    told = chat(lay(turned)).ask(question)
    assert told.text.startswith(answer)
    assert told.text.count("upright") == 1
    assert (told.outcome, told.confidence) == (Outcome.ANSWERED, 0.9)
    assert [query.kind for query in told.queries] == [Kind.ROTATION]


def test_where_no_face_shows_it_that_is_said() -> None:
    told = chat(lay(None, "no face is in view")).ask("How is this photo turned?")
    assert told.outcome is Outcome.CANNOT_TELL
    assert told.text == "I cannot tell which way up the photo is: no face is in view."


def test_of_a_photo_taken_as_it_is_it_cannot_be_told() -> None:
    told = chat(portrait()).ask("Is the photo upside down?")
    assert (told.outcome, told.people) == (Outcome.CANNOT_TELL, ())


def test_who_was_spoken_of_is_not_forgotten_over_it() -> None:
    talk = chat(lay(90))
    talk.ask("How does she feel?")
    talk.ask("How is this photo turned?")
    assert talk.ask("Why?").people == talk.scene.people


def test_a_chat_holds_the_photo_upright() -> None:
    talk = chat(lay(90))
    assert talk.photo.pixels.shape == (80, 60, 3)
    assert talk.photo.turned == 90
