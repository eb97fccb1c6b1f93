"""Worker processes that end with the process that began them."""

from __future__ import annotations

import multiprocessing
import os
import threading
from multiprocessing import connection


def end_with_parent() -> None:
    """Called in a worker as it starts: when the process that began it is gone, killed perhaps, the worker ends at once
    with status 1. Without this the workers of a killed pool wait for work for ever. Does nothing outside a worker."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_watch, args=(parent.sentinel,), name="end-with-parent", daemon=True).start()


def _watch(sentinel: int) -> None:
    connection.wait([sentinel])
    os._exit(1)
