"""A rewording that somebody wrote, made into others that mean what is meant as surely: the picture's sides changed
over, another colour, another feeling, women for men.

Each change is made to both halves of a pair or not at all, and only where both say the same of it in words that are
known, so that a "right?" behind a question is never taken for a side.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from facereason.rewording.words import NONE
from facereason.train.rewording.people import COLOURS, HAIR
from facereason.train.rewording.questions import EMOTIONS, Pair

Change = Callable[[Pair, random.Random, Mapping[str, Any]], Pair | None]
ONE_CHANGE = 0.55
"""Share of draws to which a kind of change is tried, each kind for itself."""

_SIDE = re.compile(r"(?<![a-z])(left|right)(?=(?:most|ward|wards|[ -]hand|hand|-most)?(?![a-z]))", re.IGNORECASE)
_OTHER_SIDE = {"left": "right", "right": "left"}
_HERS = re.compile(
    r"\b(?:hers?|herself|himself|mother|father|husband|wife|son|daughter|brother|sister|mums?|moms?|dads?|grand\w+|grann?(?:y|ies)?"
    r"|aunt\w*|uncle|fellows?|fellas|blokes|chaps|dudes|geezer|sir|madam|dame|misses|missus|masculine|feminine)\b",
    re.IGNORECASE,
)
_FEMALE = {
    "woman": "man", "women": "men", "lady": "gentleman", "ladies": "gentlemen", "girl": "boy", "girls": "boys",
    "she": "he", "she's": "he's", "shes": "hes", "female": "male", "females": "males", "lass": "lad",
    "lasses": "lads", "gal": "guy", "gals": "guys", "woman's": "man's", "girl's": "boy's", "lady's": "gentleman's",
}  # fmt: skip
_MALE = {
    **{male: female for female, male in _FEMALE.items()},
    "him": "her", "his": "her", "bloke": "woman", "bloke's": "woman's", "chap": "lady", "chap's": "lady's",
    "gent": "lady", "gents": "ladies", "fella": "lady", "dude": "lady", "guy": "lady", "guys": "ladies",
    "guy's": "lady's", "lad's": "girl's",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+(?:'s)?", re.IGNORECASE)


def varied(pair: Pair, rng: random.Random, values: Mapping[str, Any]) -> Pair:
    """Another pair of the same build, or the same one. `values`: other names of colours and feelings
    (`training/rewording/values.json.gz`)."""
    if pair.plain == NONE:
        return pair
    for change in (mirrored, recoloured, felt, regendered):
        if rng.random() < ONE_CHANGE:
            pair = change(pair, rng, values) or pair
    return pair


def mirrored(pair: Pair, rng: random.Random, values: Mapping[str, Any]) -> Pair | None:
    """Left for right and right for left; None where the halves do not name sides equally often."""
    sides = [sorted(found.casefold() for found in _SIDE.findall(text)) for text in (pair.said, pair.plain)]
    if not sides[0] or sides[0] != sides[1]:
        return None
    return Pair(*(_SIDE.sub(lambda it: _like(it.group(), _OTHER_SIDE[it.group().casefold()]), text)
                  for text in (pair.said, pair.plain)))  # fmt: skip


def recoloured(pair: Pair, rng: random.Random, values: Mapping[str, Any]) -> Pair | None:
    """Another colour, of hair or of clothes, where one is named once by its plain name."""
    named = [colour for colour in {*COLOURS, *HAIR} if _times(colour, pair.plain)]
    if len(named) != 1 or _times(named[0], pair.plain) != 1 or _times(named[0], pair.said) != 1:
        return None
    hair = "hair" in pair.plain
    if hair != bool(re.search(r"\bhair", pair.said, re.IGNORECASE)):
        return None
    new = rng.choice(HAIR if hair else COLOURS)
    names: Sequence[str] = values["hair" if hair else "colours"][new]
    said = new if rng.random() < 0.6 else rng.choice(names)
    return Pair(_put(named[0], said, pair.said), _put(named[0], new, pair.plain))


def felt(pair: Pair, rng: random.Random, values: Mapping[str, Any]) -> Pair | None:
    """Another feeling, where one is named once by its plain adjective."""
    named = [(name, word) for name, word in EMOTIONS.items() if _times(word, pair.plain)]
    if len(named) != 1 or _times(named[0][1], pair.plain) != 1 or _times(named[0][1], pair.said) != 1:
        return None
    old = named[0][1]
    new = rng.choice([name for name in EMOTIONS if name != named[0][0]])
    said = EMOTIONS[new] if rng.random() < 0.6 else rng.choice(values["emotions"][new]["adj"])
    article = re.compile(rf"\b(a|an) {old}\b", re.IGNORECASE)
    text = article.sub(lambda it: f"{'an' if said[0] in 'aeiou' else 'a'} {old}", pair.said)
    return Pair(_put(old, said, text), _put(old, EMOTIONS[new], pair.plain))


def regendered(pair: Pair, rng: random.Random, values: Mapping[str, Any]) -> Pair | None:
    """Women for men or men for women; None where both are meant, or a word leaves open which it stands for."""
    female, male = (any(word in words for word in _words(pair.plain)) for words in ({*_FEMALE, "her"}, _MALE))
    if female == male:
        return None
    words, others = (_FEMALE, _MALE) if female else (_MALE, _FEMALE)
    said = _words(pair.said)
    if _HERS.search(pair.said) or any(word in others and word not in words for word in said):
        return None
    if not any(word in words for word in said):
        return None
    plain_words = {**words, "her": "him"} if female else words
    return Pair(_exchanged(pair.said, words), _exchanged(pair.plain, plain_words))


def _words(text: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(text)]


def _exchanged(text: str, words: Mapping[str, str]) -> str:
    return _WORD.sub(lambda it: _like(it.group(), words.get(it.group().casefold(), it.group())), text)


def _times(word: str, text: str) -> int:
    return len(re.findall(rf"(?<![\w-]){word}(?![\w-])", text, re.IGNORECASE))


def _put(old: str, new: str, text: str) -> str:
    return re.sub(rf"(?<![\w-]){old}(?![\w-])", lambda it: _like(it.group(), new), text, flags=re.IGNORECASE)


def _like(old: str, new: str) -> str:
    """`new` with a capital where `old` has one."""
    if old.isupper() and len(old) > 1:
        return new.upper()
    return new[0].upper() + new[1:] if old[0].isupper() else new
