"""`facereason logs`: what was asked and answered in chats on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from facereason.cli import apps, show
from facereason.types import FaceReasonError

if TYPE_CHECKING:
    from facereason.sessions import Log, Logged

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=False,
)

LIMIT = Annotated[int, typer.Option("--limit", "-n", min=1, help="How many at most.")]
JSON = Annotated[bool, typer.Option("--json", help="Print each as one line of JSON.")]
SESSION = Annotated[str, typer.Argument(metavar="SESSION", help="Its name.")]


@app.callback(
    invoke_without_command=True,
    epilog=apps.examples("facereason logs", 'facereason logs search "happy woman"', "facereason logs show holiday"),
)
def logs(context: typer.Context, limit: LIMIT = 10, json: JSON = False) -> None:
    """Show what was asked in chats on this machine; without a command, the last questions of all.

    Nothing of it leaves the machine. `facereason chat --no-log` keeps nothing.
    """
    if context.invoked_subcommand is None:
        log = _log()
        _show(log, log.turns(limit=limit), json, "nothing is logged yet")


@app.command(epilog=apps.examples('facereason logs search "happy woman"', "facereason logs search angry OR sad"))
def search(
    words: Annotated[list[str], typer.Argument(metavar="WORDS...", help="Words of questions or answers.")],
    limit: LIMIT = 10,
    json: JSON = False,
) -> None:
    """Find questions and answers by their words, the best matches first.

    All words have to be there; OR and NOT, in capitals, mean what they say, and quotes keep words together.
    """
    log = _log()
    _show(log, log.search(" ".join(words), limit), json, "the log has nothing like that")


@app.command()
def sessions(limit: LIMIT = 20, json: JSON = False) -> None:
    """List chats, the last one used first; `facereason chat --session NAME` goes on with one."""
    from facereason.images import printable

    for each in _log().sessions(limit):
        if json:
            show.as_json(each, one_line=True)
        else:
            typer.echo(f"{printable(each.name)}  {each.started}  {each.turns} question{'' if each.turns == 1 else 's'}")


@app.command("show")
def show_(session: SESSION, limit: LIMIT = 1000, json: JSON = False) -> None:
    """Show one chat."""
    log = _log()
    from facereason.sessions.session import find

    _show(log, log.turns(find(log, session).id, limit), json, "nothing was asked in it")


@app.command()
def forget(session: SESSION) -> None:
    """Delete one chat from the log."""
    log = _log()
    from facereason.sessions.session import find

    turns = log.forget(find(log, session).id)
    typer.echo(f"forgotten: {turns} question{'' if turns == 1 else 's'}")


@app.command()
def path() -> None:
    """Print where the log lies."""
    typer.echo(_log().path)


def _log() -> Log:
    from facereason.sessions import Log

    return Log()


def _show(log: Log, turns: Sequence[Logged], json: bool, none: str) -> None:
    from facereason.cli.terminal import say
    from facereason.images import printable

    names = {} if json else {each.id: each.name for each in log.sessions(limit=100_000)}
    for turn in turns:
        if json:
            show.as_json(turn, one_line=True)
            continue
        typer.echo(f"{turn.asked}  {printable(names.get(turn.session, turn.session))}  photo {turn.photo}")
        say(f"> {printable(turn.question, limit=2000)}")
        say(f"{printable(turn.text, limit=10_000)}\n")
    if not turns and not json:
        raise FaceReasonError(none)
