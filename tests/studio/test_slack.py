"""What faces do beside what their labels say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from facereason.studio import profile, rig, skin, slack, spec, units
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


def test_folds_show_in_the_skin_and_are_no_label() -> None:
    plain = spec.Person(units={12: 0.8})
    folded = replace(plain, folds={14: (0.6, 0.2), 12: 0.5})
    assert folded.driven() == plain.driven() == plain.folded()
    assert folded.folded() == {12: (0.8, 0.8), 14: (0.6, 0.2)}
    depths = [
        skin._furrow_lines(
            skin.SkinLook(
                tone=4,
                years=30,
                units=each.folded(),
                hair_colour="brown",
                hair="short",
                beard="none",
                gender=0.5,
                seed=1,
            )
        )
        for each in (plain, folded)
    ]
    deeper = [line for (line, _, before), (_, _, after) in zip(*depths, strict=True) if (after > before).any()]
    assert 0 < len(deeper) < len(depths[0])
    assert not any((after < before).any() for (_, _, before), (_, _, after) in zip(*depths, strict=True))


def test_a_smile_brings_along_folds_of_other_units_on_its_side() -> None:
    smile: dict[int, units.Sides] = {12: (1.0, 0.0)}
    found = [slack.folds(np.random.default_rng(i), smile, 1.0) for i in range(80)]
    left, right = (np.mean([each.get(10, (0.0, 0.0))[side] for each in found]) for side in (0, 1))
    assert left > 0.2
    assert right == 0
    assert 0.1 < np.mean([9 in each for each in found]) < 0.45  # worn at rest by one in four
    assert all(slack.folds(np.random.default_rng(i), smile, 0.0).get(10, (0.0, 0.0)) == (0.0, 0.0) for i in range(20))


@pytest.mark.parametrize(("folds", "message"), [({99: 0.5}, "folds: AU99"), ({4: 1.2}, "folds: AU4 1.2")])
def test_folds_of_no_unit_or_too_deep_are_refused(folds: dict[int, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        spec.Person(folds=folds)
