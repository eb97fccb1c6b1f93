"""Questions of what a face and a body do: action units, gaze, posture, orientation, depth; from built scenes."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facereason.agent.grammar.parsing import NotUnderstood
from facereason.agent.grammar.understand import understand
from facereason.agent.whom.fits import fit
from facereason.types import (
    ActionUnit,
    Body,
    Box,
    Gaze,
    HeadPose,
    Kind,
    Outcome,
    Person,
    Posture,
    Reading,
    Scene,
    Topic,
    UnitState,
)
from tests.agent.scenes import chat, person, scene


def unit(number: int, state: str, confidence: float = 0.9, intensity: float = 0.6) -> ActionUnit:
    unknown = "it is not read reliably here" if state == "unknown" else ""
    return ActionUnit(
        unit=number,
        state=UnitState(state),
        intensity=intensity if state == "present" else 0.0,
        confidence=confidence,
        unknown_because=unknown,
    )


def with_units(of: Person, *units: ActionUnit) -> Person:
    return replace(of, face=replace(of.face, action_units=units))


def looking(of: Person, yaw: float, pitch: float = 0.0) -> Person:
    return replace(of, face=replace(of.face, gaze=Gaze(yaw=yaw, pitch=pitch, confidence=0.8)))


def posed(of: Person, posture: Posture, orientation: float = 0.0) -> Person:
    box = of.face.box
    body = Body(
        box=Box(box.x - box.width, box.y, 3 * box.width, 5 * box.height),
        orientation=orientation,
        posture=Reading(value=posture, confidence=0.9),
        score=0.9,
    )
    return replace(of, body=body)


@pytest.fixture
def pair() -> Scene:
    """A woman on the left who lowers her brow, lips parted, smile unknown; a man on the right who raises his brows."""
    woman = with_units(
        person(1, "female", feels="anger"),
        unit(4, "present"),
        unit(25, "present"),
        unit(12, "unknown"),
        unit(1, "absent"),
    )
    man = with_units(
        person(2, "male", feels="surprise"),
        unit(1, "present"),
        unit(2, "present"),
        unit(4, "absent"),
        unit(25, "absent"),
    )
    woman = posed(looking(woman, 60.0), Posture.SITTING)
    man = posed(looking(man, 2.0), Posture.STANDING, orientation=170.0)
    return scene(woman, man)


@pytest.mark.parametrize(
    ("question", "start", "people"),
    [
        ("Is the woman's brow lowered?", "Yes", [1]),
        ("Are the man's lips parted?", "No", [2]),
        ("Is the man's mouth closed?", "Yes", [2]),
        ("Is the man raising his eyebrows?", "Yes", [2]),
        ("Is anyone frowning?", "Yes", [1]),
        ("Is AU4 present on the face of the man?", "No", [2]),
        ("Does the woman show AU 4?", "Yes", [1]),
        ("Is the man sitting?", "No", [2]),
        ("Is the woman sitting?", "Yes", [1]),
        ("Is the man facing away from the camera?", "Yes", [2]),
        ("Is the man looking at the camera?", "Yes", [2]),
        ("Is the woman looking at the camera?", "No", [1]),
        ("Is the woman looking at the man?", "Yes", [1]),
        ("Is the man looking at the woman?", "No", [2]),
    ],
)
def test_a_proposal_is_held_against_the_reading(pair: Scene, question: str, start: str, people: list[int]) -> None:
    answer = chat(pair).ask(question)
    assert answer.outcome is Outcome.ANSWERED, answer.text
    assert answer.text.startswith(start), answer.text
    assert [each.number for each in answer.people] == people


@pytest.mark.parametrize(
    ("question", "people"),
    [
        ("Who is sitting?", [1]),
        ("Whose lips are parted?", [1]),
        ("Who has raised eyebrows?", [2]),
        ("Who looks at the camera?", [2]),
        ("Who is the woman looking at?", [2]),
        ("Who has their back to the camera?", [2]),
        ("Who is behind the woman?", []),
    ],
)
def test_people_are_picked_by_what_they_do(pair: Scene, question: str, people: list[int]) -> None:
    answer = chat(pair).ask(question)
    assert [each.number for each in answer.people] == people, answer.text


def test_a_unit_that_is_not_read_reliably_is_a_hint_with_a_warning(pair: Scene) -> None:
    answer = chat(pair).ask("Are the corners of the woman's mouth pulled up?")
    assert answer.outcome is Outcome.ANSWERED
    assert answer.text.startswith("Perhaps")
    assert "do not rely on it" in answer.text
    assert "not read reliably" in answer.text
    assert answer.confidence is not None
    assert answer.confidence < 0.6


def test_units_are_listed_with_their_strength_and_what_cannot_be_read(pair: Scene) -> None:
    answer = chat(pair).ask("Which action units are active on the woman's face?")
    assert "AU4C (brows lowered and drawn together, .90)" in answer.text
    assert "Not readable on a face seen like this: AU12" in answer.text
    assert "AU1" not in answer.text.replace("AU12", "")


def test_how_strongly_tells_the_intensity(pair: Scene) -> None:
    assert "intensity .60" in chat(pair).ask("How strongly is the woman's brow lowered?").text


def test_a_smile_is_the_lip_corners_or_a_happy_face() -> None:
    corners = with_units(person(1, "female", feels="neutral"), unit(12, "present"))
    happy = with_units(person(2, "male", feels="happiness"), unit(12, "unknown"))
    straight = with_units(person(3, "male", feels="neutral"), unit(12, "absent"))
    answer = chat(scene(corners, happy, straight)).ask("Who is smiling?")
    assert [each.number for each in answer.people] == [1, 2]


def test_nearer_heads_are_larger() -> None:
    near, far = person(1, "female"), person(2, "male")
    small = far.face.box
    far = replace(far, face=replace(far.face, box=Box(small.x, small.y, small.width / 2, small.height / 2)))
    both = scene(near, far)
    assert [p.number for p in chat(both).ask("Who is closest to the camera?").people] == [1]
    assert [p.number for p in chat(both).ask("Who is behind the woman?").people] == [2]
    assert chat(both).ask("Is the man closer to the camera than the woman?").text.startswith("No")


def test_the_head_tells_where_eyes_that_are_not_read_look() -> None:
    turned = person(1, "female")
    pose = HeadPose(yaw=-40.0, pitch=0.0, roll=0.0, confidence=0.9)
    blind = replace(turned, face=replace(turned.face, pose=pose, gaze=None))
    answer = chat(scene(blind)).ask("Where is she looking?")
    assert "left of the photo" in answer.text
    assert "by the head" in answer.text


def test_a_movement_without_a_unit_is_refused_in_words() -> None:
    with pytest.raises(NotUnderstood, match="no action unit"):
        understand("Is her nose open?")
    with pytest.raises(NotUnderstood, match="AU99 is not read"):
        understand("Does she show AU99?")


def test_parts_of_the_face_are_asked_for_by_the_units_there() -> None:
    (query,) = understand("What is her nose doing?")
    assert (query.kind, query.topic, query.value) == (Kind.ATTRIBUTE, Topic.ACTION_UNIT, "AU9")


@pytest.mark.parametrize(
    ("question", "people", "says"),
    [
        ("Why is the woman frowning?", [1], "shows AU4 (brows lowered"),
        ("Who is frowning or raising their eyebrows?", [1, 2], "AU4"),
        ("Who is smiling or frowning?", [1], "AU4"),
        ("Are the woman's lips parted or closed?", [1], "AU25 (lips parted"),
        ("Is anyone tilting their head?", [], "tilts the head"),
    ],
)
def test_several_units_and_reasons_name_what_was_read(pair: Scene, question: str, people: list[int], says: str) -> None:
    answer = chat(pair).ask(question)
    assert [each.number for each in answer.people] == people, answer.text
    assert says in answer.text


def test_a_smile_is_reasoned_for_by_what_it_was_read_from() -> None:
    smiling = scene(with_units(person(1, "female", feels="happiness"), unit(12, "present")), person(2, "male"))
    talk = chat(smiling)
    talk.ask("Is the woman smiling?")
    answer = talk.ask("Why?")
    assert "smiles (.90; lip corners pulled up, AU12; happiness .90)" in answer.text
    assert "overing the mouth" in answer.text


def test_the_units_of_two_people_are_alike_only_where_the_same_are_present(pair: Scene) -> None:
    answer = chat(pair).ask("Do they have the same action units?")
    assert answer.text.startswith("No:")
    assert "AU4 (brows" in answer.text
    assert "AU1 (inner" in answer.text


def test_any_of_several_ages_may_hold() -> None:
    old, young = person(1, age="70+"), person(2, age="20-29")
    among = scene(old, young)
    assert [fit(each, Topic.AGE, "over 60 or child", among).holds for each in (old, young)] == [True, False]
