"""Scenes for the tests of the agent, built from the records: no model and no photo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from facereason import images
from facereason.agent import Chat
from facereason.faces import RegionEffect
from facereason.types import (
    ActionUnit,
    AgeGroup,
    Box,
    Colour,
    Emotion,
    EmotionLabel,
    Face,
    Gender,
    HeadPose,
    Person,
    Provenance,
    Quality,
    QualityFlag,
    Race,
    Reading,
    Scene,
)

WIDTH, HEIGHT = 1280, 853


def reading(kind: type[Any], value: str | None, confidence: float = 0.9, because: str = "", **others: float) -> Any:
    """A reading of `value`; `others` are further values of its distribution, None is unknown."""
    distribution = {value: confidence, **others} if value is not None and others else dict(others)
    known = None if value is None else kind(value)
    cls = Emotion if kind is EmotionLabel else Reading
    return cls(value=known, confidence=confidence, distribution=distribution, unknown_because=because)


def emotion(value: str | None, confidence: float = 0.9, because: str = "", **others: float) -> Emotion:
    """An expression; what the distribution leaves over is neutral."""
    distribution = dict.fromkeys((label.value for label in EmotionLabel), 0.0) | others
    if value is not None:
        distribution[value] = confidence
        rest = "neutral" if value != "neutral" else "happiness"
        distribution[rest] += max(0.0, 1 - sum(distribution.values()))
    known = None if value is None else EmotionLabel(value)
    return Emotion(value=known, confidence=confidence, distribution=distribution, unknown_because=because)


def person(
    number: int,
    gender: str | None = "female",
    age: str | None = "30-39",
    feels: Emotion | str | None = "neutral",
    hair: str | None = "brown",
    wears: str | None = "blue",
    *,
    x: float | None = None,
    y: float = 300.0,
    yaw: float = 0.0,
    pitch: float = 0.0,
    size: float = 120.0,
    flags: Sequence[QualityFlag] = (),
    sure: Mapping[str, float] | None = None,
    because: str = "",
    units: Sequence[ActionUnit] = (),
    race: str | None = None,
) -> Person:
    """Somebody at `x` (else by number), with readings of confidence .9 where `sure` gives none."""
    sure = sure or {}
    left = 200.0 * number if x is None else x
    box = Box(left, y, size, size)
    felt = feels if isinstance(feels, Emotion) else emotion(feels, sure.get("emotion", 0.9), because)
    face = Face(
        box=box,
        score=0.98,
        points=(
            (left + 35, y + 45),
            (left + 85, y + 45),
            (left + 60, y + 70),
            (left + 40, y + 92),
            (left + 80, y + 92),
        ),
        quality=Quality(face_pixels=size, sharpness=0.3, brightness=0.5, inside=1.0, flags=tuple(flags)),
        pose=HeadPose(yaw=yaw, pitch=pitch, roll=0.0, confidence=0.9),
        emotion=felt,
        action_units=tuple(units),
    )
    return Person(
        number=number,
        face=face,
        gender=reading(Gender, gender, sure.get("gender", 0.95), because),
        age_group=reading(AgeGroup, age, sure.get("age", 0.7), because),
        hair_colour=reading(Colour, hair, sure.get("hair", 0.8), "hidden" if hair is None else ""),
        clothing_colour=reading(Colour, wears, sure.get("clothing", 0.85), "several colours" if wears is None else ""),
        race=None if race is None else reading(Race, race),
    )


def scene(*people: Person) -> Scene:
    return Scene(
        source="brad_pitt.jpg", width=WIDTH, height=HEIGHT, people=people, provenance=Provenance(versions={"test": "1"})
    )


def party() -> Scene:
    """Five people: a happy woman in red, a neutral man in blue, a surprised girl in yellow, a sad old man in black, an
    angry woman in green."""
    return scene(
        person(1, "female", "30-39", emotion("happiness", 0.97), "brown", "red"),
        person(2, "male", "40-49", emotion("neutral", 0.8, happiness=0.15), "black", "blue", yaw=-30),
        person(3, "female", "3-9", emotion("surprise", 0.7, happiness=0.25), "blond", "yellow"),
        person(4, "male", "70+", emotion("sadness", 0.81), "grey", "black", pitch=-20),
        person(5, "female", "20-29", emotion("anger", 0.6, sadness=0.3), "red", "green", yaw=45),
    )


def portrait() -> Scene:
    """One woman in orange, happy."""
    return scene(person(1, "female", "30-39", emotion("happiness", 0.98), "brown", "orange", x=500, size=300))


def murky() -> Scene:
    """Four people: a small unreadable face, a woman whose clothing shows several colours, a man in red, a man in grey
    whose expression hangs between two."""
    unread = "the face is too small"
    return scene(
        person(
            1,
            None,
            None,
            emotion(None, 0.4, unread, neutral=0.4),
            None,
            "blue",
            size=20,
            because=unread,
            flags=(QualityFlag.SMALL,),
        ),
        person(2, "female", "20-29", emotion("happiness", 0.9), "brown", None),
        person(3, "male", "30-39", emotion("neutral", 0.8), "black", "red"),
        person(4, "male", "60-69", emotion("sadness", 0.42, anger=0.4), "grey", "grey", sure={"clothing": 0.45}),
    )


def nobody() -> Scene:
    return scene()


@dataclass
class PaperEye:
    """An eye that looks at a given scene, and covers as told."""

    scene: Scene = field(default_factory=party)
    effects: tuple[RegionEffect, ...] = (
        RegionEffect(
            region="mouth and chin",
            emotion=EmotionLabel.HAPPINESS,
            before=0.97,
            after=0.31,
            instead=EmotionLabel.NEUTRAL,
        ),
        RegionEffect(
            region="brows and eyes",
            emotion=EmotionLabel.HAPPINESS,
            before=0.97,
            after=0.95,
            instead=EmotionLabel.HAPPINESS,
        ),
    )
    covered: list[int] = field(default_factory=list)

    def look(self, photo: Any) -> Scene:
        return self.scene

    def cover(self, photo: Any, person: Person) -> tuple[RegionEffect, ...]:
        self.covered.append(person.number)
        return self.effects


def chat(with_scene: Scene | None = None, eye: PaperEye | None = None) -> Chat:
    """A chat about a scene; of the photo nothing is read."""
    photo = images.open(np.zeros((8, 8, 3), np.uint8))
    return Chat(photo, party() if with_scene is None else with_scene, eye or PaperEye())
