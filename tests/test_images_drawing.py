"""Scenes drawn on photos: checked on the picture, and on where the labels were laid."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from facereason import images
from facereason.images import drawing
from facereason.types import Box, Scene
from tests.scenes import person, scene


def labels_of(photo: images.Photo, of: Scene) -> list[SimpleNamespace]:
    """The labels as `draw` lays them out, with their text and place."""
    laid: list[SimpleNamespace] = []
    original = drawing._Pen.write

    def note(pen: drawing._Pen, label: drawing._Label, colour: str) -> None:
        laid.append(SimpleNamespace(text=label.text, place=label.place, size=pen.font.size))
        original(pen, label, colour)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drawing._Pen, "write", note)
        images.draw(photo, of)
    return laid


def grey(width: int, height: int, value: int = 128) -> images.Photo:
    return images.open(np.full((height, width, 3), value, dtype=np.uint8))


def test_a_label_says_number_emotion_with_confidence_gender_and_age() -> None:
    assert drawing._texts(person(7, Box(0, 0, 10, 10)))[0] == "7 happiness 87%\nfemale, 30-39"


def test_what_is_unknown_is_called_unknown_and_what_is_unclear_left_out() -> None:
    assert drawing._texts(person(7, Box(0, 0, 10, 10), known=False)) == ("7 unknown", "7")


def test_nobody_to_draw_gives_the_photo_itself() -> None:
    photo = grey(40, 30)
    drawn = images.draw(photo, scene(40, 30, []))
    np.testing.assert_array_equal(drawn, photo.pixels)
    assert drawn is not photo.pixels


@pytest.mark.parametrize("value", [0, 128, 255])
def test_box_and_label_stand_out_from_any_background(value: int) -> None:
    photo = grey(640, 480, value)
    drawn = images.draw(photo, scene(640, 480, [Box(200, 150, 120, 160)])).astype(int)
    luma = drawn @ [0.299, 0.587, 0.114]
    edge = luma[150:310, 190:202]  # across the left line, with its dark borders
    assert np.ptp(edge.max(axis=1)) < 1, "the line is unbroken"
    assert (np.ptp(edge, axis=1) > 120).all(), "dark beside light all along it"
    assert (drawn[230, 260] == value).all(), "the face stays visible"


def test_the_photo_is_not_drawn_upon() -> None:
    photo = grey(100, 100)
    images.draw(photo, scene(100, 100, [Box(20, 30, 40, 40)]))
    assert (photo.pixels == 128).all()


@pytest.mark.parametrize(("width", "height"), [(300, 207), (1280, 886), (4000, 2769)])
def test_text_and_lines_grow_with_the_photo(width: int, height: int) -> None:
    face = Box(width * 0.4, height * 0.4, width * 0.12, width * 0.15)
    (label,) = labels_of(grey(width, height), scene(width, height, [face]))
    assert max(10, width / 95) <= label.size <= max(12, width / 45)
    assert label.text == "1 happiness 87%\nfemale, 30-39"


def scattered(count: int, width: int, height: int) -> list[Box]:
    dice = np.random.default_rng(5)
    boxes: list[Box] = []
    while len(boxes) < count:
        size = dice.uniform(0.03, 0.055) * width
        box = Box(dice.uniform(0, width - size), dice.uniform(0, height - size), size * 0.8, size)
        if all(box.iou(other) == 0 for other in boxes):
            boxes.append(box)
    return sorted(boxes, key=lambda box: box.centre[0])


@pytest.mark.parametrize(("width", "height"), [(1280, 886), (4000, 2769)])
def test_forty_labels_lie_inside_the_photo_and_apart_and_say_what_was_read(width: int, height: int) -> None:
    boxes = scattered(40, width, height)
    labels = labels_of(grey(width, height), scene(width, height, boxes))
    for label in labels:
        place = label.place
        assert min(place.x, place.y) >= 0
        assert place.right < width
        assert place.bottom < height
        assert label.size >= width / 95
    assert all(a.place.iou(b.place) == 0 for a, b in itertools.combinations(labels, 2))
    assert all("happiness" in label.text for label in labels)


def test_where_faces_stand_shoulder_to_shoulder_each_keeps_its_number_in_its_own_box() -> None:
    boxes = [Box(300 + column * 40, 200 + row * 48, 38, 46) for column in range(8) for row in range(5)]
    labels = labels_of(grey(1280, 886), scene(1280, 886, boxes))
    assert all(a.place.iou(b.place) == 0 for a, b in itertools.combinations(labels, 2))
    for number, (box, label) in enumerate(zip(boxes, labels, strict=True), start=1):
        assert label.text.split()[0] == str(number)
        overlaps = [label.place.iou(other) for other in boxes]
        assert max(overlaps) == overlaps[number - 1] or max(overlaps) < 0.03, f"label {number} on another's face {box}"


@pytest.mark.parametrize(
    ("size", "box"),
    [
        ((1, 1), Box(0, 0, 1, 1)),
        ((20, 16), Box(2, 2, 12, 12)),
        ((20_000, 30), Box(9_000, 2, 20, 25)),
        ((200, 200), Box(-30, -40, 300, 300)),
        ((200, 200), Box(150, 160, 100, 100)),
    ],
)
def test_tiny_long_and_overhanging_scenes_are_drawn(size: tuple[int, int], box: Box) -> None:
    drawn = images.draw(grey(*size), scene(*size, [box]))
    assert drawn.shape == (size[1], size[0], 3)


def test_a_scene_of_another_photo_is_refused() -> None:
    with pytest.raises(ValueError, match="scene of 30 x 40"):
        images.draw(grey(40, 30), scene(30, 40, []))


def test_the_text_is_really_there() -> None:
    photo = grey(640, 480)
    of = scene(640, 480, [Box(200, 150, 120, 160)])
    (label,) = labels_of(photo, of)
    drawn = Image.fromarray(images.draw(photo, of))
    place = label.place
    plate = drawn.crop((int(place.x) + 1, int(place.y) + 1, int(place.right) - 1, int(place.bottom) - 1))
    blank = Image.new("RGB", plate.size)
    pen = ImageDraw.Draw(blank)
    pen.multiline_text((2, 2), label.text, font=ImageFont.load_default(label.size))
    share = np.mean(np.asarray(plate.convert("L")) > 130)
    assert share == pytest.approx(np.mean(np.asarray(blank.convert("L")) > 130), abs=0.08)
