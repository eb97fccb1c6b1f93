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
    tools: Annotated[bool, typer.Option("--tools", help=sources.TOOLS_HELP)] = False,
    explain: Annotated[bool, typer.Option("--explain", help=sources.EXPLAIN_HELP)] = False,
    template: Annotated[str | None, typer.Option("--template", "-t", help=sources.TEMPLATE_HELP)] = None,
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help=sources.PARAM_HELP)] = None,
) -> None:
    """Answer a question about the faces in a photo.

    Prints the answer, then the measurements it rests on. That nobody fits, or that the question was not understood, is
    an answer too, and no error.
    """
    kept = sources.template(template, param)
    if kept.questions and question is not None:
        raise UsageError("--template brings its questions: leave the one on the line out")
    if example and question is None and not kept.questions:
        photo, question = None, photo
    if question is None and not kept.questions:
        raise UsageError('no question given; put it in quotes after the photo, or after --example: "Is she smiling?"')
    source = sources.photo_or_example(photo, example)
    asked = kept.template
    routes = sources.models(model) if model is not None else sources.models(asked.model, "the template's model")
    questions = [question] if question is not None else list(kept.questions)
    with progress.shown("looking"):
        from facereason.agent import FaceReason

        race, as_is, ask_again = race or asked.race, as_is or asked.as_is, ask_again or asked.ask_again
        faces = FaceReason(race=race, model=routes, upright=not as_is, again=ask_again, tools=tools)
        sources.tools(tools, faces)
        if len(questions) == 1:
            answers = [faces.ask(source, questions[0])]
        else:
            chat = faces.chat(source)
            answers = [chat.ask(each) for each in questions]
    for each in answers:
        if json:
            show.as_json(each, one_line=len(answers) > 1)
        else:
            show.answer(each, full_evidence=evidence, explain=explain)
