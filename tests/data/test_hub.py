"""Copies on the hub, stood for by local folders that `datasets` loads by the same call."""

from __future__ import annotations

from pathlib import Path

import pytest

from facereason.data import DATASETS, DataError, read
from facereason.types import AgeGroup, Gender, Race
from tests.data import layouts, parquet

pytest.importorskip("datasets")


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("FACEREASON_DATA", raising=False)


def copy(folder: Path, split: str, *rows: dict[str, object]) -> str:
    parquet.write(folder / "data" / f"{split}-00000-of-00001.parquet", rows)
    layouts.text(
        folder / "README.md", "---", "configs:", "- config_name: default", "  data_files:", f"  - split: {split}",
        f"    path: data/{split}-*", "---",
    )  # fmt: skip
    return f"hf/{folder}"


def test_fairface_on_the_hub_counts_its_classes(tmp_path: Path) -> None:
    image = parquet.colour(3, 16)
    row = {"image": {"bytes": image, "path": None}, "age": 8, "gender": 1, "race": 5}
    (record,) = read("fairface", "val", copy(tmp_path / "there", "validation", row))
    assert (record.id, record.image) == ("val/0", image)
    assert (record.age_group, record.gender, record.race) == (AgeGroup.FROM_70, Gender.FEMALE, Race.LATINO)


def test_rotbench_on_the_hub_is_turned_too(tmp_path: Path) -> None:
    image = layouts.dot(tmp_path / "a.png")
    row = {"image": {"bytes": image, "path": None}, "image_name": "a.png"}
    records = read("rotbench", "small", copy(tmp_path / "there", "small", row))
    assert [record.id for record in records] == ["a.png@0", "a.png@90", "a.png@180", "a.png@270"]


def test_what_is_not_on_the_hub_says_where_it_is(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"affectnet val is not read from the hub: get it \(mohammad"):
        list(read("affectnet", "val", "hf/somebody/affectnet"))
    with pytest.raises(DataError, match=r"nowhere cannot be read from the hub \(.*name a local folder"):
        list(read("rotbench", "small", f"hf/{tmp_path}/nowhere"))


def test_every_hub_copy_fills_the_fields_that_a_folder_fills() -> None:
    for dataset in DATASETS.values():
        if dataset.hub:
            assert set(dataset.hub.fields) <= set(dataset.layouts[0].fields), dataset.name
            assert set(dataset.hub.splits) <= set(dataset.splits)
