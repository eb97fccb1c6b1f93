"""Faces and heads become people: each once, those without a face in view as well."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from facereason.faces import look, people
from facereason.faces.detect import Detection
from facereason.faces.people import Found
from facereason.types import Box, Stage


def face(x: float, y: float = 40.0, side: float = 30.0) -> Detection:
    return Detection(Box(x, y, side, side), 0.9, np.zeros((5, 2), np.float32))


def head(x: float, y: float = 25.0, side: float = 50.0) -> Found:
    box = Box(x, y, side, 1.2 * side)
    return Found(head=box, body=Box(x - 20, y, side + 40, 300.0), orientation=170.0, sitting=0.2,
                 child=0.1, score=0.8)  # fmt: skip


def test_a_face_takes_the_head_it_lies_in_and_the_others_are_seen_from_behind() -> None:
    one, other = face(110), face(10)
    away = head(300)
    seen = people.joined([one, other], [away, head(100), head(0)])
    assert [(each.face, each.box.x) for each in seen] == [(True, 10), (True, 110), (False, 300)]
    assert seen[0].person is not None
    assert seen[0].person.head.x == 0
    assert seen[2].box == away.head
    assert seen[2].points.shape == (5, 2)
    assert seen[2].place.width < away.head.width


def test_a_face_without_a_head_is_somebody_too() -> None:
    (seen,) = people.joined([face(10)], [])
    assert (seen.face, seen.person, seen.place) == (True, None, seen.box)


def test_a_head_that_is_mostly_a_face_of_somebody_else_is_nobody_new() -> None:
    big = face(0, 0, 200)
    assert len(people.joined([big], [head(60, 60, 40)])) == 1
    assert len(people.joined([face(20)], [head(10), head(12)])) == 1


def test_a_face_far_smaller_than_the_head_is_another_person() -> None:
    seen = people.joined([face(80, 80, 12)], [head(0, 0, 200)])
    assert [each.face for each in seen] == [True]
    assert seen[0].person is None


@pytest.mark.parametrize(
    ("child", "told"), [(0.93, Stage.CHILD), (0.07, Stage.GROWN), (0.6, None), (0.3, None)]
)  # fmt: skip
def test_a_figure_tells_a_child_only_where_it_is_probable(child: float, told: Stage | None) -> None:
    reading = look._stage(dataclasses.replace(head(10), child=child))
    assert reading.value is told
    assert reading.confidence == pytest.approx(max(child, 1 - child))
    assert bool(reading.unknown_because) is (told is None)


def test_maps_become_boxes_inside_the_photo_each_head_once() -> None:
    maps = {name: np.zeros((channels, 20, 30), np.float32) for name, channels in
            {"head": 4, "body": 4, "facing": 2, "sitting": 1, "stage": 3}.items()}  # fmt: skip
    middle = np.zeros((20, 30), np.float32)
    for column, score in ((4, 0.9), (5, 0.6), (25, 0.4)):
        middle[5, column] = score
        maps["head"][:, 5, column] = [0, 0, np.log(5), np.log(6)]
        maps["body"][:, 5, column] = [-2, -0.5, 2, 9]
        maps["facing"][:, 5, column] = [0, -1]
        maps["sitting"][0, 5, column] = 2
        maps["stage"][0, 5, column] = 3
    found = people.decoded(middle, *maps.values(), score=0.3, size=(240, 160), scale=(2.0, 2.0))
    assert [each.score for each in found] == pytest.approx([0.9, 0.4])
    assert found[0].head == Box(pytest.approx(16), pytest.approx(20), pytest.approx(40), pytest.approx(48))
    assert (found[0].body.x, found[0].body.bottom) == (0, 160)
    assert abs(found[0].orientation) == pytest.approx(180)
    assert found[0].sitting == pytest.approx(0.88, abs=0.01)
    assert found[0].child == pytest.approx(0.909, abs=0.001)
    assert people.decoded(middle, *maps.values(), score=0.95, size=(240, 160)) == []
