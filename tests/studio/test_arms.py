"""Hands that hold what covers a face, and signs."""

from __future__ import annotations

import numpy as np
import pytest

from facereason.studio import arms, body, props, spec
from facereason.studio.figure import Material
from facereason.studio.person import rest_of
from facereason.studio.rig import shared
from facereason.studio.scene import render
from facereason.studio.stage import staged

pytestmark = pytest.mark.slow

GROUP = {"seed": 5, "width": 160, "height": 160, "camera": {"framing": "half"}, "people": [{"identity": 7}]}


def _hands(scene: spec.SceneSpec) -> dict[str, np.ndarray]:
    """Where the palms of the first person are, from between the eyes."""
    made = staged(scene).bodies[0]
    skin = next(part for part in made.parts if part.material is Material.SKIN)
    between = np.mean(made.eye_centres, axis=0)
    return {
        side: skin.vertices[way * skin.coords[:, 0] > 4.55].mean(0) - between for side, way in (("L", 1), ("R", -1))
    }


@pytest.mark.parametrize("target", [(-0.05, -0.2, -0.15), (-0.2, -0.25, -0.4), (-0.3, -0.1, 0.1)])
def test_a_wrist_comes_where_it_is_wanted(target: tuple[float, float, float]) -> None:
    rest = rest_of(spec.Person(identity=7))
    posed = shared().posed(rest)
    eyes = np.mean([centre for centre, _ in body.eyeballs(posed)], axis=0)
    wanted = eyes + np.array(target)
    again = shared().posed(rest, {}, arms.reaching(rest, posed, {"R": wanted}))
    assert np.linalg.norm(again.heads["wrist.R"] - wanted) < 0.01
    assert np.allclose(again.heads["wrist.L"], posed.heads["wrist.L"])
    for name in ("upperarm01.R", "lowerarm01.R"):
        turn = again.bones[name][:3, :3]
        assert np.allclose(turn @ turn.T, np.eye(3), atol=1e-6)


def test_what_is_out_of_reach_is_pointed_at_with_an_arm_as_long_as_it_is() -> None:
    rest = rest_of(spec.Person(identity=7))
    posed = shared().posed(rest)
    far = posed.heads["upperarm01.R"] + np.array([-1.0, -2.0, 0.5])
    again = shared().posed(rest, {}, arms.reaching(rest, posed, {"R": far}))
    length = sum(
        np.linalg.norm(posed.heads[a] - posed.heads[b])
        for a, b in (("upperarm01.R", "lowerarm01.R"), ("lowerarm01.R", "wrist.R"))
    )
    assert np.linalg.norm(again.heads["wrist.R"] - again.heads["upperarm01.R"]) == pytest.approx(
        0.985 * length, abs=0.01
    )


@pytest.mark.parametrize("kind", ["disc", "bar", "book", "hand"])
def test_what_covers_a_face_is_held_by_a_hand(kind: str) -> None:
    bare = _hands(spec.SceneSpec.from_dict(GROUP))
    held = _hands(spec.SceneSpec.from_dict(GROUP | {"occluders": [{"kind": kind, "region": "mouth"}]}))
    assert bare["R"][2] < -0.5
    assert held["R"][2] > -0.2
    assert np.allclose(held["L"], bare["L"], atol=0.03)


def test_nobody_holds_a_mask_and_both_hands_hold_a_sign() -> None:
    bare = _hands(spec.SceneSpec.from_dict(GROUP))
    masked = _hands(spec.SceneSpec.from_dict(GROUP | {"occluders": [{"kind": "mask"}]}))
    assert all(np.allclose(bare[side], masked[side]) for side in "LR")
    held = _hands(spec.SceneSpec.from_dict(GROUP | {"sign": {"text": "SAD"}}))
    for side, way in (("L", 1), ("R", -1)):
        x, y, z = held[side]
        assert abs(way * x - props.BOARD[0] / 2) < 0.08
        assert y < -0.15
        assert abs(z - props.BOARD_AT[2]) < 0.15


def test_a_sign_is_blank_behind() -> None:
    front, back = (
        render(
            spec.SceneSpec.from_dict(GROUP | {"sign": {"text": "MMMMMM"}, "camera": {"framing": "half", "azimuth": a}})
        )
        for a in (0, 180)
    )
    for made, written in ((front, True), (back, False)):
        signs = [number for number, part in enumerate(made._parts) if part.material is Material.SIGN]
        assert bool((made._picture.part == signs[0]).any()) is written
