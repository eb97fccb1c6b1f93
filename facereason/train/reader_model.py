"""The reader's network: a plain residual CNN, small enough for one core, and what of it is exported.

A stem and three stages of 3x3 convolutions with batch norm and ReLU, each stage halving the resolution (He et al.
2016), so that a crop of 80 pixels becomes a 5x5 map, one of 112 a 7x7 map: tokens for whoever wants the trunk as a
vision tower. What a face is (emotion, age, gender, race) is read by one linear layer a head on the mean of that map.
How it lies and turns (landmarks, pose) is a matter of places, so these heads read the last two maps whole, thinned to
few channels, by way of one hidden layer. How it moves (action units, gaze) shows at known spots of the face, so those
heads read finer maps there: at the landmarks just found and at spots between them where skin folds (as the regions
that attention learns in Shao et al. 2021, "JAA-Net").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from facereason.faces import align
from facereason.faces.geometry import LANDMARKS, MIRRORED_LANDMARKS, SLOTS
from facereason.types import AgeGroup, EmotionLabel, Race

HEADS: Mapping[str, int] = {"emotion": len(EmotionLabel), "age": len(AgeGroup), "gender": 2, "race": len(Race)}
SHAPE_HEADS: Mapping[str, int] = {
    "present": len(SLOTS),
    "intensity": len(SLOTS),
    "rotation": 6,
    "gaze": 3,
    "landmarks": 2 * LANDMARKS,
}
HALF = ".half"  # ends the name of an exported weight that is stored in 16 bits
MEAN, STD = 0.5, 0.25  # of pixels in [0, 1]
GRIDS = (10, 5)  # cells of the second and third stage's maps that the heads of places read
GROUPS: Mapping[str, tuple[str, ...]] = {  # the heads that share a hidden layer
    "places": ("rotation", "landmarks"),
    "units": ("present", "intensity"),
    "gaze": ("gaze",),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Channels of the stem, and channels and residual blocks of the three stages. `thin` channels of the last two maps
    for the heads of places; `detail` channels of the branch that sees the crop unreduced; `spots` channels, at each
    spot, of that branch's map and of the first and second stage's; `hidden` units of each group of `GROUPS`.
    `dropout`: of what a face is, and of the hidden units that read action units."""

    stem: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    thin: tuple[int, int] = (16, 32)
    detail: tuple[int, int] = (16, 32)
    spots: tuple[int, int, int] = (24, 24, 16)
    hidden: tuple[int, int, int] = (256, 256, 96)
    dropout: float = 0.2


