"""The embedded reader as a respondent, so that its figures stand beside those of models on the very same questions.

It answers what it has a head for: emotion, perceived gender, age group, race, action units with an emotion, by which
quarter turn a photo lies, how a head is turned, and through the detector of people which way a body faces. The answer
is the likeliest of the options, its probability the confidence. Whom it does not find it cannot tell.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from facereason import facs, images, resources
from facereason.bench.runs.respondents import ABSTAINS, Said
from facereason.bench.tasks.asking import PLAIN
from facereason.bench.tasks.task import Needs, Question
from facereason.faces import Instrument, align, turned, units
from facereason.faces.detect import Detector
from facereason.faces.precropped import find_points
from facereason.faces.reader import AGES, EMOTIONS, GENDERS, RACES, Reader
from facereason.images import Pixels
from facereason.types import Box, Person, Scene
from facereason.vlm.errors import ModelError

NAME = "reader"
LABELS = {"emotion": EMOTIONS, "gender": GENDERS, "age": AGES, "race": RACES}
NEAR = 0.25
"""Overlap of boxes from which somebody who was found is who is asked about."""
HEADS = {words: head for head, words in PLAIN.items()}


class InstrumentRespondent:
    """Detector and reader that ship; every face is cut as the reader was trained, and none is left out."""

    def __init__(self) -> None:
        self._hash = resources.verify("reader.onnx")
        self._detector = Detector(resources.weights("detector.onnx"))
        self._reader = Reader(resources.weights("reader.onnx"), race=True)

    @property
    def provenance(self) -> Mapping[str, Any]:
        return {"name": NAME, "family": "instrument", "revision": self._hash[:12]}

    async def ask(self, question: Question) -> Said:
        return await asyncio.to_thread(self._ask, question)

    def close(self) -> None:
        """Nothing to give back."""

    def _ask(self, question: Question) -> Said:
        if question.needs is not Needs.NOTHING:
            return ABSTAINS
        head = HEADS.get(question.plain)
        if head is None or len(question.pictures) != 1:
            raise ModelError(f"{NAME}: has nothing that answers {question.plain[:60]!r}")
        pixels = images.open(question.pictures[0]).pixels
        prompt = hashlib.sha256(head.encode()).hexdigest()[:16]
        if head == "rotation":
            return self._turn(pixels, prompt)
        if head in ("head_pose", "facing"):
            return Said(text=self._angles(question, head), prompt=prompt)
        readings = self._reader.read([self._crop(pixels, question.cut)])
        options = question.truth.get("options", ())
        chances = _chances(readings, "emotion" if head == "think" else head, options)
        label = max(chances, key=chances.__getitem__)
        told = Said(text=label, prompt=prompt, confidence=chances[label], probabilities=chances)
        if head != "think":
            return told
        acting = units.decided(readings.shapes.present[0], self._reader.thresholds)
        there = [number for number, on in zip(facs.UNITS, acting, strict=True) if on]
        return replace(told, text=f"<think>{shown(there)}</think><answer>{label}</answer>")

    def _crop(self, pixels: Pixels, cut: bool) -> Pixels:
        if cut:
            return images.resize(pixels, align.SIZE, align.SIZE)
        points, _ = find_points(pixels, self._detector)
        return align.aligned(pixels, points)

    def _angles(self, question: Question, head: str) -> str:
        """Of who is asked about; without a box, of who stands nearest to the middle."""
        scene = self._whole.look(images.open(question.pictures[0]))
        person = _whom(scene, question.box)
        if person is None or (head == "facing" and person.body is None):
            return ABSTAINS.text
        if head == "facing" and person.body is not None:
            return f"facing={person.body.orientation:.2f}"
        pose = person.face.pose
        return f"yaw={pose.yaw:.2f} pitch={pose.pitch:.2f} roll={pose.roll:.2f}"

    @functools.cached_property
    def _whole(self) -> Instrument:
        return Instrument(upright=False)

    def _turn(self, pixels: Pixels, prompt: str) -> Said:
        """The turn is told clockwise, asked counter-clockwise."""
        told = turned.turn_of(pixels, self._detector)
        if told.value is None:
            return replace(ABSTAINS, prompt=prompt)
        return Said(text=str(-told.value % 360), prompt=prompt, confidence=told.confidence)


def _whom(scene: Scene, box: Box | None) -> Person | None:
    if box is None:
        middle = np.array([scene.width / 2, scene.height / 2])
        return min(
            scene.people, key=lambda each: float(np.linalg.norm(np.array(each.face.box.centre) - middle)), default=None
        )

    def overlap(person: Person) -> float:
        there = (person.face.box, person.head, person.body.box if person.body else None)
        return max(each.iou(box) for each in there if each is not None)

    best = max(scene.people, key=overlap, default=None)
    return best if best is not None and overlap(best) >= NEAR else None


def shown(units: Sequence[int]) -> str:
    """A thought that names these units."""
    told = ", ".join(f"{facs.unit(number).words} (AU{number})" for number in units)
    return f"The face shows {told or 'no active action unit'}."


def _chances(readings: Any, head: str, options: Any) -> dict[str, float]:
    """Of the options alone, or of all labels where none of these are among them; probabilities made to add up to 1."""
    values = np.asarray(getattr(readings, head)[0], np.float64)
    names = [label.value for label in LABELS[head]]
    kept = [place for place, name in enumerate(names) if name in options] or list(range(len(names)))
    return {names[place]: float(values[place] / values[kept].sum()) for place in kept}
