"""Train the reader: real photos in, one small network out, its probabilities calibrated.

FER+ teaches emotion by its vote distributions, FairFace age, gender and race; each batch holds half of each, and a head
learns only where its label is known. Training begins on small crops and ends on full ones, which costs a quarter of the
time (progressive resizing, as in Tan and Le 2021, "EfficientNetV2").
"""

from __future__ import annotations

import copy
import itertools
import json
import math
import pickle
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from facereason import resources
from facereason.faces import align
from facereason.faces.detect import Detector
from facereason.train import augment
from facereason.train.reader_data import Faces, load
from facereason.train.reader_model import HEADS, ReaderNet, Shape, sized
from facereason.types import FaceReasonError, UsageError

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """So many epochs on crops of `side` pixels; `strength`, 0 to 1: of the augmentation."""

    epochs: int
    side: int
    strength: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One run. `batch`: faces a step, half of each data set; an epoch is one pass over FairFace. The learning rate
    rises for `warmup_epochs` and then falls in a line to 0. `ema`: decay of the mean of the weights, which is what is
    kept. `strength`: of the augmentation. `age_blur`: standard deviation of the age target, in groups."""

    name: str
    model: Shape
    stages: tuple[Stage, ...]
    batch: int
    learning_rate: float
    weight_decay: float
    seed: int
    warmup_epochs: float
    ema: float
    age_blur: float
    loss: Mapping[str, float]
    limit: int | None = None  # faces a split, to try a recipe out

    def __post_init__(self) -> None:
        if set(self.loss) != set(HEADS):
            raise UsageError(f"loss needs exactly the heads {', '.join(HEADS)}")
        if any(stage.side % 8 or not 32 <= stage.side <= align.SIZE for stage in self.stages):
            raise UsageError(f"stages: side must be a multiple of 8 from 32 to {align.SIZE}")
        if any(not 0 <= stage.strength <= 1 for stage in self.stages):
            raise UsageError("stages: strength must be from 0 to 1")
        if self.batch < 2 or not self.stages or any(stage.epochs < 1 for stage in self.stages):
            raise UsageError("batch must be 2 or more, and stages of 1 epoch or more")

    @property
    def epochs(self) -> int:
        return sum(stage.epochs for stage in self.stages)

    def stage(self, epoch: int) -> Stage:
        """The stage of this epoch, counted from 0."""
        ends = itertools.accumulate(stage.epochs for stage in self.stages)
        return next(stage for stage, end in zip(self.stages, ends, strict=True) if epoch < end)


@dataclass(frozen=True, slots=True)
class Split:
    """Faces on the training device, targets as distributions `(n, classes)`; a row of zeros is no label."""

    images: Tensor
    points: Tensor
    targets: dict[str, Tensor]

    def __len__(self) -> int:
        return len(self.images)


class Progress(Protocol):
    """What a caller may show while it trains: the number of steps once, then a call a step, with the loss now and
    then."""

    def start(self, total: int, done: int) -> None: ...

    def step(self, loss: float | None) -> None: ...


class _Silent:
    def start(self, total: int, done: int) -> None:
        pass

    def step(self, loss: float | None) -> None:
        pass


def train(
    recipe: Recipe,
    folder: str | Path | None,
    out: str | Path,
    *,
    device: str | None = None,
    say: Say = print,
    progress: Progress | None = None,
) -> Path:
    """Train by `recipe` on data in `folder`; returns the checkpoint, `out/last.pt`, weights and temperatures in it.

    A run that was cut goes on from `out/last.pt` when called again with the same recipe; with another one it is
    refused. Beside it lie `curve.jsonl` (loss and accuracies an epoch) and `recipe.json`.
    """
    torch.backends.cudnn.benchmark = True
    home, out = _usable(device), Path(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FaceReasonError(f"cannot create {out} ({error.strerror}): choose another --out") from None
    run = _Run(recipe, home, out)
    say(f"{recipe.name}: {sum(p.numel() for p in run.net.parameters()) / 1e6:.2f} M parameters on {home}")
    run.resume(say)
    detector = _lazy_detector()
    parts = {
        key: load(*key, folder, detector, limit=recipe.limit, say=say)
        for key in (("ferplus", "train"), ("fairface", "train"), ("ferplus", "valid"), ("fairface", "held_out"))
    }
    ferplus, fairface, valid, held_out = (_on(faces, home, recipe.age_blur) for faces in parts.values())
    steps = max(1, len(fairface) // (recipe.batch // 2))
    shown: Progress = progress or _Silent()
    shown.start(recipe.epochs * steps, run.epoch * steps)
    began, first = time.monotonic(), run.epoch
    while run.epoch < recipe.epochs:
        loss = run.one_epoch(ferplus, fairface, steps, shown)
        side = recipe.stage(run.epoch - 1).side
        figures = accuracies(run.mean, valid, held_out, side)
        row = {"epoch": run.epoch, "loss": round(loss, 4), **{k: round(v, 4) for k, v in figures.items()}}
        with (out / "curve.jsonl").open("a") as curve:
            curve.write(json.dumps(row) + "\n")
        shares = ", ".join(f"{head} {100 * value:.1f} %" for head, value in figures.items())
        pace = (time.monotonic() - began) / (run.epoch - first)
        say(f"epoch {run.epoch} of {recipe.epochs}: loss {loss:.3f}; right: {shares}; {pace:.0f} s an epoch")
        run.save(temperatures(run.mean, valid, held_out, side) if run.epoch == recipe.epochs else None)
    return out / "last.pt"


def _usable(device: str | None) -> torch.device:
    try:
        home = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(0, device=home)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"device {device!r} cannot be used ({str(error).splitlines()[0]}): choose another") from None
    return home


class _Run:
    """Everything that changes while training, and is saved and restored together."""

    def __init__(self, recipe: Recipe, device: torch.device, out: Path) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe, self.device, self.path = recipe, device, out / "last.pt"
        self.net = on_device(ReaderNet(recipe.model), device)
        self.mean = copy.deepcopy(self.net).eval().requires_grad_(False)
        matrices = [p for p in self.net.parameters() if p.ndim > 1]
        vectors = [p for p in self.net.parameters() if p.ndim <= 1]
        groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": vectors, "weight_decay": 0.0}]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        self.epoch = 0

    def one_epoch(self, ferplus: Split, fairface: Split, steps: int, progress: Progress) -> float:
        """A pass over FairFace with as many FER+ faces beside it; returns the mean loss."""
        half = self.recipe.batch // 2
        orders = [self._order(len(split), steps * half) for split in (ferplus, fairface)]
        total = torch.zeros((), device=self.device)
        self.net.train()
        for step in range(steps):
            self._set_rate(self.epoch + step / steps)
            rows = [order[step * half : (step + 1) * half] for order in orders]
            loss = self._loss(ferplus, fairface, *rows)
            self.optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
            self.optimizer.step()
            self._average(self.epoch * steps + step)
            total += loss.detach()
            show = step % 20 == 0
            progress.step(float(loss.detach()) if show else None)
        mean = float(total) / steps
        if not math.isfinite(mean):
            raise FaceReasonError(f"{self.recipe.name}: the loss is {mean} in epoch {self.epoch}; lower learning_rate")
        self.epoch += 1
        return mean

    def _loss(self, ferplus: Split, fairface: Split, rows_a: Tensor, rows_b: Tensor) -> Tensor:
        stage, generator = self.recipe.stage(self.epoch), self.generator
        views = torch.cat(
            [
                augment.crops(split.images[rows], split.points[rows], stage.strength, generator, stage.side)
                for split, rows in ((ferplus, rows_a), (fairface, rows_b))
            ]
        )
        views = augment.degraded(views, stage.strength, generator).contiguous(memory_format=torch.channels_last)
        with self._precision():
            logits = self.net(views)
        total = torch.zeros((), device=self.device)
        for head, weight in self.recipe.loss.items():
            target = torch.cat([ferplus.targets[head][rows_a], fairface.targets[head][rows_b]])
            log_p = functional.log_softmax(logits[head].float(), dim=1)
            total = total - weight * (target * log_p).sum() / target.sum().clamp_min(1e-9)
        return total

    def _precision(self) -> AbstractContextManager[None]:
        """bf16 where the device computes with it: CUDA, and processors with AMX; on others it is slower than fp32."""
        amx = self.device.type == "cpu" and torch.cpu._is_amx_tile_supported()
        return torch.autocast(self.device.type, torch.bfloat16, enabled=amx or self.device.type == "cuda")

    def _order(self, faces: int, wanted: int) -> Tensor:
        passes = [
            torch.randperm(faces, device=self.device, generator=self.generator) for _ in range(-(-wanted // faces))
        ]
        return torch.cat(passes)[:wanted]

    def _set_rate(self, epoch: float) -> None:
        warm = min(1.0, (epoch + 1e-3) / max(1e-3, self.recipe.warmup_epochs))
        rate = self.recipe.learning_rate * warm * (1 - epoch / self.recipe.epochs)
        for group in self.optimizer.param_groups:
            group["lr"] = rate

    def _average(self, step: int) -> None:
        decay = min(self.recipe.ema, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, now in zip(self.mean.state_dict().values(), self.net.state_dict().values(), strict=True):
                if mean.is_floating_point():
                    mean.lerp_(now, 1 - decay)
                else:
                    mean.copy_(now)

    def save(self, temperature: Mapping[str, float] | None) -> None:
        """Write the checkpoint whole or not at all."""
        part = self.path.with_suffix(".part")
        torch.save(
            {
                "recipe": asdict(self.recipe),
                "epoch": self.epoch,
                "net": self.net.state_dict(),
                "mean": self.mean.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "generator": self.generator.get_state(),
                "dropout": torch.get_rng_state(),
                "temperatures": dict(temperature) if temperature else None,
            },
            part,
        )
        part.replace(self.path)

    def resume(self, say: Say) -> None:
        """Go on where `last.pt` stopped, if it is there."""
        state = _stored(self.path, self.device) if self.path.is_file() else None
        if state and state["recipe"] != asdict(self.recipe):
            raise UsageError(f"{self.path} was made by another recipe: name another --out, or remove it")
        (self.path.parent / "recipe.json").write_text(json.dumps(asdict(self.recipe), indent=2) + "\n")
        if state is None:
            return
        self.net.load_state_dict(state["net"])
        self.mean.load_state_dict(state["mean"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.generator.set_state(state["generator"].cpu())
        torch.set_rng_state(state["dropout"].cpu())
        self.epoch = state["epoch"]
        curve = self.path.parent / "curve.jsonl"  # a cut between row and checkpoint leaves a row too many
        rows = curve.read_text().splitlines() if curve.is_file() else []
        curve.write_text("".join(row + "\n" for row in rows if json.loads(row)["epoch"] <= self.epoch))
        say(f"going on after epoch {self.epoch}")


def on_device(net: ReaderNet, device: torch.device) -> ReaderNet:
    """The network moved to a device, its weights laid out as convolutions there like them."""
    moved: ReaderNet = net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
    return moved


def load_checkpoint(path: str | Path, device: torch.device | str = "cpu") -> tuple[ReaderNet, dict[str, Any]]:
    """The averaged network of a checkpoint, ready for inference, and the rest of what it holds.

    UsageError where the file is missing or no checkpoint of the reader.
    """
    if not Path(path).is_file():
        raise UsageError(f"no checkpoint {path}: train it first")
    state = _stored(path, device)
    try:
        net = on_device(ReaderNet(Shape(**state["recipe"]["model"])), torch.device(device))
        net.load_state_dict(state["mean"])
    except (KeyError, RuntimeError, TypeError) as error:
        raise UsageError(f"{path} is no checkpoint of the reader ({str(error).splitlines()[0]})") from None
    return net.eval().requires_grad_(False), state


def _stored(path: str | Path, device: torch.device | str) -> dict[str, Any]:
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, EOFError, LookupError, ValueError, pickle.UnpicklingError):
        raise UsageError(f"{path} is damaged, or no checkpoint: remove it and train again") from None
    if not isinstance(state, dict) or "recipe" not in state:
        raise UsageError(f"{path} is no checkpoint of the reader (it holds no recipe)")
    return state


def logits(net: ReaderNet, split: Split, side: int) -> dict[str, Tensor]:
    """Logits `(n, classes)` a head for the plain aligned crops of a split, brought to `side` pixels: what is
    exported."""
    generator = torch.Generator(split.images.device)
    parts = []
    with torch.no_grad():
        for start in range(0, len(split), 512):
            rows = slice(start, start + 512)
            crops = augment.crops(split.images[rows], split.points[rows], 0.0, generator)
            parts.append(net(sized(crops, side)))
    return {head: torch.cat([part[head] for part in parts]).float() for head in HEADS}


def accuracies(net: ReaderNet, valid: Split, held_out: Split, side: int) -> dict[str, float]:
    """Share right on held-back faces a head: emotion on FER+ valid (most voted), the others on held-out FairFace."""
    said = {**logits(net, held_out, side), "emotion": logits(net, valid, side)["emotion"]}
    return {
        head: float((said[head][known].argmax(1) == target[known].argmax(1)).float().mean())
        for head in HEADS
        for target in [(valid if head == "emotion" else held_out).targets[head]]
        for known in [target.sum(1) > 0]
    }


def temperatures(net: ReaderNet, valid: Split, held_out: Split, side: int) -> dict[str, float]:
    """For each head the temperature with the least negative log likelihood of the right label on held-back faces
    (Guo et al. 2017), searched between .25 and 4."""
    said = {**logits(net, held_out, side), "emotion": logits(net, valid, side)["emotion"]}
    best = {}
    for head in HEADS:
        target = (valid if head == "emotion" else held_out).targets[head]
        known = target.sum(1) > 0
        right = target[known].argmax(1)
        scale = torch.logspace(-2, 2, 401, base=2.0)
        losses = [float(functional.cross_entropy(said[head][known] / float(t), right)) for t in scale]
        best[head] = round(float(scale[int(np.argmin(losses))]), 4)
    return best


def _on(faces: Faces, device: torch.device, age_blur: float) -> Split:
    images = torch.from_numpy(faces.images if faces.images.ndim == 4 else faces.images[..., None])
    distance = torch.arange(HEADS["age"])[:, None] - torch.arange(HEADS["age"])[None]
    ages = torch.softmax(-0.5 * (distance / max(age_blur, 1e-3)) ** 2, dim=1)
    tables = {"age": ages, "gender": torch.eye(HEADS["gender"]), "race": torch.eye(HEADS["race"])}
    targets = {"emotion": torch.from_numpy(faces.emotion)}
    for head, table in tables.items():
        classes = torch.from_numpy(getattr(faces, head))
        targets[head] = torch.where((classes >= 0)[:, None], table[classes.clamp_min(0)], 0.0)
    return Split(
        images.to(device),
        torch.from_numpy(faces.points).to(device),
        {head: target.float().to(device) for head, target in targets.items()},
    )


def _lazy_detector() -> Callable[[], Detector]:
    return lambda: Detector(resources.weights("detector.onnx"))
