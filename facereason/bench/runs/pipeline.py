"""Our own agent as a respondent: the whole of `FaceReason`, without a model but the words of nano, as it ships.

It is given the photo and the bare question, no form, and its answer is put into the form that is asked for. Of one face
it answers emotion, perceived gender and age group, in the words of its readings, and by which quarter turn a photo
lies. What it does not understand, and what the photo does not allow, it abstains from.
"""

from __future__ import annotations

import asyncio
import hashlib
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from facereason import images, resources
from facereason.bench.runs.instrument import HEADS, shown
from facereason.bench.runs.respondents import ABSTAINS, Said
from facereason.bench.tasks.asking import PLAIN
from facereason.bench.tasks.task import Needs, Question
from facereason.scoring import written
from facereason.types import Answer, Gender, Outcome, Person, Reading, UnitState
from facereason.vlm.errors import ModelError

if TYPE_CHECKING:
    from facereason.images import Photo
    from facereason.types import Scene

NAME = "agent"
KEPT = 4
"""Photos whose measurements are kept: most are asked about several times in a row."""


class AgentRespondent:
    """`FaceReason()` asked as a user asks it; every question has a chat of its own."""

    def __init__(self) -> None:
        from facereason.agent import FaceReason

        self._agent = FaceReason()
        used = ("detector.onnx", "people.onnx", "reader.onnx", "rewording.npz")
        self._weights = {name: resources.verify(name)[:12] for name in used}
        self._looked: dict[str, tuple[Photo, Scene]] = {}
        self._looking = threading.Lock()

    @property
    def provenance(self) -> Mapping[str, Any]:
        return {"name": NAME, "family": "agent", **self._weights}

    async def ask(self, question: Question) -> Said:
        return await asyncio.to_thread(self._ask, question)

    def close(self) -> None:
        """Nothing to give back."""

    def _ask(self, question: Question) -> Said:
        if len(question.pictures) != 1 or question.needs is Needs.GENERAL:
            return ABSTAINS
        photo, scene = self._look(question)
        if question.grounded:
            answer = self._answer(photo, scene, question.plain, question.before)
            people = {person.number: person.face.box for person in answer.people}
            text = written(people, answer.text, answer.outcome, scene.width, scene.height)
            return Said(text=text, prompt=_hash(question.plain))
        head = HEADS.get(question.plain)
        if head is None:
            raise ModelError(f"{NAME}: has nothing that answers {question.plain[:60]!r}")
        if head == "rotation":
            if scene.turn is None or scene.turn.value is None:
                return ABSTAINS
            return Said(text=str(-scene.turn.value % 360), prompt=_hash(head), confidence=scene.turn.confidence)
        asks = PLAIN["emotion" if head == "think" else head]
        answer = self._answer(photo, scene, asks)
        if answer.outcome is not Outcome.ANSWERED or len(answer.people) != 1:
            return ABSTAINS
        return _read(answer.people[0], head, _hash(asks))

    def _look(self, question: Question) -> tuple[Photo, Scene]:
        """Measured once, also where several ask at a time."""
        (name,) = question.images
        with self._looking:
            if name not in self._looked:
                photo = images.open(question.pictures[0])
                while len(self._looked) >= KEPT:
                    self._looked.pop(next(iter(self._looked)))
                self._looked[name] = photo, self._agent.instrument.look(photo)
            return self._looked[name]

    def _answer(self, photo: Photo, scene: Scene, question: str, before: tuple[str, ...] = ()) -> Answer:
        from facereason.agent import Chat

        chat = Chat(photo, scene, self._agent.instrument, self._agent.router, words=self._agent.words)
        for each in before:
            chat.ask(each)
        return chat.ask(question)


def _read(person: Person, head: str, prompt: str) -> Said:
    """The reading that the agent's answer rests on."""
    if head in ("emotion", "think"):
        emotion = person.face.emotion
        if emotion.value is None:
            return ABSTAINS
        label, sure, chances = emotion.value.value, emotion.confidence, emotion.distribution
        if head == "think":
            acting = [unit.unit for unit in person.face.action_units if unit.state is UnitState.PRESENT]
            label = f"<think>{shown(acting)}</think><answer>{label}</answer>"
        return Said(text=label, prompt=prompt, confidence=sure, probabilities=chances)
    readings: Mapping[str, Reading[Any] | None] = {
        "gender": person.gender,
        "age": person.age_group,
        "race": person.race,
    }
    reading = readings[head]
    if reading is None or reading.value in (None, Gender.UNCLEAR):
        return ABSTAINS
    return Said(
        text=reading.value.value, prompt=prompt, confidence=reading.confidence, probabilities=reading.distribution
    )


def _hash(words: str) -> str:
    return hashlib.sha256(words.encode()).hexdigest()[:16]
