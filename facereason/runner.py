"""One engine for work on many items: a journal to resume from, a budget, many in flight; with asyncio, in processes, or
on the machines of a Ray cluster.

    items = (Item(key=row.id, payload=row) for row in rows)
    report = run(items, ask, Journal(Path("out/run")), in_flight=64)       # `ask` is an async function of the payload
    for row in Journal(Path("out/run")).rows(): ...

Every result is in the journal before the next item is begun in its place, so that whatever kills the process costs at
most the items in flight. Running the same again does what is left. Memory does not grow with the payloads: items are
taken from an iterator as they are begun, and of those done only a hash of their key is kept.
"""

from __future__ import annotations

import asyncio
import hashlib
import inspect
import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facereason.types import FaceReasonError, UsageError

SHARD = 10_000
"""Rows of one file of a journal."""


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


class Journal:
    """Rows of results in a folder, appended as they come. A row that was cut by a kill is left out, and its item done
    again. One process writes at a time: FaceReasonError where another one does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self) -> Iterator[Row]:
        """Every row, of an item that was done again the last one only by its place: later rows replace earlier ones."""
        for path in self._shards():
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    row = _row(line)
                    if row is not None:
                        yield row
                    elif line.endswith(b"\n"):
                        raise FaceReasonError(f"{path}, line {number}: no row of a journal; move the file away")

    def results(self) -> dict[str, Any]:
        """The last result of each key; those that failed are left out. Holds all of them in memory."""
        found: dict[str, Any] = {}
        for row in self.rows():
            if row.error:
                found.pop(row.key, None)
            else:
                found[row.key] = row.result
        return found

    def _shards(self) -> list[Path]:
        return sorted(self.folder.glob("journal-*.jsonl"))

    def open(self) -> _Writer:
        return _Writer(self.folder, self._shards())


class _Writer:
    """Appends to the last shard, mends a torn end, begins the next when it is full; holds the folder's lock."""

    def __init__(self, folder: Path, shards: list[Path]) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._lock = (folder / "lock").open("a")
            _locked(self._lock.fileno(), folder)
            self._number = len(shards) - 1 if shards else 0
            last = folder / f"journal-{self._number:05d}.jsonl"
            self._rows = _mended(last) if last.exists() else 0
            self._file = last.open("ab")
        except OSError as error:
            raise FaceReasonError(f"{folder}: no journal can be written there ({error.strerror})") from None

    def add(self, row: Row) -> None:
        if self._rows >= SHARD:
            self._file.close()
            self._number += 1
            self._file = (self._folder / f"journal-{self._number:05d}.jsonl").open("ab")
            self._rows = 0
        told: dict[str, Any] = {"key": row.key, "seconds": round(row.seconds, 4)}
        told |= {"error": row.error} if row.error else {"result": row.result}
        try:
            self._file.write(json.dumps(told, ensure_ascii=False, allow_nan=False).encode() + b"\n")
            self._file.flush()
        except OSError as error:
            raise FaceReasonError(
                f"{self._folder}: a result cannot be written ({error.strerror}); the journal stays, run again"
            ) from None
        except (TypeError, ValueError) as error:
            raise FaceReasonError(f"the result of {row.key!r} is no plain data: {error}") from None
        self._rows += 1

    def close(self) -> None:
        self._file.close()
        self._lock.close()


def _locked(descriptor: int, folder: Path) -> None:
    if os.name != "posix":
        return
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise FaceReasonError(f"{folder}: another run writes to this journal; wait for it, or name another") from None


def _mended(path: Path) -> int:
    """Cuts off a torn last line; how many rows are left."""
    with path.open("rb+") as file:
        rows = end = 0
        for line in file:
            if line.endswith(b"\n"):
                rows, end = rows + 1, end + len(line)
        file.truncate(end)
    return rows


def _row(line: bytes) -> Row | None:
    try:
        told = json.loads(line)
        return Row(
            key=told["key"], result=told.get("result"), error=told.get("error", ""), seconds=told.get("seconds", 0.0)
        )
    except (ValueError, KeyError, TypeError):
        return None


# -------------------------------------------------------------------------------------------------------------- running

