"""Data sets: shards, what they hold, and what a stop costs."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from facereason import recipes
from facereason.studio import dataset, frozen, profile, scene
from facereason.studio.profile import TEST_IDENTITIES, Profile
from facereason.types import FaceReasonError, UsageError

pytestmark = pytest.mark.slow

SMALL = Profile(name="small", seed=6, width=48, height=48)
PAIR = replace(SMALL, name="pair", people=(2, 2), identities=(TEST_IDENTITIES, TEST_IDENTITIES + 9))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pair") / "set"
    dataset.build(dataset.from_profile(PAIR, 3), folder, shard=2, workers=1, masks=True)
    return folder


def rows(folder: Path) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob("*.parquet")) for row in parquet.read_table(path).to_pylist()]


def test_a_row_holds_the_picture_and_the_truth_that_its_spec_gives(made: Path) -> None:
    assert sorted(path.name for path in made.iterdir()) == [
        "README.md", "studio.json", "test-00000.parquet", "test-00001.parquet",
    ]  # fmt: skip
    row = rows(made)[2]
    again = scene.render(profile.drawn(PAIR, 2))
    assert row["id"] == "pair-0000002"
    assert (row["dataset"], row["split"], row["license"]) == ("studio/pair", "test", "CC0-1.0")
    assert json.loads(row["spec"]) == json.loads(json.dumps(again.spec.to_dict()))
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(row["image"]["bytes"]))), again.image)
    for person, truth in zip(row["people"], again.people, strict=True):
        assert person["head_pose"]["yaw"] == pytest.approx(truth.head_pose.yaw, abs=0.01)
        assert [act["unit"] for act in person["AUs"]] == list(truth.units)
        sides = [(act["left"], act["right"]) for act in person["AUs"]]
        assert np.allclose(sides, list(truth.units.values()))
        assert np.array(person["landmarks"]) == pytest.approx(truth.landmarks, abs=0.01)
        masks = dataset.unpacked(person["parts"], person["regions"])
        expected = again.masks(truth.number)
        assert np.array_equal(masks.skin, expected.skin)
        assert np.array_equal(masks.regions[12], expected.regions[12])
        assert set(masks.regions) == set(expected.regions)


def test_datasets_loads_it_with_images_as_images(made: Path, tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    loaded = datasets.load_dataset(
        "parquet", data_files=str(made / "*.parquet"), split="train", cache_dir=str(tmp_path)
    )
    assert len(loaded) == 3
    assert isinstance(loaded[0]["image"], Image.Image)
    assert loaded[0]["image"].size == (48, 48)
    assert len(loaded[0]["people"]) == 2
    assert len(loaded[0]["people"][0]["landmarks"]) == 68


def test_the_datasheet_counts_what_is_in_the_shards(made: Path) -> None:
    sheet = (made / "README.md").read_text()
    assert "3 pictures with 6 people in them" in sheet
    acting = sum(
        any(act["unit"] == 25 and max(act["left"], act["right"]) >= 0.3 for act in person["AUs"] + person["implied"])
        for row in rows(made)
        for person in row["people"]
    )
    assert f"AU25 {acting}," in sheet
    assert "license: cc0-1.0" in sheet


def test_called_again_it_makes_only_what_is_missing(made: Path, tmp_path: Path) -> None:
    folder = tmp_path / "set"
    source = dataset.from_profile(SMALL, 5)
    first, second, third = dataset.build(source, folder, shard=2, workers=1)
    kept = first.stat().st_mtime_ns
    content = second.read_bytes()
    second.unlink()
    seen: list[int] = []
    dataset.build(source, folder, shard=2, workers=1, step=lambda done, total: seen.append(done))
    assert seen == [3, 4, 5]
    assert first.stat().st_mtime_ns == kept
    assert second.read_bytes() == content
    dataset.build(dataset.from_profile(SMALL, 6), folder, shard=2, workers=1)
    assert parquet.read_metadata(third).num_rows == 2


def test_processes_give_what_one_gives(tmp_path: Path) -> None:
    source = dataset.from_profile(SMALL, 4)
    dataset.build(source, tmp_path / "one", workers=1)
    dataset.build(source, tmp_path / "two", workers=2)
    assert rows(tmp_path / "one") == rows(tmp_path / "two")


def test_a_kill_loses_at_most_the_shard_in_the_making(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    command = [
        sys.executable, "-m", "facereason", "studio", "dataset", "studio-faces.yaml", "width=48", "height=48",
        "--count", "200", "--shard", "3", "--workers", "1", "--out", str(folder),
    ]  # fmt: skip
    with subprocess.Popen(command, start_new_session=True) as process:
        end = time.monotonic() + 120
        while len(list(folder.glob("*.parquet"))) < 2:
            assert time.monotonic() < end
            assert process.poll() is None
            time.sleep(0.05)
        os.killpg(process.pid, signal.SIGKILL)
    whole = list(folder.glob("train-*.parquet"))
    assert all(parquet.read_metadata(path).num_rows == 3 for path in whole)
    seen: list[int] = []
    source = dataset.from_profile(recipes.load(Profile, "studio-faces.yaml", ["width=48", "height=48"]), 9)
    dataset.build(source, folder, shard=3, workers=1, step=lambda done, total: seen.append(done))
    assert seen[0] >= 6
    assert seen[-1] == 9


def test_a_full_disk_keeps_whole_shards_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "set"
    source = dataset.from_profile(SMALL, 4)
    whole = Path.write_bytes

    def full(path: Path, content: bytes) -> int:
        if "00001" in path.name:
            whole(path, content[: len(content) // 2])
            raise OSError(28, "No space left on device")
        return whole(path, content)

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(FaceReasonError, match=r"cannot write to .*set \(No space left on device\): make room"):
        dataset.build(source, folder, shard=2, workers=1)
    assert [path.name for path in folder.glob("*train*")] == ["train-00000.parquet"]
    assert not list(folder.glob(".*"))
    monkeypatch.undo()
    assert len(dataset.build(source, folder, shard=2, workers=1)) == 2


def test_another_data_set_in_the_folder_is_left_alone(tmp_path: Path) -> None:
    dataset.build(dataset.from_profile(SMALL, 1), tmp_path / "set", workers=1)
    with pytest.raises(UsageError, match=r"holds another data set \(its name, key differs\): choose another --out"):
        dataset.build(dataset.from_profile(replace(SMALL, name="other"), 1), tmp_path / "set", workers=1)
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    with pytest.raises(UsageError, match="is not empty and no studio data set"):
        dataset.build(dataset.from_profile(SMALL, 1), tmp_path / "notes", workers=1)


def test_a_damaged_shard_is_named(tmp_path: Path) -> None:
    source = dataset.from_profile(SMALL, 1)
    (path,) = dataset.build(source, tmp_path / "set", workers=1)
    path.write_bytes(b"PAR1")
    with pytest.raises(FaceReasonError, match=r"train-00000\.parquet is damaged .*: delete it and call this again"):
        dataset.build(source, tmp_path / "set", workers=1)


def test_a_frozen_set_is_rendered_under_its_own_ids(tmp_path: Path) -> None:
    path = tmp_path / "few.jsonl.gz"
    plan = frozen.Sweeps(profile=replace(PAIR, people=(1, 1), moving=0.0), bases=1, vary=("AU12",), steps=2)
    frozen.write(frozen.swept(plan), path)
    dataset.build(dataset.from_frozen(path), tmp_path / "set", workers=1)
    first, second = rows(tmp_path / "set")
    assert (first["id"], second["id"]) == ("pair-000-AU12-00", "pair-000-AU12-01")
    assert json.loads(second["sweep"]) == {"base": 0, "vary": "AU12", "value": "1"}
    assert first["people"][0]["AUs"] == []
    assert second["people"][0]["AUs"][0]["unit"] == 12


def test_no_pictures_are_refused() -> None:
    with pytest.raises(UsageError, match="--count 0: 1 or more"):
        dataset.from_profile(SMALL, 0)
