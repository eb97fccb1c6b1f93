"""`facereason train`: training recipes."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from facereason.cli import apps, terms
from facereason.cli.terminal import is_terminal
from facereason.types import FaceReasonError

app = apps.new()


@app.callback()
def train() -> None:
    """Train a model by a recipe."""
    terms.told_once()


RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="A YAML file, or the name of one that ships.")]
Overrides = Annotated[list[str] | None, typer.Argument(metavar="KEY=VALUE...", help="Changes to the recipe.")]
Data = Annotated[
    str | None, typer.Option("--data", metavar="DIR", help="Folder of the data sets; else FACEREASON_DATA.")
]
Made = Annotated[
    Path, typer.Option("--made", metavar="DIR", help="Folder of the renders and of the landmark teacher's meshes.")
]
Out = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Where to write; else out/ and the recipe's name.")
]
Device = Annotated[str | None, typer.Option("--device", help="cpu, cuda, ...; else the best there is.")]


@app.command(
    epilog=apps.examples(
        "facereason train reader training/reader.yaml --data data/",
        "facereason train reader reader.yaml --data data/ limit=800 batch.renders=32",
    )
)
def reader(
    recipe: RecipeName,
    overrides: Overrides = None,
    data: Data = None,
    made: Made = Path("out"),
    out: Out = None,
    device: Device = None,
) -> None:
    """Train the reader.

    Writes last.pt (checkpoint), curve.jsonl, curve.png and, at the end, reader.onnx. Called again after a stop it
    goes on from the last checkpoint.
    """
    try:
        import matplotlib  # noqa: F401  # needed at the end: say so at the start
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401

        from facereason import recipes
        from facereason.train import curves, reader_export, reader_recipe
        from facereason.train import reader as trainer
    except ImportError as error:
        raise _missing(error) from None
    read = recipes.load(reader_recipe.Recipe, recipe, overrides or [])
    folder = out or Path("out") / read.name
    with _Bar() as bar:
        checkpoint = trainer.train(read, data, folder, made=made, device=device, say=bar.say, progress=bar)
    exported = reader_export.export(checkpoint, folder / "reader.onnx")
    curves.plot(folder / "curve.jsonl", folder / "curve.png")
    typer.echo(f"wrote {exported}")


@app.command(
    epilog=apps.examples(
        "facereason train people people.yaml --data data/ --made out",
        "facereason train people people.yaml --data data/ limit=100 steps=20",
    )
)
def people(
    recipe: RecipeName,
    overrides: Overrides = None,
    data: Data = None,
    made: Made = Path("out"),
    out: Out = None,
    device: Device = None,
) -> None:
    """Train the detector of people.

    Writes last.pt (checkpoint), curve.jsonl and, at the end, people.onnx. Called again after a stop it goes on from the
    last checkpoint.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401

        from facereason import recipes
        from facereason.train import people as trainer
    except ImportError as error:
        raise _missing(error) from None
    read = recipes.load(trainer.PeopleRecipe, recipe, overrides or [])
    folder = out or Path("out") / read.name
    with _Bar() as bar:
        checkpoint = trainer.train(read, data, folder, made=made, device=device, say=bar.say, progress=bar)
    typer.echo(f"wrote {trainer.export(checkpoint, folder / 'people.onnx')}")


def _missing(error: ImportError) -> FaceReasonError:
    return FaceReasonError(f'training needs {error.name}: pip install "facereason[train]"')


class _Bar:
    """Steps and loss on stderr, where that is a terminal, while it trains; what is said goes above the bar."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("loss {task.fields[loss]}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), disable=not is_terminal(sys.stderr))

    def __enter__(self) -> _Bar:
        self._progress.__enter__()
        self._task = self._progress.add_task("", total=None, loss="")
        return self

    def __exit__(self, *error: object) -> None:
        self._progress.stop()

    def say(self, text: str) -> None:
        self._progress.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def start(self, total: int, done: int) -> None:
        self._progress.update(self._task, total=total, completed=done)

    def step(self, loss: float | None) -> None:
        shown = {} if loss is None else {"loss": f"{loss:.3f}"}
        self._progress.update(self._task, advance=1, **shown)  # type: ignore[arg-type]
