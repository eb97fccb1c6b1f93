"""The instrument: photo to scene."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facereason import __version__, images, resources
from facereason.faces import Instrument
from facereason.faces.reader import Reader, Readings, Shapes
from facereason.types import (
    AgeGroup,
    Colour,
    EmotionLabel,
    FaceReasonError,
    Gender,
    Person,
    Race,
    Scene,
    to_dict,
)
from tests.faces.portraits import FACE, canvas, paste, photo, portrait


@pytest.fixture(scope="module")
def example(instrument: Instrument) -> Scene:
    return instrument.look(images.example())


def test_the_astronaut_is_one_smiling_woman(example: Scene) -> None:
    (person,) = example.people
    assert (example.source, example.width, example.height) == ("astronaut.png", 512, 512)
    assert person.box.iou(FACE) > 0.75
    assert person.gender.value is not Gender.MALE
    assert person.face.emotion.value is EmotionLabel.HAPPINESS
    assert person.hair_colour.value is Colour.BROWN
    assert person.age_group.known


def test_the_smile_is_read_in_worse_photos_too(instrument: Instrument) -> None:
    small = canvas(400, 300)
    paste(small, 100, 50, 60)
    for pixels in (small, (portrait() * 0.6).astype(np.uint8), np.ascontiguousarray(portrait()[:, ::-1])):
        (person,) = instrument.look(photo(pixels)).people
        assert person.face.emotion.value is EmotionLabel.HAPPINESS


def test_distributions_run_over_all_labels_in_order_and_sum_to_one(example: Scene) -> None:
    (person,) = example.people
    for reading, labels in ((person.face.emotion, EmotionLabel), (person.age_group, AgeGroup)):
        assert list(reading.distribution) == [label.value for label in labels]
        assert sum(reading.distribution.values()) == pytest.approx(1, abs=1e-3)
        assert reading.confidence == max(reading.distribution.values())
        assert reading.value is not None
        assert reading.distribution[reading.value] == reading.confidence
    assert list(person.gender.distribution) == ["female", "male"]


def test_points_of_a_face_are_sorted_by_sides_as_seen(example: Scene) -> None:
    left_eye, right_eye, nose, left_mouth, right_mouth = example.people[0].face.points
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_mouth[0] < right_mouth[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(left_mouth[1], right_mouth[1])


def test_people_are_numbered_from_left_to_right_whatever_their_size(instrument: Instrument) -> None:
    crowd = canvas(900, 500)
    boxes = [paste(crowd, x, y, height) for x, y, height in ((640, 250, 60), (10, 30, 45), (320, 150, 110))]
    people = instrument.look(photo(crowd)).people
    assert [person.number for person in people] == [1, 2, 3]
    for person, box in zip(people, (boxes[1], boxes[2], boxes[0]), strict=True):
        assert person.box.iou(box) > 0.6


def test_a_photo_without_people_has_none(instrument: Instrument) -> None:
    for pixels in (canvas(300, 200), canvas(1, 1)):
        scene = instrument.look(photo(pixels))
        assert scene.people == ()
        assert (scene.width, scene.height) == pixels.shape[1::-1]


def test_the_scene_says_what_made_it(example: Scene) -> None:
    made_by = example.provenance
    manifest = resources.manifest()
    assert made_by.weights == {name: manifest[name].sha256 for name in ("detector.onnx", "people.onnx", "reader.onnx")}
    assert set(made_by.versions) == {"facereason", "numpy", "onnxruntime", "pillow"}
    assert made_by.versions["facereason"] == __version__
    assert made_by.calls == ()


def test_race_is_read_only_where_it_is_switched_on(example: Scene) -> None:
    (person,) = example.people
    assert person.race is None
    assert "race" not in json.dumps(to_dict(example))
    (person,) = Instrument(race=True, threads=1).look(images.example()).people
    assert person.race is not None
    assert list(person.race.distribution) == [race.value for race in Race]
    assert sum(person.race.distribution.values()) == pytest.approx(1, abs=1e-3)


def test_a_scene_can_be_written_as_json(example: Scene) -> None:
    written = json.loads(json.dumps(to_dict(example), allow_nan=False))
    assert written["people"][0]["number"] == 1
    assert written["people"][0]["face"]["points"][0] == pytest.approx(example.people[0].face.points[0], abs=1e-3)


@pytest.mark.parametrize(
    ("female", "gender"), [(0.95, Gender.FEMALE), (0.55, Gender.UNCLEAR), (0.45, Gender.UNCLEAR), (0.1, Gender.MALE)]
)
def test_a_perceived_gender_that_is_hardly_more_than_a_guess_is_unclear(
    monkeypatch: pytest.MonkeyPatch, instrument: Instrument, female: float, gender: Gender
) -> None:
    person = looked_at_with(monkeypatch, instrument, female)
    assert person.gender.value is gender
    assert person.gender.distribution == pytest.approx({"female": female, "male": 1 - female})


def test_two_looks_at_one_photo_measure_the_same(instrument: Instrument, example: Scene) -> None:
    assert to_dict(instrument.look(images.example())) == to_dict(example)


@pytest.mark.parametrize("name", ["detector.onnx", "reader.onnx"])
def test_damaged_weights_are_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, instrument: Instrument, name: str
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(resources.weights("manifest.json").parent, folder)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)
    assert_refused(monkeypatch, folder, rf"weights file {name} is damaged .*: reinstall facereason")


@pytest.mark.parametrize("name", ["detector.onnx", "reader.onnx"])
def test_missing_weights_are_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, instrument: Instrument, name: str
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(resources.weights("manifest.json").parent, folder)
    (folder / name).unlink()
    assert_refused(monkeypatch, folder, rf"weights file {name} is not in .*")


def assert_refused(monkeypatch: pytest.MonkeyPatch, folder: Path, message: str) -> None:
    monkeypatch.setattr(resources, "_WEIGHTS", folder)
    resources.verify.cache_clear()
    try:
        with pytest.raises(FaceReasonError, match=rf"^{message}$") as error:
            Instrument(threads=1)
        assert "\n" not in str(error.value)
    finally:
        resources.verify.cache_clear()


def looked_at_with(monkeypatch: pytest.MonkeyPatch, instrument: Instrument, female: float) -> Person:
    """The astronaut, where the reader gives `female` this probability."""
    read = Reader.read

    def steered(self: Reader, crops: np.ndarray) -> Readings:
        found = read(self, crops)
        gender = np.array([[female, 1 - female]], np.float32)
        return Readings(found.emotion, found.age, gender, found.race, found.shapes)

    monkeypatch.setattr(Reader, "read", steered)
    (person,) = instrument.look(images.example()).people
    return person


class _Turning:
    """A reader that takes crops whose left edge is bright for `left` likely male, others for `right`."""

    def __init__(self, left: float, right: float) -> None:
        self.odds, self.reads = (left, right), 0

    def read(self, crops: Any) -> Readings:
        self.reads += 1
        male = np.array([self.odds[0 if crop[0, 0, 0] else 1] for crop in crops], np.float32)
        gender = np.stack([1 - male, male], axis=1)
        n = len(crops)
        shapes = Shapes(*(np.zeros((n, *s), np.float32) for s in ((25,), (25,), (3, 3), (3,), (68, 2))))
        return Readings(np.zeros((n, 8), np.float32), np.zeros((n, 9), np.float32), gender, None, shapes)


@pytest.mark.parametrize(
    ("left", "right", "read", "reads"),
    [(0.83, 0.13, 0.48, 2), (0.83, 0.9, 0.865, 2), (0.98, 0.1, 0.98, 1), (0.6, 0.1, 0.6, 1)],
)
def test_a_gender_that_is_not_sure_is_read_of_the_mirror_image_too(
    left: float, right: float, read: float, reads: int
) -> None:
    instrument = Instrument()
    instrument._reader = stub = _Turning(left, right)  # type: ignore[assignment]
    crop = np.zeros((112, 112, 3), np.uint8)
    crop[:, 0] = 255
    found = instrument._read([crop])
    assert found.gender[0, 1] == pytest.approx(read, abs=1e-5)
    assert stub.reads == reads
