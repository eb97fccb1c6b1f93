"""What was asked and answered, in one SQLite file: kept as it is said, searched by its words.

    log = Log()                                     # sessions.db in the user's folder
    for turn in log.search("happy OR glad"): ...

A file that cannot be written, because another program holds it or the disk is full, costs nothing that was said: turns
wait in memory and are written with the next one that can be. One process at a time talks in a session (`hold`).
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from facereason.types import FaceReasonError, UsageError

FILE = "sessions.db"
VERSION = 1
"""Of the tables; goes up when they change."""
PATIENCE = 1.0
"""Seconds to wait for another program that holds the file."""

_TABLES = """
CREATE TABLE sessions (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, started TEXT NOT NULL, options TEXT NOT NULL
);
CREATE TABLE photos (
    session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE, number INTEGER NOT NULL, source TEXT NOT NULL,
    sha256 TEXT NOT NULL, memory TEXT NOT NULL, PRIMARY KEY (session, number)
);
CREATE TABLE turns (
    id INTEGER PRIMARY KEY, session TEXT NOT NULL REFERENCES sessions(id) ON DELETE CASCADE, photo INTEGER NOT NULL,
    asked TEXT NOT NULL, model TEXT NOT NULL, question TEXT NOT NULL, text TEXT NOT NULL, outcome TEXT NOT NULL,
    answer TEXT NOT NULL
);
CREATE INDEX turns_of_session ON turns (session, id);
CREATE VIRTUAL TABLE words USING fts5 (question, text, content = 'turns', content_rowid = 'id', tokenize = 'porter');
CREATE TRIGGER turns_in AFTER INSERT ON turns BEGIN
    INSERT INTO words (rowid, question, text) VALUES (new.id, new.question, new.text);
END;
CREATE TRIGGER turns_out AFTER DELETE ON turns BEGIN
    INSERT INTO words (words, rowid, question, text) VALUES ('delete', old.id, old.question, old.text);
