"""Questions that hold two conditions, an exception or several people at once: nothing of them is dropped, and the words
at their end belong to whom they stand by."""

from __future__ import annotations

import pytest

from facereason.agent import NotUnderstood, understand
from facereason.agent.whom.fits import heads
from facereason.types import (
    ActionUnit,
    By,
    Constraint,
    HeadPose,
    Kind,
    Outcome,
    Person,
    Query,
    Reference,
    Scope,
    Topic,
    UnitState,
)
from tests.agent.scenes import chat, person, scene


def only(question: str) -> Query:
    (query,) = understand(question)
    return query


def values(reference: Reference | None) -> set[str]:
    assert reference is not None
    return {each.value for each in reference.constraints}


def other(reference: Reference | None) -> Constraint:
    """The one constraint by a relation of a reference."""
    assert reference is not None
    (relation,) = (each for each in reference.constraints if each.by is By.RELATION)
    return relation


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who has brown hair and wears blue?", {"brown", "blue"}),
        ("Who wears blue and is smiling?", {"blue", "smile"}),
        ("Who is sitting and looks at the camera?", {"sitting", "camera"}),
        ("Who is sad in the front row?", {"sadness", "bottom"}),
    ],
)
def test_both_conditions_hold(question: str, said: set[str]) -> None:
    query = only(question)
    assert query.kind is Kind.SELECT
    assert values(query.about) == said


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("Who besides the man in blue looks at the camera?", "camera"),
        ("Who looks at the camera except the man in blue?", "camera"),
        ("Who, apart from the man in blue, is smiling?", "smile"),
        ("Who has the mouth open, except the man in blue?", "AU25"),
    ],
)
def test_who_is_left_out_stays_left_out(question: str, said: str) -> None:
    query = only(question)
    assert (query.kind, query.value) == (Kind.SELECT, said)
    out = other(query.about)
    assert (out.value, out.negated, values(out.to)) == ("same as", True, {"male", "adult", "blue"})


def test_all_of_a_kind_but_one_keep_their_kind() -> None:
    query = only("Is every man smiling except the boy in blue?")
    assert (query.topic, query.value) == (Topic.ACTION_UNIT, "smile")
    assert values(query.about) == {"male", "adult", "same as"}
    assert values(other(query.about).to) == {"male", "minor", "blue"}


def test_everyone_but_one_is_asked_what_stands_before_the_exception() -> None:
    query = only("Is everyone standing except the man in blue?")
    assert (query.topic, query.value, query.about.scope) == (Topic.POSTURE, "standing", Scope.ALL)
    assert values(other(query.about).to) == {"male", "adult", "blue"}


@pytest.mark.parametrize(
    "question", ["Is anyone left of the man in blue?", "Is anybody next to the girl with red hair?"]
)
def test_anybody_beside_somebody_is_asked_for_by_place(question: str) -> None:
    query = only(question)
    assert (query.kind, query.topic, query.about.constraints) == (Kind.YES_NO, Topic.POSITION, ())
    assert values(other(query.against).to) & {"blue", "red"}


@pytest.mark.parametrize("verb", ["sitting", "both sitting"])
def test_two_named_with_are_are_asked_the_same(verb: str) -> None:
    one, two = understand(f"Are the man in blue and the girl {verb}?")
    assert (one.topic, one.value, two.topic, two.value) == (Topic.POSTURE, "sitting", Topic.POSTURE, "sitting")
    assert values(one.about) == {"male", "adult", "blue"}
    assert values(two.about) == {"female", "minor"}


def test_is_the_man_in_blue_and_the_girl_in_red_stay_two_questions() -> None:
    one, two = understand("Is the man in blue and is the girl sitting?")
    assert (one.topic, two.topic) == (Topic.CLOTHING_COLOUR, Topic.POSTURE)


def test_neither_nor_is_told_by_yes() -> None:
    answers = [chat().ask(f"Is person {number} neither happy nor sad?") for number in (1, 4)]
    assert [answer.outcome for answer in answers] == [Outcome.ANSWERED] * 2
    assert answers[0].text.startswith("No")  # she is happy
    assert answers[1].text.startswith("No")  # he is sad


def test_neither_of_two_colours() -> None:
    query = only("Who wears neither red nor pink?")
    (said,) = query.about.constraints
    assert (said.topic, said.value, said.negated) == (Topic.CLOTHING_COLOUR, "red or pink", True)


@pytest.mark.parametrize(
    ("question", "topic", "value", "negated"),
    [
        ("Who frowns the most?", Topic.ACTION_UNIT, "AU4", False),
        ("Who smiles the most?", Topic.ACTION_UNIT, "smile", False),
        ("Rank everyone by AU12, strongest first.", Topic.ACTION_UNIT, "AU12", False),
        ("Sort everybody by AU6, weakest first.", Topic.ACTION_UNIT, "AU6", True),
        ("Who is the youngest of persons 1, 2 and 3?", Topic.AGE, "young", False),
    ],
)
def test_more_can_be_ranked(question: str, topic: Topic, value: str, negated: bool) -> None:
    query = only(question)
    assert (query.kind, query.topic, query.value, query.negated) == (Kind.RANK, topic, value, negated)


