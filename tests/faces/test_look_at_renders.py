"""Look at people whose truth is known: the committed renders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facereason import images
from facereason.faces import Instrument
from facereason.types import Box, Colour, EmotionLabel, QualityFlag, Scene

RENDERS = Path(__file__).parents[1] / "renders"


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return Instrument(threads=1)


def look(instrument: Instrument, name: str) -> tuple[Scene, list[dict[str, Any]]]:
    truth = json.loads((RENDERS / f"{name}.json").read_text())
    return instrument.look(images.open(RENDERS / f"{name}.jpg")), truth["people"]


def box(values: list[float]) -> Box:
    x, y, width, height = values
    return Box(x=x, y=y, width=width, height=height)


@pytest.mark.parametrize("name", ["smile", "left", "group", "masked"])
def test_everybody_is_found_where_the_truth_has_them(instrument: Instrument, name: str) -> None:
    scene, people = look(instrument, name)
    assert len(scene.people) == len(people)
    for person, truth in zip(scene.people, people, strict=True):
        assert person.box.iou(box(truth["face"])) > 0.45


def test_somebody_seen_from_behind_is_somebody(instrument: Instrument) -> None:
    scene, _ = look(instrument, "back")
    woman, away = scene.people
    assert QualityFlag.NO_FACE not in woman.face.quality.flags
    assert away.face.quality.flags == (QualityFlag.NO_FACE,)
    assert abs(away.face.pose.yaw) > 140
    assert away.clothing_colour.value is Colour.BLUE
    unread = (away.face.emotion, away.gender, away.age_group, away.face.gaze, *away.face.action_units)
    assert all(each is not None and each.unknown_because == "no face is in view" for each in unread)
    assert away.face.landmarks == ()
    assert woman.head is not None
    assert woman.body is not None
    assert abs(woman.body.orientation) < 45


def test_a_head_from_behind_that_fills_a_small_picture_is_found(instrument: Instrument) -> None:
    scene, people = look(instrument, "behind")
    assert abs(people[0]["head_pose"]["yaw"]) > 150
    (person,) = scene.people
    assert person.head is not None
    assert person.head.iou(box(people[0]["head"])) > 0.6
    assert person.face.quality.flags == (QualityFlag.NO_FACE,)
    assert person.body is not None
    assert abs(person.body.orientation) > 120


def test_the_head_is_turned_as_the_truth_has_it(instrument: Instrument) -> None:
    for name in ("left", "smile"):
        scene, people = look(instrument, name)
        truth = people[0]["head_pose"]
        assert scene.people[0].face.pose.yaw == pytest.approx(truth["yaw"], abs=15)
        assert scene.people[0].face.pose.roll == pytest.approx(truth["roll"], abs=6)


def test_a_rendered_smile_is_read_as_happier_than_the_others(instrument: Instrument) -> None:
    def happy(name: str) -> float:
        scene, _ = look(instrument, name)
        return scene.people[0].face.emotion.distribution[EmotionLabel.HAPPINESS]

    assert happy("smile") > 1.5 * max(happy("left"), happy("masked"))


def test_clothes_and_hair_have_the_colours_of_the_scene(instrument: Instrument) -> None:
    scene, _ = look(instrument, "group")
    assert [person.clothing_colour.value for person in scene.people] == [Colour.GREEN, Colour.RED, Colour.BLUE]
    assert scene.people[1].hair_colour.value is Colour.BLACK
