"""What every model has of the protocol itself."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest

from facereason.vlm import Message, Reply, Request
from facereason.vlm.errors import BudgetError, EmptyReplyError, ModelError, UnavailableError
from facereason.vlm.fake import FakeModel
from facereason.vlm.model import reply_of

ASK = Request(messages=(Message.user("Who?"),))


class Slow(FakeModel):
    """Its stream goes on when it is told to, and tells when it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.go_on, self.closed = threading.Event(), threading.Event()
        self.go_on.set()

    def _stream(self, request: Request) -> Iterator[str | Reply]:
        try:
            while True:
                assert self.go_on.wait(10)
                yield "more "
        finally:
            self.closed.set()


def test_a_stream_of_asyncio_ends_with_the_whole_reply() -> None:
    async def pieces() -> list[str | Reply]:
        return [piece async for piece in FakeModel().astream(ASK)]

    *said, last = asyncio.run(pieces())
    assert isinstance(last, Reply)
    assert "".join(map(str, said)) == last.text


def test_a_stream_of_asyncio_that_is_left_early_is_closed() -> None:
    model = Slow()

    async def first() -> None:
        pieces = model.astream(ASK)
        assert await anext(pieces) == "more "
        assert not model.closed.is_set()
        await pieces.aclose()  # type: ignore[attr-defined]
        assert model.closed.is_set()

    asyncio.run(first())


def test_a_stream_of_asyncio_that_is_cancelled_while_it_waits_is_closed_without_waiting() -> None:
    model = Slow()

    async def impatient() -> None:
        async for _ in model.astream(ASK):
            model.go_on.clear()

    async def cancelled() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(impatient(), 0.2)
        assert not model.closed.is_set()
        model.go_on.set()

    asyncio.run(cancelled())
    assert model.closed.wait(10)


def says(error: type[ModelError]) -> FakeModel:
    def said(request: Request) -> str:
        text = request.messages[0].text
        if text == "bad":
            raise error("m: it broke")
        return text.upper()

    return FakeModel(says=said)


def asks(*texts: str) -> list[Request]:
    return [Request(messages=(Message.user(text),)) for text in texts]


def test_an_error_of_one_request_stands_in_its_place_in_a_batch() -> None:
    first, second, third = says(EmptyReplyError).batch(asks("a", "bad", "b"))
    assert (reply_of(first).text, reply_of(third).text) == ("A", "B")
    with pytest.raises(EmptyReplyError, match="it broke"):
        reply_of(second)


@pytest.mark.parametrize("error", [UnavailableError, BudgetError])
def test_a_model_that_cannot_be_reached_any_more_is_not_asked_the_rest(error: type[ModelError]) -> None:
    model = says(error)
    first, *rest = model.batch(asks("a", "bad", "b", "c"))
    assert reply_of(first).text == "A"
    assert [type(each) for each in rest] == [error] * 3
    assert len(model.asked) == 2
