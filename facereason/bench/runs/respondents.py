"""Who is asked: a language model, alone or in batches, by its words or by the probability of each answer."""

from __future__ import annotations

import asyncio
import functools
import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from facereason import images, resources
from facereason.bench.tasks.task import Question
from facereason.types import FaceReasonError
from facereason.vlm import Capability, Message, Model, Picture, Reply, Request
from facereason.vlm.errors import EmptyReplyError, ModelError

if TYPE_CHECKING:
    from facereason.faces.detect import Detector

SERVERS = ("openai", "vllm")
"""Providers that take many calls at a time; others are asked in batches, one batch at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A reply; `prompt`: hash of the words that were sent, 16 digits, empty where nothing was; `confidence`: of the
    answer, `probabilities`: of each answer, where the respondent tells them."""

    text: str
    prompt: str
    refused: bool = False
    confidence: float | None = None
    probabilities: Mapping[str, float] = field(default_factory=dict)


ABSTAINS = Said(text="cannot tell", prompt="")
"""Of a respondent that was not made for such a question."""


class Respondent(Protocol):
    """Answers questions. `provenance`: plain data that tells what it is."""

    @property
    def provenance(self) -> Mapping[str, Any]: ...

    async def ask(self, question: Question) -> Said:
        """The reply. Raises ModelError, and ImageError where a picture cannot be opened."""

    def close(self) -> None: ...


class ModelRespondent:
    """A model of `facereason.vlm`. `confidence`: questions with fixed choices are answered by the probability of each,
    where the model can tell it."""

    def __init__(self, model: Model, *, together: int = 1, served: bool = False, confidence: bool = False) -> None:
        self._model, self._served, self._confidence = model, served, confidence
        self._batches = Batches(model, together)

    @property
    def provenance(self) -> Mapping[str, Any]:
        known = {key: value for key, value in asdict(self._model.identity).items() if value}
        return known | ({"asked by": "probability of each choice"} if self._chooses else {})

    @property
    def _chooses(self) -> bool:
        return self._confidence and Capability.CHOICES in self._model.can

    async def ask(self, question: Question) -> Said:
        family = self._model.family
        if question.needs.value > (0 if family.aligned else 1 if family.flat is not None else 2):
            return ABSTAINS
        messages, words = self._messages(question)
        prompt = hashlib.sha256(words.encode()).hexdigest()[:16]
        if self._chooses and question.choices:
            bare = self._model.family.flat is not None and question.truth.get("lettered")  # sees no letters
            choices = question.truth["options"] if bare else question.choices
            chosen = await asyncio.to_thread(self._model.choose, messages, choices)
            return Said(
                text=chosen.answer,
                prompt=prompt,
                confidence=chosen.probabilities[chosen.answer],
                probabilities=chosen.probabilities,
            )
        can = self._model.can
        warm = question.temperature > 0 and Capability.TEMPERATURE in can
        request = Request(
            messages=messages,
            max_tokens=question.max_tokens,
            temperature=question.temperature if warm else 0.0,
            seed=question.seed if warm and Capability.SEED in can else None,
        )
        try:
            reply = await (self._model.agenerate(request) if self._served else self._batches.ask(request))
        except EmptyReplyError:  # a reply all the same, in which nothing answers
            return Said(text="", prompt=prompt)
        return Said(text=reply.text, prompt=prompt, refused=reply.refused)

    def close(self) -> None:
        self._model.close()

    def _messages(self, question: Question) -> tuple[tuple[Message, ...], str]:
        family = self._model.family
        pictures = [Picture(images.open(file).pixels) for file in question.pictures]
        if family.aligned and question.face and not question.cut:
            pictures = [aligned(picture) for picture in pictures]
        if family.flat is not None:  # understands no instructions: the question in the words of such models
            words = question.plain or question.text
            return (Message.user(*pictures, words),), words
        if not question.system:
            return (Message.user(*pictures, question.text),), question.text
        if Capability.SYSTEM in self._model.can:
            sent = (Message.system(question.system), Message.user(*pictures, question.text))
            return sent, f"{question.system}\0{question.text}"
        words = f"{question.system}\n\n{question.text}"
        return (Message.user(*pictures, words),), words


class EndsRunError(FaceReasonError):
    """The model cannot be reached any more: asking the rest would only make rows of errors."""


class Batches:
    """Requests that come while a batch runs make the next one."""

    def __init__(self, model: Model, most: int) -> None:
        self._model, self._most = model, most
        self._waiting: list[tuple[Request, asyncio.Future[Reply]]] = []
        self._serving: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Reply:
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting.append((request, future))
        if self._serving is None or self._serving.done():
            self._serving = asyncio.create_task(self._serve())
        return await future

    async def _serve(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            try:
                outcomes = await asyncio.to_thread(self._model.batch, [request for request, _ in batch])
            except Exception as error:  # noqa: BLE001 (whoever asked gets it)
                outcomes = [error] * len(batch)  # type: ignore[list-item]
            for (_, future), outcome in zip(batch, outcomes, strict=True):
                if future.cancelled():
                    continue
                if isinstance(outcome, Reply):
                    future.set_result(outcome)
                else:
                    future.set_exception(outcome)
            for _ in range(3):  # those who got a reply ask again first
                await asyncio.sleep(0)


def aligned(picture: Picture) -> Picture:
    """The face cut and turned upright, as the reader sees it; where none is found, the whole picture is the face."""
    from facereason.faces import align
    from facereason.faces.precropped import find_points

    points, _ = find_points(picture.pixels, _detector())
    return Picture(align.aligned(picture.pixels, points))


@functools.cache
def _detector() -> Detector:
    from facereason.faces.detect import Detector

    resources.verify("detector.onnx")
    return Detector(resources.weights("detector.onnx"))


__all__ = ["ABSTAINS", "SERVERS", "Batches", "EndsRunError", "ModelError", "ModelRespondent", "Respondent", "Said"]
