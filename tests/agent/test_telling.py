"""A model's words as they come: by the sentence, looked over, and the beginning of what the answer says."""

from __future__ import annotations

import pytest

from facereason import images
from facereason.agent import FaceReason
from facereason.agent.replies.telling import Telling
from tests.vlm.loopback import Loopback, Says


@pytest.fixture(scope="module")
def faces() -> FaceReason:
    return FaceReason()


def told(faces: FaceReason, says: Says, question: str = "Describe her.") -> tuple[str, str, str]:
    """What was told as the beginning, as thinking, and the text of the answer."""
    pieces: list[tuple[str, bool]] = []
    with Loopback([says]) as server:
        own = FaceReason(model=f"vllm/m+url={server.url}")
        own._instrument = faces.instrument
        answer = own.chat(images.example()).ask(question, lambda piece, thinking: pieces.append((piece, thinking)))
    begin = "".join(piece for piece, thinking in pieces if not thinking)
    return begin, "".join(piece for piece, thinking in pieces if thinking), answer.text


@pytest.mark.parametrize(
    "reply",
    [
        "She smiles broadly. Her cheeks are raised (AU6). The eyes look at the camera.",
        "- Lips are parted\n- Cheeks are raised\n- Brows are level",
        'The expression looks "happy." Her brows are level.',
        "This is Eileen Collins, smiling. Eileen has raised cheeks. She wears orange.",
    ],
)
def test_what_is_told_is_how_the_answer_begins(faces: FaceReason, reply: str) -> None:
    begin, thinking, text = told(faces, Says(reply))
    assert begin.startswith("The model says: ")
    assert text.startswith(begin)
    assert thinking == ""
    assert "Eileen" not in begin


def test_sentences_come_one_by_one_and_never_a_part_of_a_name() -> None:
    pieces: list[str] = []
    telling = Telling(
        lambda piece, thinking: pieces.append(piece), lambda text: text.replace("Ann", "[name]"), "Says: "
    )
    for part in ("An", "n smi", "les. She", " looks up.", " Done"):
        telling.take(part)
    assert pieces == ["Says: [name] smiles.", " She looks up."] or "".join(pieces) == "Says: [name] smiles."
    assert all("An" not in piece for piece in pieces)


def test_thinking_out_loud_is_told_as_such(faces: FaceReason) -> None:
    reply = "<think>The lip corners are pulled up (AU12). The cheeks are raised.</think><answer>happiness</answer>"
    begin, thinking, text = told(faces, Says(reply), "How does she feel?")
    assert "lip corners are pulled up" in thinking
    assert begin == ""
    assert text.startswith("The model says: ")


def test_a_refusal_is_told_when_it_is_whole(faces: FaceReason) -> None:
    begin, _, text = told(faces, Says("", refusal="I cannot describe people. Please ask somebody else."))
    assert begin == ""
    assert text.startswith("The model declined: ")


def test_what_changes_when_more_comes_ends_the_telling() -> None:
    pieces: list[str] = []
    telling = Telling(
        lambda piece, thinking: pieces.append(piece), lambda text: text if len(text) < 12 else "Other.", ""
    )
    telling.take("First one. ")
    telling.take("Second one. ")
    telling.take("Third. ")
    assert pieces == ["First one."]


def test_what_follows_thinking_is_told_and_thoughts_are_no_part_of_the_answer(faces: FaceReason) -> None:
    reply = "<think>Let me see. Her nose is wrinkled.</think>The woman smiles. Her cheeks are raised (AU6). Yes."
    begin, thinking, text = told(faces, Says(reply))
    assert "nose is wrinkled" in thinking
    assert begin.startswith("The model says: The woman smiles. Her cheeks are raised")
    assert text.startswith(begin)
    assert "nose" not in text
