"""Controlled variants."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from facereason.studio import sweep
from facereason.studio.spec import Gaze, Person, SceneSpec, Turn
from facereason.types import UsageError

SCENE = SceneSpec(people=(Person(identity=4, head=Turn(yaw=10)), Person(identity=5)))


def changed(one: Any, other: Any, path: str = "") -> set[str]:
    """Paths of plain data that differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        keys = one.keys() | other.keys()
        return set().union(*(changed(one.get(k), other.get(k), f"{path}.{k}") for k in keys))
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        return set().union(*(changed(a, b, f"{path}[{i}]") for i, (a, b) in enumerate(zip(one, other, strict=True))))
    return set() if one == other else {path}


@pytest.mark.parametrize(
    ("vary", "path"),
    [
        ("yaw", ".people[0].head"),
        ("age", ".people[0].years"),
        ("gender", ".people[0].gender"),
        ("skin_tone", ".people[0].skin"),
        ("ancestry", ".people[0].ancestry"),
        ("hair", ".people[0].hair"),
        ("AU12", ".people[0].units"),
        ("gaze_yaw", ".people[0].gaze"),
        ("light", ".light"),
        ("camera", ".camera"),
        ("blur", ".blur"),
    ],
)
def test_one_thing_changes_and_nothing_else(vary: str, path: str) -> None:
    made = sweep.variants(SCENE, vary, 5)
    assert len({variant.label for variant in made}) == len(made)
    differ = set().union(*(changed(SCENE.to_dict(), variant.spec.to_dict()) for variant in made))
    assert differ
    assert all(name.startswith(path) for name in differ)


def test_values_are_even_within_the_range_asked_for() -> None:
    made = sweep.variants(SCENE, "yaw", 5, -20, 20)
    assert [variant.spec.people[0].head.yaw for variant in made] == [-20, -10, 0, 10, 20]
    assert made[0].label == "-20°"
    assert [variant.spec.people[0].driven().get(12, (0, 0))[0] for variant in sweep.variants(SCENE, "AU12", 3)] == [
        0,
        0.5,
        1,
    ]


def test_a_side_alone() -> None:
    assert sweep.variants(SCENE, "L12", 2)[1].spec.people[0].driven() == {12: (1.0, 0.0)}


def test_a_given_gaze_gives_way_to_a_turning_head() -> None:
    scene = replace(SCENE, people=(Person(gaze=Gaze(yaw=20, pitch=0)),))
    assert sweep.variants(scene, "yaw", 3)[0].spec.people[0].gaze == "ahead"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("mood",), "--vary 'mood': an action unit such as AU12, or one of yaw"),
        (("AU99",), "--vary 'AU99'"),
        (("hair", 7, 1.0), "--vary hair: it has names"),
        (("yaw", 1), "--steps 1: 2 to 25"),
        (("yaw", 3, -400.0), "head.yaw: -400 is not in"),
    ],
)
def test_what_cannot_be_varied_is_refused(arguments: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        sweep.variants(SCENE, *arguments)