Work = Callable[[Any], Any] | Callable[[Any], Awaitable[Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ray:
    """Work on a Ray cluster: the one that RAY_ADDRESS names, else one on this machine, for the time of the run.

    `make` gives the work; it is called once in each worker, so that what cannot be sent (a client, a model) is made
    there. It is pickled, as are payloads, results and exceptions. `workers`: processes, by the cluster's processors
    where None. The journal stays with whoever calls `run`.
    """

    make: Callable[[], Work]
    workers: int | None = None


def run(
    items: Iterable[Item],
    work: Work | Ray,
    journal: Journal,
    *,
    in_flight: int = 64,
    budget: Budget = Budget(),
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
    begun = _Begun(items, done, budget, report)

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
            _on_ray(begun, work, in_flight, failures, finish)
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
            done.discard(_hash(row.key))
        else:
            done.add(_hash(row.key))
    report.before = len(done)
    return done


def _hash(key: str) -> bytes:
    return hashlib.blake2b(key.encode(), digest_size=16).digest()


class _Begun:
    """Items that are still to be done, one after the other, as long as the budget lasts."""

    def __init__(self, items: Iterable[Item], done: set[bytes], budget: Budget, report: Report) -> None:
        self._items, self._done, self._budget, self._report = iter(items), done, budget, report
        self._seen: set[bytes] = set()
        self._started, self._count = time.monotonic(), 0

    def next(self) -> Item | None:
        for item in self._items:
            key = _hash(item.key)
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


async def _asked(
    begun: _Begun,
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
    begun: _Begun,
    work: Callable[[Any], Any],
    in_flight: int,
    failures: tuple[type[Exception], ...],
    finish: Callable[[Item, Row], None],
) -> None:
    with ProcessPoolExecutor(in_flight) as pool:
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


# ---------------------------------------------------------------------------------------------------------------- Ray

DEATHS = 8
"""Workers in a row that may die without a result of any, before the run ends: then the work kills them."""


class _Worker:
    """What runs in a worker of Ray. Failures are told as results; any other exception is Ray's to carry."""

    def __init__(self, failures: tuple[type[Exception], ...]) -> None:
        self._failures = failures
        self._work: Work | None = None

    async def begin(self, make: Callable[[], Work]) -> None:
        self._work = make()

    async def do(self, payload: Any) -> tuple[Any, str, float]:
        """Result, error and seconds."""
        assert self._work is not None
        started = time.perf_counter()
        try:
            if inspect.iscoroutinefunction(self._work):
                result = await self._work(payload)
            else:
                result = await asyncio.to_thread(self._work, payload)
            error = ""
        except self._failures as failure:
            result, error = None, str(failure) or type(failure).__name__
        return result, error, time.perf_counter() - started


def _on_ray(
    begun: _Begun,
    work: Ray,
    in_flight: int,
    failures: tuple[type[Exception], ...],
    finish: Callable[[Item, Row], None],
) -> None:
    ray = _ray()
    own = not ray.is_initialized()
    if own:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        try:
            address = os.environ.get("RAY_ADDRESS")
            here = {} if address else {"include_dashboard": False}
            ray.init(address or "local", logging_level="ERROR", log_to_driver=False, **here)
        except Exception as error:  # noqa: BLE001 (Ray raises bare ones where its processes do not begin in time)
            raise FaceReasonError(f"no Ray cluster could be reached or begun: {str(error).splitlines()[0]}") from None
    crew = None
    try:
        crew = _Crew(ray, work, in_flight, failures)
        crew.run(begun, finish)
    finally:
        if own:
            ray.shutdown()
        elif crew is not None:
            crew.dismiss()


def _ray() -> Any:
    try:
        import ray
    except ImportError:
        raise FaceReasonError('running on Ray needs ray: pip install "facereason[scale]"') from None
    return ray


class _Crew:
    """The workers, and what each has in flight."""

    def __init__(self, ray: Any, work: Ray, in_flight: int, failures: tuple[type[Exception], ...]) -> None:
        self._ray, self._work, self._in_flight, self._failures = ray, work, in_flight, failures
        asked = work.workers or int(ray.cluster_resources().get("CPU", 1))
        count = max(1, min(asked, in_flight))
        self._each = -(-in_flight // count)
        self._running: dict[Any, tuple[Item, int]] = {}
        self._load = [0] * count
        self._deaths = 0
        self._workers = [self._hired() for _ in range(count)]
        self._begin(range(count))

    def run(self, begun: _Begun, finish: Callable[[Item, Row], None]) -> None:
        while True:
            while len(self._running) < self._in_flight and (item := begun.next()) is not None:
                place = self._load.index(min(self._load))
                self._load[place] += 1
                self._running[self._workers[place].do.remote(item.payload)] = (item, place)
            if not self._running:
                return
            for done in self._ray.wait(list(self._running), num_returns=1)[0]:
                self._take(done, finish)

    def dismiss(self) -> None:
        for worker in self._workers:
            self._ray.kill(worker)

    def _take(self, done: Any, finish: Callable[[Item, Row], None]) -> None:
        item, place = self._running[done]
        try:
            result, error, seconds = self._ray.get(done)
        except self._ray.exceptions.RayActorError:
            self._replace(place, finish)
            return
        except self._ray.exceptions.RayTaskError as failure:
            raise failure.cause from None
        del self._running[done]
        self._load[place] -= 1
        self._deaths = 0
        finish(item, Row(key=item.key, result=result, error=error, seconds=seconds))

    def _replace(self, place: int, finish: Callable[[Item, Row], None]) -> None:
        """Another worker for one that died. What that one had finished before is taken, the rest are error rows."""
        own = [ref for ref, (_, at) in self._running.items() if at == place]
        for ref in own:
            item, _ = self._running.pop(ref)
            try:
                result, error, seconds = self._ray.get(ref)
            except self._ray.exceptions.RayActorError:
                result, error, seconds = None, "its worker died; run again", 0.0
            except self._ray.exceptions.RayTaskError as failure:
                raise failure.cause from None
            finish(item, Row(key=item.key, result=result, error=error, seconds=seconds))
        self._load[place] = 0
        self._deaths += 1
        if self._deaths > DEATHS:
            raise FaceReasonError(
                f"{self._deaths} workers of Ray died one after the other without a result: see `ray logs`, "
                "what was done before is in the journal"
            )
        self._workers[place] = self._hired()
        self._begin([place])

    def _hired(self) -> Any:
        # Nothing is tried again unseen. No processor is reserved: a small cluster takes as many as are asked for.
        actor = self._ray.remote(
            num_cpus=0, max_restarts=0, max_task_retries=0, max_concurrency=self._each, scheduling_strategy="SPREAD"
        )(_Worker)
        return actor.remote(self._failures)

    def _begin(self, places: Iterable[int]) -> None:
        try:
            self._ray.get([self._workers[place].begin.remote(self._work.make) for place in places])
        except self._ray.exceptions.RayTaskError as error:
            raise error.cause from None
        except self._ray.exceptions.RayActorError as error:
            raise FaceReasonError(f"a worker of Ray did not start: {str(error).splitlines()[0]}") from None
