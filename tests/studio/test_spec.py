"""A scene as data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facereason.studio import spec
from facereason.studio.spec import Gaze, Hair, Person, SceneSpec, Turn
from facereason.types import EmotionLabel, UsageError

SCENE = SceneSpec(
    seed=4,
    people=(
        Person(identity=7, emotion=EmotionLabel.FEAR, units={12: (0.3, 0.0)}, head=Turn(yaw=30)),
        Person(gaze=1, hair=Hair(style="bob", colour="red"), body=170, head=Turn(yaw=-170)),
        Person(gaze=Gaze(yaw=10, pitch=-5)),
    ),
    sign=spec.Sign(text="EXIT", person=2),
)


@pytest.mark.parametrize("name", ["scene.yaml", "scene.json"])
def test_a_saved_scene_is_the_same_when_loaded(name: str, tmp_path: Path) -> None:
    spec.save(SCENE, tmp_path / name)
    assert spec.load(tmp_path / name) == SCENE


def test_plain_data_leaves_defaults_out_and_survives_json() -> None:
    data = SCENE.to_dict()
    second = {"gaze": 1, "hair": {"style": "bob", "colour": "red"}, "body": 170, "head": {"yaw": -170}}
    assert data["people"][1] == second
    assert SceneSpec.from_dict(json.loads(json.dumps(data))) == SCENE


def test_an_emotion_brings_its_prototypes_units_and_given_ones_win() -> None:
    driven = Person(emotion=EmotionLabel.HAPPINESS, units={12: 0.3}).driven()
    assert driven == {6: (0.8, 0.8), 12: (0.3, 0.3)}
    assert Person(emotion=EmotionLabel.CONTEMPT).driven() == {12: (0.8, 0.0), 14: (0.8, 0.0)}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"people": []}, "people: a scene needs 1 to 12 people, not 0"),
        ({"people": [{"units": {"99": 1}}]}, r"people\[0\]: units: AU99 is no unit of the rig"),
        ({"people": [{}, {"head": {"yaw": 400}}]}, r"people\[1\]: head: head.yaw: 400 is not in -180..180"),
        ({"people": [{"hair": {"style": "mohawk"}}]}, r"people\[0\]: hair: style: 'mohawk' is not one of bald, buzz"),
        ({"people": [{"years": 2}]}, r"people\[0\]: years: 2 is not in 3..95"),
        ({"people": [{"body": 0, "head": {"yaw": 120}}]}, r"head.yaw: 120 is 120 degrees off body 0; a neck turns 80"),
        ({"people": [{"gaze": {"yaw": 50, "pitch": 0}}]}, r"gaze.yaw: 50 degrees off the head; eyes turn 35"),
        ({"people": [{"gaze": 1}]}, r"people\[0\].gaze: 1 is nobody else of people 1 to 1"),
        ({"people": [{}], "occluders": [{"kind": "hand", "person": 2}]}, "occluder: person 2 of 1"),
        ({"people": [{}], "sign": {"text": ""}}, "sign.text: 1 to 24 characters"),
        ({"people": [{"clothes": {"colour": "mauve"}}]}, "colour 'mauve': write #rrggbb or one of black"),
        ({"people": [{}], "width": 5000}, "width: 5000 is not in 32..2048"),
        ({"people": [{}], "camera": {"fov": 5}}, "camera: camera.fov: 5 is not in 10..70"),
    ],
)
def test_an_impossible_scene_is_refused_with_the_field_named(data: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        SceneSpec.from_dict(data)


def test_a_file_that_is_no_scene_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.yaml: No such file"):
        spec.load(tmp_path / "none.yaml")
    (tmp_path / "bad.yaml").write_text("people: [")
    with pytest.raises(UsageError, match=r"bad\.yaml: not YAML"):
        spec.load(tmp_path / "bad.yaml")
    (tmp_path / "list.yaml").write_text("- 1")
    with pytest.raises(UsageError, match=r"list\.yaml: expected keys and values"):
        spec.load(tmp_path / "list.yaml")
