"""An adapter merged into its base: a checkpoint that needs neither peft nor the base."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facereason.types import UsageError
from facereason.vlm.local import adapters, encoding
from facereason.vlm.local.loading import Base, load
from facereason.vlm.messages import Message, Picture
from facereason.vlm.names import ModelName

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, slots=True)
class Parity:
    """How far a merged model is from its base with the adapter: the largest difference of a logit over the `tokens` of
    a text with a picture."""

    max_difference: float
    tokens: int


def merge(name: ModelName, out: Path) -> Parity:
    """Save the base of `name` with its adapter merged into it, and its processor, in `out`; how equal they are.

    UsageError where `name` has no adapter or is quantised, whose rounded weights cannot be merged into.
    """
    if not name.adapter[0]:
        raise UsageError(f"{name}: nothing to merge; name an adapter: {name}+adapter=FOLDER")
    if "bits" in name.options:
        raise UsageError(f"{name}: merge without +bits, then load the merged model with it")
    base = load(name.base)
    before = _logits(base, adapters.attach(base, name))
    base.peft.merge_and_unload().save_pretrained(out)
    base.processor.save_pretrained(out)
    same = {key: name.options[key] for key in ("device", "dtype") if key in name.options}
    after = _logits(load(ModelName(provider="hf", name=str(out), options=same)), "")
    return Parity(float((before - after).abs().max()), int(before.shape[1]))


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
