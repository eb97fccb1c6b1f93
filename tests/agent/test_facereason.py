"""The public face: what it loads and when."""

from __future__ import annotations

import numpy as np
import pytest

import facereason
from facereason import FaceReason
from facereason.types import Outcome, UsageError
from tests.agent.scenes import PaperEye, portrait


@pytest.fixture
def reason(monkeypatch: pytest.MonkeyPatch) -> FaceReason:
    import facereason.faces

    made: list[bool] = []

    def instrument(race: bool = False, upright: bool = True) -> PaperEye:
        made.append(race)
        return PaperEye(portrait())

    monkeypatch.setattr(facereason.faces, "Instrument", instrument)
    front = FaceReason(race=True)
    front.made = made  # type: ignore[attr-defined]
    return front


PHOTO = np.zeros((60, 80, 3), np.uint8)


def test_a_question_is_asked_of_a_photo(reason: FaceReason) -> None:
    answer = reason.ask(PHOTO, "How does she feel?")
    assert (answer.outcome, answer.text) == (Outcome.ANSWERED, "The woman in orange appears happy (.98).")


def test_the_instrument_is_made_once_and_with_the_first_photo(reason: FaceReason) -> None:
    made = reason.made  # type: ignore[attr-defined]
    assert made == []
    reason.look(PHOTO)
    reason.chat(PHOTO).ask("How many people are there?")
    assert made == [True]


def test_an_empty_question_is_wrong_usage(reason: FaceReason) -> None:
    with pytest.raises(UsageError):
        reason.ask(PHOTO, " ")


def test_the_package_has_no_other_front_doors() -> None:
    assert facereason.__version__
    with pytest.raises(AttributeError, match="Chatter"):
        _ = facereason.Chatter
