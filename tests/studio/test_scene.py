"""Rendered scenes and their truth."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from facereason import resources
from facereason.faces.detect import Detector
from facereason.studio.person import angles, rotation
from facereason.studio.scene import Rendered, render
from facereason.studio.spec import (
    Background,
    CameraSpec,
    Clothes,
    Hair,
    LightSpec,
    Occluder,
    Person,
    Place,
    SceneSpec,
    Turn,
)

pytestmark = pytest.mark.slow

ONE = SceneSpec(
    people=(Person(identity=3, hair=Hair(), units={12: 0.8, 6: 0.5}, head=Turn(yaw=20, pitch=5, roll=-8)),),
    width=128,
    height=128,
)


@pytest.fixture(scope="module")
def one() -> Rendered:
    return render(ONE)


def test_the_same_spec_gives_the_same_bytes(one: Rendered) -> None:
    assert np.array_equal(render(ONE).image, one.image)
    assert not np.array_equal(render(replace(ONE, seed=1)).image, one.image)


def test_a_single_head_is_posed_as_asked(one: Rendered) -> None:
    pose = one.people[0].head_pose
    assert (pose.yaw, pose.pitch, pose.roll) == pytest.approx((20, 5, -8), abs=0.05)


def test_a_camera_that_moves_turns_everybody_the_other_way(one: Rendered) -> None:
    moved = render(replace(ONE, camera=CameraSpec(azimuth=30)))
    assert moved.people[0].head_pose.yaw == pytest.approx(50, abs=1.5)
    assert moved.people[0].body == pytest.approx(30, abs=0.05)
    level = replace(ONE, people=(Person(identity=3, head=Turn(roll=-8)),))
    rolled = render(replace(level, camera=CameraSpec(roll=25)))
    assert rolled.people[0].head_pose.roll == pytest.approx(17, abs=0.5)


def test_yaw_pitch_and_roll_come_back_from_a_rotation() -> None:
    rng = np.random.Generator(np.random.PCG64(1))
    for yaw, pitch, roll in rng.uniform((-179, -85, -170), (179, 85, 170), (50, 3)):
        assert angles(rotation(yaw, pitch, roll)) == pytest.approx((yaw, pitch, roll), abs=1e-6)


def test_a_face_detector_for_real_photos_sets_its_points_where_the_truth_has_them() -> None:
    made = render(replace(ONE, width=256, height=256))
    found = Detector(resources.weights("detector.onnx")).detect(made.image)
    assert len(found) == 1
    truth = made.people[0].landmarks
    wanted = [truth[36:42].mean(0), truth[42:48].mean(0), truth[30], truth[48], truth[54]]
    eyes_apart = np.linalg.norm(wanted[1] - wanted[0])
    off = np.linalg.norm(found[0].points - np.stack(wanted), axis=1) / eyes_apart
    assert off.max() < 0.25


def test_landmarks_lie_on_the_face_and_the_eyes_on_their_masks(one: Rendered) -> None:
    person = one.people[0]
    assert person.head is not None
    assert person.landmarks.shape == (68, 2)
    inside = (person.landmarks[:, 0] > person.head.x) & (person.landmarks[:, 0] < person.head.x + person.head.width)
    assert inside.mean() > 0.9
    eyes = np.argwhere(one.masks(1).eyes)[:, ::-1]
    for corners in (slice(36, 42), slice(42, 48)):
        middle = person.landmarks[corners].mean(0)
        assert np.linalg.norm(eyes - middle, axis=1).min() < 3
    assert person.landmarks[36, 0] < person.landmarks[45, 0]
    assert person.landmarks[27, 1] < person.landmarks[30, 1] < person.landmarks[51, 1] < person.landmarks[8, 1]


def test_masks_part_the_person_and_regions_lie_in_the_skin(one: Rendered) -> None:
    masks = one.masks(1)
    pieces = [masks.skin, masks.hair, masks.eyes, masks.lips]
    assert all(piece.any() for piece in pieces)
    assert (np.sum(pieces, axis=0) <= 1).all()
    assert (np.any(pieces, axis=0) <= masks.person).all()
    assert all((region <= (masks.skin | masks.lips)).all() for region in masks.regions.values())
    assert masks.regions[12].any()
    assert masks.regions[4].any()


def test_a_smile_moves_the_mouths_corners_up_and_out() -> None:
    calm, smile = (render(replace(ONE, people=(Person(identity=3, units=u),))) for u in ({}, {12: 1.0}))
    moved = smile.people[0].landmarks - calm.people[0].landmarks
    assert moved[48, 0] < -0.5
    assert moved[54, 0] > 0.5
    assert (moved[[48, 54], 1] < -0.5).all()


def test_who_is_covered_is_less_visible_and_who_looks_at_whom_is_told() -> None:
    scene = SceneSpec(
        people=(
            Person(identity=1, at=Place(right=-0.25), gaze=2, head=Turn(yaw=60)),
            Person(identity=2, at=Place(right=0.25), clothes=Clothes(top="jacket")),
            Person(identity=4, at=Place(right=0.30, depth=0.6), head=Turn(yaw=180), posture="standing"),
        ),
        width=160,
        height=128,
        background=Background(kind="park"),
        light=LightSpec(kind="sun"),
    )
    first, second, third = render(scene).people
    assert first.meets == 2
    assert second.meets == "camera"
    assert third.meets is None
    assert first.visible > 0.9
    assert third.visible < 0.6
    assert abs(third.head_pose.yaw) > 150
    assert not third.landmark_visible[36:48].any()


def test_a_mask_over_the_mouth_hides_the_mouths_landmarks(one: Rendered) -> None:
    covered = render(replace(ONE, occluders=(Occluder(kind="mask", region="lower face"),))).people[0]
    assert one.people[0].landmark_visible[48:68].mean() > 0.6
    assert covered.landmark_visible[48:68].mean() < 0.2
    assert covered.landmark_visible[36:48].mean() > 0.5
    assert covered.visible < one.people[0].visible


def test_the_truth_is_plain_data_that_rebuilds_the_scene(one: Rendered) -> None:
    data = json.loads(json.dumps(one.to_dict()))
    assert SceneSpec.from_dict(data["spec"]) == ONE
    person = data["people"][0]
    assert person["units"] == {"6": [0.5, 0.5], "12": [0.8, 0.8]}
    assert person["meets"] == "camera"
    assert len(person["landmarks"]) == len(person["landmark_visible"]) == 68
