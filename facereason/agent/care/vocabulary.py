"""English words and names of people as data: what tells a name from a word in a text that others wrote."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What `naming.yaml` and `names.txt` list, folded (see `fold`).

    `words`: English words that `english.txt` lacks; `names`: given and family names that are nothing else;
    `also_words`: given names that are words or places too; `family_words`: such family names; `single` and `stage`:
    words and phrases that go for one person; `proper`: phrases in capitals that name no person, as tuples of words.
    The rest goes by its key in the file.
    """

    words: frozenset[str]
    names: frozenset[str]
    also_words: frozenset[str]
    family_words: frozenset[str]
    single: frozenset[str]
    proper: frozenset[tuple[str, ...]]
    titles: frozenset[str]
    roles: frozenset[str]
    does: frozenset[str]
    things: frozenset[str]
    places: frozenset[str]
    place_starts: frozenset[str]
    particles: frozenset[str]
    busy: frozenset[str]
    busy_now: frozenset[str]
    body: frozenset[str]
    feelings: frozenset[str]
    before: frozenset[str]
    kinds: frozenset[str]
    hardly: frozenset[str]
    either: frozenset[str]
    abbreviated: frozenset[str]
    english_words: frozenset[str]
    foreign_words: frozenset[str]
    stage: frozenset[tuple[str, ...]]
    sensitive: Mapping[str, tuple[str, ...]]
    cjk_family: str
    cjk_others: frozenset[str]
    japanese: tuple[str, ...]


@cache
def vocabulary() -> Vocabulary:
    """Read once."""
    data = yaml.safe_load((_FOLDER / "naming.yaml").read_text(encoding="utf-8"))
    sets = {key: frozenset(fold(word) for word in _listed(data[key])) for key in _sets()}
    proper = frozenset(tuple(phrase_words(phrase)) for words in data["proper"].values() for phrase in _listed(words))
    return Vocabulary(
        names=_lines("names.txt").union(_listed(data["more_names"]), _listed(data["arabic"]), _listed(data["native"]))
        - sets["also_words"],
        proper=proper,
        stage=frozenset(tuple(phrase_words(phrase)) for phrase in _listed(data["stage"])),
        japanese=tuple(_listed(data["japanese"])),
        sensitive={group: tuple(_listed(words)) for group, words in data["sensitive"].items()},
        cjk_family="".join(data["cjk"]["family"].split()),
        cjk_others=frozenset(_listed(data["cjk"]["not_names"])),
        **sets,
    )


def _sets() -> list[str]:
    return [
        each.name
        for each in dataclasses.fields(Vocabulary)
        if each.type == "frozenset[str]" and each.name not in ("names", "cjk_others")
    ]


def phrase_words(phrase: str) -> list[str]:
    """Words of a phrase as they are compared: folded, split at spaces and hyphens."""
    return fold(phrase).replace("-", " ").replace(".", "").replace("& ", "").split()


@cache
def fold(word: str) -> str:
    """Small letters without accents, with straight apostrophes.

    >>> fold("Beyoncé’s")
    "beyonce's"
    """
    word = word.translate(_PLAIN)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", word) if not unicodedata.combining(letter))
    return plain.lower()


_PLAIN = str.maketrans(
    dict(zip("’‘ʼłŁøØıđĐðÐəƏŋŊ", "'''lLoOidDdDeEnN", strict=True))
    | {"ß": "ss", "æ": "ae", "Æ": "Ae", "œ": "oe", "þ": "th", "Þ": "Th"}
)


@cache
def is_word(word: str) -> bool:
    """Whether it is a common English word, inflected or contracted; of one with hyphens, whether all parts are."""
    low = fold(word)
    if low in vocabulary().names:
        return False
    if low in vocabulary().words:
        return True
    if "-" in low:
        return all(is_word(part) for part in low.split("-") if part)
    if "'" in low:
        stem, _, tail = low.partition("'")
        if tail == "t":
            return stem.removesuffix("n") in _english() or stem in ("can", "don", "won", "ain")
        return not stem or (tail in ("s", "d", "ll", "re", "ve", "m", "") and is_word(stem))
    return any(stem in _english() for stem in _stems(low))


def in_dictionary(word: str) -> bool:
    """Whether a word in small letters is a common English one, inflected or not, whoever may be called so; much faster
    to load than what `is_word` needs."""
    return any(stem in _english() for stem in _stems(word))


@cache
def _english() -> frozenset[str]:
    return _lines("english.txt") | {"a", "i", "o"}


def _lines(name: str) -> frozenset[str]:
    text = (_FOLDER / name).read_text(encoding="utf-8")
    return frozenset(line for line in text.splitlines() if line and not line.startswith("#"))


def _listed(words: str) -> list[str]:
    return [" ".join(word.split()) for word in words.split(",") if word.strip()]


_ENDINGS = [
    ("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("ied", "y"), ("ing", ""), ("ing", "e"), ("ly", ""),
    ("ily", "y"), ("ly", "le"), ("er", ""), ("er", "e"), ("ier", "y"), ("est", ""), ("est", "e"), ("iest", "y"),
    ("ness", ""), ("iness", "y"), ("less", ""), ("ful", ""), ("able", ""), ("able", "e"), ("ers", ""), ("ers", "e"),
    ("ings", ""), ("ings", "e"),
]  # fmt: skip


def _stems(word: str) -> Iterator[str]:
    """The word and what it may be an inflection of, as far as `english.txt` leaves inflections out."""
    yield word
    for ending, instead in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(instead) >= 3:
            stem = word[: len(word) - len(ending)] + instead
            yield stem
            if not instead and len(stem) > 3 and stem[-1] == stem[-2]:
                yield stem[:-1]
    for start in ("un", "re", "non", "mis", "over", "out"):
        if word.startswith(start) and len(word) - len(start) >= 4:
            yield word[len(start) :]
