"""What a model's emotion rests on, by asking it again for each region: on a loopback server, and with a fake."""

from __future__ import annotations

from typing import Any

import pytest

from facereason import images
from facereason.agent import FaceReason, explaining
from facereason.faces import regions
from facereason.faces.explaining import Cover
from facereason.types import EmotionLabel
from facereason.vlm.errors import FormatError
from facereason.vlm.fake import FakeModel
from facereason.vlm.messages import Request
from facereason.vlm.model import Capability
from facereason.vlm.names import ModelName
from facereason.vlm.routing import Job, Router, Routes
from tests.vlm.loopback import Loopback, Says


class WithoutChoices(FakeModel):
    """A model that gives no log-probabilities."""

    @property
    def can(self) -> frozenset[Capability]:
        return self.family.can - {Capability.CHOICES}


def trains(request: Request) -> str:
    return "I like trains."


@pytest.fixture(scope="module")
def faces() -> FaceReason:
    return FaceReason()


def test_a_model_with_log_probabilities_is_compared_by_them(faces: FaceReason) -> None:
    letters = dict(zip(EmotionLabel, "ABCDEFGH", strict=True))
    happy, neutral = letters[EmotionLabel.HAPPINESS], letters[EmotionLabel.NEUTRAL]
    asked = 0

    def script(body: dict[str, Any]) -> Says:
        nonlocal asked
        asked += 1
        # the cover of the ninth region changes its mind
        logprobs = {happy: -0.1, neutral: -3.0} if asked != 10 else {happy: -2.0, neutral: -0.2}
        return Says(happy if asked != 10 else neutral, logprobs=logprobs)

    with Loopback(script) as server:
        own = FaceReason(model=f"vllm/m+url={server.url}")
        own._instrument = faces.instrument
        chat = own.chat(images.example())
        steps: list[int] = []
        told = explaining.by_model(chat, chat.scene.people[0], units=(12,), step=lambda: steps.append(1))
    assert asked == explaining.calls() == told.calls == len(steps) == 1 + len(regions.NAMES)
    assert told.emotion is EmotionLabel.HAPPINESS
    assert told.ranked[0] == list(regions.NAMES)[8] == "mouth corners"
    assert told.drop("mouth corners") > 0.5
    assert told.drop("nose") == 0
    assert {effect.cover for effect in told.effects} == {Cover.NEUTRAL}
    assert told.overlap > told.by_chance
    assert told.by.startswith("vllm/m")


def test_a_model_without_them_is_compared_by_its_label(faces: FaceReason) -> None:
    chat = faces.chat(images.example())
    said = iter(["happiness", *["Happiness."] * 8, "The face is neutral.", *["happiness"] * 3])
    fake = WithoutChoices(says=lambda request: next(said))
    name = ModelName(provider="fake", name="")
    chat.router = Router(Routes(table={Job.EMOTION: (name,)}), opener=lambda _: fake)
    told = explaining.by_model(chat, chat.scene.people[0])
    assert [effect.region for effect in told.effects if effect.drop == 1.0] == ["mouth corners"]
    assert told.effects[8].instead is EmotionLabel.NEUTRAL


def test_a_model_that_names_no_emotion_explains_nothing(faces: FaceReason) -> None:
    chat = faces.chat(images.example())
    fake = WithoutChoices(says=trains)
    name = ModelName(provider="fake", name="")
    chat.router = Router(Routes(table={Job.EMOTION: (name,)}), opener=lambda _: fake)
    with pytest.raises(FormatError, match="names none of the eight emotions"):
        explaining.by_model(chat, chat.scene.people[0])
