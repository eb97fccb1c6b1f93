"""`facereason judge`: whether portraits show what was asked for."""

from __future__ import annotations

import json as json_
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facereason.cli import apps, progress, show, sources, terminal
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    from facereason.judging import Ask, Judged

app = apps.new()


@app.command(
    epilog=apps.examples(
        'facereason judge out.png --asked "a frightened old woman looking left"',
        'facereason judge renders/ --asked "a smiling man with red hair" --json > judged.jsonl',
        "facereason judge --list prompts.jsonl",
    )
)
def judge(
    images: Annotated[list[str] | None, typer.Argument(metavar="[IMAGE]...", help="Files, URLs or folders.")] = None,
    asked: Annotated[
        str | None, typer.Option("--asked", "-a", metavar="TEXT", help="What the images shall show, in English.")
    ] = None,
    list_: Annotated[
        Path | None,
        typer.Option("--list", metavar="FILE", help='JSON lines instead: {"image": PATH, "asked": TEXT} each.'),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print each image as one line of JSON.")] = False,
) -> None:
    """Tell whether generated or edited portraits show what was asked for.

    Expression by action units and reading, head pose, gaze, attributes: each with what is found and how reliable it is.
    Several images give a table. The words are those of `facereason studio render`; left and right are the picture's.
    """
    pairs = list(_pairs(images or [], asked, list_))
    from facereason.agent import FaceReason
    from facereason.judging import asked as parsed
    from facereason.judging import judge as judged

    wanted: dict[str, list[tuple[Ask, ...]]] = {text: parsed(text) for text in dict.fromkeys(text for _, text in pairs)}
    faces, failed = FaceReason(upright=False), False
    done: list[tuple[str, Judged]] = []
    with progress.shown("looking", len(pairs)) as bar:
        for image, text in pairs:
            try:
                told = judged(faces.look(image), wanted[text])
            except FaceReasonError as error:
                failed = True
                with bar.hidden():
                    if json:
                        show.as_json({"image": image, "error": str(error)}, one_line=True)
                    else:
                        terminal.complain(error)
                continue
            finally:
                bar.step()
            done.append((image, told))
            if json:
                with bar.hidden():
                    show.as_json(_record(image, text, told), one_line=True)
    if not json:
        if len(pairs) == 1 and done:
            _one(done[0][1])
        elif done:
            _table(done)
    if failed:
        raise typer.Exit(1)


def _pairs(images: list[str], asked: str | None, list_: Path | None) -> Iterator[tuple[str, str]]:
    """Image and what is asked of it."""
    if list_ is not None:
        if images or asked is not None:
            raise UsageError("--list brings images and what is asked of them: leave the others out")
        yield from _listed(list_)
        return
    if not images:
        raise UsageError("no image given; name one, or a folder")
    if asked is None or not asked.strip():
        raise UsageError('say what was asked for: --asked "a smiling old man looking left"')
    for image in images:
        folder = Path(image)
        if not image.startswith(("http://", "https://", "data:")) and folder.is_dir():
            found = sorted(path for path in folder.iterdir() if path.suffix.lower() in sources.PHOTOS)
            if not found:
                raise UsageError(f"{image}: no images in this folder")
            yield from ((str(path), asked) for path in found)
        else:
            yield image, asked


def _listed(path: Path) -> Iterator[tuple[str, str]]:
    from facereason.images import printable

    where = printable(str(path))
    try:
        lines = path.read_text(encoding="utf-8").split("\n")  # JSON may hold other line ends
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UsageError(f"{where}: cannot be read ({why})") from None
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json_.loads(line)
            image, asked = row["image"], row["asked"]
            if not isinstance(image, str) or not isinstance(asked, str):
                raise TypeError
        except (ValueError, KeyError, TypeError):
            raise UsageError(f'{where}, line {number}: expected {{"image": PATH, "asked": TEXT}}') from None
        yield _beside(path, image), asked


def _beside(path: Path, image: str) -> str:
    """An image that lies beside the list, else as it is written."""
    if image.startswith(("http://", "https://", "data:")):
        return image
    try:
        beside = path.parent / image
        return str(beside) if beside.is_file() else image
    except (OSError, ValueError):  # no path at all: opening it says so
        return image


def _record(image: str, text: str, told: Judged) -> dict[str, object]:
    checks = [
        {
            "person": number,
            "topic": check.ask.topic,
            "asked": check.ask.value,
            "found": check.found,
            "verdict": check.verdict,
            "reliability": check.reliability,
        }
        for number, checks in zip(told.people, told.checks, strict=True)
        for check in checks
    ]
    counted = {"people_asked": told.asked, "people_found": told.found}
    return {"image": image, "asked": text, "verdict": told.verdict, **counted, "checks": checks}


def _one(told: Judged) -> None:
    if told.asked != told.found or told.asked > 1:
        counted = "wrong" if told.asked != told.found else "right"
        typer.echo(f"people: asked {told.asked}, found {told.found}: {counted}")
    several = told.asked > 1 or told.found > 1
    rows = []
    for number, checks in zip(told.people, told.checks, strict=True):
        for check in checks:
            cells = [check.ask.topic, check.ask.value, check.found, check.verdict, f"{check.reliability:.2f}"]
            rows.append([*([str(number or "-")] if several else []), *map(str, cells)])
    names = [*(("person",) if several else ()), "what", "asked", "found", "verdict", "reliability"]
    if rows:
        show.rows_or_blocks(names, rows)


def _table(done: list[tuple[str, Judged]]) -> None:
    from facereason.judging import Verdict

    rows = []
    for image, told in done:
        wrong = [f"{check.ask.topic} {check.ask.value}" for check in told.all if check.verdict is Verdict.WRONG]
        if told.asked != told.found:
            wrong.insert(0, f"{told.found} people, not {told.asked}")
        counts = [str(told.count(verdict)) for verdict in (Verdict.RIGHT, Verdict.WRONG, Verdict.CANNOT_TELL)]
        rows.append([Path(image).name, told.verdict.value, *counts, "; ".join(wrong)])
    names = ["image", "verdict", "right", "wrong", "cannot tell", "what is wrong"]
    show.rows_or_blocks(names, rows, right=("right", "wrong", "cannot tell"))
    right = sum(told.verdict is Verdict.RIGHT for _, told in done)
    typer.echo(f"{right} of {len(done)} images show what was asked for")
