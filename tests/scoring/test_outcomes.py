"""What is read from a reply, and what becomes of one from which nothing can be read."""

from __future__ import annotations

import pytest

from facereason.scoring import SCORERS, Disposition, read_choice, scorer
from facereason.types import UsageError

EMOTIONS = {"answer": "happiness", "options": ["neutral", "happiness", "anger"]}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("happiness", "happiness"),
        ("Happy.", "happiness"),
        ("**Anger**", "anger"),
        ("The person looks happy.", "happiness"),
        ("<think>angry brows?</think><answer>neutral</answer>", "neutral"),
        ("<answer>anger</answer> no wait <answer>happiness</answer>", "happiness"),
        ("<think>She could be angry.</think>\nhappy", "happiness"),
        ("happy or angry", None),
        ("not happy", None),
        ("She isn't angry.", None),
        ("a banana", None),
        ("", None),
    ],
)
def test_an_emotion_is_read_in_any_spelling_and_never_guessed(text: str, read: str | None) -> None:
    assert SCORERS["emotion"](text, EMOTIONS).answer == read


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("B", "90"),
        ("(b)", "90"),
        ("B. 90", "90"),
        ("The answer is C", "180"),
        ("Answer: A", "0"),
        ("180 degrees", "180"),
        ("B. 180", None),
        ("E", None),
        ("a photo", None),
    ],
)
def test_a_letter_is_read_with_or_without_its_option(text: str, read: str | None) -> None:
    assert read_choice(text, ["0", "90", "180"], lettered=True) == read


def test_female_does_not_name_male() -> None:
    assert read_choice("The person is female.", ["male", "female"]) == "female"
    assert read_choice("Latino_Hispanic", ["white", "latino/hispanic"]) == "latino/hispanic"
    assert read_choice("She looks East Asian.", ["asian", "east asian"]) == "east asian"


@pytest.mark.parametrize(
    ("text", "outcome"),
    [
        ("happy", Disposition.RIGHT),
        ("angry", Disposition.WRONG),
        ("I'm sorry, but I can't help with identifying people.", Disposition.REFUSED),
        ("As an AI I do not judge faces.", Disposition.REFUSED),
        ("I cannot tell.", Disposition.ABSTAINED),
        ("It can't be determined from this photo", Disposition.ABSTAINED),
        ("unclear", Disposition.ABSTAINED),
        ("a banana", Disposition.FORMAT),
        ("", Disposition.FORMAT),
    ],
)
def test_outcomes_are_told_apart(text: str, outcome: Disposition) -> None:
    assert SCORERS["emotion"](text, EMOTIONS).outcome is outcome


def test_a_models_own_mark_of_refusal_counts_whatever_the_text() -> None:
    assert SCORERS["choice"]("happiness", EMOTIONS, refused=True).outcome is Disposition.REFUSED


def test_votes_give_the_answers_share() -> None:
    truth = EMOTIONS | {"votes": {"happiness": 6, "neutral": 4}}
    assert SCORERS["emotion"]("neutral", truth).parts == {"votes": 0.4}
    assert SCORERS["emotion"]("a banana", truth).parts == {"votes": 0.0}


def test_an_age_in_years_counts_as_its_group() -> None:
    truth = {"answer": "30-39", "options": ["3-9", "20-29", "30-39", "70+"]}
    assert SCORERS["age"]("33 years old", truth).outcome is Disposition.RIGHT
    assert SCORERS["age"]("more than 70", truth).answer == "70+"
    near = SCORERS["age"]("25", truth)
    assert (near.outcome, near.parts["near"]) == (Disposition.WRONG, 1.0)


def test_a_thought_is_counted_against_units_and_reference() -> None:
    reply = "<think>Lip corners pulled up (AU12), brow lowered (AU4).</think><answer>happy</answer>"
    truth = EMOTIONS | {"units": [6, 12], "description": "The lip corners are pulled up (AU12)."}
    score = SCORERS["think"](reply, truth)
    assert score.outcome is Disposition.RIGHT
    assert (score.parts["hits"], score.parts["missed"], score.parts["wrong"]) == ([12], [6], {"4": 1.0})
    assert (score.parts["claims"], score.parts["supported"], score.parts["form"]) == (2, 1, 1.0)
    assert 0.4 < score.parts["rouge"] < 1


def test_outside_the_form_a_thought_answers_nothing() -> None:
    score = SCORERS["think"]("happiness, by AU12", EMOTIONS | {"units": [12]})
    assert (score.outcome, score.answer, score.parts["hits"]) == (Disposition.FORMAT, None, [])


def test_a_number_is_measured_the_shorter_way_round() -> None:
    truth = {"answer": -170.0, "within": 15, "full": 360}
    score = SCORERS["number"]("175", truth)
    assert (score.outcome, score.parts["error"]) == (Disposition.RIGHT, 15.0)
    assert SCORERS["number"]("somewhere", truth).outcome is Disposition.FORMAT
    assert SCORERS["number"]("10 or 20", truth).outcome is Disposition.FORMAT


def test_an_unknown_scorer_is_wrong_usage_that_lists_them() -> None:
    with pytest.raises(UsageError, match="no scorer 'bleu': there are choice, emotion"):
        scorer("bleu")
