"""Work on a Ray cluster; the journal stays with whoever runs it."""

from __future__ import annotations

import asyncio
import inspect
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from facereason.runner.items import Begun, Item, Row
from facereason.types import FaceReasonError

DEATHS = 8
"""Workers in a row that may die without a result of any, before the run ends: then the work kills them."""

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


def on_ray(
    begun: Begun,
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

    def run(self, begun: Begun, finish: Callable[[Item, Row], None]) -> None:
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
