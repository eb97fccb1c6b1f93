"""One reply of a model in the think-and-answer format, read strictly: the form that is rewarded and benchmarked.

What is shown to a user is read leniently elsewhere; here a reply is in form or it is not.
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from facereason.facs import emotion, parse_claims
from facereason.types import EmotionLabel, FaceReasonError, Stance, Topic

LEAST_WORDS = 3
"""Different words that a thought has at least: "lip corners down" is one."""
COPIED_WORDS = 12
"""Words in a row that show that a thought is copied from the prompt, not merely takes the question up."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A reply in form: what was thought, and the one label answered."""

    thought: str
    label: EmotionLabel

    def units(self, stance: Stance) -> frozenset[int]:
        """Action units that the thought puts in this stance; one may be in several."""
        return _claimed(self.thought).units[stance]

    def emotions(self, stance: Stance) -> frozenset[EmotionLabel]:
        """Emotions that the thought puts in this stance; one may be in several."""
        return _claimed(self.thought).emotions[stance]


def read_reply(text: str, prompt: str = "") -> Reply | None:
    """The reply of a text that is exactly `<think>thought</think><answer>label</answer>` with white space between and
    around; None for any other.

    The thought has at least `LEAST_WORDS` different words, no tag whatever its spelling, and no `COPIED_WORDS` in a row
    from `prompt`; the answer is one of the eight labels in a spelling that `facs` maps. Invisible characters, which
    could hide a unit from the parser, are not in form.

    >>> read_reply("<think>Lip corners pulled up (AU12).</think> <answer>Happy</answer>").label.value
    'happiness'
    >>> read_reply("<answer>happiness</answer>") is None
    True
    """
    match = _FORM.fullmatch(text)
    if match is None or not "".join(text.split()).isprintable():
        return None
    thought, answer = match["thought"].strip(), match["answer"].strip()
    said = words(thought)
    if len(set(said)) < LEAST_WORDS or _holds_tag(thought) or not answer.isascii():
        return None
    if prompt and not _runs(said).isdisjoint(_runs_of_prompt(prompt)):
        return None
    try:
        return Reply(thought, emotion(answer))
    except FaceReasonError:
        return None


def words(text: str) -> list[str]:
    """Words of two letters or more, in small letters. "(AU12)" counts as "au".

    >>> words("A smile (AU12).")
    ['smile', 'au']
    """
    return _WORD.findall(text.casefold())


def says_no_unit(thought: str) -> bool:
    """Whether a thought says of all units at once that none is active: "no action unit is active".

    >>> says_no_unit("The face is at rest, without any action units.")
    True
    """
    return _NO_UNIT.search(thought) is not None


_FORM = re.compile(r"\s*<think>(?P<thought>[^<>]*)</think>\s*<answer>(?P<answer>[^<>]{1,40})</answer>\s*")
_TAG = re.compile(r"[<>‹›〈〉⟨⟩\[{]\s*/?\s*(?:think|answer|image|img|video)\w*\s*[<>‹›〈〉⟨⟩\]}]", re.IGNORECASE)
_NO_UNIT = re.compile(
    r"\b(?:no|without)(?: signs? of)?(?: any)?(?: \w+)? (?:action units?|AUs?|movements?)\b(?! ?\d)", re.IGNORECASE
)
_WORD = re.compile(r"[^\W\d_]{2,}")


def _holds_tag(thought: str) -> bool:
    """Whether tags or an image's placeholder stand in a thought in other letters: full width, escaped, in brackets."""
    plain = html.unescape(unicodedata.normalize("NFKC", thought))
    return "<" in plain or _TAG.search(plain) is not None


def _runs(said: list[str]) -> frozenset[tuple[str, ...]]:
    return frozenset(zip(*(said[first:] for first in range(COPIED_WORDS)), strict=False))


@lru_cache(maxsize=1024)
def _runs_of_prompt(prompt: str) -> frozenset[tuple[str, ...]]:
    return _runs(words(prompt))


@dataclass(frozen=True, slots=True)
class _Claimed:
    units: Mapping[Stance, frozenset[int]]
    emotions: Mapping[Stance, frozenset[EmotionLabel]]


@lru_cache(maxsize=4096)
def _claimed(thought: str) -> _Claimed:
    """Several rewards ask for the same thought's claims, and parsing them is most of the work."""
    units: dict[Stance, set[int]] = {stance: set() for stance in Stance}
    emotions: dict[Stance, set[EmotionLabel]] = {stance: set() for stance in Stance}
    for claim in parse_claims(thought):
        if claim.topic is Topic.ACTION_UNIT:
            units[claim.stance].add(int(claim.value.removeprefix("AU")))
        elif claim.topic is Topic.EMOTION:
            emotions[claim.stance].add(EmotionLabel(claim.value))
    return _Claimed(
        {stance: frozenset(found) for stance, found in units.items()},
        {stance: frozenset(found) for stance, found in emotions.items()},
    )
