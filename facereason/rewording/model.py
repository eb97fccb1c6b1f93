"""Questions put into plain words by a small model that is trained by `facereason/train/rewording/`.

The model runs on numpy: an encoder and a decoder of a few layers of 128 (Vaswani et al. 2017, with norms first) answer
in milliseconds, and nothing has to be started for the many questions that need no model. What it says is only ever a
proposal: the grammar parses it as strictly as any question.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from math import erf, exp, sqrt
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason import resources
from facereason.rewording.words import (
    BEGIN,
    END,
    GRAMS,
    LONGEST,
    LONGEST_PLAIN,
    NONE,
    grams,
    marked,
    plain_text,
    words_of,
)

Float = npt.NDArray[np.float32]
FILE = "rewording.npz"
HEADS = 4  # of attention
_FREE = r"\d+|\d+(st|nd|rd|th|s)|[.,?!:;'\"()/#&%=>+-]|[–—…]"  # numbers, and signs that carry no more than a pause


@dataclass(frozen=True, slots=True)
class Proposal:
    """`plain`: what the question is taken for, `NONE` where it is none of the grammar's; `probability` of these very
    words."""

    plain: str
    probability: float

    @property
    def is_none(self) -> bool:
        """Whether it says that this is no question of the grammar."""
        return self.plain == NONE


class Rewording:
    """The model: `weights` by the names that the network gave them, `words` of the plain language, and those that it
    was taught to read in questions, `known`."""

    def __init__(self, weights: dict[str, Float], words: list[str], known: frozenset[str]) -> None:
        self.weights, self.words, self.known = weights, words, known
        self._begin, self._end = words.index(BEGIN), words.index(END)

    def strange(self, question: str) -> tuple[str, ...]:
        """Words and signs of a question that the model was not taught: it would have to leave them out or to guess."""
        return tuple(word for word in words_of(question) if word not in self.known and not re.fullmatch(_FREE, word))

    def proposed(self, question: str) -> Proposal | None:
        """The question in plain words, the likeliest word after the other; None where it is too long or empty. What is
        `strange` in it is read by its letters."""
        said, numbers = marked(words_of(question))
        if not said or len(said) > LONGEST:
            return None
        memory = self._encoded(said)
        keys = [self._keys(f"decoder.{n}.multihead_attn", memory) for n in range(self._layers("decoder"))]
        before: list[list[tuple[Float, Float]]] = [[] for _ in keys]
        line, log = [self._begin], 0.0
        while len(line) < LONGEST_PLAIN:
            logits = self._next(line[-1], len(line) - 1, keys, before)
            best = int(logits.argmax())
            log -= float(np.log(np.exp(logits - logits[best]).sum()))
            if best == self._end:
                break
            line.append(best)
        return Proposal(plain_text([self.words[n] for n in line[1:]], numbers), exp(log))

    def _encoded(self, said: list[str]) -> Float:
        rows = [grams(word) for word in said]
        letters = self.weights["letters.weight"]
        sums = [
            letters[row].sum(0) + (GRAMS - len(row)) * letters[0] for row in rows
        ]  # training sums row 0 where there is no run
        values = np.stack([total / sqrt(len(row)) for total, row in zip(sums, rows, strict=True)])
        values = values + self.weights["place"][: len(rows)]
        for n in range(self._layers("encoder")):
            name = f"encoder.{n}"
            normed = self._norm(values, f"{name}.norm1")
            keys, contents = self._keys(f"{name}.self_attn", normed)
            values = values + self._attended(f"{name}.self_attn", normed, keys, contents)
            values = values + self._inner(name, self._norm(values, f"{name}.norm2"))
        return self._norm(values, "read")

    def _next(
        self,
        word: int,
        at: int,
        keys: list[tuple[Float, Float]],
        before: list[list[tuple[Float, Float]]],
    ) -> Float:
        """Logits of the word after `word`, the `at`-th; `before` keeps what earlier words are to later ones."""
        values = (self.weights["words.weight"][word] + self.weights["turn"][at])[None]
        for n, (key, content) in enumerate(keys):
            name = f"decoder.{n}"
            normed = self._norm(values, f"{name}.norm1")
            before[n].append(self._keys(f"{name}.self_attn", normed))
            own = [np.concatenate(parts, axis=1) for parts in zip(*before[n], strict=True)]
            values = values + self._attended(f"{name}.self_attn", normed, own[0], own[1])
            normed = self._norm(values, f"{name}.norm2")
            values = values + self._attended(f"{name}.multihead_attn", normed, key, content)
            values = values + self._inner(name, self._norm(values, f"{name}.norm3"))
        logits: Float = self._norm(values, "said")[0] @ self.weights["words.weight"].T
        return logits

    # -------------------------------------------------------------------------------------------- parts of a layer

    def _layers(self, part: str) -> int:
        return len({name.split(".")[1] for name in self.weights if name.startswith(f"{part}.")})

    def _norm(self, values: Float, name: str) -> Float:
        centred = values - values.mean(-1, keepdims=True)
        spread = np.sqrt((centred**2).mean(-1, keepdims=True) + 1e-5)
        out: Float = centred / spread * self.weights[f"{name}.weight"] + self.weights[f"{name}.bias"]
        return out

    def _linear(self, values: Float, name: str) -> Float:
        out: Float = values @ self.weights[f"{name}.weight"].T + self.weights[f"{name}.bias"]
        return out

    def _inner(self, name: str, values: Float) -> Float:
        return self._linear(_gelu(self._linear(values, f"{name}.linear1")), f"{name}.linear2")

    def _projected(self, name: str, values: Float, part: int) -> Float:
        """Queries (0), keys (1) or contents (2) of attention, `(heads, n, width / heads)`."""
        width = values.shape[-1]
        rows = slice(part * width, (part + 1) * width)
        out = values @ self.weights[f"{name}.in_proj_weight"][rows].T + self.weights[f"{name}.in_proj_bias"][rows]
        return np.asarray(out.reshape(len(values), HEADS, -1).transpose(1, 0, 2))

    def _keys(self, name: str, values: Float) -> tuple[Float, Float]:
        return self._projected(name, values, 1), self._projected(name, values, 2)

    def _attended(self, name: str, values: Float, keys: Float, contents: Float) -> Float:
        queries = self._projected(name, values, 0)
        odds = queries @ keys.transpose(0, 2, 1) / sqrt(queries.shape[-1])
        odds = np.exp(odds - odds.max(-1, keepdims=True))
        mixed = (odds / odds.sum(-1, keepdims=True)) @ contents
        return self._linear(mixed.transpose(1, 0, 2).reshape(values.shape), f"{name}.out_proj")


def _gelu(values: Float) -> Float:
    return np.asarray(0.5 * values * (1 + _erf(values / sqrt(2))), np.float32)


_erf: Any = np.vectorize(erf, otypes=[np.float32])


LISTS = ("vocabulary", "known")
"""What the file holds beside weights: words as JSON."""


@cache
def shipped() -> Rewording:
    """The model that ships, read once. FaceReasonError where its file is damaged."""
    resources.verify(FILE)
    return read(resources.weights(FILE))


def read(path: Any) -> Rewording:
    """A model from a file that `facereason.train.rewording.exporting` wrote."""
    with np.load(path) as stored:
        words, known = (json.loads(bytes(stored[name]).decode()) for name in LISTS)
        weights = {name: stored[name].astype(np.float32) for name in stored.files if name not in LISTS}
        return Rewording(weights, words, frozenset(known))
