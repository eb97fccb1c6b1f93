"""The suites of the chat and of the judge, on little."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facereason import resources
from facereason.bench import chat, judging
from facereason.bench.speed import numbers
from facereason.types import FaceReasonError, Topic


def test_turns_are_timed_with_the_memory_after_each(tmp_path: Path) -> None:
    told = numbers(chat._TURNS, str(resources.weights("astronaut.png")), str(tmp_path), "12")
    assert len(told) == 24
    assert all(0 < ms < 5000 for ms in told[::2])
    assert all(20 < mb < 5000 for mb in told[1::2])


def test_a_log_is_filled_and_searched(tmp_path: Path) -> None:
    with pytest.raises(FaceReasonError, match="AssertionError"):
        numbers(chat._LOG, str(tmp_path), "50")
    (tmp_path / "large").mkdir()
    assert len(numbers(chat._LOG, str(tmp_path / "large"), "100000")) == 18


def test_the_chat_suite_names_the_photo_that_it_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEREASON_DATA", raising=False)
    with pytest.raises(FaceReasonError, match=r"six_people\.jpg"):
        chat.figures(str(tmp_path), lambda text: None)


def truth(**changes: Any) -> dict[str, Any]:
    pose = {"yaw": 0.0, "pitch": 0.0, "roll": 0.0}
    return {"head_pose": pose, "gaze": {"yaw": 0.0, "pitch": 0.0}, "attributes": {"glasses": None}} | changes


def test_a_turned_head_is_asked_for_both_sides_and_the_camera() -> None:
    asks = list(judging._poses(truth(head_pose={"yaw": -40.0, "pitch": 0.0, "roll": 0.0})))
    assert [(ask.topic, ask.value, true) for _, ask, true in asks] == [
        (Topic.HEAD_POSE, "left", True),
        (Topic.HEAD_POSE, "right", False),
        (Topic.HEAD_POSE, "camera", False),
    ]


def test_what_the_truth_leaves_open_is_not_asked() -> None:
    assert list(judging._poses(truth(head_pose={"yaw": 12.0, "pitch": 9.0, "roll": 5.0}))) == []
    assert list(judging._gazes(truth(gaze={"yaw": 15.0, "pitch": 0.0}))) == []
    assert list(judging._gazes(truth(gaze=None))) == []
    assert list(judging._gazes(truth(attributes={"glasses": "sunglasses"}))) == []
