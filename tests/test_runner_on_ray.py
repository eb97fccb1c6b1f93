"""The journal runner on Ray, on one machine: the same journal, and what kills cost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from facereason.runner import Budget, Item, Journal, Ray, run
from facereason.types import FaceReasonError

RAY = pytest.mark.skipif(
    subprocess.run([sys.executable, "-c", "import ray"], capture_output=True, check=False).returncode != 0,
    reason='ray is not installed: pip install "facereason[scale]"',
)
IN_FLIGHT = 8


def items(count: int) -> Iterator[Item]:
    return (Item(key=f"k{n}", payload=n) for n in range(count))


def make(calls: str, seconds: float = 0.02) -> Callable[[int], Any]:
    """Work that notes each call, and the process that it is made in, in a file before it takes its time."""
    import asyncio

    async def slow(n: int) -> int:
        with Path(calls).open("a") as file:
            file.write(f"{n} {os.getpid()}\n")
        await asyncio.sleep(seconds)
        if n == 1000:
            raise FaceReasonError("a thousand")
        if n == 2000:
            raise ZeroDivisionError("two thousand")
        return 2 * n

    return slow


def made(calls: Path, workers: int = 2) -> Ray:
    import functools

    return Ray(make=functools.partial(make, str(calls)), workers=workers)


@pytest.fixture(scope="module")
def cluster() -> Iterator[None]:
    """One for the tests that need none of their own: it takes seconds to begin."""
    import ray

    ray.init("local", include_dashboard=False, logging_level="ERROR", log_to_driver=False)
    yield
    ray.shutdown()


def noted(calls: Path) -> list[int]:
    return [int(line.split()[0]) for line in calls.read_text().splitlines()] if calls.is_file() else []


@RAY
def test_items_are_done_once_failures_are_rows_and_any_other_exception_ends_the_run(
    cluster: None, tmp_path: Path
) -> None:
    calls, journal = tmp_path / "calls", Journal(tmp_path / "run")
    report = run([*items(30), Item("odd", 1000)], made(calls), journal, in_flight=IN_FLIGHT, budget=Budget(items=40))
    assert (report.done, report.failed, report.errors) == (30, 1, {"a thousand": 1})
    assert journal.results() == {f"k{n}": 2 * n for n in range(30)}
    assert sorted(noted(calls)) == [*range(30), 1000]
    assert len({line.split()[1] for line in calls.read_text().splitlines()} - {str(os.getpid())}) == 2
    with pytest.raises(ZeroDivisionError, match="two thousand"):
        run([*items(31), Item("bad", 2000)], made(calls), journal, in_flight=1)
    assert len(journal.results()) == 31


@RAY
def test_a_worker_that_is_killed_costs_at_most_what_is_in_flight(cluster: None, tmp_path: Path) -> None:
    calls, journal = tmp_path / "calls", Journal(tmp_path / "run")
    killed: list[int] = []

    def step(row: Any) -> None:
        if not killed and len(noted(calls)) > 60:
            killed.append(int(calls.read_text().splitlines()[-1].split()[1]))
            os.kill(killed[0], signal.SIGKILL)

    report = run(items(200), made(calls), journal, in_flight=IN_FLIGHT, step=step)
    assert len(killed) == 1
    assert 1 <= report.failed <= IN_FLIGHT
    assert (report.done + report.failed, set(report.errors)) == (200, {"its worker died; run again"})
    again = run(items(200), made(calls), journal, in_flight=IN_FLIGHT)
    assert (again.done, again.before) == (report.failed, 200 - report.failed)
    assert journal.results() == {f"k{n}": 2 * n for n in range(200)}
    assert len(noted(calls)) <= 200 + IN_FLIGHT


DRIVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from facereason.runner import Journal, run
from tests.test_runner_on_ray import IN_FLIGHT, items, made

run(items(200), made(Path(sys.argv[1])), Journal(Path(sys.argv[2])), in_flight=IN_FLIGHT)
"""


@RAY
def test_a_driver_that_is_killed_costs_at_most_what_is_in_flight(cluster: None, tmp_path: Path) -> None:
    calls, folder = tmp_path / "calls", tmp_path / "run"
    process = subprocess.Popen([sys.executable, "-c", DRIVER, str(calls), str(folder), str(Path(__file__).parents[1])])
    until = time.monotonic() + 240
    while len(noted(calls)) < 100:
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    kept = len(Journal(folder).results())
    assert 100 - IN_FLIGHT <= kept < 200
    time.sleep(2)  # its workers end with it
    before = len(noted(calls))
    assert before - kept <= IN_FLIGHT
    again = run(items(200), made(calls), Journal(folder), in_flight=IN_FLIGHT)
    assert (again.done, again.before) == (200 - kept, kept)
    assert len(Journal(folder).results()) == 200
    assert len(noted(calls)) <= 200 + IN_FLIGHT


@RAY
def test_work_that_cannot_be_made_says_why(cluster: None, tmp_path: Path) -> None:
    with pytest.raises(FaceReasonError, match="no model of this name"):
        run(items(3), Ray(make=unmade, workers=1), Journal(tmp_path))


def unmade() -> Callable[[Any], Any]:
    raise FaceReasonError("no model of this name")


def test_without_ray_one_line_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(FaceReasonError, match=r'running on Ray needs ray: pip install "facereason\[scale\]"'):
        run(items(3), Ray(make=unmade), Journal(tmp_path))
    assert Journal(tmp_path).results() == {}
