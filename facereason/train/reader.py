"""Train the reader: photos and renders in, one small network out, its probabilities calibrated.

FER+ teaches emotion by its vote distributions, FairFace age, gender and race. Action units, pose, gaze and landmarks
are learnt from studio renders; a landmark teacher says how photos turn and how strongly units show in their geometry;
and on photos the network shall read a view that was turned, mirrored, blurred or cut otherwise as it reads the plain
one (the mean of its weights says what that is: Tarvainen and Valpola 2017, "Mean teachers"). No emotion label reaches
a head of units. A head learns only where its label is known. Training begins on small crops and ends on full ones,
which costs a quarter of the time (progressive resizing, as in Tan and Le 2021, "EfficientNetV2").
"""

from __future__ import annotations

import copy
import itertools
import json
import math
import time
from collections.abc import Callable, Mapping, Sequence
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
from facereason.faces.geometry import SLOTS, slot_name
from facereason.train import augment, reader_begin, reader_reliability, render_data, shape_loss, teacher
from facereason.train.reader_data import Faces, Geometry, load
from facereason.train.reader_measure import Split, accuracies, shape_errors, shapes, temperatures, unit_scale
from facereason.train.reader_model import HEADS, SHAPE_HEADS, ReaderNet, Shape
from facereason.types import FaceReasonError, UsageError

Say = Callable[[str], None]

