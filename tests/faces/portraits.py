"""Photos made of the astronaut portrait: its head and shoulders pasted, scaled, turned; scenes without anybody.

Boxes and points of the portrait were read off the picture by eye, not taken from the detector.
"""

from __future__ import annotations

import functools
import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from facereason import images
from facereason.images import Photo, Pixels
from facereason.types import Box

FACE = Box(180.0, 64.0, 91.0, 114.0)
"""Forehead to chin, cheek to cheek."""

POINTS = np.array([[203.6, 101.4], [247.0, 103.0], [225.0, 127.0], [204.4, 141.0], [243.6, 142.0]])

LEFT, TOP, RIGHT, BOTTOM = 100, 0, 350, 230
"""Head and shoulders in the portrait."""


@functools.cache
def portrait() -> Pixels:
    return images.example().pixels


def photo(pixels: Pixels) -> Photo:
    return images.open(np.ascontiguousarray(pixels))


def canvas(width: int, height: int, grey: int = 150) -> Pixels:
    return np.full((height, width, 3), grey, np.uint8)


def paste(onto: Pixels, x: int, y: int, face_height: float) -> Box:
    """Draw head and shoulders with their corner at `x, y`, scaled to a face of this height; returns the face's box."""
    scale = face_height / FACE.height
    head = images.resize(
        portrait()[TOP:BOTTOM, LEFT:RIGHT], round((RIGHT - LEFT) * scale), round((BOTTOM - TOP) * scale)
    )
    onto[y : y + head.shape[0], x : x + head.shape[1]] = head
    return Box(x + (FACE.x - LEFT) * scale, y + (FACE.y - TOP) * scale, FACE.width * scale, FACE.height * scale)


def mirrored(pixels: Pixels) -> Pixels:
    return np.ascontiguousarray(pixels[:, ::-1])


def turned_clockwise(pixels: Pixels, degrees: float) -> Pixels:
    """Turned about the face's middle as seen on the screen, what comes in from outside filled with grey."""
    image = Image.fromarray(pixels).rotate(
        -degrees, Image.Resampling.BICUBIC, center=FACE.centre, fillcolor=(150, 150, 150)
    )
    return np.asarray(image)


def without_people(scene: str, width: int, height: int) -> Pixels:
    """A rendered scene: "gradient", "noise", "text", "shapes" or "house"."""
    return _SCENES[scene](width, height)


def _gradient(width: int, height: int) -> Pixels:
    across = np.linspace(0, 1, width)[None, :, None]
    down = np.linspace(0, 1, height)[:, None, None]
    mixed = across * [255.0, 120.0, 30.0] * (1 - down) + down * [40.0, 90.0, 255.0]
    return np.asarray(np.clip(mixed, 0, 255), np.uint8)


def _noise(width: int, height: int) -> Pixels:
    return np.random.default_rng(7).integers(0, 256, (height, width, 3), dtype=np.uint8)


def _text(width: int, height: int) -> Pixels:
    image, draw = _blank(width, height, "white")
    font = ImageFont.load_default(size=height / 24)
    for line in range(20):
        draw.text((width / 20, (line + 1) * height / 22), "The o and the O, 8 of 80: (o_o) %@&" * 2, "black", font)
    return np.asarray(image)


def _shapes(width: int, height: int) -> Pixels:
    image, draw = _blank(width, height, "#d8c8a8")
    unit = min(width, height) / 12
    for i in range(24):
        x, y = (0.5 + i % 6 * 1.9) * unit, (0.5 + i // 6 * 2.8) * unit
        size, colour = unit * (0.5 + math.sin(i) ** 2), f"hsl({i * 47 % 360}, 70%, 50%)"
        drawn = (draw.ellipse, draw.rectangle)[i % 2]
        drawn((x, y, x + size, y + size * 1.3), fill=colour, outline="black", width=3)
    return np.asarray(image)


def _house(width: int, height: int) -> Pixels:
    image, draw = _blank(width, height, "#87b7e0")
    w, h = width / 100, height / 100
    draw.rectangle((0, 70 * h, width, height), fill="#5a8f3c")
    draw.rectangle((25 * w, 40 * h, 75 * w, 85 * h), fill="#c8a078", outline="black", width=4)
    draw.polygon([(20 * w, 40 * h), (50 * w, 12 * h), (80 * w, 40 * h)], fill="#8b3a2a", outline="black")
    for x in (33, 58):  # two windows and a door: as near to a face as a house comes
        draw.rectangle((x * w, 48 * h, (x + 9) * w, 60 * h), fill="#f4e9a0", outline="black", width=4)
    draw.rectangle((45 * w, 65 * h, 55 * w, 85 * h), fill="#5a3420", outline="black", width=4)
    return np.asarray(image)


def _blank(width: int, height: int, colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (width, height), colour)
    return image, ImageDraw.Draw(image)


_SCENES = {"gradient": _gradient, "noise": _noise, "text": _text, "shapes": _shapes, "house": _house}
SCENES = tuple(_SCENES)


def mirrored_points(points: npt.ArrayLike, width: int) -> npt.NDArray[np.float64]:
    """Five points of the mirrored photo: left and right change places."""
    swapped = np.asarray(points, np.float64)[[1, 0, 2, 4, 3]]
    return np.stack([width - swapped[:, 0], swapped[:, 1]], axis=1)
