"""The reader's network: a plain residual CNN, small enough for one core, and what of it is exported.

A stem and three stages of 3x3 convolutions with batch norm and ReLU, each stage halving the resolution (He et al.
2016), so that a crop of 80 pixels becomes a 5x5 map, one of 112 a 7x7 map: tokens for whoever wants the trunk as a
vision tower. Every head is one linear layer on the mean of that map, so a later head is one more entry of `HEADS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from facereason.types import AgeGroup, EmotionLabel, Race

HEADS: Mapping[str, int] = {"emotion": len(EmotionLabel), "age": len(AgeGroup), "gender": 2, "race": len(Race)}
MEAN, STD = 0.5, 0.25  # of pixels in [0, 1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """Channels of the stem, and channels and residual blocks of the three stages."""

    stem: int
    widths: tuple[int, int, int]
    depths: tuple[int, int, int]
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
    """`(n, 3, side, side)` crops in [0, 1] to one tensor of logits `(n, classes)` a head."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        layers: list[nn.Module] = [_conv(3, shape.stem, 2), nn.ReLU()]
        channels = shape.stem
        for width, depth in zip(shape.widths, shape.depths, strict=True):
            layers += [_conv(channels, width, 2), nn.ReLU(), *(Block(width) for _ in range(depth))]
            channels = width
        self.trunk = nn.Sequential(*layers)
        self.dropout = nn.Dropout(shape.dropout)
        self.heads = nn.ModuleDict({name: nn.Linear(channels, classes) for name, classes in HEADS.items()})

    def forward(self, crops: Tensor) -> dict[str, Tensor]:
        features = self.trunk((crops - MEAN) / STD).mean(dim=(2, 3))
        return {name: head(self.dropout(features)) for name, head in self.heads.items()}


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
    """What is exported: `(n, 112, 112, 3)` uint8 RGB crops to calibrated probabilities, one output a head. `side`: the
    size of the crops that the network was last trained on."""

    def __init__(self, net: ReaderNet, temperatures: Mapping[str, float], side: int) -> None:
        super().__init__()
        self.net = fused(net).float()
        self.temperatures = dict(temperatures)
        self.side = side

    def forward(self, crops: Tensor) -> tuple[Tensor, ...]:
        said = self.net(sized(crops.permute(0, 3, 1, 2).float() / 255, self.side))
        return tuple(torch.softmax(said[name] / self.temperatures[name], dim=1) for name in HEADS)
