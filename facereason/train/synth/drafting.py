"""Drafts and blind passes, asked on the journal runner: what is in the journal is not asked again."""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason import runner
from facereason.runner import Item, Journal, Row
from facereason.train.synth.recipe import Limits
from facereason.train.synth.writing import Manner, Question, Writer
from facereason.types import FaceReasonError
from facereason.vlm.errors import BudgetError, ContextError, ReplyError, UnavailableError

OUTAGES = 5
"""Calls in a row that may fail because the model cannot be reached, before the run ends."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with a key that is its own in every run."""

    key: str
    question: Question


@dataclass(slots=True)
class Spent:
    """What a run took so far, of what it may take. A call is a question."""

    limits: Limits
    calls: int = 0
    tokens: int = 0

    @classmethod
    def of(cls, folder: Path, limits: Limits) -> Spent:
        """Counted from the journals below a folder."""
        spent = cls(limits)
        for place in sorted({path.parent for path in folder.rglob("journal-*.jsonl")}):
            for row in Journal(place).rows():
                spent.calls += row.result["calls"] if row.result else 1
                spent.tokens += row.result["tokens"] if row.result else 0
        return spent

    def share(self) -> float:
        """Of the budget, 1 where it is used up."""
        shares = [
            spent / limit if limit else 1.0
            for spent, limit in ((self.calls, self.limits.calls), (self.tokens, self.limits.tokens))
            if limit is not None
        ]
        return max(shares, default=0.0)


class _LostError(FaceReasonError):
    """The model cannot be reached now; the item is an error row, and tried anew in the next run."""


class _Call:
    """One item of the runner: as many questions as the writer takes together."""

    def __init__(self, writer: Writer, manner: Manner, spent: Spent) -> None:
        self.writer, self.manner, self.spent = writer, manner, spent
        self.lost, self.reached = 0, False

    async def __call__(self, group: Sequence[Asked]) -> dict[str, Any]:
        self.spent.calls += len(group)
        manner = Manner(
            samples=self.manner.samples,
            temperature=self.manner.temperature,
            seed=zlib.crc32(f"{self.manner.seed} {group[0].key}".encode()) & 0x7FFFFFFF,
            longest=self.manner.longest,
        )
        try:
            said = await self.writer.write([each.question for each in group], manner)
        except BudgetError:
            raise
        except UnavailableError as error:
            self.lost += 1
            if not self.reached or self.lost >= OUTAGES:
                raise
            raise _LostError(str(error)) from None
        self.lost, self.reached = 0, True
        tokens = sum(each.tokens for each in said)
        self.spent.tokens += tokens
        told: dict[str, Any] = {}
        for each, answer in zip(group, said, strict=True):
            told[each.key] = {"error": answer.error} if answer.error else {"texts": list(answer.texts)}
        return {"said": told, "calls": len(group), "tokens": tokens}


def ask(
    asked: Iterable[Asked],
    writer: Writer,
    manner: Manner,
    journal: Journal,
    spent: Spent,
    step: Callable[[Row], None] = lambda row: None,
) -> runner.Report:
    """Ask what the journal does not have yet, as long as the budget lasts.

    A reply that cannot be used is an error row and asked for again in the next run. Raises UnavailableError where the
    model cannot be reached, at the first call or for `OUTAGES` in a row: what was answered is in the journal.
    """
    call = _Call(writer, manner, spent)

    async def work(group: Sequence[Asked]) -> dict[str, Any]:  # the runner asks whether it is a coroutine function
        return await call(group)

    return runner.run(
        (Item(key=f"{group[0].key}+{len(group)}", payload=group) for group in _grouped(asked, writer.together)),
        work,
        journal,
        in_flight=writer.in_flight,
        budget=runner.Budget(limit=1.0, spent=spent.share),
        failures=(ReplyError, ContextError, _LostError),
        step=step,
    )


def said(journal: Journal) -> Mapping[str, tuple[str, ...]]:
    """Key to the replies that there are; nothing for a question that has none."""
    found: dict[str, tuple[str, ...]] = {}
    for result in journal.results().values():
        for key, told in result["said"].items():
            if "texts" in told:
                found[key] = tuple(told["texts"])
    return found


def _grouped(asked: Iterable[Asked], size: int) -> Iterator[Sequence[Asked]]:
    asked = iter(asked)
    while group := tuple(itertools.islice(asked, size)):
        yield group
