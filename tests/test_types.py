"""The records: geometry of boxes, readings, looking people up, and the way to JSON."""

from __future__ import annotations

import dataclasses
import json

import pytest

from facereason import types
from facereason.types import (
    AgeGroup,
    Answer,
    Box,
    Emotion,
    EmotionLabel,
    FaceReasonError,
    Outcome,
    Provenance,
    Reading,
    UsageError,
    to_dict,
)
from tests.scenes import scene


def test_emotions_are_the_eight_in_the_order_of_the_conventions() -> None:
    order = ["neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt"]
    assert [label.value for label in EmotionLabel] == order


def test_age_groups_are_fairfaces_nine_youngest_first() -> None:
    groups = ["0-2", "3-9", "10-19", "20-29", "30-39", "40-49", "50-59", "60-69", "70+"]
    assert [group.value for group in AgeGroup] == groups


def test_every_record_is_frozen() -> None:
    records = [kind for kind in vars(types).values() if dataclasses.is_dataclass(kind)]
    assert len(records) > 15
    assert all(kind.__dataclass_params__.frozen for kind in records)
    with pytest.raises(dataclasses.FrozenInstanceError):
        Box(0, 0, 1, 1).x = 2  # type: ignore[misc]


def test_a_box_knows_its_sides_and_its_area() -> None:
    box = Box(10, 20, 30, 40)
    assert (box.right, box.bottom, box.centre, box.area) == (40, 60, (25, 40), 1200)
    assert Box(0, 0, -3, 5).area == 0


@pytest.mark.parametrize(
    ("other", "share"),
    [
        (Box(0, 0, 10, 10), 1.0),
        (Box(5, 0, 10, 10), 50 / 150),
        (Box(2, 2, 5, 5), 25 / 100),
        (Box(10, 0, 10, 10), 0.0),
        (Box(30, 30, 5, 5), 0.0),
        (Box(5, 5, 0, 0), 0.0),
    ],
)
def test_overlap_is_intersection_over_union_both_ways(other: Box, share: float) -> None:
    box = Box(0, 0, 10, 10)
    assert box.iou(other) == pytest.approx(share)
    assert other.iou(box) == pytest.approx(share)


def test_two_boxes_without_area_do_not_overlap() -> None:
    assert Box(1, 1, 0, 0).iou(Box(1, 1, 0, 0)) == 0


def test_a_reading_without_a_value_is_not_known_and_keeps_its_distribution() -> None:
    distribution = {"neutral": 0.3, "happiness": 0.6, "fear": 0.1}
    emotion = Emotion(value=None, confidence=0.6, distribution=distribution, unknown_because="the face is blurred")
    assert not emotion.known
    assert emotion.runner_up == ("neutral", 0.3)
    assert Emotion(value=EmotionLabel.FEAR, confidence=0.1).known


def test_a_runner_up_takes_two() -> None:
    assert Reading(value=None, confidence=0).runner_up is None
    assert Reading(value=None, confidence=1, distribution={"red": 1.0}).runner_up is None


def test_people_are_found_by_number() -> None:
    two = scene(400, 200, [Box(0, 0, 50, 50), Box(200, 0, 50, 50)])
    assert two.person(2).box.x == 200
    with pytest.raises(KeyError, match="no person 3: the photo has 2"):
        two.person(3)


def test_a_record_becomes_plain_values_for_json() -> None:
    plain = to_dict(scene(400, 200, [Box(1 / 3, 0, 50, 60)]))
    assert json.loads(json.dumps(plain)) == plain
    (person,) = plain["people"]
    assert person["face"]["box"] == {"x": 0.3333, "y": 0, "width": 50, "height": 60}
    assert person["face"]["emotion"]["value"] == "happiness"
    assert person["face"]["points"] == [[0, 0]] * 5
    assert plain["provenance"] == {"versions": {}, "weights": {}, "calls": []}


def test_what_is_not_there_is_left_out_and_what_is_empty_stays() -> None:
    plain = to_dict(Answer(question="Who?", text="", outcome=Outcome.DECLINED))
    assert "confidence" not in plain
    assert "provenance" not in plain
    assert plain["text"] == ""
    assert plain["people"] == []
    assert plain["outcome"] == "declined"


def test_keys_that_are_labels_become_their_words() -> None:
    assert to_dict({EmotionLabel.ANGER: 0.123456}) == {"anger": 0.1235}
    assert to_dict(Provenance(versions={"numpy": "2"})) == {
        "versions": {"numpy": "2"},
        "weights": {},
        "calls": [],
    }


def test_wrong_usage_is_an_error_meant_for_the_user() -> None:
    assert issubclass(UsageError, FaceReasonError)
    assert issubclass(FaceReasonError, Exception)
    assert not issubclass(FaceReasonError, ValueError)
