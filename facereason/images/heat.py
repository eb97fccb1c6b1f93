"""A heat map on a face, beside the mask that it is compared with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facereason.images.photo import Pixels

if TYPE_CHECKING:
    from numpy.typing import NDArray

SIDE = 420
MARGIN = 12


def panels(crop: Pixels, heat: NDArray[Any], mask: NDArray[Any], left: str, right: str) -> Pixels:
    """Two pictures of a crop `(n, n, 3)` side by side: with its `heat` `(n, n)`, where warm is much, and with `mask`
    `(n, n)` outlined; `left` and `right` stand below them."""
    import numpy as np
    from PIL import Image, ImageDraw, ImageFont

    face = Image.fromarray(crop).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    grey = np.asarray(face.convert("L").convert("RGB"), np.float32)
    strength = np.asarray(heat, np.float32) / max(float(heat.max()), 1e-9)
    strength = np.where(strength > 0, strength, 0) if float(heat.max()) > 0 else np.zeros_like(strength)
    scaled = Image.fromarray((strength * 255).astype(np.uint8)).resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    weight = np.asarray(scaled, np.float32)[..., None] / 255
    warm = np.array([255.0, 176.0, 0.0]) * (1 - weight) + np.array([213.0, 30.0, 0.0]) * weight
    first = grey * (1 - 0.75 * weight) + warm * 0.75 * weight
    held = np.asarray(Image.fromarray(mask.astype(np.uint8) * 255).resize((SIDE, SIDE))) > 127
    inner = held.copy()
    inner[3:-3, 3:-3] = held[:-6, 3:-3] & held[6:, 3:-3] & held[3:-3, :-6] & held[3:-3, 6:]
    second = np.asarray(face, np.float32).copy()
    second[held & ~inner] = (86.0, 180.0, 233.0)
    font = ImageFont.load_default(15)
    foot = 30
    sheet = Image.new("RGB", (2 * SIDE + 3 * MARGIN, SIDE + 2 * MARGIN + foot), "white")
    shown: tuple[tuple[NDArray[Any], str], ...] = ((first, left), (second, right))
    for number, (pixels, text) in enumerate(shown):
        at = MARGIN + number * (SIDE + MARGIN)
        sheet.paste(Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)), (at, MARGIN))
        ImageDraw.Draw(sheet).text((at, SIDE + MARGIN + 7), text, fill="black", font=font)
    return np.asarray(sheet)
