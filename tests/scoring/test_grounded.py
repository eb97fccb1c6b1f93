"""Answers about several people, read strictly and scored for whom they are about and what they say."""

from __future__ import annotations

import doctest
from typing import Any

import pytest

from facereason.scoring import SCORERS, Disposition, Score, expected, grounded, read_grounded, written
from facereason.types import Box
from facereason.types import Outcome as Ending

SIZE = [500, 200]
PEOPLE = {"1": [[50, 20, 50, 60], [60, 30, 30, 40]], "2": [[250, 20, 50, 60]], "3": []}
FIRST, SECOND = "1: [100, 100, 200, 400]", "1: [500, 100, 600, 400]"
"""Boxes of the people 1 and 2, in thousandths."""


def judged(text: str, expect: dict[str, Any], *, refused: bool = False) -> Score:
    told = {"outcome": "answered"} | expect
    return SCORERS["grounded"](text, {"expect": told, "people": PEOPLE, "size": SIZE}, refused=refused)


def reply(people: str, answer: str) -> str:
    return f"<people>{people}</people><answer>{answer}</answer>"


@pytest.mark.parametrize("module", [grounded, expected])
def test_examples_of_the_docstrings_hold(module: Any) -> None:
    ended = doctest.testmod(module)
    assert ended.attempted
    assert not ended.failed


@pytest.mark.parametrize(
    "text",
    [
        "The second from the left is happy.",
        "<answer>happy</answer>",
        "<people>1</people><answer>happy</answer>",
        "<people>1: [0, 0, 10]</people><answer>happy</answer>",
        "<people>1: [10, 0, 10, 20]</people><answer>happy</answer>",
        "<people>1: [0, 0, 10, 1001]</people><answer>happy</answer>",
        "<people>1: [0.1, 0, 0.5, 1]</people><answer>happy</answer>",
        "<people>1: [0, 0, 10, 10]; 1: [5, 5, 20, 20]</people><answer>happy</answer>",
        "<people></people><answer>happy</answer>",
        "<people>none</people><answer></answer>",
        "Sure! <people>none</people><answer>happy</answer>",
        "<people>none</people><answer>happy</answer> I hope this helps.",
        "<people>none</people><answer>happy</answer><people>none</people><answer>sad</answer>",
    ],
)
def test_what_is_not_in_the_form_is_a_format_failure_and_finds_nobody(text: str) -> None:
    assert read_grounded(text) is None
    score = judged(text, {"people": [1], "says": [["happ"]]})
    assert (score.outcome, score.parts) == (Disposition.FORMAT, {"found": 0.0, "said": 0.0})


@pytest.mark.parametrize(
    ("text", "outcome", "found", "said"),
    [
        (reply(FIRST, "Person 1 looks happy."), Disposition.RIGHT, 1.0, 1.0),
        (reply(SECOND, "Person 1 looks happy."), Disposition.WRONG, 0.0, 1.0),
        (reply(FIRST, "Person 1 looks sad."), Disposition.WRONG, 1.0, 0.0),
        (reply("7: [100, 100, 200, 400]", "Happy."), Disposition.RIGHT, 1.0, 1.0),
        (reply(f"{FIRST}; 2: [500, 100, 600, 400]", "Both are happy."), Disposition.WRONG, 0.0, 1.0),
        (reply("none", "Somebody is happy."), Disposition.WRONG, 0.0, 1.0),
        (reply("none", "cannot tell"), Disposition.ABSTAINED, 0.0, 0.0),
        (reply("none", "not understood: I do not know this word"), Disposition.ABSTAINED, 0.0, 0.0),
        (reply("none", "Nobody fits."), Disposition.WRONG, 0.0, 0.0),
        (reply("none", "Declined: I do not say."), Disposition.REFUSED, 0.0, 0.0),
        (f"<think>brows up</think> {reply(FIRST, 'happy')}", Disposition.RIGHT, 1.0, 1.0),
        ("cannot tell", Disposition.ABSTAINED, 0.0, 0.0),
        ("I'm sorry, I can't help with that.", Disposition.REFUSED, 0.0, 0.0),
    ],
)
def test_person_and_answer_are_scored_apart(text: str, outcome: Disposition, found: float, said: float) -> None:
    score = judged(text, {"people": [1], "says": [["happ"]]})
    assert (score.outcome, score.parts) == (outcome, {"found": found, "said": said})


