"""CLIP and SigLIP: how well texts fit pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from facereason.vlm.messages import Picture

if TYPE_CHECKING:
    from facereason.vlm.local.loading import Base


def similarity(base: Base, pictures: Sequence[Picture], texts: Sequence[str]) -> list[list[float]]:
    """The model's logits, `[picture][text]`. Texts longer than it takes are cut, as in its training."""
    import torch

    inputs = base.processor(
        images=[picture.pixels for picture in pictures],
        text=list(texts),
        # SigLIP was trained on padding up to its full length and is wrong without
        padding="max_length" if base.family.name == "siglip" else True,
        truncation=True,
        max_length=base.config.text_config.max_position_embeddings,
        return_tensors="pt",
    ).to(base.device)
    inputs["pixel_values"] = inputs["pixel_values"].to(base.dtype)
    with torch.inference_mode():
        logits = base.model(**inputs).logits_per_image
    rows: list[list[float]] = logits.float().tolist()
    return rows
