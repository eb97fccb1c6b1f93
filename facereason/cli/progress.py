"""A progress bar on stderr for work that takes longer than a second, and nothing for work that does not."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING

from facereason.cli.terminal import is_terminal

if TYPE_CHECKING:
    from rich.progress import Progress

PATIENCE = 1.0


@contextlib.contextmanager
def shown(what: str, total: int | None = None) -> Iterator[Bar]:
    """Show that `what` is going on, after a second and on a terminal; with `total` steps where they can be counted."""
    bar = Bar(what, total)
    try:
        yield bar
    finally:
        bar.close()


class Bar:
    """Counts steps, and makes room for output in between."""

    def __init__(self, what: str, total: int | None) -> None:
        self._what = what
        self._total = total
        self._done = 0
        self._lock = threading.Lock()
        self._progress: Progress | None = None
        self._timer: threading.Timer | None = None
        if is_terminal(sys.stderr):
            self._timer = threading.Timer(PATIENCE, self._open)
            self._timer.daemon = True
            self._timer.start()

    def step(self) -> None:
        """One more is done."""
        with self._lock:
            self._done += 1
            if self._progress is not None:
                self._progress.update(self._progress.task_ids[0], completed=self._done)

    @contextlib.contextmanager
    def hidden(self) -> Iterator[None]:
        """Take the bar away while something is printed: stdout may be the same terminal."""
        with self._lock:
            if self._progress is None:
                yield
                return
            self._progress.stop()
            try:
                yield
            finally:
                self._progress.start()

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        with self._lock:
            self._timer = None
            if self._progress is not None:
                self._progress.stop()

    def _open(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        counted = (BarColumn(), MofNCompleteColumn()) if self._total is not None else ()
        columns = (SpinnerColumn(), TextColumn("{task.description}"), *counted, TimeElapsedColumn())
        with self._lock:
            if self._timer is None:  # closed while rich was loading
                return
            self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
            self._progress.add_task(self._what, total=self._total, completed=self._done)
            self._progress.start()
