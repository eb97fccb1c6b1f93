"""Words of a text with what tells a name: capitals, starts of sentences, places and brands, the language."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from facereason.agent.care.vocabulary import fold, is_word, phrase_words, vocabulary


@dataclass(slots=True)
class Word:
    """A word with its place in the text, and among its words (`at`). `low`: folded, without the 's of a possessive;
    `starts`: a sentence, a line or a quotation begins with it; `proper`: part of what names no person, `phrase`: of
    several words that do not; `linked`: part of an address."""

    text: str
    start: int
    end: int
    low: str
    starts: bool
    at: int
    proper: bool = False
    phrase: bool = False
    linked: bool = False

    @property
    def capital(self) -> bool:
        inside = len(self.text) > 2 and self.text[0].isalpha() and self.text[1:].lower() != self.text[1:]
        return self.text[0].isupper() or (inside and not self.text.isupper())

    @property
    def shouted(self) -> bool:
        return len(self.low) > 1 and self.text.upper() == self.text and self.text.lower() != self.text


_WORDS = re.compile(
    r"(?:Mr|Mrs|Ms|Dr|Prof|St|Jr|Sr|Rev|Gen|Col|Capt|Sgt|Lt|Hon|Mx)\.(?=\s)"
    r"|(?:[^\W\d_]\.){1,4}[^\W\d_]{2,}|(?:[A-Z]\.)+(?:-?[A-Z]\.)*"
    r"|[^\W_]+(?:(?:['’ʼ]|-(?=\w))[^\W_]+)*"
)
_POSSESSIVE = re.compile(r"['’ʼ]s?$")
STARTS = re.compile(r"""(?:[.!?:;…>|{\[(]|["'“”„«‘`]|^|\n)["'“”„«‘`*_\s\-•#>(\[{.\d)]*$""")


def words_of(text: str) -> list[Word]:
    words: list[Word] = []
    for match in _WORDS.finditer(text):
        shown = match[0]
        low = fold(_POSSESSIVE.sub("", shown)).rstrip(".")
        before = text[max(0, match.start() - 12) : match.start()]
        words.append(Word(shown, match.start(), match.end(), low, bool(STARTS.search(before)), len(words)))
    for address in _ADDRESS.finditer(text):
        for word in words:
            word.linked = word.linked or address.start() <= word.start < address.end()
    _mark_proper(words, text)
    return words


_ADDRESS = re.compile(r"(?:https?://|www\.)\S+")


def _mark_proper(words: list[Word], text: str) -> None:
    """Longest phrases first; of one word only in capitals, and not where a name goes on behind it."""
    known = vocabulary()
    at = 0
    while at < len(words):
        for length in range(min(4, len(words) - at), 0, -1):
            piece = words[at : at + length]
            if any(gap(text, a, b) not in (" ", "-", " & ", "' ", "\n") for a, b in pairwise(piece)):
                continue
            whole = [part for word in piece for part in phrase_words(word.text)]
            bare = [part for word in piece for part in phrase_words(word.low)]
            singular = [*bare[:-1], bare[-1].removesuffix("s")] if bare else bare
            short = len(piece[0].low) < 3 and not piece[0].text.isupper()
            if length == 1 and (short or (not piece[0].text.isascii() and len(piece[0].low) < 5)):
                continue
            if piece[0].capital and any(tuple(each) in known.proper for each in (whole, bare, singular)):
                for word in piece:
                    word.proper, word.phrase = True, length > 1
                at += length
                break
        else:
            at += 1


def gap(text: str, left: Word, right: Word) -> str:
    return text[left.end : right.start]


def is_english(words: Sequence[Word]) -> bool:
    """By its small words; a text without any is taken for English."""
    low = [word.text.lower() for word in words if not word.linked]
    ours = sum(word in vocabulary().english_words for word in low)
    theirs = sum(word in vocabulary().foreign_words and word not in vocabulary().english_words for word in low)
    small = [word.low for word in words if word.text.islower() and word.low.isascii() and not word.linked]
    strange = sum(not is_word(each) and each not in vocabulary().names for each in small)
    if ours == 0 and strange > 1 and 2 * strange > len(small):
        return False
    return ours >= theirs or (theirs < 2 and strange < 2)


GERMAN = frozenset(["der", "die", "das", "und", "ist", "ein", "eine", "den", "dem", "nicht", "auf", "im"])


def merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans in their order, those that overlap as one."""
    joined: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def bare_end(word: Word) -> int:
    """Where it ends without the 's of a possessive."""
    return word.start + len(_POSSESSIVE.sub("", word.text))
