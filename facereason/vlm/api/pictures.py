"""Pictures as they are sent: sized for the model, JPEG, as data URLs, each encoded once."""

from __future__ import annotations

import base64
import math
import threading
from collections import OrderedDict

from facereason import images
from facereason.vlm.messages import Picture

QUALITY = 92
VLLM_SIDE = 1536
KEPT = 32
"""How many encoded pictures are kept, those used last: about 10 MB."""


def openai_size(width: int, height: int) -> tuple[int, int]:
    """Width and height at which OpenAI looks at a picture with detail "high": within 2048 x 2048, then its shortest
    side 768 (OpenAI, "Images and vision", section on calculating costs). What is smaller stays as it is.

    >>> openai_size(4096, 8192)
    (768, 1536)
    """
    scale = min(1.0, 2048 / max(width, height))
    scale *= min(1.0, 768 / (min(width, height) * scale))
    return max(1, round(width * scale)), max(1, round(height * scale))


def openai_tokens(width: int, height: int) -> int:
    """Tokens that a picture of this size takes on gpt-4o: 85 and 170 for each tile of 512 x 512 (same source)."""
    return 85 + 170 * math.ceil(width / 512) * math.ceil(height / 512)


def within(side: int, width: int, height: int) -> tuple[int, int]:
    """Width and height, the longer one at most `side`."""
    scale = min(1.0, side / max(width, height))
    return max(1, round(width * scale)), max(1, round(height * scale))


class Encoder:
    """Makes data URLs of pictures. `side`: the longest side, pixels; None is the rule of `provider`."""

    def __init__(self, provider: str, side: int | None) -> None:
        self.sizing = f"{provider}:{side or 'rule'}:q{QUALITY}"
        self._openai = provider == "openai"
        self._side = side
        self._kept: OrderedDict[str, str] = OrderedDict()
        self._lock = threading.Lock()

    def size(self, picture: Picture) -> tuple[int, int]:
        """Width and height at which it is sent."""
        if self._side is None and self._openai:
            return openai_size(picture.width, picture.height)
        return within(self._side or VLLM_SIDE, picture.width, picture.height)

    def tokens(self, picture: Picture) -> int:
        """About how many tokens it takes: OpenAI's tiles; elsewhere one for 14 x 14 pixels, more than most take."""
        width, height = self.size(picture)
        return openai_tokens(width, height) if self._openai else math.ceil(width / 14) * math.ceil(height / 14)

    def url(self, picture: Picture) -> str:
        """`data:image/jpeg;base64,...`"""
        key = picture.sha256
        with self._lock:
            if key not in self._kept:
                self._kept[key] = self._encoded(picture)
                if len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]

    def _encoded(self, picture: Picture) -> str:
        size = self.size(picture)
        fits = size == (picture.width, picture.height)
        pixels = picture.pixels if fits else images.resize(picture.pixels, *size)
        jpeg = images.encode(pixels, "jpeg", QUALITY)
        return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
