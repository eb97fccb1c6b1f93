"""Captions: from readings, and by a model that is held against them."""

from __future__ import annotations

import pytest

from facereason import images
from facereason.agent import FaceReason
from facereason.agent.captions import Style, caption, supported
from tests.agent import scenes
from tests.vlm.loopback import Loopback, Says


@pytest.fixture(scope="module")
def faces() -> FaceReason:
    return FaceReason()


def test_a_group_is_described_from_left_to_right() -> None:
    told = caption(scenes.chat(scenes.party()))
    assert told.text.startswith("Five people: a woman in red on the far left")
    assert [person.number for person in told.people] == [1, 2, 3, 4, 5]
    assert told.tags[0] == "5 people"
    assert told.by == "readings"


def test_the_three_styles_say_more_and_more(faces: FaceReason) -> None:
    chat = faces.chat(images.example())
    short, long, tags = (caption(chat, style) for style in (Style.SHORT, Style.LONG, Style.TAGS))
    assert short.text == "A person in orange, who appears happy."
    assert "lip corners pulled up (AU12" in long.text
    assert "head facing the camera" in long.text
    assert tags.text.split(", ")[:2] == ["1 person", "person"]
    assert {"happy", "AU12", "brown hair"} <= set(tags.tags)
    assert short.people[0].box[2] > 50


def test_a_photo_of_nobody_says_so(faces: FaceReason) -> None:
    import numpy as np

    chat = faces.chat(images.open(np.full((80, 80, 3), 200, np.uint8)))
    told = caption(chat)
    assert told.text == "A photo in which no person was found."
    assert told.tags == ("no people",)


def test_a_models_caption_is_held_against_the_readings(faces: FaceReason) -> None:
    words = "Mary Smith, a person in orange, frowns with lowered brows (AU4) and looks sad."
    with Loopback([Says(words)]) as server:
        own = FaceReason(model=f"caption=vllm/m+url={server.url}")
        own._instrument = faces.instrument
        told = caption(own.chat(images.example()), Style.LONG)
        assert server.calls == 1
    assert "Mary Smith" not in told.text
    assert "[name]" in told.text
    assert told.by.startswith("vllm/m")
    assert {each.claim.value for each in told.disagreements} >= {"sadness"}
    assert supported(told.claims) < len(told.claims)
    assert told.call is not None
    assert "Mary" not in told.call.text


def test_a_model_that_declines_leaves_the_readings(faces: FaceReason) -> None:
    with Loopback([Says("", refusal="I cannot describe people.")]) as server:
        own = FaceReason(model=f"caption=vllm/m+url={server.url}")
        own._instrument = faces.instrument
        told = caption(own.chat(images.example()))
    assert told.by == "readings"
    assert told.text == "A person in orange, who appears happy."
    assert told.notes[-1] == "the model declined; the caption is from the readings"
