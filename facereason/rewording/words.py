"""Questions and plain questions as the rewording model takes and gives them: words, and marks in place of numbers.

A word that was never seen in training is still something to the model by its letters: its runs of three and four.
Numbers are taken out and put back, so that "person 7" and "AU17" need not be learnt one by one.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence

BUCKETS = 6000  # of hashed runs of letters
GRAMS = 16  # of a word, itself included
LONGEST = 48  # words of a question
LONGEST_PLAIN = 40
MARKS = 4  # numbers in a question
BEGIN, END, PAD = "<begin>", "<end>", "<pad>"
NONE = "none"
"""What the model calls a question that is none of the grammar's."""

_WORDS = re.compile(r"\d+(?:st|nd|rd|th|s)\b|\d+|[a-z]+n't|[a-z]+|'[a-z]+|[^\sa-z\d]")


def words_of(text: str) -> list[str]:
    """Words, numbers and signs of a text, in small letters."""
    return _WORDS.findall(text.casefold().replace("’", "'").replace("‘", "'"))


def marked(words: Sequence[str], numbers: Mapping[str, str] | None = None) -> tuple[list[str], dict[str, str]]:
    """The words with marks for numbers, in the order in which these are first met, and the mark of each number.
    `numbers`: marks that are given already; other numbers stay."""
    found = dict(numbers or {})
    out = []
    for word in words:
        if word.isdigit() and numbers is None and word not in found and len(found) < MARKS:
            found[word] = f"<{len(found) + 1}>"
        out.append(found.get(word, word))
    return out, found


def grams(word: str) -> list[int]:
    """Numbers of the buckets of a word and of the runs of letters in it, from 1 on."""
    whole = f"^{word}$"
    runs = [whole[i : i + n] for n in (3, 4) for i in range(len(whole) - n + 1)]
    return [1 + zlib.crc32(run.encode()) % BUCKETS for run in [f"={word}", *runs]][:GRAMS]


def plain_text(words: Sequence[str], numbers: Mapping[str, str]) -> str:
    """What the model said, as text of the grammar. `numbers`: as `marked` gives them."""
    back = {mark: number for number, mark in numbers.items()}
    text = " ".join(back.get(word, word) for word in words)
    return re.sub(r"\bau (\d+)", r"AU\1", text).replace(" ?", "?").replace(" '", "'")
