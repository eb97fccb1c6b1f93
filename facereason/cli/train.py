"""`facereason train`: training recipes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from facereason.cli import apps, publish, terms
from facereason.cli.terminal import is_terminal
from facereason.types import FaceReasonError, UsageError, to_dict

if TYPE_CHECKING:
    from facereason.train.vlm.recipe import Run

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


@app.command(
    epilog=apps.examples(
        "facereason train rewording rewording.yaml",
        "facereason train rewording rewording.yaml epochs=2 epoch_pairs=4000 --out tried/",
    )
)
def rewording(recipe: RecipeName, overrides: Overrides = None, out: Out = None, device: Device = None) -> None:
    """Train the model that puts questions into plain words.

    It learns from lists that ship with the recipe. Writes last.pt (checkpoint), curve.jsonl and, at the end,
    rewording.npz. Called again after a stop it goes on from the last checkpoint.
    """
    try:
        from facereason import recipes
        from facereason.train.rewording import exporting, training
    except ImportError as error:
        raise _missing(error) from None
    read = recipes.load(training.Recipe, recipe, overrides or [])
    folder = out or Path("out") / read.name
    with _Bar() as bar:
        checkpoint = training.train(read, folder, device=device, say=bar.say, progress=bar)
    typer.echo(f"wrote {exporting.export(checkpoint, folder / 'rewording.npz')}")


@app.command(
    epilog=apps.examples(
        "facereason train crops ferplus:train --data data/ --out data/ferplus-train.parquet",
        "facereason train crops studio:out/studio-units --out data/studio-train.parquet",
    )
)
def crops(
    source: Annotated[
        str, typer.Argument(metavar="SOURCE", help="NAME:SPLIT of a data set, studio:FOLDER, or your own records.")
    ],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The Parquet file to write.")],
    data: Data = None,
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first faces.")] = None,
) -> None:
    """Cut faces once for training nano: the aligned crop of each with its labels and readings.

    Action units are the truth of renders and, of photos, the readings that are reliable; never taken from an emotion.
    """
    import itertools

    from facereason import resources
    from facereason.cli import progress
    from facereason.data import read
    from facereason.data.own import ALL, is_own
    from facereason.faces.detect import Detector
    from facereason.faces.reader import Reader

    try:
        from facereason.train import crops as cutting
        from facereason.train import render_data
    except ImportError as error:
        raise _missing(error) from None
    name, _, split = source.partition(":")
    if not split and is_own(source):
        name, split = source, ALL
    if not split:
        raise UsageError(f"{source}: write a data set with its split, as in ferplus:train, or studio:FOLDER")
    detector = Detector(resources.weights("detector.onnx"))
    if name == "studio" and Path(split).is_dir():
        folder = Path(split)
        found = cutting.of_renders(
            render_data.load(folder, lambda: detector, limit=limit), cutting.split_of_renders(folder)
        )
    else:
        records = itertools.islice(read(name, split, data), limit)
        found = cutting.of_photos(records, detector, Reader(resources.weights("reader.onnx")))
    with progress.shown("cutting") as bar:
        count = cutting.write(found, out, bar.step)
    typer.echo(f"wrote {out} ({count:,} faces)")


@app.command(
    epilog=apps.examples(
        "facereason train sft nano-sft.yaml --data data/ --out out/nano-sft",
        "facereason train sft florence2-attributes.yaml --data data/ batch=4 adapter.rank=8",
        "facereason train sft qwen2.5-vl-fea.yaml --dry-run",
    )
)
def sft(
    recipe: RecipeName,
    overrides: Overrides = None,
    data: Data = None,
    out: Out = None,
    device: Device = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would run, and do not.")] = False,
) -> None:
    """Fine-tune a vision-language model on questions about labelled faces.

    Writes checkpoints, curve.jsonl, curve.png and, at the end, model/ (the model or its adapter, with its card). Called
    again after a stop it goes on from the last checkpoint. Refuses pictures that are held out for measuring.
    """
    try:
        from facereason import recipes
        from facereason.train.vlm import curve, dry, sft
        from facereason.train.vlm.recipe import Recipe
    except ImportError as error:
        raise _missing(error) from None
    read = recipes.load(Recipe, recipe, overrides or [])
    _run(read, sft.train, dry.told if dry_run else None, curve.plot, data, out, device)


@app.command(
    epilog=apps.examples(
        "facereason train grpo nano-grpo.yaml --data data/ base=out/nano-sft/model --out out/nano-grpo",
        "facereason train grpo qwen2.5-vl-grpo.yaml --data data/ rewards.au=5 stop.entropy=0.01",
        "facereason train grpo nano-grpo.yaml --data data/ --dry-run",
    )
)
def grpo(
    recipe: RecipeName,
    overrides: Overrides = None,
    data: Data = None,
    out: Out = None,
    device: Device = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Tell what would run, and do not.")] = False,
) -> None:
    """Let a fine-tuned model learn from rewards: emotion, action units, format, consistency, support by readings.

    Writes checkpoints, curve.jsonl, curve.png (rewards, length, entropy), samples.jsonl (replies with what they earned)
    and, at the end, model/. Called again after a stop it goes on from the last checkpoint; a run that collapses ends,
    with the model from before.
    """
    try:
        from facereason import recipes
        from facereason.train.vlm import curve, dry, grpo
        from facereason.train.vlm.recipe import RewardRecipe
    except ImportError as error:
        raise _missing(error) from None
    read = recipes.load(RewardRecipe, recipe, overrides or [])
    _run(read, grpo.train, dry.of_rewards if dry_run else None, curve.rewards, data, out, device, shown="reward")


@app.command(
    epilog=apps.examples(
        "facereason train synth nano-synth.yaml --data data/ --out out/nano-synth",
        "facereason train synth vllm-synth.yaml --data data/ budget.calls=1000",
    )
)
def synth(
    recipe: RecipeName, overrides: Overrides = None, data: Data = None, out: Out = None, device: Device = None
) -> None:
    """Let a model write reasoning for labelled faces, keep what comes out right, and train on it, round by round.

    Writes kept.parquet (records that a recipe of sft takes as data), report.json and report.md: every rejection by its
    reason, yields, gains. Called again after a stop it goes on; nothing is asked twice.
    """
    try:
        from facereason import recipes
        from facereason.train import loop
        from facereason.train.synth import rounds
        from facereason.train.synth.recipe import SynthRecipe
    except ImportError as error:
        raise _missing(error) from None
    read = recipes.load(SynthRecipe, recipe, overrides or [])
    where = loop.device_of(device).type
    with _Bar() as bar:
        done = rounds.run(read, data, out or Path("out") / read.name, device=where, say=bar.say, progress=bar)
    typer.echo(f"kept {done.kept:,}; wrote {done.report}{'' if done.whole else ' (stopped by the budget)'}")


@app.command(epilog=apps.examples("facereason train measure out/nano-sft/model data/ferplus-test.parquet"))
def measure(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A folder, or a checkpoint of a hub.")],
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Crops that were not trained on.")],
    limit: Annotated[int | None, typer.Option("--limit", min=1, help="Only the first faces of each.")] = None,
    device: Device = None,
    json: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the figures there too.")] = None,
) -> None:
    """Measure a trained model on crops: emotion, action units of its thoughts, gender, age, pose."""
    import json as json_

    from facereason.cli import progress, show

    try:
        from facereason.train import loop
        from facereason.train.vlm import measuring
    except ImportError as error:
        raise _missing(error) from None
    base = measuring.opened(model, loop.device_of(device).type)
    with progress.shown("asking") as bar:
        figures = list(measuring.measure(base, files, limit, bar.step))
    rows = []
    for each in figures:
        between = "" if each.low is None else f"{each.low:.3f} to {each.high:.3f}"
        rows.append([each.name, each.on, f"{each.n:,}", f"{each.value:.3f}", between])
    show.rows_or_blocks(["measure", "on", "n", "value", "95 %"], rows, right=("n", "value"))
    if json is not None:
        json.write_text(json_.dumps([to_dict(each) for each in figures], indent=1) + "\n", encoding="utf-8")


@app.command(epilog=apps.examples("facereason train ship out/nano-sft/model --out nano/"))
def ship(
    model: Annotated[Path, typer.Argument(metavar="FOLDER", help="A trained nano.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where to write.")],
) -> None:
    """Make a trained nano ready to answer without torch: facereason ask --model nano/DIR.

    One safetensors file in 16 bits, which transformers opens as well, and a small graph that reads the eye from it.
    """
    try:
        import onnx  # noqa: F401
        import onnxscript  # noqa: F401

        from facereason.train.nano import shipping
    except ImportError as error:
        raise _missing(error) from None
    if not (model / "config.json").is_file():
        raise UsageError(f"{model}: no model in this folder")
    typer.echo(f"wrote {shipping.ship(model, out)}")


app.command(
    epilog=apps.examples(
        "facereason train merge out/qwen2.5-vl-fea --out merged/fea",
        "facereason train merge out/emotion/model --base google/paligemma2-3b-pt-224 --out merged/emotion",
    )
)(publish.merge)
app.command(epilog=apps.examples("facereason train card out/nano-sft", "facereason train card merged --license mit"))(
    publish.card
)
app.command(
    epilog=apps.examples(
        "facereason train push out/nano-sft me/nano-faces",
        "facereason train push out/nano-sft me/nano-faces --acknowledge ferplus --yes-upload",
    )
)(publish.push)


def _run(
    recipe: Run,
    train: Callable[..., Path],
    tell: Callable[..., Iterable[str]] | None,
    plot: Callable[[Path], Path | None],
    data: str | None,
    out: Path | None,
    device: str | None,
    *,
    shown: str = "loss",
) -> None:
    """Tell what a recipe of fine-tuning would do, where `tell` is given, else do it. `shown`: figure beside the bar."""
    from facereason.train import loop

    folder = out or Path("out") / recipe.name
    where = loop.device_of(device).type
    if tell is not None:
        for line in tell(recipe, data, folder, where):
            typer.echo(line)
        return
    with _Bar(shown) as bar:
        trained = train(recipe, data, folder, device=where, say=bar.say, progress=bar)
    plot(folder)
    _wrote(trained)


def _wrote(trained: Path) -> None:
    """Where the model is, and how it is served."""
    from facereason.train.vlm import serving

    for line in (f"wrote {trained}", *serving.lines(trained)):
        typer.echo(line)


def _missing(error: ImportError) -> FaceReasonError:
    return FaceReasonError(f'training needs {error.name}: pip install "facereason[train]"')


class _Bar:
    """Steps and loss, or another figure, on stderr, where that is a terminal, while it trains; what is said goes above
    the bar."""

    def __init__(self, figure: str = "loss") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        shown = TextColumn(figure + " {task.fields[loss]}")
        columns = (shown, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
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
