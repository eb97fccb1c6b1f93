"""A model's words as they come: by the sentence, each looked over before anybody sees it.

Nothing is told that the whole reply would not tell: what came so far is cleaned as a whole again with every sentence,
and only what that adds is told. Where the beginning itself changes, nothing more is told.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

Tell = Callable[[str, bool], None]
"""Given a piece, and whether it is thinking out loud (True) or the beginning of the answer."""

_END = re.compile(r"[.!?。！？][\"'”’)*]*(?=\s)|\n")
_DECLINES = re.compile(
    r"\W*(?:i(?:['’]m| am)? (?:sorry|afraid|unable|cannot|can['’]t|can not|won['’]t)|sorry|as an ai)\b", re.I
)
_THINK, _THOUGHT, _LABEL = "<think>", "</think>", "<answer>"


@dataclass(slots=True)
class _Part:
    """The thinking of a reply, or its answer: what of it was `told`, and how far it was `looked` at."""

    told: str = ""
    looked: int = 0
    ended: bool = False


@dataclass(slots=True)
class Telling:
    """Takes pieces of one reply. `clean`: what is passed on of a text; `begin`: how the answer begins before it."""

    tell: Tell
    clean: Callable[[str], str]
    begin: str
    raw: str = ""
    _thought: _Part = field(default_factory=_Part)
    _answer: _Part = field(default_factory=_Part)

    def take(self, piece: str) -> None:
        """One more piece of the reply."""
        self.raw += piece
        if len(self.raw) < len(_THINK) and _THINK.startswith(self.raw):
            return
        if not self.raw.startswith(_THINK):
            self._more(self._answer, self.raw, False)
            return
        thought, closed, rest = self.raw[len(_THINK) :].partition(_THOUGHT)
        self._more(self._thought, thought, True, whole=bool(closed))
        rest = rest.lstrip()
        if rest and not _LABEL.startswith(rest[: len(_LABEL)]):  # a label is told when it is whole
            self._more(self._answer, rest, False)

    def _more(self, part: _Part, text: str, thinking: bool, whole: bool = False) -> None:
        cut = len(text) if whole else max((found.end() for found in _END.finditer(text)), default=0)
        if part.ended or cut <= part.looked:
            return
        part.looked = cut
        if not part.told and not thinking and _DECLINES.match(text):
            part.ended = True  # told as a refusal when it is whole
            return
        words = self.clean(text[:cut])
        told = words if thinking else f"{self.begin}{words}"
        if not words or not told.startswith(part.told):
            part.ended = bool(words)
            return
        if new := told[len(part.told) :]:
            self.tell(new, thinking)
        part.told = told


def without_thoughts(text: str) -> str:
    """What a reply says after its thinking, where that is prose; one in the think-and-answer format as it is, for its
    thoughts are the reasons of its label."""
    _, closed, rest = text.partition(_THOUGHT)
    return rest.strip() if closed and rest.strip() and _LABEL not in text else text
