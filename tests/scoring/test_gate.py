"""The gate of synthesis: what it lets through and what not, each rejection under its reason."""

from __future__ import annotations

import dataclasses

import pytest

from facereason.scoring import Known, Reason, Rules, fingerprint, judge, read_reply, without_emotions
from facereason.types import EmotionLabel, UsageError

SMILE = Known(label=EmotionLabel.HAPPINESS, present=frozenset({6, 12, 25}), absent=frozenset({1, 2, 4, 9, 15, 20}))
REST = Known(label=EmotionLabel.NEUTRAL, present=frozenset(), absent=frozenset({1, 2, 4, 6, 9, 12, 15, 25}))
PHOTO = Known(label=EmotionLabel.HAPPINESS)
ASKED = "How does this person feel? Think about what the face shows first, and give action units."


def reply(thought: str, label: str = "happiness") -> str:
    return f"<think>{thought}</think><answer>{label}</answer>"


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (reply("Cheeks raised (AU6), lip corners pulled up (AU12), lips parted (AU25)."), SMILE),
        (reply("The lip corners are pulled up (AU12) and the cheeks are raised, a sign of joy."), SMILE),
        (reply("Lip corners pulled up (AU12), cheeks raised (AU6); the brows are not lowered."), SMILE),
        (reply("Lip corners pulled up (AU12), cheeks raised (AU6), a slight AU5."), SMILE),  # nobody knows AU5
        (reply("No action unit is active: the face is at rest.", "neutral"), REST),
        (reply("The head is turned to the camera, and the lip corners are pulled up (AU12)."), PHOTO),
    ],
)
def test_good_drafts_pass(text: str, known: Known) -> None:
    assert judge(text, known, prompt=ASKED).reasons == ()


@pytest.mark.parametrize(
    ("text", "known", "reason"),
    [
        ("She is happy.", SMILE, Reason.FORM),
        (reply("Lip corners pulled up (AU12), cheeks raised.", "joy or surprise"), SMILE, Reason.FORM),
        (reply("Lip corners pulled up (AU12)") + " So it is.", SMILE, Reason.FORM),
        (reply(f"{ASKED} Lip corners up (AU12), cheeks raised (AU6)."), SMILE, Reason.COPIED),
        (reply("The label says happiness; lip corners up (AU12), cheeks raised (AU6)."), SMILE, Reason.LEAK),
        (reply("As given, she is happy: lip corners up (AU12), cheeks raised (AU6)."), SMILE, Reason.LEAK),
        (reply("I was told it is joy. Lip corners up (AU12), cheeks raised (AU6)."), SMILE, Reason.LEAK),
        (reply("The ground truth fits AU12, lip corners up, and cheeks raised (AU6)."), SMILE, Reason.LEAK),
        (reply("Annotators chose joy for the lip corners up (AU12), cheeks raised (AU6)."), SMILE, Reason.LEAK),
        (reply("Wide smile (AU12), AU6."), SMILE, Reason.SHORT),
        (reply("Lip corners pulled up (AU12), cheeks raised (AU6). " * 30), SMILE, Reason.LONG),
        (reply("Lip corners pulled up (AU12), cheeks raised (AU6).", "anger"), SMILE, Reason.LABEL),
        (reply("The person looks sad, with lip corners up (AU12) and cheeks raised (AU6)."), SMILE, Reason.CONTRADICTS),
        (reply("Lip corners up (AU12), cheeks raised (AU6). There is no AU12."), SMILE, Reason.CONTRADICTS),
        (reply("The brows are raised (AU1, AU2) and the jaw drops (AU26)."), PHOTO, Reason.UNFOUNDED),
        (reply("A face in a photo, seen from the front, as one often sees it."), PHOTO, Reason.UNFOUNDED),
        (reply("Lip corners up (AU12), cheeks raised (AU6), brows lowered (AU4)."), SMILE, Reason.ABSENT),
        (reply("The lip corners are slightly pulled up (AU12) here.", "neutral"), REST, Reason.ABSENT),
        (reply("Cheeks raised (AU6), lips parted (AU25), but no AU12 at all."), SMILE, Reason.DENIED),
        (reply("What the face shows is the cheeks raised (AU6)."), SMILE, Reason.MISSED),
        (
            reply("Perhaps AU1, perhaps AU2, perhaps AU4, perhaps AU9; lip corners up (AU12), cheeks raised (AU6)."),
            SMILE,
            Reason.GUESSED,
        ),
    ],
)
def test_a_wrong_draft_is_rejected_under_its_reason(text: str, known: Known, reason: Reason) -> None:
    assert reason in judge(text, known, prompt=ASKED).reasons


def test_the_right_label_for_wrong_reasons_is_rejected_only_where_units_are_known() -> None:
    text = reply("The lip corners are pulled up (AU12) and the cheeks are raised (AU6).", "happiness")
    sad_eyed = Known(label=EmotionLabel.HAPPINESS, present=frozenset({25}), absent=frozenset({6, 12}))
    assert set(judge(text, sad_eyed).reasons) == {Reason.ABSENT, Reason.MISSED}
    assert judge(text, PHOTO).passed


def test_every_unit_listed_is_no_way_through() -> None:
    text = reply(
        ", ".join(f"AU{number}" for number in (1, 2, 4, 5, 6, 7, 9, 10, 12, 15, 17, 20, 25)) + " are all there."
    )
    assert Reason.ABSENT in judge(text, SMILE).reasons


def test_what_was_said_before_but_for_case_and_punctuation_is_said_before() -> None:
    first = read_reply(reply("Cheeks raised (AU6), lip corners pulled up (AU12)."))
    assert first is not None
    again = reply("cheeks raised (AU6);  Lip corners pulled UP (AU12)!")
    assert judge(again, SMILE, before={fingerprint(first)}).reasons == (Reason.REPEATED,)
    assert judge(reply("Lip corners up (AU12), cheeks raised (AU6)."), SMILE, before={fingerprint(first)}).passed


def test_implied_units_are_neither_wrong_nor_missed() -> None:
    jaw = Known(label=EmotionLabel.SURPRISE, present=frozenset({1, 2, 26}), absent=frozenset({4, 12, 25}))
    text = reply("Brows raised (AU1, AU2), jaw dropped (AU26), lips parted (AU25).", "surprise")
    assert judge(text, jaw).passed


def test_stricter_rules_reject_more() -> None:
    text = reply("Cheeks raised (AU6), lip corners pulled up (AU12).")
    assert judge(text, SMILE).recall == pytest.approx(2 / 3)
    assert judge(text, SMILE, Rules(recall=0.9)).reasons == (Reason.MISSED,)
    assert judge(text, SMILE, Rules(shortest=9)).reasons == (Reason.SHORT,)


@pytest.mark.parametrize(
    "changes", [{"recall": 1.1}, {"shortest": 0}, {"shortest": 10, "longest": 9}, {"precision": -1}]
)
def test_rules_that_are_none_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(UsageError, match="gate"):
        dataclasses.replace(Rules(), **changes)  # type: ignore[arg-type]


def test_emotion_words_are_struck_from_a_thought_and_its_movements_stay() -> None:
    said = without_emotions("She smiles (AU12) happily; no ANGER, and nobody is afraid. Brows lowered (AU4).")
    assert said == "She smiles (AU12) [...]; no [...], and nobody is [...]. Brows lowered (AU4)."
