"""`facereason caption`: a factual description of the people in photos."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from facereason.cli import apps, progress, show, sources, terminal
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    from facereason.agent.captions import Caption

app = apps.new()


@app.command(
    epilog=apps.examples(
        "facereason caption photo.jpg",
        "facereason caption photos/*.jpg --style long --jsonl > captions.jsonl",
        "facereason caption photo.jpg --model caption=openai/gpt-4o-mini",
    )
)
def caption(
    photos: Annotated[list[str] | None, typer.Argument(metavar="[PHOTO]...", help="Files or URLs.")] = None,
    example: Annotated[bool, typer.Option("--example", help=sources.EXAMPLE_HELP)] = False,
    style: Annotated[
        str, typer.Option("--style", "-s", metavar="STYLE", help="short, long (with action units and poses), or tags.")
    ] = "short",
    jsonl: Annotated[
        bool, typer.Option("--jsonl", help="Print each photo as one line of JSON: group, people, tags, boxes.")
    ] = False,
    faces: Annotated[bool, typer.Option("--faces", help="Print a line for each person too.")] = False,
    as_is: Annotated[bool, typer.Option("--as-is", help=sources.AS_IS_HELP)] = False,
    model: Annotated[str | None, typer.Option("--model", "-m", help=sources.MODEL_HELP)] = None,
) -> None:
    """Describe the people in photos: from what is read of them, or by a model, held against it.

    A model's claims that the readings speak against are told below the caption, and counted in the JSON.
    """
    from facereason.agent.captions import Style

    if style not in [each.value for each in Style]:
        raise UsageError(f"--style {style}: it is short, long or tags")
    given = list(photos or ())
    found: list[Any] = [sources.photo_or_example(None, True)] if example and not given else list(given)
    if example and given:
        raise UsageError("--example takes the place of the photo; leave one of them out")
    if not found:
        raise UsageError("no photo given; name one, or use --example")
    routes = sources.models(model)
    failed = False
    with progress.shown("looking", len(found)) as bar:
        from facereason.agent import FaceReason
        from facereason.agent.captions import caption as made

        asker = FaceReason(model=routes, upright=not as_is)
        for source in found:
            try:
                told = made(asker.chat(source), Style(style))
            except FaceReasonError as error:
                failed = True
                with bar.hidden():
                    _failed(str(source), error, jsonl)
                continue
            finally:
                bar.step()
            with bar.hidden():
                _print(told, str(source) if isinstance(source, str) else told.source, jsonl, faces, len(found) > 1)
    if failed:
        raise typer.Exit(1)


def _failed(source: str, error: FaceReasonError, jsonl: bool) -> None:
    if jsonl:
        show.as_json({"image": source, "error": str(error)}, one_line=True)
    else:
        terminal.complain(error)


def _print(told: Caption, source: str, jsonl: bool, faces: bool, several: bool) -> None:
    from facereason.agent.captions import supported
    from facereason.images import printable

    if jsonl:
        record = {
            "image": source,
            "caption": told.text,
            "style": told.style,
            "by": told.by,
            "tags": told.tags,
            "people": told.people,
            "claims": len(told.claims),
            "claims_supported": supported(told.claims),
            "disagreements": told.disagreements,
            "notes": told.notes,
        }
        show.as_json(record, one_line=True)
        return
    typer.echo(f"{printable(source)}: {told.text}" if several else told.text)
    if faces:
        for person in told.people:
            typer.echo(f"  person {person.number}: {', '.join(person.tags) if told.style == 'tags' else person.text}")
    for note in told.notes:
        typer.echo(f"  {note}")
    for each in told.disagreements:
        typer.echo(f"  but: {each.claim.words!r} is not what was measured: {each.evidence.statement}")
