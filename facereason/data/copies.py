"""Pictures that are there twice: the same pixel for pixel, or by their looks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from facereason.data import hashing

PLAIN = 4.0
"""Standard deviation of grey below which an image shows nothing: such images look alike, and are told of as blank."""

N = TypeVar("N")


@dataclass(frozen=True, slots=True)
class Looks:
    """What of a picture tells copies. `exact`: 16 bytes; `near`: 64 bits, its pHash; `blank`: it shows nothing."""

    exact: bytes
    near: int
    blank: bool


def looks(image: bytes) -> Looks:
    """Of an encoded image; hashing.UnreadableError."""
    pixels = hashing.decoded(image)
    if float(pixels.std()) < PLAIN:
        return Looks(hashing.exact(pixels), 0, True)
    return Looks(hashing.exact(pixels), hashing.perceptual(pixels), False)


@dataclass(frozen=True, slots=True)
class Match(Generic[N]):
    """The picture of which one is a copy. `exact`: pixel for pixel; else it looks the same (`hashing.NEAR` bits)."""

    of: N
    exact: bool


class Index(Generic[N]):
    """Pictures with a name each, in which copies of another one are looked up. Blank ones are copies of none."""

    def __init__(self) -> None:
        self._exact: dict[bytes, N] = {}
        self._near, self._names = hashing.NearIndex(), list[N]()

    def __len__(self) -> int:
        return len(self._names)

    def add(self, seen: Looks, name: N) -> None:
        if not seen.blank:
            self._exact.setdefault(seen.exact, name)
            self._near.add(seen.near)
            self._names.append(name)

    def find(self, seen: Looks) -> Match[N] | None:
        """The first that this one is a copy of."""
        if seen.blank:
            return None
        if seen.exact in self._exact:
            return Match(self._exact[seen.exact], True)
        number = next(self._near.near(seen.near), None)
        return None if number is None else Match(self._names[number], False)
