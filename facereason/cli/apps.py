"""How every command is set up."""

from __future__ import annotations

import typer


def new() -> typer.Typer:
    """An app to hang a command on, with plain help: it fits narrow terminals, files and documents alike."""
    return typer.Typer(
        add_completion=False, rich_markup_mode=None, context_settings={"help_option_names": ["-h", "--help"]}
    )


def examples(*lines: str) -> str:
    """The end of a help text; the mark in front keeps lines as they are."""
    return "\n".join(("\b", "Examples:", *(f"  {line}" for line in lines)))
