"""Whom a reference means: one, several, nobody, or it cannot be told."""

from __future__ import annotations

import pytest

from facereason.agent import Memory, Selection, select, understand
from facereason.types import Outcome, Reference, Scene
from tests.agent.scenes import emotion, murky, party, person, scene


def about(words: str) -> Reference:
    (query,) = understand(f"Describe {words}")
    return query.about


def found(words: str, among: Scene | None = None, memory: Memory | None = None) -> Selection:
    return select(about(words), among or party(), memory or Memory())


def numbers(selection: Selection) -> list[int]:
    return [each.number for each in selection.people]


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("person 2", 2),
        ("number 4", 4),
        ("the leftmost person", 1),
        ("the person on the far right", 5),
        ("the second person from the right", 4),
        ("the last person", 5),
        ("the person in the middle", 3),
        ("the woman on the left", 1),
        ("the woman on the right", 5),
        ("the second woman", 5),
        ("the woman in red", 1),
        ("the person wearing a yellow dress", 3),
        ("the woman with the green coat", 5),
        ("the person with grey hair", 4),
        ("the blonde", 3),
        ("the red-haired woman", 5),
        ("the redhead", 5),
        ("the girl", 3),
        ("the child", 3),
        ("the elderly man", 4),
        ("the older man", 4),
        ("the younger man", 2),
        ("the youngest", 3),
        ("the smiling woman", 1),
        ("the sad-looking man", 4),
        ("the person who is angry", 5),
        ("the man next to the woman in red", 2),
        ("the person to the left of the girl", 2),
        ("the person right of the girl", 4),
        ("the woman who is looking at the camera", 1),
        ("the man who is not sad", 2),
        ("the woman next to the man in black", 5),
        ("the girl next to the man", 3),
    ],
)
def test_one_person_is_found(words: str, number: int) -> None:
    selection = found(words)
    assert (selection.outcome, numbers(selection)) == (Outcome.ANSWERED, [number])


@pytest.mark.parametrize(
    ("words", "fitting"),
    [
        ("the man", [2, 4]),
        ("the woman", [1, 5]),
        ("her", [1, 3, 5]),
        ("the person next to the girl", [2, 4]),
        ("this person", [1, 2, 3, 4, 5]),
    ],
)
def test_several_fit_where_one_was_meant(words: str, fitting: list[int]) -> None:
    selection = found(words)
    assert (selection.outcome, numbers(selection)) == (Outcome.AMBIGUOUS, fitting)


@pytest.mark.parametrize(
    "words",
    [
        "the boy",
        "the woman in blue",
        "the man on the left of the woman in red",
        "person 9",
        "the fourth woman",
        "the man in the middle",
    ],
)
def test_nobody_fits(words: str) -> None:
    assert found(words).outcome is Outcome.NOBODY


def test_an_only_man_who_stands_on_the_other_side_is_not_the_man_on_the_left() -> None:
    among = scene(person(1, "female"), person(2, "female"), person(3, "male"))
    assert found("the man on the left", among).outcome is Outcome.NOBODY
    assert numbers(found("the man on the right", among)) == [3]
    assert numbers(found("the leftmost man", among)) == [3]


def test_two_people_in_the_middle_are_several() -> None:
    among = scene(person(1), person(2), person(3), person(4))
    selection = found("the person in the middle", among)
    assert (selection.outcome, numbers(selection)) == (Outcome.AMBIGUOUS, [2, 3])


def test_the_two_men_are_nobody_in_particular_where_there_are_three() -> None:
    among = scene(person(1, "male"), person(2, "male"), person(3, "male"))
    assert found("the two men", among).outcome is Outcome.AMBIGUOUS
    assert numbers(found("both men")) == [2, 4]


def test_everybody_but_somebody_leaves_that_one_out() -> None:
    assert numbers(found("everyone except the girl")) == [1, 2, 4, 5]
    assert numbers(found("everyone but the women")) == [2, 3, 4]


def test_what_cannot_be_read_is_not_taken_as_no() -> None:
    selection = found("everyone in red", murky())
    assert [each.number for each in selection.unknown] == [2]
    assert numbers(selection) == [3]


def test_who_is_far_likelier_than_anybody_else_is_taken_and_that_is_said() -> None:
    """The only woman, whose clothing shows several colours, for "the woman in red"."""
    selection = found("the woman in red", murky())
    assert selection.outcome is Outcome.ANSWERED
    assert numbers(selection) == [2]
    assert "not for sure" in selection.remark
    assert selection.confidence < 0.6


