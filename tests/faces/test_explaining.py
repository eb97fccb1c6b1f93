"""What an emotion rests on: regions of units, covers, heat and overlap, on a real photo and on readers made for it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from facereason import images
from facereason.faces import Instrument, align, regions
from facereason.faces.explaining import Cover, covers, explain, typical
from facereason.faces.reader import EMOTIONS
from facereason.images.heat import panels
from facereason.types import EmotionLabel, FaceReasonError, QualityFlag


@pytest.fixture(scope="module")
def instrument() -> Instrument:
    return Instrument()


@pytest.fixture(scope="module")
def face(instrument: Instrument) -> tuple[np.ndarray, np.ndarray]:
    """The crop of the example photo's face, and its landmarks in it."""
    photo = images.example()
    (person,) = instrument.look(photo).people
    crop = align.aligned(photo.pixels, person.face.points)
    forward = align.similarity(person.face.points)
    return crop, np.asarray(person.face.landmarks) @ forward[:, :2].T + forward[:, 2]


def mouth_reader(crop: np.ndarray) -> Callable[[Sequence[np.ndarray]], np.ndarray]:
    """A reader that finds a face the less happy the more its mouth differs from this crop's, and looks nowhere else."""
    here = (slice(74, 86), slice(42, 70))

    def read(crops: Sequence[np.ndarray]) -> np.ndarray:
        off = [np.abs(each[here].astype(float) - crop[here].astype(float)).mean() for each in crops]
        told = np.zeros((len(off), 8), np.float32)
        told[:, EMOTIONS.index(EmotionLabel.HAPPINESS)] = np.clip(0.95 - np.array(off) / 40, 0.01, 0.99)
        told[:, EMOTIONS.index(EmotionLabel.NEUTRAL)] = 1 - told[:, EMOTIONS.index(EmotionLabel.HAPPINESS)]
        return told

    return read


@pytest.mark.parametrize("name", list(regions.NAMES))
def test_every_region_lies_in_the_face_and_where_its_name_says(name: str, face: tuple[np.ndarray, np.ndarray]) -> None:
    _, landmarks = face
    mask = regions.mask(name, landmarks, (112, 112))
    assert 30 < mask.sum() < 0.25 * mask.size
    rows = np.nonzero(mask)[0]
    middle_of_eyes, mouth = landmarks[36:48, 1].mean(), landmarks[48:60, 1].mean()
    above = {"inner brows", "outer brows", "brows and glabella", "upper lids"}
    below = {"upper lip", "mouth corners", "lower lip and chin", "lips", "mouth and jaw"}
    if name in above:
        assert rows.mean() < middle_of_eyes
    elif name in below:
        assert rows.mean() > (middle_of_eyes + mouth) / 2


def test_every_unit_has_a_region() -> None:
    from facereason.facs import UNITS

    assert {number for units in regions.NAMES.values() for number in units} == set(UNITS)


def test_regions_scale_with_the_picture(face: tuple[np.ndarray, np.ndarray]) -> None:
    _, landmarks = face
    small = regions.masks_of([12], landmarks, (112, 112)).sum()
    large = regions.masks_of([12], landmarks * 3, (336, 336)).sum()
    assert large == pytest.approx(9 * small, rel=0.1)
    assert regions.masks_of([], landmarks, (112, 112)).sum() == 0


def test_a_cover_changes_its_region_and_nothing_else(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, landmarks = face
    found = covers(crop, landmarks)
    assert len(found) == 3 * len(regions.NAMES)
    for name, cover, covered in found:
        changed = np.any(covered != crop, axis=-1)
        mask = regions.mask(name, landmarks, (112, 112))
        assert changed[mask].mean() > 0.9, (name, cover)
        near = np.zeros_like(mask)
        rows, columns = np.nonzero(mask)
        near[max(rows.min() - 8, 0) : rows.max() + 9, max(columns.min() - 8, 0) : columns.max() + 9] = True
        assert not changed[~near].any(), (name, cover)


def test_a_face_turned_away_gets_no_frontal_face_swapped_in(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, landmarks = face
    assert {cover for _, cover, _ in covers(crop, landmarks, yaw=45)} == {Cover.MEAN, Cover.BLUR}


def test_an_explanation_finds_what_a_reader_looks_at(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, landmarks = face
    told = explain(mouth_reader(crop), crop, landmarks, units=[25])
    assert told.emotion is EmotionLabel.HAPPINESS
    assert told.ranked[0] in ("lips", "mouth and jaw", "lower lip and chin")
    assert told.drop("lips") > 0.1
    assert told.drop("outer brows") == 0
    assert told.overlap > 1.5 * told.by_chance
    elsewhere = explain(mouth_reader(crop), crop, landmarks, units=[1, 2])
    assert elsewhere.overlap < elsewhere.by_chance


def test_a_reading_that_nothing_changes_has_no_overlap(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, landmarks = face
    told = explain(lambda crops: np.tile(np.float32([1, 0, 0, 0, 0, 0, 0, 0]), (len(crops), 1)), crop, landmarks, [12])
    assert (told.overlap, told.by_chance) == (0.0, 0.0)
    assert all(effect.drop == 0 for effect in told.effects)


def test_the_instrument_explains_the_smile_of_the_example_by_the_mouth(instrument: Instrument) -> None:
    photo = images.example()
    (person,) = instrument.look(photo).people
    told = instrument.explain(photo, person)
    assert told.emotion is EmotionLabel.HAPPINESS
    assert told.units == (6, 12)
    assert "mouth" in told.ranked[0]
    assert told.drop(told.ranked[0]) > 0.2
    again = instrument.explain(photo, person)
    assert np.array_equal(told.heat, again.heat)


def test_nobody_is_explained_whose_face_is_not_in_view(instrument: Instrument) -> None:
    photo = images.example()
    (person,) = instrument.look(photo).people
    unseen = dataclasses.replace(person.face.quality, flags=(QualityFlag.NO_FACE,))
    behind = dataclasses.replace(person, face=dataclasses.replace(person.face, quality=unseen))
    with pytest.raises(FaceReasonError, match="no face is in view"):
        instrument.explain(photo, behind)


def test_typical_units_of_an_emotion_come_before_the_rest() -> None:
    assert typical(EmotionLabel.HAPPINESS, [4, 6, 12]) == (6, 12)
    assert typical(EmotionLabel.SADNESS, [6, 12]) == (6, 12)


def test_the_picture_is_warm_where_the_heat_is(face: tuple[np.ndarray, np.ndarray]) -> None:
    crop, landmarks = face
    heat = np.zeros((112, 112), np.float32)
    heat[80:100, 40:70] = 1
    sheet = panels(crop, heat, regions.masks_of([1], landmarks, (112, 112)), "left", "right").astype(int)
    warm = sheet[..., 0] - sheet[..., 2]
    hot, cold = warm[330:370, 180:250], warm[60:100, 180:250]
    assert hot.mean() > 80
    assert abs(cold.mean()) < 2
