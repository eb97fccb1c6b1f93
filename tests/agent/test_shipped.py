"""nano where no model was named: the real one on a real photo, and what it must not change."""

from __future__ import annotations

import pytest

from facereason import FaceReason, images
from facereason.agent.replies import shipped
from facereason.types import ClaimStatus
from facereason.vlm.fake import FakeModel
from facereason.vlm.routing import Router

WHY = "How does she feel, and why?"


@pytest.fixture(scope="module")
def alone() -> FaceReason:
    return FaceReason(model="none")


def test_its_words_stand_behind_what_was_measured_and_change_nothing_of_it(alone: FaceReason) -> None:
    measured, answer = alone.ask(images.example(), WHY), FaceReason().ask(images.example(), WHY)
    assert answer.text.startswith(f"{measured.text} In nano's words: ")
    assert "(AU12)" in answer.text.removeprefix(measured.text)
    assert (answer.confidence, answer.outcome, answer.evidence) == (
        measured.confidence,
        measured.outcome,
        measured.evidence,
    )
    assert "agree" not in answer.text  # it shares the reader's eye
    assert ClaimStatus.SUPPORTED in {claim.status for claim in answer.claims}
    assert answer.provenance is not None
    assert [call.model.partition("/")[0] for call in answer.provenance.calls] == ["nano"]


def test_it_speaks_only_where_it_is_asked_why(alone: FaceReason) -> None:
    for question in ("How does she feel?", "How many people are there?", "Is her brow lowered?"):
        answer = FaceReason().ask(images.example(), question)
        assert answer.text == alone.ask(images.example(), question).text
        assert answer.provenance is not None
        assert answer.provenance.calls == ()


def test_what_was_measured_is_told_before_it_begins(alone: FaceReason) -> None:
    told: list[tuple[str, bool]] = []
    answer = FaceReason().chat(images.example()).ask(WHY, lambda piece, thinking: told.append((piece, thinking)))
    assert told == [(alone.ask(images.example(), WHY).text, False)]
    assert answer.text.startswith(told[0][0])


def test_its_other_label_and_what_reads_otherwise_are_told(monkeypatch: pytest.MonkeyPatch, alone: FaceReason) -> None:
    says = "<think>Lip corners pulled down (AU15), no AU12.</think><answer>sadness</answer>"
    monkeypatch.setattr(
        shipped, "router", lambda: Router(shipped.ROUTES, opener=lambda _: FakeModel(says=lambda request: says))
    )
    answer, measured = FaceReason().ask(images.example(), WHY), alone.ask(images.example(), WHY)
    assert "It would have called that sadness." in answer.text
    assert (answer.confidence, answer.people) == (measured.confidence, measured.people)
    assert {each.claim.value for each in answer.disagreements} >= {"AU12"}
    assert "instrument" in answer.text.removeprefix(measured.text)


def test_it_can_be_switched_off_and_on() -> None:
    front = FaceReason()
    front.use_model("none")
    assert "nano" not in front.ask(images.example(), WHY).text
    front.use_model(None)
    assert "In nano's words" in front.ask(images.example(), WHY).text
