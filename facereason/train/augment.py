"""Views of a face as a reader meets them: loose or shifted crops, turned, grey, dark, blurred, small, half covered.

Everything runs on batches and on the device the images are on. `strength` in [0, 1] scales geometry and odds
together; 0 is the plain aligned crop, which the reader sees when it is used.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
import torch.nn.functional as functional
from torch import Tensor

from facereason.faces import align


@dataclass(frozen=True, slots=True)
class Views:
    """`crops`: `(n, 3, side, side)` in [0, 1]; `forward`: `(n, 3, 3)` from pixels of the image to pixels of a crop of
    112; `mirrored`: `(n,)`."""

    crops: Tensor
    forward: Tensor
    mirrored: Tensor


def views(images: Tensor, points: Tensor, strength: float, generator: torch.Generator, side: int = align.SIZE) -> Views:
    """Aligned crops of uint8 images `(n, h, w, c)`, c of 1 or 3, by their five points `(n, 5, 2)`."""
    n, height, width, _ = images.shape
    back = _back(points.double(), strength, generator).float()
    mirrored = torch.zeros(n, dtype=torch.bool, device=images.device)
    if strength:
        mirrored = torch.rand(n, device=images.device, generator=generator) < 0.5
        back[mirrored] = back[mirrored] @ torch.tensor(
            [[-1.0, 0, align.SIZE], [0, 1, 0], [0, 0, 1]], device=images.device
        )
    # from crop pixels to image pixels, then both to grid_sample's [-1, 1]
    to_crop = torch.tensor(
        [[align.SIZE / 2, 0, align.SIZE / 2], [0, align.SIZE / 2, align.SIZE / 2], [0, 0, 1]], device=images.device
    )
    to_grid = torch.tensor([[2 / width, 0, -1], [0, 2 / height, -1], [0, 0, 1]], device=images.device)
    theta = (to_grid @ back @ to_crop)[:, :2]
    grid = functional.affine_grid(theta, [n, 3, side, side], align_corners=False)
    pixels = images.permute(0, 3, 1, 2).float() / 255
    out = functional.grid_sample(pixels, grid, padding_mode="border", align_corners=False)
    return Views(out.expand(-1, 3, -1, -1).contiguous(), torch.linalg.inv(back), mirrored)


def degraded(
    batch: Tensor,
    strength: float,
    generator: torch.Generator,
    *,
    coarse: tuple[int, int] = (14, 72),
    covered: float = 0.35,
) -> Tensor:
    """The crops with light, colour, sharpness, noise and coverage changed at random; same shape, in [0, 1]. `coarse`:
    rows between which coarse ones are left with; `covered`: odds of covering a part."""
    if not strength:
        return batch
    n, device = len(batch), batch.device

    def draw(low: float, high: float, *shape: int) -> Tensor:
        return low + (high - low) * torch.rand(*(shape or (n, 1, 1, 1)), device=device, generator=generator)

    def some(odds: float) -> Tensor:
        return (torch.rand(n, device=device, generator=generator) < odds * strength).nonzero()[:, 0]

    grey = batch.mean(dim=1, keepdim=True)
    batch = torch.lerp(grey, batch, draw(0.6, 1.4))
    rows = some(0.35)
    batch[rows] = grey[rows].expand(-1, 3, -1, -1)
    rows = some(0.3)
    batch[rows] *= 1 + draw(-0.15, 0.15, len(rows), 3, 1, 1) * strength
    rows = some(0.6)
    middle = batch[rows].mean(dim=(1, 2, 3), keepdim=True)
    batch[rows] = torch.lerp(middle, batch[rows], draw(0.6, 1.5, *middle.shape)) + draw(-0.25, 0.25, *middle.shape)
    batch = batch.clamp_(0, 1)
    rows = some(0.3)
    batch[rows] = batch[rows].clamp(1e-4, 1) ** draw(0.5, 1.8, len(rows), 1, 1, 1)
    rows = some(0.4)
    batch[rows] *= _ramp(len(rows), batch.shape[2], batch.shape[3], draw)
    rows = some(0.4)
    batch[rows] = _coarser(batch[rows], coarse, draw)
    rows = some(0.3)
    noise = torch.randn(batch[rows].shape, device=device, generator=generator)
    batch[rows] += draw(0, 0.06, len(rows), 1, 1, 1) * noise
    return _covered(batch, some(covered), draw).clamp_(0, 1)


def _back(points: Tensor, strength: float, generator: torch.Generator) -> Tensor:
    """`(n, 3, 3)` from crop pixels to image pixels: the alignment undone, jittered."""
    n, device = len(points), points.device
    template = torch.tensor(align.TEMPLATE, device=device, dtype=points.dtype)

    def draw(spread: float) -> Tensor:
        loose = torch.rand(n, device=device, generator=generator) < 0.2
        factor = torch.where(loose, 2.2, 1.0) * strength * spread
        return (torch.rand(n, device=device, generator=generator) * 2 - 1) * factor

    noise = torch.randn(points.shape, device=device, generator=generator, dtype=torch.float32) * 0.01 * strength
    size = (points.amax(dim=1) - points.amin(dim=1)).norm(dim=1)[:, None, None]
    source, target = points + noise * size, template.expand(n, 5, 2)
    a, b = source - source.mean(1, keepdim=True), target - target.mean(1, keepdim=True)
    spread = (a * a).sum((1, 2)).clamp_min(1e-9)
    cos = (a * b).sum((1, 2)) / spread
    sin = (a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]).sum(1) / spread
    angle, zoom = torch.deg2rad(draw(12.0)), torch.exp(draw(0.16))
    c, s = zoom * torch.cos(angle), zoom * torch.sin(angle)
    cos, sin = c * cos - s * sin, s * cos + c * sin
    turn = torch.stack([torch.stack([cos, -sin], -1), torch.stack([sin, cos], -1)], -2)
    longer, leaning = torch.exp(draw(0.06)), draw(0.03)  # as faces differ in proportion
    turn = torch.stack([torch.stack([1 / longer, leaning], -1), torch.stack([leaning, longer], -1)], -2).double() @ turn
    middle = target.mean(1) + torch.stack([draw(6.0), draw(6.0)], -1)
    shift = middle - (turn @ source.mean(1)[..., None])[..., 0]
    forward = torch.zeros(n, 3, 3, device=device, dtype=points.dtype)
    forward[:, :2, :2], forward[:, :2, 2], forward[:, 2, 2] = turn, shift, 1
    back: Tensor = torch.linalg.inv(forward)
    return back


def _ramp(n: int, height: int, width: int, draw: Callable[..., Tensor]) -> Tensor:
    """Light from one side: `(n, 1, height, width)` factors that rise in a line across the crop, by up to two thirds."""
    way, amount = draw(0, 2 * math.pi, n, 1, 1, 1), draw(0, 0.65, n, 1, 1, 1)
    x, y = (torch.linspace(-1, 1, size, device=way.device) for size in (width, height))
    return 1 + amount * (x[None, None, None] * torch.cos(way) + y[None, None, :, None] * torch.sin(way))


def _coarser(batch: Tensor, rows: tuple[int, int], draw: Callable[..., Tensor]) -> Tensor:
    """Crops as from a small or blurred face: brought down to so many rows and up again, in eight groups."""
    out, (low, high), size = [], rows, batch.shape[2]
    for part in batch.chunk(8):
        side = min(size, int(low * float(high / low) ** float(draw(0, 1, 1))))
        small = functional.interpolate(part, size=(side, max(1, side * part.shape[3] // size)), mode="area")
        out.append(functional.interpolate(small, size=part.shape[2:], mode="bilinear", align_corners=False))
    return torch.cat(out)


def _covered(batch: Tensor, rows: Tensor, draw: Callable[..., Tensor]) -> Tensor:
    """These rows with a rectangle of 5 to 30 % of the crop in one colour or in the crop's mean."""
    n, (height, width) = len(rows), batch.shape[2:]

    def each(low: float, high: float, channels: int = 1) -> Tensor:
        return draw(low, high, n, channels, 1, 1)

    area, ratio = each(0.05, 0.3), torch.exp(each(-0.9, 0.9))
    half_h, half_w = (area * ratio).sqrt() * height / 2, (area / ratio).sqrt() * width / 2
    x, y = each(0, width), each(0, height)
    across, down = (torch.arange(size, device=batch.device).float() for size in (width, height))
    inside = ((down[None, None, :, None] - y).abs() < half_h) & ((across[None, None, None, :] - x).abs() < half_w)
    mean = batch[rows].mean(dim=(2, 3), keepdim=True)
    colour = torch.where(each(0, 1) < 0.5, mean, each(0, 1, 3))
    batch[rows] = torch.where(inside, colour, batch[rows])
    return batch
