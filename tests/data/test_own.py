"""One's own records: JSON lines, Parquet, and folders of photos."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from facereason.data import BadRow, DataError, Pose, own, read, scan
from facereason.types import AgeGroup, Box, EmotionLabel, Gender, Race
from tests.data import layouts, parquet

EVERYTHING: dict[str, Any] = {
    "id": "a", "dataset": "mine", "split": "train", "license": "CC0-1.0", "image": "photos/a.png",
    "question": "How does she feel?", "options": ["happiness", "fear"], "answer": "fear", "AUs": ["AU1", "AU5C"],
    "labels": ["afraid"], "description": "Eyes wide (AU5).", "person": [1, 2, 3, 4],
    "body": [0, 1, 9, 8], "reference": "the woman in red",
    "pose": {"yaw": 5, "pitch": 0, "roll": -1}, "body_orientation": 15, "gender": "female", "age_group": "30-39",
    "race": "white", "attributes": {"glasses": True}, "precropped": True, "meta_info": {"camera": 3},
}  # fmt: skip


def write(path: Path, *rows: dict[str, Any]) -> Path:
    layouts.image(path.parent / "photos" / "a.png")
    layouts.text(path, *map(json.dumps, rows))
    return path


def test_every_field_of_a_record_is_read(tmp_path: Path) -> None:
    (record,) = read(str(write(tmp_path / "my.jsonl", EVERYTHING)), "all")
    assert (record.id, record.dataset, record.split, record.license) == ("a", "mine", "train", "CC0-1.0")
    assert record.image == (tmp_path / "photos" / "a.png").read_bytes()
    assert (record.question, record.options, record.answer) == ("How does she feel?", ("happiness", "fear"), "fear")
    assert (record.action_units, record.labels) == ({1: None, 5: pytest.approx(0.6)}, (EmotionLabel.FEAR,))
    assert (record.description, record.person) == ("Eyes wide (AU5).", Box(1, 2, 3, 4))
    assert (record.reference, record.body) == ("the woman in red", Box(0, 1, 9, 8))
    assert (record.pose, record.body_orientation) == (Pose(5, 0, -1), 15)
    assert (record.gender, record.age_group, record.race) == (Gender.FEMALE, AgeGroup.FROM_30, Race.WHITE)
    assert (record.attributes, record.meta, record.precropped) == ({"glasses": True}, {"camera": 3}, True)
    assert EVERYTHING.keys() == set(own.COLUMNS), "the fields that are known are those that are tried here"


def test_an_image_is_all_that_a_record_needs(tmp_path: Path) -> None:
    (record,) = read(str(write(tmp_path / "my.jsonl", {"image": "photos/a.png"})), "all")
    assert (record.id, record.dataset, record.split, record.license) == ("1", "my", "all", "not stated")
    assert record.labels is record.action_units is record.pose is record.person is None


def test_no_units_and_no_knowledge_of_units_are_two_things(tmp_path: Path) -> None:
    rows = [{"image": "photos/a.png", "AUs": []}, {"image": "photos/a.png"}]
    first, second = read(str(write(tmp_path / "my.jsonl", *rows)), "all")
    assert (first.action_units, second.action_units) == ({}, None)


def test_parquet_may_hold_the_images_themselves(tmp_path: Path) -> None:
    image = layouts.image(tmp_path / "a.png")
    rows = [
        {"id": "b", "image": {"bytes": image, "path": None}, "labels": ["anger"], "AUs": None},
        {"id": "c", "image": {"bytes": image, "path": None}, "labels": None, "AUs": ["AU9"]},
    ]
    parquet.write(tmp_path / "my.parquet", rows)
    first, second = read(str(tmp_path / "my.parquet"), "all")
    assert (first.image, first.labels, first.action_units) == (image, (EmotionLabel.ANGER,), None)
    assert (second.labels, second.action_units) == (None, {9: None})


def test_splits_are_those_that_records_name(tmp_path: Path) -> None:
    rows = [
        {"id": str(i), "image": "photos/a.png", "split": split} for i, split in enumerate(["train", "test", "train"])
    ]
    path = str(write(tmp_path / "my.jsonl", *rows))
    assert [record.id for record in read(path, "train")] == ["0", "2"]
    assert [record.split for record in read(path, "all")] == ["train", "test", "train"]


def test_folders_named_by_emotions_hold_photos(tmp_path: Path) -> None:
    layouts.image(tmp_path / "happy" / "2.png")
    layouts.image(tmp_path / "happy" / "1.png")
    layouts.image(tmp_path / "anger" / "x.jpg")
    found = [(record.id, record.labels) for record in read(str(tmp_path), "all")]
    assert found == [
        ("anger/x.jpg", (EmotionLabel.ANGER,)),
        ("happy/1.png", (EmotionLabel.HAPPINESS,)),
        ("happy/2.png", (EmotionLabel.HAPPINESS,)),
    ]
    layouts.image(tmp_path / "bored" / "1.png")
    with pytest.raises(DataError, match=r"bored: 'bored' is no emotion that is read"):
        list(read(str(tmp_path), "all"))


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"image": "photos/a.png", "labels": ["bored"]}, "row 'x' is not as my declares: 'bored' is no emotion"),
        ({"image": "photos/none.png"}, r"row 'x': no image .*none\.png \(No such file"),
        ({"image": "photos/a.png", "AUs": ["smile"]}, "'smile' is no action unit"),
        ({"image": "photos/a.png", "AUs": {"AU12": 3}}, "an intensity of 3.0"),
        ({"image": "photos/a.png", "person": [0, 0, 0, 5]}, "a box of 0.0 x 5.0 pixels"),
        ({"image": "photos/a.png", "pose": {"yaw": 3}}, "a pose is yaw, pitch and roll"),
        ({"image": "photos/a.png", "answer": "C", "options": ["A"]}, "the answer 'C' is not among the options"),
        ({"image": 3}, "no image, but 3"),
    ],
)
def test_a_bad_record_is_one_clear_line_and_the_others_go_on(tmp_path: Path, row: dict[str, Any], message: str) -> None:
    path = str(write(tmp_path / "my.jsonl", {"id": "x", **row}, {"id": "y", "image": "photos/a.png"}))
    with pytest.raises(DataError, match=message) as error:
        list(read(path, "all"))
    assert "\n" not in str(error.value)
    bad, good = scan(path, "all")
    assert isinstance(bad, BadRow)
    assert not isinstance(good, BadRow)


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (
            ['{"image": "photos/a.png", "emotion": "fear"}'],
            "record 1 has an unknown field emotion; known are id, image",
        ),
        (['{"image": "photos/a.png"}', "{"], "line 2 is no JSON"),
        (["[1, 2]"], "record 1 is no JSON object"),
        ([], "no records; expected"),
    ],
)
def test_a_file_that_is_no_file_of_records_is_refused(tmp_path: Path, lines: list[str], message: str) -> None:
    layouts.image(tmp_path / "photos" / "a.png")
    layouts.text(tmp_path / "my.jsonl", *lines)
    with pytest.raises(DataError, match=message):
        list(read(str(tmp_path / "my.jsonl"), "all"))
    with pytest.raises(DataError, match=r"no file .*other"):
        list(read(str(tmp_path / "other.jsonl"), "all"))
