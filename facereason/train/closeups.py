"""Close-ups of a face: small windows of the crop at its full resolution, around each eye and the mouth.

What action units and gaze move, a lid or the corner of the lips, moves by a pixel or two: too little for the maps of a
trunk, whose cells are four pixels and more. Each window is cut where the landmarks that were just found lie, so that
what is seen stays in its place (patches around landmarks: Li et al. 2017, "EAC-Net"; Shao et al. 2021, "JAA-Net"). One
network reads both eyes, the one on the right of the crop mirrored: a face is nearly symmetric, and so each face teaches
it twice.
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
from facereason.train.blocks import stage

EYES = (slice(36, 42), slice(42, 48))  # landmarks, that on the left of the crop first
MOUTH = slice(48, LANDMARKS)
EYE_WINDOW = (40, 36)  # width and height in pixels of a crop of 112: brow to cheek, temple to nose
MOUTH_WINDOW = (56, 52)  # nose to chin, cheek to cheek
EYE_ABOVE, MOUTH_ABOVE = 3.0, 2.0  # pixels from the landmarks' mean up to the window's middle
HEADS: Mapping[str, int] = {"present": len(SLOTS), "intensity": len(SLOTS), "gaze": 3}
FIRST = 5  # pixels, both sides of the first convolution's kernel
FINAL = 8  # a window's last map has so many times fewer cells along a side


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseUps:
    """Channels and residual blocks of three stages, each of which halves the resolution; `thin` channels of the last
    map, read whole into `eye` and `mouth` numbers."""

    widths: tuple[int, int, int] = (32, 64, 96)
    depths: tuple[int, int, int] = (1, 1, 1)
    thin: int = 48
    eye: int = 128
    mouth: int = 192


class CloseUpNet(nn.Module):
    """Crops and where their landmarks lie to raw outputs of `HEADS`, of units as what they add."""

    def __init__(self, model: CloseUps, known: int, hidden: tuple[int, int], dropout: float) -> None:
        """`known`: numbers that are told beside what is seen; `hidden`: units of the layers for action units and for
        gaze."""
        super().__init__()
        self.eyes = _Window(model, EYE_WINDOW, model.eye)
        self.mouth = _Window(model, MOUTH_WINDOW, model.mouth)
        self.each = model.eye
        known += 2 * LANDMARKS
        self.dropout = nn.Dropout(dropout)
        self.units = nn.Sequential(nn.Linear(2 * model.eye + model.mouth + known + hidden[0], hidden[0]), nn.ReLU())
        self.gaze = nn.Sequential(nn.Linear(2 * model.eye + known, hidden[1]), nn.ReLU())
        sizes = {"present": hidden[0], "intensity": hidden[0], "gaze": hidden[1]}
        self.heads = nn.ModuleDict({name: nn.Linear(sizes[name], count) for name, count in HEADS.items()})
        for name in ("present", "intensity"):  # what is added to units begins with nothing
            nn.init.zeros_(cast(nn.Linear, self.heads[name]).weight)
            nn.init.zeros_(cast(nn.Linear, self.heads[name]).bias)

    def forward(
        self, crops: Tensor, landmarks: Tensor, known: Tensor, units: Tensor
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """`crops`: `(n, 3, h, h)`, normed; `landmarks`: `(n, 68, 2)` in sides from the middle; `known`: `(n, k)`;
        `units`: `(n, h)`, the hidden units that read action units off the trunk's maps. What the heads say, of units
        what is to be added to those, and the hidden units `(n, h)` of "units" and "gaze"."""
        both = [
            cut(crops, landmarks[:, rows].mean(1), EYE_WINDOW, EYE_ABOVE, mirrored=i == 1)
            for i, rows in enumerate(EYES)
        ]
        eyes = self.eyes(torch.stack(both, 1).flatten(0, 1)).reshape(-1, 2 * self.each)
        mouth = self.mouth(cut(crops, landmarks[:, MOUTH].mean(1), MOUTH_WINDOW, MOUTH_ABOVE))
        told = [known, landmarks.flatten(1)]
        hidden = {
            "units": cast(Tensor, self.dropout(self.units(torch.cat([eyes, mouth, *told, units], dim=1)))),
            "gaze": cast(Tensor, self.gaze(torch.cat([eyes, *told], dim=1))),
        }
        said = {name: self.heads[name](hidden["gaze" if name == "gaze" else "units"]) for name in HEADS}
        return said, hidden


class _Window(nn.Module):
    """A window `(n, 3, h, w)` to numbers `(n, out)`."""

    def __init__(self, model: CloseUps, window: tuple[int, int], out: int) -> None:
        super().__init__()
        stages: list[nn.Module] = []
        channels = 3
        for width, depth in zip(model.widths, model.depths, strict=True):
            stages.append(stage(channels, width, depth, kernel=3 if stages else FIRST))
            channels = width
        self.trunk = nn.ModuleList(stages)
        self.thin = nn.Conv2d(channels, model.thin, 1)
        cells = -(-window[0] // FINAL) * -(-window[1] // FINAL)
        self.out = nn.Sequential(nn.Linear(cells * model.thin, out), nn.ReLU())

    def forward(self, values: Tensor) -> Tensor:
        for part in self.trunk:
            values = part(values)
        return cast(Tensor, self.out(torch.relu(self.thin(values)).flatten(1)))


def cut(crops: Tensor, middle: Tensor, window: tuple[int, int], above: float, *, mirrored: bool = False) -> Tensor:
    """Windows `(n, 3, height, width)` of crops `(n, 3, h, h)`, bilinear, one pixel a pixel of a crop of 112, their
    middle `above` pixels over `middle` `(n, 2)`, sides from the crop's middle; beyond the crop its border is
    repeated."""
    width, height = window
    across = (torch.arange(width, device=crops.device) - (width - 1) / 2) / align.SIZE
    down = (torch.arange(height, device=crops.device) - (height - 1) / 2 - above) / align.SIZE
    if mirrored:
        across = -across
    x = (middle[:, 0, None, None] + across[None, None, :]).expand(-1, height, -1)
    y = (middle[:, 1, None, None] + down[None, :, None]).expand(-1, -1, width)
    grid = 2 * torch.stack([x, y], dim=3)
    seen = functional.grid_sample(crops, grid.to(crops.dtype), padding_mode="border", align_corners=False)
    return seen.contiguous(memory_format=torch.channels_last)
