"""Labelled faces as the reader is trained on them: points, targets, and who is held out."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facereason.data import DataError
from facereason.faces import align
from facereason.faces.detect import Detector
from tests.data.parquet import colour, fairface, ferplus, write
from tests.train.faces import COUNT, write_ferplus

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from facereason.train import reader_data


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path_factory.getbasetemp() / "points"))


def test_faces_come_with_points_and_targets(labelled: Path, detector: Detector) -> None:
    faces = reader_data.load("ferplus", "valid", labelled, lambda: detector)
    assert (faces.images.shape, faces.images.dtype) == ((COUNT, 48, 48), np.uint8)
    assert faces.points.shape == (COUNT, 5, 2)
    assert faces.found.mean() > 0.9
    assert faces.emotion[0] == pytest.approx([0.2, 0.8, 0, 0, 0, 0, 0, 0])
    assert faces.emotion[3] == pytest.approx([2 / 3, 1 / 3, 0, 0, 0, 0, 0, 0])
    assert faces.emotion[11].sum() == 0
    assert set(faces.gender) == set(faces.age) == set(faces.race) == {-1}


def test_held_out_faces_of_fairface_and_those_to_measure_on_are_never_trained_on(
    labelled: Path, detector: Detector
) -> None:
    parts = {
        split: reader_data.load("fairface", split, labelled, lambda: detector)
        for split in ("train", "held_out", "measured")
    }
    assert [len(faces) for faces in parts.values()] == [COUNT - 5, 3, 5]
    assert set(parts["held_out"].ids) < set(parts["measured"].ids)
    assert not set(parts["train"].ids) & set(parts["measured"].ids)
    assert {len(faces.geometry) for faces in parts.values()} == {COUNT - 5, 3, 5}
    assert parts["train"].images.shape[1:] == (128, 128, 3)
    together = {image.tobytes() for name in ("train", "measured") for image in parts[name].images}
    assert len(together) == COUNT
    assert sum((parts[name].gender == 1).sum() for name in ("train", "measured")) == COUNT // 8
    assert set(parts["train"].age) <= {3, 4, 5}
    assert parts["train"].emotion.sum() == 0


def test_of_the_real_fairface_two_thousand_faces_are_measured_on() -> None:
    rows = reader_data.fairface_rows(28_000)
    assert [int(rows[name].sum()) for name in ("train", "held_out", "measured")] == [26_000, 1_400, 2_000]
    assert not (rows["train"] & rows["measured"]).any()


def test_a_limit_takes_the_first_rows(labelled: Path, detector: Detector) -> None:
    whole = reader_data.load("ferplus", "valid", labelled, lambda: detector)
    some = reader_data.load("ferplus", "valid", labelled, lambda: detector, limit=5)
    assert np.array_equal(some.images, whole.images[:5])
    assert np.array_equal(some.points, whole.points[:5])


def test_points_are_found_once(labelled: Path, detector: Detector) -> None:
    def never() -> Detector:
        raise AssertionError("the detector was asked again")

    first = reader_data.load("ferplus", "valid", labelled, lambda: detector)
    again = reader_data.load("ferplus", "valid", labelled, never)
    assert np.array_equal(first.points, again.points)


def test_points_kept_of_other_images_are_not_taken_for_those_of_these(tmp_path: Path, detector: Detector) -> None:
    for name, seed in (("one", 5), ("other", 6)):
        write_ferplus(tmp_path / name, count=6, seed=seed)
    one, other = (reader_data.load("ferplus", "valid", tmp_path / n, lambda: detector) for n in ("one", "other"))
    assert not np.array_equal(one.images, other.images)
    assert not np.array_equal(one.points, other.points)


def test_images_of_different_sizes_are_refused(tmp_path: Path, detector: Detector) -> None:
    rows = [fairface("a"), fairface("b", image=colour(side=64))]
    write(tmp_path / "fairface-val.parquet", rows)
    with pytest.raises(DataError, match="fairface val: images of different sizes"):
        reader_data.load("fairface", "val", tmp_path, lambda: detector)


def test_a_file_without_rows_and_an_image_that_cannot_be_read_are_named(tmp_path: Path, detector: Detector) -> None:
    import pyarrow.parquet

    path = tmp_path / "fairface-val.parquet"
    write(path, [fairface("a"), fairface("broken", image=b"\x89PNG no picture")])
    with pytest.raises(DataError, match="fairface broken: the image cannot be read"):
        reader_data.load("fairface", "val", tmp_path, lambda: detector)
    pyarrow.parquet.write_table(pyarrow.parquet.read_table(path).slice(0, 0), path)
    with pytest.raises(DataError, match="fairface val: no rows"):
        reader_data.load("fairface", "val", tmp_path, lambda: detector)


def test_a_face_that_is_not_found_is_the_whole_image(tmp_path: Path, detector: Detector) -> None:
    write(tmp_path / "ferplus-valid.parquet", [ferplus("blank")])
    faces = reader_data.load("ferplus", "valid", tmp_path, lambda: detector)
    assert not faces.found.any()
    assert faces.points[0] == pytest.approx(align.points_of_crop(48, 48))
