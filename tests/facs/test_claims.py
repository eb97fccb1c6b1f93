"""The claim parser: two lists of phrases, frames around every unit and emotion, offsets, odd and long input."""

import random
import time
from pathlib import Path

import pytest
import yaml

from facereason.facs import UNITS, adjective, describe, parse_claims, stance
from facereason.facs import lexicon as lexicon_module
from facereason.types import Claim, EmotionLabel, Stance, Topic

GOLDEN = Path(__file__).parents[1] / "golden"


def load(name):
    return yaml.safe_load((GOLDEN / name).read_text(encoding="utf-8"))


OWN, BLIND = load("claims_own.yaml"), load("claims_blind.yaml")


def said(text):
    return [f"{claim.value} {claim.stance}" for claim in parse_claims(text)]


@pytest.mark.parametrize("row", OWN, ids=lambda row: row["text"][:60])
def test_a_phrase_written_beside_the_parser_claims_what_it_says(row):
    assert sorted(said(row["text"])) == sorted(row["claims"])


@pytest.mark.parametrize("row", BLIND, ids=lambda row: row["text"][:60])
def test_a_phrase_written_by_somebody_who_has_not_seen_the_parser_claims_what_it_says(row):
    assert sorted(said(row["text"])) == sorted(row["claims"])


def test_there_are_150_different_phrases_and_75_of_them_blind():
    own, blind = {row["text"] for row in OWN}, {row["text"] for row in BLIND}
    assert len(own) >= 90
    assert len(blind - own) >= 75
    assert len(own | blind) >= 150


@pytest.mark.parametrize("number", UNITS)
def test_name_words_and_description_of_a_unit_claim_that_unit_alone(number):
    row = UNITS[number]
    for text in (row.name, row.words, describe(number), f"AU{number}", f"Action unit {number} is active."):
        assert said(text) == [f"AU{number} asserted"], text


FRAMES = {
    "There are {}.": "asserted",
    "She has slightly {}, and nothing else.": "asserted",
    "There are no {}.": "denied",
    "He is without {}, but tall.": "denied",
    "The absence of {} is clear.": "denied",
    "The face lacks {}.": "denied",
    "There may be {}.": "hedged",
    "Perhaps there are {} in this photo.": "hedged",
    "It is hard to tell whether there are {}.": "hedged",
}
MOVEMENTS = {
    "raised inner brows": 1,
    "raised outer brows": 2,
    "lowered brows": 4,
    "widened eyes": 5,
    "raised cheeks": 6,
    "narrowed eyes": 7,
    "nose wrinkles": 9,
    "curled upper lips": 10,
    "upturned lip corners": 12,
    "dimples": 14,
    "drooping mouth corners": 15,
    "depressed lower lips": 16,
    "bunched chins": 17,
    "pursed lips": 18,
    "lips stretched sideways": 20,
    "funneled lips": 22,
    "tightened lips": 23,
    "compressed lips": 24,
    "parted lips": 25,
    "dropped jaws": 26,
    "jaws opened wide": 27,
    "sucked in lips": 28,
    "closed eyes": 43,
}


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("movement", MOVEMENTS)
def test_every_movement_takes_the_stance_of_the_sentence_around_it(movement, frame):
    assert said(frame.format(movement)) == [f"AU{MOVEMENTS[movement]} {FRAMES[frame]}"]


@pytest.mark.parametrize("label", EmotionLabel)
def test_every_emotion_is_claimed_by_name_and_by_adjective(label):
    word = adjective(label)
    assert said(f"The expression shows {label}.") == [f"{label} asserted"]
    assert said(f"She looks {word}.") == [f"{label} asserted"]
    assert said(f"She does not look {word}.") == [f"{label} denied"]
    assert said(f"She seems {word}.") == [f"{label} hedged"]


def test_a_claim_has_topic_value_stance_and_the_words_that_make_it():
    text = "The face looks sad, with lip corners pulled down."
    assert parse_claims(text) == (
        Claim(topic=Topic.EMOTION, value="sadness", stance=Stance.ASSERTED, words="sad", start=15, end=18),
        Claim(
            topic=Topic.ACTION_UNIT,
            value="AU15",
            stance=Stance.ASSERTED,
            words="lip corners pulled down",
            start=25,
            end=48,
        ),
    )


