"""What becomes of a face's geometry in a view of it, and the losses of the heads that read it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from facereason.faces import geometry, pose

torch = pytest.importorskip("torch")

from facereason.train import augment, reader_model, shape_loss  # noqa: E402

LANDMARKS = np.random.default_rng(0).uniform(20, 90, (68, 2))


def known(yaw: float = 20, pitch: float = -5, roll: float = 10) -> dict[str, Any]:
    intensity = np.zeros(25)
    intensity[8], intensity[9], intensity[2] = 0.8, 0.3, 0.5  # left and right corner of the mouth, brows
    fields = {
        "rotation": pose.matrix(yaw, pitch, roll),
        "gaze": geometry.direction(yaw + 10, 0),
        "landmarks": LANDMARKS,
        "intensity": intensity,
        "present": intensity >= 0.3,
        "strength": np.full(25, np.nan),
    }
    return {name: torch.tensor(np.asarray(value)[None], dtype=torch.float32) for name, value in fields.items()}


def turned(degrees: float, scale: float = 1.0, mirror: bool = False) -> Any:
    c, s = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    forward = np.array([[c, -s, 3], [s, c, 4], [0, 0, 1]])
    if mirror:
        forward = np.array([[-1, 0, 112], [0, 1, 0], [0, 0, 1]]) @ forward
    return torch.tensor(forward[None], dtype=torch.float32)


def angles(view: dict[str, Any]) -> tuple[float, float, float]:
    return pose.angles(view["rotation"][0].numpy())


def test_in_a_turned_view_only_roll_follows() -> None:
    view = shape_loss.seen(known(0, 0, 10), turned(25, 2.0), torch.tensor([False]))
    assert angles(view) == pytest.approx((0, 0, 35), abs=1e-3)
    place = turned(25, 2.0)[0, :2].numpy() @ np.append(LANDMARKS[30], 1)
    assert view["landmarks"][0, 30].numpy() == pytest.approx(place, abs=1e-3)
    assert view["intensity"].equal(known()["intensity"])
    assert float(view["gaze"].norm()) == pytest.approx(1, abs=1e-5)


def test_in_a_mirrored_view_yaw_and_roll_change_sign_and_sides_are_swapped() -> None:
    before = known()
    view = shape_loss.seen(before, turned(0, 1.0, mirror=True), torch.tensor([True]))
    assert angles(view) == pytest.approx((-20, -5, -10), abs=1e-3)
    assert view["intensity"][0, [8, 9, 2]].tolist() == pytest.approx([0.3, 0.8, 0.5])
    assert geometry.yaw_pitch(view["gaze"][0].numpy()) == pytest.approx((-30, 0), abs=1e-3)
    left_eye = turned(0, 1.0, mirror=True)[0, :2].numpy() @ np.append(LANDMARKS[36], 1)
    assert view["landmarks"][0, 45].numpy() == pytest.approx(left_eye, abs=1e-3)
    assert float(torch.linalg.det(view["rotation"])) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("mirror", [False, True])
def test_in_a_stretched_view_a_head_is_turned_by_the_turn_alone(mirror: bool) -> None:
    longer = torch.diag(torch.tensor([1 / 1.06, 1.06, 1.0]))
    mirrored = torch.tensor([mirror])
    plain = shape_loss.seen(known(), turned(25, 2.0, mirror), mirrored)
    view = shape_loss.seen(known(), longer @ turned(25, 2.0, mirror), mirrored)
    assert angles(view) == pytest.approx(angles(plain), abs=2.5)  # what is left of a turned face's stretch
    assert float(torch.linalg.det(view["rotation"])) == pytest.approx(1, abs=1e-5)
    stretched = plain["landmarks"] * torch.tensor([1 / 1.06, 1.06])
    assert torch.allclose(view["landmarks"], stretched, atol=1e-3)


def test_views_say_where_pixels_of_the_image_have_gone() -> None:
    """A white dot on black, found again where `forward` says, mirrored or not."""
    image = np.zeros((16, 128, 128, 1), np.uint8)
    image[:, 58:62, 78:82] = 255
    from facereason.faces import align

    points = torch.from_numpy(align.points_of_crop(128, 128).astype(np.float32)).expand(16, 5, 2)
    made = augment.views(torch.from_numpy(image), points, 0.7, torch.Generator().manual_seed(0))
    assert 0 < int(made.mirrored.sum()) < 16
    for i in range(16):
        at = (made.forward[i] @ torch.tensor([80.0, 60.0, 1.0]))[:2].numpy()
        rows, columns = np.nonzero(made.crops[i, 0].numpy() > 0.5)
        assert (columns.mean() + 0.5, rows.mean() + 0.5) == pytest.approx(at, abs=0.8)
        assert bool(torch.linalg.det(made.forward[i]) < 0) == bool(made.mirrored[i])


def raw(fields: dict[str, Any]) -> dict[str, Any]:
    """Raw outputs of the network that read exactly these fields."""
    rotation = fields["rotation"]
    eps = 1e-6
    return {
        "present": torch.logit(fields["present"].clamp(eps, 1 - eps)),
        "intensity": torch.logit(fields["intensity"].clamp(eps, 1 - eps)),
        "rotation": torch.cat([rotation[:, :, 0], rotation[:, :, 1]], dim=1),
        "gaze": fields["gaze"] * 2,
        "landmarks": (fields["landmarks"] / 112 - 0.5).flatten(1),
    }


def test_a_perfect_reading_costs_nothing_and_what_is_not_known_costs_nothing() -> None:
    fields = known()
    perfect = shape_loss.losses(raw(fields), fields)
    assert set(perfect) == set(reader_model.SHAPE_HEADS)
    assert all(float(value) < 1e-3 for value in perfect.values())
    nothing = {name: torch.full_like(value, torch.nan) for name, value in fields.items()}
    wrong = raw(known(-60, 30, 0))
    assert all(float(value) == 0 for value in shape_loss.losses(wrong, nothing).values())
    costs = shape_loss.losses(wrong, fields)
    assert float(costs["rotation"]) > 1
    assert float(costs["gaze"]) > 0.5


def test_ranking_asks_for_the_order_and_not_for_the_scale() -> None:
    strength = torch.rand(40, 25, generator=torch.Generator().manual_seed(1))
    trust = torch.ones(25)
    alike = {"present": strength * 7 - 3, "intensity": strength * 0.1 + 5}
    assert float(shape_loss.ranking(alike, strength, trust)) == pytest.approx(0, abs=1e-4)
    against = {name: -value for name, value in alike.items()}
    assert float(shape_loss.ranking(against, strength, trust)) == pytest.approx(2, abs=1e-4)
    half = torch.cat([torch.ones(12), torch.zeros(13)])
    mixed = {name: torch.where(half > 0, value, -value) for name, value in alike.items()}
    assert float(shape_loss.ranking(mixed, strength, half)) == pytest.approx(0, abs=1e-4)


def test_ranking_of_a_handful_of_faces_is_left_out() -> None:
    strength = torch.full((20, 25), torch.nan)
    strength[:5] = torch.rand(5, 25)
    assert float(shape_loss.ranking(dict.fromkeys(shape_loss.UNITS, strength), strength, torch.ones(25))) == 0
