"""Whom a claim is about: by number, by looks, by place; and nobody where that is not clear."""

from __future__ import annotations

import pytest

from facereason.agent.replies.matching import claims_about, parts
from facereason.types import Topic
from tests.agent.scenes import party, person, portrait, scene

SCENE = party()

REPLIES = {
    "Person 1 is smiling (AU12). Person 2 is calm, and person 3 is surprised. Her inner brows are raised (AU1).": [
        "1 AU12", "2 neutral", "3 surprise", "3 AU1",
    ],
    "The woman in red smiles broadly while the old man in black looks sad.": ["1 AU12", "4 sadness"],
    "The man in blue has a neutral face and the girl in yellow is surprised.": ["2 neutral", "3 surprise"],
    "The woman on the far left is happy. The man next to her is calm.": ["1 happiness", "2 neutral"],
    "Both men are calm.": ["2 neutral", "4 neutral"],
    "Everyone is smiling.": ["1 AU12", "2 AU12", "3 AU12", "4 AU12", "5 AU12"],
    "People 1 and 3 are smiling, but person 9 is angry.": ["1 AU12", "3 AU12", "None anger"],
    "Neither person 1 nor person 2 is smiling.": ["1 AU12", "2 AU12"],
    "Lip corners are pulled up (AU12) on person 1 and the brows are lowered (AU4) on person 5.": ["1 AU12", "5 AU4"],
    "The woman looks happy.": ["None happiness"],
    "There are five people.": ["None 5"],
}  # fmt: skip


@pytest.mark.parametrize("text", REPLIES)
def test_claims_of_a_reply_about_several_people_are_matched(text: str) -> None:
    assert [f"{c.person} {c.value}" for c in claims_about(text, SCENE.people, SCENE)] == REPLIES[text]


def test_what_only_tells_who_is_meant_is_no_claim_but_what_follows_a_number_is() -> None:
    by_looks = claims_about("The woman in red is happy.", SCENE.people, SCENE)
    assert [claim.value for claim in by_looks] == ["happiness"]
    by_number = claims_about("Person 4 (man in blue) is happy.", SCENE.people, SCENE)
    assert [(claim.person, claim.value) for claim in by_number] == [(4, "male"), (4, "blue"), (4, "happiness")]


def test_a_reply_about_one_person_is_about_that_person_whatever_it_calls_them() -> None:
    scene = portrait()
    claims = claims_about("The man in green smiles.", scene.people, scene)
    assert [(claim.person, claim.value) for claim in claims] == [(1, "male"), (1, "green"), (1, "AU12")]
    others = claims_about("She smiles. Person 4 is sad. She is young.", SCENE.people[:1], SCENE)
    assert [(claim.person, claim.value) for claim in others] == [(1, "AU12"), (4, "sadness"), (1, "young")]


@pytest.mark.parametrize("text", [*REPLIES, "", "  \n", "!?", "a.b.c <think>", "Person 1, person 2,", "#1 #2 #99"])
def test_the_parts_of_a_reply_are_the_whole_of_it(text: str) -> None:
    found = parts(text, SCENE.people, SCENE)
    assert "".join(text[part.start : part.end] for part in found) == text


def test_offsets_are_those_of_the_whole_reply() -> None:
    text = "Person 2 is calm. Person 1 is smiling."
    assert [text[claim.start : claim.end] for claim in claims_about(text, SCENE.people, SCENE)] == ["calm", "smiling"]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("Person 2 is a woman with red hair.", 2),
        ("The person on the right is a happy young woman with red hair.", 2),
        ("The person on the right, a woman with red hair, is crying.", 2),
    ],
)
def test_what_somebody_is_said_to_be_is_a_claim_about_them(text: str, number: int) -> None:
    two = scene(person(1, "male", x=200), person(2, "male", x=800))
    claims = claims_about(text, two.people, two)
    assert {(claim.person, claim.value) for claim in claims} >= {(number, "female"), (number, "red")}


def test_a_sentence_that_counts_everybody_is_about_everybody() -> None:
    two = scene(person(1, "male", x=200), person(2, "male", x=800))
    claims = claims_about("Two happy women.", two.people, two)
    assert [(claim.person, claim.value) for claim in claims if claim.topic is Topic.GENDER] == [
        (1, "female"),
        (2, "female"),
    ]
    assert all(claim.person is None for claim in claims_about("Three happy women.", two.people, two))
