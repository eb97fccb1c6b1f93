"""Angles of replies: read strictly, and counted as SciPy counts them."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from facereason import scoring
from facereason.faces import pose as faces_pose
from facereason.scoring import Disposition
from facereason.scoring.angles import Turn, apart, geodesic, read_facing, read_turn, turn_errors

TRUTH = {"answer": "yaw=30 pitch=-10 roll=5", "within": 15.0}


def turns(n: int) -> list[Turn]:
    rng = np.random.default_rng(0)
    return [Turn(*rng.uniform((-180, -90, -180), (180, 90, 180)).tolist()) for _ in range(n)]


def test_rotations_and_geodesic_errors_are_those_of_scipy() -> None:
    rotation = pytest.importorskip("scipy.spatial.transform").Rotation
    made = turns(400)
    near = [Turn(a.yaw + step, a.pitch, a.roll) for a, step in zip(made, np.logspace(-12, 0, len(made)), strict=True)]
    for a, b in [*itertools.pairwise(made), *zip(made, near, strict=True)]:
        ours = [rotation.from_euler("YXZ", [turn.yaw, turn.pitch, turn.roll], degrees=True) for turn in (a, b)]
        assert np.abs(a.matrix - ours[0].as_matrix()).max() < 1e-9
        assert abs(geodesic(a.matrix, b.matrix) - math.degrees((ours[0] * ours[1].inv()).magnitude())) < 1e-9


def test_a_half_turn_and_none_are_exact() -> None:
    level = Turn(0.0, 0.0, 0.0).matrix
    assert geodesic(level, level) == 0.0
    assert geodesic(Turn(180.0, 0.0, 0.0).matrix, level) == pytest.approx(180.0, abs=1e-9)
    assert geodesic(Turn(1e-9, 0.0, 0.0).matrix, level) == pytest.approx(1e-9, rel=1e-6)


def test_the_rotation_is_the_one_that_readings_have() -> None:
    for turn in turns(50):
        assert np.abs(turn.matrix - faces_pose.matrix(turn.yaw, turn.pitch, turn.roll)).max() < 1e-12


def test_angles_are_off_by_the_shorter_way_round() -> None:
    assert (apart(179, -179), apart(0, 180), apart(-90, 270), apart(350, 10)) == (2.0, 180.0, 0.0, 20.0)
    off = turn_errors(Turn(170, 0, -170), Turn(-170, 0, 170))
    assert (off["yaw"], off["pitch"], off["roll"]) == (20.0, 0.0, 20.0)


@pytest.mark.parametrize(
    "text",
    [
        "yaw=30 pitch=-10 roll=5",
        " YAW = 30,  Pitch = −10; roll=+5.0 ",
        "<think>It is turned.</think><answer>yaw=30\npitch=-10\nroll=5</answer>",
    ],
)
def test_the_form_that_was_asked_for_is_read(text: str) -> None:
    said = scoring.SCORERS["pose"](text, TRUTH)
    assert (said.outcome, said.answer) == (Disposition.RIGHT, "yaw=30 pitch=-10 roll=5")
    assert max(said.parts.values()) < 1e-9


@pytest.mark.parametrize(
    "text",
    [
        "", "30, -10, 5", "yaw=30 pitch=-10", "pitch=-10 yaw=30 roll=5", "yaw=30 pitch=-10 roll=5.",
        "yaw=30° pitch=-10° roll=5°", "The head: yaw=30 pitch=-10 roll=5", "yaw=30 pitch=-95 roll=5",
        "yaw=190 pitch=0 roll=0", "yaw=1e2 pitch=0 roll=0", "yaw=nan pitch=0 roll=0", "yaw=30pitch=0roll=0",
        "yaw=30 pitch=-10 roll=5 yaw=30 pitch=-10 roll=5",
    ],
)  # fmt: skip
def test_nothing_else_is_read(text: str) -> None:
    said = scoring.SCORERS["pose"](text, TRUTH)
    assert (said.outcome, said.answer, dict(said.parts)) == (Disposition.FORMAT, None, {})


def test_who_abstains_or_declines_is_off_by_nothing() -> None:
    for name, truth in (("pose", TRUTH), ("facing", {"answer": "90", "within": 15.0})):
        assert scoring.SCORERS[name]("cannot tell", truth).outcome is Disposition.ABSTAINED
        told = scoring.SCORERS[name]("facing=90", truth, refused=True)
        assert (told.outcome, dict(told.parts)) == (Disposition.REFUSED, {})


def test_right_is_what_lies_within() -> None:
    assert scoring.SCORERS["pose"]("yaw=46 pitch=-10 roll=5", TRUTH).outcome is Disposition.WRONG
    near = scoring.SCORERS["facing"]("facing=-165", {"answer": "180", "within": 15.0})
    assert (near.outcome, near.parts["error"]) == (Disposition.RIGHT, 15.0)
    assert scoring.SCORERS["facing"]("facing=-164", {"answer": "180", "within": 15.0}).outcome is Disposition.WRONG


@pytest.mark.parametrize("text", ["90", "facing=90 degrees", "facing=400", "facing=left", "facing = 90, or 80"])
def test_a_direction_has_its_form_too(text: str) -> None:
    assert read_facing(text) is None
    assert read_turn(text) is None
