"""Pieces of our convolutional networks."""

from __future__ import annotations

import copy
from typing import TypeVar, cast

import torch
from torch import Tensor, nn

Net = TypeVar("Net", bound=nn.Module)


def conv(inputs: int, outputs: int, stride: int, kernel: int = 3) -> nn.Sequential:
    """A convolution, 3x3 unless told, with batch norm."""
    convolution = nn.Conv2d(inputs, outputs, kernel, stride, kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(outputs))


class Block(nn.Module):
    """Two 3x3 convolutions with a short cut (He et al. 2016)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.first = conv(channels, channels, 1)
        self.second = conv(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x + self.second(torch.relu(self.first(x))))


def stage(inputs: int, outputs: int, depth: int, kernel: int = 3) -> nn.Sequential:
    """Half the resolution, then residual blocks; `kernel`: of the convolution that halves it."""
    return nn.Sequential(conv(inputs, outputs, 2, kernel), nn.ReLU(), *(Block(outputs) for _ in range(depth)))


def fused(net: Net) -> Net:
    """A copy for inference, batch norm folded into the convolutions: the same function, fewer steps."""
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    net = copy.deepcopy(net).eval()
    for module in list(net.modules()):
        if isinstance(module, nn.Sequential) and len(module) == 2 and isinstance(module[1], nn.BatchNorm2d):
            module[0] = fuse_conv_bn_eval(cast(nn.Conv2d, module[0]), module[1])
            module[1] = nn.Identity()
    return net


def on_device(net: Net, device: torch.device) -> Net:
    """The network moved to a device, its weights laid out as convolutions there like them."""
    return net.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]
