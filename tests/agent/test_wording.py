"""Readings in words."""

from __future__ import annotations

from facereason.agent.answers import wording
from facereason.types import HeadPose


def test_a_head_that_hardly_turns_is_turned_by_nothing_rather_than_by_minus_nothing() -> None:
    assert "(yaw 0°)" in wording.pose(HeadPose(yaw=-0.3, pitch=0.0, roll=0.0, confidence=0.9))
