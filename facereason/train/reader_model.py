"""The reader's network: two plain residual CNNs, small enough for one core, and what of them is exported.

A stem and three stages of 3x3 convolutions with batch norm and ReLU, each stage halving the resolution (He et al.
2016). One trunk reads what a face is (emotion, age, gender, race), one linear layer a head on the mean of its last map,
5x5 cells of a crop of 80 pixels: tokens for whoever wants it as a vision tower. The other reads how it lies, turns and
moves, and shares nothing with the first, so that no label of emotion ever reaches what is evidence for one. Landmarks
and pose are a matter of places, so their heads read its last two maps whole, thinned to few channels, by way of one
hidden layer. Action units and gaze show at known spots of the face: their heads read all three maps at the landmarks
just found and at spots between them where skin folds (as the regions that attention learns in Shao et al. 2021,
"JAA-Net"). Close-ups of eyes and mouth at the crop's full resolution add to what is so read of units, and read gaze
by themselves (`closeups.py`), in readers that take any.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from facereason.faces import align
from facereason.faces.geometry import LANDMARKS, MIRRORED_LANDMARKS, MIRRORED_SLOTS, SLOTS
from facereason.train.blocks import fused, stage
from facereason.train.closeups import CloseUpNet, CloseUps
from facereason.types import AgeGroup, EmotionLabel, Race

HEADS: Mapping[str, int] = {"emotion": len(EmotionLabel), "age": len(AgeGroup), "gender": 2, "race": len(Race)}
SHAPE_HEADS: Mapping[str, int] = {
    "present": len(SLOTS),
    "intensity": len(SLOTS),
    "rotation": 6,
    "gaze": 3,
    "landmarks": 2 * LANDMARKS,
}
MEAN, STD = 0.5, 0.25  # of pixels in [0, 1]
CLOSEUPS = "shapes.closeups"  # the submodule of a reader that takes them
GRIDS = (10, 5)  # cells of the last two maps that the heads of places read
GROUPS: Mapping[str, tuple[str, ...]] = {  # the heads that share a hidden layer
    "places": ("rotation", "landmarks"),
    "units": ("present", "intensity"),
    "gaze": ("gaze",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Trunk:
    """Channels of the stem, and channels and residual blocks of the three stages; `side`, in pixels, of the crops when
    it is used."""

    stem: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    side: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """The two trunks. Of the second: `thin` channels of the last two maps for the heads of places; `spots` channels of
    its three maps at each spot; `hidden` units of each group of `GROUPS`, those of close-ups too, where there are
    `closeups`. `dropout`: of what a face is, and of the hidden units that read action units.
    `mirrored`: once trained, shapes are read of each crop and of its mirror image, in twice the time."""

    classes: Trunk
    shapes: Trunk
    thin: tuple[int, int] = (16, 32)
    spots: tuple[int, int, int] = (24, 24, 16)
    hidden: tuple[int, int, int] = (256, 256, 96)
    dropout: float = 0.2
    closeups: CloseUps | None = None
    mirrored: bool = True

    @classmethod
    def stored(cls, told: Mapping[str, Any]) -> Model:
        """The model that a recipe in a checkpoint or in an exported file tells."""
        parts: dict[str, Any] = {name: Trunk(**told[name]) for name in ("classes", "shapes")}
        if told.get("closeups"):
            parts["closeups"] = CloseUps(**told["closeups"])
        return cls(**{**told, **parts})


class ReaderNet(nn.Module):
    """`(n, 3, h, h)` crops in [0, 1] to raw outputs: those of `classes` and of `shapes`."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.sides = (model.classes.side, model.shapes.side)
        self.mirrored = model.mirrored
        self.classes = ClassNet(model)
        self.shapes = ShapeNet(model)

    def forward(self, crops: Tensor, sides: tuple[int, int] | None = None) -> dict[str, Tensor]:
        """`sides`: of the crops as the two trunks see them, by default those of the model."""
        what, how = sides or self.sides
        said: dict[str, Tensor] = self.classes(crops, what)
        return said | cast("dict[str, Tensor]", self.shapes(crops, how))

    def read_shapes(self, crops: Tensor, side: int | None = None) -> dict[str, Tensor]:
        """Raw outputs of every head in `SHAPE_HEADS` as a trained reader gives them: the mean of crop and mirror image,
        or of the crop alone where the model says so."""
        side = side or self.sides[1]
        if self.mirrored:
            return read_both(self.shapes, crops, side)
        return cast("dict[str, Tensor]", self.shapes(crops, side))


