"""The detector, on the astronaut portrait, on photos made of it, and on scenes without anybody."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from facereason import images
from facereason.faces.detect import Detection, Detector
from facereason.images import Pixels
from facereason.types import Box
from tests.faces import portraits
from tests.faces.portraits import FACE, POINTS, canvas, paste, portrait

Passes = Callable[[Pixels], int]


@pytest.fixture
def passes(detector: Detector, monkeypatch: pytest.MonkeyPatch) -> Passes:
    """How often the network runs for one photo."""

    def count(pixels: Pixels) -> int:
        scales: list[float] = []
        one_pass = Detector._pass

        def spy(self: Detector, pixels: Pixels, scale: float) -> list[Detection]:
            scales.append(scale)
            return one_pass(self, pixels, scale)

        with monkeypatch.context() as patch:
            patch.setattr(Detector, "_pass", spy)
            detector.detect(pixels)
        return len(scales)

    return count


def test_the_portrait_has_one_face_where_it_is(detector: Detector) -> None:
    (face,) = detector.detect(portrait())
    assert face.box.iou(FACE) > 0.75
    assert np.abs(face.points - POINTS).max() < 5
    assert 0.8 < face.score <= 1


def test_the_mirrored_portrait_has_the_mirrored_face(detector: Detector) -> None:
    (face,) = detector.detect(portrait())
    (other,) = detector.detect(portraits.mirrored(portrait()))
    assert other.box.iou(Box(512 - face.box.right, face.box.y, face.box.width, face.box.height)) > 0.9
    assert np.abs(other.points - portraits.mirrored_points(face.points, 512)).max() < 5


@pytest.mark.parametrize("scene", portraits.SCENES)
@pytest.mark.parametrize("size", [(640, 480), (1500, 1000)])
def test_nobody_is_found_where_nobody_is(detector: Detector, scene: str, size: tuple[int, int]) -> None:
    assert detector.detect(portraits.without_people(scene, *size)) == []


def test_faces_down_to_16_pixels_are_found_in_a_4000_pixel_photo(detector: Detector) -> None:
    photo = canvas(4000, 1300)
    faces = [paste(photo, 60 + 325 * i, 80 + 397 * i % 1050, 16 + 2 * i) for i in range(12)]
    assert min(face.height for face in faces) == 16
    assert_found_once(detector.detect(photo), faces)


def test_a_face_that_fills_the_frame_is_found(detector: Detector) -> None:
    close = portrait()[62:182, 176:276]
    (face,) = detector.detect(images.resize(close, 1250, 1500))
    expected = Box((FACE.x - 176) * 12.5, (FACE.y - 62) * 12.5, FACE.width * 12.5, FACE.height * 12.5)
    assert face.box.iou(expected) > 0.7


def test_faces_are_found_in_a_photo_20000_pixels_wide(detector: Detector) -> None:
    photo = canvas(20_000, 260)
    faces = [paste(photo, x, 10, 110) for x in (300, 9_870, 19_600)]
    assert_found_once(detector.detect(photo), faces)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (20_000, 1)])
def test_photos_too_thin_for_a_face_have_none(detector: Detector, size: tuple[int, int]) -> None:
    assert detector.detect(canvas(*size)) == []


def test_forty_faces_are_forty(detector: Detector) -> None:
    photo = canvas(1240, 700)
    faces = [paste(photo, 4 + 154 * (i % 8), 2 + 139 * (i // 8), 67) for i in range(40)]
    assert_found_once(detector.detect(photo), faces)


def test_detections_come_best_first_and_inside_their_range(detector: Detector) -> None:
    photo = canvas(900, 400)
    for i, height in enumerate((110, 60, 30)):
        paste(photo, 20 + 300 * i, 10, height)
    scores = [face.score for face in detector.detect(photo)]
    assert len(scores) == 3
    assert scores == sorted(scores, reverse=True)
    assert all(0.5 <= score <= 1 for score in scores)


def test_a_photo_of_ordinary_size_is_read_once(passes: Passes) -> None:
    assert passes(portrait()) == 1


def test_a_large_photo_is_read_once_where_its_faces_are_large(passes: Passes) -> None:
    photo = canvas(2000, 1500)
    paste(photo, 400, 100, 600)
    assert passes(photo) == 1


def test_a_large_photo_is_read_in_tiles_where_the_first_pass_hints_at_a_small_face(passes: Passes) -> None:
    photo = canvas(2000, 1500)
    paste(photo, 100, 100, 600)
    paste(photo, 1700, 700, 50)  # 16 pixels in the first pass
    tiles = 4 * 3
    assert 1 + tiles <= passes(photo) <= 1 + 2 * tiles


def test_a_photo_that_is_not_large_is_never_read_in_tiles(passes: Passes) -> None:
    photo = canvas(900, 700)
    paste(photo, 100, 100, 20)
    assert passes(photo) <= 2


@pytest.mark.parametrize("face_height", [40, 90, 150, 300])
def test_a_face_on_the_border_of_two_tiles_is_found_once(detector: Detector, face_height: int) -> None:
    """Tiles of a 2,000 pixel photo begin at 0, 453, 907 and 1360, and end at 640, 1093, 1547 and 2000."""
    photo = canvas(2000, 2000)
    step = round(2.1 * face_height)
    columns = range(20, 2000 - round(2.2 * face_height), round(2.3 * face_height))
    faces = [
        paste(photo, x + 7 * row, 20 + row * step, face_height) for row, x in enumerate(columns) if row < 1700 // step
    ]
    faces.append(paste(photo, 1840, 1870, 60))  # what makes the detector look closely
    assert_found_once(detector.detect(photo), faces)


def assert_found_once(found: Sequence[Detection], faces: Sequence[Box]) -> None:
    """Every face has one detection near it, and nothing else was detected."""
    near = [[round(face.iou(one.box), 2) for one in found if face.iou(one.box) > 0.1] for face in faces]
    assert [len(overlaps) for overlaps in near] == [1] * len(faces), near
    assert min(overlaps[0] for overlaps in near) > 0.5
    assert len(found) == len(faces)
