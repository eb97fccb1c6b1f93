"""Training the model that puts questions into plain words."""

from __future__ import annotations

import dataclasses
import json
import random
import re
from pathlib import Path

import pytest
import torch

from facereason import recipes, rewording
from facereason.agent.grammar.parsing import parsed
from facereason.agent.grammar.words import sentences
from facereason.rewording import words
from facereason.train.rewording import exporting, training
from facereason.train.rewording.model import Model
from facereason.train.rewording.people import AFTER, BEFORE
from facereason.train.rewording.questions import MEANT, NONE, Pair, Questions
from facereason.types import UsageError

SLOT = r"<(he|him|his|EMON?|NOUNS?|H?COL|N|AU|MORE|MOST|DOING|RELATION|UNIT\w*)\d?>"
TINY = Model(width=32, inner=64, encoder=1, decoder=1, dropout=0.0)


def _recipe(**changes: object) -> training.Recipe:
    recipe = recipes.load(training.Recipe, "rewording.yaml")
    small = dataclasses.replace(recipe, model=TINY, epochs=2, epoch_pairs=256, batch=32)
    return dataclasses.replace(small, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def drawn() -> Questions:
    return training.material(3)[0]


@pytest.fixture(scope="module", autouse=True)
def few_words() -> object:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "VOCABULARY", 4000)
        yield


def _asks(plain: str) -> bool:
    return bool(parsed(sentences(f"{plain}?"), f"{plain}?", names=False))


def test_plain_words_are_questions_of_the_grammar(drawn: Questions) -> None:
    drawn.reseed(random.Random(5))
    pairs = [drawn.pair() for _ in range(400)]
    assert all(_asks(pair.plain) for pair in pairs if pair.plain != NONE)
    assert 0.05 < sum(pair.plain == NONE for pair in pairs) / len(pairs) < 0.3


def test_no_slot_is_left_open_and_no_frame_is_lost(drawn: Questions) -> None:
    drawn.reseed(random.Random(6))
    for _ in range(2000):
        pair = drawn.pair()
        assert not re.search(SLOT, pair.said + pair.plain), pair
    assert set(MEANT) <= set(drawn.frames)
    assert all(len(said) >= 20 for said in drawn.frames.values())


def test_every_property_of_people_has_ways_to_be_said_and_plain_words(drawn: Questions) -> None:
    for name in (*BEFORE, *AFTER):
        lists = drawn.people.lists[name]
        assert lists["pre"] or lists["post"], name


def test_rewordings_that_people_wrote_have_plain_words_too() -> None:
    _, learnt, kept = training.material(0)
    assert len(kept) == pytest.approx(len(learnt) / 9, abs=6)
    assert not set(kept) & set(learnt)
    assert all(_asks(plain) for plain in {pair.plain for pair in (*learnt, *kept)} - {NONE})


def test_what_goes_in_and_out_is_numbered_alike() -> None:
    vocabulary = ["<pad>", "<begin>", "<end>", "<1>", "<2>", "does", "person", "show", "au"]
    grams, plain = training.packed([Pair("AU12 on #3?", "does person 3 show AU12")], vocabulary)
    assert grams.shape[1:] == (words.LONGEST, words.GRAMS)
    assert [vocabulary[n] for n in plain[0].tolist() if n >= 0] == [
        "<begin>", "does", "person", "<2>", "show", "au", "<1>", "<end>",
    ]  # fmt: skip


def test_a_run_learns_is_exported_and_says_the_same_without_torch(tmp_path: Path) -> None:
    told: list[str] = []
    checkpoint = training.train(_recipe(), tmp_path, device="cpu", say=told.append)
    rows = [json.loads(line) for line in (tmp_path / "curve.jsonl").read_text().splitlines()]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert "plain words" in told[0]
    path = exporting.export(checkpoint, tmp_path / "rewording.npz")  # compares what both say
    made = rewording.read(path)
    assert "camera" in made.known
    assert "unicorn" not in made.known
    assert made.proposed("is she happy?") is not None


def test_a_run_that_was_cut_goes_on_where_it_stopped(tmp_path: Path) -> None:
    whole = training.train(_recipe(), tmp_path / "whole", device="cpu", say=lambda _: None)
    cut = tmp_path / "cut"

    class StopError(Exception):
        pass

    def stop_after_one(text: str) -> None:
        if text.startswith("epoch 2"):
            raise StopError

    with pytest.raises(StopError):
        training.train(_recipe(), cut, device="cpu", say=stop_after_one)
    again = training.train(_recipe(), cut, device="cpu", say=lambda _: None)
    one, other = (training.begun(path)[0].state_dict() for path in (whole, again))
    assert all((one[name] - other[name]).abs().max() < 1e-4 for name in one)


def test_a_run_begins_from_a_finished_one_with_its_words(tmp_path: Path) -> None:
    first = training.train(_recipe(epochs=1), tmp_path / "a", device="cpu", say=lambda _: None)
    second = training.train(
        _recipe(epochs=1, begin=str(first), seed=9), tmp_path / "b", device="cpu", say=lambda _: None
    )
    assert training.begun(first)[1] == training.begun(second)[1]
    torch.save({"recipe": {}}, tmp_path / "x.pt")
    with pytest.raises(UsageError, match="no finished run"):
        training.begun(tmp_path / "x.pt")
