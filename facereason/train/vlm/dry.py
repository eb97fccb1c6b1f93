"""What a recipe would do, without doing it: questions, steps, weights, memory."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator
from pathlib import Path

from facereason.train.vlm import bases, questions, rollouts, sft
from facereason.train.vlm.recipe import FRESH, Recipe, RewardRecipe, Run
from facereason.vlm.local.loading import Base

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
    yield from _weights(recipe, bases.base(recipe, device, sft.texts(rows)), device, folder)


def of_rewards(recipe: RewardRecipe, data: str | Path | None, folder: Path, device: str) -> Iterator[str]:
    """Likewise, of a run of rewards."""
    yield f"recipe {recipe.name}: {recipe.needs or 'nobody has said what it needs'}"
    rows = rollouts.dataset(recipe.data, data, recipe.seed, folder / "data", lambda text: None)
    steps = recipe.steps or math.ceil(len(rows) * recipe.epochs / recipe.batch)
    yield f"{len(rows):,} faces, {steps:,} steps of {recipe.batch} faces with {recipe.replies} replies each"
    yield "rewards " + ", ".join(f"{name} {weight:g}" for name, weight in recipe.rewards.items() if weight)
    for row in itertools.islice(rows, 3):
        truth = rollouts.read(row["truth"])
        there = [field.name for field in dataclasses.fields(truth) if getattr(truth, field.name) is not None]
        yield f"  {row['question']} ({row['id']}: {', '.join(there)})"
    yield from _weights(recipe, bases.base(recipe, device, ()), device, folder)


def _weights(recipe: Run, base: Base, device: str, folder: Path) -> Iterator[str]:
    model = sft.adapted(recipe, base)
    trained = sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
    whole = sum(weights.numel() for weights in model.parameters())
    bytes_ = sum(weights.numel() * weights.element_size() for weights in model.parameters())
    name = "a fresh nano" if recipe.base == FRESH else recipe.base
    yield f"{name} on {device}: {trained / 1e6:,.1f} M of {whole / 1e6:,.1f} M weights are trained"
    yield f"memory for weights, gradients and AdamW: {(bytes_ + 12 * trained) / GIB:.1f} GiB, and activations besides"
    last = sft.checkpoint(folder)
    yield f"into {folder}{f', going on from {last.name}' if last else ''}"
