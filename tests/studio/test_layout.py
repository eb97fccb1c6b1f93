"""People of a group stand near each other, and nobody inside anybody else."""

from __future__ import annotations

import pytest

pytest.importorskip("scipy")

from facereason import recipes
from facereason.studio import layout
from facereason.studio import profile as profiles
from facereason.studio.spec import Person, Place, Turn


def placed(*where: tuple[float, float]) -> list[Place]:
    return [Place(right=right, depth=depth) for right, depth in where]


def test_people_of_drawn_groups_do_not_overlap_and_stay_together() -> None:
    profile = recipes.load(profiles.Profile, "studio-groups.yaml", ["seed=5"])
    for number in range(40):
        scene = profiles.drawn(profile, number)
        places = [person.at for person in scene.people if person.at]
        assert len(places) == len(scene.people)
        assert layout.overlap(scene.people, places) < 0.02
        assert max(p.right for p in places) - min(p.right for p in places) < 1.0 * len(places)


def test_two_in_one_place_come_apart_to_the_side() -> None:
    people = [Person(), Person()]
    one, other = layout.apart(people, placed((0.0, 0.0), (0.0, 0.0)))
    assert layout.overlap(people, [one, other]) < 0.02
    assert abs(one.right - other.right) > 0.5
    assert one.depth == other.depth == 0


def test_those_who_stand_free_or_are_fixed_stay_where_they_are() -> None:
    people = [Person(), Person(), Person()]
    places = placed((-1.0, 0.0), (0.0, 0.0), (0.1, 0.0))
    moved = layout.apart(people, places, fixed=[1])
    assert moved[:2] == places[:2]
    assert moved[2].right > 0.5


def test_knees_take_room_before_those_who_sit_and_a_child_takes_less() -> None:
    ahead = placed((0.0, 0.0), (0.0, -0.5))
    sitting, standing = Person(posture="sitting"), Person()
    assert layout.overlap([sitting, standing], ahead) > 0.1
    assert layout.overlap([standing, standing], ahead) == 0
    assert layout.overlap([Person(posture="sitting", head=Turn(yaw=180)), standing], ahead) == 0
    beside = placed((0.0, 0.0), (0.55, 0.0))
    assert layout.overlap([Person(years=4), standing], beside) < layout.overlap([standing, standing], beside)


def test_a_body_follows_the_head_as_far_as_the_neck_needs() -> None:
    assert layout.turn(Person(head=Turn(yaw=30))) == 0
    assert layout.turn(Person(head=Turn(yaw=100))) == pytest.approx(60)
    assert layout.turn(Person(head=Turn(yaw=100), body=90)) == 90
