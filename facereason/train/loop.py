"""What every training run of ours has: a network and the mean of its weights, an optimizer whose rate rises and falls,
and a checkpoint from which it goes on after a stop as if there had been none."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Generic, Protocol, TypeVar

import torch
from torch import Tensor, nn

from facereason.types import FaceReasonError, UsageError


class Schedule(Protocol):
    """What a recipe says of any run. The learning rate rises for `warmup_epochs` and then falls in a line to 0 over all
    epochs; `ema`: decay of the mean of the weights."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def name(self) -> str: ...
    @property
    def seed(self) -> int: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def weight_decay(self) -> float: ...
    @property
    def warmup_epochs(self) -> float: ...
    @property
    def ema(self) -> float: ...
    @property
    def epochs(self) -> int: ...


class Progress(Protocol):
    """What a caller may show while it trains: the number of steps once, then a call a step, with the loss now and
    then."""

    def start(self, total: int, done: int) -> None: ...

    def step(self, loss: float | None) -> None: ...


class Silent:
    """Progress that nobody sees."""

    def start(self, total: int, done: int) -> None:
        pass

    def step(self, loss: float | None) -> None:
        pass


Net = TypeVar("Net", bound=nn.Module)


class Loop(Generic[Net]):
    """State of a run, saved and restored together: `net`, `mean` (of its weights, which is what is kept), the optimizer
    of `learner`, the part of the net that learns, and the random generators."""

    def __init__(self, recipe: Schedule, net: Net, device: torch.device, out: Path, part: str = "") -> None:
        """`part`: the name of the submodule that learns; the rest stays as it is."""
        self.recipe, self.device, self.path, self.part = recipe, device, out / "last.pt", part
        self.net = net
        self.mean = copy.deepcopy(net).eval().requires_grad_(False)
        self.net.requires_grad_(False)
        self.learner = net.get_submodule(part).requires_grad_(True)
        parameters = list(self.learner.parameters())
        groups = [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": recipe.weight_decay},
            {"params": [p for p in parameters if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=recipe.learning_rate)
        self.generator = torch.Generator(device).manual_seed(recipe.seed)
        self.epoch, self.ended = 0, False

    def epoch_of(self, steps: int, loss_of: Callable[[int], Tensor], progress: Progress) -> float:
        """One epoch of `steps`, `loss_of` giving the loss of each by its number; returns the mean loss.

        FaceReasonError where that is no finite number.
        """
        total = torch.zeros((), device=self.device)
        self.net.eval()
        self.learner.train()
        for step in range(steps):
            self._set_rate(self.epoch + step / steps)
            loss = loss_of(step)
            self.optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.learner.parameters(), 5.0)
            self.optimizer.step()
            self._average(self.epoch * steps + step)
            total += loss.detach()
            progress.step(float(loss.detach()) if step % 20 == 0 else None)
        mean = float(total) / steps
        if not torch.isfinite(total):
            raise FaceReasonError(f"{self.recipe.name}: the loss is {mean} in epoch {self.epoch}; lower learning_rate")
        self.epoch += 1
        return mean

    def precision(self) -> AbstractContextManager[None]:
        """bf16 where the device computes with it: CUDA, and processors with AMX; on others it is slower than fp32."""
        amx = self.device.type == "cpu" and torch.cpu._is_amx_tile_supported()
        return torch.autocast(self.device.type, torch.bfloat16, enabled=amx or self.device.type == "cuda")

    def order(self, count: int, wanted: int) -> Tensor:
        """`wanted` numbers below `count`: shuffled passes over all of them."""
        passes = [
            torch.randperm(count, device=self.device, generator=self.generator) for _ in range(-(-wanted // count))
        ]
        return torch.cat(passes)[:wanted]

    def _set_rate(self, epoch: float) -> None:
        warm = min(1.0, (epoch + 1e-3) / max(1e-3, self.recipe.warmup_epochs))
        for group in self.optimizer.param_groups:
            group["lr"] = self.recipe.learning_rate * warm * (1 - epoch / self.recipe.epochs)

    def _average(self, step: int) -> None:
        decay = min(self.recipe.ema, (step + 1) / (step + 10))
        own, other = (net.get_submodule(self.part).state_dict().values() for net in (self.mean, self.net))
        with torch.no_grad():
            for mean, now in zip(own, other, strict=True):
                if mean.is_floating_point():
                    mean.lerp_(now, 1 - decay)
                else:
                    mean.copy_(now)

    def record(self, loss: float, figures: Mapping[str, float]) -> str:
        """Add an epoch to `curve.jsonl`; returns its figures as text."""
        row = {"epoch": self.epoch, "loss": round(loss, 4), **{k: round(v, 4) for k, v in figures.items()}}
        with (self.path.parent / "curve.jsonl").open("a") as curve:
            curve.write(json.dumps(row) + "\n")
        return ", ".join(f"{key} {value:.3g}" for key, value in row.items() if key not in ("epoch", "loss"))

    def save(self, ending: Mapping[str, Any] | None) -> None:
        """Write the checkpoint whole or not at all; that of a run that ended has its `ending` as well."""
        part = self.path.with_suffix(".part")
        torch.save(
            {
                "recipe": asdict(self.recipe),
                "epoch": self.epoch,
                "ended": ending is not None,
                "net": self.net.state_dict(),
                "mean": self.mean.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "generator": self.generator.get_state(),
                "dropout": torch.get_rng_state(),
                **(ending or {}),
            },
            part,
        )
        part.replace(self.path)

    def resume(self, say: Callable[[str], None]) -> None:
        """Go on where `last.pt` stopped, if it is there. UsageError where another recipe made it."""
        state = stored(self.path, self.device) if self.path.is_file() else None
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
        self.epoch, self.ended = state["epoch"], state["ended"]
        curve = self.path.parent / "curve.jsonl"  # a cut between row and checkpoint leaves a row too many
        rows = curve.read_text().splitlines() if curve.is_file() else []
        curve.write_text("".join(row + "\n" for row in rows if json.loads(row)["epoch"] <= self.epoch))
        say(f"going on after epoch {self.epoch}")


def device_of(name: str | None) -> torch.device:
    """The device of this name, or the best there is; UsageError where it cannot be used."""
    try:
        home = torch.device(name or ("cuda" if torch.cuda.is_available() else "cpu"))
        torch.empty(0, device=home)
    except (RuntimeError, AssertionError) as error:
        raise UsageError(f"device {name!r} cannot be used ({str(error).splitlines()[0]}): choose another") from None
    torch.backends.cudnn.benchmark = True
    return home


def folder_of(out: str | Path) -> Path:
    """The folder of a run, made where it is missing; FaceReasonError where it cannot be."""
    folder = Path(out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FaceReasonError(f"cannot create {folder} ({error.strerror}): choose another --out") from None
    return folder


def stored(path: str | Path, device: torch.device | str) -> dict[str, Any]:
    """What a checkpoint holds; UsageError where it is none."""
    try:
        state = torch.load(path, map_location=device, weights_only=True)
    except (RuntimeError, EOFError, LookupError, ValueError, pickle.UnpicklingError):
        raise UsageError(f"{path} is damaged, or no checkpoint: remove it and train again") from None
    if not isinstance(state, dict) or "recipe" not in state:
        raise UsageError(f"{path} is no checkpoint (it holds no recipe)")
    return state
