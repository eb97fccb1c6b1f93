"""`facereason templates`: questions kept under a name."""

from __future__ import annotations

from typing import Annotated

import typer

from facereason.cli import apps, terminal
from facereason.types import UsageError

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(
    invoke_without_command=True,
    epilog=apps.examples(
        "facereason templates",
        "facereason templates show face",
        'facereason ask photo.jpg --template face --param who="the man on the left"',
    ),
)
def templates(context: typer.Context) -> None:
    """List templates: questions kept under a name, for ask and chat.

    Own ones are YAML files in the folder that the last line names, with the keys questions, about, defaults, model,
    race, as_is and ask_again.
    """
    if context.invoked_subcommand is not None:
        return
    from facereason.sessions import templates as kept

    failed = False
    for name, path in kept.names():
        try:
            template = kept.load(str(path))
        except UsageError as error:
            terminal.complain(error)
            failed = True
            continue
        parameters = "".join(f" {each}=..." for each in template.parameters)
        typer.echo(f"{name}{parameters}  {template.about}")
    typer.echo(f"own ones: {kept.own()}")
    if failed:
        raise typer.Exit(1)


@app.command()
def show(name: Annotated[str, typer.Argument(metavar="NAME", help="A name, or a path.")]) -> None:
    """Print a template."""
    from facereason.sessions import templates as kept

    kept.load(name)
    typer.echo(kept._path(name).read_text(encoding="utf-8").rstrip())