END;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A session. `options`: how it was asked (model, race ...), as plain data; `turns`: how many it has."""

    id: str
    name: str
    started: str
    options: Mapping[str, Any]
    turns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Photographed:
    """A photo of a session: `source` as it was opened (a whole path, or an address), hash of its pixels, and the
    chat's memory of it as plain data."""

    number: int
    source: str
    sha256: str
    memory: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One question with its answer. `asked`: when, UTC, ISO 8601; `answer`: the record as JSON gives it, its people by
    number."""

    session: str
    photo: int
    asked: str
    model: str
    question: str
    text: str
    outcome: str
    answer: Mapping[str, Any]
    id: int = 0


_Write = Callable[[sqlite3.Connection], None]


class Log:
    """The log at `path`, `sessions.db` in the user's folder where none is given; made when it is first written to.

    Reading raises FaceReasonError where the file is no log, is damaged or locked. Writing never does: what could not be
    written waits, in order, and `behind` says why.
    """

    def __init__(self, path: Path | None = None) -> None:
        if path is None:
            from facereason import resources

            path = resources.user_dir() / FILE
        self.path = path
        self.behind = ""
        self._waiting: list[_Write] = []
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()

    # ------------------------------------------------------------------------------------------------------- writing

    def start(self, session: Started) -> None:
        """Add a session; where its name is taken by another one, with a number behind it."""
        options = json.dumps(dict(session.options))

        def write(db: sqlite3.Connection) -> None:
            if db.execute("SELECT 1 FROM sessions WHERE id = ?", (session.id,)).fetchone():
                return
            name, number = _text(session.name), 1
            while db.execute("SELECT 1 FROM sessions WHERE name = ?", (name,)).fetchone():
                number += 1
                name = f"{_text(session.name)}-{number}"
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (session.id, name, session.started, options))

        self._write(write)

    @contextlib.contextmanager
    def hold(self, session: str) -> Iterator[None]:
        """Talk in a session, alone, until this ends, however it does. FaceReasonError where another process does."""
        folder = self.path.parent / "open-chats"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = (folder / f"{session}.lock").open("a")
        except OSError:
            yield  # no folder that can be written: nor can the log, which is told when it is written to
            return
        with file:
            if not _locked(file.fileno()):
                raise FaceReasonError(f"the chat {session} is open in another window: end it there, or begin another")
            try:
                yield
            finally:
                with contextlib.suppress(OSError):
                    (folder / f"{session}.lock").unlink()

    def photo(self, session: str, photo: Photographed) -> None:
        """Add a photo to a session, or replace what is known of it."""
        row = (session, photo.number, _text(photo.source), photo.sha256, json.dumps(photo.memory))
        self._write(lambda db: db.execute("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?)", row))

    def turn(self, turn: Logged, photo: Photographed) -> None:
        """Add a turn, and what is remembered of its photo after it; both or neither."""
        told = [getattr(turn, name) for name in _TURN[1:-1]]
        row = (*(_text(value) if isinstance(value, str) else value for value in told), json.dumps(dict(turn.answer)))
        about = (turn.session, photo.number, _text(photo.source), photo.sha256, json.dumps(photo.memory))

        def write(db: sqlite3.Connection) -> None:
            marks = ", ".join("?" * len(row))
            db.execute(f"INSERT INTO turns ({', '.join(_TURN[1:])}) VALUES ({marks})", row)
            db.execute("INSERT OR REPLACE INTO photos VALUES (?, ?, ?, ?, ?)", about)

        self._write(write)

    def forget(self, session: str) -> int:
        """Delete a session with all its turns; how many. FaceReasonError where that fails, or somebody talks in it."""
        with self.hold(session), self._reading() as db, db:
            turns = int(db.execute("SELECT count(*) FROM turns WHERE session = ?", (session,)).fetchone()[0])
            db.execute("DELETE FROM turns WHERE session = ?", (session,))
            db.execute("DELETE FROM photos WHERE session = ?", (session,))
            db.execute("DELETE FROM sessions WHERE id = ?", (session,))
        return turns

    def flush(self) -> bool:
        """Write what waits; whether nothing waits any more."""
        self._write(None)
        return not self._waiting

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            self._connection = None

    def _write(self, write: _Write | Callable[[sqlite3.Connection], Any] | None) -> None:
        with self._lock:
            if write is not None:
                self._waiting.append(write)
            if not self._waiting:
                return
            try:
                db = self._open()
                while self._waiting:
                    with db:
                        self._waiting[0](db)
                    self._waiting.pop(0)
            except _NEVER as error:  # what will never be taken must not hold back the rest
                self._waiting.pop(0)
                self.behind = f"a turn could not be kept ({error})"
                return
            except (sqlite3.Error, OSError, FaceReasonError) as error:
                self.behind = _why(error)
                return
            self.behind = ""

    # ------------------------------------------------------------------------------------------------------- reading

    def sessions(self, limit: int = 20) -> list[Started]:
        """The latest sessions, the last one used first."""
        rows = self._rows(
            "SELECT s.id, s.name, s.started, s.options, count(t.id) AS turns FROM sessions s "
            "LEFT JOIN turns t ON t.session = s.id GROUP BY s.id ORDER BY coalesce(max(t.id), 0) DESC, s.started DESC "
            "LIMIT ?",
            (limit,),
        )
        return [_started(row) for row in rows]

    def session(self, name: str) -> Started | None:
        """The session of this name or id."""
        rows = self._rows(
            "SELECT s.id, s.name, s.started, s.options, (SELECT count(*) FROM turns t WHERE t.session = s.id) AS turns "
            "FROM sessions s WHERE s.name = ? OR s.id = ?",
            (name, name),
        )
        return _started(rows[0]) if rows else None

    def photos(self, session: str) -> list[Photographed]:
        rows = self._rows("SELECT * FROM photos WHERE session = ? ORDER BY number", (session,))
        return [
            Photographed(number=row["number"], source=row["source"], sha256=row["sha256"], memory=_json(row["memory"]))
            for row in rows
        ]

    def turns(self, session: str | None = None, limit: int = 20, until: int | None = None) -> list[Logged]:
        """The latest turns, of one session or of all, the oldest of them first; `until`: up to the turn of this id."""
        where, values = "WHERE 1 ", list[str | int]()
        if session is not None:
            where, values = "WHERE session = ? ", [session]
        if until is not None:
            where, values = f"{where}AND id <= ? ", [*values, until]
        rows = self._rows(f"SELECT * FROM turns {where}ORDER BY id DESC LIMIT ?", (*values, limit))
        return [_logged(row) for row in reversed(rows)]

    def search(self, words: str, limit: int = 20) -> list[Logged]:
        """Turns whose question or answer has these words, the best matches first; quotes keep words together, OR and
        NOT mean what they say. UsageError where there is no word."""
        query = _query(words)
        rows = self._rows(
            "SELECT turns.* FROM words JOIN turns ON turns.id = words.rowid WHERE words MATCH ? ORDER BY rank LIMIT ?",
            (query, limit),
        )
        return [_logged(row) for row in rows]

    def _rows(self, sql: str, values: Sequence[Any]) -> list[sqlite3.Row]:
        with self._reading() as db:
            return db.execute(sql, values).fetchall() if db is not None else []

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Any]:
        """The connection; None where there is no file yet."""
        with self._lock:
            try:
                yield self._open() if self.path.exists() else None
            except (sqlite3.Error, OSError) as error:
                raise FaceReasonError(f"{self.path}: {_why(error)}") from None

    # ------------------------------------------------------------------------------------------------------ the file

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            new = not self.path.exists()
            db = sqlite3.connect(self.path, timeout=PATIENCE, check_same_thread=False)
            if new:
                self.path.chmod(0o600)  # who was asked about is nobody else's business
            try:
                _prepare(db, self.path)
            except BaseException:
                db.close()
                raise
            self._connection = db
        return self._connection


_NEVER = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.InterfaceError, sqlite3.ProgrammingError, ValueError)
_TURN = ("id", "session", "photo", "asked", "model", "question", "text", "outcome", "answer")


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    db.row_factory = sqlite3.Row
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise FaceReasonError("written by a newer facereason: update, or set FACEREASON_HOME elsewhere")
    if version == 0:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")  # another process may be making them as well
        try:
            if db.execute("PRAGMA user_version").fetchone()[0] == 0:
                if db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]:
                    raise FaceReasonError(f"{path}: is a database, but no log of facereason: move it away")
                for statement in _statements():
                    db.execute(statement)
                db.execute(f"PRAGMA user_version = {VERSION}")
            db.commit()
        except BaseException:
            db.rollback()
            raise
    db.execute("PRAGMA synchronous = NORMAL")


def _statements() -> Iterator[str]:
    """The statements of `_TABLES`, one by one: run as a script they would end the transaction."""
    statement = ""
    for part in _TABLES.split(";"):
        statement += f"{part};"
        if sqlite3.complete_statement(statement):
            if statement.strip(" ;\n"):
                yield statement
            statement = ""


def _text(value: str) -> str:
    """Text that a file can hold: what is no text (a name of a file in another encoding) by its codes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\0")


