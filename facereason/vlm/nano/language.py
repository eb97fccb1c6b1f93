"""The language model of nano in NumPy: a small Llama (Touvron et al. 2023), one question at a time.

The same as transformers' LlamaForCausalLM on the same weights, up to rounding (tests/vlm/test_nano.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from facereason.vlm.nano.weights import Array, Tensors

PREFIX = "language_model.model"


@dataclass(frozen=True, slots=True)
class _Layer:
    into_qkv: Array
    out: Array
    gate_up: Array
    down: Array
    before_attention: Array
    before_inner: Array


class Language:
    """The weights, and how they are used. `embed`: `(words, width)`."""

    def __init__(self, tensors: Tensors, config: Mapping[str, Any]) -> None:
        self.heads = int(config["num_attention_heads"])
        self.width = int(config["hidden_size"])
        self.epsilon = float(config["rms_norm_eps"])
        self.inner = int(config["intermediate_size"])
        self.embed = tensors.read(f"{PREFIX}.embed_tokens.weight")
        self.norm = tensors.read(f"{PREFIX}.norm.weight")
        self.layers = [self._layer(tensors, f"{PREFIX}.layers.{i}") for i in range(int(config["num_hidden_layers"]))]
        theta = float((config.get("rope_parameters") or {}).get("rope_theta", config.get("rope_theta") or 10000.0))
        half = self.width // self.heads // 2
        self.rates = np.asarray(theta ** (-np.arange(half, dtype=np.float32) / half), np.float32)

    @staticmethod
    def _layer(tensors: Tensors, name: str) -> _Layer:
        def weight(part: str) -> Array:
            return tensors.read(f"{name}.{part}.weight")

        parts = [weight(f"self_attn.{part}_proj") for part in "qkv"]
        return _Layer(
            into_qkv=np.ascontiguousarray(np.concatenate(parts).T),
            out=np.ascontiguousarray(weight("self_attn.o_proj").T),
            gate_up=np.ascontiguousarray(np.concatenate([weight("mlp.gate_proj"), weight("mlp.up_proj")]).T),
            down=np.ascontiguousarray(weight("mlp.down_proj").T),
            before_attention=weight("input_layernorm"),
            before_inner=weight("post_attention_layernorm"),
        )

    def reading(self) -> Reading:
        """A text, empty so far."""
        return Reading(self)


class Reading:
    """What was read so far: keys and values of each layer."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self.length = 0
        self._kept: list[tuple[Array, Array]] = []

    def copy(self) -> Reading:
        """As far as this one has read, to go on with otherwise."""
        other = Reading(self.language)
        other.length, other._kept = self.length, list(self._kept)
        return other

    def read(self, inputs: Array) -> Array:
        """Take in embeddings `(n, width)`; logits `(words,)` of what comes next."""
        model, values = self.language, inputs
        places = np.arange(self.length, self.length + len(inputs), dtype=np.float32)
        turn = np.outer(places, model.rates)
        cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
        for number, layer in enumerate(model.layers):
            values = values + self._attended(
                number, layer, _normed(values, layer.before_attention, model.epsilon), cos, sin
            )
            both = _normed(values, layer.before_inner, model.epsilon) @ layer.gate_up
            gate, up = both[:, : model.inner], both[:, model.inner :]
            values = values + (gate / (1 + np.exp(-gate)) * up) @ layer.down
        self.length += len(inputs)
        last = _normed(values[-1:], model.norm, model.epsilon)
        return np.asarray(last[0] @ model.embed.T, np.float32)

    def _attended(self, number: int, layer: _Layer, values: Array, cos: Array, sin: Array) -> Array:
        model = self.language
        n, size = len(values), model.width // model.heads
        query, key, value = (values @ layer.into_qkv).reshape(n, 3, model.heads, size).transpose(1, 0, 2, 3)
        query, key = _turned(query, cos, sin), _turned(key, cos, sin)
        if number == len(self._kept):
            self._kept.append((key, value))
        else:
            before = self._kept[number]
            key, value = np.concatenate([before[0], key]), np.concatenate([before[1], value])
            self._kept[number] = key, value
        scores = np.einsum("qhd,khd->hqk", query, key) / np.float32(np.sqrt(size))
        if n > 1:
            hidden = np.triu(np.ones((n, len(key)), bool), len(key) - n + 1)
            scores = np.where(hidden, np.float32(-1e30), scores)
        scores = np.exp(scores - scores.max(axis=-1, keepdims=True))
        scores /= scores.sum(axis=-1, keepdims=True)
        seen = np.einsum("hqk,khd->qhd", scores, value).reshape(n, model.width)
        return np.asarray(seen @ layer.out, np.float32)


def _normed(values: Array, weight: Array, epsilon: float) -> Array:
    """RMS norm (Zhang and Sennrich 2019)."""
    return np.asarray(values / np.sqrt((values * values).mean(axis=-1, keepdims=True) + epsilon) * weight, np.float32)


def _turned(values: Array, cos: Array, sin: Array) -> Array:
    """Rotary places (Su et al. 2021), halves turned against each other: `(n, heads, size)`."""
    half = values.shape[-1] // 2
    one, other = values[..., :half], values[..., half:]
    return np.concatenate([one * cos - other * sin, other * cos + one * sin], axis=-1)
