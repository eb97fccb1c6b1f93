"""`facereason explain`: which parts of a face an emotion rests on."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facereason.cli import apps, drawings, progress, show, sources, terminal
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    from facereason.agent.chat import Chat
    from facereason.faces import Explanation
    from facereason.faces.explaining import Cover, Effect
    from facereason.images import Pixels
    from facereason.types import Person

app = apps.new()


@app.command(
    epilog=apps.examples(
        "facereason explain photo.jpg --person 2",
        "facereason explain --example --units AU6,AU12 --out why.png",
        "facereason explain photo.jpg --model emotion=openai/gpt-4o --yes",
    )
)
def explain(
    photo: Annotated[str | None, typer.Argument(metavar="PHOTO", help="A file or URL.")] = None,
    example: Annotated[bool, typer.Option("--example", help=sources.EXAMPLE_HELP)] = False,
    person: Annotated[
        int | None, typer.Option("--person", "-p", metavar="N", help="Whose face; else person 1.")
    ] = None,
    units: Annotated[
        str | None,
        typer.Option(
            "--units", metavar="AU6,AU12", help="The action units that are claimed; else those typical of the emotion."
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The picture; else PHOTO.explain.png.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False,
    as_is: Annotated[bool, typer.Option("--as-is", help=sources.AS_IS_HELP)] = False,
    model: Annotated[
        str | None, typer.Option("--model", "-m", help="Explain this model's emotion instead of the reader's.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask the model as often as it takes, without asking back.")
    ] = False,
) -> None:
    """Show which parts of a face the emotion rests on: a table, a heat map, and how it overlaps with the action units.

    Regions of action units are covered with the mean colour, blurred, and swapped for those of a neutral face, and the
    face is read again. With a model, it is asked again for each region; how often is told before.
    """
    source = sources.photo_or_example(photo, example)
    claimed = _units(units)
    with progress.shown("looking"):
        from facereason.agent import FaceReason

        faces = FaceReason(model=sources.models(model) if model is not None else None, upright=not as_is)
        chat = faces.chat(source)
    one = _person(chat, person)
    told = (
        _by_model(chat, one, claimed, yes)
        if chat.router is not None
        else faces.instrument.explain(chat.photo, one, claimed)
    )
    path = drawings.save(_panels(told), chat.photo, ".explain.png", out)
    if json:
        show.as_json(_record(one, told, path))
    else:
        _table(one, told, path)


def _person(chat: Chat, number: int | None) -> Person:
    people = chat.scene.people
    if not people:
        raise FaceReasonError(f"{chat.scene.source}: nobody was found in this photo")
    try:
        return chat.scene.person(1 if number is None else number)
    except KeyError:
        raise UsageError(f"--person {number}: people are numbered 1 to {len(people)}") from None


def _units(text: str | None) -> tuple[int, ...] | None:
    from facereason import facs

    if text is None:
        return None
    units = tuple(facs.parse_code(part).unit for part in text.replace("+", ",").split(",") if part.strip())
    if not units:
        raise UsageError("--units: name action units, such as AU6,AU12")
    return units


def _by_model(chat: Chat, person: Person, units: tuple[int, ...] | None, yes: bool) -> Explanation:
    from facereason.agent import explaining
    from facereason.vlm.routing import Job

    calls = explaining.calls()
    assert chat.router is not None
    names = ", ".join(str(name) for name in chat.router.routes.of(Job.EMOTION)) or "the model"
    if not yes:
        told = f"this asks {names} {calls} times"
        if not (terminal.is_terminal(sys.stdin) and terminal.is_terminal(sys.stdout)):
            raise UsageError(f"{told}: add --yes")
        if not typer.confirm(f"{told[0].upper()}{told[1:]}. Go on?"):
            raise typer.Exit(1)
    with progress.shown("asking", calls) as bar:
        return explaining.by_model(chat, person, units, bar.step)


def _panels(told: Explanation) -> Pixels:
    from facereason.images.heat import panels

    units = "+".join(map(str, told.units))
    right = f"regions of AU{units}: overlap (IoU) {told.overlap:.2f}" if units else "no action units"
    return panels(told.crop, told.heat, told.mask, f"{told.emotion}: what covering it costs", right)


def _record(person: Person, told: Explanation, path: Path) -> dict[str, object]:
    return {
        "person": person.number,
        "by": told.by,
        "calls": told.calls,
        "emotion": told.emotion,
        "probability": told.probability,
        "units": [f"AU{unit}" for unit in told.units],
        "overlap": told.overlap,
        "overlap_by_chance": told.by_chance,
        "unanswered": told.unanswered,
        "effects": told.effects,
        "picture": str(path),
    }


def _table(person: Person, told: Explanation, path: Path) -> None:
    from facereason.faces.regions import NAMES
    from facereason.images import printable

    by = "the reader" if told.by == "reader" else f"{told.by}, asked {told.calls} times"
    typer.echo(f"person {person.number} reads as {told.emotion} ({told.probability:.2f}) by {by}; lost when covered:")
    covers = list(dict.fromkeys(effect.cover for effect in told.effects))
    rows = []
    for region in told.ranked:
        effects = {effect.cover: effect for effect in told.effects if effect.region == region}
        marked = " ".join(f"AU{unit}{'*' if unit in told.units else ''}" for unit in NAMES[region])
        rows.append([region, marked, *(_change(effects[cover].drop) for cover in covers), _instead(effects, told)])
    names = [cover.value for cover in covers]
    show.rows_or_blocks(["region", "units", *names, "read instead"], rows, right=names)
    if told.unanswered:
        typer.echo(f"no emotion was named with these covered: {', '.join(told.unanswered)}")
    if told.units:
        claimed = ", ".join(f"AU{unit}" for unit in told.units)
        typer.echo(
            f"the hottest pixels overlap with the regions of {claimed} (*) by {told.overlap:.2f} (IoU); "
            f"by chance {told.by_chance:.2f}"
        )
    typer.echo(printable(f"drawn: {path}", limit=1000))


def _instead(effects: Mapping[Cover, Effect], told: Explanation) -> str:
    """Other emotions that are read, with the covers under which they are: "happiness (mean, blur)"."""
    under: dict[str, list[str]] = {}
    for cover, effect in effects.items():
        if effect.instead is not told.emotion:
            under.setdefault(effect.instead.value, []).append(cover.value)
    return ", ".join(f"{emotion} ({', '.join(covers)})" for emotion, covers in under.items())


def _change(drop: float) -> str:
    """ ".68" lost, "-.12" won, "0" for what two digits do not show."""
    text = f"{drop:.2f}".replace("0.", ".", 1)
    return "0" if text in (".00", "-.00") else text
