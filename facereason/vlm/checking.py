"""The smoke test of a model on its real weights: each thing that it declares, tried once, with time and memory."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facereason.images import printable
from facereason.types import FaceReasonError
from facereason.vlm.messages import Message, Picture, Request
from facereason.vlm.model import Capability, Model

if TYPE_CHECKING:
    from facereason.images import Photo

SCHEMA = {
    "type": "object",
    "properties": {"people": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["people"],
    "additionalProperties": False,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One step. `said`: what came back, or the error; `megabytes`: the most that the process has held so far."""

    step: str
    passed: bool
    said: str
    seconds: float
    megabytes: float


def check(model: Model, photo: Photo, without_adapter: Model | None = None) -> Iterator[Check]:
    """Try what a model declares on a photo, a step at a time; a step that fails does not end the others.

    `without_adapter`: the same base without its adapter, whose reply should differ.
    """
    picture = Picture(photo.pixels)
    family = model.family
    words = family.tasks.get("caption", "Describe the person in this photo in one sentence.")
    said: list[str] = []

    def describe() -> str:
        said.append(model.generate(Request(messages=(Message.user(picture, words),), max_tokens=60)).text)
        return said[-1]

    def locate() -> str:
        found = model.locate(picture, "the person's face")
        where = [f"x {r.box.x:.0f}, y {r.box.y:.0f}, {r.box.width:.0f} x {r.box.height:.0f}" for r in found]
        return "; ".join(where) or "nowhere"

    def schema() -> str:
        question = Message.user(picture, "How many people are in this photo? Reply in JSON.")
        return str(model.generate(Request(messages=(question,), schema=SCHEMA, max_tokens=40)).data)

    def choices() -> str:
        asked = Message.user(picture, "Is there a person in this photo? Answer yes or no.")
        chosen = model.choose((asked,), ("yes", "no"))
        return ", ".join(f"{answer} {share:.2f}" for answer, share in chosen.probabilities.items())

    def similarity() -> str:
        (row,) = model.similarity((picture,), ("a photo of a person", "a photo of a dog"))
        return f"person {row[0]:.2f}, dog {row[1]:.2f}"

    def adapter() -> str:
        assert without_adapter is not None
        bare = without_adapter.generate(Request(messages=(Message.user(picture, words),), max_tokens=60)).text
        return "replies differ" if said and bare != said[0] else "the adapter changes nothing in this reply"

    steps: dict[str, tuple[Capability, Callable[[], str]]] = {
        "describe": (Capability.TEXT, describe),
        "locate": (Capability.LOCATE, locate),
        "JSON schema": (Capability.SCHEMA, schema),
        "choice": (Capability.CHOICES, choices),
        "similarity": (Capability.SIMILARITY, similarity),
    }
    for step, (capability, call) in steps.items():
        if capability in model.can:
            yield _tried(step, call)
    if without_adapter is not None:
        yield _tried("adapter off", adapter)


def _tried(step: str, call: Callable[[], str]) -> Check:
    start = time.perf_counter()
    try:
        passed, said = True, call()
    except FaceReasonError as error:
        passed, said = False, str(error)
    seconds = time.perf_counter() - start
    return Check(step=step, passed=passed, said=printable(" ".join(said.split())), seconds=seconds, megabytes=_peak())


def _peak() -> float:
    """Most memory that this process has held, in MB: `ru_maxrss` counts kilobytes on Linux and bytes on macOS."""
    import resource  # not on Windows

    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return held / (1e6 if sys.platform == "darwin" else 1e3)
