"""Rewards and the benchmark's counts on the same replies, against numbers worked out by hand."""

from __future__ import annotations

import doctest
import importlib
import math

import pytest

from facereason import scoring
from facereason.scoring import Reply, read_reply, total
from facereason.types import ActionUnit, EmotionLabel, FaceReasonError, UnitState

FEAR, SURPRISE = EmotionLabel.FEAR, EmotionLabel.SURPRISE


@pytest.mark.parametrize("module", ["replies", "rewards", "units"])
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    results = doctest.testmod(importlib.import_module(f"facereason.scoring.{module}"))
    assert results.attempted >= 4
    assert results.failed == 0


def reply(thought: str, answer: str = "happiness") -> Reply:
    found = read_reply(f"<think>{thought}</think><answer>{answer}</answer>")
    assert found is not None
    return found


def test_votes_make_the_reward_a_share_of_the_winners() -> None:
    votes = {FEAR: 6, SURPRISE: 3}
    said = [reply("Nothing to be seen.", answer) for answer in ("fear", "surprise", "happiness")]
    assert [scoring.emotion_reward(each, FEAR, votes) for each in said] == [1, 0.5, 0]
    assert [scoring.emotion_reward(each, FEAR) for each in said] == [1, 0, 0]


def test_votes_for_no_emotion_leave_the_label_to_judge() -> None:
    said = reply("Nothing to be seen.", "fear")
    assert scoring.emotion_reward(said, FEAR, {FEAR: 0}) == 1
    assert scoring.emotion_reward(said, None, {}) is None


def test_an_intensity_of_three_tenths_makes_a_unit_present() -> None:
    there = scoring.present_units({1: 0.29, 4: 0.3, 12: 1.0})
    assert there == {4, 12}
    assert scoring.au_reward(reply("The face shows AU4 and AU12."), there) == 1


def test_what_another_unit_implies_is_neither_wanted_nor_wrong() -> None:
    assert scoring.au_reward(reply("The jaw drops (AU26)."), {25, 26}) == 1
    assert scoring.au_reward(reply("The jaw drops (AU26), with AU25."), {26}) == 1
    assert scoring.au_reward(reply("The lips are apart (AU25)."), {26}) == 0


def test_a_false_unit_earns_nothing_by_what_it_implies() -> None:
    assert scoring.au_reward(reply("The jaw drops (AU26)."), {25}) == 0


def test_silence_is_better_than_denying_what_is_there() -> None:
    silent, denying = reply("The face shows AU6."), reply("The face shows AU6. There is no AU12.")
    assert scoring.unit_errors(silent, {6, 12}).f1 == pytest.approx(2 / 3)
    assert scoring.unit_errors(denying, {6, 12}).f1 == pytest.approx(1 / 2)


def test_readings_that_are_not_sure_support_nothing() -> None:
    said = reply("Lip corners pulled up (AU12).")

    def support(state: UnitState, confidence: float, reliability: float) -> float | None:
        reading = ActionUnit(unit=12, state=state, intensity=0.5, confidence=confidence, reliability=reliability)
        return scoring.support_reward(said, [reading])

    assert support(UnitState.PRESENT, 0.9, 0.8) == 1
    assert support(UnitState.ABSENT, 0.97, 0.8) == -1
    assert support(UnitState.PRESENT, 0.9, 0.4) is None
    assert support(UnitState.ABSENT, 0.8, 0.8) is None
    assert support(UnitState.UNKNOWN, 0.99, 0.8) is None
    assert scoring.support_reward(said, []) is None


def test_a_face_at_rest_may_be_told_in_one_phrase() -> None:
    for thought in (
        "At rest, no action units are active.",
        "There are no signs of any movement.",
        "A calm face without facial AUs.",
    ):
        assert scoring.consistency_reward(reply(thought, "neutral")) == 1
    assert scoring.consistency_reward(reply("A face in a photo.", "neutral")) == 0


def test_the_total_is_the_weighted_mean_of_what_is_there() -> None:
    weights = {"emotion": 2.0, "au": 1.0, "format": 1.0}
    assert total({"emotion": 1, "au": 0, "format": 1, "length": 0}, weights) == 0.75
    assert total({"emotion": None, "au": 0.5, "format": 1}, weights) == 0.75
    assert total({"emotion": None, "au": None, "format": None}, weights) is None
    assert total({"emotion": 1.0}, {"emotion": 0}) is None


@pytest.mark.parametrize("weights", [{"emotoin": 1}, {"emotion": -1}, {"emotion": math.nan}, {"emotion": math.inf}])
def test_a_weight_that_is_wrong_is_refused(weights: dict[str, float]) -> None:
    with pytest.raises(FaceReasonError, match="of a reward"):
        total({"emotion": 1.0}, weights)


SAID = [reply("The face shows AU6 and AU12."), reply("The face shows AU4."), None, reply("It shows AU12 here.")]
THERE: list[set[int]] = [{6, 12}, {4, 7}, {12}, set()]


def test_the_benchmarks_f1_is_made_of_the_same_counts_as_the_reward() -> None:
    """Hits 6, 12, 4; missed 7, 12; wrong 12."""
    assert scoring.micro_unit_f1(SAID, THERE) == pytest.approx(2 * 3 / (2 * 3 + 2 + 1))
    assert scoring.macro_unit_f1(SAID, THERE) == pytest.approx((1 + 2 / 4 + 1 + 0) / 4)
    for said, there in zip(SAID[:2], THERE[:2], strict=True):
        assert scoring.micro_unit_f1([said], [there]) == pytest.approx(scoring.au_reward(said, there))
    assert math.isnan(scoring.micro_unit_f1([], []))
    assert math.isnan(scoring.macro_unit_f1([], []))


def test_false_units_are_counted_on_faces_at_rest_alone() -> None:
    assert scoring.false_units_per_neutral_face(SAID, THERE) == 1
    assert math.isnan(scoring.false_units_per_neutral_face(SAID[:2], THERE[:2]))


def test_the_share_consistent_counts_bad_form_as_inconsistent() -> None:
    said = [reply("Lip corners pulled up."), reply("Lip corners pulled down."), None]
    assert scoring.share_consistent(said) == pytest.approx(1 / 3)
    assert math.isnan(scoring.share_consistent([]))


def test_a_prompt_may_be_taken_up_but_not_copied() -> None:
    prompt = "Say what the face of person 1 shows, movement by movement, with its action unit in brackets."
    text = "<think>{} Lip corners pulled up.</think><answer>happiness</answer>"
    assert read_reply(text.format("What the face of person 1 shows:"), prompt) is not None
    assert read_reply(text.format(prompt), prompt) is None
    assert read_reply(text.format(prompt)) is not None
