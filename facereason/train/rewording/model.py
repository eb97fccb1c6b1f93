"""The rewording model: a small encoder and decoder (Vaswani et al. 2017) from a question to a plain one.

Words go in as what their letters say (hashed runs, as in Bojanowski et al. 2017), words of the plain language come
out, one after the other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from facereason.rewording.model import HEADS
from facereason.rewording.words import BUCKETS, LONGEST, LONGEST_PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """`width` of all vectors, `inner` of the layers between; layers of the two halves."""

    width: int = 128
    inner: int = 384
    encoder: int = 3
    decoder: int = 2
    dropout: float = 0.1


class RewordingNet(nn.Module):
    """Grams `(n, w, g)` of questions, 0 where there is none, and plain words so far `(n, p)` to logits `(n, p, words)`
    of the word that comes next."""

    def __init__(self, model: Model, words: int) -> None:
        super().__init__()
        width = model.width
        self.letters = nn.Embedding(BUCKETS + 1, width, padding_idx=0)
        self.words = nn.Embedding(words, width)
        nn.init.normal_(self.letters.weight, std=width**-0.5)
        nn.init.normal_(self.words.weight, std=width**-0.5)
        self.place = nn.Parameter(torch.randn(LONGEST, width) * width**-0.5)
        self.turn = nn.Parameter(torch.randn(LONGEST_PLAIN, width) * width**-0.5)
        options: dict[str, Any] = {
            "dim_feedforward": model.inner, "dropout": model.dropout, "batch_first": True, "norm_first": True,
            "activation": "gelu",
        }  # fmt: skip
        self.encoder = nn.ModuleList(nn.TransformerEncoderLayer(width, HEADS, **options) for _ in range(model.encoder))
        self.decoder = nn.ModuleList(nn.TransformerDecoderLayer(width, HEADS, **options) for _ in range(model.decoder))
        self.read, self.said = nn.LayerNorm(width), nn.LayerNorm(width)
        self.dropout = nn.Dropout(model.dropout)

    def forward(self, grams: Tensor, plain: Tensor) -> Tensor:
        return self.decoded(self.encoded(grams), grams[:, :, 0] == 0, plain)

    def encoded(self, grams: Tensor) -> Tensor:
        """`(n, w, width)` of questions."""
        nothing = grams[:, :, 0] == 0
        count = (grams > 0).sum(-1, keepdim=True).clamp_min(1)
        values = self.letters(grams).sum(2) / count.sqrt() + self.place[: grams.shape[1]]
        values = self.dropout(values)
        for layer in self.encoder:
            values = layer(values, src_key_padding_mask=nothing)
        out: Tensor = self.read(values)
        return out

    def decoded(self, memory: Tensor, nothing: Tensor, plain: Tensor) -> Tensor:
        """Logits of the word that comes next at every place. `nothing` `(n, w)`: where the questions have ended."""
        count = plain.shape[1]
        later = torch.ones(count, count, dtype=torch.bool, device=plain.device).triu(1)
        values = self.dropout(self.words(plain) + self.turn[:count])
        for layer in self.decoder:
            values = layer(values, memory, tgt_mask=later, memory_key_padding_mask=nothing)
        logits: Tensor = self.said(values) @ self.words.weight.T
        return logits
