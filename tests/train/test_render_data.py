"""Studio renders as the reader's samples: patches whose truth lies where the picture shows it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facereason import resources
from facereason.data import DataError
from facereason.faces import align, geometry, pose
from facereason.faces.detect import Detector
from facereason.facs import Side
from facereason.types import FaceReasonError
from tests.train import renders

pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from facereason.train import render_data
from facereason.train.reader_data import Faces


@pytest.fixture(scope="module")
def detector() -> Detector:
    try:
        resources.verify("detector.onnx")
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")
    return Detector(resources.weights("detector.onnx"), threads=1)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEREASON_HOME", str(tmp_path_factory.getbasetemp() / "patches"))


@pytest.fixture
def faces(tmp_path: Path, detector: Detector) -> Faces:
    return render_data.load(renders.write(tmp_path / "faces"), lambda: detector)


def one(faces: Faces, name: str) -> int:
    return faces.ids.tolist().index(f"{name}-0")


def test_a_face_lies_in_its_patch_as_in_the_aligned_crop(faces: Faces) -> None:
    assert faces.images.shape == (len(faces.ids), render_data.PATCH, render_data.PATCH, 3)
    row = one(faces, "smile")
    assert faces.found[row]
    assert faces.points[row] == pytest.approx(align.TEMPLATE + render_data.MARGIN, abs=8)
    crop = align.aligned(faces.images[row], faces.points[row])
    from PIL import Image

    with Image.open(renders.RENDERS / "smile.jpg") as image:
        pixels = np.asarray(image.convert("RGB"))
    wanted = align.aligned(pixels, detector_points(pixels))
    assert np.abs(crop.astype(float) - wanted).mean() < 6


def detector_points(pixels: np.ndarray) -> np.ndarray:
    return Detector(resources.weights("detector.onnx"), threads=1).detect(pixels)[0].points


def test_truth_is_in_the_frame_of_the_patch(faces: Faces) -> None:
    known, row = faces.geometry, one(faces, "smile")
    eyes = known.landmarks[row, [36, 39, 42, 45]].mean(0)
    assert eyes == pytest.approx(faces.points[row, :2].mean(0), abs=6)
    yaw, _, roll = pose.angles(known.rotation[row])
    assert yaw == pytest.approx(12, abs=2)
    assert abs(roll) < 12  # the detector's eyes may stand a little askew
    slots = geometry.SLOTS
    assert known.intensity[row, slots.index((12, Side.LEFT))] == 1
    assert known.present[row, slots.index((25, None))] == 1
    assert known.present[row, slots.index((4, None))] == 0
    assert geometry.yaw_pitch(known.gaze[row])[0] == pytest.approx(0, abs=3)
    assert np.isnan(known.strength).all()


def test_a_head_from_behind_is_taken_by_its_box_and_teaches_pose_but_no_units(faces: Faces) -> None:
    row = one(faces, "behind")
    assert not faces.found[row]
    known = faces.geometry
    assert abs(pose.angles(known.rotation[row])[0]) == pytest.approx(180, abs=1)
    assert np.isnan(known.intensity[row]).all()
    assert np.isnan(known.present[row]).all()
    assert np.isnan(known.gaze[row]).all()


def test_age_and_gender_are_known_of_faces_in_view(faces: Faces) -> None:
    rows = [one(faces, name) for name in ("smile", "left", "behind")]
    assert faces.age[rows].tolist() == [3, 7, -1]  # 28 and 66 years old; a back tells nothing
    assert faces.gender[rows].tolist() == [0, 1, -1]


@pytest.mark.parametrize(("years", "gender", "known"), [(8.0, 0.0, (1, -1)), (30.0, 0.6, (4, -1)), (0.5, 1.0, (0, -1))])
def test_a_child_or_an_unclear_face_has_no_gender(years: float, gender: float, known: tuple[int, int]) -> None:
    appears = render_data._appears({"attributes": {"years": years, "gender": gender}}, in_view=True)
    assert (appears["age"], appears["gender"]) == known


def test_sets_of_heads_have_each_head_by_its_box_as_well(tmp_path: Path, detector: Detector) -> None:
    folder = renders.write(tmp_path / "heads", ("smile",), dataset="heads")
    both = render_data.load(folder, lambda: detector)
    assert both.found.tolist() == [True, False]
    assert pose.angles(both.geometry.rotation[1])[2] == pytest.approx(0, abs=1e-3)  # upright as in the picture


def test_patches_are_cut_out_once_and_a_limit_takes_the_first(tmp_path: Path, detector: Detector) -> None:
    folder = renders.write(tmp_path / "faces", ("smile", "left"))
    first = render_data.load(folder, lambda: detector)

    def never() -> Detector:
        raise AssertionError("cut out again")

    again = render_data.load(folder, never)
    assert np.array_equal(first.images, again.images)
    assert np.array_equal(first.geometry.landmarks, again.geometry.landmarks)
    assert len(render_data.load(folder, never, limit=1)) == 1


def test_a_folder_without_renders_is_one_line(tmp_path: Path, detector: Detector) -> None:
    with pytest.raises(DataError, match=r"studio-faces: no renders; make them with: facereason studio dataset"):
        render_data.load(tmp_path / "studio-faces", lambda: detector)


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        ({}, True),
        ({"head_pose": {"yaw": -80.0, "pitch": 0, "roll": 0}}, False),
        ({"AUs": [{"unit": 43, "left": 0.2, "right": 0.9}]}, False),
        ({"attributes": {"glasses": "sunglasses"}}, False),
    ],
)
def test_gaze_is_known_where_eyes_can_be_seen(change: dict[str, object], seen: bool) -> None:
    person = {"head_pose": {"yaw": 10.0, "pitch": 0, "roll": 0}, "AUs": [], "attributes": {"glasses": "round"}}
    assert render_data.gaze_seen({**person, **change}) is seen


def test_crops_of_renders_are_of_the_split_that_their_files_are_named_by(tmp_path: Path, faces: Faces) -> None:
    from facereason.train import crops

    for name in ("test-00000.parquet", "test-00001.parquet"):
        (tmp_path / name).touch()
    assert crops.split_of_renders(tmp_path) == "test"
    assert {crop.split for crop in crops.of_renders(faces, "test")} == {"test"}
    (tmp_path / "train-00000.parquet").touch()
    with pytest.raises(DataError, match="files of test and train: put each split into a folder of its own"):
        crops.split_of_renders(tmp_path)
    with pytest.raises(DataError, match="no Parquet files"):
        crops.split_of_renders(tmp_path / "nowhere")
