"""Questions of our own, each with how it is understood, whom the answer is about and how it ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.agent import scenes

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "questions_own.yaml"


def rows() -> Iterator[Any]:
    for scene, questions in yaml.safe_load(GOLDEN.read_text(encoding="utf-8")).items():
        for row in questions:
            yield pytest.param(scene, row, id=f"{scene}: {row['question']}")


@pytest.mark.parametrize(("scene", "row"), list(rows()))
def test_a_question_of_our_own_is_answered_as_written_down(scene: str, row: dict[str, Any]) -> None:
    talk = scenes.chat(getattr(scenes, scene)())
    if "after" in row:
        talk.ask(row["after"])
    answer = talk.ask(row["question"])
    assert [str(query.kind) for query in answer.queries] == row["kinds"]
    assert [person.number for person in answer.people] == row["people"]
    assert str(answer.outcome) == row["outcome"]


def test_there_are_enough_of_them() -> None:
    assert len(list(rows())) >= 120
