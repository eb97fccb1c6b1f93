"""A reply as it comes: tried again until its first piece is there, and never after."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from facereason.vlm.api.failures import BrokenStreamError, Failures
from facereason.vlm.api.gate import Gate
from facereason.vlm.api.retrying import Retrying
from facereason.vlm.api.wire import Pieces, Reader
from facereason.vlm.errors import ModelError, ReplyError
from facereason.vlm.messages import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A stream whose first piece, `text`, has come. `held` closes it and gives its place back; `started`: when it was
    asked for; `first`: seconds from then to the first piece."""

    chunks: Any
    pieces: Pieces
    text: str
    started: float
    first: float
    held: ExitStack


@dataclass(frozen=True, slots=True, kw_only=True)
class Streaming:
    """One streamed call. `settle` is given what the server counted, None where that never came."""

    client: Any
    body: dict[str, Any]
    gate: Gate
    retrying: Retrying
    failures: Failures
    reader: Reader
    settle: Callable[[Any], None]

    def run(self) -> Generator[str, None, Reply]:
        """The pieces, and the reply as its value. ReplyError with the text so far where the stream breaks."""
        opened = self.retrying.call(self._open)
        pieces = opened.pieces
        with opened.held:
            try:
                if opened.text:
                    yield opened.text
                yield from self._rest(opened)
            finally:
                # one that is left early or breaks is paid for, by how much is not known
                self.settle(pieces.counted)
        usage = self.reader.usage(pieces.counted, time.perf_counter() - opened.started, opened.first)
        return self.reader.said(Reply(text=pieces.text, finish=pieces.finish, usage=usage))

    def _open(self) -> Open:
        """Wait for the first piece."""
        with ExitStack() as held:
            held.enter_context(self.gate.place())
            started = time.perf_counter()
            how = {"stream": True, "stream_options": {"include_usage": True}}
            chunks = self.client.chat.completions.create(**self.body, **how)
            held.callback(chunks.close)
            pieces = Pieces()
            text = next((piece for chunk in chunks if (piece := pieces.take(chunk))), "")
            if not text and pieces.finish_reason is None:
                raise BrokenStreamError
            first = time.perf_counter() - started
            return Open(chunks=chunks, pieces=pieces, text=text, started=started, first=first, held=held.pop_all())

    def _rest(self, opened: Open) -> Generator[str, None, None]:
        try:
            for chunk in opened.chunks:
                if piece := opened.pieces.take(chunk):
                    yield piece
            if opened.pieces.finish_reason is None:
                raise BrokenStreamError
        except self.retrying.errors as error:
            text = opened.pieces.text
            raise ReplyError(
                f"{self.retrying.name}: {self._why(error)}, after {len(text)} characters of the reply", text
            ) from None

    def _why(self, error: Exception) -> str:
        try:
            return self.failures.explain(error).why
        except ModelError:
            return "the stream was garbled"