def test_an_unreadable_face_that_may_come_first_makes_an_order_uncertain() -> None:
    assert found("the second man from the left", murky()).outcome is Outcome.CANNOT_TELL
    assert numbers(found("the second man from the right", murky())) == [3]


def test_readings_multiply_into_the_confidence() -> None:
    among = scene(person(1, "female", wears="red", sure={"gender": 0.9, "clothing": 0.6}), person(2, "male"))
    (query,) = understand("Describe the female in red")
    assert select(query.about, among).confidence == pytest.approx(0.9 * 0.6)


def test_a_sure_and_an_unsure_reading_of_the_same_are_asked_between() -> None:
    among = scene(
        person(1, wears="red", sure={"clothing": 0.45}),
        person(2, wears="red", sure={"clothing": 0.9}),
    )
    selection = found("the person in red", among)
    assert selection.outcome is Outcome.AMBIGUOUS
    assert numbers(selection) == [1, 2]


def test_an_unsure_reading_alone_decides_but_says_so() -> None:
    among = scene(person(1, wears="red", sure={"clothing": 0.45}), person(2, wears="blue"))
    selection = found("the person in red", among)
    assert numbers(selection) == [1]
    assert [told.value for told in selection.doubts] == ["red"]
    assert selection.confidence == pytest.approx(0.45)


def test_who_is_close_to_fitting_is_named_only_if_everything_else_fits() -> None:
    among = scene(
        person(1, "female", feels=emotion("sadness", 0.55, happiness=0.4), wears="red"),
        person(2, "female", feels=emotion("sadness", 0.55, happiness=0.4), wears="green"),
    )
    selection = found("the smiling woman in red", among)
    assert selection.outcome is Outcome.NOBODY
    assert [told.person for told in selection.near] == [1]


def test_a_girl_may_be_a_young_woman_where_there_is_no_other() -> None:
    among = scene(person(1, "female", "20-29"), person(2, "female", "50-59"))
    assert numbers(found("the girl", among)) == [1]
    (query,) = understand("How many girls are there?")
    assert select(query.about, scene(person(1, "female", "3-9"), person(2, "female", "20-29"))).people[0].number == 1


def test_she_is_the_last_woman_spoken_of_else_the_only_one() -> None:
    memory = Memory().mention((1,)).mention((4,))
    assert numbers(found("her", memory=memory)) == [1]
    assert numbers(found("him", memory=memory)) == [4]
    assert numbers(found("her", scene(person(1, "male"), person(2, "female")))) == [2]


def test_she_is_the_only_face_of_a_photo_whatever_is_perceived_and_that_is_said() -> None:
    selection = found("her", scene(person(1, "male")))
    assert numbers(selection) == [1]
    assert "male" in selection.remark


def test_the_other_one_is_the_other_of_two_spoken_of() -> None:
    memory = Memory().mention((1, 2)).mention((2,))
    assert numbers(found("the other one", memory=memory)) == [1]
    assert numbers(found("the other man", memory=Memory().mention((2,)))) == [4]
    assert numbers(found("the other person", scene(person(1), person(2)), Memory().mention((2,)))) == [1]


def test_a_plain_noun_means_the_one_just_spoken_of() -> None:
    assert numbers(found("the woman", memory=Memory().mention((5,)))) == [5]


def test_left_and_right_of_hold_for_everybody_on_that_side() -> None:
    (query,) = understand("Who is to the left of person 4?")
    assert numbers(select(query.about, party())) == [1, 2, 3]


def test_next_to_is_the_nearest_on_each_side_in_two_rows() -> None:
    among = scene(
        person(1, x=100, y=100), person(2, x=130, y=500), person(3, "male", x=260, y=100), person(4, x=420, y=110)
    )
    (query,) = understand("Who is next to the man?")
    assert numbers(select(query.about, among)) == [1, 4]


def test_a_photo_without_faces_has_nobody() -> None:
    selection = found("the woman", scene())
    assert (selection.outcome, selection.because) == (Outcome.NOBODY, "I find no faces in this photo.")


def test_race_is_declined_where_it_is_off_and_read_where_it_is_on() -> None:
    (query,) = understand("Describe the asian woman")
    assert select(query.about, party()).outcome is Outcome.DECLINED
    among = scene(person(1, race="east asian"), person(2, race="white"))
    assert numbers(select(query.about, among)) == [1]
