"""Encoders that are probed: faces to vectors.

`pixels` is the baseline, the face as 16 x 16 grey values; `nano` or `nano/FOLDER` the mean of nano's tokens; `hf/NAME`
any checkpoint of transformers that has image features (CLIP, SigLIP, ...). Every encoder is shown the aligned crop.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason import images
from facereason.images import Pixels
from facereason.types import UsageError

Vector = npt.NDArray[np.float64]
SIDE = 16


@dataclass(frozen=True, slots=True)
class Encoder:
    """`see` gives the vector of an aligned crop; `provenance` tells what it is, plain data."""

    see: Callable[[Pixels], Vector]
    provenance: Mapping[str, Any]


def opened(name: str) -> Encoder:
    """The encoder of a name. UsageError for one that is none, UnavailableError where it cannot be loaded."""
    from facereason.vlm import names

    if name == "pixels":
        return Encoder(_grey, {"name": name, "family": "baseline"})
    parsed = names.parse(name)
    if parsed.provider == "nano":
        return _nano(parsed)
    if parsed.provider == "hf":
        return _features(parsed)
    raise UsageError(f"encoder {name}: use pixels, nano, nano/FOLDER or hf/NAME; a server shows no features")


def _grey(crop: Pixels) -> Vector:
    small = images.resize(crop, SIDE, SIDE)
    return np.asarray(small.mean(axis=2).ravel() / 255, np.float64)


def _nano(name: Any) -> Encoder:
    from facereason.vlm import Picture
    from facereason.vlm.nano import NanoModel

    model = NanoModel(name)
    identity = model.identity

    def see(crop: Pixels) -> Vector:
        return np.asarray(model.see(Picture(crop)).mean(axis=0), np.float64)

    return Encoder(see, {"name": identity.name, "family": identity.family, "revision": identity.revision})


def _features(name: Any) -> Encoder:
    import torch

    from facereason.vlm.local import loading

    base = loading.load(name)
    if not hasattr(base.model, "get_image_features"):
        raise UsageError(f"encoder {name}: {base.family.title} shows no image features")
    pictures = getattr(base.processor, "image_processor", base.processor)

    def see(crop: Pixels) -> Vector:
        inputs = pictures(images=[np.array(crop)], return_tensors="pt").to(base.device)
        with torch.inference_mode():
            made = base.model.get_image_features(**inputs)
        pooled = getattr(made, "pooler_output", made)
        return np.asarray(pooled.reshape(-1, pooled.shape[-1]).mean(dim=0).float().cpu().numpy(), np.float64)

    return Encoder(see, {"name": str(name), "family": base.family.name, "revision": name.revision})
