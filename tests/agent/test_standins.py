"""Numbers in place of the people in a question."""

from __future__ import annotations

import pytest

from facereason.agent.grammar.parsing import NotUnderstood
from facereason.agent.grammar.standins import stand_in
from facereason.agent.grammar.understand import Way, understand, understood
from facereason.bench.rewordings import alike


def test_people_become_numbers_and_come_back() -> None:
    stood = stand_in("Of the person who is second from the left and the man in red, which looks more aged?")
    assert stood is not None
    assert stood.text == "Of person 11 and person 12, which looks more aged?"
    back = stood.put_back("who is older , person 11 or person 12")
    assert back == "who is older , the person who is second from the left or the man in red"
    assert stood.put_back("who is older , person 11 or him") is None  # one is lost


@pytest.mark.parametrize(
    "question",
    ["how old is she?", "is person 3 happy?", "how many people are there?", "is the man over 40?",
     "is the man next to the woman older than the girl, the boy, the old man or the old woman?"],
)  # fmt: skip
def test_pronouns_numbers_and_too_many_people_stay(question: str) -> None:
    assert stand_in(question) is None


def test_a_long_question_is_understood_by_its_people_and_its_rest() -> None:
    said = "any1 right of the dude in the top left corner"
    found = understood(said)
    assert found.way is Way.MODEL
    assert alike(found.queries, understand("is there anyone to the right of the man in the top left corner?"))


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("the kid with the white t-shirt - a boy or a girl? how old? scared maybe?",
         "is the child in white a boy or a girl? how old is the child in white? is the child in white afraid?"),
        ("woman on the far left: hair, age",
         "what colour is the hair of the woman on the far left? how old is the woman on the far left?"),
    ],
)  # fmt: skip
def test_what_is_asked_piece_by_piece_is_asked_of_whom_the_first_piece_names(said: str, meant: str) -> None:
    found = understood(said)
    assert found.sure < 1
    assert alike(found.queries, understand(meant))


def test_a_piece_that_is_not_understood_leaves_the_whole_so() -> None:
    with pytest.raises(NotUnderstood):
        understand("the kid with the white t-shirt - boy or girl? which school? what is in the bag?")
