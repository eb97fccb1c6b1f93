"""What a model's words claim of looks, beside action units and emotions."""

from __future__ import annotations

import pytest

from facereason.agent.replies.looks import looks
from facereason.facs import parse_claims

SAYINGS = {
    "A woman in her 30s with brown hair, wearing an orange space suit.": [
        "gender female", "age 30-39", "hair colour brown", "clothing colour orange",
    ],
    "He is about 35 years old, with dark hair and a blue shirt.": [
        "age 30-39", "hair colour black or brown", "clothing colour blue",
    ],
    "An elderly man in a black coat.": ["age old", "gender male", "clothing colour black"],
    "Aged 25-35.": ["age 20-29 or 30-39"],
    "She looks directly at the camera.": ["gaze camera"],
    "The man is not looking at the camera.": ["gender male", "gaze camera denied"],
    "The head is turned slightly to her left, eyes cast down.": ["head pose own left", "gaze down"],
    "She is facing the left of the photo.": ["head pose image left"],
    "Her head is tilted to the right.": ["head pose tilted"],
    "The head is lowered.": ["head pose down"],
    "Seen in profile.": ["head pose profile"],
    "There are three people in the photo.": ["people 3"],
    "The other two people are out of focus.": [],
    "He seems to be in his late forties.": ["age 40-49 hedged"],
    "She does not wear red.": ["clothing colour red denied"],
    "Her hair is dark brown and her jumpsuit is orange.": ["hair colour brown", "clothing colour orange"],
    "It is a black and white photo.": [],
}  # fmt: skip


@pytest.mark.parametrize("text", SAYINGS)
def test_looks_are_read_with_their_stance(text: str) -> None:
    claims = (f"{c.topic} {c.value} {c.stance}".removesuffix(" asserted") for c in parse_claims(text, looks))
    assert list(claims) == SAYINGS[text]


def test_offsets_are_those_of_the_text() -> None:
    text = "Nothing here. The hair is brown."
    (claim,) = parse_claims(text, looks)
    assert text[claim.start : claim.end] == claim.words == "hair is brown"