TRUNK = ("early.", "late.", "heads.")
TEACHABLE = ("rotation", "landmarks", "gaze", "strength")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """So many epochs with crops of `side` pixels for the trunk; `strength`, 0 to 1: of the augmentation, and
    `render_strength` of that of renders, which have more to lose."""

    epochs: int
    side: int
    strength: float
    render_strength: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Faces a step from each source."""

    ferplus: int
    fairface: int
    renders: int = 0

    @property
    def photos(self) -> int:
        return self.ferplus + self.fairface


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One run. An epoch is one pass over FairFace, or over `epoch_faces` of it. `renders`: names of folders with studio
    renders; `teach`: what the landmark teacher teaches photos, of "rotation", "landmarks", "gaze" and "strength" (of
    units); `consistency`: weight of reading every view of a photo alike. The learning rate rises for `warmup_epochs`
    and then falls in a line to 0. `ema`: decay of the mean of the weights, which is what is kept. `age_blur`: standard
    deviation of the age target, in groups. `loss`: weight of each head. `begin`: a checkpoint or an exported reader to
    begin from, where its weights fit. `trunk_rate`: the learning rate of the trunk, and of the heads that read its
    mean, in shares of that of the others; at 0 they stay as they began, and so does all that they read."""

    name: str
    model: Shape
    stages: tuple[Stage, ...]
    batch: Batch
    learning_rate: float
    weight_decay: float
    seed: int
    warmup_epochs: float
    ema: float
    age_blur: float
    loss: Mapping[str, float]
    renders: tuple[str, ...] = ()
    teach: tuple[str, ...] = ()
    consistency: float = 0.0
    begin: str | None = None
    trunk_rate: float = 1.0
    epoch_faces: int | None = None
    limit: int | None = None  # faces a split, to try a recipe out

    def __post_init__(self) -> None:
        if unknown := set(self.loss) - {*HEADS, *SHAPE_HEADS, "strength"}:
            raise UsageError(f"loss: no head {', '.join(sorted(unknown))}")
        if missing := [head for head in HEADS if head not in self.loss]:
            raise UsageError(f"loss: no weight for {', '.join(missing)}")
        if unknown := set(self.teach) - set(TEACHABLE):
            raise UsageError(f"teach: {', '.join(sorted(unknown))}; it can be {', '.join(TEACHABLE)}")
        if bool(self.renders) != bool(self.batch.renders):
            raise UsageError("renders: name folders and give them a share of the batch, or neither")
        if self.teach and not self.renders:
            raise UsageError("teach: the landmark teacher is fitted on renders; name their folders")
        if any(stage.side % 8 or not 32 <= stage.side <= align.SIZE for stage in self.stages):
            raise UsageError(f"stages: side must be a multiple of 8 from 32 to {align.SIZE}")
        if any(not 0 <= s <= 1 for stage in self.stages for s in (stage.strength, stage.render_strength)):
            raise UsageError("stages: strength must be from 0 to 1")
        if min(self.batch.ferplus, self.batch.fairface) < 1 or self.batch.renders < 0:
            raise UsageError("batch must hold photos of both sets")
        if not self.stages or any(stage.epochs < 1 for stage in self.stages):
            raise UsageError("there must be stages of 1 epoch or more")

    @property
    def epochs(self) -> int:
        return sum(stage.epochs for stage in self.stages)

    def stage(self, epoch: int) -> Stage:
        """The stage of this epoch, counted from 0."""
        ends = itertools.accumulate(stage.epochs for stage in self.stages)
        return next(stage for stage, end in zip(self.stages, ends, strict=True) if epoch < end)


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
    made: str | Path = "out",
    device: str | None = None,
    say: Say = print,
    progress: Progress | None = None,
) -> Path:
    """Train by `recipe` on data in `folder`; returns the checkpoint, `out/last.pt`, weights and temperatures in it.

    `made`: the folder with the recipe's renders, one folder a set, and with the landmark teacher's meshes of the
    photos, `landmarks/fairface-train.jsonl` and `landmarks/ferplus-train.jsonl`. A run that was cut goes on from
    `out/last.pt` when called again with the same recipe; with another one it is refused. Beside it lie `curve.jsonl`
    (loss and figures an epoch) and `recipe.json`.
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
    data = _load(recipe, folder, Path(made), home, say)
    run.trust = data.trust
    if recipe.begin and run.epoch == 0:
        run.settle(data.fairface)
    steps = max(1, min(len(data.fairface), recipe.epoch_faces or len(data.fairface)) // recipe.batch.fairface)
    shown: Progress = progress or _Silent()
    shown.start(recipe.epochs * steps, run.epoch * steps)
    began, first = time.monotonic(), run.epoch
    while run.epoch < recipe.epochs:
        loss = run.one_epoch(data, steps, shown)
        side = recipe.stage(run.epoch - 1).side
        figures = accuracies(run.mean, data.valid, data.held_out, side)
        for name, split in (("renders", data.rendered), ("taught", data.held_out)):
            if split is not None:
                errors = shape_errors(*shapes(run.mean, split, side))
                figures |= {f"{name} {key}": value for key, value in errors.items()}
        row = {"epoch": run.epoch, "loss": round(loss, 4), **{k: round(v, 4) for k, v in figures.items()}}
        with (out / "curve.jsonl").open("a") as curve:
            curve.write(json.dumps(row) + "\n")
        told = ", ".join(f"{key} {value:.3g}" for key, value in row.items() if key not in ("epoch", "loss"))
        pace = (time.monotonic() - began) / (run.epoch - first)
        say(f"epoch {run.epoch} of {recipe.epochs}: loss {loss:.3f}; {told}; {pace:.0f} s an epoch")
        run.save(None)
    if not run.calibrated:
        run.save(_calibration(run.mean, data, recipe.stages[-1].side))
    return out / "last.pt"


def _calibration(net: ReaderNet, data: _Data, side: int) -> dict[str, Any]:
    units = unit_scale(net, data.rendered, side)
    reliability = reader_reliability.measure(net, data.rendered, data.held_out, units, side) if data.rendered else {}
    return {
        "temperatures": dict(temperatures(net, data.valid, data.held_out, side)),
        "unit_scale": units.scale,
        "unit_threshold": units.threshold,
        "reliability": reliability,
    }


@dataclass(frozen=True, slots=True)
class _Data:
    """What is trained on and measured on. `trust` `(25,)`: in the teacher's ranking by each unit slot."""

    ferplus: Split
    fairface: Split
    renders: Split | None
    valid: Split
    held_out: Split
    rendered: Split | None
    trust: Tensor


