"""The app: which commands there are, and what becomes of errors."""

from __future__ import annotations

import importlib
import io
import sys
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from facereason import __version__
from facereason.cli import apps, terminal
from facereason.types import FaceReasonError, UsageError

# A command's module is imported when the command runs, or its help is shown. Each has an `app`.
COMMANDS = {
    "ask": "facereason.cli.ask",
    "chat": "facereason.cli.chat",
    "caption": "facereason.cli.caption",
    "look": "facereason.cli.look",
    "explain": "facereason.cli.explain",
    "judge": "facereason.cli.judge",
    "logs": "facereason.cli.logs",
    "templates": "facereason.cli.templates",
    "doctor": "facereason.cli.doctor",
    "studio": "facereason.cli.studio",
    "models": "facereason.cli.models",
    "data": "facereason.cli.data",
    "train": "facereason.cli.train",
    "bench": "facereason.cli.bench",
}


def main() -> None:
    """Run the command line in `sys.argv`: exit code 0 done, 1 failed or done with error rows, 2 wrong usage."""
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        # a character that a stream cannot take or show becomes its code; nothing fails because of one
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app(prog_name="facereason")
    except FaceReasonError as error:
        terminal.complain(error)
        sys.exit(2 if isinstance(error, UsageError) else 1)


class _LazyCommands(Mapping[str, Any]):
    """Commands by name, imported when looked up."""

    def __getitem__(self, name: str) -> Any:
        return typer.main.get_command(importlib.import_module(COMMANDS[name]).app)

    def __iter__(self) -> Iterator[str]:
        return iter(COMMANDS)

    def __len__(self) -> int:
        return len(COMMANDS)


class _LazyGroup(TyperGroup):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**{**attributes, "commands": _LazyCommands()})


app = typer.Typer(
    cls=_LazyGroup,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"facereason {__version__}")
        raise typer.Exit


@app.callback(epilog=apps.examples('facereason ask --example "How does she feel, and why?"'))
def facereason(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Ask questions about the faces in a photo, and see which measurements the answers rest on.

    It tells how somebody appears, not what they feel or who they are; not for use at work or in education: docs/care.md
    """
