"""The judge: what words ask for, what readings say to it, and what cannot be told."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from facereason import images
from facereason.agent import FaceReason
from facereason.judging import Ask, Verdict, asked, check, judge
from facereason.types import EmotionLabel, HeadPose, Person, Reading, Scene, Topic, UnitState, UsageError
from tests.agent import scenes


@pytest.fixture(scope="module")
def scene() -> Scene:
    return FaceReason().look(images.example())


def turned(person: Person, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0) -> Person:
    pose = HeadPose(yaw=yaw, pitch=pitch, roll=roll, confidence=0.9)
    return dataclasses.replace(person, face=dataclasses.replace(person.face, pose=pose))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "a frightened old woman looking left",
            [(Topic.EMOTION, "fear"), (Topic.GAZE, "left"), (Topic.GENDER, "female"), (Topic.AGE, "76")],
        ),
        ("AU4, head tilted left", [(Topic.ACTION_UNIT, "AU4"), (Topic.HEAD_POSE, "tilted left")]),
        ("a man with AU12", [(Topic.ACTION_UNIT, "AU12"), (Topic.GENDER, "male")]),
        ("a man aged 38", [(Topic.GENDER, "male"), (Topic.AGE, "38")]),
        ("a boy, not smiling", [(Topic.ACTION_UNIT, "no AU12"), (Topic.GENDER, "male"), (Topic.AGE, "10")]),
        (
            "a woman without AU4 or AU9",
            [(Topic.ACTION_UNIT, "no AU4"), (Topic.ACTION_UNIT, "no AU9"), (Topic.GENDER, "female")],
        ),
        (
            "an old man with white hair",
            [(Topic.GENDER, "male"), (Topic.AGE, "76"), (Topic.HAIR_COLOUR, "white")],
        ),
        ("a man with red hair", [(Topic.GENDER, "male"), (Topic.HAIR_COLOUR, "red")]),
        ("a smiling boy", [(Topic.ACTION_UNIT, "AU12"), (Topic.GENDER, "male"), (Topic.AGE, "10")]),
        ("a woman in left profile", [(Topic.HEAD_POSE, "profile left"), (Topic.GENDER, "female")]),
        ("a man seen from behind", [(Topic.BODY, "away"), (Topic.GENDER, "male")]),
        (
            "a person with head tilted left looking at the camera",
            [(Topic.HEAD_POSE, "tilted left"), (Topic.GAZE, "camera")],
        ),
        (
            "a woman in a navy jumper, seated",
            [(Topic.GENDER, "female"), (Topic.CLOTHING_COLOUR, "blue"), (Topic.POSTURE, "sitting")],
        ),
    ],
)
def test_words_ask_for_what_they_say_and_nothing_else(text: str, expected: list[tuple[Topic, str]]) -> None:
    (asks,) = asked(text)
    assert [(ask.topic, ask.value) for ask in asks] == expected


@pytest.mark.parametrize("text", ["a zorbing woman", "", "a person", "two men looking at each other"])
def test_what_cannot_be_judged_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        asked(text)


def test_the_example_is_judged_by_what_it_shows(scene: Scene) -> None:
    told = judge(scene, asked("a smiling person with brown hair looking at the camera"))
    assert [item.verdict for item in told.all] == [Verdict.RIGHT] * 3
    assert told.verdict is Verdict.RIGHT
    other = judge(scene, asked("a sad person with black hair looking left"))
    assert {item.verdict for item in other.all} == {Verdict.WRONG}
    assert "happiness" in other.all[0].found
    assert "AU1+4+15: none" in other.all[0].found


@pytest.mark.parametrize(
    ("yaw", "verdict"),
    [(-40, Verdict.RIGHT), (-15, Verdict.RIGHT), (-12, Verdict.CANNOT_TELL), (-5, Verdict.WRONG), (40, Verdict.WRONG)],
)
def test_a_head_between_straight_and_turned_is_left_open(scene: Scene, yaw: float, verdict: Verdict) -> None:
    person = turned(scene.people[0], yaw=yaw)
    assert check(person, Ask(Topic.HEAD_POSE, "left")).verdict is verdict


@pytest.mark.parametrize(
    ("value", "pose", "verdict"),
    [
        ("yaw -40", {"yaw": -30.0}, Verdict.RIGHT),
        ("yaw -40", {"yaw": -20.0}, Verdict.WRONG),
        ("profile right", {"yaw": 80.0}, Verdict.RIGHT),
        ("profile right", {"yaw": 30.0}, Verdict.CANNOT_TELL),
        ("down", {"pitch": -20.0}, Verdict.RIGHT),
        ("tilted right", {"roll": -20.0}, Verdict.WRONG),
        ("away", {"yaw": 150.0}, Verdict.RIGHT),
        ("camera", {"yaw": 3.0, "pitch": -2.0}, Verdict.RIGHT),
    ],
)
def test_poses_are_judged_in_words_and_degrees(
    scene: Scene, value: str, pose: dict[str, float], verdict: Verdict
) -> None:
    assert check(turned(scene.people[0], **pose), Ask(Topic.HEAD_POSE, value)).verdict is verdict


def test_units_are_judged_present_and_absent(scene: Scene) -> None:
    person = scene.people[0]
    assert check(person, Ask(Topic.ACTION_UNIT, "AU12")).verdict is Verdict.RIGHT
    assert check(person, Ask(Topic.ACTION_UNIT, "no AU12")).verdict is Verdict.WRONG
    unknown = [unit for unit in person.face.action_units if unit.state.value == "unknown"]
    told = check(person, Ask(Topic.ACTION_UNIT, f"AU{unknown[0].unit}"))
    assert told.verdict is Verdict.CANNOT_TELL
    assert told.found.startswith("unknown (")


def test_of_several_people_each_is_taken_for_whom_fits_best() -> None:
    scene = scenes.party()
    told = judge(scene, [(Ask(Topic.CLOTHING_COLOUR, "green"),), (Ask(Topic.CLOTHING_COLOUR, "red"),)])
    assert told.asked == 2
    assert told.found == len(scene.people)
    assert told.verdict is Verdict.WRONG, "as many people as were asked for are part of it"


def test_nobody_found_is_wrong_and_said(scene: Scene) -> None:
    empty = dataclasses.replace(scene, people=())
    told = judge(empty, asked("a smiling woman"))
    assert told.people == (0,)
    assert {item.found for item in told.all} == {"nobody"}
    assert told.verdict is Verdict.WRONG


def test_values_that_are_none_are_named(scene: Scene) -> None:
    with pytest.raises(UsageError, match="head pose 'sideways'"):
        check(scene.people[0], Ask(Topic.HEAD_POSE, "sideways"))
    with pytest.raises(UsageError, match="race cannot be judged"):
        check(scene.people[0], Ask(Topic.RACE, "white"))


@pytest.mark.parametrize(
    ("name", "ask", "verdict"),
    [
        ("smile", Ask(Topic.ACTION_UNIT, "AU12"), Verdict.RIGHT),
        ("smile", Ask(Topic.ACTION_UNIT, "no AU12"), Verdict.WRONG),
        ("left", Ask(Topic.HEAD_POSE, "left"), Verdict.RIGHT),
        ("left", Ask(Topic.HEAD_POSE, "right"), Verdict.WRONG),
        ("back", Ask(Topic.BODY, "away"), Verdict.RIGHT),
    ],
)
def test_renders_are_judged_by_their_truth(name: str, ask: Ask, verdict: Verdict) -> None:
    scene = FaceReason(upright=False).look(str(Path(__file__).parent / "renders" / f"{name}.jpg"))
    assert judge(scene, [(ask,)]).all[0].verdict is verdict


def test_one_who_is_asked_for_is_whoever_fits_best_of_a_crowd() -> None:
    people = [scenes.person(1, "male"), scenes.person(2, "female")]
    judged = judge(scenes.scene(*people), [(Ask(Topic.GENDER, "female"),)])
    assert judged.people == (2,)
    assert judged.verdict is Verdict.WRONG  # of one asked for, two are there
    both = judge(scenes.scene(*people), [(Ask(Topic.GENDER, "female"),), (Ask(Topic.GENDER, "male"),)])
    assert both.people == (2, 1)


def test_a_number_of_people_is_enough_to_ask_for(scene: Scene) -> None:
    assert judge(scene, asked("two people")).verdict is Verdict.WRONG
    assert judge(dataclasses.replace(scene, people=scene.people * 2), asked("two people")).verdict is Verdict.RIGHT


@pytest.mark.parametrize(("confidence", "verdict"), [(0.85, Verdict.RIGHT), (0.6, Verdict.CANNOT_TELL)])
def test_an_emotion_without_its_units_is_right_where_the_reading_is_sure(
    scene: Scene, confidence: float, verdict: Verdict
) -> None:
    (person,) = scene.people
    reading = Reading(
        value=EmotionLabel.SURPRISE,
        confidence=confidence,
        distribution={EmotionLabel.SURPRISE: confidence, EmotionLabel.FEAR: 1 - confidence},
    )
    without = tuple(
        dataclasses.replace(unit, state=UnitState.ABSENT, intensity=0.0) for unit in person.face.action_units
    )
    face = dataclasses.replace(person.face, emotion=reading, action_units=without)
    told = check(dataclasses.replace(person, face=face), Ask(Topic.EMOTION, "surprise"))
    assert told.verdict is verdict
