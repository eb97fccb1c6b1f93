"""The suite of lies: what the liar writes, and how it is scored."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facereason.agent.replies.matching import claims_about
from facereason.bench import words
from facereason.bench.lies import Liar, Lie, Told, phrasings
from facereason.data import Record
from facereason.facs import UNITS
from facereason.types import ActionUnit, EmotionLabel, Scene, UnitState
from tests.agent.scenes import person, scene

SHOWN = [4, 12, 25, 26]
HIDDEN = [unit for unit in UNITS if unit not in SHOWN]


def read(**chances: float) -> Scene:
    units = [
        ActionUnit(
            unit=int(name[2:]),
            state=UnitState.PRESENT if chance >= 0.5 else UnitState.ABSENT,
            intensity=chance,
            confidence=max(chance, 1 - chance),
            reliability=0.9,
        )
        for name, chance in chances.items()
    ]
    return scene(person(1, units=units))


def face(of: Scene) -> words.Face:
    acts = [{"unit": unit, "left": 0.8, "right": 0.8} for unit in SHOWN]
    return words.Face({"AUs": acts, "implied": []}, of, of)


def test_the_two_halves_of_the_phrasings_share_nothing() -> None:
    work, scored = phrasings("work"), phrasings("scored")
    assert not set(work.templates) & set(scored.templates)
    both = [unit for unit in UNITS if set(work.present[unit]) & set(scored.present[unit])]
    assert both == []


def test_a_truthful_reply_names_what_is_there_and_lips_part_with_the_jaw_unsaid() -> None:
    told = Liar(1).about(SHOWN, HIDDEN, Lie.NONE)
    assert told is not None
    assert set(told.units) == {4, 12, 26}
    assert (told.false, told.left_out) == ((), ())


@pytest.mark.parametrize("lie", [Lie.ADDED, Lie.DROPPED, Lie.SWAPPED, Lie.LABEL])
def test_a_lie_is_wrong_in_just_what_it_says(lie: Lie) -> None:
    for seed in range(20):
        told = Liar(seed).about(SHOWN, HIDDEN, lie)
        if told is None:
            assert lie is Lie.LABEL
            continue
        assert not set(told.false) & set(SHOWN)
        assert set(told.left_out) <= set(SHOWN)
        assert not set(told.left_out) & set(told.units)
        assert len(told.false) == {Lie.ADDED: 1, Lie.DROPPED: 0, Lie.SWAPPED: 1}.get(lie, len(told.units))


def test_the_same_seed_writes_the_same_and_every_reply_is_filled() -> None:
    once, again = ([Liar(seed).about(SHOWN, HIDDEN, lie) for seed in range(30) for lie in Lie] for _ in range(2))
    assert once == again
    assert not any("{" in told.text for told in once if told is not None)


def test_a_lie_counts_as_caught_only_for_what_is_wrong_in_it() -> None:
    of = read(AU4=0.9, AU12=0.02, AU15=0.02)
    lie = Told("<think>Corners down (AU15), brows lowered (AU4).</think><answer>sadness</answer>", (15, 4), (15,))
    assert words.is_caught((face(of), Lie.ADDED, lie), words.judge(lie, of))
    other = replace(lie, false=(9,))
    assert not words.is_caught((face(of), Lie.ADDED, other), words.judge(other, of))


def test_a_true_claim_that_is_spoken_against_is_a_false_alarm() -> None:
    of = read(AU4=0.9, AU12=0.02)
    told = Told("<think>A smile (AU12), brows lowered (AU4).</think><answer>happiness</answer>", (12, 4))
    assert words.false_alarms((face(of), Lie.NONE, told), words.judge(told, of)) == [True, False]


def test_a_dropped_unit_is_caught_where_the_instrument_tells_it() -> None:
    of = read(AU4=0.9, AU12=0.9)
    told = Told("<think>Brows lowered (AU4).</think><answer>anger</answer>", (4,), (), (12,))
    assert words.is_caught((face(of), Lie.DROPPED, told), words.judge(told, of))


def test_a_model_that_yields_takes_over_what_was_read_and_one_that_stays_does_not() -> None:
    of = scene(person(1, feels="happiness"))
    assert words.asked_again(of, EmotionLabel.SADNESS, yields=True) == "happiness"
    assert words.asked_again(of, EmotionLabel.SADNESS, yields=False) == "sadness"


def test_the_wrong_label_is_the_one_that_most_voters_confuse_the_right_one_with() -> None:
    votes = dict.fromkeys(EmotionLabel, 0) | {EmotionLabel.FEAR: 8, EmotionLabel.SURPRISE: 2}
    record = Record(id="1", dataset="ferplus", split="test", license="", image=b"", precropped=True, votes=votes)
    assert words.wrong_label(record, EmotionLabel.FEAR, Liar(1)) is EmotionLabel.SURPRISE


def test_most_phrasings_that_may_be_looked_at_are_read() -> None:
    """Of the other half only the suite knows how much is."""
    of, found = scene(person(1)), []
    for unit, phrases in phrasings("work").present.items():
        for phrase in phrases:
            found.append(f"AU{unit}" in {claim.value for claim in claims_about(f"{phrase}.", of.people, of)})
    assert sum(found) / len(found) > 0.8
