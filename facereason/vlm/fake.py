"""A model that says what it is told to: for trying things out, and for tests in which the model is not the point."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator

from facereason.vlm import families
from facereason.vlm.errors import EmptyReplyError, FormatError
from facereason.vlm.messages import Choice, Message, Reply, Request, Usage
from facereason.vlm.model import Capability, Identity, Model, choice
from facereason.vlm.names import ModelName

Says = Callable[[Request], str | Reply]


class FakeModel(Model):
    """`fake` repeats how many pictures and what text it was given; `fake+says=TEXT` says TEXT; in Python, `says` makes
    the reply from the request. Every request is kept in `asked`."""

    family = families.CHAT

    def __init__(self, name: ModelName | None = None, says: Says | None = None) -> None:
        name = name or ModelName(provider="fake", name="")
        self.name = str(name)
        fixed = name.options.get("says")
        self._says = says or ((lambda request: fixed) if fixed else _repeat)
        self.asked: list[Request] = []

    @property
    def can(self) -> frozenset[Capability]:
        return self.family.can

    @property
    def identity(self) -> Identity:
        return Identity(name=self.name, family="fake")

    def _generate(self, request: Request) -> Reply:
        self.asked.append(request)
        said = self._says(request)
        reply = said if isinstance(said, Reply) else Reply(text=said, usage=_usage(request, said))
        if not reply.text.strip() and not reply.refused:
            raise EmptyReplyError(f"{self.name}: the reply is empty")
        return self._with_data(request, reply)

    def _with_data(self, request: Request, reply: Reply) -> Reply:
        """JSON read where a schema was asked for; that it fulfils the schema is left to who made the fake say it."""
        if request.schema is None or reply.refused:
            return reply
        try:
            return dataclasses.replace(reply, data=json.loads(reply.text))
        except ValueError:
            raise FormatError(f"{self.name}: the reply is not JSON: {reply.text[:80]!r}", reply.text) from None

    def _stream(self, request: Request) -> Iterator[str | Reply]:
        reply = self._generate(request)
        *words, last = reply.text.split(" ")
        for word in words:
            yield f"{word} "
        yield last
        yield reply

    def _choose(self, messages: tuple[Message, ...], answers: tuple[str, ...]) -> Choice:
        return choice({answer: -float(place) for place, answer in enumerate(answers)})


def _repeat(request: Request) -> str:
    last = request.messages[-1].text.strip().splitlines()
    pictures = len(request.pictures)
    return f"fake model: {pictures} {'picture' if pictures == 1 else 'pictures'}; asked: {last[0] if last else ''}"


def _usage(request: Request, said: str) -> Usage:
    words = sum(len(message.text.split()) for message in request.messages)
    return Usage(input_tokens=words, output_tokens=len(said.split()))
