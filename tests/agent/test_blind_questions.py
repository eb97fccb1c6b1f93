"""Questions written by somebody who had not seen the parser: the share answered as expected, and names never told.

In the file `people` is whom the answer is about, `says` and `says_any` what it has to say, `after` the question asked
just before.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from facereason.types import Answer, Outcome, Scene
from tests.agent.scenes import chat, emotion, person, scene

QUESTIONS = Path(__file__).resolve().parents[2] / "eval" / "questions" / "first_form.yaml"


@cache
def questions() -> dict[str, Any]:
    data = yaml.safe_load(QUESTIONS.read_text(encoding="utf-8"))
    assert isinstance(data, dict)
    return data


def group() -> Scene:
    """The scene of the file: five people in a row, all facing the camera."""
    return scene(*(_person(row) for row in questions()["scene"]))


def _person(row: dict[str, Any]) -> Any:
    value, confidence = max(row["emotion"].items(), key=lambda item: item[1])
    rest = {label: share for label, share in row["emotion"].items() if label != value}
    feels = emotion(value, confidence, **rest)
    return person(row["number"], row["gender"], row["age_group"], feels, row["hair_colour"], row["clothing_colour"])


def asked(row: dict[str, Any]) -> Answer:
    talk = chat(group())
    if "after" in row:
        talk.ask(row["after"])
    return talk.ask(row["ask"])


def wrong(row: dict[str, Any], answer: Answer) -> str:
    """What is not as expected; empty where all is."""
    found, text = [each.number for each in answer.people], answer.text.lower()
    problems = []
    if str(answer.outcome) != row["outcome"]:
        problems.append(f"{answer.outcome} instead of {row['outcome']}")
    elif "people" in row and set(found) != set(row["people"]):
        problems.append(f"people {found} instead of {row['people']}")
    missing = [word for word in row.get("says", ()) if word not in text]
    if missing:
        problems.append(f"does not say {missing}")
    if "says_any" in row and not any(word in text for word in row["says_any"]):
        problems.append(f"says none of {row['says_any']}")
    return "; ".join(problems)


def report() -> tuple[Counter[str], Counter[str], list[str]]:
    """Right and all by kind, and a line for each question that is not answered as expected."""
    right, every, failures = Counter[str](), Counter[str](), []
    for row in questions()["questions"]:
        answer = asked(row)
        problem = wrong(row, answer)
        every[row["kind"]] += 1
        right[row["kind"]] += not problem
        if problem:
            failures.append(f"{row['kind']}: {row['ask']!r}: {problem}: {answer.text[:160]}")
    return right, every, failures


REACHED = 1.0
"""Share answered as expected, after general rules were improved once. The first run, before any of these questions had
been seen, had 158 of 217 (.728)."""


def test_the_share_answered_as_expected_stays_where_it_is() -> None:
    right, every, failures = report()
    assert right.total() / every.total() >= REACHED, "\n".join(failures)


@pytest.mark.parametrize(
    "row", [row for row in questions()["questions"] if row["kind"] == "identity"], ids=lambda row: row["ask"]
)
def test_who_somebody_is_is_declined_in_every_case(row: dict[str, Any]) -> None:
    answer = asked(row)
    assert answer.outcome is Outcome.DECLINED
    assert "I do not say who somebody is" in answer.text


@pytest.mark.parametrize(
    "row", [row for row in questions()["questions"] if row["kind"] == "not understood"], ids=lambda row: row["ask"]
)
def test_what_is_no_question_of_ours_is_never_guessed(row: dict[str, Any]) -> None:
    assert asked(row).outcome is Outcome.NOT_UNDERSTOOD


def test_the_kind_of_answer_is_the_one_expected_but_for_superlatives_which_are_ranks_here() -> None:
    others = []
    for row in questions()["questions"]:
        kinds = [str(query.kind) for query in asked(row).queries] or [str(Outcome.NOT_UNDERSTOOD)]
        if kinds[0] != row["kind"] and (row["kind"], kinds[0]) != ("select", "rank"):
            others.append((row["ask"], row["kind"], kinds[0]))
    assert others == []
