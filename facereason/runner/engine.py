"""Runs work: in this process's event loop, in processes, or on Ray."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from typing import Any

from facereason.processes import end_with_parent
from facereason.runner.items import Begun, Budget, Item, Report, Row, hash_of
from facereason.runner.journal import Journal
from facereason.runner.on_ray import Ray, Work, on_ray
from facereason.types import FaceReasonError, UsageError

UNLIMITED = Budget()


def run(
    items: Iterable[Item],
    work: Work | Ray,
    journal: Journal,
    *,
    in_flight: int = 64,
    budget: Budget = UNLIMITED,
    failures: tuple[type[Exception], ...] = (FaceReasonError,),
    again: bool = True,
    step: Callable[[Row], None] = lambda row: None,
    seen: Callable[[Any, Row], None] = lambda payload, row: None,
) -> Report:
    """Do the work of every item that the journal does not have yet.

    `work` is an async function, of which `in_flight` run at a time in this process's event loop, or a plain function
    that can be pickled, which runs in as many processes, or `Ray`, with as many in all its workers. An exception of
    `failures` becomes the item's row, and with `again` the item is tried anew in the next run; any other one ends the
    run, what is in the journal stays. `seen` is called with the payload of each row before it is written, `step` after
    it is. UsageError where two items have the same key.

    A worker of Ray that dies takes what it had in flight with it: these items become error rows, another worker takes
    its place, and the next run does them. FaceReasonError where workers keep dying before one has given a result.
    """
    if in_flight < 1:
        raise UsageError(f"in_flight must be 1 or more, not {in_flight}")
    report = Report()
    done = _done(journal, again, report)
    writer = journal.open()
    begun = Begun(items, done, budget, report)

    def finish(item: Item, row: Row) -> None:
        seen(item.payload, row)
        writer.add(row)
        report.done += not row.error
        report.failed += bool(row.error)
        if row.error:
            report.errors[row.error] = report.errors.get(row.error, 0) + 1
        step(row)

    try:
        if isinstance(work, Ray):
            on_ray(begun, work, in_flight, failures, finish)
        elif inspect.iscoroutinefunction(work):
            asyncio.run(_asked(begun, work, in_flight, failures, finish))
        else:
            _processed(begun, work, in_flight, failures, finish)
    except BaseExceptionGroup as group:
        raise _first(group) from None
    finally:
        writer.close()
    return report


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """What ended the first of the tasks."""
    error = group.exceptions[0]
    return _first(error) if isinstance(error, BaseExceptionGroup) else error


def _done(journal: Journal, again: bool, report: Report) -> set[bytes]:
    done: set[bytes] = set()
    for row in journal.rows():
        if row.error and again:
            done.discard(hash_of(row.key))
        else:
            done.add(hash_of(row.key))
    report.before = len(done)
    return done


async def _asked(
    begun: Begun,
    work: Callable[[Any], Awaitable[Any]],
    in_flight: int,
    failures: tuple[type[Exception], ...],
    finish: Callable[[Item, Row], None],
) -> None:
    """`in_flight` tasks, each taking the next item when it is through with one."""

    async def one() -> None:
        while (item := begun.next()) is not None:
            started = time.perf_counter()
            try:
                result, error = await work(item.payload), ""
            except failures as failure:
                result, error = None, str(failure) or type(failure).__name__
            finish(item, Row(key=item.key, result=result, error=error, seconds=time.perf_counter() - started))

    async with asyncio.TaskGroup() as group:
        for _ in range(in_flight):
            group.create_task(one())


def _timed(work: Callable[[Any], Any], payload: Any) -> tuple[Any, float]:
    started = time.perf_counter()
    return work(payload), time.perf_counter() - started


def _processed(
    begun: Begun,
    work: Callable[[Any], Any],
    in_flight: int,
    failures: tuple[type[Exception], ...],
    finish: Callable[[Item, Row], None],
) -> None:
    with ProcessPoolExecutor(in_flight, initializer=end_with_parent) as pool:
        running: dict[Future[tuple[Any, float]], Item] = {}
        try:
            while True:
                while len(running) < in_flight and (item := begun.next()) is not None:
                    running[pool.submit(_timed, work, item.payload)] = item
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    item = running.pop(future)
                    try:
                        result, seconds = future.result()
                    except failures as failure:
                        finish(item, Row(key=item.key, error=str(failure) or type(failure).__name__))
                    else:
                        finish(item, Row(key=item.key, result=result, seconds=seconds))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
