"""Names in a model's reply, and what people belong to, are left out; words that are no names stay."""

from __future__ import annotations

import json
import time

import pytest

from facereason.agent.care import naming
from facereason.agent.care.naming import strike
from facereason.agent.care.vocabulary import fold, is_word, vocabulary
from facereason.types import to_dict
from tests.agent.test_speaking import ask


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("The woman is Eileen Collins, smiling (AU12).", "The woman is [name], smiling (AU12)."),
        ("Ludwig van Beethoven scowls.", "[name] scowls."),
        ("Shah Rukh Khan's dimples point to AU14.", "[name]'s dimples point to AU14."),
        ("Siti Nurhaliza binti Tarudin shows a gentle AU12.", "[name] shows a gentle AU12."),
        ("Frau Ingrid Sommerfeld (geb. Kranz) smiles.", "Frau [name] (geb. [name]) smiles."),
        ("A very J. Lawrence-like smile, AU12 at C.", "A very [name]-like smile, AU12 at C."),
        ("Grace Young looks sad: AU1, AU4, AU15.", "[name] looks sad: AU1, AU4, AU15."),
        ("Dr. Okafor's lips are pressed.", "Dr. [name]'s lips are pressed."),
        ("This is Dwayne \"The Rock\" Johnson, one eyebrow up.", "This is [name], one eyebrow up."),
        ("She looks like a young Nguyễn Thị Mai.", "She looks like a young [name]."),
        ("the photo shows elon musk, amused", "the photo shows [name], amused"),
        ("The badge says HELLO, I'M KEVIN.", "The badge says HELLO, I'M [name]."),
        ('{"person": "Will", "emotion": "happiness"}', '{"person": "[name]", "emotion": "happiness"}'),
        ("<think>Zoë Kravitz?</think><answer>fear</answer>", "<think>[name]?</think><answer>fear</answer>"),
        ("**Tom** **Hardy** frowns, says @tomhardy.", "**[name]** frowns, says [name]."),
        ("C r u i s e, or T0m, smiles.", "[name], or [name], smiles."),
        ("这个人是周杰伦,他很平静。", "这个人是[name],他很平静。"),
        ("На фото Юрий Гагарин.", "На фото [name]."),
    ],
)  # fmt: skip
def test_a_name_is_struck_however_it_is_written(reply: str, told: str) -> None:
    assert strike(reply).text == told


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("Mark has a mark on the cheek.", "[name] has a mark on the cheek."),
        ("Rose petals lie around. Rose is smiling.", "Rose petals lie around. [name] is smiling."),
        ("The girl, April, smiles in April.", "The girl, [name], smiles in April."),
        ("May I add that Will is sad?", "May I add that [name] is sad?"),
        ("Paris Hilton smiles in Paris.", "[name] smiles in Paris."),
        ("Grace seems anxious.", "[name] seems anxious."),
        ("Will is the one grimacing.", "[name] is the one grimacing."),
        ("I guess that Hope, the youngest of three, giggles.", "I guess that [name], the youngest of three, giggles."),
        ("Sting appears contemplative.", "[name] appears contemplative."),
        ("Een glimlach siert het gezicht van Robin van Persie.", "Een glimlach siert het gezicht van [name]."),
        ("왼쪽은 김연아로 추정됩니다.", "왼쪽은 [name]로 추정됩니다."),
    ],
)
def test_a_name_that_is_a_word_too_is_told_by_the_words_around_it(reply: str, told: str) -> None:
    assert strike(reply).text == told


@pytest.mark.parametrize(
    "reply",
    [
        "Inner Brow Raiser and Lip Corner Depressor (AU1, AU15): Sadness, hardly Fear.",
        "Zygomaticus Major pulls the corners; a Duchenne smile.",
        "She wears a Nike cap and Levi's jeans in front of the Eiffel Tower.",
        "On Monday in New York, a German tourist laughs at Madison Square Garden.",
        "Jade pendant, Pearl buttons, and above all a nervous smile.",
        "Joy is visible in both eyes, and hope seems near.",
        "Joy? Hope? Grace would be the word for this pose.",
        "NEUTRAL FACE, NO ACTION UNITS PRESENT.",
        "Das Gesicht zeigt Freude; die Augenbrauen sind gehoben.",
        "Лицо выражает радость. Рот открыт.",
        "この人は笑顔です。",
        "The sign says '出口'.",
        "A Persian rug, a Nigerian scarf; black hair, white teeth.",
    ],
)
def test_words_that_are_no_names_stay(reply: str) -> None:
    assert strike(reply).text == reply


def test_a_name_that_the_question_brought_is_struck_too() -> None:
    assert strike("Skip looks glad.", "How does Skip feel?").text == "[name] looks glad."
    assert strike("Xanthe-Rae looks glad.", "How does xanthe-rae feel?").names


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("The young Black woman smiles.", "The young [left out] woman smiles."),
        ("He is probably Muslim.", "He is probably [left out]."),
        ("A man of Korean descent.", "A man of [left out] descent."),
    ],
)
def test_what_people_belong_to_is_left_out(reply: str, told: str) -> None:
    assert strike(reply).text == told


def test_race_stays_where_it_was_switched_on_and_nothing_else_of_the_kind() -> None:
    assert strike("The Asian woman is Buddhist.", race=True).text == "The Asian woman is [left out]."


def test_a_very_long_reply_takes_no_time_to_speak_of() -> None:
    start = time.perf_counter()
    strike("Anna and Mr. Brown smile at T o m. " * 600)
    assert time.perf_counter() - start < 10


def test_the_lists_do_not_contradict_each_other() -> None:
    known = vocabulary()
    assert all(fold(name) == name for name in known.names if name.isascii())
    assert not [name for name in known.names if is_word(name)]
    assert not known.names & known.also_words


# ------------------------------------------------------------------------------------------------------- in answers


def test_a_name_reaches_neither_the_answer_nor_its_json() -> None:
    answer, _ = ask("How does she feel?", "<think>Eileen Collins smiles (AU12)</think><answer>happiness</answer>")
    assert "Collins" not in json.dumps(to_dict(answer))
    assert answer.text.count(naming.NAMED) == 1
    assert [claim.value for claim in answer.claims] == ["AU12", "happiness"]


def test_where_nobody_is_named_nothing_is_said_of_it() -> None:
    answer, _ = ask("How does she feel?", "<think>lips parted</think><answer>happiness</answer>")
    assert naming.NAMED not in answer.text
