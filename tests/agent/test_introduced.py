"""Somebody who is brought in by a sentence of their own."""

from __future__ import annotations

import pytest

from facereason.agent.grammar.understand import Way, understand, understood
from facereason.bench.rewordings import alike


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("There's a woman behind the boy. Is she happy?", "is the woman behind the boy happy?"),
        ("There is a man in red; who is next to him?", "who is next to the man in red?"),
        ("The man on the left. How old is he, and what is he wearing?",
         "how old is the man on the left? what is the man on the left wearing?"),
        ("why happy? I mean the man on the left", "why is the man on the left happy?"),
        ("how old is she? the woman in red that is", "how old is the woman in red?"),
        ("There's a girl in blue. Is the boy older than her?", "is the boy older than the girl in blue?"),
    ],
)  # fmt: skip
def test_who_is_brought_in_is_whom_the_next_sentence_asks_about(said: str, meant: str) -> None:
    assert alike(understand(said), understand(meant))


@pytest.mark.parametrize(
    "said",
    ["Is there a woman? Is she happy?", "There's a man. Is she sad?", "There's nobody. Is she sad?",
     "What about the man on the left? Is the woman sad?", "Is she happy? And the man on the left?",
     "Is he happy, and who is sad?"],
)  # fmt: skip
def test_what_is_asked_stays_and_so_does_a_pronoun_for_somebody_else(said: str) -> None:
    assert len(understand(said)) == 2


def test_all_who_do_something_alone_is_a_question_and_all_of_a_kind_is_not() -> None:
    asked = understood("All faces smiling?")
    assert asked.way is not Way.GRAMMAR
    assert alike(asked.queries, understand("is everyone smiling?"))
    assert [query.kind for query in understand("only the women")] == ["again"]
