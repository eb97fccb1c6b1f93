"""The suite in which a landmarker judges the renders, on made-up meshes whose turn and movement are known."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from facereason import facs
from facereason.bench import studio
from facereason.bench.results import Figure
from facereason.studio.person import rotation
from facereason.types import FaceReasonError
from tests.bench.aims import aims_of


def mesh() -> studio.Points:
    """A face that looks into the camera: mirrored points, x to the right, y down, z away."""
    points = np.zeros((478, 3))
    rng = np.random.Generator(np.random.PCG64(3))
    points[:, :2] = rng.uniform(-20, 20, (478, 2))
    for left, right in studio.PAIRS:
        x, y = rng.uniform(10, 50), rng.uniform(-50, 50)
        points[left], points[right] = (-x, y, 0), (x, y, 0)
    points[33], points[263] = (-45, 0, 0), (45, 0, 0)
    return points


def turned(yaw: float, roll: float) -> studio.Points:
    """The mesh turned by the conventions; the studio's axes are right, away, up."""
    world = mesh()[:, [0, 2, 1]] * [1, 1, -1]
    return (world @ rotation(yaw, 0, roll).T)[:, [0, 2, 1]] * [1, -1, 1]


@pytest.mark.parametrize(("yaw", "roll"), [(0, 0), (30, 0), (-50, 0), (0, 12), (25, -10)])
def test_yaw_and_roll_of_a_mesh(yaw: float, roll: float) -> None:
    points = turned(yaw, roll)
    found = studio.turned(np.stack([points[:, 0], points[:, 1], points[:, 2]], 1))
    assert found[0] == pytest.approx(yaw, abs=2.5)
    assert found[1] == pytest.approx(roll, abs=2.5)


def rows(folder: Path) -> Iterator[tuple[str, dict[str, Any], studio.Points | None]]:
    if folder.name == "landmarker":
        for number, yaw in enumerate((-20, 0, 40)):
            truth = {"people": [{"head_pose": {"yaw": yaw + 2.0, "roll": 1.0}}]}
            yield str(number), truth, None if number == 2 else turned(yaw, 0)
        return
    for unit in facs.UNITS:
        for base in range(3):
            for value in ("0", "1"):
                points = mesh()
                if value == "1" and unit == 12 and base < 2:
                    points[[61, 291], 1] -= 6
                yield "", {"sweep": json.dumps({"vary": f"AU{unit}", "base": base, "value": value})}, points


def test_the_figures_of_the_suite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "_rows", rows)
    monkeypatch.setattr(studio, "TIMED", (1, 2))
    monkeypatch.setattr(studio, "_speed", lambda: Figure(name=SPEED, on="", value=9.0, n=2))
    found, yaw, roll, units, speed = studio.figures("data", lambda text: None)
    assert (found.value, found.n) == (pytest.approx(2 / 3), 3)
    assert yaw.value == pytest.approx(2, abs=0.5)
    assert roll.value == pytest.approx(1, abs=0.5)
    assert yaw.n == roll.n == 2
    assert units.value == pytest.approx(1 / 23)
    assert {group.group: group.value for group in units.groups}["AU12"] == pytest.approx(2 / 3)
    aims = aims_of("studio")
    assert aims == {figure.name for figure in (found, yaw, roll, units, speed)}


SPEED = "studio pictures of 224 px, all cores, a second"


@pytest.mark.slow
def test_pictures_are_timed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studio, "TIMED", (1, 2))
    figure = studio._speed()
    assert figure.name == SPEED
    assert figure.n == 2
    assert 0.05 < figure.value < 200


def test_without_landmarks_the_next_step_is_told(tmp_path: Path) -> None:
    with pytest.raises(
        FaceReasonError, match=r"no .*landmarks\.jsonl: render the frozen set there, then run training/"
    ):
        studio.figures(str(tmp_path), lambda text: None)
