"""Questions that compare people, choose between them, or ask where one is beside another: what they mean, and what is
answered."""

from __future__ import annotations

import pytest

from facereason.agent import NotUnderstood, understand
from facereason.types import ActionUnit, By, Constraint, Kind, Outcome, Query, Topic, UnitState
from tests.agent.scenes import chat, person, scene


def only(question: str) -> Query:
    (query,) = understand(question)
    return query


@pytest.mark.parametrize(
    ("question", "topic", "value", "negated"),
    [
        ("Who frowns more, person 1 or person 2?", Topic.ACTION_UNIT, "AU4", False),
        ("Is person 1 more frowning than person 2?", Topic.ACTION_UNIT, "AU4", False),
        ("Is AU12 stronger in person 1 than in person 2?", Topic.ACTION_UNIT, "AU12", False),
        ("Is AU12 stronger in person 1 or in person 2?", Topic.ACTION_UNIT, "AU12", False),
        ("Do person 1 and person 2 have different emotions?", Topic.EMOTION, "same", True),
        ("Are person 1 and person 2 of different ages?", Topic.AGE, "same", True),
        ("Do person 1 and person 2 look in the same direction?", Topic.GAZE, "same", False),
        ("Are person 1 and person 2 facing the same way?", Topic.BODY, "same", False),
        ("Is person 1's head turned more than person 2's?", Topic.HEAD_POSE, "turned", False),
        ("Is the head of person 1 tilted less than the head of person 2?", Topic.HEAD_POSE, "tilted", True),
        ("Between person 1 and person 2, whose head is turned further?", Topic.HEAD_POSE, "turned", False),
        ("Is brow lowering more pronounced in person 1 than in person 2?", Topic.ACTION_UNIT, "AU4", False),
    ],
)
def test_two_are_compared(question: str, topic: Topic, value: str, negated: bool) -> None:
    query = only(question)
    assert (query.kind, query.topic, query.value, query.negated) == (Kind.COMPARE, topic, value, negated)
    assert [query.about.constraints[0].value, query.against and query.against.constraints[0].value] == ["1", "2"]


def test_who_of_two_names_both_as_those_to_choose_among() -> None:
    query = only("Who is sad, person 1 or person 2?")
    among, said = query.about.constraints
    assert (query.kind, among.value, said.value) == (Kind.SELECT, "among", "sadness")
    assert among.to is not None
    assert [each.to and each.to.constraints[0].value for each in among.to.constraints] == ["1", "2"]


@pytest.mark.parametrize(
    ("question", "outside"),
    [
        ("Is the man next to the woman in red?", "next to"),
        ("Is the woman in the middle behind the girl in blue?", "behind"),
        ("Is the person who is second from the left to the right of the child with black hair?", "right of"),
    ],
)
def test_what_stands_behind_a_relation_belongs_to_the_other_one(question: str, outside: str) -> None:
    query = only(question)
    assert query.kind is Kind.YES_NO
    assert query.against is not None
    (relation,) = query.against.constraints
    assert (relation.by, relation.value) == (By.RELATION, outside)
    assert relation.to is not None
    assert {each.topic for each in relation.to.constraints} & {Topic.CLOTHING_COLOUR, Topic.HAIR_COLOUR}
    assert not any(each.by is By.RELATION for each in query.about.constraints)


@pytest.mark.parametrize(
    "question",
    [
        "Is the person next to the woman in red?",
        "Is the man next to her wearing red?",
        "Is the man who is next to the woman in red?",
        "Does the man next to the woman wear red?",
    ],
)
def test_who_is_known_by_whom_they_stand_beside_is_asked_about(question: str) -> None:
    query = only(question)
    assert (query.topic, query.value) == (Topic.CLOTHING_COLOUR, "red")
    assert any(each.by is By.RELATION for each in query.about.constraints)


def test_at_least_so_many_is_one_fewer_and_more() -> None:
    query = only("Are there at least three women?")
    assert (query.topic, query.value) == (Topic.PEOPLE, "more than 2")


@pytest.mark.parametrize("question", ["Is person 1's smile genuine?", "Is her smile genuine?"])
def test_a_genuine_smile_is_asked_as_what_shows_it(question: str) -> None:
    smile, cheeks = understand(question)
    assert (smile.value, cheeks.value) == ("smile", "AU6")


@pytest.mark.parametrize(("word", "value"), [("beige", "brown or white"), ("turquoise", "blue or green")])
def test_colours_between_two_may_be_either(word: str, value: str) -> None:
    about = only(f"How does the man in {word} feel?").about
    assert Constraint(by=By.TOPIC, topic=Topic.CLOTHING_COLOUR, value=value) in about.constraints


