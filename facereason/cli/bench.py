"""`facereason bench`: measure the product or a model, compare, report, and make the table of what was measured."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facereason.cli import apps
from facereason.types import UsageError

if TYPE_CHECKING:
    from facereason.bench.runs.running import Plan
    from facereason.vlm.api import Settings

app = apps.new()
RUN = Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run with --model.")]


@app.callback()
def bench() -> None:
    """Measure the product or a language model, compare and report runs."""


@app.command(
    epilog=apps.examples(
        "facereason bench run reader --data data/",
        "facereason bench run fer rotbench --model vllm/Qwen/Qwen2.5-VL-7B-Instruct --data data/ --out runs/qwen",
        "facereason bench run my.jsonl --model openai/gpt-4o --out runs/mine",
    )
)
def run(
    suites: Annotated[
        list[str],
        typer.Argument(metavar="SUITE...", help="Suites, SUITE/TASK, or a file of questions; see bench list."),
    ],
    model: Annotated[
        str | None,
        typer.Option(
            "--model",
            "-m",
            metavar="NAME",
            help="Ask this model, reader, agent, or answers/FILE.jsonl.",
        ),
    ] = None,
    data: Annotated[
        str | None, typer.Option("--data", metavar="DIR", help="Folder of the data sets; else FACEREASON_DATA.")
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="Where SUITE.json, or the run of a model, is written."),
    ] = None,
    photos: Annotated[
        str | None, typer.Option("--photos", metavar="DIR", help="Photos to turn: a folder, or DATASET:SPLIT.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, metavar="N", help="Only the first records of each data set.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of what is drawn and resampled.")] = 0,
    in_flight: Annotated[
        int | None, typer.Option("--in-flight", min=1, metavar="N", help="Calls at a time; servers 64, hf/ 16, else 4.")
    ] = None,
    executor: Annotated[
        str, typer.Option("--executor", metavar="local|ray", help="Ask from this process, or from a Ray cluster.")
    ] = "local",
    confidence: Annotated[
        bool, typer.Option("--confidence", help="Ask for the probability of each choice, where the model tells it.")
    ] = False,
    scorer: Annotated[str, typer.Option("--scorer", metavar="NAME", help="Of a file of questions.")] = "choice",
    trained_on: Annotated[
        list[str] | None,
        typer.Option("--trained-on", metavar="WHAT", help="What the model has seen (ferplus, rotations): marked."),
    ] = None,
    judge: Annotated[
        str | None,
        typer.Option(
            "--judge", metavar="NAME", help="Have this model grade reasoning by a fixed rubric (fea, ferbench)."
        ),
    ] = None,
    readings: Annotated[
        bool, typer.Option("--readings", help="Hold the claims of reasoning against sure readings of the photo.")
    ] = False,
    calls: Annotated[
        int | None, typer.Option("--calls", min=1, metavar="N", help="Stop each task after so many calls.")
    ] = None,
) -> None:
    """Run suites, and print the figures with n and interval.

    Without --model the product is measured and a JSON file written for each suite. With it a model is asked; its
    replies are kept in a folder, and the same command goes on where it was cut.
    """
    from facereason.cli import terms

    terms.told_once()
    if model is None:
        if judge or readings:
            raise UsageError("--judge and --readings are about what a model said: name one with --model")
        _product(suites, data, out or Path("results"))
        return
    from facereason.bench.runs.running import Plan

    plan = Plan(
        model=model,
        suites=tuple(suites),
        data=data,
        photos=photos,
        limit=limit,
        seed=seed,
        confidence=confidence,
        scorer=scorer,
        learnt=tuple(trained_on or ()),
        in_flight=in_flight,
        judge=judge,
        readings=readings,
        executor=executor,
    )
    _asked(plan, out or Path("runs") / re.sub(r"[^\w.-]+", "-", model).strip("-"), calls)


def _product(suites: list[str], data: str | None, out: Path) -> None:
    from facereason import bench
    from facereason.cli import progress

    for suite in suites:
        bench.check(suite)  # before the first of them runs for an hour
    for suite in suites:
        with progress.shown(suite) as bar:
            result = bench.run(suite, data, out, say=lambda text: bar.step())
        typer.echo(bench.table([result], bench.targets()))


def _asked(plan: Plan, out: Path, calls: int | None) -> None:
    from facereason.bench.runs import running
    from facereason.cli import progress
    from facereason.runner import Budget

    settings, judging = _settings(plan.model, plan.judge)
    with progress.shown(plan.model) as bar:
        ended = running.start(
            plan,
            out,
            settings=settings,
            judging=judging,
            budget=Budget(items=calls),
            step=bar.step,
        )
    _told(out, {task.name for task in plan.tasks})
    for name, told in ended.reports.items():
        if told.stopped:
            typer.echo(f"\n{name}: stopped by --calls with questions left; the same command without it goes on")
    if not ended.whole:
        raise typer.Exit(1)


def _told(out: Path, tasks: set[str] | None = None) -> None:
    """Write the figures of a run, and print those of these tasks with what has to be known of them."""
    from facereason.bench.report import writing
    from facereason.bench.report.sections import section
    from facereason.bench.runs import results

    found = list(results.results(out))
    results.write(found, out / results.FILE)
    sections = [section(each, photos=False) for each in found if tasks is None or each.task in tasks]
    typer.echo("\n".join(writing.overview(sections)))
    for each in sections:
        for warning in each.result.warnings:
            typer.echo(f"\n{each.result.task}: {warning}")
    typer.echo(f"\nAll figures: facereason bench report {out} --out report/")


def _settings(*models: str | None) -> list[Settings | None]:
    """How API models are called, by the `facereason.toml` that is found, all within its one budget; none for others."""
    from facereason.bench.runs import opening
    from facereason.cli import sources
    from facereason.vlm import names

    found = [names.parse(model) if model is not None and opening.is_model(model) else None for model in models]
    routes = sources.models(None) if any(found) else None
    if routes is None or routes == "none":
        return [None] * len(models)
    budget = routes.api.budget()
    return [
        routes.api.settings(budget, routes.prices.get(f"{name.provider}/{name.name}"))
        if name is not None and name.provider in ("openai", "vllm")
        else None
        for name in found
    ]


@app.command("list", epilog=apps.examples("facereason bench list"))
def list_() -> None:
    """List suites: those that measure the product, and those that ask a model, with their tasks and data."""
    from facereason import bench
    from facereason.bench.tasks import catalogue

    typer.echo("Measure the product, without --model:")
    typer.echo(f"  {', '.join(bench.SUITES)}\n")
    typer.echo("Ask a model, with --model NAME:")
    for suite, tasks in catalogue.suites().items():
        typer.echo(f"  {suite}")
        for name in tasks:
            task = catalogue.known()[name]
            typer.echo(f"    {name:<32} {task.says} ({', '.join(task.data)})")
    typer.echo("  FILE.jsonl, FILE.parquet\n    questions of your own, scored by --scorer")


@app.command(epilog=apps.examples("facereason bench probe nano --data data/ --out runs/nano-probes"))
def probe(
    encoder: Annotated[str, typer.Argument(metavar="ENCODER", help="pixels, nano, nano/FOLDER or hf/NAME.")],
    data: Annotated[
        str | None, typer.Option("--data", metavar="DIR", help="Folder of the data sets; else FACEREASON_DATA.")
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the run is written.")] = Path("runs/probes"),
    limit: Annotated[int | None, typer.Option("--limit", min=1, metavar="N", help="Faces that are tried.")] = None,
    seed: Annotated[int, typer.Option("--seed", metavar="N", help="Of the labels that are drawn.")] = 0,
) -> None:
    """Probe a frozen encoder: a linear classifier from 1, 5, 20 and 100 labels a class."""
    from facereason.bench.probing import probe as probing
    from facereason.cli import progress, terms

    terms.told_once()
    with progress.shown(encoder) as bar:
        missing = probing.probe(encoder, out, data, limit=limit, seed=seed, step=bar.step)
    _told(out)
    if missing:
        raise typer.Exit(1)


@app.command(epilog=apps.examples("facereason bench compare runs/nano runs/qwen"))
def compare(
    first: RUN,
    second: RUN,
    json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two runs on the questions that both answered, with a paired test."""
    from facereason.bench.runs import comparing
    from facereason.cli import show

    found = comparing.compare(first, second)
    if json:
        show.as_json([dataclasses.asdict(each) for each in found])
        return
    typer.echo(comparing.table(found, first.name, second.name), nl=False)


@app.command(epilog=apps.examples("facereason bench report runs/nano runs/qwen --out report/"))
def report(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs with --model.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the report is written.")] = Path("report"),
    photos: Annotated[
        bool, typer.Option("--photos/--no-photos", help="Show examples with photos, or without where they stay here.")
    ] = True,
) -> None:
    """Write a report: one HTML page that needs no network, Markdown, CSV and JSON."""
    from facereason.bench.report import writing

    for path in writing.report(runs, out, photos=photos):
        typer.echo(str(path))


@app.command(epilog=apps.examples("facereason bench keep runs/reader runs/nano --out kept/"))
def keep(
    runs: Annotated[list[Path], typer.Argument(metavar="RUN...", help="Folders of runs with --model.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where NAME.json of each run is written.")] = Path(
        "eval/results/runs"
    ),
) -> None:
    """Keep runs as small files: figures and what they rest on, paired differences, no replies and no photos.

    A folder of several runs of one model is kept as one.

    From those in eval/results/runs, python eval/fill.py makes the tables of eval/README.md.
    """
    from facereason.bench.report import keeping

    for path in keeping.keep(runs, out):
        typer.echo(str(path))


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
