"""A limit on calls in flight that threads and event loops share."""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager, contextmanager


class Gate:
    """Lets `places` callers in at a time, the others in the order in which they came."""

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[Future[None]] = deque()
        self._lock = threading.Lock()

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place, for a thread."""
        turn = self._queue()
        if turn:
            try:
                turn.result()
            except KeyboardInterrupt:
                self._give_up(turn)
                raise
        try:
            yield
        finally:
            self._leave()

    @asynccontextmanager
    async def aplace(self) -> AsyncIterator[None]:
        """A place, for asyncio."""
        turn = self._queue()
        if turn:
            try:
                await asyncio.wrap_future(turn)
            except asyncio.CancelledError:
                self._give_up(turn)
                raise
        try:
            yield
        finally:
            self._leave()

    def _queue(self) -> Future[None] | None:
        """None where a place was free; else what is done when there is one."""
        with self._lock:
            if self._free:
                self._free -= 1
                return None
            turn: Future[None] = Future()
            self._waiting.append(turn)
            return turn

    def _give_up(self, turn: Future[None]) -> None:
        # the place may have been given at the same moment: then it is ours to pass on
        if not turn.cancel():
            self._leave()

    def _leave(self) -> None:
        with self._lock:
            while self._waiting:
                turn = self._waiting.popleft()
                if turn.set_running_or_notify_cancel():
                    break
            else:
                self._free += 1
                return
        turn.set_result(None)
