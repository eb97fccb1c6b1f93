"""What is said to a model and what it says: messages with pictures in, text or JSON out.

    ask = Request(messages=(Message.user(picture, "What does this face show?"),), max_tokens=200)

Records are frozen; pictures are RGB uint8 arrays as everywhere in the house, encoded once however often they are sent.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from facereason.images import Pixels
from facereason.types import Box, UsageError


class Role(StrEnum):
    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A function that a model may call. `parameters`: JSON schema of its arguments, an object."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call that a model wants made. `arguments`: JSON as the model wrote it, which may be broken; `id`: the server's
    name for the call, by which its result is sent back."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture in a message. `pixels`: `(height, width, 3)` uint8 RGB. `label`: what a log calls it ("person 2")."""

    pixels: Pixels
    label: str = "photo"

    def __post_init__(self) -> None:
        shape: tuple[int, ...] = getattr(self.pixels, "shape", ())
        kind = str(getattr(self.pixels, "dtype", ""))
        if len(shape) != 3 or shape[2] != 3 or kind != "uint8" or 0 in shape:
            raise UsageError(f"a picture must be a (height, width, 3) uint8 array, not {shape or '?'} {kind}".rstrip())

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    @functools.cached_property
    def sha256(self) -> str:
        """Hash of size and pixels: the same picture has the same, whatever file it came from."""
        import numpy as np

        size = f"{self.width}x{self.height}:".encode()
        return hashlib.sha256(size + np.ascontiguousarray(self.pixels).tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Message:
    """One turn: texts and pictures in the order in which they are read. `calls`: what a model wants called; `call_id`:
    of the call whose result a turn of the role TOOL is."""

    role: Role
    parts: tuple[str | Picture, ...]
    calls: tuple[ToolCall, ...] = ()
    call_id: str = ""

    @classmethod
    def system(cls, text: str) -> Message:
        return cls(Role.SYSTEM, (text,))

    @classmethod
    def user(cls, *parts: str | Picture) -> Message:
        return cls(Role.USER, parts)

    @classmethod
    def assistant(cls, text: str, calls: tuple[ToolCall, ...] = ()) -> Message:
        return cls(Role.ASSISTANT, (text,) if text or not calls else (), calls)

    @classmethod
    def result(cls, call: ToolCall, text: str) -> Message:
        """What a call gave."""
        return cls(Role.TOOL, (text,), call_id=call.id)

    @property
    def text(self) -> str:
        """Its texts, one a line."""
        return "\n".join(part for part in self.parts if isinstance(part, str))

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return tuple(part for part in self.parts if isinstance(part, Picture))


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One question to a model.

    `schema`: a JSON schema that the reply has to fulfil; `tools`: what the model may call; `stop`: texts at which the
    reply ends, not part of it; `temperature` 0 takes the most probable token each time; `samples`: independent replies
    to draw; `max_tokens`: the most that a reply may have.
    """

    messages: tuple[Message, ...]
    schema: Mapping[str, Any] | None = None
    stop: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int | None = None
    samples: int = 1
    max_tokens: int = 512
    tools: tuple[Tool, ...] = ()

    def __post_init__(self) -> None:
        if not self.messages or not any(message.parts for message in self.messages):
            raise UsageError("nothing to say to the model: messages is empty")
        for name, value, least in (("samples", self.samples, 1), ("max_tokens", self.max_tokens, 1)):
            if value < least:
                raise UsageError(f"{name} must be {least} or more, not {value}")
        if self.temperature < 0:
            raise UsageError(f"temperature must be 0 or more, not {self.temperature}")
        if self.samples > 1 and self.temperature == 0:
            raise UsageError("several samples at temperature 0 are the same: give a temperature, such as 0.7")

    @property
    def pictures(self) -> tuple[Picture, ...]:
        return tuple(picture for message in self.messages for picture in message.pictures)


class Finish(StrEnum):
    """Why a reply ended. `REFUSED`: the model declined, which is an outcome and no error."""

    STOP = "stop"
    LENGTH = "length"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What a call took. Tokens are the model's own, None where it does not count them; `cost` in US dollars where its
    price is known; `seconds` from sending to the last token, `first_token` to the first, of streamed replies."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cost: float | None = None
    seconds: float = 0.0
    first_token: float | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What a model said. `data`: the parsed JSON, where a schema was asked for; `others`: further samples;
    `repaired`: a first reply did not fulfil the schema and was asked for once more; `calls`: the tools that it wants
    called, in place of an answer or beside it."""

    text: str
    finish: Finish = Finish.STOP
    data: Any = None
    others: tuple[Reply, ...] = ()
    usage: Usage = field(default_factory=Usage)
    repaired: bool = False
    calls: tuple[ToolCall, ...] = ()

    @property
    def refused(self) -> bool:
        return self.finish is Finish.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One of fixed answers. `logprobs`: natural logarithm of the probability of each as the whole reply, or, of API
    models, of its letter in a list; `probabilities`: the same, made to add up to 1 over the answers."""

    answer: str
    logprobs: Mapping[str, float]
    probabilities: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Where a model sees what a phrase says: a box, or a point (a box of no size), in pixels of the picture. `text`:
    the model's word for it; `score` where it gives one."""

    box: Box
    text: str = ""
    score: float | None = None
