"""Quality: which flags the portrait gets when it is shrunk, blurred, darkened or cut, and what they do to readings."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

from facereason.faces import Instrument, align, quality
from facereason.images import Pixels
from facereason.types import Box, Person, Quality, QualityFlag
from tests.faces import portraits
from tests.faces.portraits import FACE, POINTS, canvas, paste, portrait


def shrunk(height: int) -> Pixels:
    photo = canvas(300, 200)
    paste(photo, 120, 60, height)
    return photo


def blurred(radius: float) -> Pixels:
    return np.asarray(Image.fromarray(portrait()).filter(ImageFilter.GaussianBlur(radius)))


def darkened(share: float) -> Pixels:
    return (portrait() * share).astype(np.uint8)


def the_person(instrument: Instrument, pixels: Pixels) -> Person:
    (person,) = instrument.look(portraits.photo(pixels)).people
    return person


def readings(person: Person) -> list[Any]:
    return [person.face.emotion, person.gender, person.age_group]


def test_nothing_is_wrong_with_the_portrait(instrument: Instrument) -> None:
    person = the_person(instrument, portrait())
    seen = person.face.quality
    assert seen.flags == ()
    assert seen.face_pixels == pytest.approx(FACE.height, rel=0.1)
    assert seen.inside == 1
    assert 0.5 < seen.brightness < 0.75
    assert all(reading.known and not reading.unknown_because for reading in readings(person))


@pytest.mark.parametrize(
    ("pixels", "flag", "why"),
    [
        (shrunk(19), QualityFlag.SMALL, "the face is too small"),
        (blurred(4), QualityFlag.BLURRED, "the face is blurred"),
        (darkened(0.12), QualityFlag.DARK, "the face is too dark or flat"),
        (portrait()[:, 222:], QualityFlag.CUT_OFF, "the face is cut off by the edge of the photo"),
        (portrait()[:, :228], QualityFlag.CUT_OFF, "the face is cut off by the edge of the photo"),
        (portrait()[107:], QualityFlag.CUT_OFF, "the face is cut off by the edge of the photo"),
        (portrait()[:137], QualityFlag.CUT_OFF, "the face is cut off by the edge of the photo"),
    ],
    ids=["shrunk", "blurred", "dark", "left half gone", "right half gone", "brows gone", "mouth gone"],
)
def test_a_bad_photo_is_flagged_and_its_readings_are_unknown(
    instrument: Instrument, pixels: Pixels, flag: QualityFlag, why: str
) -> None:
    person = the_person(instrument, pixels)
    assert flag in person.face.quality.flags
    for reading in readings(person):
        assert reading.value is None
        assert why in reading.unknown_because
        assert sum(reading.distribution.values()) == pytest.approx(1, abs=1e-3)
        assert reading.confidence == max(reading.distribution.values())


@pytest.mark.parametrize(
    "pixels",
    [shrunk(45), blurred(1), darkened(0.5), portrait()[:, 175:], portrait()[56:], portrait()[:190]],
    ids=["shrunk", "blurred", "dark", "cut beside the face", "cut above the brows", "cut below the chin"],
)
def test_a_photo_that_is_good_enough_is_not_flagged(instrument: Instrument, pixels: Pixels) -> None:
    assert the_person(instrument, pixels).face.quality.flags == ()


def measured(crop: Pixels | None = None, box: Box = FACE, yaw: float = 0.0) -> Quality:
    return quality.measure(align.aligned(portrait(), POINTS) if crop is None else crop, box, 1.0, yaw)


def test_a_head_turned_far_to_either_side_is_in_profile() -> None:
    for yaw, flags in ((40, ()), (65, (QualityFlag.PROFILE,)), (-65, (QualityFlag.PROFILE,))):
        assert measured(yaw=yaw).flags == flags


def test_an_even_area_shows_nothing_however_bright_it_is() -> None:
    flat = np.full((112, 112, 3), 180, np.uint8)
    seen = measured(flat)
    assert QualityFlag.DARK in seen.flags
    assert seen.brightness == pytest.approx(180 / 255, abs=0.01)


def test_sharpness_falls_with_every_blur_and_does_not_depend_on_light() -> None:
    crops = [align.aligned(blurred(radius), POINTS) for radius in (0, 1, 2, 4, 8)]
    sharp = [measured(crop).sharpness for crop in crops]
    assert sharp == sorted(sharp, reverse=True)
    assert len(set(sharp)) == 5
    dim = (crops[0] * 0.5).astype(np.uint8)
    assert measured(dim).sharpness == pytest.approx(sharp[0], rel=0.05)


def test_the_share_inside_the_photo_falls_as_the_face_leaves_it() -> None:
    shares = [align.share_inside(np.asarray(POINTS) - [shift, 0], 512, 512) for shift in (0, 175, 222, 260, 400)]
    assert shares[0] == 1
    assert shares == sorted(shares, reverse=True)
    assert 0.3 < shares[2] < 0.8
    assert shares[-1] == 0


def test_why_readings_are_unknown_names_every_flag() -> None:
    assert quality.why_unknown(()) == ""
    for flag in set(QualityFlag) - {QualityFlag.NO_FACE}:
        assert quality.why_unknown((flag,)).startswith("the face is ")
    assert quality.why_unknown((QualityFlag.NO_FACE,)) == "no face is in view"
    both = quality.why_unknown((QualityFlag.SMALL, QualityFlag.DARK))
    assert both == "the face is too small and the face is too dark or flat"
