"""Whether people are alike, who does more of something, and relations to nobody."""

from __future__ import annotations

import pytest

from facereason.agent import NotUnderstood, understand
from facereason.types import By, Constraint, Kind, Outcome, Query, Reference, Scope, Topic
from tests.agent.scenes import chat, emotion, person, scene


def only(question: str) -> Query:
    (query,) = understand(question)
    return query


def relation(reference: Reference | None) -> Constraint:
    """The last constraint by a relation of a reference."""
    assert reference is not None
    return [each for each in reference.constraints if each.by is By.RELATION][-1]


@pytest.mark.parametrize(
    ("question", "topic", "value"),
    [
        ("Is the man as happy as the woman?", Topic.EMOTION, "as much as happiness"),
        ("Does he look as sad as her?", Topic.EMOTION, "as much as sadness"),
        ("Does the woman smile as much as the man?", Topic.ACTION_UNIT, "as much as smile"),
        ("Is the woman smiling as much as the man?", Topic.ACTION_UNIT, "as much as smile"),
        ("Is the man as old as the woman?", Topic.AGE, "same"),
    ],
)
def test_as_much_is_asked_of_two(question: str, topic: Topic, value: str) -> None:
    query = only(question)
    assert (query.kind, query.topic, query.value, query.polar) == (Kind.COMPARE, topic, value, True)
    assert query.against is not None


@pytest.mark.parametrize(("one", "other", "says"), [(0.9, 0.85, "Yes"), (0.4, 0.9, "No"), (0.9, 0.3, "Yes")])
def test_as_happy_is_about_as_happy_or_more(one: float, other: float, says: str) -> None:
    two = scene(
        person(1, feels=emotion("happiness", one)),
        person(2, gender="male", feels=emotion("happiness", other)),
    )
    answer = chat(two).ask("Is the woman as happy as the man?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text.startswith(says)
    assert [each.number for each in answer.people] == [1, 2]


def test_as_blond_as_is_no_question() -> None:
    with pytest.raises(NotUnderstood):
        understand("Is the man as blond as the woman?")


@pytest.mark.parametrize(
    "question",
    [
        "Who is smiling more, the man or the woman?",
        "Who smiles more, the man or the woman?",
        "Is the man smiling more than the woman?",
    ],
)
def test_who_smiles_more_is_told_by_the_smile(question: str) -> None:
    query = only(question)
    assert (query.kind, query.topic, query.value) == (Kind.COMPARE, Topic.ACTION_UNIT, "smile")


def test_nobody_beside_somebody_is_no_anybody() -> None:
    assert relation(only("Who is next to nobody?").about).negated
    assert relation(only("Is the boy looking at nobody?").against).negated
    assert not relation(only("Is the boy looking at anybody?").against).negated
    with pytest.raises(NotUnderstood):
        understand("Who is older than nobody?")
    answers = [chat().ask(f"Is person 1 next to {whom}?").text for whom in ("nobody", "somebody")]
    assert [text.split(":")[0].split(",")[0] for text in answers] == ["No", "Yes"]


def test_nobody_is_older_than_themselves() -> None:
    people = (person(1, age="20-29"), person(2, age="60-69"), person(3, age="40-49"))
    assert chat(scene(*people)).ask("Is everyone older than person 1?").text.startswith(("Yes", "Perhaps"))
    assert chat(scene(*people)).ask("Is everyone older than person 3?").text.startswith("No")


def test_words_behind_two_ends_belong_to_the_second() -> None:
    query = only("Is the girl between the man and the woman in red?")
    assert (query.kind, query.topic) == (Kind.YES_NO, Topic.POSITION)
    ends = relation(query.against).to
    assert ends is not None
    assert ends.scope is Scope.ALL
    man, woman = (each.to for each in ends.constraints)
    assert man is not None
    assert "red" not in {each.value for each in man.constraints}
    assert woman is not None
    assert "red" in {each.value for each in woman.constraints}


@pytest.mark.parametrize("share", ["percentage", "proportion", "share", "fraction"])
def test_a_share_is_answered_by_the_count_and_of_how_many(share: str) -> None:
    query = only(f"What {share} of the people are smiling?")
    assert (query.kind, query.topic) == (Kind.COUNT, Topic.PEOPLE)
    assert ", of " in chat().ask(f"What {share} of the people are happy?").text


@pytest.mark.parametrize("place", ["next to", "left of", "behind"])
def test_who_sits_beside_somebody_sits(place: str) -> None:
    about = only(f"Describe the person sitting {place} the man in red.").about
    assert (Topic.POSTURE, "sitting") in {(each.topic, each.value) for each in about.constraints}
    standing = only(f"Describe the person standing {place} the man in red.").about  # a way of speaking
    assert Topic.POSTURE not in {each.topic for each in standing.constraints}
    assert type(relation(about)) is type(relation(standing))
