"""A contrastive model (CLIP, SigLIP) as a respondent: which caption is most like the picture.

Every option has a caption. The answer is the option whose caption fits best; the probabilities are the softmax of the
model's logits over the captions (Radford et al. 2021, zero-shot classification; of SigLIP, whose logits are trained one
by one, a share and no probability of its own). Questions without captions it abstains from.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from facereason import images
from facereason.bench.runs.respondents import ABSTAINS, Said
from facereason.bench.tasks.task import Question
from facereason.vlm import Model, Picture
from facereason.vlm.model import choice


class ContrastiveRespondent:
    """A model of `facereason.vlm` that compares pictures with texts."""

    def __init__(self, model: Model) -> None:
        self._model = model

    @property
    def provenance(self) -> Mapping[str, Any]:
        known = {key: value for key, value in asdict(self._model.identity).items() if value}
        return known | {"asked by": "image-text similarity"}

    async def ask(self, question: Question) -> Said:
        options = question.truth.get("options", ())
        if len(question.captions) != len(options) or len(question.pictures) != 1:
            return ABSTAINS
        picture = Picture(images.open(question.pictures[0]).pixels)
        (logits,) = await asyncio.to_thread(self._model.similarity, [picture], question.captions)
        made = choice(dict(zip(options, logits, strict=True)))
        return Said(
            text=made.answer,
            prompt=hashlib.sha256("\n".join(question.captions).encode()).hexdigest()[:16],
            confidence=made.probabilities[made.answer],
            probabilities=made.probabilities,
        )

    def close(self) -> None:
        self._model.close()
