"""Alignment: the similarity, where points land, borders, and faces that are much larger than the crop."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from facereason.faces import align
from facereason.faces.align import SIZE, TEMPLATE, aligned, similarity
from facereason.images import Pixels
from tests.faces.portraits import POINTS, canvas, portrait

Points = npt.NDArray[np.float64]


def moved(points: npt.ArrayLike, degrees: float, scale: float, shift: tuple[float, float]) -> Points:
    """Points turned clockwise as seen, scaled and shifted."""
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    return np.asarray(points, np.float64) @ np.array([[c, s], [-s, c]]) + shift


@pytest.mark.parametrize("degrees", [-170, -35, 0, 20, 90])
@pytest.mark.parametrize("scale", [0.2, 1.0, 7.5])
def test_a_known_turn_scale_and_shift_is_recovered(degrees: float, scale: float) -> None:
    points = moved(TEMPLATE, degrees, scale, (300.0, -40.0))
    matrix = similarity(points)
    assert matrix.shape == (2, 3)
    assert np.hypot(*matrix[:, 0]) == pytest.approx(1 / scale)
    assert np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0])) == pytest.approx(-degrees)
    assert points @ matrix[:, :2].T + matrix[:, 2] == pytest.approx(TEMPLATE)


def test_the_similarity_is_the_nearest_in_least_squares() -> None:
    def off(matrix: Points) -> float:
        return float(np.square(POINTS @ matrix[:, :2].T + matrix[:, 2] - TEMPLATE).sum())

    best = similarity(POINTS)
    turn, grow = np.array([[0, -0.01], [0.01, 0]]), 1.01
    shifted = best + np.array([[0, 0, 0.5], [0, 0, -0.5]])
    turned = np.hstack([best[:, :2] + turn @ best[:, :2], best[:, 2:]])
    assert off(best) < min(off(shifted), off(turned), off(best * grow))


def test_a_face_is_never_mirrored() -> None:
    matrix = similarity(TEMPLATE * [-1, 1])
    assert np.linalg.det(matrix[:, :2]) > 0


@pytest.mark.parametrize(("degrees", "scale"), [(0, 1.0), (-25, 1.6), (30, 4.0), (100, 9.3)])
def test_the_points_land_on_the_template(degrees: float, scale: float) -> None:
    points = moved(TEMPLATE, degrees, scale, (0, 0))
    points += 30 * scale - points.min(axis=0)
    side = int(points.max() + 30 * scale)
    for point, wanted in zip(points, TEMPLATE, strict=True):
        crop = aligned(spot(side, point, 2.5 * scale), points)
        assert centre_of_light(crop) == pytest.approx(wanted, abs=0.1)


def test_the_crop_is_an_rgb_image() -> None:
    crop = aligned(portrait(), POINTS)
    assert (crop.shape, crop.dtype) == ((SIZE, SIZE, 3), np.uint8)


@pytest.mark.parametrize("corner", [(0.0, 0.0), (512.0, 0.0), (0.0, 512.0), (512.0, 512.0), (-200.0, 256.0)])
def test_beyond_the_photo_its_border_is_repeated(corner: tuple[float, float]) -> None:
    points = POINTS - POINTS.mean(axis=0) + corner
    padded = np.pad(portrait(), ((400, 400), (400, 400), (0, 0)), mode="edge")
    assert np.array_equal(aligned(portrait(), points), aligned(padded, points + 400))


def test_a_large_face_is_shrunk_without_moire() -> None:
    """A fine checkerboard becomes even grey."""
    photo = canvas(1200, 1200, 0)
    photo[::2, ::2] = photo[1::2, 1::2] = 255
    for scale in (2.5, 4.0, 9.3):
        crop = aligned(photo, moved(TEMPLATE, 3, scale, (60, 60)))
        assert crop.mean() == pytest.approx(127.5, abs=2)
        assert crop.std() < 12


def test_the_photo_is_left_as_it_was() -> None:
    photo = portrait().copy()
    aligned(photo, POINTS)
    assert np.array_equal(photo, portrait())


def test_the_points_of_a_crop_scale_with_it_and_bring_the_whole_face_in() -> None:
    points = align.points_of_crop(200, 100)
    assert points == pytest.approx(align.points_of_crop(1, 1) * [200, 100])
    left_eye, right_eye, nose, left_mouth, right_mouth = align.points_of_crop(48, 48)
    assert left_eye[0] < nose[0] < right_eye[0]
    assert left_eye[1] < nose[1] < left_mouth[1]
    assert left_mouth[0] < right_mouth[0]
    back = np.linalg.inv(np.vstack([similarity(align.points_of_crop(48, 48)), [0, 0, 1]]))
    middle = back[:2] @ [SIZE / 2, SIZE / 2, 1]
    assert middle == pytest.approx([24, 24], abs=4)
    assert SIZE * np.hypot(*back[:2, 0]) == pytest.approx(48, rel=0.25)


def spot(side: int, point: Points, radius: float) -> Pixels:
    """A soft white spot about a point on black; the middle of the first pixel is at (.5, .5)."""
    axis = np.arange(side) + 0.5
    light = np.exp(-(((axis[None] - point[0]) ** 2 + (axis[:, None] - point[1]) ** 2) / radius**2))
    return np.repeat((255 * light).astype(np.uint8)[:, :, None], 3, axis=2)


def centre_of_light(crop: Pixels) -> Points:
    weight = crop[:, :, 0].astype(float)
    axis = np.arange(len(crop)) + 0.5
    return np.array([(weight.sum(axis=0) * axis).sum(), (weight.sum(axis=1) * axis).sum()]) / weight.sum()
