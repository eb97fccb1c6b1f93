"""An adapter merged into its base: a checkpoint that needs neither peft nor the base."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facereason.types import UsageError
from facereason.vlm import catalogue
from facereason.vlm.errors import UnavailableError
from facereason.vlm.local import adapters, encoding
from facereason.vlm.local.loading import Base, load
from facereason.vlm.messages import Message, Picture
from facereason.vlm.names import ModelName

if TYPE_CHECKING:
    import torch


COPIED = {".json", ".jinja", ".txt", ".model"}
MADE = {"config.json", "generation_config.json"}


@dataclass(frozen=True, slots=True)
class Parity:
    """How far a merged model is from its base with the adapter: the largest difference of a logit over the `tokens` of
    a text with a picture."""

    max_difference: float
    tokens: int


def merge(name: ModelName, out: Path, check: Callable[[Base], None] = lambda base: None) -> Parity:
    """Save the base of `name` with its adapter merged into it, and its processor, in `out`; how equal they are.
    `check`: is shown the base before the adapter is on it.

    Processor and tokenizer are the base's own files: what is loaded here may lack the video half (`imageonly`), which
    stock loaders and vLLM look for.

    UsageError where `name` has no adapter or is quantised, whose rounded weights cannot be merged into.
    """
    if not name.adapter[0]:
        raise UsageError(f"{name}: nothing to merge; name an adapter: {name}+adapter=FOLDER")
    if "bits" in name.options:
        raise UsageError(f"{name}: merge without +bits, then load the merged model with it")
    base = load(name.base)
    check(base)
    before = _logits(base, adapters.attach(base, name))
    base.peft.merge_and_unload().save_pretrained(out)
    _copy_processor(name, out)
    del base  # two of them may not fit
    same = {key: name.options[key] for key in ("device", "dtype") if key in name.options}
    after = _logits(load(ModelName(provider="hf", name=str(out), options=same)), "")
    return Parity(float((before - after).abs().max()), int(before.shape[1]))


def _copy_processor(name: ModelName, out: Path) -> None:
    """What a checkpoint has beside its weights and their configuration."""
    found = catalogue.here(name.base)
    if found is None:  # it has been loaded from there a moment ago
        raise UnavailableError(f"{name.base} is no longer here: facereason models pull {name.base}")
    for file in found.folder.iterdir():
        if file.suffix in COPIED and file.name not in MADE and not file.name.endswith(".index.json"):
            shutil.copyfile(file, out / file.name)


def _logits(base: Base, adapter: str) -> torch.Tensor:
    import numpy as np
    import torch

    pixels = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    inputs = encoding.encode(base, [(Message.user(Picture(pixels), "What does this face show?"),)])
    if base.two_part:
        inputs["decoder_input_ids"] = inputs["input_ids"]
    with adapters.active(base, adapter), torch.inference_mode():
        logits: torch.Tensor = base.model(**inputs).logits.float().cpu()
    return logits
