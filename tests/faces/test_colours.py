"""Colours: the names of swatches, and hair and clothing in painted scenes and on the portrait."""

from __future__ import annotations

import numpy as np
import pytest

from facereason.faces import Instrument, colours
from facereason.faces.colours import Place
from facereason.images import Pixels
from facereason.types import Box, Colour, Reading
from tests.faces.portraits import FACE, photo, portrait

RGB = tuple[int, int, int]

CLOTHES: dict[Colour, list[RGB]] = {
    Colour.BLACK: [(0, 0, 0), (20, 20, 20), (25, 25, 35)],
    Colour.GREY: [(90, 90, 90), (128, 128, 128), (170, 170, 170)],
    Colour.WHITE: [(255, 255, 255), (240, 240, 240), (250, 248, 240)],
    Colour.BROWN: [(139, 69, 19), (101, 67, 33), (92, 64, 51), (150, 110, 80)],
    Colour.RED: [(255, 0, 0), (200, 20, 30), (178, 34, 34), (220, 20, 60), (139, 0, 0)],
    Colour.ORANGE: [(255, 165, 0), (255, 140, 0), (230, 92, 40), (255, 120, 30)],
    Colour.YELLOW: [(255, 255, 0), (255, 215, 0), (240, 230, 60), (255, 235, 130)],
    Colour.GREEN: [(0, 128, 0), (0, 255, 0), (0, 100, 0), (46, 139, 87), (144, 238, 144)],
    Colour.BLUE: [(0, 0, 255), (30, 60, 190), (0, 0, 128), (65, 105, 225), (135, 206, 235), (40, 50, 90)],
    Colour.PURPLE: [(128, 0, 128), (148, 0, 211), (138, 43, 226), (75, 0, 130), (147, 112, 219)],
    Colour.PINK: [(255, 192, 203), (255, 105, 180), (255, 20, 147), (255, 182, 193)],
}
HAIR: dict[Colour, list[RGB]] = {
    Colour.BLACK: [(15, 12, 10), (35, 30, 28)],
    Colour.GREY: [(130, 130, 128), (170, 170, 170)],
    Colour.WHITE: [(235, 235, 232)],
    Colour.BROWN: [(90, 60, 40), (75, 50, 35), (120, 85, 60)],
    Colour.BLOND: [(220, 190, 130), (200, 165, 110), (240, 215, 160)],
    Colour.RED: [(150, 60, 30), (165, 75, 35), (140, 50, 25)],
}


def skin() -> RGB:
    """Of the portrait."""
    red, green, blue = (int(v) for v in np.median(portrait()[118:135, 205:245].reshape(-1, 3), axis=0))
    return red, green, blue


def swatches(table: dict[Colour, list[RGB]]) -> list[tuple[RGB, Colour]]:
    return [(rgb, colour) for colour, values in table.items() for rgb in values]


def named(rgb: RGB, *, hair: bool) -> Colour:
    (index,) = colours.name(colours.to_lab(np.array([rgb], np.float32)), hair=hair)
    return tuple(Colour)[int(index)]


@pytest.mark.parametrize(("rgb", "colour"), swatches(CLOTHES))
def test_a_swatch_has_its_obvious_name(rgb: RGB, colour: Colour) -> None:
    assert named(rgb, hair=False) is colour


@pytest.mark.parametrize(("rgb", "colour"), swatches(HAIR))
def test_hair_has_its_obvious_name(rgb: RGB, colour: Colour) -> None:
    assert named(rgb, hair=True) is colour


def test_blond_is_a_name_of_hair_alone() -> None:
    everything = np.stack(np.meshgrid(*[np.arange(0, 256, 15)] * 3), axis=-1).reshape(-1, 3).astype(np.float32)
    lab = colours.to_lab(everything)
    blond = tuple(Colour).index(Colour.BLOND)
    assert blond in colours.name(lab, hair=True)
    assert blond not in colours.name(lab, hair=False)


