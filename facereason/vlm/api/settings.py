"""How an API model is called: limits, sizes, prices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from facereason import resources
from facereason.types import UsageError
from facereason.vlm.api.budget import Budget, Price


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How to call.

    `timeout`: seconds that the server may be silent; `retries`: further tries after the first; `in_flight`: calls at
    the same time, of threads and of asyncio together, a stream being one until it ends; `budget`: may be shared with
    other models; `price`: without one a cost is never known; `cache_folder`: where replies are kept, none being kept
    without; `image_side`: longest side at which pictures are sent, pixels, the provider's own rule where None.
    """

    timeout: float = 60.0
    retries: int = 4
    in_flight: int = 16
    budget: Budget | None = None
    price: Price | None = None
    cache_folder: Path | None = None
    image_side: int | None = None

    def __post_init__(self) -> None:
        if self.timeout <= 0:
            raise UsageError(f"timeout must be more than 0 seconds, not {self.timeout}")
        for name, value, least in (("retries", self.retries, 0), ("in_flight", self.in_flight, 1)):
            if value < least:
                raise UsageError(f"{name} must be {least} or more, not {value}")
        if self.image_side is not None and self.image_side < 1:
            raise UsageError(f"image_side must be 1 pixel or more, not {self.image_side}")
        if self.budget and self.budget.max_cost is not None and self.price is None:
            raise UsageError("a budget in dollars needs a price: give price, dollars per million tokens")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The keys of `[api]` in a `facereason.toml`, as in `Settings`. `cache`: keep replies in the user's folder;
    `max_tokens`, `max_dollars`: the budget that all API models of the table share, for as long as the process lives."""

    timeout: float = 60.0
    retries: int = 4
    in_flight: int = 16
    image_side: int | None = None
    cache: bool = False
    max_tokens: int | None = None
    max_dollars: float | None = None

    def budget(self) -> Budget | None:
        """The budget, new with every call; none where nothing is limited."""
        if self.max_tokens is None and self.max_dollars is None:
            return None
        return Budget(max_tokens=self.max_tokens, max_cost=self.max_dollars)

    def settings(self, budget: Budget | None, price: Price | None) -> Settings:
        """Settings of one model."""
        return Settings(
            timeout=self.timeout,
            retries=self.retries,
            in_flight=self.in_flight,
            image_side=self.image_side,
            cache_folder=resources.user_dir() / "replies" if self.cache else None,
            budget=budget,
            price=price,
        )
