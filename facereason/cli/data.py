"""`facereason data`: what is in labelled data, and what is wrong with it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facereason.cli import apps, progress, show, terms
from facereason.types import UsageError

if TYPE_CHECKING:
    from facereason.data import BadRow, DataSet, Record

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
SETS = Annotated[
    list[str],
    typer.Argument(
        metavar="NAME[:SPLIT]...", help="Data sets, splits of them, or .jsonl, .parquet and folders of your own."
    ),
]
DATA = Annotated[
    str | None, typer.Option("--data", metavar="DIR", help="Where they lie, or hf/ORG/NAME; else FACEREASON_DATA.")
]
JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]
SHOWN = 10


@app.callback()
def data() -> None:
    """Labelled data: list it, look at it, and find what is wrong with it before training on it."""
    terms.told_once()


@app.command("list", epilog=apps.examples("facereason data list", "facereason data list affectnet"))
def list_(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="Everything about one of them.")] = None,
) -> None:
    """List the data sets that are known: splits, licence, source; or all about one: layout, fields, terms."""
    from facereason.data import DATASETS

    if name is None:
        for each, dataset in DATASETS.items():
            typer.echo(f"{each}  {', '.join(dataset.splits)}  {dataset.license}\n  {dataset.source}")
        return
    if name not in DATASETS:
        raise UsageError(f"no data set {name!r}: known are {', '.join(DATASETS)}")
    _describe(DATASETS[name])


def _describe(dataset: DataSet) -> None:
    typer.echo(f"{dataset.name}  {dataset.source}\nsplits   {', '.join(dataset.splits)}")
    typer.echo(f"licence  {dataset.license}\nterms    {dataset.terms}\nfrom     {dataset.obtain}")
    if dataset.precropped:
        typer.echo("images   cropped to the face")
    if dataset.says:
        typer.echo(f"note     {dataset.says}")
    ways = [(f"folder   {layout.says}", layout.fields) for layout in dataset.layouts]
    if dataset.hub:
        ways.append((f"hub      {dataset.hub.name} ({', '.join(dataset.hub.splits)})", dataset.hub.fields))
    for says, fields in ways:
        typer.echo(says)
        for ours, field in fields.items():
            more = f" and {len(field.columns) - SHOWN} more" if len(field.columns) > SHOWN else ""
            typer.echo(f"  {ours:17} from {', '.join(field.columns[:SHOWN])}{more}")


@app.command(epilog=apps.examples("facereason data check ferplus fairface --data data/"))
def check(sets: SETS, folder: DATA = None, json: JSON = False) -> None:
    """Find leaks between splits and data sets, images that cannot be read or found, and labels outside their set.

    Tells how labels are spread. Exit code 1 where an image leaks from one split or data set into another, cannot be
    read, or a row is not as its data set declares.
    """
    from facereason.data import checking

    splits = _splits(sets)
    with progress.shown("checking") as bar:
        found = checking.check(_scanned(splits, folder), bar.step)
    leaks = found.leaks
    if json:
        show.as_json(
            {
                "records": {" ".join(key): count for key, count in found.records.items()},
                "leaks": [{"first": str(c.first), "second": str(c.second), "exact": c.exact} for c in leaks],
                "copies_within_a_split": len(found.copies) - len(leaks),
                "unreadable": [{"record": str(name), "why": why} for name, why in found.unreadable],
                "blank": list(map(str, found.blank)),
                "ids_twice": list(map(str, found.twice)),
                "bad_rows": {" ".join(key): count for key, count in found.bad.items()},
                "first_bad_rows": list(map(str, found.bad_rows)),
                "labels": {" ".join(key): dict(counts) for key, counts in found.labels.items()},
            }
        )
    else:
        for (dataset, split), count in found.records.items():
            typer.echo(f"{dataset} {split}: {count:,} images")
        _told("leaks", [f"{c.second} {'is' if c.exact else 'looks like'} {c.first}" for c in leaks])
        _told("copies within a split", [f"{c.second} as {c.first}" for c in found.copies if not c.leaks])
        _told("unreadable", [f"{name}: {why}" for name, why in found.unreadable])
        _told("blank", list(map(str, found.blank)))
        _told("ids that occur twice", list(map(str, found.twice)))
        for kind, what in (("label", "labels outside the set"), ("image", "images not found")):
            rows = [str(row) for row in found.bad_rows if row.kind == kind]
            _told(what, rows, sum(count for key, count in found.bad.items() if key[2] == kind))
        _spread(found.labels)
    if leaks or found.unreadable or found.bad:
        raise typer.Exit(1)


@app.command(epilog=apps.examples("facereason data stats ferplus:valid --data data/"))
def stats(sets: SETS, folder: DATA = None, json: JSON = False) -> None:
    """Tell how the labels of each split are spread."""
    from collections import Counter

    from facereason.data import checking

    counted: dict[tuple[str, str, str], Counter[str]] = {}
    with progress.shown("counting") as bar:
        for record in _records(_splits(sets), folder):
            for kind, label in checking.labels(record):
                counted.setdefault((record.dataset, record.split, kind), Counter())[label] += 1
            bar.step()
    if json:
        show.as_json({" ".join(key): dict(counts) for key, counts in counted.items()})
        return
    _spread(counted)


def _spread(counted: Mapping[tuple[str, str, str], Mapping[str, int]]) -> None:
    from facereason.data import checking

    for (dataset, split, kind), counts in counted.items():
        typer.echo(f"{dataset} {split}, {kind} ({sum(counts.values()):,})")
        for label, count, share in checking.balance(counts):
            typer.echo(f"  {label:22} {count:7,}  {share:6.1%}  {'#' * round(40 * share)}")


@app.command("show", epilog=apps.examples("facereason data show fairface:val --count 40 --out sheet.png --data data/"))
def show_(
    sets: SETS,
    folder: DATA = None,
    count: Annotated[int, typer.Option("--count", "-n", min=1, max=400, help="How many images.")] = 40,
    seed: Annotated[int, typer.Option("--seed", help="Another choice of images.")] = 0,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The picture.")] = Path("sheet.png"),
) -> None:
    """Draw a contact sheet: images drawn at random, with their labels."""
    import random

    from facereason import images
    from facereason.data.sheet import sheet

    kept: list[Record] = []
    rng = random.Random(seed)
    for number, record in enumerate(_records(_splits(sets), folder)):
        if number < count:
            kept.append(record)
        elif (place := rng.randrange(number + 1)) < count:
            kept[place] = record
    images.save(sheet(kept), out)
    typer.echo(f"drawn: {out} ({len(kept)} images)")


def _splits(sets: list[str]) -> list[tuple[str, str]]:
    from facereason.data import DATASETS, DataError, splits

    found = []
    for each in sets:
        name, _, split = each.rpartition(":") if each.partition(":")[0] in DATASETS and ":" in each else (each, "", "")
        try:
            there = splits(name)
        except DataError as error:
            raise UsageError(str(error)) from None
        if split and split not in there:
            raise UsageError(f"{name} has no split {split!r}: it has {', '.join(there)}")
        found += [(name, one) for one in ((split,) if split else there)]
    return found


def _records(splits: list[tuple[str, str]], folder: str | None) -> Iterator[Record]:
    from facereason.data import read

    return itertools.chain.from_iterable(read(name, split, folder) for name, split in splits)


def _scanned(splits: list[tuple[str, str]], folder: str | None) -> Iterator[Record | BadRow]:
    from facereason.data import scan

    return itertools.chain.from_iterable(scan(name, split, folder) for name, split in splits)


def _told(what: str, lines: list[str], count: int | None = None) -> None:
    """The first lines of `count`, of which not all need be given."""
    total = len(lines) if count is None else count
    typer.echo(f"{what}: {total:,}")
    for line in lines[:SHOWN]:
        typer.echo(f"  {line}")
    if total > SHOWN:
        typer.echo(
            f"  and {total - SHOWN:,} more (--json lists all)" if count is None else f"  and {total - SHOWN:,} more"
        )
