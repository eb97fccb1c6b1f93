"""Hair, clothes, glasses, hands and chairs fit the people that have them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial import cKDTree

from facereason.studio import accessories, arms, body, clothes, hair, picture, props, spec
from facereason.studio.figure import Material, Part
from facereason.studio.mesh import Float
from facereason.studio.person import rest_of
from facereason.studio.rig import Rest, RestKey, shared
from facereason.studio.stage import staged
from facereason.studio.trace import Solid

pytestmark = pytest.mark.slow

EAR = np.array([[0.75, 7.1, 0.5], [0.78, 7.25, 0.45], [0.73, 6.9, 0.55]], np.float32)
AROUND = np.array([[0.70, 7.5, 0.5], [0.66, 7.1, 0.1], [0.70, 7.3, 0.8]], np.float32)


def _rest(years: float = 30.0, identity: int = 7) -> Rest:
    return rest_of(spec.Person(identity=identity, years=years))


def _skin(rest: Rest) -> Float:
    return np.asarray(body.mould().skin.matrix @ shared().posed(rest, {}, {}).vertices, np.float32)


def test_hair_grows_round_the_ear_and_not_on_it() -> None:
    for way in (1, -1):
        side = np.array([way, 1, 1], np.float32)
        assert (hair.scalp(EAR * side) < 0).all()
        assert (hair.scalp(AROUND * side) > 0).all()


@pytest.mark.parametrize("garment", ["jumper", "shirt", "coat"])
def test_long_hair_falls_outside_of_what_is_worn(garment: str) -> None:
    key = RestKey(_rest())
    cloth, faces = clothes.at_rest(key, garment)
    solid = Solid(cloth, faces)
    _, _, *sheets = hair._built(key, "long", 7, garment)
    axis = _skin(key.rest)[np.abs(body.mould().coords[:, 1] - 6.0) < 0.3].mean(0)
    for sheet in sheets:
        low = sheet.vertices[sheet.vertices[:, 2] < axis[2]]
        flat = (low - axis) * [1, 1, 0]
        radius = np.linalg.norm(flat, axis=1)
        starts = np.stack([np.full(len(low), axis[0]), np.full(len(low), axis[1]), low[:, 2]], 1).astype(np.float32)
        reach = solid.distance(starts, (flat / radius[:, None]).astype(np.float32))
        met = reach < 1.0
        assert met.mean() > 0.5  # there is cloth behind it
        assert (radius[met] > reach[met]).mean() > 0.97


def _collar(years: float, garment: str) -> tuple[Float, Part]:
    rest = _rest(years)
    posed = shared().posed(rest, {}, {})
    made = clothes.parts(posed, garment, np.ones(3, np.float32), None, 0)
    neck = next(p for p in made[1:] if p.coords[:, 1].mean() > 4.5 and np.abs(p.coords[:, 0].mean()) < 0.3)
    return _skin(rest), neck


@pytest.mark.parametrize(("years", "garment"), [(30, "jumper"), (7, "jumper"), (70, "shirt")])
def test_a_collar_lies_round_the_neck(years: float, garment: str) -> None:
    skin, collar = _collar(years, garment)
    top = collar.vertices[:, 2] > np.quantile(collar.vertices[:, 2], 0.9)
    assert cKDTree(skin).query(collar.vertices[top])[0].max() < 0.016


def test_a_collar_leaves_the_chin_free() -> None:
    down = spec.SceneSpec.from_dict(
        {"people": [{"identity": 7, "head": {"pitch": -30}, "clothes": {"top": "jumper"}}], "width": 64, "height": 64}
    )
    made = staged(down).bodies[0]
    chin = made.landmarks[8]
    cloth = [part for part in made.parts if part.material is Material.CLOTH]
    before = np.concatenate([part.vertices for part in cloth])
    beside = np.hypot(before[:, 0] - chin[0], before[:, 1] - chin[1]) < 0.01
    assert (before[beside, 2] < chin[2] + 0.004).all()


def test_a_short_sleeve_ends_on_the_upper_arm() -> None:
    elbow, wrist = np.array([[3.13, 3.49, 0.13]], np.float32), np.array([[4.35, 2.35, 1.75]], np.float32)
    upper = np.array([[2.1, 4.9, 0.14]], np.float32)
    for way in (1, -1):
        side = np.array([way, 1, 1], np.float32)
        assert clothes.covered(upper * side, "t-shirt")[0] > 0
        assert clothes.covered(elbow * side, "t-shirt")[0] < 0
        assert clothes.covered(wrist * side, "t-shirt")[0] < 0
        assert clothes.covered(elbow * side, "jumper")[0] > 0


@pytest.mark.parametrize("years", [6, 30, 75])
def test_glasses_end_at_the_ears(years: float) -> None:
    rest = _rest(years)
    posed = shared().posed(rest, {}, {})
    between = np.mean([centre for centre, _ in body.eyeballs(posed)], axis=0)
    ear = np.abs(body.mould().coords[:, 1:] - [7.3, 0.45]).max(1) < 0.12
    near = cKDTree(_skin(rest)[ear & (np.abs(body.mould().coords[:, 0]) > 0.7)])
    frames = accessories.glasses("square", posed, np.eye(3), between)
    temples = sorted(frames, key=lambda part: -part.vertices[:, 1].max())[:2]
    for temple in temples:
        assert near.query(temple.vertices[np.argmax(temple.vertices[:, 1])])[0] < 0.012
    wide = max(part.vertices[:, 0].max() for part in frames)
    assert 0.85 < wide / np.abs(_skin(rest)[ear][:, 0]).max() < 1.15


@pytest.mark.parametrize(("kind", "yaw"), [("mask", 0), ("mask", 60), ("scarf", -40)])
def test_cloth_lies_on_the_face_and_leaves_the_ears(kind: str, yaw: float) -> None:
    scene = spec.SceneSpec.from_dict(
        {
            "people": [{"identity": 7, "head": {"yaw": yaw}}],
            "occluders": [{"kind": kind, "region": "lower face"}],
            "width": 64,
            "height": 64,
        }
    )
    made = staged(scene).bodies[0]
    skin = next(part for part in made.parts if part.material is Material.SKIN)
    (cloth,) = props.occluder(scene.occluders[0], made, 0)
    off = cKDTree(skin.vertices).query(cloth.vertices)[0]
    assert 0.004 < np.median(off) < 0.025
    assert off.max() < 0.04
    beside = np.abs(cloth.coords[:, 0]) > 0.6
    assert (body.round_ear(cloth.coords[beside]) > 1).all()
    mouth = made.landmarks[48:60].mean(0)
    assert np.linalg.norm(cloth.vertices - mouth, axis=1).min() < 0.02


def test_what_is_worn_below_shows_in_the_opening_alone() -> None:
    posed = shared().posed(_rest(), {}, {})
    pale = [p for p in clothes.parts(posed, "jacket", np.zeros(3, np.float32), None, 0) if p.look["colour"].max() > 0.5]
    assert pale
    for part in pale:
        assert np.abs(part.coords[:, 0]).max() < 1.1
        assert part.coords[:, 1].min() > 2.3


def test_hands_rest_in_several_ways_within_reach() -> None:
    seen = set()
    for identity in range(40):
        rest = _rest(identity=identity)
        posed = shared().posed(rest, {}, {})
        wrists = arms.resting(rest, posed, False, identity)
        again = shared().posed(rest, {}, arms.reaching(rest, posed, wrists))
        for side, way in (("L", 1), ("R", -1)):
            assert np.linalg.norm(again.heads[f"wrist.{side}"] - wrists[side]) < 0.02
            assert way * wrists[side][0] > 0
        left, right = wrists["L"], wrists["R"]
        apart = float(np.linalg.norm(left - right))
        front = left[1] < posed.heads["upperleg01.L"][1] - 0.1
        seen.add("sides" if apart > 0.45 else "before" if front else "behind" if apart < 0.25 else "hip")
    assert seen >= {"sides", "before", "behind"}


def test_who_sits_has_the_hands_on_the_legs() -> None:
    scene = spec.SceneSpec.from_dict({"people": [{"identity": 3, "posture": "sitting"}], "width": 64, "height": 64})
    skin = next(part for part in staged(scene).bodies[0].parts if part.material is Material.SKIN)
    thighs = skin.vertices[(np.abs(skin.coords[:, 1] + 2.0) < 1.0) & (np.abs(skin.coords[:, 0]) < 2.2)]
    for way in (1, -1):
        palm = skin.vertices[way * skin.coords[:, 0] > 4.55].mean(0)
        assert cKDTree(thighs).query(palm)[0] < 0.12


def test_fingers_close_a_little() -> None:
    rest = _rest()
    open_, closed = shared().posed(rest, {}, {}), shared().posed(rest, {}, arms.relaxed(rest, 7))
    for side in "LR":
        far, near = (
            np.linalg.norm(posed.heads[f"finger3-3.{side}"] - posed.heads[f"wrist.{side}"]) for posed in (open_, closed)
        )
        assert 0.7 * far < near < 0.99 * far


def test_a_chair_stands_on_the_floor_below_who_sits() -> None:
    scene = spec.SceneSpec.from_dict({"people": [{"identity": 3, "posture": "sitting"}], "width": 64, "height": 64})
    stage = staged(scene)
    chair = props.seat(stage.floor, stage.bodies[0], stage.facings[0], 3)
    assert chair.vertices[:, 2].min() == pytest.approx(stage.floor, abs=1e-4)
    skin = next(part for part in stage.bodies[0].parts if part.material is Material.SKIN)
    bottom = skin.vertices[(np.abs(skin.coords[:, 0]) < 1.3) & (np.abs(skin.coords[:, 1] + 0.15) < 0.3), 2].min()
    seat = chair.vertices[np.abs(chair.vertices[:, 2] - bottom) < 0.005]
    assert len(seat) >= 4
    assert (seat[:, :2].max(0) - seat[:, :2].min(0) > 0.25).all()


def test_jitter_fills_the_lamp_evenly_in_each_tile() -> None:
    for seed in (0, 1, 99):
        for tile in picture._spread(3, seed):
            assert tile.shape == (picture.TILE**2, 3)
            assert np.abs(tile.mean(0)).max() < 0.12
            assert np.abs(tile.std(0) - 1).max() < 0.2