def test_the_youngest_of_some_is_one_of_them() -> None:
    answer = chat().ask("Who is the oldest of the man in blue, the girl and person 4?")
    assert answer.outcome is Outcome.ANSWERED
    assert {person.number for person in answer.people} <= {2, 3, 4}


def test_left_or_right_of_somebody_is_asked_as_both() -> None:
    left, right = understand("Is the man in blue left or right of the girl?")
    assert [other(each.against).value for each in (left, right)] == ["left of", "right of"]


def test_as_many_are_counted() -> None:
    assert chat().ask("Are there as many men as women?").text.startswith("Yes: I count")
    assert chat().ask("Are there as many men as girls?").text.startswith("No: I count")


def test_the_farthest_is_the_one_at_the_other_end() -> None:
    answer = chat().ask("Who is farthest from person 1?")
    assert [person.number for person in answer.people] == [5]


@pytest.mark.parametrize(
    "question",
    [
        "Are all people but one standing?",  # an amount that cannot be said yet
        "Which women have no man next to them?",
        "Who is standing sideways?",
    ],
)
def test_what_would_lose_a_part_is_not_understood(question: str) -> None:
    with pytest.raises(NotUnderstood):
        understand(question)


def test_nobody_is_compared_with_themselves() -> None:
    query = only("Who smiles more than the girl?")
    assert query.kind is Kind.SELECT
    assert (other(query.about).value, values(other(query.about).to)) == ("smile", {"female", "minor"})


def test_two_questions_stay_two() -> None:
    assert (
        len(understand("Which is older, the man in blue or the girl? Who smiles more, the man in blue or the girl?"))
        == 2
    )


@pytest.mark.parametrize(
    ("question", "kind", "topic", "value"),
    [
        ("Is the hair of the woman grey, white or blond?", Kind.ATTRIBUTE, Topic.HAIR_COLOUR, ""),
        ("Is the girl in pink turned left or right?", Kind.ATTRIBUTE, Topic.HEAD_POSE, ""),
        ("By how many degrees is the head of person 1 turned?", Kind.ATTRIBUTE, Topic.HEAD_POSE, ""),
        ("Is she in her thirties, forties or fifties?", Kind.ATTRIBUTE, Topic.AGE, "30-39 or 40-49 or 50-59"),
        ("Does person 1 show contempt, disgust or anger?", Kind.EMOTION, Topic.EMOTION, ""),
        ("Is the head of the woman in white lowered?", Kind.YES_NO, Topic.HEAD_POSE, "down"),
        ("Is the man in profile?", Kind.YES_NO, Topic.HEAD_POSE, "profile"),
        ("Does person 2 look left, right or at the camera?", Kind.YES_NO, Topic.GAZE, "left or right or camera"),
    ],
)
def test_several_may_be_chosen_from(question: str, kind: Kind, topic: Topic, value: str) -> None:
    query = only(question)
    assert (query.kind, query.topic, query.value) == (kind, topic, value)


@pytest.mark.parametrize(("yaw", "fits"), [(-75.0, True), (59.0, False), (90.0, True), (150.0, False)])
def test_a_profile_is_a_head_turned_to_one_side(yaw: float, fits: bool) -> None:
    assert heads(HeadPose(yaw=yaw, pitch=0.0, roll=0.0, confidence=0.9), "profile") is fits


@pytest.mark.parametrize("question", ["Any woman looking at a man?", "Any shocked faces?"])
def test_whether_there_is_one_needs_no_verb(question: str) -> None:
    query = only(question)
    assert (query.kind, query.topic, query.about.scope) == (Kind.YES_NO, Topic.PEOPLE, Scope.ANY)


def test_tell_me_whether_two_sit_asks_for_no_name() -> None:
    one, two = understand("Tell me whether the young woman as well as the woman in the middle is sitting down.")
    assert [(each.kind, each.value) for each in (one, two)] == [(Kind.YES_NO, "sitting")] * 2
    assert only("Do you know the woman in the middle?").kind is Kind.IDENTITY


def test_who_is_left_out_may_come_first() -> None:
    query = only("Apart from the woman who is sitting, who is looking at the camera?")
    assert (query.value, values(other(query.about).to)) == ("camera", {"female", "adult", "sitting"})


@pytest.mark.parametrize(
    "question",
    ["Nobody smiling?", "No people smiling?", "Is nobody smiling except person 3?", "Does nobody smile except her?"],
)
def test_nobody_stays_nobody(question: str) -> None:
    assert only(question).negated
    assert only(question).about.scope is Scope.ANY


@pytest.mark.parametrize("question", ["Is nobody smiling except person 3?", "Nobody smiling?"])
def test_who_smiles_all_the_same_makes_it_no(question: str) -> None:
    assert chat().ask(question).text.startswith("No: I find")


