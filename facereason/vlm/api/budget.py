"""A budget that is never overrun: every call reserves the most that it may take, and settles what it took."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from types import TracebackType

from facereason.vlm.errors import BudgetError


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float

    def cost(self, input_tokens: int, output_tokens: int) -> float:
        """US dollars.

        >>> Price(2.5, 10.0).cost(1_000_000, 100_000)
        3.5
        """
        return (input_tokens * self.input + output_tokens * self.output) / 1e6


class Budget:
    """The most that calls may take together, in tokens and in US dollars; threads may share it.

    `spent_tokens`, `spent_cost`: what settled calls took. Where a server does not count, their estimate.
    """

    def __init__(self, *, max_tokens: int | None = None, max_cost: float | None = None) -> None:
        self.max_tokens = max_tokens
        self.max_cost = max_cost
        self.spent_tokens = 0
        self.spent_cost = 0.0
        self._reserved_tokens = 0
        self._reserved_cost = 0.0
        self._lock = threading.Lock()

    def reserve(self, model: str, tokens: int, cost: float | None) -> Reservation:
        """Set aside what a call may take; BudgetError where that could overrun."""
        with self._lock:
            self._check(model, tokens, cost or 0.0)
            self._reserved_tokens += tokens
            self._reserved_cost += cost or 0.0
        return Reservation(self, tokens, cost or 0.0)

    def _check(self, model: str, tokens: int, cost: float) -> None:
        left = (self.max_tokens or 0) - self.spent_tokens - self._reserved_tokens
        if self.max_tokens is not None and tokens > left:
            raise BudgetError(
                f"{model}: not sent: the call may take {tokens} tokens, {max(left, 0)} of {self.max_tokens} are left"
            )
        money = (self.max_cost or 0.0) - self.spent_cost - self._reserved_cost
        if self.max_cost is not None and cost > money:
            raise BudgetError(
                f"{model}: not sent: the call may cost ${cost:.4f}, ${max(money, 0.0):.4f} of ${self.max_cost} are left"
            )

    def _settle(self, reserved: Reservation, tokens: int, cost: float) -> None:
        with self._lock:
            self._reserved_tokens -= reserved.tokens
            self._reserved_cost -= reserved.cost
            self.spent_tokens += tokens
            self.spent_cost += cost


class Reservation:
    """What one call may take, `tokens` and `cost`. Leaving its `with` gives back what was not settled."""

    def __init__(self, budget: Budget | None = None, tokens: int = 0, cost: float = 0.0) -> None:
        self._budget = budget
        self.tokens = tokens
        self.cost = cost

    def settle(self, tokens: int | None, cost: float | None) -> None:
        """Book what the call took; the whole reservation for what is not known."""
        if self._budget is None:
            return
        self._budget._settle(
            self, self.tokens if tokens is None else tokens, self.cost if cost is None or tokens is None else cost
        )
        self._budget = None

    def __enter__(self) -> Reservation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.settle(0, 0.0)
