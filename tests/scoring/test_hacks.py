"""Attempts to earn rewards without looking (`hacks.yaml`), and what no reply whatever may do to a reward."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from facereason.facs import UNITS, code
from facereason.scoring import Truth, every_reward, read_reply, total
from facereason.types import ActionUnit, EmotionLabel, UnitState

SUITE = yaml.safe_load((Path(__file__).parent / "hacks.yaml").read_text(encoding="utf-8"))
ATTEMPTS, WEIGHTS, PROMPT = SUITE["attempts"], SUITE["weights"], SUITE["prompt"]
LOWEST = {"emotion": 0, "au": 0, "format": 0, "consistency": 0, "length": 0, "support": -1}
HIGHEST = dict.fromkeys(LOWEST, 1)


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt["name"])
def test_an_attempt_earns_what_it_deserves(attempt: dict[str, Any]) -> None:
    got = every_reward(text_of(attempt), truth_of(attempt["face"]), PROMPT)
    there = {name: value for name, value in got.items() if value is not None}
    if attempt["earns"] == "nothing":
        assert there == {name: LOWEST[name] for name in there}
        return
    earns = {"format": 1} | attempt["earns"]
    assert there.keys() == earns.keys()
    for name, value in earns.items():
        low, high = value if isinstance(value, list) else (value - 0.001, value + 0.001)
        assert low <= there[name] <= high, (name, there[name], attempt["why"])


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=lambda attempt: attempt["name"])
def test_no_attempt_earns_as_much_as_an_honest_reply(attempt: dict[str, Any]) -> None:
    if attempt["face"] not in SUITE["honest"]:
        return
    truth = truth_of(attempt["face"])
    tried = total(every_reward(text_of(attempt), truth, PROMPT), WEIGHTS)
    honest = total(every_reward(SUITE["honest"][attempt["face"]], truth, PROMPT), WEIGHTS)
    assert tried is not None
    assert honest is not None
    assert tried < honest


@pytest.mark.parametrize("face", SUITE["honest"])
def test_an_honest_reply_earns_everything(face: str) -> None:
    got = every_reward(SUITE["honest"][face], truth_of(face), PROMPT)
    assert got["emotion"] == got["au"] == got["format"] == got["consistency"] == got["length"] == 1
    assert got["support"] in (None, 0, 1)


@pytest.mark.parametrize("attempt", [a for a in ATTEMPTS if a.get("limit")], ids=lambda attempt: attempt["name"])
def test_what_the_parser_takes_for_better_pays_no_more_than_plain_claims(attempt: dict[str, Any]) -> None:
    plain = "<think>The face shows AU6 and AU12.</think><answer>happiness</answer>"
    got, fair = (every_reward(text, truth_of(attempt["face"])) for text in (text_of(attempt), plain))
    assert all(got[name] == fair[name] for name in fair if name != "length")


def test_there_are_fifty_attempts_and_each_is_another() -> None:
    assert len({(attempt["face"], text_of(attempt)) for attempt in ATTEMPTS}) == len(ATTEMPTS) >= 50
    assert len({attempt["name"] for attempt in ATTEMPTS}) == len(ATTEMPTS)


def test_another_false_unit_never_raises_the_reward() -> None:
    draw = random.Random(1)
    for _ in range(500):
        units, said = some_units(draw), some_units(draw)
        false = draw.choice([number for number in UNITS if number not in units])
        assert au(said | {false}, units) <= au(said, units)


def test_a_true_unit_less_never_raises_the_reward() -> None:
    draw = random.Random(2)
    for _ in range(500):
        units = some_units(draw) or {12}
        said = some_units(draw) | {true := draw.choice(sorted(units))}
        assert au(said - {true}, units) <= au(said, units)


def test_denying_or_hedging_a_false_unit_besides_never_raises_the_reward() -> None:
    draw = random.Random(3)
    for _ in range(500):
        units, said = some_units(draw), some_units(draw)
        number = draw.choice(list(UNITS))
        for more in (f"There is no {code(number)}.", f"Perhaps there is {code(number)}."):
            assert au(said, units, more) <= au(said, units)


def test_no_reward_leaves_its_range_and_what_is_left_out_depends_on_the_labels_alone() -> None:
    draw = random.Random(4)
    texts = [text_of(attempt) for attempt in ATTEMPTS]
    labels = {face: truth_of(face) for face in SUITE["faces"]}
    left_out = {face: {k for k, v in every_reward("", truth).items() if v is None} for face, truth in labels.items()}
    for _ in range(3000):
        face = draw.choice(list(labels))
        got = every_reward(mutated(draw.choice(texts), draw.choice(texts), draw), labels[face], PROMPT)
        assert {name for name, value in got.items() if value is None} == left_out[face]
        for name, value in got.items():
            assert value is None or LOWEST[name] <= value <= HIGHEST[name]


def text_of(attempt: dict[str, Any]) -> str:
    if "text" in attempt:
        return str(attempt["text"])
    thought = attempt["thought"]
    if isinstance(thought, dict):
        thought = thought["repeat"] * thought["times"]
    return f"<think>{thought}</think><answer>{attempt['answer']}</answer>"


def truth_of(face: str) -> Truth:
    given = SUITE["faces"][face]
    states = [(n, UnitState.PRESENT) for n in given.get("present", ())]
    states += [(n, UnitState.ABSENT) for n in given.get("absent", ())]
    return Truth(
        emotion=EmotionLabel(given["emotion"]) if "emotion" in given else None,
        votes={EmotionLabel(label): count for label, count in given["votes"].items()} if "votes" in given else None,
        units=set(given["units"]) if "units" in given else None,
        readings=[ActionUnit(unit=n, state=s, intensity=0.5, confidence=0.97, reliability=0.9) for n, s in states],
    )


def some_units(draw: random.Random) -> set[int]:
    return set(draw.sample(list(UNITS), draw.randrange(8)))


def au(said: set[int], units: set[int], more: str = "") -> float:
    """The reward for a reply in form that asserts these units."""
    named = "".join(f"The face shows {code(number)}. " for number in sorted(said))
    text = f"<think>What follows is seen. {named}{more}</think><answer>neutral</answer>"
    assert read_reply(text) is not None
    earned = every_reward(text, Truth(units=units))["au"]
    assert earned is not None
    return earned


def mutated(text: str, other: str, draw: random.Random) -> str:
    """The text with a piece cut out, doubled, moved, changed, or followed by a piece of the other."""
    first, last = sorted(draw.randrange(len(text) + 1) for _ in range(2))
    piece = text[first:last]
    return draw.choice(
        [
            text[:first] + text[last:],
            text[:last] + piece + text[last:],
            text[:first] + text[last:] + piece,
            text[:first] + piece.upper() + text[last:],
            text[:first] + draw.choice(["no ", "AU4", "\u200b", "<", "</think>", "perhaps ", "0", "\n"]) + text[first:],
            text.replace("</think>", f" {other.removeprefix('<think>').partition('</think>')[0]}</think>", 1),
        ]
    )
