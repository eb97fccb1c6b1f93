"""The reader's network: a plain residual CNN, small enough for one core, and what of it is exported.

A stem and three stages of 3x3 convolutions with batch norm and ReLU, each stage halving the resolution (He et al.
2016), so that a crop of 80 pixels becomes a 5x5 map, one of 112 a 7x7 map: tokens for whoever wants the trunk as a
vision tower. What a face is (emotion, age, gender, race) is read by one linear layer a head on the mean of that map.
How it moves and turns (action units, pose, gaze, landmarks) is a matter of places, so these heads read the last two
maps whole, thinned to few channels, by way of one hidden layer.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from facereason.faces import align
from facereason.faces.geometry import LANDMARKS, SLOTS
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
GRIDS = (10, 5)  # cells of the second and third stage's maps that the heads of places read


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Channels of the stem, and channels and residual blocks of the three stages. For the heads of places: `thin`
    channels of the last two maps, and `hidden` units."""

    stem: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
    thin: tuple[int, int] = (12, 32)
    hidden: int = 256
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
    """`(n, 3, side, side)` crops in [0, 1] to raw outputs: logits `(n, classes)` of every head in `HEADS`, and of
    `SHAPE_HEADS` logits `(n, 25)` of presence and intensity, 6D rotation, gaze `(n, 3)`, landmarks `(n, 136)` in crop
    sides from the crop's middle, all in the crop's frame."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        stages = [[_conv(3, shape.stem, 2), nn.ReLU()]]
        channels = shape.stem
        for width, depth in zip(shape.widths, shape.depths, strict=True):
            stages.append([_conv(channels, width, 2), nn.ReLU(), *(Block(width) for _ in range(depth))])
            channels = width
        self.early = nn.Sequential(*(layer for stage in stages[:-1] for layer in stage))
        self.late = nn.Sequential(*stages[-1])
        self.dropout = nn.Dropout(shape.dropout)
        self.heads = nn.ModuleDict({name: nn.Linear(channels, classes) for name, classes in HEADS.items()})
        self.thin = nn.ModuleList(
            nn.Conv2d(width, thin, 1) for width, thin in zip(shape.widths[1:], shape.thin, strict=True)
        )
        places = sum(grid * grid * thin for grid, thin in zip(GRIDS, shape.thin, strict=True))
        self.hidden = nn.Sequential(nn.Linear(places + channels, shape.hidden), nn.ReLU())
        self.shape_heads = nn.ModuleDict({name: nn.Linear(shape.hidden, size) for name, size in SHAPE_HEADS.items()})

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        early = self.early((crops - MEAN) / STD)
        late = self.late(early)
        features = late.mean(dim=(2, 3))
        said = {name: head(self.dropout(features)) for name, head in self.heads.items()}
        maps = [
            _gridded(thin(values), grid).flatten(1)
            for thin, values, grid in zip(self.thin, (early, late), GRIDS, strict=True)
        ]
        hidden = self.dropout(self.hidden(torch.cat([*maps, features], dim=1)))
        return said | {name: head(hidden) for name, head in self.shape_heads.items()}


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
    of the crops that the network was last trained on; `units`: slope and offset of the logit of presence, `(25, 2)`."""

    def __init__(self, net: ReaderNet, temperatures: Mapping[str, float], units: Tensor, side: int) -> None:
        super().__init__()
        self.net = fused(net).float()
        self.temperatures = dict(temperatures)
        self.register_buffer("units", units.float())
        self.side = side

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        said = self.net(sized(crops.permute(0, 3, 1, 2).float() / 255, self.side))
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
