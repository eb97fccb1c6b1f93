"""People and scenes made by hand, for tests of what is done with measurements."""

from __future__ import annotations

from collections.abc import Sequence

from facereason.types import (
    ActionUnit,
    AgeGroup,
    Body,
    Box,
    Colour,
    Emotion,
    EmotionLabel,
    Face,
    Gaze,
    Gender,
    HeadPose,
    Person,
    Posture,
    Provenance,
    Quality,
    QualityFlag,
    Race,
    Reading,
    Scene,
    UnitState,
)


def person(number: int, box: Box, *, known: bool = True, race: bool = False) -> Person:
    """A happy woman of 30 to 39, or somebody of whom nothing could be read because the face is too small."""
    why = "" if known else "the face is too small"
    distribution = {label.value: 0.01 for label in EmotionLabel} | {"happiness": 0.873, "surprise": 0.067}
    emotion = Emotion(
        value=EmotionLabel.HAPPINESS if known else None,
        confidence=0.873 if known else 0.2,
        distribution=distribution if known else {},
        unknown_because=why,
    )
    quality = Quality(
        face_pixels=box.height,
        sharpness=0.1,
        brightness=0.5,
        inside=1.0,
        flags=() if known else (QualityFlag.SMALL, QualityFlag.BLURRED),
    )
    face = Face(
        box=box,
        score=0.9,
        points=((0.0, 0.0),) * 5,
        quality=quality,
        pose=HeadPose(yaw=12.4, pitch=-3.2, roll=0.0, confidence=0.5),
        emotion=emotion,
        action_units=(
            ActionUnit(unit=6, state=UnitState.PRESENT if known else UnitState.UNKNOWN, intensity=0.4, confidence=0.9),
            ActionUnit(unit=12, state=UnitState.PRESENT if known else UnitState.UNKNOWN, intensity=0.8, confidence=0.9),
            ActionUnit(unit=17, state=UnitState.UNKNOWN, intensity=0.6, confidence=0.5, reliability=0.2),
        ),
        gaze=Gaze(yaw=10.2, pitch=-3.6, confidence=0.7) if known else Gaze(yaw=None, pitch=None, confidence=0.0),
    )
    return Person(
        number=number,
        face=face,
        gender=Reading(value=Gender.FEMALE if known else Gender.UNCLEAR, confidence=0.97),
        age_group=Reading(value=AgeGroup.FROM_30 if known else None, confidence=0.45, unknown_because=why),
        hair_colour=Reading(value=Colour.BROWN, confidence=0.6),
        clothing_colour=Reading(value=Colour.RED if known else None, confidence=0.7, unknown_because="cut off"),
        race=Reading(value=Race.WHITE, confidence=0.5) if race else None,
        head=Box(box.x - 5, box.y - 8, box.width + 10, box.height + 12) if known else None,
        body=Body(
            box=Box(box.x - 20, box.y, box.width + 40, 3 * box.height),
            orientation=-20.4,
            posture=Reading(value=Posture.SITTING, confidence=0.8),
            score=0.9,
        )
        if known
        else None,
    )


def scene(width: int, height: int, boxes: Sequence[Box], *, source: str = "party.jpg") -> Scene:
    """Known people in these boxes, numbered in their order."""
    people = tuple(person(number, box) for number, box in enumerate(boxes, start=1))
    return Scene(source=source, width=width, height=height, people=people, provenance=Provenance(versions={}))
