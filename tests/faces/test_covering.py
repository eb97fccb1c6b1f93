"""Covering parts of a face."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from facereason import images
from facereason.faces import Instrument, align
from facereason.faces.align import TEMPLATE
from facereason.faces.covering import REGIONS, cover
from facereason.faces.reader import Reader, Readings
from facereason.images import Pixels
from facereason.types import EmotionLabel
from tests.faces.portraits import POINTS, portrait
from tests.faces.shapes import frontal


class _MouthReader(Reader):
    """Reads happiness off the brightness of the mouth's middle alone, else surprise."""

    def __init__(self) -> None:
        pass

    def read(self, crops: Pixels | Sequence[Pixels]) -> Readings:
        rows = np.zeros((len(crops), 8), np.float32)
        for row, crop in zip(rows, crops, strict=True):
            happy = crop[76:80, 50:62].mean() / 255
            row[1], row[2] = happy, 1 - happy
        return Readings(rows, rows, rows, None, frontal(len(crops)))


def test_all_three_regions_are_covered_and_the_largest_loss_comes_first(reader: Reader) -> None:
    effects = cover(reader, align.aligned(portrait(), POINTS))
    assert len(effects) == len(REGIONS) == 3
    assert {effect.region for effect in effects} == set(REGIONS)
    losses = [effect.before - effect.after for effect in effects]
    assert losses == sorted(losses, reverse=True)


def test_before_is_what_was_read_of_the_person(instrument: Instrument) -> None:
    photo = images.example()
    (person,) = instrument.look(photo).people
    effects = instrument.cover(photo, person)
    emotion = person.face.emotion
    assert {effect.emotion for effect in effects} == {emotion.value}
    assert [effect.before for effect in effects] == pytest.approx([emotion.confidence] * 3, abs=1e-4)
    assert all(0 <= effect.after <= 1 for effect in effects)


def test_the_smile_rests_on_the_mouth(instrument: Instrument) -> None:
    photo = images.example()
    (person,) = instrument.look(photo).people
    first = instrument.cover(photo, person)[0]
    assert (first.region, first.emotion) == ("mouth and chin", EmotionLabel.HAPPINESS)


def test_the_region_a_reader_looks_at_is_the_one_it_rests_on() -> None:
    crop = np.full((112, 112, 3), 60, np.uint8)
    crop[70:90, 40:72] = 250
    before = crop.copy()
    mouth, *others = cover(_MouthReader(), crop)
    assert mouth.region == "mouth and chin"
    assert (mouth.emotion, mouth.instead) == (EmotionLabel.HAPPINESS, EmotionLabel.SURPRISE)
    assert mouth.before == pytest.approx(250 / 255, abs=1e-3)
    assert mouth.after < 0.4
    for other in others:
        assert (other.before, other.after, other.instead) == (mouth.before, mouth.before, EmotionLabel.HAPPINESS)
    assert np.array_equal(crop, before)


def test_each_region_holds_the_parts_it_is_named_after() -> None:
    parts = {"brows and eyes": TEMPLATE[:2], "nose and cheeks": TEMPLATE[2:3], "mouth and chin": TEMPLATE[3:]}
    assert set(parts) == set(REGIONS)
    for name, points in parts.items():
        rows, columns = REGIONS[name]
        for x, y in points:
            assert rows.start + 6 < y < rows.stop - 6
            assert columns.start + 6 < x < columns.stop - 6
