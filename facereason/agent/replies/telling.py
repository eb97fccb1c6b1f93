"""A model's words as they come: by the sentence, each looked over before anybody sees it.

Nothing is told that the whole reply would not tell: what came so far is cleaned as a whole again with every sentence,
and only what that adds is told. Where the beginning itself changes, nothing more is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

Tell = Callable[[str, bool], None]
"""Given a piece, and whether it is thinking out loud (True) or the beginning of the answer."""

_END = re.compile(r"[.!?。！？][\"'”’)*]*(?=\s)|\n")
_DECLINES = re.compile(
    r"\W*(?:i(?:['’]m| am)? (?:sorry|afraid|unable|cannot|can['’]t|can not|won['’]t)|sorry|as an ai)\b", re.I
)
_THINK, _THOUGHT = "<think>", "</think>"


@dataclass(slots=True)
class Telling:
    """Takes pieces of one reply. `clean`: what is passed on of a text; `begin`: how the answer begins before it."""

    tell: Tell
    clean: Callable[[str], str]
    begin: str
    raw: str = ""
    told: str = ""
    _looked: int = 0
    _ended: bool = False

    def take(self, piece: str) -> None:
        """One more piece of the reply."""
        self.raw += piece
        if self._ended or (_THINK.startswith(self.raw[: len(_THINK)]) and len(self.raw) < len(_THINK)):
            return
        thinking = self.raw.startswith(_THINK)
        text = self.raw[len(_THINK) :].partition(_THOUGHT)[0] if thinking else self.raw
        cut = max((found.end() for found in _END.finditer(text)), default=0)
        if cut <= self._looked:
            return
        self._looked = cut
        if not self.told and not thinking and _DECLINES.match(text):
            self._ended = True  # told as a refusal when it is whole
            return
        words = self.clean(text[:cut])
        whole = words if thinking else f"{self.begin}{words}"
        if not words or not whole.startswith(self.told):
            self._ended = bool(words)
            return
        if new := whole[len(self.told) :]:
            self.tell(new, thinking)
        self.told = whole
