"""Who is at the other end: a person at a terminal, a pipe, or nobody."""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
import textwrap
from collections.abc import Iterator
from typing import TextIO

import typer


def is_terminal(stream: TextIO | None) -> bool:
    """Whether a standard stream is a terminal. It is None where the process was started with the stream closed."""
    return stream is not None and stream.isatty()


def piped() -> Iterator[str]:
    """Lines of stdin without blanks around them, up to its end or Ctrl-C."""
    if sys.stdin is None:
        return
    with contextlib.suppress(KeyboardInterrupt):
        yield from (line.strip() for line in sys.stdin)


def complain(message: object) -> None:
    """Say on stderr, in one line, what went wrong."""
    from facereason.images import printable

    typer.echo(wrapped(f"facereason: {printable(str(message), limit=1000)}", sys.stderr), err=True)


def note(message: str) -> None:
    """Say on stderr, in one line, what is no error."""
    from facereason.images import printable

    typer.echo(wrapped(printable(message, limit=1000), sys.stderr), err=True)


def say(message: str) -> None:
    """Say on stdout; lines are broken between words at the width of a terminal."""
    typer.echo(wrapped(message, sys.stdout))


def wrapped(text: str, stream: TextIO | None) -> str:
    """The text with its lines broken between words where `stream` is a terminal, as it is elsewhere."""
    if not is_terminal(stream):
        return text
    width = max(shutil.get_terminal_size().columns, 10)
    broken = [_broken(line, width) for line in text.split("\n")]
    return "\n".join(broken)


def _broken(line: str, width: int) -> str:
    indent = line[: len(line) - len(line.lstrip())]
    if len(line) <= width:
        return line
    return textwrap.fill(
        line.strip(),
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


class Flow:
    """Prints a text that comes in pieces, broken between words at the terminal's width."""

    def __init__(self) -> None:
        self._column, self._blank = 0, ""

    def add(self, piece: str) -> None:
        width = shutil.get_terminal_size().columns
        for part in re.findall(r"\n|[^\S\n]+|\S+", piece):
            if part == "\n":
                sys.stdout.write("\n")
                self._column, self._blank = 0, ""
            elif part.isspace():
                self._blank += part
            elif self._column and self._column + len(self._blank) + len(part) > width:
                sys.stdout.write(f"\n{part}")
                self._column, self._blank = len(part), ""
            else:
                sys.stdout.write(self._blank + part)
                self._column, self._blank = self._column + len(self._blank) + len(part), ""
        sys.stdout.flush()

    def end(self) -> None:
        """End the line, where one was begun."""
        if self._column or self._blank:
            sys.stdout.write("\n")
        self._column, self._blank = 0, ""