@pytest.mark.parametrize(
    "question", ["Is everyone smiling except person 2 and person 5?", "Who is smiling except person 2 and person 5?"]
)
def test_two_may_be_left_out(question: str) -> None:
    out = other(only(question).about)
    assert out.to is not None
    assert (out.negated, [each.to and values(each.to) for each in out.to.constraints]) == (True, [{"2"}, {"5"}])


@pytest.mark.parametrize("question", ["Who but the child is happy?", "Are all the women except the girl happy?"])
def test_but_leaves_out_as_well(question: str) -> None:
    query = only(question)
    assert (query.value, other(query.about).negated) == ("happiness", True)


@pytest.mark.parametrize(
    "question",
    [
        "Is anyone facing left or right?",
        "Who looks up or down?",
        "Who is sitting on the left?",
        "How many people are sitting on the left?",
        "Are the women looking left, right or up?",
        "Is everyone older than person 3?",
        "Does anyone smile more than person 3?",
    ],
)
def test_it_is_answered_and_breaks_nothing(question: str) -> None:
    assert chat().ask(question).text


def test_a_place_at_the_end_is_where_those_stand_who_are_asked_about() -> None:
    query = only("Is everyone happy on the left?")
    assert (query.topic, query.value, values(query.about)) == (Topic.EMOTION, "happiness", {"left"})


def test_one_person_does_both() -> None:
    query = only("Does anyone smile and wear red?")
    assert values(query.against) == {"smile", "red"}
    assert only("Does nobody smile and wear red?").negated


@pytest.mark.parametrize(
    "question",
    [
        "Are the man in blue and the girl in red smiling?",  # no man is a girl
        "How many more women than men are there?",
        "Who has the lowest AU12?",
        "Is anyone smiling genuinely?",
    ],
)
def test_what_would_be_turned_into_something_else_is_refused(question: str) -> None:
    with pytest.raises(NotUnderstood):
        understand(question)


@pytest.mark.parametrize(
    ("question", "there", "not_there"),
    [
        ("Who shows AU12 and AU6?", {"AU12", "AU6"}, set()),
        ("Who has AU12 but not AU6?", {"AU12"}, {"AU6"}),
        ("Who shows AU12 without AU6?", {"AU12"}, {"AU6"}),
        ("Who smiles and does not raise the cheeks?", {"smile"}, {"AU6"}),
        ("Who is smiling and not looking at the camera?", {"smile"}, {"camera"}),
        ("Who has blond hair but does not smile?", {"blond"}, {"smile"}),
    ],
)
def test_one_is_there_and_the_other_is_not(question: str, there: set[str], not_there: set[str]) -> None:
    query = only(question)
    assert query.kind is Kind.SELECT
    assert {each.value for each in query.about.constraints if not each.negated} == there
    assert {each.value for each in query.about.constraints if each.negated} == not_there


@pytest.mark.parametrize(("unit", "found"), [("AU4", "two people"), ("AU12", "one person")])
def test_a_count_of_those_who_show_one_unit_and_not_another(unit: str, found: str) -> None:
    def acting(number: int, *units: int) -> Person:
        states = {each: UnitState.PRESENT if each in units else UnitState.ABSENT for each in (4, 6, 12)}
        read = [ActionUnit(unit=n, state=state, intensity=0.6, confidence=0.9) for n, state in states.items()]
        return person(number, units=read)

    people = scene(acting(1, 4), acting(2, 6, 12), acting(3, 4, 12), acting(4, 4, 6))
    answer = chat(people).ask(f"How many people show {unit} but not AU6?")
    assert answer.text.startswith(f"I count {found} who show")
    assert "not show AU6" in answer.text


@pytest.mark.parametrize(
    ("question", "outcome", "people"),
    [
        ("Is anybody in black, and who is it?", Outcome.ANSWERED, [4]),
        ("Who is it?", Outcome.DECLINED, []),
    ],
)
def test_who_it_is_of_those_just_found_is_no_question_for_a_name(
    question: str, outcome: Outcome, people: list[int]
) -> None:
    answer = chat().ask(question)
    assert (answer.outcome, [each.number for each in answer.people]) == (outcome, people)


def test_a_no_about_a_place_says_where_somebody_is_not() -> None:
    answer = chat().ask("Is person 4 next to person 1?")
    assert answer.text.startswith("No: person 4 (man in black) is not next to person 1")


def test_who_everybody_looks_at_is_told_person_by_person() -> None:
    people = scene(
        person(1, "female", x=100, yaw=90), person(2, "male", x=500), person(3, "male", wears="green", x=900, yaw=-90)
    )
    told = [chat(people).ask(question) for question in ("Who looks at whom?", "Who is everybody looking at?")]
    assert told[0].text == told[1].text
    lines = told[0].text.split(". ")
    assert lines[0].startswith("Person 1 (")
    assert lines[0].endswith(", at person 2 (man in blue), it seems")
    assert lines[1].startswith("Person 2 (")
    assert "it seems" not in lines[1]
    assert ", at person 2 (man in blue), it seems" in lines[2]
