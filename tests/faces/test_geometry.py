"""Slots of units, landmarks and their mirror images, rotations in 6D."""

from __future__ import annotations

import numpy as np
import pytest

from facereason import facs
from facereason.faces import align, geometry, pose
from facereason.facs import Side
from facereason.types import Box


def test_every_unit_has_a_slot_and_only_smiles_and_dimples_have_sides() -> None:
    assert {number for number, _ in geometry.SLOTS} == set(facs.UNITS)
    assert [slot for slot in geometry.SLOTS if slot[1]] == [
        (12, Side.LEFT), (12, Side.RIGHT), (14, Side.LEFT), (14, Side.RIGHT)
    ]  # fmt: skip
    assert [geometry.slot_name(i) for i in (0, 8, 9)] == ["AU1", "L12", "R12"]


def test_a_mirror_image_changes_sides_and_twice_mirrored_is_the_same() -> None:
    slots, points = np.array(geometry.MIRRORED_SLOTS), np.array(geometry.MIRRORED_LANDMARKS)
    assert (slots[slots] == np.arange(25)).all()
    assert (points[points] == np.arange(68)).all()
    left = geometry.SLOTS.index((12, Side.LEFT))
    assert geometry.SLOTS[slots[left]] == (12, Side.RIGHT)
    assert (points[8], points[30], points[36], points[48], points[62]) == (8, 30, 45, 54, 62)


def test_a_unit_is_as_strong_as_the_stronger_of_its_sides() -> None:
    slots = np.zeros((2, 25))
    slots[0, geometry.SLOTS.index((12, Side.RIGHT))] = 0.7
    slots[0, geometry.SLOTS.index((12, Side.LEFT))] = 0.2
    slots[1, geometry.SLOTS.index((43, None))] = 1
    units = geometry.units_of(slots)
    numbers = list(facs.UNITS)
    assert units.shape == (2, 23)
    assert units[0].sum() == units[0, numbers.index(12)] == 0.7
    assert units[1, numbers.index(43)] == units[1].sum() == 1


@pytest.mark.parametrize(("yaw", "pitch", "roll"), [(0, 0, 0), (30, -10, 5), (-170, 20, -40), (90, 0, 0)])
def test_6d_and_angles_give_a_rotation_back(yaw: float, pitch: float, roll: float) -> None:
    turn = pose.matrix(yaw, pitch, roll)
    six = np.concatenate([turn[:, 0] * 3, turn[:, 1] * 0.5 + turn[:, 0]])
    assert geometry.rotation_of(six) == pytest.approx(turn)
    assert geometry.geodesic(turn, pose.matrix(0, 0, 0) @ turn) == pytest.approx(0, abs=1e-5)
    assert pose.angles(turn) == pytest.approx((yaw, pitch, roll), abs=1e-6)


def test_geodesic_distance_is_the_angle_between() -> None:
    assert geometry.geodesic(pose.matrix(0, 0, 0), pose.matrix(35, 0, 0)) == pytest.approx(35)
    assert geometry.geodesic(pose.matrix(0, 0, 90), pose.matrix(0, 0, -80)) == pytest.approx(170)


@pytest.mark.parametrize(("yaw", "pitch"), [(0, 0), (20, -15), (-130, 40)])
def test_a_direction_has_its_yaw_and_pitch(yaw: float, pitch: float) -> None:
    look = geometry.direction(yaw, pitch)
    assert np.linalg.norm(look) == pytest.approx(1)
    assert geometry.yaw_pitch(look * 3) == pytest.approx((yaw, pitch))
    assert look == pytest.approx(pose.matrix(yaw, pitch, 12)[:, 2])


def test_a_head_s_crop_is_the_upright_square_around_its_box() -> None:
    points = geometry.head_points(Box(10, 20, 40, 50), align.TEMPLATE, align.SIZE)
    forward = align.similarity(points)
    assert forward[0, 1] == pytest.approx(0)
    assert forward[0, 0] == pytest.approx(112 / (50 * geometry.HEAD_ROOM))
    assert forward @ [30, 45, 1] == pytest.approx([56, 56])