def _locked(descriptor: int) -> bool:
    if os.name != "posix":
        return True
    import fcntl

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _why(error: Exception) -> str:
    """What is wrong with the file, and what to do."""
    text = str(error)
    if isinstance(error, FaceReasonError):
        return text
    if "locked" in text or "busy" in text:
        return "another program holds the log: close it"
    if "unable to open" in text or "readonly" in text:
        return "cannot be opened here (a folder that may not be written?): set FACEREASON_HOME to one that can be"
    if "full" in text:
        return "the disk is full: make room"
    if isinstance(error, sqlite3.DatabaseError) and any(
        sign in text for sign in ("not a database", "malformed", "vtable constructor", "corrupt")
    ):
        return "is no log, or damaged: move it away, and a new one is begun"
    if isinstance(error, OSError):
        return f"cannot be opened ({error.strerror}): set FACEREASON_HOME to a folder that can be written"
    return f"cannot be used ({text}): check the file and its folder"


def _query(words: str) -> str:
    """Words as FTS5 takes them: each quoted, so that no sign of its language is one by accident."""
    parts = re.findall(r'"[^"]*"|\w+', "".join(letter for letter in words if letter.isprintable()))
    kept = [part if part in ("OR", "NOT", "AND") else f'"{part.strip(chr(34))}"' for part in parts]
    if kept[:1] == ["NOT"] or ("OR", "NOT") in itertools.pairwise(kept):
        raise UsageError("NOT needs something before it: happy NOT sad")
    while kept and kept[0] in ("OR", "NOT", "AND"):
        kept = kept[1:]
    while kept and kept[-1] in ("OR", "NOT", "AND"):
        kept = kept[:-1]
    if not any(part.strip('" ') for part in kept):
        raise UsageError("nothing to search for: give a word that was asked or answered")
    clean: list[str] = []
    for part in kept:
        if part in ("OR", "NOT", "AND") and clean and clean[-1] in ("OR", "NOT", "AND"):
            continue
        clean.append(part)
    return " ".join(clean)


def _started(row: sqlite3.Row) -> Started:
    return Started(
        id=row["id"], name=row["name"], started=row["started"], options=_json(row["options"]), turns=row["turns"]
    )


def _logged(row: sqlite3.Row) -> Logged:
    values: dict[str, Any] = dict(row)
    return Logged(**{**values, "answer": _json(values["answer"])})


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        raise FaceReasonError("the log is damaged: an entry is no JSON; move the file away") from None


def plain(turn: Logged) -> dict[str, Any]:
    """A turn as JSON writes it."""
    return asdict(turn)
