"""Trying again: what passes is tried again after a pause, at random so that callers do not come back together."""

from __future__ import annotations

import asyncio
import email.utils
import itertools
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from facereason.vlm.errors import UnavailableError

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passing:
    """A failure that may pass. `why`: what happened, for the user; `after`: seconds that the server asks to wait."""

    why: str
    after: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long to pause, in seconds: before try n + 1 a random part of `base * 2 ** (n - 1)`, at most of `cap` (the
    "full jitter" of M. Brooker, "Exponential backoff and jitter", 2015). `longest`: the most that a server's
    Retry-After is waited for."""

    base: float = 0.5
    cap: float = 8.0
    longest: float = 60.0
    sleep: Callable[[float], None] = time.sleep
    asleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.random

    def pause(self, tries: int, after: float | None) -> float:
        """Seconds to pause when `tries` failed."""
        jitter = self.random() * min(self.cap, self.base * 2 ** (tries - 1))
        return jitter if after is None else after + self.random() * self.base


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrying:
    """`call` and `acall` send until it works. `errors`: what is caught; `explain`: what may pass of it, and raises
    what the user is to see of the rest; `retries`: further tries after the first."""

    name: str
    errors: tuple[type[Exception], ...]
    explain: Callable[[Exception], Passing]
    retries: int
    pace: Pace

    def call(self, send: Callable[[], T]) -> T:
        for tries in itertools.count(1):
            try:
                return send()
            except self.errors as error:
                pause = self._pause(error, tries)
            self.pace.sleep(pause)
        raise AssertionError("unreachable")

    async def acall(self, send: Callable[[], Awaitable[T]]) -> T:
        for tries in itertools.count(1):
            try:
                return await send()
            except self.errors as error:
                pause = self._pause(error, tries)
            await self.pace.asleep(pause)
        raise AssertionError("unreachable")

    def _pause(self, error: Exception, tries: int) -> float:
        """Seconds until the next try; UnavailableError where there is none."""
        passing = self.explain(error)
        if passing.after is not None and passing.after > self.pace.longest:
            raise UnavailableError(
                f"{self.name}: {passing.why}; the server asks to come back in {passing.after:.0f} s"
            ) from None
        if tries > self.retries:
            count = "1 try" if tries == 1 else f"{tries} tries"
            raise UnavailableError(f"{self.name}: {passing.why}; gave up after {count}") from None
        return self.pace.pause(tries, passing.after)


def retry_after(header: str, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header (RFC 9110, 10.2.3) asks for: a number or a date; None where it is neither.

    >>> retry_after("7")
    7.0
    """
    said = header.strip()
    if said.replace(".", "", 1).isdecimal():
        return float(said)
    try:
        when = email.utils.parsedate_to_datetime(said)
    except ValueError:
        return None
    when = when if when.tzinfo else when.replace(tzinfo=UTC)
    return max(0.0, (when - (now or datetime.now(UTC))).total_seconds())