class ClassNet(nn.Module):
    """Crops to logits `(n, classes)` of every head in `HEADS`; the trunk sees them at `side` pixels."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        self.trunk = _trunk(model.classes)
        self.dropout = nn.Dropout(model.dropout)
        channels = model.classes.widths[-1]
        self.heads = nn.ModuleDict({name: nn.Linear(channels, classes) for name, classes in HEADS.items()})

    def forward(self, crops: Tensor, side: int) -> dict[str, Tensor]:
        return self.seen(crops, side)[1]

    def seen(self, crops: Tensor, side: int) -> tuple[Tensor, dict[str, Tensor]]:
        """The last map `(n, c, h, w)`, and what the heads say of it."""
        values = _normed(crops, side)
        for part in self.trunk:
            values = part(values)
        features = self.dropout(values.mean(dim=(2, 3)))
        return values, {name: head(features) for name, head in self.heads.items()}


class ShapeNet(nn.Module):
    """Crops to raw outputs of every head in `SHAPE_HEADS`: logits `(n, 25)` of presence and intensity, 6D rotation,
    gaze `(n, 3)`, landmarks `(n, 136)` in crop sides from the crop's middle, all in the crop's frame; the trunk sees
    the crops at `side` pixels."""

    def __init__(self, model: Model) -> None:
        super().__init__()
        widths = model.shapes.widths
        self.trunk = _trunk(model.shapes)
        self.dropout = nn.Dropout(model.dropout)
        self.thin = nn.ModuleList(nn.Conv2d(width, thin, 1) for width, thin in zip(widths[1:], model.thin, strict=True))
        self.spots = nn.ModuleList(nn.Conv2d(width, thin, 1) for width, thin in zip(widths, model.spots, strict=True))
        where = spots()
        self.register_buffer("where", torch.from_numpy(where), persistent=False)
        known = SHAPE_HEADS["rotation"] + widths[-1]
        inputs = {
            "places": sum(grid * grid * thin for grid, thin in zip(GRIDS, model.thin, strict=True)) + widths[-1],
            "units": len(where) * (sum(model.spots) + 2) + known,
        }
        if model.closeups:
            _, units, gaze = model.hidden
            self.closeups = CloseUpNet(model.closeups, known, (units, gaze), model.dropout)
        else:
            inputs["gaze"] = len(EYES) * (sum(model.spots) + 2) + known
        sizes = dict(zip(GROUPS, model.hidden, strict=True))
        self.hidden = nn.ModuleDict(
            {group: nn.Sequential(nn.Linear(count, sizes[group]), nn.ReLU()) for group, count in inputs.items()}
        )
        self.heads = nn.ModuleDict(
            {name: nn.Linear(sizes[group], SHAPE_HEADS[name]) for group in inputs for name in GROUPS[group]}
        )

    def forward(self, crops: Tensor, side: int) -> dict[str, Tensor]:
        return self.seen(crops, side)[0]

    def seen(self, crops: Tensor, side: int) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """What the heads say, and the hidden units `(n, h)` of each group behind them."""
        values, maps = _normed(crops, side), []
        for part in self.trunk:
            values = part(values)
            maps.append(values)
        features = values.mean(dim=(2, 3))
        whole = [
            _gridded(thin(values), grid).flatten(1)
            for thin, values, grid in zip(self.thin, maps[2:], GRIDS, strict=True)
        ]
        hidden = {"places": self._hidden("places", torch.cat([*whole, features], dim=1))}
        said = self._said("places", hidden["places"])
        landmarks = said["landmarks"].detach().float().reshape(-1, LANDMARKS, 2)
        at = cast(Tensor, self.where) @ landmarks
        seen = [_at(thin(values), at) for thin, values in zip(self.spots, maps[1:], strict=True)]
        around = torch.cat([*seen, at.transpose(1, 2)], dim=1)
        known = [said["rotation"].detach().float(), features.float()]
        hidden["units"] = self._hidden("units", torch.cat([around.flatten(1), *known], dim=1))
        said |= self._said("units", hidden["units"])
        if hasattr(self, "closeups"):
            near, closer = self.closeups(
                _normed(crops, crops.shape[2]), landmarks, torch.cat(known, dim=1), hidden["units"]
            )
            said |= {name: said[name] + values if name in said else values for name, values in near.items()}
            hidden |= closer
        else:
            hidden["gaze"] = self._hidden("gaze", torch.cat([around[:, :, list(EYES)].flatten(1), *known], dim=1))
            said |= self._said("gaze", hidden["gaze"])
        return {name: said[name] for name in SHAPE_HEADS}, hidden

    def _hidden(self, group: str, values: Tensor) -> Tensor:
        hidden = cast(Tensor, self.hidden[group](values))
        return cast(Tensor, self.dropout(hidden)) if group == "units" else hidden

    def _said(self, group: str, hidden: Tensor) -> dict[str, Tensor]:
        return {name: self.heads[name](hidden) for name in GROUPS[group]}


def _trunk(trunk: Trunk) -> nn.ModuleList:
    """The stem and the three stages; the stem's map has half the side of the crop."""
    stages, channels = [stage(3, trunk.stem, 0)], trunk.stem
    for width, depth in zip(trunk.widths, trunk.depths, strict=True):
        stages.append(stage(channels, width, depth))
        channels = width
    return nn.ModuleList(stages)


