"""From a checkpoint of the rewording model to the file that the base install reads."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from facereason import rewording
from facereason.rewording import model
from facereason.train.rewording.training import begun, known_words, said_by
from facereason.types import FaceReasonError

TOLERANCE = 0.02  # of probabilities
TRIED = ("is the man in red happy?", "how old is she", "who shows AU12?", "the woman on the left", "what time is it?")


def export(checkpoint: str | Path, path: str | Path, tried: Sequence[str] = TRIED) -> Path:
    """Write `path`, weights in 16 bits, and compare what it says of `tried` with the network. FaceReasonError where
    they differ."""
    net, words = begun(checkpoint)
    net.eval()
    with torch.no_grad():
        for weights in net.parameters():
            weights.copy_(weights.half())
    stored: dict[str, Any] = {name: value.numpy().astype(np.float16) for name, value in net.state_dict().items()}
    for name, told in zip(model.LISTS, (words, known_words()), strict=True):
        stored[name] = np.frombuffer(json.dumps(told).encode(), np.uint8)
    whole = io.BytesIO()
    np.savez_compressed(whole, **stored)
    path = Path(path)
    part = path.with_suffix(".part")
    part.write_bytes(whole.getvalue())
    made = rewording.read(part)
    for question, (plain, probability) in zip(tried, said_by(net, tried, words), strict=True):
        found = made.proposed(question)
        if found is None or found.plain != plain or abs(found.probability - probability) > TOLERANCE:
            raise FaceReasonError(
                f"{path.name} says {found} of {question!r}, the network {plain!r} ({probability:.3f})"
            )
    part.replace(path)
    return path
