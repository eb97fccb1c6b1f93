"""Data sets read from Parquet files that the tests write."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from facereason import scoring
from facereason.data import DATASETS, DataError, Record, read
from facereason.types import AgeGroup, EmotionLabel, FaceReasonError, Gender, Race
from tests.data.parquet import colour, fairface, ferplus, grey, write

pytest.importorskip("pyarrow")


def test_a_row_of_ferplus_becomes_a_record(tmp_path: Path) -> None:
    image = grey(77)
    row = ferplus("fer0001", "fear", image, fear=5, surprise=4, not_face=1)
    write(tmp_path / "ferplus-test.parquet", [row])
    (record,) = read("ferplus", "test", tmp_path)
    assert (record.id, record.dataset, record.split) == ("fer0001", "ferplus", "test")
    assert record.image == image
    assert record.precropped
    assert record.labels == (EmotionLabel.FEAR,)
    assert record.votes is not None
    assert list(record.votes) == list(EmotionLabel)
    assert (record.votes[EmotionLabel.FEAR], record.votes[EmotionLabel.SURPRISE]) == (5, 4)
    assert record.other_votes == (0, 1)
    assert (record.gender, record.age_group, record.race) == (None, None, None)
    assert "MIT" in record.license


def test_a_row_of_fairface_becomes_a_record(tmp_path: Path) -> None:
    write(tmp_path / "fairface-val.parquet", [fairface("val/1", "male", "70+", "latino/hispanic", colour(9))])
    (record,) = read("fairface", "val", tmp_path)
    assert (record.gender, record.age_group, record.race) == (Gender.MALE, AgeGroup.FROM_70, Race.LATINO)
    assert (record.labels, record.votes, record.other_votes) == (None, None, ())
    assert record.license == "CC BY 4.0"


@pytest.mark.parametrize("label", ["unknown", "not_face"])
def test_a_label_that_is_no_emotion_is_none(tmp_path: Path, label: str) -> None:
    write(tmp_path / "ferplus-test.parquet", [ferplus("a", label)])
    (record,) = read("ferplus", "test", tmp_path)
    assert record.labels is None
    assert sum(record.other_votes) == 10


@pytest.mark.parametrize(
    ("votes", "label"),
    [
        ({"fear": 6, "surprise": 4}, EmotionLabel.FEAR),
        ({"fear": 5, "surprise": 5}, None),
        ({"fear": 4, "surprise": 2, "anger": 1, "sadness": 1, "disgust": 1, "neutral": 1}, EmotionLabel.FEAR),
        ({"fear": 4, "unknown": 4, "surprise": 2}, None),
        ({"fear": 5, "unknown": 1, "not_face": 3, "surprise": 1}, EmotionLabel.FEAR),
    ],
)
def test_the_majority_rule_holds_of_the_votes_as_they_are_stored(
    tmp_path: Path, votes: dict[str, int], label: EmotionLabel | None
) -> None:
    write(tmp_path / "ferplus-valid.parquet", [ferplus("a", "fear", **votes)])
    (record,) = read("ferplus", "valid", tmp_path)
    assert record.votes is not None
    assert scoring.majority(record.votes, record.other_votes) is label


def test_files_of_a_split_are_read_one_after_the_other(tmp_path: Path) -> None:
    write(tmp_path / "ferplus-train-0.parquet", [ferplus(f"a{i}") for i in range(700)], row_group_size=100)
    write(tmp_path / "ferplus-train-1.parquet", [ferplus(f"b{i}") for i in range(3)])
    ids = [record.id for record in read("ferplus", "train", tmp_path)]
    assert ids == [f"a{i}" for i in range(700)] + ["b0", "b1", "b2"]


def test_records_are_read_when_they_are_asked_for(tmp_path: Path) -> None:
    write(tmp_path / "ferplus-train-0.parquet", [ferplus("a0"), ferplus("a1")])
    records = read("ferplus", "train", tmp_path)
    assert [next(records).id, next(records).id] == ["a0", "a1"]
    with pytest.raises(DataError, match=r"no file .*ferplus-train-1\.parquet"):
        next(records)


def test_columns_that_are_not_declared_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path / "fairface-val.parquet", [fairface("a") | {"service_test": True, "width": 224}])
    assert [record.id for record in read("fairface", "val", tmp_path)] == ["a"]


def test_the_folder_may_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "here" / "fairface-val.parquet", [fairface("here")])
    write(tmp_path / "there" / "fairface-val.parquet", [fairface("there")])
    monkeypatch.setenv("FACEREASON_DATA", str(tmp_path / "here"))
    assert [record.id for record in read("fairface", "val")] == ["here"]
    assert [record.id for record in read("fairface", "val", tmp_path / "there")] == ["there"]


def test_every_data_set_says_where_it_is_from_and_on_what_terms() -> None:
    for name, dataset in DATASETS.items():
        assert dataset.name == name
        assert dataset.license
        assert dataset.terms.endswith(".")
        assert dataset.source
        assert dataset.obtain
        assert all(layout.says for layout in dataset.layouts)
        assert dataset.splits


def write_text(path: Path) -> None:
    path.write_text("id,label\n1,happiness\n")


def write_half(path: Path) -> None:
    write(path, [fairface(f"a{i}", image=colour(i)) for i in range(50)])
    path.write_bytes(path.read_bytes()[:-300])


def write_damaged(path: Path) -> None:
    write(path, [fairface(f"a{i}", image=colour(i, 16)) for i in range(50)])
    data = bytearray(path.read_bytes())
    data[20:600] = bytes(580)
    path.write_bytes(data)


def lacking(column: str) -> Callable[[Path], None]:
    row = {key: value for key, value in fairface("a").items() if key != column}
    return lambda path: write(path, [row])


def holding(**changed: Any) -> Callable[[Path], None]:
    return lambda path: write(path, [fairface("good"), fairface("bad") | changed])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda path: None, "no file .*fairface-val.parquet; name its folder with --data or FACEREASON_DATA"),
        (Path.mkdir, "no file .*fairface-val.parquet"),
        (Path.touch, "fairface-val.parquet: .*"),
        (write_text, "fairface-val.parquet: .*"),
        (write_half, "fairface-val.parquet: .*"),
        (write_damaged, "fairface-val.parquet: .*"),
        (lacking("race"), "fairface-val.parquet: no column race; is it fairface .*"),
        (lacking("image"), "fairface-val.parquet: no column image"),
        (holding(race="martian"), "row 'bad' is not as fairface declares: 'martian' is not a valid Race"),
        (holding(age_group="20 to 29"), "row 'bad' is not as fairface declares: '20 to 29' is not a valid AgeGroup"),
        (holding(gender=None), "row 'bad' is not as fairface declares: None is not a valid Gender"),
        (holding(image=None), "row 'bad' is not as fairface declares"),
    ],
    ids=[
        "missing",
        "a folder",
        "empty",
        "text",
        "cut short",
        "damaged",
        "no race",
        "no image",
        "bad race",
        "bad age",
        "no gender",
        "null image",
    ],
)
def test_bad_data_is_one_clear_line(tmp_path: Path, make: Callable[[Path], None], message: str) -> None:
    make(tmp_path / "fairface-val.parquet")
    assert_refused(lambda: list(read("fairface", "val", tmp_path)), message)


def test_a_bad_label_of_ferplus_is_one_clear_line(tmp_path: Path) -> None:
    write(tmp_path / "ferplus-test.parquet", [ferplus("a"), ferplus("b", "bored")])
    assert_refused(lambda: list(read("ferplus", "test", tmp_path)), "row 'b' is not as ferplus declares: .*bored")


@pytest.mark.parametrize(
    ("name", "split", "message"),
    [
        ("imagenet", "test", "no data set 'imagenet': known are ferplus, fer2013, fairface"),
        ("ferplus", "val", "ferplus has no split 'val': it has train, valid, test"),
    ],
)
def test_an_unknown_data_set_or_split_is_refused_with_what_there_is(
    tmp_path: Path, name: str, split: str, message: str
) -> None:
    assert_refused(lambda: list(read(name, split, tmp_path)), message)


def test_a_missing_folder_is_refused_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEREASON_DATA", raising=False)
    assert_refused(lambda: list(read("ferplus", "test")), "Name its folder with --data or FACEREASON_DATA")
    assert_refused(lambda: list(read("ferplus", "test", tmp_path / "nowhere")), "no file .*nowhere")


def assert_refused(act: Callable[[], list[Record]], message: str) -> None:
    with pytest.raises(DataError, match=message) as error:
        act()
    assert isinstance(error.value, FaceReasonError)
    assert "\n" not in str(error.value)
