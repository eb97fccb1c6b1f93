"""`facereason ask`: one question about one photo."""

from __future__ import annotations

from typing import Annotated

import typer

from facereason.cli import apps, progress, show, sources
from facereason.types import UsageError

app = apps.new()


@app.command(
    epilog=apps.examples(
        'facereason ask photo.jpg "How does she feel, and why?"',
        'facereason ask --example "Is she smiling?"',
        'facereason ask https://example.org/party.jpg "Who looks happiest?"',
    )
)
def ask(
    photo: Annotated[
        str | None, typer.Argument(metavar="PHOTO", help="A file or URL; leave it out with --example.")
    ] = None,
    question: Annotated[str | None, typer.Argument(metavar="QUESTION", help="A question, in quotes.")] = None,
    example: Annotated[bool, typer.Option("--example", help=sources.EXAMPLE_HELP)] = False,
    json: Annotated[bool, typer.Option("--json", help="Print the whole answer as JSON.")] = False,
    race: Annotated[bool, typer.Option("--race", help=sources.RACE_HELP)] = False,
    as_is: Annotated[bool, typer.Option("--as-is", help=sources.AS_IS_HELP)] = False,
    model: Annotated[str | None, typer.Option("--model", "-m", help=sources.MODEL_HELP)] = None,
    ask_again: Annotated[bool, typer.Option("--ask-again", help=sources.AGAIN_HELP)] = False,
    evidence: Annotated[
        bool, typer.Option("--evidence", "-e", help="Show where each measurement comes from and how sure it is.")
    ] = False,
    explain: Annotated[bool, typer.Option("--explain", help=sources.EXPLAIN_HELP)] = False,
) -> None:
    """Answer a question about the faces in a photo.

    Prints the answer, then the measurements it rests on. That nobody fits, or that the question was not understood, is
    an answer too, and no error.
    """
    if example and question is None:
        photo, question = None, photo
    if question is None:
        raise UsageError('no question given; put it in quotes after the photo, or after --example: "Is she smiling?"')
    source = sources.photo_or_example(photo, example)
    routes = sources.models(model)
    with progress.shown("looking"):
        from facereason.agent import FaceReason

        answer = FaceReason(race=race, model=routes, upright=not as_is, again=ask_again).ask(source, question)
    if json:
        show.as_json(answer)
    else:
        show.answer(answer, full_evidence=evidence, explain=explain)