@pytest.mark.parametrize(
    ("question", "begins", "people"),
    [
        ("Who is sad, the man in blue or the man in black?", "I find one person among", (4,)),
        ("Who is wearing blue, the man in blue or the girl?", "I find one person among", (2,)),
        ("Do the man in blue and the man in black have different emotions?", "Yes:", (2, 4)),
        ("Do the woman in red and the girl have the same expression?", "No:", (1, 3)),
        (
            "Are the two men next to each other?",
            "No: person 2 (man in blue) and person 4 (man in black) are not",
            (2, 4),
        ),
        ("Is the man in blue next to the woman in red?", "Yes:", (2,)),
        ("Do the man in blue and the woman in red look in the same direction?", "No:", (2, 1)),
        ("Are the heads of the man in blue and the woman in red turned in the same direction?", "No:", (2, 1)),
        ("Do the girl and the woman in red have the same head pose?", "Yes:", (3, 1)),
        ("Do the man in blue and the woman in red differ in head tilt?", "Yes:", (2, 1)),
    ],
)
def test_the_answer_says_which(question: str, begins: str, people: tuple[int, ...]) -> None:
    answer = chat().ask(question)
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text.startswith(begins)
    assert {person.number for person in answer.people} == set(people)


def test_heads_are_compared_and_sorted_by_how_far_they_are_turned_to_either_side() -> None:
    talk = chat()
    most = talk.ask("Whose head is turned the most?")
    assert most.text.startswith("The woman in green on the far right (person 5)")
    assert "45\u00b0" in most.text
    less = talk.ask("Is person 2 turned more than person 5?")
    assert less.text.startswith("No: ")
    assert less.text.count("\u00b0") == 2
    level = talk.ask("Who turns the head more, person 1 or person 3?")
    assert level.outcome is Outcome.CANNOT_TELL
    line = talk.ask("Put the women in order of how far their heads are turned.")
    assert line.people[0].number == 5


def test_people_are_sorted_by_how_near_they_are() -> None:
    near, middle, far = (person(1, size=90), person(2, size=180), person(3, size=60))
    for question, order in (
        ("Order the people from nearest to farthest.", [2, 1, 3]),
        ("List the people by distance.", [2, 1, 3]),
        ("Sort everybody, the farthest first.", [3, 1, 2]),
    ):
        answer = chat(scene(near, middle, far)).ask(question)
        assert [each.number for each in answer.people] == order, answer.text


def test_one_person_is_in_no_order_and_them_are_all_then() -> None:
    talk = chat(scene(person(1, size=90), person(2, size=180), person(3, size=60)))
    talk.ask("How does person 1 feel?")
    assert [each.number for each in talk.ask("Order them from nearest to farthest.").people] == [2, 1, 3]


def test_looks_meet_only_where_both_look_at_each_other() -> None:
    here = scene(person(1, yaw=60), person(2, yaw=-60), person(3, "male", yaw=-60), person(4, "male", yaw=-60))
    talk = chat(here)
    for question in ("Is there eye contact between anyone?", "Are any two people staring at each other?"):
        met = talk.ask(question)
        assert met.text.startswith("Yes: "), met.text
        assert "look at each other" in met.text
        assert {each.number for each in met.people} == {1, 2}
    men = talk.ask("Do the two men look at each other?")
    assert men.text.startswith("No: ")


def test_nobody_of_those_named_is_said_to_be_none_of_them() -> None:
    answer = chat().ask("Who is sad, the woman in red or the girl?")
    assert answer.outcome is Outcome.NOBODY
    assert "among the woman in red and the girl" in answer.text


def test_one_of_two_who_may_be_several_is_asked_back() -> None:
    assert chat().ask("Who is happy, the man or the girl?").outcome is Outcome.AMBIGUOUS


@pytest.mark.parametrize("question", ["Does nobody look in the same direction?", "What is nobody looking at?"])
def test_nobody_is_not_compared(question: str) -> None:
    with pytest.raises(NotUnderstood):
        understand(question)


def test_a_not_before_the_colour_is_of_the_colour() -> None:
    query = only("Is the man next to the woman not in red?")
    assert (query.topic, query.value, query.negated) == (Topic.CLOTHING_COLOUR, "red", True)


def test_how_strongly_is_asked_of_what_was_asked_before() -> None:
    smiling = ActionUnit(unit=12, state=UnitState.PRESENT, intensity=0.64, confidence=0.9, reliability=0.8)
    talk = chat(scene(person(1, units=[smiling]), person(2, "male", feels="happiness")))
    assert talk.ask("How strongly?").outcome is Outcome.NOT_UNDERSTOOD  # nothing was asked before
    talk.ask("Does person 1 show AU12?")
    strength = talk.ask("How strongly?")
    assert ".64" in strength.text
    assert [each.number for each in strength.people] == [1]
    talk.ask("Is person 2 happy?")
    assert "happy (.90)" in talk.ask("and how much?").text
    for compared in ("Do person 1 and person 2 have the same expression?", "Is person 1 as happy as person 2?"):
        talk.ask(compared)
        told = talk.ask("How strongly?").text
        assert "happy (.90)" in told
        assert "same" not in told
        assert "as much" not in told
    talk.ask("How old is person 2?")
    assert talk.ask("How strong is it?").outcome is Outcome.NOT_UNDERSTOOD