class Block(nn.Module):
    """Two 3x3 convolutions with a short cut."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = _conv(channels, channels, 1)
        self.second = _conv(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(torch.relu(self.first(x))))


class ReaderNet(nn.Module):
    """`(n, 3, h, h)` crops in [0, 1] to raw outputs: logits `(n, classes)` of every head in `HEADS`, and of
    `SHAPE_HEADS` logits `(n, 25)` of presence and intensity, 6D rotation, gaze `(n, 3)`, landmarks `(n, 136)` in crop
    sides from the crop's middle, all in the crop's frame. The trunk sees the crops at `side` pixels."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        stages = [[_conv(3, shape.stem, 2), nn.ReLU()]]
        channels = shape.stem
        for width, depth in zip(shape.widths, shape.depths, strict=True):
            stages.append([_conv(channels, width, 2), nn.ReLU(), *(Block(width) for _ in range(depth))])
            channels = width
        self.early = nn.Sequential(*(layer for stage in stages[:-1] for layer in stage))
        self.fine = len(stages[0]) + len(stages[1])  # layers of `early` up to the first stage's map
        self.late = nn.Sequential(*stages[-1])
        first, second = shape.detail
        self.detail = nn.Sequential(
            _conv(3, first, 2), nn.ReLU(), _conv(first, second, 2), nn.ReLU(), _conv(second, second, 1), nn.ReLU()
        )
        self.dropout = nn.Dropout(shape.dropout)
        self.heads = nn.ModuleDict({name: nn.Linear(channels, classes) for name, classes in HEADS.items()})
        self.thin = nn.ModuleList(
            nn.Conv2d(width, thin, 1) for width, thin in zip(shape.widths[1:], shape.thin, strict=True)
        )
        maps = (second, *shape.widths[:2])
        self.spots = nn.ModuleList(nn.Conv2d(width, thin, 1) for width, thin in zip(maps, shape.spots, strict=True))
        where = spots()
        self.register_buffer("where", torch.from_numpy(where), persistent=False)
        known = SHAPE_HEADS["rotation"] + channels
        inputs = {
            "places": sum(grid * grid * thin for grid, thin in zip(GRIDS, shape.thin, strict=True)) + channels,
            "units": len(where) * (sum(shape.spots) + 2) + known,
            "gaze": len(EYES) * (sum(shape.spots) + 2) + known,
        }
        self.hidden = nn.ModuleDict(
            {
                group: nn.Sequential(nn.Linear(inputs[group], hidden), nn.ReLU())
                for group, hidden in zip(GROUPS, shape.hidden, strict=True)
            }
        )
        self.shape_heads = nn.ModuleDict(
            {
                name: nn.Linear(hidden, SHAPE_HEADS[name])
                for names, hidden in zip(GROUPS.values(), shape.hidden, strict=True)
                for name in names
            }
        )

    def forward(self, crops: Tensor, side: int) -> dict[str, Tensor]:
        crops = (crops - MEAN) / STD
        fine = self.early[: self.fine](sized(crops, side))
        early = self.early[self.fine :](fine)
        late = self.late(early)
        features = late.mean(dim=(2, 3))
        said = {name: head(self.dropout(features)) for name, head in self.heads.items()}
        maps = [
            _gridded(thin(values), grid).flatten(1)
            for thin, values, grid in zip(self.thin, (early, late), GRIDS, strict=True)
        ]
        said |= self._shape("places", torch.cat([*maps, features], dim=1))
        at = cast(Tensor, self.where) @ said["landmarks"].detach().float().reshape(-1, LANDMARKS, 2)
        seen = [
            _at(thin(values), at) for thin, values in zip(self.spots, (self.detail(crops), fine, early), strict=True)
        ]
        around = torch.cat([*seen, at.transpose(1, 2)], dim=1)
        known = [said["rotation"].detach().float(), features.float()]
        said |= self._shape("units", torch.cat([around.flatten(1), *known], dim=1))
        said |= self._shape("gaze", torch.cat([around[:, :, list(EYES)].flatten(1), *known], dim=1))
        return {name: said[name] for name in (*HEADS, *SHAPE_HEADS)}

    def _shape(self, group: str, values: Tensor) -> dict[str, Tensor]:
        hidden = self.hidden[group](values)
        if group == "units":
            hidden = self.dropout(hidden)
        return {name: self.shape_heads[name](hidden) for name in GROUPS[group]}


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


def places(landmarks: Tensor) -> Tensor:
    """Landmarks `(n, 68, 2)` in pixels of a crop of 112, from the raw head."""
    return (landmarks.reshape(-1, LANDMARKS, 2) + 0.5) * align.SIZE


def _conv(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False), nn.BatchNorm2d(outputs))


def fused(net: ReaderNet) -> ReaderNet:
    """A copy for inference, batch norm folded into the convolutions: the same function, fewer steps."""
    import copy

    from torch.nn.utils.fusion import fuse_conv_bn_eval

    net = copy.deepcopy(net).eval()
    for module in list(net.modules()):
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            module[0] = fuse_conv_bn_eval(cast(nn.Conv2d, module[0]), module[1])
            module[1] = nn.Identity()
    return net


def sized(crops: Tensor, side: int) -> Tensor:
    """Square crops `(n, 3, h, h)` at the size the network takes, bilinear."""
    if crops.shape[2] == side:
        return crops
    return nn.functional.interpolate(crops, size=(side, side), mode="bilinear", align_corners=False)


class Exported(nn.Module):
    """What is exported: `(n, 112, 112, 3)` uint8 RGB crops to calibrated readings, one output a head: probabilities of
    every head in `HEADS` and of each unit slot's presence `(n, 25)`, intensities `(n, 25)`, the head's rotation
    `(n, 3, 3)`, gaze `(n, 3)` of length 1, landmarks `(n, 68, 2)` in pixels, all in the crop's frame. `side`: the size
    at which the trunk was last trained; `units`: slope and offset of the logit of presence, `(25, 2)`."""

    def __init__(self, net: ReaderNet, temperatures: Mapping[str, float], units: Tensor, side: int) -> None:
        super().__init__()
        self.net = fused(net).float()
        self.temperatures = dict(temperatures)
        self.register_buffer("units", units.float())
        self.side = side

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        said = self.net(crops.permute(0, 3, 1, 2).float() / 255, self.side)
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
