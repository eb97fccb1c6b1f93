"""Photos: open them safely and upright, crop, turn, draw, encode.

    photo = images.open("party.jpg")
    face = images.crop(photo.pixels, person.box, margin=0.25)

Pixels are always `(height, width, 3)` uint8 RGB arrays, origin top left.
"""

from facereason.images.drawing import draw
from facereason.images.geometry import comment, crop, encode, resize, rotate, save, upright
from facereason.images.opening import Source, example, open
from facereason.images.photo import ImageError, Photo, Pixels, printable

__all__ = [
    "ImageError",
    "Photo",
    "Pixels",
    "Source",
    "comment",
    "crop",
    "draw",
    "encode",
    "example",
    "open",
    "printable",
    "resize",
    "rotate",
    "save",
    "upright",
]
