"""The adapter of a run merged into its base: a checkpoint that needs neither."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from facereason.train.vlm import provenance
from facereason.types import FaceReasonError, UsageError
from facereason.vlm import catalogue
from facereason.vlm.local import Parity, merge
from facereason.vlm.names import ModelName

if TYPE_CHECKING:
    from facereason.vlm.local.loading import Base

ADAPTER = "adapter_config.json"
QUANTISED = "bfloat16"
"""What a base that was quantised for training is loaded in to be merged: rounded weights cannot be added to."""


def merged(
    place: Path, out: Path, base: str | None = None, say: Callable[[str], None] = lambda text: None
) -> tuple[Path, Parity]:
    """Merge the adapter of a run, or in a folder, and write model, processor and `run.json` into `out`; how equal the
    logits are. The precision is the base's own. `base`: where the base is now, else where it was trained on.

    UsageError where there is no adapter, or something else in `out`; FaceReasonError for another base than the
    adapter's.
    """
    adapter = folder(place)
    if not (adapter / ADAPTER).is_file():
        if (adapter / "config.json").is_file():
            raise UsageError(
                f"{place}: all of its weights were trained, so there is no adapter to merge: use it as it is"
            )
        raise UsageError(f"{place}: no adapter here: name a run of facereason train, or a folder with {ADAPTER}")
    if out.is_dir() and any(out.iterdir()):
        raise UsageError(f"{out}: is not empty: name another folder with --out")
    run = provenance.read(adapter) if (adapter / provenance.FILE).is_file() else None
    trained_on = str(json.loads((adapter / ADAPTER).read_text(encoding="utf-8")).get("base_model_name_or_path") or "")
    said = (base or trained_on).removeprefix("hf/")
    if not said:
        raise UsageError(f"{adapter}: does not say its base: name it with --base")
    name = ModelName(provider="hf", name=said)
    bits = run.bits if run is not None else 0
    dtype = QUANTISED if bits else _precision(name)
    if bits:
        say(f"the base was trained on in {bits} bits; it is loaded in {dtype} and merged there")
    options = {"adapter": str(adapter), "device": "cpu"} | ({"dtype": dtype} if dtype else {})

    def same(loaded: Base) -> None:
        if run is not None and run.mark and provenance.mark(loaded.model) != run.mark:
            raise FaceReasonError(
                f"{adapter}: its adapter is of another base: {said} has other weights than {run.base} had in training; "
                "name the right one with --base"
            )

    parity = merge(dataclasses.replace(name, options=options), out, same)
    if run is not None:
        run.write(out)
    return out, parity


def folder(place: Path) -> Path:
    """The folder with weights of a run, or this one."""
    return place / "model" if (place / "model").is_dir() else place


def _precision(name: ModelName) -> str:
    """In which the base's weights are saved; empty where it does not say, or in one that is not computed in."""
    found = catalogue.here(name)
    if found is None or not (found.folder / "config.json").is_file():
        return ""
    config = json.loads((found.folder / "config.json").read_text(encoding="utf-8"))
    told = str(config.get("dtype") or config.get("torch_dtype") or config.get("text_config", {}).get("dtype") or "")
    return told if told in ("float32", "bfloat16", "float16") else ""
