"""Scenes drawn from a profile."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest

from facereason import facs, recipes, resources
from facereason.studio import frozen, profile
from facereason.studio.profile import TEST_IDENTITIES, Profile
from facereason.types import UsageError

GROUPS = Profile(
    name="groups", people=(2, 8), away=0.3, sitting=0.5, turned=0.5, covered=0.2, signs=0.3, asked=0.3,
    looks={"camera": 0.2, "other": 0.5, "free": 0.3},
)  # fmt: skip


def test_the_same_number_gives_the_same_scene_and_another_another() -> None:
    assert profile.drawn(GROUPS, 5) == profile.drawn(GROUPS, 5)
    assert profile.drawn(GROUPS, 5) != profile.drawn(GROUPS, 6)


def test_scenes_obey_the_profile() -> None:
    wanted = Profile(name="faces", yaw=(-20, 10), years=(30, 40), skin=(8, 10), linked=0, identities=(5, 9), glasses=0)
    for scene in profile.scenes(wanted, 40):
        (person,) = scene.people
        assert -20 <= person.head.yaw <= 10
        assert 30 <= person.years <= 40
        assert 8 <= person.skin <= 10
        assert 5 <= person.identity < 9
        assert person.glasses in ("none", "sunglasses")


def test_groups_have_people_from_behind_sitting_and_looking_at_each_other() -> None:
    found: Counter[str] = Counter()
    for scene in profile.scenes(GROUPS, 60):
        found[f"{len(scene.people)} people"] += 1
        for person in scene.people:
            found["behind"] += abs(person.head.yaw) > 110
            found["sitting"] += person.posture == "sitting"
            found["at somebody"] += isinstance(person.gaze, int)
    assert {f"{n} people" for n in range(2, 9)} <= set(found)
    assert min(found["behind"], found["sitting"], found["at somebody"]) > 20


def test_every_unit_acts_and_none_that_exclude_each_other() -> None:
    acting: Counter[int] = Counter()
    for scene in profile.scenes(Profile(name="faces"), 400):
        driven = scene.people[0].driven()
        acting.update(driven.keys())
        assert not [conflict for conflict in facs.conflicts(driven) if not conflict.weakly]
    assert set(acting) == set(facs.UNITS)
    assert min(acting.values()) >= 8


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"yaw": (10, -10)}, "yaw: 10 is above -10"),
        ({"moving": 2.0}, "moving: 2 is not in 0..1"),
        ({"people": (0, 2)}, "people: 0 to 2 is not within 1 to 12"),
        ({"identities": (0, TEST_IDENTITIES + 1)}, "kept for test sets"),
        ({"lights": {"sun": -1.0}}, "lights: a share below 0"),
    ],
)
def test_a_profile_that_cannot_be_is_refused(fields: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Profile(name="x", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["studio-faces.yaml", "studio-heads.yaml", "studio-groups.yaml"])
def test_shipped_profiles_never_draw_a_test_identity(name: str) -> None:
    shipped = recipes.load(Profile, name)
    assert not shipped.for_tests
    assert all(p.identity < TEST_IDENTITIES for scene in profile.scenes(shipped, 20) for p in scene.people)


SETS = json.loads((resources.suites() / "studio" / "sets.json").read_text())


@pytest.mark.parametrize("name", sorted(SETS))
def test_frozen_sets_are_as_they_were_when_they_were_frozen(name: str) -> None:
    folder = resources.suites() / "studio"
    path = folder / f"{name}.jsonl.gz"
    assert hashlib.sha256(path.read_bytes()).hexdigest() == SETS[name]["sha256"]
    scenes = frozen.read(path)
    assert len(scenes) == SETS[name]["scenes"]
    assert all(p.identity >= TEST_IDENTITIES for scene in scenes for p in scene.spec.people)


def test_a_frozen_set_reads_back_what_was_written(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl.gz"
    scenes = tuple(frozen.drawn(GROUPS, 3))
    assert frozen.write(scenes, path) == 3
    assert frozen.read(path) == scenes


def test_what_is_no_frozen_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="No such file"):
        frozen.read(tmp_path / "none.jsonl.gz")
    (tmp_path / "a.jsonl.gz").write_bytes(b"text")
    with pytest.raises(UsageError, match=r"a\.jsonl\.gz: "):
        frozen.read(tmp_path / "a.jsonl.gz")
