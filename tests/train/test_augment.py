"""Crops as training sees them: the aligned one, and what augmentation makes of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facereason.faces import align
from facereason.images import Pixels
from tests.train.faces import crops

torch = pytest.importorskip("torch")

from facereason.train import augment  # noqa: E402


def views(images: list[Pixels], strength: float, seed: int = 0, side: int = align.SIZE) -> Any:
    """Crops of images whose points are where those of a pre-cropped face usually lie."""
    stack = torch.from_numpy(np.stack(images))
    stack = stack if stack.ndim == 4 else stack[..., None]
    points = torch.from_numpy(points_of(stack.shape[2])).expand(len(stack), 5, 2)
    return augment.views(stack, points, strength, torch.Generator().manual_seed(seed), side).crops


def points_of(side: int) -> Any:
    return align.points_of_crop(side, side)


@pytest.mark.parametrize(("side", "grow"), [(48, 0.6), (48, 1.0), (48, 1.6), (128, 0.6), (128, 1.0), (128, 1.4)])
def test_without_strength_a_crop_is_the_aligned_one(side: int, grow: float) -> None:
    """`grow`: from a face whose crop lies inside the image to one whose crop needs the border repeated. Where the face
    is twice the crop or more, only `aligned` smooths first."""
    (face,) = crops(1, side, 2)
    points = (points_of(side) - side / 2) * grow + side / 2
    made = augment.views(torch.from_numpy(face)[None], torch.from_numpy(points)[None], 0.0, torch.Generator()).crops
    wanted = align.aligned(face, points).astype(float)
    off = np.abs(made[0].permute(1, 2, 0).numpy() * 255 - wanted)
    assert off.max() <= 2


def test_crops_have_the_wanted_shape_and_range_whatever_comes_in() -> None:
    grey = [face.mean(axis=2).astype(np.uint8) for face in crops(9, 48, 3)]
    for images_in, side in ((grey, 32), (grey[:1], 112), (crops(3, 128, 3), 56)):
        made = views(images_in, 1.0, side=side)
        assert made.shape == (len(images_in), 3, side, side)
        assert 0 <= made.min() <= made.max() <= 1
        light = augment.degraded(made, 1.0, torch.Generator().manual_seed(1))
        assert light.shape == made.shape
        assert 0 <= light.min() <= light.max() <= 1
    assert torch.equal(*views(grey[:2], 0.0)[:, [0, 1]].unbind(1))


def test_a_smaller_crop_shows_the_same_face() -> None:
    faces = crops(2, 128, 4)
    small = views(faces, 0.0, side=56)
    large = torch.nn.functional.avg_pool2d(views(faces, 0.0), 2)
    assert (small - large).abs().mean() < 0.03


def test_augmentation_is_the_same_for_the_same_seed_and_grows_with_strength() -> None:
    faces = crops(16, 128, 5)
    plain = views(faces, 0.0)
    assert torch.equal(views(faces, 0.7, seed=1), views(faces, 0.7, seed=1))
    assert not torch.equal(views(faces, 0.7, seed=1), views(faces, 0.7, seed=2))

    def changed(strength: float) -> float:
        generator = torch.Generator().manual_seed(2)
        return float((augment.degraded(plain, strength, generator) - plain).abs().mean())

    assert 0 < changed(0.1) < changed(0.5) < changed(1.0)


def test_views_stretch_faces_a_little_and_the_more_the_greater_the_strength() -> None:
    images = torch.zeros(64, 48, 48, 1, dtype=torch.uint8)
    points = torch.from_numpy(points_of(48)).float().expand(64, 5, 2)

    def proportions(strength: float) -> Any:
        forward = augment.views(images, points, strength, torch.Generator().manual_seed(0)).forward[:, :2, :2]
        lengths = torch.linalg.svdvals(forward)
        return lengths[:, 0] / lengths[:, 1]

    assert float(proportions(0.0).max()) == pytest.approx(1, abs=1e-4)
    little, much = proportions(0.3), proportions(1.0)
    assert 1.001 < float(little.mean()) < float(much.mean()) < 1.15
    assert float(much.max()) < 1.45


def test_without_strength_light_and_colour_are_left_alone() -> None:
    plain = views(crops(4, 128, 6), 0.0)
    assert torch.allclose(augment.degraded(plain, 0.0, torch.Generator().manual_seed(0)), plain, atol=1e-6)


def test_about_half_of_the_faces_are_mirrored() -> None:
    (face,) = crops(1, 128, 7)
    face = face.copy()
    face[:, :64, 0], face[:, 64:, 0] = 255, 0  # red on one side tells which way round it is
    made = views([face] * 64, 0.3)
    left, right = made[:, 0, :, :40].mean((1, 2)), made[:, 0, :, -40:].mean((1, 2))
    assert 16 <= int((left < right).sum()) <= 48
