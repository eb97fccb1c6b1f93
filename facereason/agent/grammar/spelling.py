"""Slips of the keyboard: a word that no list knows and that is one slip away from a single word of the lexicon."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from facereason.agent.grammar.words import lexicon

SHORTEST = 4
"""Letters from which a word may have one missing, wrong or too many; shorter ones only two that changed places."""


def mended(text: str, known: frozenset[str]) -> str:
    """The text, in small letters, with slips mended: words that stand neither in `known` nor in a list of English words
    nor among given names, and that are one letter (or two that changed places) away from a single word of the
    lexicon, or whose letters are those of a single one, two of them swapped."""
    return re.sub(r"\b[a-z]{3,}\b(?!')", lambda found: _mended(found[0], known), text)


def _mended(word: str, known: frozenset[str]) -> str:
    from facereason.agent.care.vocabulary import in_dictionary  # loads yaml

    if word in known or word in _words() or word in lexicon().names or in_dictionary(word):
        return word
    near = {other for other in _slips(word) if other in _words()}
    swapped = {other for other in near if sorted(other) == sorted(word)}  # "waht" is "what" before it is "want"
    return min(swapped if len(swapped) == 1 else near) if len(near) == 1 or len(swapped) == 1 else word


@cache
def _words() -> frozenset[str]:
    return frozenset(word for phrase in lexicon().phrases for word in phrase if word.isalpha())


def _slips(word: str) -> Iterator[str]:
    """Words that one slip makes this one: Damerau's distance of one, the first letter kept but in swaps."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    for at in range(len(word) - 1):
        yield word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if len(word) < SHORTEST:
        return
    for at in range(1, len(word)):
        yield word[:at] + word[at + 1 :]
        for letter in letters:
            yield word[:at] + letter + word[at + 1 :]
    for at in range(1, len(word) + 1):
        for letter in letters:
            yield word[:at] + letter + word[at:]
