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
from facereason.train.rewording import exporting, training, varied
from facereason.train.rewording.model import Model, RewordingNet
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
    assert all(drawn.frames.values())


def test_every_property_of_people_has_ways_to_be_said_and_plain_words(drawn: Questions) -> None:
    for name in (*BEFORE, *AFTER):
        lists = drawn.people.lists[name]
        assert lists["pre"] or lists["post"], name


def test_rewordings_that_people_wrote_have_plain_words_too() -> None:
    _, learnt, kept = training.material(0)
    assert 0.04 < len(kept) / len(learnt) < 0.1
    assert not set(kept) & set(learnt)
    assert all(_asks(plain) for plain in {pair.plain for pair in (*learnt, *kept)} - {NONE})


def test_somebody_may_be_named_before_what_is_asked(drawn: Questions) -> None:
    drawn.reseed(random.Random(8))
    apart = [drawn._peopled("is <he> happy?", "is <he> happy") for _ in range(400)]
    said = {said for said, plain in apart if plain not in ("is she happy", "is he happy")}
    brought = [text for text in said if re.search(r"\b(she|he|they) happy\?", text)]
    assert len(brought) > 10
    assert any(text.startswith("there") for text in brought)
    assert not any("{" in text for text in said)


@pytest.mark.parametrize(
    ("change", "said", "plain", "turned", "meant"),
    [
        (varied.mirrored, "Leftmost lady, AU4?", "does the woman on the far left show AU4",
         "Rightmost lady, AU4?", "does the woman on the far right show AU4"),
        (varied.mirrored, "she's on the left, right?", "is she on the left of the photo", None, None),
        (varied.mirrored, "is he happy, right?", "is he happy", None, None),
        (varied.regendered, "The gentleman in red: is he sad?", "is the man in red sad",
         "The lady in red: is she sad?", "is the woman in red sad"),
        (varied.regendered, "is her mother sad", "is she sad", None, None),
        (varied.regendered, "is he next to the woman", "is he next to the woman", None, None),
    ],
)  # fmt: skip
def test_what_is_changed_is_changed_in_both_halves_or_not_at_all(
    drawn: Questions, change: varied.Change, said: str, plain: str, turned: str | None, meant: str | None
) -> None:
    made = change(Pair(said, plain), random.Random(0), drawn.values)
    assert made == (None if turned is None or meant is None else Pair(turned, meant))


def test_another_colour_or_feeling_is_named_in_both_halves(drawn: Questions) -> None:
    rng = random.Random(3)
    for _ in range(30):
        made = varied.recoloured(Pair("Red top: who?", "who is wearing red"), rng, drawn.values)
        assert made is not None
        colour = made.plain.removeprefix("who is wearing ")
        names = {colour, *drawn.values["colours"][colour]}
        assert made.said.removesuffix(" top: who?").casefold() in {name.casefold() for name in names}
        felt = varied.felt(Pair("He's not angry, is he?", "is he not angry"), rng, drawn.values)
        assert felt is not None
        assert felt.plain != "is he not angry"
        assert "angry" not in felt.said
    assert varied.recoloured(Pair("any gingers", "who has red hair"), rng, drawn.values) is None
    assert varied.varied(Pair("is it raining on the left", NONE), rng, drawn.values).plain == NONE


def test_varied_rewordings_are_still_questions_of_the_grammar(drawn: Questions) -> None:
    _, learnt, _ = training.material(0)
    rng = random.Random(4)
    made = [varied.varied(pair, rng, drawn.values) for pair in rng.sample(learnt, 300)]
    assert all(_asks(pair.plain) for pair in made if pair.plain != NONE)
    assert sum(pair not in learnt for pair in made) > 60


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


def test_new_plain_words_are_learnt_behind_those_it_knows() -> None:
    torch.manual_seed(0)
    known = [words.PAD, words.BEGIN, words.END, "is", "she", "sad"]
    net = RewordingNet(TINY, len(known)).eval()
    grams, plain = training.packed([Pair("is she sad?", "is she sad")], known)
    with torch.no_grad():
        before = net(grams.long(), plain[:, :4].long())
        wider, more = training.widened(net, known, ["sad", "farthest", "neither"])
        after = wider(grams.long(), plain[:, :4].long())
    assert more == [*known, "farthest", "neither"]
    assert after.shape[-1] == len(more)
    assert torch.allclose(before, after[..., : len(known)])


def test_a_run_begins_from_a_finished_one_with_its_words(tmp_path: Path) -> None:
    first = training.train(_recipe(epochs=1), tmp_path / "a", device="cpu", say=lambda _: None)
    second = training.train(
        _recipe(epochs=1, begin=str(first), seed=9), tmp_path / "b", device="cpu", say=lambda _: None
    )
    before, after = training.begun(first)[1], training.begun(second)[1]
    assert after[: len(before)] == before
    path = exporting.export(second, tmp_path / "rewording.npz")
    net, words_again = training.begun(path)
    assert words_again == training.begun(second)[1]
    for name, value in training.begun(second)[0].state_dict().items():
        assert (net.state_dict()[name] - value).abs().max() < 0.01, name
    (tmp_path / "x.npz").write_bytes(b"nothing")
    with pytest.raises(UsageError, match="no file of the rewording model"):
        training.begun(tmp_path / "x.npz")
    torch.save({"recipe": {}}, tmp_path / "x.pt")
    with pytest.raises(UsageError, match="no finished run"):
        training.begun(tmp_path / "x.pt")