@pytest.mark.parametrize(
    ("rgb", "lab"),
    [
        ((0, 0, 0), (0, 0, 0)),
        ((255, 255, 255), (100, 0, 0)),
        ((128, 128, 128), (53.59, 0, 0)),
        ((255, 0, 0), (53.24, 80.09, 67.20)),
        ((0, 255, 0), (87.73, -86.18, 83.18)),
        ((0, 0, 255), (32.30, 79.19, -107.86)),
        ((255, 255, 0), (97.14, -21.55, 94.48)),
        ((5, 5, 5), (1.37, 0, 0)),
    ],
)
def test_lab_values_are_those_of_the_standard(rgb: RGB, lab: tuple[float, float, float]) -> None:
    assert colours.to_lab(np.array([rgb], np.float32))[0] == pytest.approx(lab, abs=0.05)


AT = Box(200, 150, FACE.width, FACE.height)


def painted(hair: RGB, clothes: RGB, *, height: int = 512) -> Pixels:
    """The face of the portrait at `AT`, one colour above and beside it, another one below."""
    scene = np.empty((height, 512, 3), np.uint8)
    scene[:] = clothes
    scene[: int(AT.y + 0.6 * AT.height)] = hair
    top, left = round(FACE.y) + 20, round(FACE.x) + 10  # under the fringe, between the ears
    skin = portrait()[top : round(FACE.bottom), left : round(FACE.right) - 10]
    scene[round(AT.y) + 20 : round(AT.y) + 20 + len(skin), round(AT.x) + 10 : round(AT.x) + 10 + skin.shape[1]] = skin
    return scene


@pytest.mark.parametrize(("rgb", "colour"), [(values[0], colour) for colour, values in HAIR.items()])
def test_painted_hair_is_read(rgb: RGB, colour: Colour) -> None:
    reading = colours.hair(painted(rgb, (30, 140, 60)), Place(face=AT))
    assert reading.value is colour
    assert reading.confidence > 0.9


@pytest.mark.parametrize(
    ("rgb", "colour"),
    [
        ((200, 20, 30), Colour.RED),
        ((30, 140, 60), Colour.GREEN),
        ((65, 105, 225), Colour.BLUE),
        ((240, 240, 240), Colour.WHITE),
        ((20, 20, 20), Colour.BLACK),
        ((230, 92, 40), Colour.ORANGE),
        ((255, 215, 0), Colour.YELLOW),
        ((128, 0, 128), Colour.PURPLE),
    ],
)
def test_painted_clothing_is_read_through_folds(rgb: RGB, colour: Colour) -> None:
    scene = painted((60, 40, 30), rgb)
    folds = 0.85 + 0.15 * np.sin(np.arange(512) / 9)[None, :, None]
    scene[300:] = (scene[300:] * folds).astype(np.uint8)
    reading = colours.clothing(scene, Place(face=AT))
    assert reading.value is colour
    assert reading.confidence > 0.7


def test_a_hat_is_no_hair() -> None:
    reading = colours.hair(painted((30, 140, 60), (240, 240, 240)), Place(face=AT))
    assert_unknown(reading, "green: a hat, dyed, or background")
    assert reading.confidence > 0.9


def test_hair_of_no_natural_strength_is_no_hair() -> None:
    reading = colours.hair(painted((230, 20, 20), (240, 240, 240)), Place(face=AT))
    assert_unknown(reading, "red: a hat, dyed, or background")


HEAD = Box(220, 120, 120, 150)


def from_afar(hair: RGB, clothes: RGB, wall: RGB = (60, 120, 200)) -> Pixels:
    """A head at `HEAD` and a narrow body below it, before a wall."""
    scene = np.empty((512, 512, 3), np.uint8)
    scene[:] = wall
    scene[round(HEAD.y) : round(HEAD.bottom), round(HEAD.x) : round(HEAD.right)] = hair
    scene[round(HEAD.bottom) :, round(HEAD.x) - 5 : round(HEAD.right) + 5] = clothes
    return scene