def _normed(crops: Tensor, side: int) -> Tensor:
    return (sized(crops, side) - MEAN) / STD


def _at(values: Tensor, points: Tensor) -> Tensor:
    """Maps `(n, c, h, w)` at points `(n, k, 2)` in sides from the middle, bilinear: `(n, c, k)`."""
    return functional.grid_sample(values.float(), 2 * points[:, None], align_corners=False)[:, :, 0]


def spots() -> npt.NDArray[np.float32]:
    """Where the heads of units look: `(k, 68)`, each row the weights of landmarks. Brows, nose, eyes and mouth, and
    between them what has no landmark: irises, glabella, forehead, crow's feet, nose root, cheeks, nasolabial folds,
    outside the mouth's corners, and the chin."""
    brows_to_mouth = [{i: 1.0} for i in range(17, LANDMARKS)]
    one_side: list[dict[int, float]] = [
        dict.fromkeys(range(36, 42), 1 / 6),
        {21: 1.5, 39: -0.5},
        {18: 1.5, 36: -0.5},
        {36: 1.4, 39: -0.4},
        {27: 0.5, 39: 0.5},
        {40: 0.375, 41: 0.375, 48: 0.25},
        {40: 0.25, 41: 0.25, 48: 0.5},
        {31: 0.5, 48: 0.5},
        {48: 1.25, 54: -0.25},
        {48: 0.5, 5: 0.5},
    ]
    other = [{MIRRORED_LANDMARKS[i]: weight for i, weight in spot.items()} for spot in one_side]
    middle = [{21: 0.5, 22: 0.5}, {57: 0.5, 8: 0.5}, {8: 1.0}]
    rows = np.zeros((len(brows_to_mouth) + 2 * len(one_side) + len(middle), LANDMARKS), np.float32)
    for row, spot in zip(rows, [*brows_to_mouth, *one_side, *other, *middle], strict=True):
        row[list(spot)] = list(spot.values())
    return rows


def _eyes() -> tuple[int, ...]:
    """Which spots lie at the eyes: those of which half or more is landmarks of eyes."""
    return tuple(np.nonzero(spots()[:, 36:48].sum(axis=1) >= 0.5)[0].tolist())


EYES = _eyes()


def _gridded(values: Tensor, cells: int) -> Tensor:
    if values.shape[2] == cells:
        return values
    return functional.interpolate(values, size=(cells, cells), mode="bilinear", align_corners=False)


