"""`facereason look`: what is measured in photos, as tables, JSON, CSV and drawings."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facereason.cli import apps, progress, show, sources, terminal
from facereason.cli.csv_table import CsvTable
from facereason.cli.drawings import Drawings
from facereason.types import FaceReasonError, Scene, UsageError

if TYPE_CHECKING:
    from facereason.images import Source

app = apps.new()


@app.command(
    epilog=apps.examples(
        "facereason look photo.jpg other.jpg",
        "facereason look holiday/*.jpg --csv faces.csv --draw drawn/",
        "facereason look --example --json",
    )
)
def look(
    photos: Annotated[list[str] | None, typer.Argument(metavar="PHOTO", help="Files or URLs.")] = None,
    example: Annotated[bool, typer.Option("--example", help=sources.EXAMPLE_HELP)] = False,
    json: Annotated[bool, typer.Option("--json", help="Print a list with a record a photo, and nothing else.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write a row a person to this file.")
    ] = None,
    draw: Annotated[
        Path | None, typer.Option("--draw", metavar="DIR", help="Write NAME.faces.png, with boxes, to this folder.")
    ] = None,
    race: Annotated[bool, typer.Option("--race", help=sources.RACE_HELP)] = False,
    as_is: Annotated[bool, typer.Option("--as-is", help=sources.AS_IS_HELP)] = False,
) -> None:
    """Measure the faces in photos.

    Of each: box, emotion, perceived gender and age, colours of hair and clothing, head pose, quality. A photo that
    cannot be read becomes an error row; the others go on, and the exit code is 1.
    """
    if example and photos:
        raise UsageError("--example takes the place of the photos; leave one of them out")
    if not example and not photos:
        raise UsageError("no photo given; name one or more, or use --example")
    looks: list[Look] = []
    with contextlib.ExitStack() as stack:
        table = stack.enter_context(CsvTable(csv)) if csv else None
        bar = stack.enter_context(progress.shown("looking", total=len(photos) if photos else None))
        for one in look_at(
            photos or [sources.photo_or_example(None, example)], race=race, upright=not as_is, draw=draw
        ):
            looks.append(one)
            bar.step()
            if table is not None:
                table.add(one.source, one.scene, one.error)
            if not json:
                with bar.hidden():
                    _show(one)
    if json:
        show.as_json([one.scene or {"source": one.source, "error": one.error} for one in looks])
    if any(one.error for one in looks):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What came of one photo: a scene, or an error. `source`: as the user named it; `drawing`: where it was drawn."""

    source: str
    scene: Scene | None = None
    drawing: Path | None = None
    error: str = ""


def look_at(photos: Sequence[Source], *, race: bool, upright: bool, draw: Path | None) -> Iterator[Look]:
    """Measure photo after photo, and draw each into the folder `draw`; what cannot be read or drawn is an error row.

    FaceReasonError where nothing can be measured at all: broken weights, a folder that cannot be made.
    """
    from facereason import images
    from facereason.faces import Instrument

    drawings = Drawings(draw) if draw else None
    instrument = Instrument(race=race, upright=upright)
    for source in photos:
        name = _name(source)
        try:
            photo = images.open(source)
            scene = dataclasses.replace(instrument.look(photo), source=name)
            drawing = drawings.add(photo, scene) if drawings else None
        except FaceReasonError as error:
            yield Look(source=name, error=str(error))
        else:
            yield Look(source=name, scene=scene, drawing=drawing)


def _name(source: Source) -> str:
    """What the rows call a photo: what the user called it, but for data URLs, which are the photo itself."""
    if not isinstance(source, str):
        return "example"
    return "data URL" if source[:5].lower() == "data:" else source


def _show(one: Look) -> None:
    from facereason.images import printable

    if one.scene is None:
        terminal.complain(one.error)
        return
    found = "1 person" if len(one.scene.people) == 1 else f"{len(one.scene.people)} people"
    typer.echo(f"{printable(one.source)}, {one.scene.width} x {one.scene.height}: {found}")
    if one.scene.turned:
        from facereason.agent.answers import turn

        typer.echo(turn.remark(one.scene))
    if one.scene.people:
        show.people(one.scene.people)
    if one.drawing is not None:
        typer.echo(f"drawn: {printable(str(one.drawing))}")
    typer.echo()
