"""What a recipe would do, without doing it: questions, steps, weights, memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from pathlib import Path

from facereason.train.vlm import bases, questions, sft
from facereason.train.vlm.recipe import FRESH, Recipe

GIB = 2**30


def told(recipe: Recipe, data: str | Path | None, folder: Path, device: str) -> Iterator[str]:
    """Lines for the user. The base is loaded, so that its weights are counted and not guessed; memory is weights,
    gradients and the two moments of AdamW, without activations, which depend on pictures and batch."""
    yield f"recipe {recipe.name}: {recipe.needs or 'nobody has said what it needs'}"
    rows = questions.dataset(recipe.data, data, recipe.seed, folder / "data", lambda text: None)
    each = recipe.batch * recipe.accumulate
    steps = recipe.steps or math.ceil(len(rows) * recipe.epochs / each)
    yield f"{len(rows):,} questions, {steps:,} steps of {each}"
    for row in itertools.islice(rows, 3):
        yield f"  {row['task']}: {row['question']} -> {row['answer']}"
    base = bases.base(recipe, device, sft.texts(rows))
    model = sft.adapted(recipe, base)
    trained = sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
    whole = sum(weights.numel() for weights in model.parameters())
    bytes_ = sum(weights.numel() * weights.element_size() for weights in model.parameters())
    name = "a fresh nano" if recipe.base == FRESH else recipe.base
    yield f"{name} on {device}: {trained / 1e6:,.1f} M of {whole / 1e6:,.1f} M weights are trained"
    yield f"memory for weights, gradients and AdamW: {(bytes_ + 12 * trained) / GIB:.1f} GiB, and activations besides"
    last = sft.checkpoint(folder)
    yield f"into {folder}{f', going on from {last.name}' if last else ''}"
