"""Words to a scene."""

from __future__ import annotations

from typing import Any

import pytest

from facereason.studio.spec import Gaze, Person
from facereason.studio.words import parsed
from facereason.types import EmotionLabel, UsageError


def only(text: str) -> Person:
    (person,) = parsed(text).people
    return person


def test_an_emotion_acts_through_units() -> None:
    person = only("a worried old man looking left")
    assert person.emotion is EmotionLabel.FEAR
    assert person.driven()[4] == (0.8, 0.8)
    assert person.years > 65
    assert person.gender == 1
    assert person.head.yaw < 0
    assert isinstance(person.gaze, Gaze)
    assert person.gaze.yaw < person.head.yaw


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("a smiling man", {12: 0.8}),
        ("a woman with raised brows and an open mouth", {1: 0.8, 2: 0.8, 25: 0.8}),
        ("a man with AU4 and AU7", {4: 0.8, 7: 0.8}),
        ("a very surprised girl", {1: 1.0, 2: 1.0, 5: 1.0, 26: 1.0}),
        ("a slightly sad boy", {1: 0.4, 4: 0.4, 15: 0.4}),
        ("a neutral face", {}),
        ("a slightly angry bald dark-skinned man with glasses", {4: 0.4, 5: 0.4, 7: 0.4, 23: 0.4}),
    ],
)
def test_movements_and_degrees(text: str, units: dict[int, float]) -> None:
    assert {unit: max(sides) for unit, sides in only(text).driven().items()} == units


@pytest.mark.parametrize(
    ("text", "path", "value"),
    [
        ("a woman with long red hair", "hair.style", "long"),
        ("a woman with long red hair", "hair.colour", "red"),
        ("a girl in a blue coat", "clothes.top", "coat"),
        ("a girl in a blue coat", "clothes.colour", "blue"),
        ("a woman in red", "clothes.colour", "red"),
        ("a bearded man", "beard", "full"),
        ("a man with a moustache and glasses", "beard", "moustache"),
        ("a man with a moustache and glasses", "glasses", "square"),
        ("a person wearing sunglasses", "glasses", "sunglasses"),
        ("a 30-year-old woman", "years", 30.0),
        ("a man in his 60s", "years", 65.0),
        ("a dark-skinned boy", "skin", 8.5),
        ("a black man", "skin", 8.5),
        ("a man in black", "skin", 4.0),
        ("a black-haired man", "hair.colour", "black"),
        ("a man from behind", "head.yaw", 180.0),
        ("a woman in profile", "head.yaw", 88.0),
        ("a woman in left profile", "head.yaw", -88.0),
        ("a man with his head tilted to the left", "head.roll", -18.0),
        ("a man sitting", "posture", "sitting"),
    ],
)
def test_attributes(text: str, path: str, value: Any) -> None:
    found: Any = only(text)
    for name in path.split("."):
        found = getattr(found, name)
    assert found == value


def test_several_people_each_have_their_own() -> None:
    girl, man = parsed("a smiling girl in a blue coat and a frightened old man with a beard").people
    assert (girl.clothes.colour, girl.units, girl.emotion) == ("blue", {12: 0.8}, None)
    assert (man.beard, man.emotion) == ("full", EmotionLabel.FEAR)
    assert man.clothes.top != "coat"
    assert girl.identity != man.identity


def test_a_number_counts_and_a_place_is_the_scenes() -> None:
    scene = parsed("three happy women in a park, close-up", width=128)
    assert len(scene.people) == 3
    assert all(person.emotion is EmotionLabel.HAPPINESS for person in scene.people)
    assert (scene.background.kind, scene.camera.framing, scene.width) == ("park", "face", 128)


def test_two_who_look_at_each_other() -> None:
    left, right = parsed("two children looking at each other").people
    assert (left.gaze, right.gaze) == (2, 1)
    assert left.head.yaw > 0 > right.head.yaw


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("an elephant", "nobody in 'an elephant'"),
        ("a man with an elephant", "cannot draw 'elephant'"),
        ("a man who is not smiling", "cannot draw 'not', 'smiling'"),
        ("three men looking at each other", "'each other': for two people"),
        ("thirteen people", "cannot draw 'thirteen'"),
    ],
)
def test_what_is_not_understood_is_named(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        parsed(text)
