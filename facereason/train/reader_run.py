"""One run of the reader's trainer: what it learns from, and the loss of a step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as functional
from torch import Tensor

from facereason.faces import align
from facereason.faces.geometry import SLOTS
from facereason.train import augment, reader_begin, shape_loss
from facereason.train.blocks import on_device
from facereason.train.loop import Loop, Progress, stored
from facereason.train.reader_measure import Split
from facereason.train.reader_model import CLOSEUPS, HEADS, SHAPE_HEADS, Model, ReaderNet
from facereason.train.reader_recipe import TEACHABLE, Recipe
from facereason.types import UsageError


@dataclass(frozen=True, slots=True)
class Data:
    """What is trained on and measured on. `trust` `(25,)`: in the teacher's ranking by each unit slot."""

    ferplus: Split
    fairface: Split
    renders: Split | None
    valid: Split
    held_out: Split
    rendered: Split | None
    trust: Tensor


class Run(Loop[ReaderNet]):
    """A run by a recipe: the loss of each step of it."""

    recipe: Recipe

    def __init__(self, recipe: Recipe, device: torch.device, out: Path) -> None:
        torch.manual_seed(recipe.seed)
        net = on_device(ReaderNet(recipe.model), device)
        self.begun = reader_begin.begin(net, recipe.begin) if recipe.begin else ()
        if recipe.only_closeups and "shapes" not in self.begun:
            raise UsageError(
                f"only_closeups: {recipe.begin} has another trunk of shapes, or heads of other sizes: begin from a "
                "reader made with the same model.shapes, thin, spots and hidden"
            )
        super().__init__(recipe, net, device, out, recipe.learns)
        self.trust = torch.zeros(len(SLOTS), device=device)

    def settle(self, photos: Split) -> None:
        """Fit the norms of what is learnt on, where it was begun from elsewhere, to photos."""
        if self.recipe.learns not in self.begun:
            return
        view = augment.views(photos.images[:512], photos.points[:512], 0.0, self.generator)
        fresh = None if CLOSEUPS in self.begun else CLOSEUPS
        reader_begin.settle(self.net, self.recipe.learns, view.crops, self.recipe.sides(0), fresh)
        self.mean.load_state_dict(self.net.state_dict())

    def one_epoch(self, data: Data, steps: int, progress: Progress) -> float:
        """A pass over FairFace with the other sources beside it; returns the mean loss."""
        parts = [(data.ferplus, self.recipe.batch.ferplus), (data.fairface, self.recipe.batch.fairface)]
        if data.renders is not None:
            parts.append((data.renders, self.recipe.batch.renders))
        orders = [self.order(len(split), steps * count) for split, count in parts]

        def loss_of(step: int) -> Tensor:
            rows = [order[step * count : (step + 1) * count] for (_, count), order in zip(parts, orders, strict=True)]
            return self._loss([(split, row) for (split, _), row in zip(parts, rows, strict=True)])

        return self.epoch_of(steps, loss_of, progress)

    def _loss(self, batch: Sequence[tuple[Split, Tensor]]) -> Tensor:
        """`batch`: rows of FER+, of FairFace and, where there are any, of the renders."""
        stage, generator = self.recipe.stage(self.epoch), self.generator
        views, crops = [], []
        for i, (split, rows) in enumerate(batch):
            strength = stage.strength if i < 2 else stage.render_strength
            view = augment.views(split.images[rows], split.points[rows], strength, generator, self._crop_side)
            views.append(view)
            crops.append(augment.degraded(view.crops, strength, generator))
        with self.precision():
            branch = self.net.classes if self.recipe.learns == "classes" else self.net.shapes
            said = branch(torch.cat(crops).contiguous(memory_format=torch.channels_last), stage.side)
        if self.recipe.learns == "classes":
            return self._of_classes(said, batch)
        return self._of_shapes(said, batch, views)

    @property
    def _crop_side(self) -> int:
        """Pixels of the crops that are cut: those of the stage, or all of them where close-ups are taken."""
        return align.SIZE if self.recipe.renders and self.recipe.model.closeups else self.recipe.stage(self.epoch).side

    def _of_classes(self, said: Mapping[str, Tensor], batch: Sequence[tuple[Split, Tensor]]) -> Tensor:
        total = torch.zeros((), device=self.device)
        for head in HEADS:
            target = torch.cat([split.targets[head][rows] for split, rows in batch])
            log_p = functional.log_softmax(said[head].float(), dim=1)
            total = total - self.recipe.loss[head] * (target * log_p).sum() / target.sum().clamp_min(1e-9)
        return total

    def _of_shapes(
        self, said: Mapping[str, Tensor], batch: Sequence[tuple[Split, Tensor]], views: Sequence[augment.Views]
    ) -> Tensor:
        weight = self.recipe.loss
        forward = torch.cat([view.forward for view in views])
        mirrored = torch.cat([view.mirrored for view in views])
        known = {name: torch.cat([split.known[name][rows] for split, rows in batch]) for name in batch[0][0].known}
        for name in set(TEACHABLE) - set(self.recipe.teach):
            known[name][: self.recipe.batch.photos] = torch.nan
        wanted = shape_loss.seen(known, forward, mirrored)
        total = self._weighted(shape_loss.losses(said, wanted))
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
        side = self.recipe.stage(self.epoch).side
        plain = [
            augment.views(s.images[rows], s.points[rows], 0.0, self.generator, self._crop_side) for s, rows in photos
        ]
        crops = torch.cat([view.crops for view in plain]).contiguous(memory_format=torch.channels_last)
        with torch.no_grad(), self.precision():
            read = shape_loss.read(self.mean.shapes(crops, side))
        there = forward @ torch.linalg.inv(torch.cat([view.forward for view in plain]))
        nothing = torch.full_like(read["present"], torch.nan)
        wanted = shape_loss.seen({**read, "strength": nothing}, there, mirrored[: len(there)])
        return self._weighted(shape_loss.losses(said, wanted))

    def _weighted(self, losses: Mapping[str, Tensor]) -> Tensor:
        """What learns in this run alone: of close-ups neither pose nor landmarks do."""
        weight = self.recipe.loss
        return torch.stack([weight[head] * value for head, value in losses.items() if head in weight]).sum()


def load_checkpoint(path: str | Path, device: torch.device | str = "cpu") -> tuple[ReaderNet, dict[str, Any]]:
    """The averaged network of a checkpoint, ready for inference, and the rest of what it holds.

    UsageError where the file is missing or no checkpoint of the reader.
    """
    if not Path(path).is_file():
        raise UsageError(f"no checkpoint {path}: train it first")
    state = stored(path, device)
    try:
        net = on_device(ReaderNet(Model.stored(state["recipe"]["model"])), torch.device(device))
        net.load_state_dict(state["mean"])
    except (KeyError, RuntimeError, TypeError) as error:
        raise UsageError(f"{path} is no checkpoint of the reader ({str(error).splitlines()[0]})") from None
    return net.eval().requires_grad_(False), state