def _load(recipe: Recipe, folder: str | Path | None, made: Path, home: torch.device, say: Say) -> _Data:
    detector = _lazy_detector()
    keys = (("ferplus", "train"), ("fairface", "train"), ("ferplus", "valid"), ("fairface", "held_out"))
    photos = {key: load(*key, folder, detector, limit=recipe.limit, say=say) for key in keys}
    trust, guide = torch.zeros(len(SLOTS)), None
    if recipe.teach:
        guide = teacher.fit([made / name for name in recipe.renders])
        trust = torch.from_numpy(guide.trust).float()
        for key in (("ferplus", "train"), ("fairface", "train"), ("fairface", "held_out")):
            set_name = key[0]
            photos[key] = teacher.taught(photos[key], guide, made / "landmarks" / f"{set_name}-train.jsonl")
        told = ", ".join(f"{slot_name(i)} {value:.2f}" for i, value in enumerate(guide.trust))
        say(f"trust in the landmark teacher: {told}")
    splits = {key: _on(faces, home, recipe.age_blur) for key, faces in photos.items()}
    rendered: list[Split | None] = [None, None]
    if recipe.renders:
        limit = recipe.limit
        sets = Faces.joined([render_data.load(made / name, detector, limit=limit, say=say) for name in recipe.renders])
        apart = np.arange(len(sets)) // 8 % render_data.HELD_OUT == 0
        kept = sets.take(apart)
        if guide:
            kept = teacher.ranked(kept, guide, [made / name / teacher.MESHES for name in recipe.renders])
        rendered = [_on(faces, home, recipe.age_blur) for faces in (sets.take(~apart), kept)]
    a, b, c, d = (splits[key] for key in keys)
    return _Data(a, b, rendered[0], c, d, rendered[1], trust.to(home))


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
        if recipe.begin:
            reader_begin.begin(self.net, recipe.begin)
        self.mean = copy.deepcopy(self.net).eval().requires_grad_(False)
        if not recipe.trunk_rate:
            for name, parameter in self.net.named_parameters():
                parameter.requires_grad_(not name.startswith(TRUNK))
        named = [(name.startswith(TRUNK), p.ndim > 1, p) for name, p in self.net.named_parameters()]
        groups = [
            {
                "params": [p for trunk, matrix, p in named if (trunk, matrix) == kind],
                "weight_decay": recipe.weight_decay if kind[1] else 0.0,
                "pace": recipe.trunk_rate if kind[0] else 1.0,
            }
            for kind in itertools.product((False, True), repeat=2)
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        self.trust = torch.zeros(len(SLOTS), device=device)
        self.epoch, self.calibrated = 0, False

    def settle(self, photos: Split) -> None:
        """Fit the norms of what was begun from to photos."""
        view = augment.views(photos.images[:512], photos.points[:512], 0.0, self.generator)
        reader_begin.settle(self.net, view.crops, self.recipe.stage(0).side)
        self.mean.load_state_dict(self.net.state_dict())

    def one_epoch(self, data: _Data, steps: int, progress: Progress) -> float:
        """A pass over FairFace with the other sources beside it; returns the mean loss."""
        parts = [(data.ferplus, self.recipe.batch.ferplus), (data.fairface, self.recipe.batch.fairface)]
        if data.renders is not None:
            parts.append((data.renders, self.recipe.batch.renders))
        orders = [self._order(len(split), steps * count) for split, count in parts]
        total = torch.zeros((), device=self.device)
        self.net.train()
        if not self.recipe.trunk_rate:  # norms that go on learning would change what the trunk says
            self.net.early.eval()
            self.net.late.eval()
        for step in range(steps):
            self._set_rate(self.epoch + step / steps)
            batch = [
                (split, order[step * count : (step + 1) * count])
                for (split, count), order in zip(parts, orders, strict=True)
            ]
            loss = self._loss(batch)
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

    def _loss(self, batch: Sequence[tuple[Split, Tensor]]) -> Tensor:
        """`batch`: rows of FER+, of FairFace and, where there are any, of the renders."""
        stage, generator, weight = self.recipe.stage(self.epoch), self.generator, self.recipe.loss
        cut = self._cut(stage)
        views, crops = [], []
        for i, (split, rows) in enumerate(batch):
            strength = stage.strength if i < 2 else stage.render_strength
            view = augment.views(split.images[rows], split.points[rows], strength, generator, cut)
            views.append(view)
            crops.append(augment.degraded(view.crops, strength, generator))
        with self._precision():
            said = self.net(torch.cat(crops).contiguous(memory_format=torch.channels_last), stage.side)
        total = torch.zeros((), device=self.device)
        for head in HEADS:
            target = torch.cat([split.targets[head][rows] for split, rows in batch])
            log_p = functional.log_softmax(said[head].float(), dim=1)
            total = total - weight[head] * (target * log_p).sum() / target.sum().clamp_min(1e-9)
        forward = torch.cat([view.forward for view in views])
        mirrored = torch.cat([view.mirrored for view in views])
        known = {name: torch.cat([split.known[name][rows] for split, rows in batch]) for name in batch[0][0].known}
        known |= {name: known[name].clone() for name in TEACHABLE}
        for name in set(TEACHABLE) - set(self.recipe.teach):
            known[name][: self.recipe.batch.photos] = torch.nan
        wanted = shape_loss.seen(known, forward, mirrored)
        for head, value in shape_loss.losses(said, wanted).items():
            total = total + weight.get(head, 0.0) * value
        if weight.get("strength"):
            total = total + weight["strength"] * shape_loss.ranking(said, wanted["strength"], self.trust)
        if self.recipe.consistency and self.epoch:
            photos = slice(0, self.recipe.batch.photos)
            same = self._alike({head: said[head][photos] for head in SHAPE_HEADS}, batch[:2], forward[photos], mirrored)
            total = total + self.recipe.consistency * same
        return total

    def _alike(
        self, said: Mapping[str, Tensor], photos: Sequence[tuple[Split, Tensor]], forward: Tensor, mirrored: Tensor
    ) -> Tensor:
        """How far what was said of views of photos is from what the mean network says of their plain crops."""
        stage = self.recipe.stage(self.epoch)
        cut = self._cut(stage)
        plain = [augment.views(s.images[rows], s.points[rows], 0.0, self.generator, cut) for s, rows in photos]
        crops = torch.cat([view.crops for view in plain]).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), self._precision():
            read = shape_loss.read(self.mean(crops, stage.side))
        there = forward @ torch.linalg.inv(torch.cat([view.forward for view in plain]))
        nothing = torch.full_like(read["present"], torch.nan)
        wanted = shape_loss.seen({**read, "strength": nothing}, there, mirrored[: len(there)])
        parts = shape_loss.losses(said, wanted)
        weight = self.recipe.loss
        return sum((weight.get(head, 0.0) * value for head, value in parts.items()), nothing.new_zeros(()))

    def _cut(self, stage: Stage) -> int:
        """Pixels of the crops that are made: whole ones where the heads that look closely learn, else the trunk's."""
        return align.SIZE if self.recipe.renders else stage.side

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
            group["lr"] = rate * group["pace"]

    def _average(self, step: int) -> None:
        decay = min(self.recipe.ema, (step + 1) / (step + 10))
        with torch.no_grad():
            for mean, now in zip(self.mean.state_dict().values(), self.net.state_dict().values(), strict=True):
                if mean.is_floating_point():
                    mean.lerp_(now, 1 - decay)
                else:
                    mean.copy_(now)

    def save(self, calibration: Mapping[str, Any] | None) -> None:
        """Write the checkpoint whole or not at all; that of a run that ended has its calibration."""
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
                **(calibration or {"temperatures": None}),
            },
            part,
        )
        part.replace(self.path)

    def resume(self, say: Say) -> None:
        """Go on where `last.pt` stopped, if it is there."""
        state = reader_begin.stored(self.path, self.device) if self.path.is_file() else None
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
        self.epoch, self.calibrated = state["epoch"], bool(state["temperatures"])
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
    state = reader_begin.stored(path, device)
    try:
        net = on_device(ReaderNet(Shape(**state["recipe"]["model"])), torch.device(device))
        net.load_state_dict(state["mean"])
    except (KeyError, RuntimeError, TypeError) as error:
        raise UsageError(f"{path} is no checkpoint of the reader ({str(error).splitlines()[0]})") from None
    return net.eval().requires_grad_(False), state


def _on(faces: Faces, device: torch.device, age_blur: float) -> Split:
    images = torch.from_numpy(faces.images if faces.images.ndim == 4 else faces.images[..., None])
    distance = torch.arange(HEADS["age"])[:, None] - torch.arange(HEADS["age"])[None]
    ages = torch.softmax(-0.5 * (distance / max(age_blur, 1e-3)) ** 2, dim=1)
    tables = {"age": ages, "gender": torch.eye(HEADS["gender"]), "race": torch.eye(HEADS["race"])}
    targets = {"emotion": torch.from_numpy(faces.emotion)}
    for head, table in tables.items():
        classes = torch.from_numpy(getattr(faces, head))
        targets[head] = torch.where((classes >= 0)[:, None], table[classes.clamp_min(0)], 0.0)
    known = {name: torch.from_numpy(getattr(faces.geometry, name)).to(device) for name in Geometry.__slots__}
    return Split(
        images.to(device),
        torch.from_numpy(faces.points).to(device),
        torch.from_numpy(faces.found).to(device),
        {head: target.float().to(device) for head, target in targets.items()},
        known,
    )


def _lazy_detector() -> Callable[[], Detector]:
    return lambda: Detector(resources.weights("detector.onnx"))
