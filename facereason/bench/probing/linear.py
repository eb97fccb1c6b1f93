"""A linear classifier for few labels: multinomial logistic regression with L2, on standardised features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
PENALTY = 1.0
"""Of the sum of squared weights, halved, against the summed loss: scikit-learn's C = 1."""
STEPS = 2000
CLOSE = 1e-7


@dataclass(frozen=True, slots=True)
class Linear:
    """`labels` in the order of the columns of `weights` `(d, k)` and `bias` `(k,)`."""

    labels: tuple[str, ...]
    mean: Array
    scale: Array
    weights: Array
    bias: Array

    def probabilities(self, features: Array) -> Array:
        """Of features `(n, d)`, `(n, k)`, each row summing to 1."""
        return _softmax((features - self.mean) / self.scale @ self.weights + self.bias)


def fitted(features: Array, labels: Sequence[str]) -> Linear:
    """The classifier of features `(n, d)` and n labels, by accelerated gradient descent until nothing moves."""
    names = tuple(dict.fromkeys(sorted(labels)))
    target = np.eye(len(names))[[names.index(label) for label in labels]]
    mean, scale = features.mean(axis=0), features.std(axis=0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    x = np.hstack([(features - mean) / scale, np.ones((len(features), 1))])
    keep = np.append(np.full(features.shape[1], PENALTY), 0.0)[:, None]  # the bias is not held down
    step = 1 / (0.5 * np.linalg.norm(x, 2) ** 2 + PENALTY)
    at = ahead = np.zeros((x.shape[1], len(names)))
    for number in range(STEPS):
        slope = x.T @ (_softmax(x @ ahead) - target) + keep * ahead
        moved = ahead - step * slope
        if float(np.abs(moved - at).max()) < CLOSE and number:
            break
        if float((slope * (moved - at)).sum()) > 0:  # past the bottom: begin anew (O'Donoghue and Candes 2015)
            ahead, at = moved, moved
            continue
        ahead, at = moved + number / (number + 3) * (moved - at), moved
    return Linear(names, mean, scale, at[:-1], at[-1])


def _softmax(values: Array) -> Array:
    powers = np.exp(values - values.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
