"""What a recipe would do, without doing it: questions, steps, weights, and by a trial of one batch time and memory."""

from __future__ import annotations

import contextlib
import dataclasses
import itertools
import math
import time
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason.data import DataError
from facereason.train.vlm import bases, batches, leaks, questions, rollouts, sft
from facereason.train.vlm.recipe import FRESH, Recipe, RewardRecipe, Run
from facereason.vlm import catalogue
from facereason.vlm.errors import UnavailableError

if TYPE_CHECKING:
    from datasets import Dataset

    from facereason.vlm.local.loading import Base

GIB = 2**30
MOMENTS = 8
"""Bytes that AdamW keeps of each trained weight."""


def told(recipe: Recipe, data: str | Path | None, folder: Path, device: str) -> Iterator[str]:
    """Lines for the user. The base is loaded, so that its weights are counted and not guessed, and a batch goes forward
    and back, so that time and memory are measured. What is not here, base or data, is said, and what hangs on it left
    out. Errors as `sft.train`."""
    yield f"recipe {recipe.name}: {recipe.needs or 'nobody has said what it needs'}"
    try:
        rows = questions.dataset(recipe.data, data, recipe.seed, folder / "data", lambda text: None)
        learnt = leaks.refuse(recipe.data, recipe.valid, data, folder / "data")
    except DataError as error:
        yield f"not here: {error}"
        yield from _unseen(recipe)
        return
    each = recipe.batch * recipe.accumulate
    of_epoch = math.ceil(math.ceil(len(rows) / recipe.batch) / recipe.accumulate)  # the last step may be a smaller one
    steps = recipe.steps or math.ceil(of_epoch * recipe.epochs)
    against = f"; none is in {', '.join(learnt.against)}" if learnt.against else "; no held-out split to compare with"
    yield f"{learnt.faces.total():,} faces{against}"
    yield f"{len(rows):,} questions, {steps:,} steps of {each}"
    for row in itertools.islice(rows, 3):
        yield f"  {row['task']}: {row['question']} -> {row['answer']}"
    try:
        base = bases.base(recipe, device, sft.texts(rows))
    except UnavailableError as error:
        yield f"not here: {error}"
        yield from _unseen(recipe)
        return
    model = sft.adapted(recipe, base)
    moments = yield from _weights(recipe, model, device)
    yield from _tried(recipe, base, model, rows, steps, moments)
    yield _into(folder)


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
    yield from _weights(recipe, sft.adapted(recipe, bases.base(recipe, device, ())), device)
    yield _into(folder)


def _weights(recipe: Run, model: Any, device: str) -> Generator[str, None, int]:
    """Says how large the model is; gives the bytes of AdamW's moments."""
    trained: int = sum(weights.numel() for weights in model.parameters() if weights.requires_grad)
    whole = sum(weights.numel() for weights in model.parameters())
    bytes_ = sum(weights.numel() * weights.element_size() for weights in model.parameters())
    name = "a fresh nano" if recipe.base == FRESH else recipe.base
    yield f"{name} on {device}: {trained / 1e6:,.1f} M of {whole / 1e6:,.1f} M weights are trained"
    yield f"memory for weights, gradients and AdamW: {_size(bytes_ + (4 + MOMENTS) * trained)}, and activations besides"
    return MOMENTS * trained


def _into(folder: Path) -> str:
    last = sft.checkpoint(folder)
    return f"into {folder}{f', going on from {last.name}' if last else ''}"


def _tried(recipe: Recipe, base: Base, model: Any, rows: Dataset, steps: int, moments: int) -> Iterator[str]:
    """What a batch of the recipe takes, the second of two."""
    import torch

    if recipe.checkpointing:
        model.enable_input_require_grads()
        model.gradient_checkpointing_enable()
    model.train()
    batch = batches.Batches(base)
    half = recipe.precision == "bfloat16"
    try:
        with _peak(base.device.type) as peak:
            for number in range(2):
                began = time.perf_counter()
                some = [rows[i % len(rows)] for i in range(number * recipe.batch, (number + 1) * recipe.batch)]
                inputs = {key: value.to(base.device) for key, value in batch(some).items()}
                with torch.autocast(base.device.type, torch.bfloat16, enabled=half):
                    loss = model(**inputs).loss
                loss.backward()
                float(loss.detach())  # waits for the device
                took = time.perf_counter() - began
    except torch.cuda.OutOfMemoryError:
        yield (
            f"does not fit: a batch of {recipe.batch} needs more memory than {base.device} has; try a smaller batch "
            "with accumulate, checkpointing=true, or bits=4"
        )
        return
    step = took * recipe.accumulate
    yield f"one step, tried: {step:.1f} s; {steps:,} of them {_span(steps * step)}, saving and measuring besides"
    if peak:
        yield f"memory at the peak of the trial: {_size(peak[0])}, and {_size(moments)} for AdamW"
    else:
        yield "memory of activations: not measured on this system"


@contextlib.contextmanager
def _peak(device: str) -> Iterator[list[int]]:
    """The largest memory in bytes while inside, of the device or, on a CPU, of this process; empty where that cannot be
    told."""
    import torch

    found: list[int] = []
    status, refs = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
    elif refs.exists():
        with contextlib.suppress(OSError):
            refs.write_text("5")  # begins the high-water mark anew (proc(5))
    yield found
    if device == "cuda":
        found.append(int(torch.cuda.max_memory_allocated()))
    elif device == "cpu" and status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        found.append(int(line.split()[1]) * 1024)


def _unseen(recipe: Recipe) -> Iterator[str]:
    """What can be said of a recipe whose data or base is not here: the weights' size, by the base's card."""
    known = next((each for each in catalogue.KNOWN if each.name.removeprefix("hf/") == recipe.base), None)
    if known is not None:
        number = float(known.parameters.removesuffix("B")) * 1e9
        bits = recipe.bits or (16 if recipe.precision == "bfloat16" else 32)
        yield f"{recipe.base}: {known.parameters} weights by its card, {_size(number * bits / 8)} in {bits} bits"
    yield "time and the rest of the memory are measured by a trial, which needs data and base"


def _size(count: float) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB / 10 else f"{count / 2**20:.0f} MiB"


def _span(seconds: float) -> str:
    minutes = round(seconds / 60)
    if not minutes:
        return "less than a minute"
    return f"about {minutes // 60} h {minutes % 60:02} min" if minutes >= 60 else f"about {minutes} min"
