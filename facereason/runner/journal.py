"""The journal of a run: a row an item, in shards of JSON lines, written as each is done."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facereason.runner.items import Row
from facereason.types import FaceReasonError

SHARD = 10_000
"""Rows of one file of a journal."""


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

    def open(self) -> Writer:
        return Writer(self.folder, self._shards())


class Writer:
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