def rotation_of(six: Tensor) -> Tensor:
    """Rotations `(n, 3, 3)` of 6D vectors `(n, 6)`: `faces.geometry.rotation_of` that can be learnt through."""
    first = functional.normalize(six[:, :3], dim=1)
    second = six[:, 3:] - (first * six[:, 3:]).sum(1, keepdim=True) * first
    second = functional.normalize(second, dim=1)
    a, b = first, second
    third = torch.stack(
        [
            a[:, 1] * b[:, 2] - a[:, 2] * b[:, 1],
            a[:, 2] * b[:, 0] - a[:, 0] * b[:, 2],
            a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0],
        ],
        dim=1,
    )
    return torch.stack([first, second, third], dim=2)


def read_both(shapes: ShapeNet, crops: Tensor, side: int) -> dict[str, Tensor]:
    """Raw outputs of every head in `SHAPE_HEADS`, the mean of what is said of crops and of their mirror images, which
    a face shows as well: logits and landmarks as they are, rotations as matrices, gaze as directions."""
    plain, mirrored = shapes(crops, side), shapes(crops.flip(3), side)
    slots, points = list(MIRRORED_SLOTS), list(MIRRORED_LANDMARKS)
    across = torch.tensor([-1.0, 1.0], device=crops.device)
    there = mirrored["landmarks"].reshape(-1, LANDMARKS, 2)[:, points] * across
    mirror = torch.diag(torch.tensor([-1.0, 1.0, 1.0], device=crops.device))
    turns = rotation_of(plain["rotation"]) + mirror @ rotation_of(mirrored["rotation"]) @ mirror
    gazes = functional.normalize(plain["gaze"], dim=1) + functional.normalize(mirrored["gaze"], dim=1) @ mirror
    return {
        "present": (plain["present"] + mirrored["present"][:, slots]) / 2,
        "intensity": (plain["intensity"] + mirrored["intensity"][:, slots]) / 2,
        "rotation": turns[:, :, :2].transpose(1, 2).flatten(1) / 2,
        "gaze": gazes / 2,
        "landmarks": (plain["landmarks"] + there.flatten(1)) / 2,
    }


def places(landmarks: Tensor) -> Tensor:
    """Landmarks `(n, 68, 2)` in pixels of a crop of 112, from the raw head."""
    return (landmarks.reshape(-1, LANDMARKS, 2) + 0.5) * align.SIZE


def sized(crops: Tensor, side: int) -> Tensor:
    """Square crops `(n, 3, h, h)` at the size the network takes, bilinear."""
    if crops.shape[2] == side:
        return crops
    return nn.functional.interpolate(crops, size=(side, side), mode="bilinear", align_corners=False)


class Exported(nn.Module):
    """What is exported: `(n, 112, 112, 3)` uint8 RGB crops to calibrated readings, one output a head: probabilities of
    every head in `HEADS` and of each unit slot's presence `(n, 25)`, intensities `(n, 25)`, the head's rotation
    `(n, 3, 3)`, gaze `(n, 3)` of length 1, landmarks `(n, 68, 2)` in pixels, all in the crop's frame; what `HEADS` does
    not name is as `ReaderNet.read_shapes` reads it. `units`: slope and offset of the logit of presence, `(25, 2)`."""

    def __init__(self, net: ReaderNet, temperatures: Mapping[str, float], units: Tensor) -> None:
        super().__init__()
        self.net = fused(net).float()
        self.temperatures = dict(temperatures)
        self.register_buffer("units", units.float())

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        seen = crops.permute(0, 3, 1, 2).float() / 255
        said = {**self.net.classes(seen, self.net.sides[0]), **self.net.read_shapes(seen)}
        classes = (torch.softmax(said[name] / self.temperatures[name], dim=1) for name in HEADS)
        units = cast(Tensor, self.units)
        shape = {
            "present": torch.sigmoid(said["present"] * units[:, 0] + units[:, 1]),
            "intensity": torch.sigmoid(said["intensity"]),
            "rotation": rotation_of(said["rotation"]),
            "gaze": functional.normalize(said["gaze"], dim=1),
            "landmarks": places(said["landmarks"]),
        }
        return (*classes, *(shape[name] for name in SHAPE_HEADS))
