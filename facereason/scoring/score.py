"""What a scorer makes of one reply."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from facereason.scoring.outcomes import Disposition

Truth = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """`answer`: what was read from the reply, none where nothing was; `parts`: what else was counted, plain data."""

    outcome: Disposition
    answer: str | None = None
    parts: Mapping[str, Any] = field(default_factory=dict)


Scorer = Callable[..., Score]
"""Of the reply, the truth, and `refused`, the model's own mark that it declined."""
