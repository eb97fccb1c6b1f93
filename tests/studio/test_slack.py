"""What faces do beside what their labels say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facereason.studio import profile, rig, slack, spec, units
from facereason.studio.profile import Profile
from facereason.types import UsageError

LOOSE = Profile(name="loose", seed=5, smiling=0.5, slack=1.0)


def test_without_slack_scenes_are_what_they_were() -> None:
    plain = Profile(name="plain", seed=5)
    for number in range(20):
        person = profile.drawn(plain, number).people[0]
        assert person.unlabelled == {}
        assert "unlabelled" not in profile.drawn(plain, number).to_dict()["people"][0]


def test_units_stay_the_label_and_shapes_act_beside_them() -> None:
    people = [profile.drawn(LOOSE, number).people[0] for number in range(60)]
    loose = [person for person in people if person.unlabelled]
    assert len(loose) > 50
    for person in loose:
        tight = replace(person, unlabelled={})
        assert person.driven() == tight.driven()
        driven = units.shapes(person.driven())
        seen = units.shapes(person.driven(), person.unlabelled)
        assert all(seen[shape] >= driven.get(shape, 0) for shape in seen)
        assert sum(seen.values()) > sum(driven.values())
    assert profile.drawn(LOOSE, 3) == profile.drawn(LOOSE, 3)


def test_half_of_the_moving_faces_only_smile() -> None:
    people = [profile.drawn(LOOSE, number).people[0] for number in range(200)]
    moving = [person for person in people if person.units]
    smiles = [person for person in moving if 12 in person.units and set(person.units) <= {6, 12, 25, 26}]
    assert 0.4 < len(smiles) / len(moving) < 0.7


def test_a_smile_with_parted_lips_bares_teeth_and_one_without_does_not() -> None:
    smile: dict[int, units.Sides] = {12: (1.0, 1.0)}
    bared = [
        np.mean([slack.sample(np.random.default_rng(i), given, 1.0).get("mouthUpperUpLeft", 0.0) for i in range(100)])
        for given in (smile, {**smile, 25: (0.5, 0.5)})
    ]
    assert bared[1] > bared[0] + 0.3


def test_one_side_pulls_its_own_side_along() -> None:
    one: dict[int, units.Sides] = {12: (1.0, 0.0)}
    found = [slack.sample(np.random.default_rng(i), one, 1.0) for i in range(60)]
    left, right = (np.mean([each.get(f"mouthDimple{side}", 0.0) for each in found]) for side in ("Left", "Right"))
    assert left > right + 0.1


def test_every_shape_is_one_of_the_rig() -> None:
    known = set(rig.Rig.load().shapes)
    for table in (slack.RESTING, slack.BARED, *slack.PULLED.values()):
        for shape in table:
            sides = ("Left", "Right") if shape.endswith("*") else ("",)
            assert {shape.removesuffix("*") + side for side in sides} <= known


@pytest.mark.parametrize("level", [-0.1, 1.2])
def test_a_shape_outside_its_range_is_refused(level: float) -> None:
    with pytest.raises(UsageError, match=r"unlabelled\.jawOpen: .* is not in 0\.\.1"):
        spec.Person(unlabelled={"jawOpen": level})


def test_a_profile_names_what_is_no_share() -> None:
    with pytest.raises(UsageError, match=r"slack: 1\.5 is not in 0\.\.1"):
        Profile(name="loose", slack=1.5)
