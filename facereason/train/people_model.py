"""The detector of people: a small convolutional network that finds heads, seen from wherever, and says how the bodies
below them lie and turn.

Every cell of a map at a quarter of the picture's size says whether a head's middle lies in it, and for that head its
box, the body's box, which way the body is turned, whether it sits and how old it appears (Zhou et al. 2019, "Objects as
points").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor, nn

from facereason.faces.people import MULTIPLE, STRIDE
from facereason.train.blocks import conv, fused, stage

MAPS: Mapping[str, int] = {"middle": 1, "head": 4, "body": 4, "facing": 2, "sitting": 1, "stage": 3}
"""Channels of each map: the logit of a head's middle; of that head the offset of its middle in cells, and the
logarithms of width and height in cells; left, top, right and bottom of the body from the head's middle, in heights of
the head; sine and cosine of the body's orientation; the logit of sitting; those of the stages of life
(`people_data.STAGES`): child, adult, old."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleModel:
    """Channels at a half, a quarter, an eighth and a sixteenth of the size, residual blocks at the last three, and
    channels of the map that is read."""

    widths: tuple[int, int, int, int]
    depths: tuple[int, int, int]
    neck: int


class PeopleNet(nn.Module):
    """Pictures `(n, 3, h, w)` in [0, 1], sides multiples of 16, to maps `(n, channels, h / 4, w / 4)` by the names of
    `MAPS`."""

    def __init__(self, model: PeopleModel) -> None:
        super().__init__()
        inputs = (3, *model.widths)
        stages = [stage(*each) for each in zip(inputs, model.widths, (0, *model.depths), strict=False)]
        self.trunk = nn.ModuleList(stages)
        self.side = nn.ModuleList(nn.Conv2d(width, model.neck, 1) for width in model.widths[1:])
        self.mix = nn.ModuleList(nn.Sequential(conv(model.neck, model.neck, 1), nn.ReLU()) for _ in model.widths[1:-1])
        self.heads = nn.ModuleDict(
            {
                name: nn.Sequential(
                    nn.Conv2d(model.neck, model.neck, 3, padding=1), nn.ReLU(), nn.Conv2d(model.neck, channels, 1)
                )
                for name, channels in MAPS.items()
            }
        )
        last = self.heads["middle"][-1]  # type: ignore[index]
        nn.init.constant_(last.bias, -4.0)  # nearly no cell holds a head: begin there

    def forward(self, pictures: Tensor) -> dict[str, Tensor]:
        values, maps = (pictures - 0.5) / 0.25, []
        for part in self.trunk:
            values = part(values)
            maps.append(values)
        sides = [side(each) for side, each in zip(self.side, maps[1:], strict=True)]
        found = sides[-1]
        for own, mix in zip(sides[-2::-1], self.mix, strict=True):
            found = mix(own + functional.interpolate(found, scale_factor=2, mode="nearest"))
        return {name: head(found) for name, head in self.heads.items()}


_MIRRORED: Mapping[str, tuple[tuple[int, float], ...]] = {
    "head": ((0, -1.0), (1, 1.0), (2, 1.0), (3, 1.0)),
    "body": ((2, -1.0), (1, 1.0), (0, -1.0), (3, 1.0)),
    "facing": ((0, -1.0), (1, 1.0)),
}
"""Of maps that tell left from right: the channel of a mirror image's map, and its sign, for each channel."""


def _mirrored(name: str, values: Tensor) -> Tensor:
    """A mirror image's map as one of the picture itself."""
    flipped = values.flip(3)
    if name not in _MIRRORED:
        return flipped
    return torch.cat([sign * flipped[:, channel : channel + 1] for channel, sign in _MIRRORED[name]], 1)


class ExportedPeople(nn.Module):
    """What is exported: one picture `(1, h, w, 3)` uint8 RGB, sides multiples of `MULTIPLE`, to the maps, without the
    batch: chances of heads' middles, 0 where a neighbour's is higher, and the others as they are; each the mean of what
    is said of the picture and of its mirror image."""

    def __init__(self, net: PeopleNet) -> None:
        super().__init__()
        self.net = fused(net).float()

    def forward(self, picture: Tensor) -> tuple[Tensor, ...]:
        pixels = picture.permute(0, 3, 1, 2).float() / 255
        both = self.net(torch.cat([pixels, pixels.flip(3)]))
        maps = {name: (values[:1] + _mirrored(name, values[1:])) / 2 for name, values in both.items()}
        chance = torch.sigmoid(maps["middle"])
        peak = functional.max_pool2d(chance, 3, 1, 1) == chance
        return ((chance * peak)[0, 0], *(maps[name][0] for name in MAPS if name != "middle"))


__all__ = ["MAPS", "MULTIPLE", "STRIDE", "ExportedPeople", "PeopleModel", "PeopleNet"]
