"""What a run refuses to learn from: pictures that models are measured on."""

from __future__ import annotations

import dataclasses
import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("trl", reason="needs the train extra")

from facereason.data import DataError, held_out
from facereason.train import crops
from facereason.train.crops import Crop
from facereason.train.vlm import leaks, questions, sft
from facereason.train.vlm.recipe import Part
from facereason.types import FaceReasonError
from tests.data import parquet
from tests.train.made import face
from tests.train.test_sft import NANO, recipe

ASK = {"label": 1.0}


def named(number: int, split: str, dataset: str = "ferplus") -> Crop:
    return dataclasses.replace(face(number), dataset=dataset, split=split, id=f"{split}-{number}")


def again(crop: Crop, name: str) -> Crop:
    """The same picture, smoothed, and compressed unless it is named "it"."""
    smooth = (
        Image.open(io.BytesIO(crop.image))
        .resize((8, 8), Image.Resampling.NEAREST)
        .resize((112, 112), Image.Resampling.BICUBIC)
    )
    png, jpeg = io.BytesIO(), io.BytesIO()
    smooth.save(png, "PNG")
    smooth.save(jpeg, "JPEG", quality=90)
    return dataclasses.replace(crop, image=(png if name == "it" else jpeg).getvalue(), id=name)


def part(name: str, **more: object) -> Part:
    return Part(data=name, ask=ASK, **more)  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve faces to train on, two of which are in the test split: one pixel for pixel, one by its looks."""
    test = [named(100 + number, "test") for number in range(6)] + [again(named(200, "test"), "it")]
    train = [named(number, "train") for number in range(10)]
    train += [dataclasses.replace(named(103, "train"), id="copy"), again(named(200, "train"), "again")]
    crops.write(train, tmp_path / "ferplus-train.parquet")
    crops.write(test, tmp_path / "ferplus-test.parquet")
    return tmp_path


def test_a_leak_is_refused_in_one_line_with_count_and_examples(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError) as refused:
        sft.train(recipe("fresh", data=(part("ferplus-train.parquet"),), model=NANO), folder, tmp_path / "out")
    assert str(refused.value) == (
        "2 of 12 faces to train on are held out, 1 pixel for pixel, others by looks (ferplus train copy is ferplus "
        "test test-103; ferplus train again looks like ferplus test it): leave them out with `without` in the recipe's "
        "data"
    )
    assert not (tmp_path / "out" / "model").exists()


def test_what_is_left_out_does_not_leak(folder: Path, tmp_path: Path) -> None:
    clean = part("ferplus-train.parquet", without=("ferplus-test.parquet",))
    learnt = leaks.refuse((clean,), (), folder, tmp_path / "cache")
    assert learnt.faces == {("ferplus", "train", "none"): 10}
    assert learnt.against == ("ferplus-test.parquet",)
    assert [crop.id for crop in questions.faces(clean, folder)] == [f"train-{number}" for number in range(10)]
    with pytest.raises(DataError, match="no crops"):
        list(questions.faces(part("ferplus-train.parquet", without=("nowhere.parquet",)), folder))


def test_a_held_out_split_is_not_trained_on_itself(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"ferplus test is what models are measured on: train on another split"):
        leaks.refuse((part("ferplus-test.parquet"),), (), folder, tmp_path / "cache")


def test_valid_faces_of_the_recipe_are_held_out_too(tmp_path: Path) -> None:
    crops.write([named(number, "train", "made") for number in range(6)], tmp_path / "a.parquet")
    crops.write([named(5, "train", "made"), named(7, "train", "made")], tmp_path / "b.parquet")
    assert leaks.refuse((part("a.parquet"),), (), tmp_path, tmp_path / "cache").against == ()
    with pytest.raises(DataError, match=r"1 of 6 faces to train on are held out, 1 pixel for pixel"):
        leaks.refuse((part("a.parquet"),), (part("b.parquet"),), tmp_path, tmp_path / "cache")


def test_a_data_set_as_it_is_is_held_against_its_own_test(tmp_path: Path) -> None:
    pictures = [parquet.png(np.random.default_rng(n).integers(0, 255, (48, 48), dtype=np.uint8)) for n in range(8)]
    for name, some in (("train-0", [0, 1, 2]), ("train-1", [3, 4, 5]), ("test", [5, 6])):
        parquet.write(tmp_path / f"ferplus-{name}.parquet", [parquet.ferplus(str(n), image=pictures[n]) for n in some])
    with pytest.raises(DataError, match=r"1 of 6 .* \(ferplus train 5 is ferplus test 5\)"):
        leaks.refuse((part("ferplus:train"),), (), tmp_path, tmp_path / "cache")


def test_pictures_are_looked_at_once_and_anew_when_the_file_changed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clean, cache = part("ferplus-train.parquet", limit=10), tmp_path / "cache"
    said: list[str] = []
    first = leaks.refuse((clean,), (), folder, cache, said.append)
    assert said == [f"looking for copies: ferplus-{split}.parquet" for split in ("test", "train")]
    monkeypatch.setattr(questions, "looks", lambda crop: pytest.fail("looked at again"))
    assert leaks.refuse((clean,), (), folder, cache) == first
    monkeypatch.undo()
    crops.write([named(0, "train")], folder / "ferplus-train.parquet")
    assert leaks.refuse((clean,), (), folder, cache).faces.total() == 1


def test_blank_pictures_are_copies_of_none(tmp_path: Path) -> None:
    blank = [dataclasses.replace(named(number, "train", "made"), image=parquet.grey()) for number in range(2)]
    crops.write(blank[:1], tmp_path / "a.parquet")
    crops.write(blank[1:], tmp_path / "b.parquet")
    assert leaks.refuse((part("a.parquet"),), (part("b.parquet"),), tmp_path, tmp_path / "cache").faces.total() == 1


@pytest.mark.parametrize(
    ("name", "splits"),
    [
        ("ferplus", ("test",)),
        ("fairface", ("val",)),
        ("facet", ("test",)),
        ("ferbench", ("ferplus",)),
        ("utkface", ()),
        ("300w-lp", ()),
        ("my.jsonl", ()),
    ],
)
def test_what_is_held_out_of_a_data_set(name: str, splits: tuple[str, ...]) -> None:
    assert held_out(name) == splits


def test_a_broken_picture_is_named_before_anything_is_trained(tmp_path: Path) -> None:
    crops.write([face(1), dataclasses.replace(face(3), image=b"no picture")], tmp_path / "broken.parquet")
    with pytest.raises(FaceReasonError, match="face-3: its image cannot be read"):
        leaks.refuse((part("broken.parquet"),), (), tmp_path, tmp_path / "cache")
