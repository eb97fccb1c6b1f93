"""The suite of the synthesis gate: drafts are what they say they are, on truth of a render."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from facereason.bench import synth
from facereason.bench.lies import Liar
from facereason.scoring import Known, read_reply
from facereason.types import EmotionLabel, FaceReasonError, Stance

SMILE = Known(label=EmotionLabel.HAPPINESS, present=frozenset({6, 12}), absent=frozenset({1, 2, 4, 5, 9, 15, 20, 26}))
REST = Known(label=EmotionLabel.NEUTRAL, present=frozenset(), absent=frozenset({1, 2, 4, 5, 6, 9, 12, 15, 20, 26}))


def drafts(known: Known, half: str = "work") -> list[synth.Draft]:
    return list(synth.drafts(known, Liar(1, half), random.Random(1), half))


def test_good_drafts_name_what_is_there_and_wrong_ones_differ_in_what_they_say() -> None:
    made = drafts(SMILE)
    good = [read_reply(each.text) for each in made if each.good]
    assert len(good) == 2
    assert all(reply is not None and reply.label is EmotionLabel.HAPPINESS for reply in good)
    other = next(each for each in made if each.kind == "another label")
    reply = read_reply(other.text)
    assert reply is not None
    assert reply.label is not EmotionLabel.HAPPINESS
    denied = read_reply(next(each for each in made if each.kind == "asserts a unit and denies it").text)
    assert denied is not None
    assert denied.units(Stance.ASSERTED) & denied.units(Stance.DENIED)
    assert all(read_reply(each.text) is None for each in made if each.kind == "not in form")


def test_a_face_at_rest_gets_only_the_drafts_that_it_gives_room_for() -> None:
    kinds = {each.kind for each in drafts(REST)}
    assert synth.STILL in kinds
    assert not {"denies a unit that is there", "leaves out most units", "swaps a unit"} & kinds


def test_without_units_the_same_drafts_are_judged_by_label_and_thought_alone() -> None:
    known, open_ = (
        {figure.name.partition(",")[0]: figure for figure in synth._rates(each, "x")}
        for each in (drafts(SMILE), synth._unjudged(drafts(SMILE)))
    )
    wrong = "synthesis gate: wrong drafts rejected"
    assert known[wrong].value > open_[wrong].value > 0.4
    assert known[wrong].n == open_[wrong].n


def test_the_suite_says_how_to_render_what_it_reads(tmp_path: Path) -> None:
    with pytest.raises(FaceReasonError, match=r"facereason studio dataset eval/studio/faces\.jsonl\.gz"):
        synth.figures(str(tmp_path), lambda text: None)