def test_from_behind_hair_is_the_head_and_clothing_is_inside_the_body() -> None:
    scene = from_afar((220, 190, 130), (200, 20, 30))
    body = Box(HEAD.x - 5, HEAD.y, HEAD.width + 10, 512 - HEAD.y)
    face = Box(HEAD.x + 18, HEAD.y + 45, 84, 97)
    place = Place(face=face, in_view=False, yaw=170, head=HEAD, body=body)
    assert colours.hair(scene, place).value is Colour.BLOND
    assert colours.hair(scene, place).confidence == 1.0
    assert colours.clothing(scene, place).value is Colour.RED
    assert colours.clothing(scene, place).confidence == 1.0


def test_hair_the_colour_of_skin_counts_where_no_face_is_in_view() -> None:
    place = Place(face=Box(HEAD.x + 18, HEAD.y + 45, 84, 97), in_view=False, yaw=170, head=HEAD)
    assert colours.hair(from_afar(skin(), (0, 0, 0)), place).known


@pytest.mark.parametrize(("yaw", "left"), [(80, True), (-80, False)])
def test_of_a_profile_hair_is_behind_the_face(yaw: float, left: bool) -> None:
    scene = from_afar((225, 170, 140), (200, 20, 30))
    middle, top = round(HEAD.x + HEAD.width / 2), round(HEAD.y)
    rear = slice(round(HEAD.x), middle) if left else slice(middle, round(HEAD.right))
    scene[top : top + 110, rear] = (90, 60, 40)
    face = Box(HEAD.x + (55 if left else 5), HEAD.y + 35, 60, 115)
    reading = colours.hair(scene, Place(face=face, yaw=yaw, head=HEAD))
    assert reading.value is Colour.BROWN


def test_what_lies_outside_the_photo_is_unknown() -> None:
    scene = painted((90, 60, 40), (200, 20, 30))
    assert_unknown(colours.clothing(scene[: round(AT.bottom)], Place(face=AT)), "outside the photo")
    above = Place(face=Box(AT.x, 0, AT.width, AT.height))
    cut = Place(face=Box(AT.x, -20, AT.width, AT.height))
    assert_unknown(colours.hair(scene[round(AT.y) + 20 :], cut), "outside the photo")
    assert colours.clothing(scene[round(AT.y) :], above).value is Colour.RED
    beside = Place(face=Box(-300, 0, AT.width, AT.height))
    assert_unknown(colours.clothing(scene, beside), "outside the photo")


def test_what_looks_like_the_skin_of_the_face_is_no_clothing() -> None:
    reading = colours.clothing(painted((90, 60, 40), skin()), Place(face=AT))
    assert_unknown(reading, "hidden, or the colour of the skin")


def test_stripes_of_many_colours_have_no_main_colour() -> None:
    scene = painted((90, 60, 40), (0, 0, 0))
    for i in range(300, 512, 4):
        scene[i : i + 4] = [(200, 20, 30), (30, 140, 60), (240, 220, 40), (65, 105, 225)][i // 4 % 4]
    assert_unknown(colours.clothing(scene, Place(face=AT)), "several colours")


def test_faces_of_few_pixels_are_unknown_and_no_error() -> None:
    scene = painted((90, 60, 40), (200, 20, 30))
    for box in (Box(100, 100, 1, 1), Box(511, 511, 3, 3), Box(-9, -9, 4, 4)):
        assert colours.hair(scene, Place(face=box)).value is None
        assert colours.clothing(scene, Place(face=box)).value is None


def test_the_astronaut_has_brown_hair_and_an_orange_suit(instrument: Instrument) -> None:
    (person,) = instrument.look(photo(portrait())).people
    assert person.hair_colour.value is Colour.BROWN
    assert person.hair_colour.confidence > 0.7
    assert person.clothing_colour.value is Colour.ORANGE


def assert_unknown(reading: Reading[Colour], why: str) -> None:
    assert reading.value is None
    assert reading.unknown_because == why
