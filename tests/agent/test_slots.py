"""Questions told by what they mention, whatever their order of words, and what is no question."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from facereason import resources
from facereason.agent.grammar import frames, slots, spelling
from facereason.agent.grammar.parsing import NotUnderstood
from facereason.agent.grammar.understand import understand
from facereason.agent.grammar.words import sentences
from facereason.types import Kind, Query, Topic


def plain(queries: tuple[Query, ...]) -> list[tuple[object, ...]]:
    return [(q.kind, q.topic, q.value, q.negated, q.about.scope, q.about.constraints, q.polar) for q in queries]


@pytest.mark.parametrize(
    ("other", "known"),
    [
        ("Which colour does the woman wear, blue or green?", "Is the woman wearing blue or green?"),
        ("Of happy, sad and angry, which describes person 3?", "Is person 3 happy, sad or angry?"),
        ("Is the gaze of the man directed at the camera?", "Is the man looking at the camera?"),
        ("To which side does the man turn his head?", "What is the head pose of the man?"),
        ("Is the man's back towards us?", "Is the man facing away?"),
        ("Whose face shows AU4?", "Who shows AU4?"),
        ("How strongly does person 1 show AU12?", "How strong is AU12 on person 1?"),
        ("Does the man stand nearer to the camera than the woman?", "Is the man closer to the camera than the woman?"),
        ("Next to the girl, who is there?", "Who is next to the girl?"),
        ("How do you know the man is sad?", "Why is the man sad?"),
        ("Whose expression is the happiest?", "Who is the happiest?"),
    ],
)
def test_what_is_mentioned_tells_what_is_asked(other: str, known: str) -> None:
    assert plain(understand(other)) == plain(understand(known))


@pytest.mark.parametrize(
    "question",
    [
        "happy woman red who",
        "is she red?",
        "what does the girl like",
        "what is the woman in red doing",
        "do you have children?",
        "why did she go?",
        "say that the girl is sad",
        "Does the man on the left plan to smile tomorrow?",
        "Is the sad man in debt with the woman?",
    ],
)
def test_what_is_no_question_about_a_face_stays_not_understood(question: str) -> None:
    with pytest.raises(NotUnderstood):
        understand(question)


def test_two_proposals_joined_by_or_are_a_choice() -> None:
    (query,) = understand("Does the boy sit, or does he stand?")
    assert (query.kind, query.topic) == (Kind.ATTRIBUTE, Topic.POSTURE)


def test_two_things_asked_are_two_queries() -> None:
    first, second = understand("Tell me the man's age and whether he is sitting.")
    assert (first.topic, second.topic) == (Topic.AGE, Topic.POSTURE)


def test_a_word_that_is_not_known_leaves_no_frame() -> None:
    (words,) = sentences("is the man on the left plorking happy?")
    assert list(frames.plain(words)) == []


def test_whom_a_sentence_mentions_first() -> None:
    (words,) = sentences("the age of the man in red next to her")
    assert slots.whom(words).startswith("the man in red")


def test_slips_of_the_keyboard_are_mended_and_words_are_left() -> None:
    assert spelling.mended("is teh man hapyp?", frozenset()) == "is the man happy?"
    assert spelling.mended("is the man with the beard lying", frozenset()) == "is the man with the beard lying"
    assert spelling.mended("smilling brad", frozenset()) == "smiling brad"


def test_most_wide_phrasings_are_taken_for_something() -> None:
    """Those of eval/questions/wide.yaml, one in five: for development, and written before any was tried."""
    data: Any = yaml.safe_load((resources.suites() / "questions" / "wide.yaml").read_text(encoding="utf-8"))
    asked = [other for others in data["phrasings"].values() for other in others][::5]
    understood = 0
    for question in asked:
        try:
            understood += bool(understand(question))
        except NotUnderstood:
            continue
    assert understood / len(asked) > 0.88
