"""Faces of data sets whose whole image is the face."""

from __future__ import annotations

import numpy as np
import pytest

from facereason import images
from facereason.faces import align
from facereason.faces.detect import Detector
from facereason.faces.precropped import find_points
from tests.faces.portraits import POINTS, canvas, paste, portrait


def test_the_points_of_a_face_that_is_found_are_those_of_the_detector(detector: Detector) -> None:
    crop = portrait()[50:195, 155:300]
    points, found = find_points(images.resize(crop, 96, 96), detector)
    assert found
    assert points == pytest.approx((POINTS - [155, 50]) * 96 / 145, abs=4)


def test_an_image_without_a_face_that_is_found_is_the_face(detector: Detector) -> None:
    points, found = find_points(canvas(48, 64), detector)
    assert not found
    assert (points.shape, points.dtype) == ((5, 2), np.float32)
    assert points == pytest.approx(align.points_of_crop(48, 64))


def test_of_several_faces_the_one_in_the_middle_counts(detector: Detector) -> None:
    photo = canvas(500, 300)
    _, middle, _ = [paste(photo, x, 100, height) for x, height in ((0, 70), (190, 50), (360, 60))]
    points, found = find_points(photo, detector)
    assert found
    assert middle.x < points[:, 0].min() < points[:, 0].max() < middle.right
