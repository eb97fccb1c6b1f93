"""What became of a question that has fixed answers: right, wrong, or no answer at all, and then why.

A reply that abstains, one that declines and one from which no answer can be read are three things, and none of them is
a wrong answer. They are counted apart everywhere.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import lru_cache


class Disposition(StrEnum):
    """How a question to a respondent ended; the survey researchers' term. `types.Outcome` is how our own answers end.
    `GRADED`: the reply is scored by degree, and neither right nor wrong."""

    RIGHT = "right"
    WRONG = "wrong"
    ABSTAINED = "abstained"
    REFUSED = "refused"
    FORMAT = "format failure"
    GRADED = "graded"


def answer_of(text: str) -> str:
    """The part of a reply that answers: between the last <answer> tags, else what follows the last </think>, else all;
    nothing of a thought that does not end.

    >>> answer_of("<think>It lies on its side.</think><answer> 90 </answer>")
    '90'
    """
    inside = _ANSWER.findall(text)
    if inside:
        return str(inside[-1]).strip()
    return "" if "<think>" in text and "</think>" not in text else text.rpartition("</think>")[2].strip()


def read_choice(
    text: str, options: Sequence[str], other_words: Mapping[str, str] | None = None, *, lettered: bool = False
) -> str | None:
    """Which of `options` a reply chooses; None where it names none of them, or several.

    A reply is the option as written, whatever its case and marks, another word for it (`other_words`: word to option),
    or with `lettered` its letter, A being the first; or a sentence that names exactly one option and denies nothing.

    >>> read_choice("The emotion is **Happiness**.", ["happiness", "anger"])
    'happiness'
    >>> read_choice("(b)", ["0", "90"], lettered=True)
    '90'
    >>> read_choice("Not happiness.", ["happiness", "anger"]) is None
    True
    """
    known = _known(tuple(options), tuple(sorted((other_words or {}).items())))
    said = plain(answer_of(text))
    if said in known.exact:
        return known.exact[said]
    if lettered and (letter := _LETTER.fullmatch(said)):
        place = ord(letter[1]) - ord("a")
        if place < len(options):
            return options[place]
    if lettered and (letter := _LETTER_FIRST.match(said)):
        place, named_too = ord(letter[1]) - ord("a"), known.exact.get(said[2:])
        if place < len(options) and named_too is not None:
            return named_too if named_too == options[place] else None
    named = {known.exact[found] for found in known.pattern.findall(said)}
    return named.pop() if len(named) == 1 and not _DENIED.search(said) else None


def outcome(text: str, chosen: str | None, right: str, *, refused: bool = False) -> Disposition:
    """What became of a reply from which `chosen` was read. `refused`: the model's own mark that it declined.

    >>> outcome("I'm sorry, I can't help with that.", None, "anger").value
    'refused'
    >>> outcome("It is hard to tell.", None, "anger").value
    'abstained'
    """
    if refused:
        return Disposition.REFUSED
    if chosen is not None:
        return Disposition.RIGHT if chosen == right else Disposition.WRONG
    said = plain(answer_of(text))
    if _REFUSED.search(said):
        return Disposition.REFUSED
    return Disposition.ABSTAINED if _ABSTAINED.search(said) else Disposition.FORMAT


def plain(text: str) -> str:
    """Small letters and digits with single blanks between, so that spellings that differ in marks alone are alike.

    >>> plain("Latino_Hispanic"), plain(" 70+ ")
    ('latino hispanic', '70')
    """
    small = unicodedata.normalize("NFKC", text).casefold().replace("’", "'").replace("n't", " not")
    return " ".join(_MARKS.sub(" ", small).split())


_ANSWER = re.compile(r"<answer>(.*?)</answer>", re.DOTALL | re.IGNORECASE)
_MARKS = re.compile(r"[^\w]+|_")
_LETTER = re.compile(r"(?:the )?(?:correct )?(?:answer|option|choice)?(?: is)? ?([a-z])")
_LETTER_FIRST = re.compile(r"([a-z]) ")
_DENIED = re.compile(r"\b(?:not|no|nor|neither|cannot|never|without)\b")
_REFUSED = re.compile(
    r"\bsorry\b|\bas an ai\b|\b(?:ca not|can not|cannot|could not|wo not|will not|unable to|not able to) "
    r"(?:help|assist|comply|provide|identify|do that|answer|discuss|make|engage|fulfil|fulfill)\b"
)
_ABSTAINED = re.compile(
    r"\b(?:ca not|can not|cannot|could not|unable to|not possible to|impossible to|hard to|difficult to) "
    r"(?:be )?(?:tell|told|determined?|say|said|judged?|see|seen|decide|know|assess|estimated?)\b"
    r"|\b(?:unclear|unknown|undetermined|uncertain|not sure|unsure|do not know|no idea|ambiguous|not visible)\b"
)


class _Known:
    """Options by every spelling, and a pattern that finds any of them in a sentence, the longest first."""

    def __init__(self, options: tuple[str, ...], other_words: tuple[tuple[str, str], ...]) -> None:
        self.exact = {plain(word): option for word, option in other_words} | {plain(o): o for o in options}
        words = sorted((re.escape(word) for word in self.exact if word), key=len, reverse=True)
        self.pattern = re.compile(rf"\b(?:{'|'.join(words) or '(?!)'})\b")


@lru_cache(maxsize=512)
def _known(options: tuple[str, ...], other_words: tuple[tuple[str, str], ...]) -> _Known:
    return _Known(options, other_words)
