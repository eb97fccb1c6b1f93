"""The chat-completions protocol: what a request is sent as, and what is read from its reply."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from facereason.vlm.api.budget import Price
from facereason.vlm.api.pictures import Encoder
from facereason.vlm.api.structured import response_format
from facereason.vlm.errors import EmptyReplyError, ReplyError, UnsupportedError
from facereason.vlm.messages import Finish, Message, Picture, Reply, Request, Role, Tool, ToolCall, Usage

LETTERS = "ABCDEFGHIJKLMNOPQRST"
"""Names of answers to choose from: as many as servers return log-probabilities of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Writer:
    """Makes bodies of calls. `limit`: what the server calls the most that a reply may have; `detail`: whether it is
    told to look at pictures closely; `temperature`: whether one is sent."""

    model: str
    encoder: Encoder
    limit: str
    detail: bool
    temperature: bool = True

    def body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [self._message(message) for message in request.messages if message.parts or message.calls],
            self.limit: request.max_tokens,
        }
        if self.temperature:
            body["temperature"] = request.temperature
        if request.schema is not None:
            body["response_format"] = response_format(request.schema)
        if request.stop:
            body["stop"] = list(request.stop)
        if request.seed is not None:
            body["seed"] = request.seed
        if request.samples > 1:
            body["n"] = request.samples
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
        return body

    def most_input(self, request: Request) -> int:
        """About the most tokens that the request has: one for 3 bytes of text (English has 4), and its pictures'."""
        text = sum(len(message.text.encode()) for message in request.messages) + len(str(request.schema or ""))
        text += sum(len(str(_tool(tool))) for tool in request.tools)
        text += sum(len(call.arguments) + len(call.name) for message in request.messages for call in message.calls)
        pictures = sum(self.encoder.tokens(picture) for picture in request.pictures)
        return math.ceil(text / 3) + 8 * len(request.messages) + pictures

    def _message(self, message: Message) -> dict[str, Any]:
        if message.role is Role.TOOL:
            return {"role": "tool", "tool_call_id": message.call_id, "content": message.text}
        if message.calls:
            return {
                "role": "assistant",
                "content": message.text or None,
                "tool_calls": [
                    {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
                    for call in message.calls
                ],
            }
        if not message.pictures:
            # plain text: some servers take parts from users only
            return {"role": message.role.value, "content": message.text}
        return {"role": message.role.value, "content": [self._part(part) for part in message.parts]}

    def _part(self, part: str | Picture) -> dict[str, Any]:
        if isinstance(part, str):
            return {"type": "text", "text": part}
        image = {"url": self.encoder.url(part)}
        return {"type": "image_url", "image_url": image | ({"detail": "high"} if self.detail else {})}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Makes replies of what the server sent, for the model `name`."""

    name: str
    price: Price | None

    def reply(self, completion: Any, seconds: float) -> Reply:
        """The reply in a chat completion. EmptyReplyError, ReplyError."""
        choices = getattr(completion, "choices", None)
        if not choices:
            raise ReplyError(f"{self.name}: the server answered with what is no chat completion")
        first, *others = [self._choice(choice) for choice in choices]
        whole = dataclasses.replace(first, others=tuple(others), usage=self.usage(completion.usage, seconds))
        return self.said(whole)

    def said(self, reply: Reply) -> Reply:
        """`reply`; EmptyReplyError where it says nothing."""
        if reply.text.strip() or reply.refused or reply.calls:
            return reply
        if reply.finish is Finish.LENGTH:
            raise EmptyReplyError(f"{self.name}: nothing was said before max_tokens was reached; ask with more")
        raise EmptyReplyError(f"{self.name}: the reply is empty")

    def usage(self, counted: Any, seconds: float, first_token: float | None = None) -> Usage:
        """What a call took, of the server's `usage`, which may be missing."""
        given: int | None = getattr(counted, "prompt_tokens", None)
        made: int | None = getattr(counted, "completion_tokens", None)
        cost = None
        if self.price is not None and given is not None and made is not None:
            cost = self.price.cost(given, made)
        return Usage(input_tokens=given, output_tokens=made, cost=cost, seconds=seconds, first_token=first_token)

    def _choice(self, choice: Any) -> Reply:
        message = choice.message
        refusal = getattr(message, "refusal", None)
        finish = finish_of(choice.finish_reason, bool(refusal))
        return Reply(text=refusal or message.content or "", finish=finish, calls=_calls(message))


def _tool(tool: Tool) -> dict[str, Any]:
    said = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": said}


def _calls(message: Any) -> tuple[ToolCall, ...]:
    """The calls of a message, as far as they are calls of functions; some servers give them no id."""
    found = []
    for number, call in enumerate(getattr(message, "tool_calls", None) or ()):
        function = getattr(call, "function", None)
        if function is not None and isinstance(function.name, str):
            arguments = function.arguments if isinstance(function.arguments, str) else "{}"
            found.append(ToolCall(id=call.id or f"call-{number}", name=function.name, arguments=arguments))
    return tuple(found)


@dataclass(slots=True)
class Pieces:
    """What came of a streamed reply so far: it grows by `take`."""

    texts: list[str] = field(default_factory=list)
    refusal: list[str] = field(default_factory=list)
    finish_reason: str | None = None
    counted: Any = None

    def take(self, chunk: Any) -> str:
        """The text in a chunk of the stream, which may have none."""
        self.counted = getattr(chunk, "usage", None) or self.counted
        if not getattr(chunk, "choices", None):
            return ""
        choice = chunk.choices[0]
        self.finish_reason = choice.finish_reason or self.finish_reason
        refusal = getattr(choice.delta, "refusal", None) or ""
        content = choice.delta.content or ""
        self.refusal += [refusal] if refusal else []
        self.texts += [content] if content else []
        return content or refusal

    @property
    def text(self) -> str:
        return "".join(self.refusal or self.texts)

    @property
    def finish(self) -> Finish:
        return finish_of(self.finish_reason, bool(self.refusal))


def finish_of(reason: str | None, refused: bool) -> Finish:
    """Why a reply ended, by the server's word for it."""
    if refused or reason == "content_filter":
        return Finish.REFUSED
    return Finish.LENGTH if reason == "length" else Finish.STOP


def choosing(messages: tuple[Message, ...], answers: tuple[str, ...]) -> Request:
    """The request that has the model name one of `answers` by its letter."""
    options = "\n".join(f"{letter}. {answer}" for letter, answer in zip(LETTERS, answers, strict=False))
    asked = f"Answer with the letter of one of these, and nothing else:\n{options}"
    *before, last = messages
    if last.role is Role.USER:
        # one turn, not two: many chat templates take turns by turns only
        return Request(messages=(*before, Message.user(*last.parts, asked)), max_tokens=4)
    return Request(messages=(*messages, Message.user(asked)), max_tokens=4)


def letter_logprobs(name: str, completion: Any, answers: Sequence[str]) -> dict[str, float]:
    """Log-probabilities of the answers by those of their letters as the first token that is no blank.

    Ways to write a letter ("A", " A") add up. A letter that is not among the tokens returned gets the lowest
    log-probability that was returned: the most that it may have. UnsupportedError where the server returns none,
    ReplyError where no letter is among them.
    """
    choices: Any = getattr(completion, "choices", None)
    tokens = getattr(getattr(choices[0], "logprobs", None), "content", None) if choices else None
    first = next((token for token in tokens or () if token.token.strip()), None)
    if first is None or not first.top_logprobs:
        raise UnsupportedError(f"{name}: the server returns no log-probabilities (top_logprobs); it cannot choose")
    weights: dict[str, float] = {}
    for each in first.top_logprobs:
        letter = each.token.strip().rstrip(".)")
        weights[letter] = weights.get(letter, 0.0) + math.exp(each.logprob)
    letters = LETTERS[: len(answers)]
    if not any(weights.get(letter) for letter in letters):
        said = choices[0].message.content or ""
        raise ReplyError(f"{name}: the reply names none of the answers by its letter", said)
    lowest = min(each.logprob for each in first.top_logprobs)
    found = {letter: math.log(weight) for letter, weight in weights.items() if weight > 0}
    return {answer: found.get(letter, lowest) for letter, answer in zip(letters, answers, strict=True)}
