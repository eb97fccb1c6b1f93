"""Who is at the other end: a person at a terminal, a pipe, or nobody."""

from __future__ import annotations

import contextlib
import sys
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

    typer.echo(f"facereason: {printable(str(message), limit=1000)}", err=True)


def note(message: str) -> None:
    """Say on stderr, in one line, what is no error."""
    from facereason.images import printable

    typer.echo(printable(message, limit=1000), err=True)
