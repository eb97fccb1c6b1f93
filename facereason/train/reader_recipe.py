"""What a run of the reader's trainer is told: a recipe, as the files in `training/` hold it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from facereason.faces import align
from facereason.train.reader_model import CLOSEUPS, HEADS, SHAPE_HEADS, Model
from facereason.types import UsageError

OF_CLOSEUPS = ("present", "intensity", "gaze")
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
    """One run. Without `renders` it trains the trunk of classes and its heads on photos, with them that of shapes, or
    of that its close-ups alone where `only_closeups`, and leaves the rest as it began. An epoch is one pass over
    FairFace, or over `epoch_faces` of it. `renders`: names of folders with studio renders; `teach`: what the landmark
    teacher teaches photos, of "rotation", "landmarks", "gaze" and "strength" (of units); `consistency`: weight of
    reading every view of a photo alike. The learning rate rises for `warmup_epochs` and then falls in a line to 0.
    `ema`: decay of the mean of the weights, which is what is kept. `age_blur`: standard deviation of the age target, in
    groups. `loss`: weight of each head that learns. `begin`: a checkpoint or an exported reader to begin from: each
    trunk that fits, with its heads; that of classes must. `studio`: folders with studio renders that, beside photos,
    teach the trunk of classes what age and perceived gender look like on them; they have `batch.renders` then."""

    name: str
    model: Model
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
    studio: tuple[str, ...] = ()
    begin: str | None = None
    only_closeups: bool = False
    epoch_faces: int | None = None
    limit: int | None = None  # faces a split, to try a recipe out

    def __post_init__(self) -> None:
        if unknown := set(self.teach) - set(TEACHABLE):
            raise UsageError(f"teach: {', '.join(sorted(unknown))}; it can be {', '.join(TEACHABLE)}")
        if bool(self.renders or self.studio) != bool(self.batch.renders):
            raise UsageError("renders: name folders and give them a share of the batch, or neither")
        if self.renders and self.studio:
            raise UsageError("renders, studio: the one teaches shapes, the other classes; name one")
        if self.teach and not self.renders:
            raise UsageError("teach: the landmark teacher is fitted on renders; name their folders")
        if self.only_closeups and not (self.renders and self.model.closeups and self.begin):
            raise UsageError("only_closeups: wants renders, model.closeups, and a reader to begin from")
        if self.only_closeups and any(stage.side != self.model.shapes.side for stage in self.stages):
            raise UsageError(f"only_closeups: stages must have the side of model.shapes, {self.model.shapes.side}")
        heads = {*(OF_CLOSEUPS if self.only_closeups else SHAPE_HEADS), "strength"} if self.renders else set(HEADS)
        if unknown := set(self.loss) - heads:
            raise UsageError(f"loss: {', '.join(sorted(unknown))} does not learn here; {', '.join(sorted(heads))} do")
        if missing := [head for head in heads - {"strength"} if head not in self.loss]:
            raise UsageError(f"loss: no weight for {', '.join(sorted(missing))}")
        if any(stage.side % 8 or not 32 <= stage.side <= align.SIZE for stage in self.stages):
            raise UsageError(f"stages: side must be a multiple of 8 from 32 to {align.SIZE}")
        if any(not 0 <= s <= 1 for stage in self.stages for s in (stage.strength, stage.render_strength)):
            raise UsageError("stages: strength must be from 0 to 1")
        if min(self.batch.ferplus, self.batch.fairface) < 1 or self.batch.renders < 0:
            raise UsageError("batch must hold photos of both sets")
        if not self.stages or any(stage.epochs < 1 for stage in self.stages):
            raise UsageError("there must be stages of 1 epoch or more")

    @property
    def learns(self) -> str:
        """The part of the network that this run trains: "classes", "shapes" or "shapes.closeups"."""
        if self.only_closeups:
            return CLOSEUPS
        return "shapes" if self.renders else "classes"

    @property
    def epochs(self) -> int:
        return sum(stage.epochs for stage in self.stages)

    def stage(self, epoch: int) -> Stage:
        """The stage of this epoch, counted from 0."""
        ends = itertools.accumulate(stage.epochs for stage in self.stages)
        return next(stage for stage, end in zip(self.stages, ends, strict=True) if epoch < end)

    def sides(self, epoch: int) -> tuple[int, int]:
        """Pixels of the crops that each trunk sees in this epoch: in training that of the stage, else the model's."""
        side = self.stage(epoch).side
        return (self.model.classes.side, side) if self.renders else (side, self.model.shapes.side)
