"""`facereason models`: which language models there are, what is here of them, and whether one works."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facereason.cli import apps, show

app = apps.new()

NAME = Annotated[str, typer.Argument(metavar="NAME", help="As for --model: hf/ORG/NAME, openai/NAME, vllm/NAME.")]
AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.callback(no_args_is_help=True)
def models() -> None:
    """Language models: list those known, show one, pull, merge and check it."""


@app.command("list", epilog=apps.examples("facereason models list"))
def list_(json: AS_JSON = False) -> None:
    """List checkpoints to begin with, of every family."""
    from facereason.vlm import catalogue
    from facereason.vlm.names import parse

    rows = [catalogue.details(parse(each.name)) for each in catalogue.KNOWN]
    if json:
        show.as_json(rows)
        return
    for row in rows:
        is_here = "here" if not row["here"].startswith("no:") else "not here"
        typer.echo(f"{row['name']:<42} {row['family']:<13} {row['parameters']:>6}  {row['licence']:<14} {is_here}")


@app.command("show", epilog=apps.examples("facereason models show hf/google/paligemma2-3b-mix-224"))
def show_(name: NAME, json: AS_JSON = False) -> None:
    """Show family, licence, what a model can do, and where it is."""
    from facereason.vlm import catalogue
    from facereason.vlm.names import parse

    details = catalogue.details(parse(name))
    if json:
        show.as_json(details)
        return
    for key, value in details.items():
        typer.echo(f"{key:<11} {value}")


@app.command(epilog=apps.examples("facereason models pull hf/florence-community/Florence-2-base"))
def pull(name: NAME) -> None:
    """Fetch a model from the hub into its cache."""
    from facereason.vlm import catalogue
    from facereason.vlm.names import parse

    typer.echo(f"{name} is in {catalogue.pull(parse(name))}")


@app.command(epilog=apps.examples("facereason models merge hf/ORG/NAME+adapter=out/emotion --out merged"))
def merge(
    name: NAME, out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the merged model is written.")]
) -> None:
    """Merge an adapter into its base, and compare their logits."""
    from facereason.vlm.local import merge as merged
    from facereason.vlm.names import parse

    parity = merged(parse(name), out)
    typer.echo(f"wrote {out}; logits differ by {parity.max_difference:.2g} at most, over {parity.tokens} tokens")


@app.command(epilog=apps.examples("facereason models check hf/google/paligemma2-3b-mix-224+adapter=out/emotion"))
def check(
    name: NAME,
    photo: Annotated[str | None, typer.Option("--photo", metavar="PHOTO", help="Instead of the example photo.")] = None,
    json: AS_JSON = False,
) -> None:
    """Try once what a model declares, on real weights.

    Prints what it said, with time and memory. Exit code 1 where a step failed.
    """
    from facereason import images
    from facereason.vlm import checking
    from facereason.vlm.names import parse
    from facereason.vlm.opening import open_model

    parsed = parse(name)
    with open_model(parsed) as model:
        bare = open_model(parsed.base) if "adapter" in parsed.options else None
        opened = images.open(photo if photo is not None else images.example())
        failed = False
        for step in checking.check(model, opened, bare):
            failed |= not step.passed
            if json:
                show.as_json(step, one_line=True)
            else:
                mark = "ok  " if step.passed else "FAIL"
                typer.echo(f"{mark} {step.step:<12} {step.seconds:6.1f} s {step.megabytes:7.0f} MB  {step.said}")
    if failed:
        raise typer.Exit(1)
