"""What a family of models has in common: how it is prompted, what it can do, and how it writes places."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from facereason.types import Box
from facereason.vlm.errors import UnsupportedError
from facereason.vlm.messages import Message, Picture, Region, Request
from facereason.vlm.model import Capability


@dataclass(frozen=True, slots=True)
class Place:
    """A box, or a point whose corners coincide, in a family's grid."""

    corners: tuple[float, float, float, float]
    text: str = ""


@dataclass(frozen=True, slots=True)
class Grounding:
    """How a family locates: `ask` makes the text that asks for a phrase, `read` finds the places in what it wrote, in
    its own grid, and `grid` is the size of that grid for a picture of this width and height. `square`: it was trained
    on pictures in the middle of a square of this colour, and places are places in the square. `write`: `read` the other
    way round, for training; None where we teach it to none of the family."""

    ask: Callable[[str], str]
    read: Callable[[str], Sequence[Place]]
    grid: Callable[[int, int], tuple[float, float]]
    square: tuple[int, int, int] | None = None
    write: Callable[[Place], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """One family.

    `model_types`: `model_type` of its configurations in transformers; `names`: parts of names of its checkpoints, lower
    case; `can`: what its models can do wherever they run; `grounding`: how it locates a phrase; `flat`: it takes one
    text and its pictures, not turns of a chat, and this makes the text; `tasks`: words for a job that its stock
    checkpoints were trained with, `{question}` standing for the question; `only_tasks`: it understands nothing else;
    `aligned`: it looks at one face, cut and turned upright as the reader sees it;
    `vllm`, `vllm_lora`: whether vLLM serves it, and with adapters.
    """

    name: str
    title: str
    model_types: tuple[str, ...]
    names: tuple[str, ...]
    can: frozenset[Capability]
    vllm: bool = True
    vllm_lora: bool = True
    grounding: Grounding | None = None
    flat: Callable[[Sequence[Message]], str] | None = None
    tasks: Mapping[str, str] = field(default_factory=dict)
    only_tasks: bool = False
    aligned: bool = False

    def locating(self, picture: Picture, phrase: str) -> Request:
        """The request that asks where `phrase` is in `picture`."""
        shown = picture if self._grounding.square is None else _in_square(picture, self._grounding.square)
        return Request(messages=(Message.user(shown, self._grounding.ask(phrase)),), max_tokens=512)

    def regions(
        self, text: str, width: int, height: int, phrase: str = "", sent: tuple[int, int] | None = None
    ) -> tuple[Region, ...]:
        """The places in what it wrote, in pixels of a picture of this size, cut at its edges. `sent`: the size at which
        the model was given the picture, where another."""
        across, down = self._grounding.grid(*(sent or (width, height)))
        wide, high, before, above = width, height, 0, 0
        if self._grounding.square is not None:
            wide = high = max(width, height)
            before, above = _margins(width, height)
        found = []
        for place in self._grounding.read(text):
            left, top, right, bottom = place.corners
            x0, x1 = (min(max(x / across * wide - before, 0.0), width) for x in sorted((left, right)))
            y0, y1 = (min(max(y / down * high - above, 0.0), height) for y in sorted((top, bottom)))
            inside = left == right or (x1 > x0 and y1 > y0)  # a box wholly outside the picture shows nothing in it
            if inside:
                found.append(Region(box=Box(x0, y0, x1 - x0, y1 - y0), text=place.text or phrase))
        return tuple(found)

    def located(
        self, phrase: str, box: Box, width: int, height: int, sent: tuple[int, int] | None = None
    ) -> tuple[str, str]:
        """What a model of the family is asked for `phrase`, and what it writes where that is `box`, in pixels of a
        picture of this size: what `regions` reads. UnsupportedError where it is taught to none of the family."""
        if self.grounding is None or self.grounding.write is None:
            raise UnsupportedError(f"{self.title} is not taught to locate phrases: leave the task locate out")
        across, down = self.grounding.grid(*(sent or (width, height)))
        xs, ys = (
            (each / width * across for each in (box.x, box.right)),
            (each / height * down for each in (box.y, box.bottom)),
        )
        (left, right), (top, bottom) = xs, ys
        return self.grounding.ask(phrase), self.grounding.write(Place((left, top, right, bottom), phrase))

    @property
    def _grounding(self) -> Grounding:
        if self.grounding is None:
            raise UnsupportedError(f"{self.title} does not locate phrases")
        return self.grounding


def _margins(width: int, height: int) -> tuple[int, int]:
    """Where a picture of this size begins in the square that it is put into the middle of."""
    side = max(width, height)
    return (side - width) // 2, (side - height) // 2


def _in_square(picture: Picture, colour: tuple[int, int, int]) -> Picture:
    import numpy as np

    side = max(picture.width, picture.height)
    left, top = _margins(picture.width, picture.height)
    square = np.full((side, side, 3), colour, np.uint8)
    square[top : top + picture.height, left : left + picture.width] = picture.pixels
    return Picture(square, picture.label)
