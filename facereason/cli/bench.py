"""`facereason bench`: measure, and make the table of what was measured."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facereason.cli import apps

app = apps.new()


@app.callback()
def bench() -> None:
    """Measure the product, and make the table of what was measured."""


@app.command(
    epilog=apps.examples(
        "facereason bench run reader --data data/",
        "facereason bench run speed --data data/ --out eval/results",
    )
)
def run(
    suites: Annotated[
        list[str], typer.Argument(metavar="SUITE...", help="reader, units, questions, speed, install, studio.")
    ],
    data: Annotated[
        str | None, typer.Option("--data", metavar="DIR", help="Folder of the data sets; else FACEREASON_DATA.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where SUITE.json is written.")] = Path("results"),
) -> None:
    """Run suites, write a JSON file for each, and print the figures with n and interval."""
    from facereason import bench
    from facereason.cli import progress, terms

    terms.told_once()
    for suite in suites:
        bench.check(suite)  # before the first of them runs for an hour
    for suite in suites:
        with progress.shown(suite) as bar:
            result = bench.run(suite, data, out, say=lambda text: bar.step())
        typer.echo(bench.table([result], bench.targets()))


@app.command()
def table(
    results: Annotated[
        Path | None, typer.Option("--results", metavar="DIR", help="Folder of results; else the published ones.")
    ] = None,
    groups: Annotated[bool, typer.Option("--groups", help="Every figure by group of people, with the gaps.")] = False,
) -> None:
    """Print the Markdown table of published results."""
    from facereason import bench

    found = bench.published(results)
    typer.echo(bench.group_table(found) if groups else bench.table(found, bench.targets()), nl=False)
