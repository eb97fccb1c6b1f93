"""Which way up photos lie: the astronaut portrait and renders, each turned by quarters."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from facereason import images
from facereason.faces import Instrument, turned
from facereason.faces.detect import Detection, Detector
from facereason.images import Photo, Pixels
from facereason.types import to_dict
from tests.faces import portraits
from tests.faces.portraits import canvas, paste, portrait

RENDERS = Path(__file__).parents[1] / "renders"
TURNS = turned.TURNS


def lying(pixels: Pixels, turn: int) -> Pixels:
    """An upright picture turned clockwise."""
    return images.rotate(pixels, -turn)


@pytest.mark.parametrize("turn", TURNS)
def test_the_turned_portrait_is_recognised(detector: Detector, turn: int) -> None:
    told = turned.turn_of(lying(portrait(), turn), detector)
    assert told.value == turn
    assert told.confidence == max(told.distribution.values())
    assert sum(told.distribution.values()) == pytest.approx(1)


@pytest.mark.parametrize("turn", TURNS)
@pytest.mark.parametrize("name", ["group", "back", "smile", "left", "masked"])
def test_turned_renders_are_recognised(detector: Detector, name: str, turn: int) -> None:
    pixels = images.open(RENDERS / f"{name}.jpg").pixels
    assert turned.turn_of(lying(pixels, turn), detector).value == turn


@pytest.mark.parametrize("scene", portraits.SCENES)
def test_a_photo_without_a_face_stays_as_it_is(detector: Detector, scene: str) -> None:
    told = turned.turn_of(portraits.without_people(scene, 640, 480), detector)
    assert (told.value, told.unknown_because) == (None, turned.NO_FACE)


def test_somebody_who_lies_down_turns_no_photo_in_which_others_are_upright(detector: Detector) -> None:
    photo = canvas(1000, 500)
    for x in (20, 350):
        paste(photo, x, 20, 140)
    lies = canvas(320, 320)
    paste(lies, 5, 5, 140)
    photo[150:470, 670:990] = lying(lies, 90)
    assert turned.turn_of(photo, detector).value == 0
    assert turned.turn_of(lying(photo, 180), detector).value == 180


@pytest.mark.parametrize("tilt", [-25, 25])
def test_a_tilted_head_turns_no_photo(detector: Detector, tilt: int) -> None:
    assert turned.turn_of(portraits.turned_clockwise(portrait(), tilt), detector).value == 0


@pytest.mark.parametrize(("height", "glances"), [(70, 0), (200, 1)])
def test_of_an_upright_photo_the_other_turns_are_not_looked_at(
    instrument: Instrument, monkeypatch: pytest.MonkeyPatch, height: int, glances: int
) -> None:
    """A large face is looked at once more, small."""
    shares: list[float] = []
    glance = Detector.glance

    def spy(self: Detector, pixels: Pixels, share: float = 1.0) -> list[Detection]:
        shares.append(share)
        return glance(self, pixels, share)

    monkeypatch.setattr(Detector, "glance", spy)
    photo = canvas(600, 500)
    paste(photo, 30, 20, height)
    scene = instrument.look(portraits.photo(photo))
    assert (scene.turned, scene.turn is not None) == (0, True)
    assert len(shares) == glances
    assert all(share < 1 for share in shares)


@pytest.mark.parametrize("turn", TURNS[1:])
def test_a_turned_photo_is_measured_upright(instrument: Instrument, turn: int) -> None:
    photo = portraits.photo(lying(images.open(RENDERS / "group.jpg").pixels, turn))
    scene = instrument.look(photo)
    expected = instrument.look(images.open(RENDERS / "group.jpg"))
    assert scene.turned == turn
    assert (scene.width, scene.height) == (expected.width, expected.height)
    assert to_dict(scene.people) == to_dict(expected.people)
    assert to_dict(scene)["turn"]["value"] == turn


def test_a_photo_that_was_set_upright_is_not_turned_again(instrument: Instrument) -> None:
    photo = portraits.photo(lying(portrait(), 180))
    scene = instrument.look(photo)
    again = instrument.look(images.upright(photo, scene.turned))
    assert again.turned == scene.turned == 180
    assert again.people == scene.people


def test_a_turned_photo_is_drawn_and_covered_upright(instrument: Instrument) -> None:
    photo = portraits.photo(lying(portrait(), 90))
    scene = instrument.look(photo)
    upright = images.upright(photo, scene.turned)
    np.testing.assert_array_equal(upright.pixels, portrait())
    plain = Photo(pixels=portrait(), name="array")
    as_it_is = instrument.look(plain)
    np.testing.assert_array_equal(images.draw(photo, scene), images.draw(plain, as_it_is))
    assert instrument.cover(upright, scene.people[0]) == instrument.cover(plain, as_it_is.people[0])


def test_photos_are_measured_as_they_are_where_that_is_asked_for(detector: Detector) -> None:
    scene = Instrument(upright=False, threads=1).look(portraits.photo(lying(portrait(), 180)))
    assert (scene.turn, scene.turned) == (None, 0)
    assert "turn" not in to_dict(scene)


def test_places_in_a_photo_set_upright_are_found_in_the_photo_as_it_lies() -> None:
    pixels = np.zeros((6, 8, 3), np.uint8)
    pixels[4, 1] = 255
    for turn in TURNS:
        y, x = (int(at[0]) for at in np.nonzero(images.rotate(pixels, turn)[:, :, 0]))
        assert turned._as_it_lies((x + 0.5, y + 0.5), turn, pixels.shape) == (1.5, 4.5)


def test_the_boxes_of_one_face_in_four_turns_are_one_face(detector: Detector) -> None:
    assert len(turned.votes(portrait(), detector)) == 1
