"""What work is done on, what became of it, and how much of it may be done."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from facereason.types import UsageError


@dataclass(frozen=True, slots=True)
class Item:
    """One piece of work. `key` is the same in every run, and no other item's; `payload` is what the work is given."""

    key: str
    payload: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What became of one item: `result`, plain data, or `error`, a line that says why there is none."""

    key: str
    result: Any = None
    error: str = ""
    seconds: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that one run may take; None: no limit. `spent` is asked before each item, `limit` is in its unit
    (tokens, dollars). What is in flight when it is used up is finished."""

    items: int | None = None
    seconds: float | None = None
    limit: float | None = None
    spent: Callable[[], float] = lambda: 0.0

    def left(self, begun: int, started: float) -> bool:
        return not (
            (self.items is not None and begun >= self.items)
            or (self.seconds is not None and time.monotonic() - started >= self.seconds)
            or (self.limit is not None and self.spent() >= self.limit)
        )


@dataclass(slots=True)
class Report:
    """How a run ended. `done` and `failed` in this run, `before` in earlier ones; `stopped`: by the budget, with items
    left."""

    done: int = 0
    failed: int = 0
    before: int = 0
    stopped: bool = False
    errors: dict[str, int] = field(default_factory=dict)


def hash_of(key: str) -> bytes:
    """What is kept of a key."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


class Begun:
    """Items that are still to be done, one after the other, as long as the budget lasts."""

    def __init__(self, items: Iterable[Item], done: set[bytes], budget: Budget, report: Report) -> None:
        self._items, self._done, self._budget, self._report = iter(items), done, budget, report
        self._seen: set[bytes] = set()
        self._started, self._count = time.monotonic(), 0

    def next(self) -> Item | None:
        for item in self._items:
            key = hash_of(item.key)
            if key in self._seen:
                raise UsageError(f"two items have the key {item.key!r}: keys must differ")
            self._seen.add(key)
            if key in self._done:
                continue
            if not self._budget.left(self._count, self._started):
                self._report.stopped = True
                return None
            self._count += 1
            return item
        return None
