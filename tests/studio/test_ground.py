"""The floor near people, and what they stand on."""

from __future__ import annotations

import numpy as np
import pytest

from facereason.studio import ground, spec
from facereason.studio.figure import Material
from facereason.studio.light import placed
from facereason.studio.picture import Camera, solid_of
from facereason.studio.scene import render
from facereason.studio.stage import staged

pytestmark = pytest.mark.slow

STANDING = {"seed": 3, "width": 160, "height": 200, "camera": {"framing": "full", "elevation": 15}, "people": [{}]}


def _kept(about: dict[str, object]) -> np.ndarray:
    scene = spec.SceneSpec.from_dict(STANDING | about)
    stage = staged(scene)
    solid = solid_of(stage.bodies[0].parts)
    feet = [np.mean(stage.bodies[0].eye_centres, axis=0)]
    lamps = placed("overcast", stage.camera.axes, 0, 0, 1, 0)
    return ground.lightness(solid, feet, stage.floor, stage.camera, lamps, scene.width, scene.height, 1)


def test_the_floor_is_darker_at_somebodys_feet_and_as_it_was_far_away() -> None:
    kept = _kept({})
    assert kept.shape == (200, 160)
    assert kept.min() < 0.75
    assert kept[:60].min() == 1  # above the horizon nothing is floor
    darkest = np.unravel_index(kept.argmin(), kept.shape)
    assert darkest[0] > 150  # at the feet, not at the knees
    assert kept[-1, 0] > kept.min() + 0.2


def test_a_camera_that_looks_up_sees_no_floor() -> None:
    camera = Camera(position=np.array([0, -2.0, 1.0]), target=np.array([0, 0, 2.5]), fov=20)
    stage = staged(spec.SceneSpec.from_dict(STANDING))
    lamps = placed("sun", camera.axes, 0, 0, 1, 0)
    kept = ground.lightness(solid_of(stage.bodies[0].parts), [np.zeros(3)], 0.0, camera, lamps, 64, 48, 1)
    assert (kept == 1).all()


def test_who_is_seen_whole_wears_shoes_whose_soles_lie_on_the_floor() -> None:
    stage = staged(spec.SceneSpec.from_dict(STANDING))
    shoes = [part for part in stage.bodies[0].parts if part.material is Material.PLAIN]
    assert len(shoes) == 2
    assert min(part.vertices[:, 2].min() for part in shoes) == pytest.approx(0, abs=0.03)
    assert max(part.vertices[:, 2].max() for part in shoes) < 0.2


def test_a_picture_with_a_floor_is_the_same_every_time() -> None:
    scene = spec.SceneSpec.from_dict(STANDING)
    assert (render(scene).image == render(scene).image).all()