def test_a_box_counts_by_overlap_or_by_its_middle_and_each_person_once() -> None:
    assert judged(reply("1: [140, 240, 150, 260]", "x"), {"people": [1]}).parts == {"found": 1.0}
    assert judged(reply("1: [300, 240, 310, 260]", "x"), {"people": [1]}).parts == {"found": 0.0}
    twice = reply("1: [100, 100, 200, 400]; 2: [105, 100, 200, 400]", "x")
    assert judged(twice, {"people": [1]}).parts == {"found": 0.0}


def test_what_a_question_does_not_ask_for_is_not_counted() -> None:
    assert judged(reply("none", "3 people"), {"number": 3}).parts == {"said": 1.0}
    assert judged(reply("none", "cannot tell"), {"outcome": "cannot tell"}).parts == {"said": 1.0}
    assert judged(reply(FIRST, "There."), {"people": [1]}).outcome is Disposition.RIGHT


def test_orders_and_names_go_by_the_reply_s_own_numbers() -> None:
    both = "4: [500, 100, 600, 400]; 9: [100, 100, 200, 400]"
    assert judged(reply(both, "x"), {"people": [2, 1], "ordered": True}).parts == {"found": 1.0}
    assert judged(reply(both, "x"), {"people": [1, 2], "ordered": True}).parts == {"found": 0.0}
    assert (
        judged(reply(both, "Person 9 is happier than person 4."), {"people": [1, 2], "first": 1}).parts["said"] == 1.0
    )
    assert judged(reply(both, "Person 4 is."), {"people": [1, 2], "first": 1}).parts["said"] == 0.0
    assert judged(reply(both, "Person 4 and person 9, so 2."), {"number": 2}).parts["said"] == 1.0


def test_whom_a_phrase_means_may_be_several_or_nobody() -> None:
    several = {"outcome": ["several fit", "answered"], "people": [1, 2]}
    both = f"{FIRST}; 2: [500, 100, 600, 400]"
    assert judged(reply(both, "Several fit."), several).outcome is Disposition.RIGHT
    assert judged(reply("none", "several fit: which one?"), several).outcome is Disposition.RIGHT
    assert judged(reply(both, "There."), several).outcome is Disposition.RIGHT
    assert judged(reply(FIRST, "There."), several).outcome is Disposition.WRONG
    assert judged(reply(FIRST, "Several fit."), several).outcome is Disposition.WRONG
    nobody = {"outcome": ["nobody fits", "cannot tell"]}
    assert judged(reply("none", "nobody fits"), nobody).outcome is Disposition.RIGHT
    assert judged(reply(FIRST, "There."), nobody).outcome is Disposition.WRONG


def test_a_model_s_own_mark_that_it_declined_counts_as_such() -> None:
    assert judged(reply(FIRST, "happy"), {"people": [1]}, refused=True).outcome is Disposition.REFUSED


def test_what_is_written_is_read_as_it_was() -> None:
    people = {2: Box(50, 20, 50, 60), 1: Box(-10, 150, 60, 100)}
    text = written(people, "Person 2 <smiles>.", Ending.AMBIGUOUS, 500, 200)
    read = read_grounded(text)
    assert read is not None
    assert list(read.people) == [2, 1]
    assert read.people[1] == Box(0, 750, 100, 250)
    assert (read.answer, read.ending) == ("several fit: Person 2 (smiles).", Ending.AMBIGUOUS)
    assert written({1: Box(600, 0, 50, 50)}, "x", Ending.ANSWERED, 500, 200).startswith("<people>none</people>")