def test_claims_come_in_the_order_of_the_text():
    text = "Sad. AU15 and AU1; the brow is furrowed. No AU12."
    assert said(text) == ["sadness asserted", "AU15 asserted", "AU1 asserted", "AU4 asserted", "AU12 denied"]
    starts = [claim.start for claim in parse_claims(text)]
    assert starts == sorted(starts)


def test_a_value_is_claimed_once_for_each_stance_where_it_is_first_made():
    claims = parse_claims("AU12. A smile (AU12). No AU12. Maybe AU12. Not AU12.")
    assert [str(claim.stance) for claim in claims] == ["asserted", "denied", "hedged"]
    assert claims[0].start == 0


@pytest.mark.parametrize("row", [*OWN, *BLIND], ids=lambda row: row["text"][:40])
def test_offsets_are_those_of_the_words_in_the_text(row):
    text = "İ ﬁ 🙂\u0301 \n\n" + row["text"]
    claims = parse_claims(text)
    assert sorted(f"{claim.value} {claim.stance}" for claim in claims) == sorted(row["claims"])
    assert all(text[claim.start : claim.end] == claim.words and claim.words for claim in claims)


def test_case_and_typographic_apostrophes_do_not_matter():
    assert said("THE BROW ISN’T FURROWED") == said("the brow isn't furrowed") == ["AU4 denied"]


ODD = [
    "no ", "brow, ", "raised and ", "AU4 ", "AU4, ", "AU ", "AUs 1, ", "1", "(", ")", "(AU4 ", "AU4: absent, ",
    "not AU4 ", "not visible AU4 ", "could ", "seems not ", "except AU4 ", "which is not visible, ", "happy or ",
    "lip corner eye lid ", "inner and ", "corner of ", "up ", "maybe uncertain ", "n't ", "'", "-", ".", ":", "\n",
    " ", "n", "a", "\u0301", "🙂", "İ", "\x00", "x y z ",
]  # fmt: skip


@pytest.mark.parametrize("piece", ODD[::2], ids=repr)
def test_a_text_of_100_000_characters_is_read_in_linear_time(piece):
    text = (piece * (100_000 // len(piece) + 1))[:100_000]
    begin = time.perf_counter()
    parse_claims(text)
    # About a second on one core; a quadratic step would take minutes.
    assert time.perf_counter() - begin < 15


def test_any_mixture_of_odd_pieces_is_read_without_error():
    chance = random.Random(0)
    for _ in range(3000):
        text = "".join(chance.choice(ODD) for _ in range(chance.randrange(16)))
        assert all(text[claim.start : claim.end] == claim.words for claim in parse_claims(text))


def test_any_unicode_is_read_without_error():
    chance = random.Random(1)
    for _ in range(1000):
        text = "".join(chr(chance.randrange(chance.choice([128, 0x300, 0x110000]))) for _ in range(60))
        assert all(text[claim.start : claim.end] == claim.words for claim in parse_claims(text))


def test_a_number_too_long_for_a_code_is_none():
    assert said("AU" + "1" * 10_000) == []
    assert said("AU 12" + "0" * 10_000) == []


def test_every_heading_under_which_words_stand_has_a_bit_of_its_own():
    from facereason.facs.lexicon import _UNWORDED, HEADINGS, mask

    data = yaml.safe_load((Path(lexicon_module.__file__).parent / "claims.yaml").read_text(encoding="utf-8"))
    assert set(data) - set(_UNWORDED) | {"state", "number"} == set(HEADINGS)
    assert mask(*HEADINGS).bit_count() == len(HEADINGS)


@pytest.mark.parametrize("seed", range(4))
def test_sentences_read_straight_claim_what_they_claim_when_they_are_cut_into_clauses(seed, monkeypatch):
    """The shortcut for sentences without a cue, against the whole way, on random mixtures of phrases."""
    rng = random.Random(seed)
    phrases = [row["text"] for row in (*OWN, *BLIND)] + ODD
    texts = ["".join(rng.choices(phrases, k=rng.randint(1, 8))) for _ in range(300)]
    straight = [parse_claims(text) for text in texts]
    monkeypatch.setattr(stance, "alternates", lambda words: True)
    cut = [parse_claims(text) for text in texts]
    assert straight == cut
    assert sum(map(len, cut)) > 500


def test_ascii_and_other_letters_are_read_alike():
    """ASCII is folded at once, other text word by word: a mark behind the text takes the other way."""
    for row in (*OWN, *BLIND):
        claims = parse_claims(row["text"])
        assert claims == parse_claims(row["text"] + " \u0301")
