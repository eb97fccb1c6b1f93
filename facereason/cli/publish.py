"""`facereason train merge`, `card` and `push`: what comes after training."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from facereason.types import FaceReasonError

Trained = Annotated[Path, typer.Argument(metavar="RUN", help="A run of facereason train, or the folder of its model.")]


def merge(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run of facereason train, or a folder of an adapter.")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where the merged model is written.")],
    base: Annotated[
        str | None, typer.Option("--base", metavar="NAME", help="The adapter's base, where it is no longer as named.")
    ] = None,
) -> None:
    """Merge a trained adapter into its base, in the base's precision, and compare their logits.

    Prints how the merged model is served. A base that was quantised for training is loaded in bfloat16.
    """
    try:
        from facereason.train.vlm import card as cards
        from facereason.train.vlm import merged, provenance, serving
    except ImportError as error:
        raise _missing(error) from None
    folder, parity = merged.merged(run, out, base, lambda text: typer.echo(text, err=True))
    if (folder / provenance.FILE).is_file():
        cards.write(folder)
    typer.echo(f"wrote {folder}; logits differ by {parity.max_difference:.2g} at most, over {parity.tokens} tokens")
    for line in serving.lines(folder):
        typer.echo(line)


def card(
    run: Trained,
    license: Annotated[
        str | None,
        typer.Option("--license", metavar="ID", help="Of the weights, as the hub names it; else the base's."),
    ] = None,
) -> None:
    """Write the model card of a run anew, with what was measured since.

    Figures are those of files figures*.json in the run: facereason train measure RUN/model FILE --json RUN/figures.json
    """
    try:
        from facereason.train.vlm import card as cards
        from facereason.train.vlm import merged
    except ImportError as error:
        raise _missing(error) from None
    typer.echo(f"wrote {cards.write(merged.folder(run), license)}")


def push(
    run: Trained,
    repo: Annotated[str, typer.Argument(metavar="ORG/NAME", help="The repository on the hub.")],
    yes_upload: Annotated[
        bool, typer.Option("--yes-upload", help="Send it; else it is only told what would be.")
    ] = False,
    public: Annotated[bool, typer.Option("--public", help="Everybody may read it; else it is private.")] = False,
    acknowledge: Annotated[
        list[str] | None,
        typer.Option("--acknowledge", metavar="DATASET", help="Its terms allow you to give the weights away."),
    ] = None,
) -> None:
    """Tell what of a trained model would be sent to a hub and, with --yes-upload, send it.

    The hub is huggingface.co or HF_ENDPOINT, the token HF_TOKEN or that of `hf auth login`. Nothing is sent without a
    licence in the card, or where data that was learnt from is not plainly open and not acknowledged.
    """
    try:
        from facereason.train.vlm import merged, publishing
    except ImportError as error:
        raise _missing(error) from None
    found = publishing.parcel(merged.folder(run), repo, acknowledge or ())
    typer.echo(f"{found.folder} to {repo}, {'public' if public else 'private'}, licence {found.license or 'missing'}")
    for name, size in found.files:
        typer.echo(f"  {size / 1e6:10.2f} MB  {name}")
    typer.echo(f"  {found.bytes / 1e6:10.2f} MB in {len(found.files)} files")
    if found.kept:
        typer.echo(f"stays here: {', '.join(found.kept)}")
    if yes_upload:
        typer.echo(f"sent to {publishing.send(found, public=public)}")
        return
    why = publishing.refusal(found)
    typer.echo(f"would be refused: {why}" if why else "nothing was sent: --yes-upload sends it")


def _missing(error: ImportError) -> FaceReasonError:
    return FaceReasonError(f'training needs {error.name}: pip install "facereason[train]"')
