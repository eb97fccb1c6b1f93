"""The protocol behind which every model stands: what it can do is declared, anything else is refused by name."""

from __future__ import annotations

import asyncio
import threading
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import TYPE_CHECKING

from facereason.types import UsageError
from facereason.vlm.errors import BudgetError, ModelError, UnavailableError, UnsupportedError
from facereason.vlm.messages import Choice, Finish, Message, Picture, Region, Reply, Request, Role

if TYPE_CHECKING:
    from facereason.vlm.families import Family


class Capability(StrEnum):
    """What a model may be able to do."""

    TEXT = "text"
    IMAGES = "images"
    SEVERAL_IMAGES = "several images"
    SYSTEM = "system messages"
    HISTORY = "several turns"
    SCHEMA = "JSON schema"
    STOP = "stop texts"
    TEMPERATURE = "temperature"
    SEED = "seed"
    SAMPLES = "several samples"
    STREAM = "streaming"
    TOOLS = "calling tools"
    CHOICES = "log-probabilities of answers"
    SIMILARITY = "image-text similarity"
    LOCATE = "locating phrases"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What answers, for the provenance of an answer: `name` as the user writes it, without keys or addresses."""

    name: str
    family: str
    revision: str = ""
    adapter: str = ""
    adapter_revision: str = ""


class Stream:
    """Pieces of a reply as they come; `reply` is whole when they have ended. To end it early, `close`."""

    def __init__(self, pieces: Iterator[str | Reply]) -> None:
        self._pieces = pieces
        self._reply: Reply | None = None

    def __iter__(self) -> Iterator[str]:
        for piece in self._pieces:
            if isinstance(piece, Reply):
                self._reply = piece
            else:
                yield piece

    @property
    def reply(self) -> Reply:
        """The whole reply; RuntimeError while pieces are still to come."""
        if self._reply is None:
            raise RuntimeError("the reply has not ended: take all pieces of the stream first")
        return self._reply

    def close(self) -> None:
        close = getattr(self._pieces, "close", None)
        if close:
            close()


class Model(ABC):
    """A model that speaks. Makers of one write `_generate`, and what else it can do; callers use what has no
    underscore, which checks first that the model declares what is asked of it."""

    name: str
    family: Family

    # ------------------------------------------------------------------------------------------------------- callers

    @property
    @abstractmethod
    def can(self) -> frozenset[Capability]:
        """What may be asked of it."""

    @property
    @abstractmethod
    def identity(self) -> Identity:
        """Name, family and revisions of what answers."""

    def generate(self, request: Request) -> Reply:
        """The reply to `request`. Raises UnsupportedError, and the errors of `vlm.errors`."""
        self._check(request)
        return self._generate(request)

    async def agenerate(self, request: Request) -> Reply:
        """`generate`, for use with asyncio."""
        self._check(request)
        return await self._agenerate(request)

    def stream(self, request: Request) -> Stream:
        """The reply in pieces, as they come."""
        self.need(Capability.STREAM)
        self._check(request)
        if request.samples > 1:
            raise UnsupportedError(f"{self.name}: several samples cannot be streamed; ask for one")
        if request.tools:
            raise UnsupportedError(f"{self.name}: a reply that may call tools is not streamed; generate it")
        return Stream(self._stream(request))

    async def astream(self, request: Request) -> AsyncIterator[str | Reply]:
        """`stream` for asyncio: the pieces, and last the whole reply. Left early or cancelled, it closes the stream."""
        pieces = self.stream(request)._pieces
        one_at_a_time = threading.Lock()  # a generator cannot be closed while it runs

        def step() -> str | Reply | None:
            with one_at_a_time:
                return next(pieces, None)

        def end() -> None:
            with one_at_a_time:
                Stream(pieces).close()

        running = False
        try:
            while True:
                running = True
                piece = await asyncio.to_thread(step)
                running = False
                if piece is None:
                    return
                yield piece
        finally:
            ended = asyncio.get_running_loop().run_in_executor(None, end)
            if not running:  # who is cancelled in the middle of a step does not wait for it
                await ended

    def batch(self, requests: Sequence[Request]) -> list[Reply | ModelError]:
        """A reply to each request, in their order; together where the model gains by that.

        In the place of a reply that could not be had stands the error that asking for it alone would have raised, so
        that one bad request never costs the others theirs. What the model does not declare is refused before anything
        is asked, and a model that cannot be loaded raises.
        """
        for request in requests:
            self._check(request)
        return self._batch(requests)

    def choose(self, messages: Sequence[Message], answers: Sequence[str]) -> Choice:
        """Which of `answers` the model finds most probable as its whole reply, and how probable each is."""
        self.need(Capability.CHOICES)
        if len(answers) < 2 or len(set(answers)) < len(answers) or not all(answer.strip() for answer in answers):
            raise UsageError(f"{self.name}: give at least two different answers to choose from, none of them empty")
        self._check(Request(messages=tuple(messages)))
        return self._choose(tuple(messages), tuple(answers))

    def similarity(self, pictures: Sequence[Picture], texts: Sequence[str]) -> list[list[float]]:
        """How well each text fits each picture: `[picture][text]`, the model's own logits, higher fits better."""
        self.need(Capability.SIMILARITY)
        if not pictures or not texts:
            raise UsageError(f"{self.name}: similarity needs a picture and a text at least")
        return self._similarity(pictures, texts)

    def locate(self, picture: Picture, phrase: str) -> tuple[Region, ...]:
        """Where the model sees what `phrase` says, in pixels of `picture`; nothing where it sees it nowhere.

        FormatError where the reply holds no place that can be read.
        """
        self.need(Capability.LOCATE)
        if not phrase.strip():
            raise UsageError(f"{self.name}: nothing to locate: the phrase is empty")
        reply = self.generate(self.family.locating(picture, phrase.strip()))
        if reply.finish is Finish.REFUSED:
            return ()
        sent = self._sent(picture)
        return self.family.regions(reply.text, picture.width, picture.height, phrase.strip(), sent)

    def need(self, *capabilities: Capability) -> None:
        """UnsupportedError where it cannot do one of these."""
        for capability in capabilities:
            if capability not in self.can:
                raise UnsupportedError(
                    f"{self.name} ({self.family.title}) does not do {capability}; "
                    f"it does: {', '.join(sorted(self.can)) or 'nothing'}"
                )

    def close(self) -> None:  # noqa: B027 (many have nothing to give back)
        """Give back connections and memory. A closed model may be used again: it connects or loads anew."""

    def __enter__(self) -> Model:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name}>"

    # -------------------------------------------------------------------------------------------------------- makers

    @abstractmethod
    def _generate(self, request: Request) -> Reply: ...

    async def _agenerate(self, request: Request) -> Reply:
        return await asyncio.to_thread(self._generate, request)

    def _stream(self, request: Request) -> Iterator[str | Reply]:
        raise NotImplementedError

    def _batch(self, requests: Sequence[Request]) -> list[Reply | ModelError]:
        return self._each(requests, map)

    def _each(
        self,
        requests: Sequence[Request],
        over: Callable[[Callable[[Request], Reply | ModelError], Sequence[Request]], Iterable[Reply | ModelError]],
    ) -> list[Reply | ModelError]:
        """The outcome of each request by itself; `over` is `map`, or that of a pool. When the model cannot be reached
        any more, those that follow are not asked: they would fare no better."""
        ended: list[ModelError] = []

        def ask(request: Request) -> Reply | ModelError:
            if ended:
                return ended[0]
            try:
                return self._generate(request)
            except (UnavailableError, BudgetError) as error:
                ended.append(error)
                return error
            except ModelError as error:
                return error

        return list(over(ask, requests))

    def _choose(self, messages: tuple[Message, ...], answers: tuple[str, ...]) -> Choice:
        raise NotImplementedError

    def _similarity(self, pictures: Sequence[Picture], texts: Sequence[str]) -> list[list[float]]:
        raise NotImplementedError

    def _sent(self, picture: Picture) -> tuple[int, int]:
        """Width and height at which the picture reaches the model."""
        return picture.width, picture.height

    def _check(self, request: Request) -> None:
        """UnsupportedError where the request asks for more than the model declares."""
        asked = {
            Capability.TEXT: True,
            Capability.IMAGES: bool(request.pictures),
            Capability.SEVERAL_IMAGES: len(request.pictures) > 1,
            Capability.SYSTEM: any(message.role is Role.SYSTEM for message in request.messages),
            Capability.HISTORY: any(message.role is Role.ASSISTANT for message in request.messages),
            Capability.SCHEMA: request.schema is not None,
            Capability.TOOLS: bool(request.tools),
            Capability.STOP: bool(request.stop),
            Capability.TEMPERATURE: request.temperature > 0,
            Capability.SEED: request.seed is not None and request.temperature > 0,
            Capability.SAMPLES: request.samples > 1,
        }
        self.need(*(capability for capability, wanted in asked.items() if wanted))


def reply_of(outcome: Reply | ModelError) -> Reply:
    """The reply that a batch has in one place; where it has an error there, that is raised."""
    if isinstance(outcome, ModelError):
        raise outcome
    return outcome


def choice(logprobs: Mapping[str, float]) -> Choice:
    """The choice that these log-probabilities of answers make."""
    import math

    highest = max(logprobs.values())
    weights = {answer: math.exp(value - highest) for answer, value in logprobs.items()}
    total = sum(weights.values())
    probabilities = {answer: weight / total for answer, weight in weights.items()}
    return Choice(
        answer=max(probabilities, key=probabilities.__getitem__), logprobs=logprobs, probabilities=probabilities
    )
