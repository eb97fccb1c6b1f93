"""Nano's tokens: byte-level BPE (Sennrich et al. 2016, on bytes as in GPT-2), read from a `tokenizer.json`."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from facereason.vlm.errors import UnavailableError

_WORDS = re.compile(r"'(?:s|t|re|ve|m|ll|d)| ?[^\W\d_]+| ?\d+| ?(?:[^\s\w]|_)+|\s+(?!\S)|\s+")
"""How GPT-2 cuts text before its bytes are joined."""


class Tokens:
    """Text to the numbers of tokens, and back. UnavailableError where the file is no such tokenizer."""

    def __init__(self, path: Path) -> None:
        try:
            told: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            self._number: dict[str, int] = dict(told["model"]["vocab"])
            merges = [
                tuple(each) if isinstance(each, list) else tuple(each.split(" ")) for each in told["model"]["merges"]
            ]
            added = {each["content"]: int(each["id"]) for each in told["added_tokens"]}
        except (OSError, ValueError, KeyError, TypeError):
            raise UnavailableError(f"{path}: no tokenizer of nano, or damaged; install facereason again") from None
        self._rank = {pair: place for place, pair in enumerate(merges)}
        self._whole = added
        self._split = re.compile("|".join(re.escape(each) for each in sorted(added, key=len, reverse=True)))
        self._letter = _letters()
        self._byte = {letter: byte for byte, letter in self._letter.items()}
        self._text = {number: token for token, number in {**self._number, **added}.items()}
        self._joined = lru_cache(4096)(self._joined_anew)

    def of(self, text: str) -> list[int]:
        """The tokens of a text; those added to the vocabulary, such as "<think>" and "AU12", stay whole."""
        out: list[int] = []
        for part, whole in self._parts(text):
            if whole:
                out.append(self._whole[part])
                continue
            for word in _WORDS.findall(part):
                out += self._joined("".join(self._letter[byte] for byte in word.encode()))
        return out

    def text(self, numbers: Iterable[int]) -> str:
        """The text of tokens."""
        out = bytearray()
        for number in numbers:
            token = self._text.get(number, "")
            out += token.encode() if token in self._whole else bytes(self._byte[letter] for letter in token)
        return out.decode("utf-8", "replace")

    def number(self, token: str) -> int:
        """The number of a token by its name."""
        return self._whole[token]

    def _parts(self, text: str) -> Iterator[tuple[str, bool]]:
        at = 0
        for found in self._split.finditer(text):
            if found.start() > at:
                yield text[at : found.start()], False
            yield found.group(), True
            at = found.end()
        if at < len(text):
            yield text[at:], False

    def _joined_anew(self, word: str) -> tuple[int, ...]:
        """Letters joined, the pair that was learnt first before others."""
        parts = list(word)
        while len(parts) > 1:
            pairs = [(self._rank.get(pair, len(self._rank)), i) for i, pair in enumerate(itertools.pairwise(parts))]
            rank, i = min(pairs)
            if rank == len(self._rank):
                break
            parts[i : i + 2] = [parts[i] + parts[i + 1]]
        return tuple(self._number[part] for part in parts)


def _letters() -> dict[int, str]:
    """A printable letter for each byte, as GPT-2 chose them."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    letters = {byte: chr(byte) for byte in plain}
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(256 + len(letters) - len(plain))
    return letters
