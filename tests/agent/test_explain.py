"""How a question was understood, in words."""

from __future__ import annotations

import pytest

from facereason.agent.grammar.explain import explained
from facereason.agent.grammar.understand import understand


@pytest.mark.parametrize(
    ("question", "lines"),
    [
        ("How many people are there?", ["count: people; of everybody"]),
        (
            "Isn't the man left of the girl in blue sad?",
            [
                "yes/no: emotion is not sadness; of one: gender male, age adult, left of (one: gender female, "
                "age minor, clothing colour blue)"
            ],
        ),
        (
            "Who is the happiest, and is her brow lowered?",
            [
                "rank: emotion is happiness; of one: most happiness (emotion)",
                'yes/no: action unit is AU4; of one: "she" of those spoken of',
            ],
        ),
        ("Is person 2 older than person 3?", ["compare: age is old; of one: person 2; against one: person 3"]),
        (
            "Describe the second woman from the left",
            ["describe; of one: gender female, age adult, number 2 from the left"],
        ),
    ],
)
def test_a_question_is_told_as_it_was_understood(question: str, lines: list[str]) -> None:
    assert list(explained(understand(question))) == lines


def test_plainer_words_that_a_question_was_put_into_are_told() -> None:
    question = "tally of folks sat down"
    assert explained(understand(question), question) == (
        'count: people; of all: posture sitting; taken for "how many people are sitting"',
    )
    assert "taken for" not in explained(understand("Is she happy?"), "Is she  HAPPY?")[0]
