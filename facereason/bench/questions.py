"""Frozen questions about a described scene, asked of the agent: the share answered as expected.

A file of `eval/questions/` has the people of a scene and questions about them. No photo takes part: what is measured is
whether a question is understood and answered from readings that are given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import yaml

from facereason import resources
from facereason.bench.results import Figure, share
from facereason.types import (
    AgeGroup,
    Answer,
    Box,
    Colour,
    Emotion,
    EmotionLabel,
    Face,
    Gender,
    HeadPose,
    Kind,
    Outcome,
    Person,
    Provenance,
    Quality,
    Reading,
    Scene,
    Scope,
)

if TYPE_CHECKING:
    from facereason.faces import RegionEffect
    from facereason.images import Photo

FILES = {"first_form": "questions, first form (tuned on)", "second_form": "questions, second form (tuned on)"}
"""File of `eval/questions/` to the name of its figure."""


@dataclass(frozen=True, slots=True)
class Questions:
    """One file: the scene, and a row for each question.

    `people` of a row is whom the answer is about, in its order where the kind is rank; `says` and `says_any` are what
    the answer has to say; `after` is the question asked just before; `disputed` why a row is left out of the share.
    """

    scene: Scene
    rows: tuple[Mapping[str, Any], ...]


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """The share answered as expected in each file, by kind of question, and of rewordings the share understood;
    `data` is not used."""
    from facereason.bench import rewordings

    found = []
    for name, figure in FILES.items():
        say(name)
        questions = load(name)
        rows = [row for row in questions.rows if "disputed" not in row]
        right = [not wrong(row, asked(row, questions.scene)) for row in rows]
        found.append(share(figure, f"questions/{name}.yaml", right, {"kind": [row["kind"] for row in rows]}))
    return [*found, *rewordings.figures(say)]


def load(name: str) -> Questions:
    """The questions of `eval/questions/NAME.yaml`."""
    text = (resources.suites() / "questions" / f"{name}.yaml").read_text(encoding="utf-8")
    data = yaml.safe_load(text)
    return Questions(_scene(data["scene"]), tuple(data["questions"]))


def asked(row: Mapping[str, Any], scene: Scene) -> Answer:
    """The answer to the question of a row, asked after the one before it."""
    from facereason import images
    from facereason.agent import Chat

    talk = Chat(images.open(np.zeros((8, 8, 3), np.uint8)), scene, _Blindfold(scene))
    if "after" in row:
        talk.ask(row["after"])
    return talk.ask(row["ask"])


def wrong(row: Mapping[str, Any], answer: Answer) -> str:
    """What is not as expected; empty where all is."""
    found, text = [each.number for each in answer.people], answer.text.lower()
    order: Callable[[Sequence[int]], list[int]] = list if row["kind"] == Kind.RANK else sorted
    problems = []
    if str(answer.outcome) != row["outcome"]:
        problems.append(f"{answer.outcome} instead of {row['outcome']}")
    elif "people" in row and order(found) != order(row["people"]):
        problems.append(f"people {found} instead of {row['people']}")
    missing = [word for word in row.get("says", ()) if word not in text]
    if missing:
        problems.append(f"does not say {missing}")
    if "says_any" in row and not any(word in text for word in row["says_any"]):
        problems.append(f"says none of {row['says_any']}")
    return "; ".join(problems)


def kinds_of(answer: Answer) -> list[str]:
    """What sort of question each part was taken for; a superlative that asks for one person is a selection here."""
    superlative = [query.kind is Kind.RANK and query.about.scope is Scope.ONE for query in answer.queries]
    kinds = [Kind.SELECT if one else query.kind for one, query in zip(superlative, answer.queries, strict=True)]
    return [str(kind) for kind in kinds] or [str(Outcome.NOT_UNDERSTOOD)]


# ---------------------------------------------------------------------------------------------------------- the scene

_WIDTH, _HEIGHT = 1280, 853
_SURE = {"gender": 0.95, "age_group": 0.7, "hair_colour": 0.8, "clothing_colour": 0.85}


@dataclass(frozen=True, slots=True)
class _Blindfold:
    """An eye for a scene without a photo: covering a face shows nothing."""

    scene: Scene

    def look(self, photo: Photo) -> Scene:
        return self.scene

    def cover(self, photo: Photo, person: Person) -> Sequence[RegionEffect]:
        return ()


def _scene(rows: Sequence[Mapping[str, Any]]) -> Scene:
    """People in a row, all of one size and facing the camera."""
    people = tuple(_person(row) for row in rows)
    return Scene(source="", width=_WIDTH, height=_HEIGHT, people=people, provenance=Provenance(versions={}))


def _person(row: Mapping[str, Any]) -> Person:
    size, top = 120.0, 300.0
    left = (_WIDTH - 2 * size) / 7 * row["number"]
    points = ((35.0, 45.0), (85.0, 45.0), (60.0, 70.0), (40.0, 92.0), (80.0, 92.0))
    feels = dict.fromkeys((label.value for label in EmotionLabel), 0.0) | row["emotion"]
    value = max(feels, key=lambda label: feels[label])
    face = Face(
        box=Box(left, top, size, size),
        score=0.98,
        points=tuple((left + x, top + y) for x, y in points),
        quality=Quality(face_pixels=size, sharpness=0.3, brightness=0.5, inside=1.0),
        pose=HeadPose(yaw=0.0, pitch=0.0, roll=0.0, confidence=0.9),
        emotion=Emotion(value=EmotionLabel(value), confidence=feels[value], distribution=feels),
    )
    return Person(
        number=row["number"],
        face=face,
        gender=Reading(value=Gender(row["gender"]), confidence=_SURE["gender"]),
        age_group=Reading(value=AgeGroup(row["age_group"]), confidence=_SURE["age_group"]),
        hair_colour=Reading(value=Colour(row["hair_colour"]), confidence=_SURE["hair_colour"]),
        clothing_colour=Reading(value=Colour(row["clothing_colour"]), confidence=_SURE["clothing_colour"]),
    )
