"""The journal runner: resume, kill, budget, failures; with asyncio and in processes."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from facereason.runner import Budget, Item, Journal, journal, run
from facereason.types import FaceReasonError, UsageError


def items(count: int) -> Iterator[Item]:
    return (Item(key=f"k{n}", payload=n) for n in range(count))


async def doubled(n: int) -> int:
    await asyncio.sleep(0)
    return 2 * n


def squared(n: int) -> int:
    if n == 13:
        raise FaceReasonError("thirteen")
    return n * n


async def odd_ones_fail(n: int) -> int:
    if n % 2:
        raise FaceReasonError("odd")
    return n


def test_every_item_is_done_once_and_its_result_kept(tmp_path: Path) -> None:
    report = run(items(100), doubled, Journal(tmp_path), in_flight=7)
    assert (report.done, report.failed, report.before, report.stopped) == (100, 0, 0, False)
    assert Journal(tmp_path).results() == {f"k{n}": 2 * n for n in range(100)}
    again = run(items(120), doubled, Journal(tmp_path))
    assert (again.done, again.before) == (20, 100)


def test_plain_functions_run_in_processes(tmp_path: Path) -> None:
    report = run(items(20), squared, Journal(tmp_path), in_flight=2)
    assert (report.done, report.failed, report.errors) == (19, 1, {"thirteen": 1})
    assert Journal(tmp_path).results()["k5"] == 25


def test_failures_are_rows_and_tried_again_unless_they_shall_not(tmp_path: Path) -> None:
    report = run(items(10), odd_ones_fail, Journal(tmp_path))
    assert (report.done, report.failed, report.errors) == (5, 5, {"odd": 5})
    assert run(items(10), odd_ones_fail, Journal(tmp_path), again=False).failed == 0
    assert run(items(10), doubled, Journal(tmp_path)).done == 5
    assert len(Journal(tmp_path).results()) == 10


def test_any_other_exception_ends_the_run_and_loses_nothing_done(tmp_path: Path) -> None:
    async def breaks(n: int) -> int:
        if n == 30:
            raise ZeroDivisionError
        return n

    with pytest.raises(ZeroDivisionError):
        run(items(100), breaks, Journal(tmp_path), in_flight=1)
    assert len(Journal(tmp_path).results()) == 30
    assert run(items(100), doubled, Journal(tmp_path)).done == 70


def test_the_budget_stops_and_the_next_run_goes_on(tmp_path: Path) -> None:
    report = run(items(50), doubled, Journal(tmp_path), budget=Budget(items=20))
    assert (report.done, report.stopped) == (20, True)
    spent = iter(range(1000))
    report = run(items(50), doubled, Journal(tmp_path), budget=Budget(limit=10, spent=lambda: next(spent)), in_flight=1)
    assert (report.done, report.stopped) == (10, True)
    assert run(items(50), doubled, Journal(tmp_path), budget=Budget(seconds=0)).done == 0
    assert run(items(50), doubled, Journal(tmp_path)).done == 20


def test_a_torn_last_line_costs_its_item_alone(tmp_path: Path) -> None:
    run(items(10), doubled, Journal(tmp_path))
    (shard,) = tmp_path.glob("journal-*.jsonl")
    whole = shard.read_bytes()
    shard.write_bytes(whole[:-5])
    assert len(Journal(tmp_path).results()) == 9
    assert run(items(10), doubled, Journal(tmp_path)).done == 1
    assert len(Journal(tmp_path).results()) == 10


def test_a_damaged_line_in_the_middle_is_named(tmp_path: Path) -> None:
    run(items(3), doubled, Journal(tmp_path))
    (shard,) = tmp_path.glob("journal-*.jsonl")
    lines = shard.read_text().splitlines()
    shard.write_text("\n".join([lines[0], "{broken", lines[2]]) + "\n")
    with pytest.raises(FaceReasonError, match=r"journal-00000\.jsonl, line 2: no row of a journal"):
        Journal(tmp_path).results()


def test_shards_are_begun_as_they_fill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "SHARD", 10)
    run(items(35), doubled, Journal(tmp_path))
    assert [len(path.read_text().splitlines()) for path in sorted(tmp_path.glob("*.jsonl"))] == [10, 10, 10, 5]
    assert run(items(40), doubled, Journal(tmp_path)).done == 5


def test_two_items_of_one_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="two items have the key 'a'"):
        run([Item("a", 1), Item("a", 2)], doubled, Journal(tmp_path), in_flight=1)


def test_results_must_be_plain_data(tmp_path: Path) -> None:
    async def odd(n: int) -> object:
        return {1, 2}

    with pytest.raises(FaceReasonError, match="no plain data"):
        run(items(1), odd, Journal(tmp_path))


def test_a_journal_has_one_writer(tmp_path: Path) -> None:
    writer = Journal(tmp_path).open()
    with pytest.raises(FaceReasonError, match="another run writes to this journal"):
        run(items(1), doubled, Journal(tmp_path))
    writer.close()


KILLED = """
import asyncio, sys
from pathlib import Path
from facereason.runner import Item, Journal, run

async def slow(n):
    await asyncio.sleep(0.02)
    print(n, flush=True)
    return n

run((Item(f"k{n}", n) for n in range(400)), slow, Journal(Path(sys.argv[1])), in_flight=8)
"""


def test_a_kill_in_the_middle_costs_at_most_what_is_in_flight(tmp_path: Path) -> None:
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    finished = 0
    for _ in process.stdout:
        finished += 1
        if finished == 200:
            os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(Journal(tmp_path).results())
    assert kept >= finished - 8
    assert run(items(400), doubled, Journal(tmp_path)).done == 400 - kept


def test_a_thousand_calls_of_fifty_milliseconds_take_little_more_than_plain_asyncio(tmp_path: Path) -> None:
    async def call(n: int) -> int:
        await asyncio.sleep(0.05)
        return n

    async def plain() -> None:
        gate = asyncio.Semaphore(64)

        async def one(n: int) -> int:
            async with gate:
                return await call(n)

        await asyncio.gather(*(one(n) for n in range(1000)))

    started = time.perf_counter()
    asyncio.run(plain())
    bare = time.perf_counter() - started
    started = time.perf_counter()
    run(items(1000), call, Journal(tmp_path), in_flight=64)
    assert time.perf_counter() - started < 1.3 * bare + 0.1


def test_memory_does_not_grow_with_the_payloads(tmp_path: Path) -> None:
    import tracemalloc

    def large() -> Iterator[Item]:
        return (Item(f"k{n}", bytes(100_000)) for n in range(500))

    async def size(payload: bytes) -> int:
        return len(payload)

    tracemalloc.start()
    run(large(), size, Journal(tmp_path), in_flight=4)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 10_000_000
    assert json.loads(next(iter(sorted(tmp_path.glob("*.jsonl")))).read_text().splitlines()[0])["result"] == 100_000
