"""Stand-ins for the instrument and the agent: they open photos for real, and find one person in 100 pixels of width.

With them the command line is tested, not what is measured.
"""

from __future__ import annotations

import time
from typing import Any

import pytest

from facereason import images
from facereason.agent.whom.memory import Memory
from facereason.types import (
    Answer,
    Box,
    Claim,
    Disagreement,
    Evidence,
    FaceReasonError,
    Outcome,
    Person,
    Provenance,
    Scene,
    Stance,
    Topic,
)
from tests.scenes import person


def people_in(photo: images.Photo, race: bool) -> tuple[Person, ...]:
    """One person for each 100 pixels of width; in a photo less high than 50 pixels nothing can be read of them."""
    known = photo.height >= 50
    return tuple(
        person(n, Box(100.0 * n - 90, 10.0, 60.0, 30.0), known=known, race=race)
        for n in range(1, photo.width // 100 + 1)
    )


class Instrument:
    provenance = Provenance(versions={"facereason": "0"})

    def __init__(self, race: bool = False, upright: bool = True) -> None:
        self.race, self.upright = race, upright

    def look(self, photo: images.Photo) -> Scene:
        if photo.width == 13:
            time.sleep(1.6)
        return Scene(
            source=photo.name,
            width=photo.width,
            height=photo.height,
            people=people_in(photo, self.race),
            provenance=self.provenance,
        )


class FaceReason:
    def __init__(
        self, race: bool = False, model: Any = None, upright: bool = True, again: bool = False, tools: bool = False
    ) -> None:
        self.model, self.words = model, model is None
        self.router = None if model == "none" else model
        self.instrument = Instrument(race, upright)

    def use_model(self, model: Any) -> None:
        self.router, self.words = None if model == "none" else model, model is None

    def look(self, source: images.Source) -> Scene:
        return self.instrument.look(images.open(source))

    def ask(self, source: images.Source, question: str) -> Answer:
        return answer(self.look(source), question)

    def chat(self, source: images.Source) -> Chat:
        return Chat(images.open(source), self.look(source))


class Chat:
    def __init__(self, photo: images.Photo, scene: Scene) -> None:
        self.photo = photo
        self.scene = scene
        self.memory = Memory()
        self.turns: list[dict[str, Any]] = []
        self.router, self.words = None, False

    def ask(self, question: str, tell: Any = None) -> Answer:
        if question == "slowly":
            time.sleep(20)
        if question == "break":
            raise FaceReasonError("the model broke; try again")
        return answer(self.scene, question)


def answer(scene: Scene, question: str) -> Answer:
    if question.startswith("Was"):
        text = "I do not understand; ask about the people in the photo, such as: how does she feel?"
        return Answer(question=question, text=text, outcome=Outcome.NOT_UNDERSTOOD)
    evidence = Evidence(
        person=1,
        topic=Topic.EMOTION,
        statement="person 1 reads as happiness [87 %]",
        source="reader",
        value="happiness",
        confidence=0.873,
    )
    claim = Claim(topic=Topic.ACTION_UNIT, value="AU4", stance=Stance.ASSERTED, words="a frown", start=0, end=7)
    return Answer(
        question=question,
        text=f"{len(scene.people)} people: they seem happy. " + "And so on. " * 12,
        outcome=Outcome.ANSWERED,
        people=scene.people,
        evidence=(evidence,),
        disagreements=(Disagreement(claim=claim, evidence=evidence),) if "frown" in question else (),
        confidence=0.873,
    )


def install(patch: pytest.MonkeyPatch | None = None) -> None:
    """Put the stand-ins where the command line looks for the real ones."""
    import facereason.agent
    import facereason.faces

    stand_ins: dict[tuple[Any, str], Any] = {
        (facereason.agent, "FaceReason"): FaceReason,
        (facereason.faces, "Instrument"): Instrument,
    }
    for (module, name), value in stand_ins.items():
        if patch is None:
            setattr(module, name, value)
        else:
            patch.setattr(module, name, value, raising=False)
