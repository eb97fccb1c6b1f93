"""ROUGE-L of a text against a reference, stemmed, as the `rouge_score` package counts it (Lin 2004).

Words are runs of small letters and digits; those of more than three letters are stemmed (Porter 1980, with the
departures that NLTK makes, which `rouge_score` uses).
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from functools import lru_cache


def rouge_l(text: str, reference: str) -> float:
    """F-measure of the longest common subsequence of stemmed words, in [0, 1].

    >>> round(rouge_l("The cat sat.", "the cats sit"), 3)
    0.667
    """
    said, wanted = stems(text), stems(reference)
    if not said or not wanted:
        return 0.0
    common = _common(said, wanted)
    if not common:
        return 0.0
    precision, recall = common / len(said), common / len(wanted)
    return 2 * precision * recall / (precision + recall)


def stems(text: str) -> list[str]:
    """The words of a text as they are compared."""
    return [stem(word) if len(word) > 3 else word for word in _WORD.findall(text.lower())]


def _common(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence; `len(a) * len(b)` steps, one row of memory."""
    row = [0] * (len(b) + 1)
    for word in a:
        left = diagonal = 0
        for place, other in enumerate(b, 1):
            above = row[place]
            left = diagonal + 1 if word == other else above if above > left else left
            row[place], diagonal = left, above
    return row[-1]


_WORD = re.compile(r"[a-z0-9]+")

# ---------------------------------------------------------------------------------------------------- Porter's stemmer

_IRREGULAR = {
    "skies": "sky", "sky": "sky", "dying": "die", "lying": "lie", "tying": "tie", "news": "news", "innings": "inning",
    "inning": "inning", "outings": "outing", "outing": "outing", "cannings": "canning", "canning": "canning",
    "howe": "howe", "proceed": "proceed", "exceed": "exceed", "succeed": "succeed",
}  # fmt: skip
_STEP_2 = (
    ("ational", "ate"), ("tional", "tion"), ("enci", "ence"), ("anci", "ance"), ("izer", "ize"), ("bli", "ble"),
    ("alli", "al"), ("entli", "ent"), ("eli", "e"), ("ousli", "ous"), ("ization", "ize"), ("ation", "ate"),
    ("ator", "ate"), ("alism", "al"), ("iveness", "ive"), ("fulness", "ful"), ("ousness", "ous"), ("aliti", "al"),
    ("iviti", "ive"), ("biliti", "ble"), ("fulli", "ful"),
)  # fmt: skip
_STEP_3 = (
    ("icate", "ic"), ("ative", ""), ("alize", "al"), ("iciti", "ic"), ("ical", "ic"), ("ful", ""), ("ness", ""),
)  # fmt: skip
_STEP_4 = (
    "al", "ance", "ence", "er", "ic", "able", "ible", "ant", "ement", "ment", "ent", "ion", "ou", "ism", "ate", "iti",
    "ous", "ive", "ize",
)  # fmt: skip


@lru_cache(maxsize=1 << 16)
def stem(word: str) -> str:
    """The stem of a word in small letters.

    >>> stem("happiness"), stem("raised"), stem("pulling")
    ('happi', 'rais', 'pull')
    """
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) <= 2:
        return word
    for step in (_plural, _past, _final_y, _second, _third, _fourth, _last_e, _last_l):
        word = step(word)
    return word


def _consonant(word: str, place: int) -> bool:
    if word[place] in "aeiou":
        return False
    return word[place] != "y" or place == 0 or not _consonant(word, place - 1)


def _measure(word: str) -> int:
    """How often a vowel is followed by a consonant."""
    kinds = [_consonant(word, place) for place in range(len(word))]
    return sum(after and not before for before, after in itertools.pairwise(kinds))


def _has_vowel(word: str) -> bool:
    return any(not _consonant(word, place) for place in range(len(word)))


def _doubled(word: str) -> bool:
    return len(word) >= 2 and word[-1] == word[-2] and _consonant(word, len(word) - 1)


def _short(word: str) -> bool:
    """Consonant, vowel, consonant other than w, x, y; or, by NLTK, a vowel and a consonant alone."""
    if len(word) == 2:
        return not _consonant(word, 0) and _consonant(word, 1)
    n = len(word)
    return (
        n >= 3
        and _consonant(word, n - 3)
        and not _consonant(word, n - 2)
        and _consonant(word, n - 1)
        and word[-1] not in "wxy"
    )


def _plural(word: str) -> str:
    if word.endswith("ies") and len(word) == 4:
        return word[:-1]
    for ending, new in (("sses", "ss"), ("ies", "i"), ("ss", "ss"), ("s", "")):
        if word.endswith(ending):
            return word[: -len(ending)] + new
    return word


def _past(word: str) -> str:
    if word.endswith("ied"):
        return word[:-1] if len(word) == 4 else word[:-2]
    if word.endswith("eed"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    for ending in ("ed", "ing"):
        if word.endswith(ending) and _has_vowel(word[: -len(ending)]):
            return _mended(word[: -len(ending)])
    return word


def _mended(word: str) -> str:
    if word.endswith(("at", "bl", "iz")):
        return word + "e"
    if _doubled(word):
        return word if word[-1] in "lsz" else word[:-1]
    return word + "e" if _measure(word) == 1 and _short(word) else word


def _final_y(word: str) -> str:
    return word[:-1] + "i" if word.endswith("y") and len(word) > 2 and _consonant(word, len(word) - 2) else word


def _second(word: str) -> str:
    if word.endswith("alli") and _measure(word[:-4]) > 0:
        return _second(word[:-2])
    for ending, new in _STEP_2:
        if word.endswith(ending):
            return word[: -len(ending)] + new if _measure(word[: -len(ending)]) > 0 else word
    if word.endswith("logi"):
        return word[:-1] if _measure(word[:-3]) > 0 else word
    return word


def _third(word: str) -> str:
    for ending, new in _STEP_3:
        if word.endswith(ending):
            return word[: -len(ending)] + new if _measure(word[: -len(ending)]) > 0 else word
    return word


def _fourth(word: str) -> str:
    for ending in _STEP_4:
        if word.endswith(ending):
            rest = word[: -len(ending)]
            fits = _measure(rest) > 1 and (ending != "ion" or rest[-1] in "st")
            return rest if fits else word
    return word


def _last_e(word: str) -> str:
    if word.endswith("e"):
        rest = word[:-1]
        if _measure(rest) > 1 or (_measure(rest) == 1 and not _short(rest)):
            return rest
    return word


def _last_l(word: str) -> str:
    return word[:-1] if word.endswith("ll") and _measure(word[:-1]) > 1 else word
