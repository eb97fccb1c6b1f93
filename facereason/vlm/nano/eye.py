"""What nano sees: an ONNX graph whose weights lie in nano's own safetensors file, and the projector behind it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from facereason.vlm.nano.weights import Array, Tensors

SIDE = 112
"""Pixels of the aligned crop, both sides."""


class Eye:
    """Crops `(112, 112, 3)` uint8 to embeddings `(30, width)` of the language model."""

    def __init__(self, graph: Path, tensors: Tensors, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session: Any = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        first, second = ("multi_modal_projector.linear_1", "multi_modal_projector.linear_2")
        self._first = tensors.read(f"{first}.weight").T, tensors.read(f"{first}.bias")
        self._second = tensors.read(f"{second}.weight").T, tensors.read(f"{second}.bias")

    def see(self, crop: np.ndarray[Any, np.dtype[np.uint8]]) -> Array:
        """The embeddings of one crop."""
        (tokens,) = self._session.run(["tokens"], {"crops": crop[None]})
        hidden = _gelu(tokens[0] @ self._first[0] + self._first[1])
        return np.asarray(hidden @ self._second[0] + self._second[1], np.float32)


def _gelu(values: Array) -> Array:
    """GELU (Hendrycks and Gimpel 2016), by the error function to 1.2e-7 (Numerical Recipes' erfc, W. Press et al.)."""
    x = values / np.float32(np.sqrt(2))
    z = np.abs(x)
    t = 1 / (1 + 0.5 * z)
    series = (
        1.00002368,
        0.37409196,
        0.09678418,
        -0.18628806,
        0.27886807,
        -1.13520398,
        1.48851587,
        -0.82215223,
        0.17087277,
    )
    total = np.zeros_like(t)
    for factor in reversed(series):
        total = (total + factor) * t
    erfc = t * np.exp(-z * z - 1.26551223 + total)
    erf = np.where(x >= 0, 1 - erfc, erfc - 1)
    return np.asarray(0.5 * values * (1 + erf), np.float32)
