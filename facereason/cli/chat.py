"""`facereason chat`: several questions about the same photo."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from facereason.cli import apps, progress, show, sources, terminal
from facereason.types import FaceReasonError

if TYPE_CHECKING:
    from facereason.agent import Chat

app = apps.new()

HELP = """\
Ask about the people in the photo:
  How many people are there?
  How does the woman on the left feel, and why?
  And the man beside her?
"she", "he" and "the other one" are whom the talk was about.
  /people  what was measured
  /help    this text
  /quit    end; so do Ctrl-D and Ctrl-C"""


@app.command(
    epilog=apps.examples(
        "facereason chat photo.jpg", "facereason chat photo.jpg --json < questions.txt > answers.jsonl"
    )
)
def chat(
    photo: Annotated[str | None, typer.Argument(metavar="PHOTO", help="A file or URL.")] = None,
    example: Annotated[bool, typer.Option("--example", help=sources.EXAMPLE_HELP)] = False,
    json: Annotated[bool, typer.Option("--json", help="Print answers only, each as one line of JSON.")] = False,
    race: Annotated[bool, typer.Option("--race", help=sources.RACE_HELP)] = False,
    as_is: Annotated[bool, typer.Option("--as-is", help=sources.AS_IS_HELP)] = False,
    model: Annotated[str | None, typer.Option("--model", "-m", help=sources.MODEL_HELP)] = None,
    ask_again: Annotated[bool, typer.Option("--ask-again", help=sources.AGAIN_HELP)] = False,
    explain: Annotated[bool, typer.Option("--explain", help=sources.EXPLAIN_HELP)] = False,
) -> None:
    """Ask several questions about the same photo.

    One question a line, typed or piped in. /people shows what was measured, /help helps, /quit ends.
    """
    source = sources.photo_or_example(photo, example)
    routes = sources.models(model)
    with progress.shown("looking"):
        from facereason.agent import FaceReason

        session = FaceReason(race=race, model=routes, upright=not as_is, again=ask_again).chat(source)
    if not json:
        typer.echo(_greeting(len(session.scene.people)))
    failed = False
    for line in terminal.lines("> "):
        if line in ("/quit", "/exit"):
            break
        if line:
            failed |= not _reply(session, line, json, explain)
    # who types sees what went wrong, and has gone on; a script has not
    if failed and not terminal.is_terminal(sys.stdin):
        raise typer.Exit(1)


def _greeting(people: int) -> str:
    found = {0: "Nobody was found in this photo.", 1: "1 person was found: number 1."}.get(
        people, f"{people} people were found: numbers 1 to {people}, from left to right."
    )
    return f"{found}\n/people shows more, /help helps, /quit ends."


def _reply(session: Chat, line: str, json: bool, explain: bool) -> bool:
    """Answer one line; False where it could not be."""
    if line == "/help":
        typer.echo(HELP, err=json)
        return True
    if line == "/people":
        people = session.scene.people
        if json:
            show.as_json(people, one_line=True)
        else:
            show.people(people)
        return True
    try:
        if line.startswith("/"):
            raise FaceReasonError(f"there is no {line.split()[0]}; /help lists what there is")
        answer = session.ask(line)
    except FaceReasonError as error:
        if json:
            show.as_json({"question": line, "error": str(error)}, one_line=True)
        else:
            terminal.complain(error)
        return False
    if json:
        show.as_json(answer, one_line=True)
    else:
        show.answer(answer, full_evidence=False, explain=explain)
    return True
