"""Words of a question: the lexicon, and the step from text to tokens of the grammar."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

from facereason.types import Topic

UNKNOWN, NAME, LOCATED = "UNKNOWN", "NAME", "LOCATED"
COMMA = "COMMA"


@dataclass(frozen=True, slots=True)
class Word:
    """One token: `type` a terminal of the grammar, `value` what it means, `start` and `end` its place in the text."""

    type: str
    value: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The sections of lexicon.yaml.

    `phrases`: words of a phrase -> (terminal, value). `courtesy`: phrases that carry nothing; `unread`: words for what
    is not read off a face, with their group; `spelled`: contractions; `names`: given names; `longest`: the most words
    of a phrase. `nouns`: what a word for people says of them, `plurals` of these words; `ages`: age groups of an age
    word that count, and those at its edge; `hair_also`: colours that go by the same word on a head.
    """

    phrases: Mapping[tuple[str, ...], tuple[str, str]]
    courtesy: frozenset[tuple[str, ...]]
    unread: Mapping[tuple[str, ...], str]
    spelled: Mapping[str, str]
    names: frozenset[str]
    longest: int
    nouns: Mapping[str, Mapping[Topic, str]]
    plurals: Mapping[str, str]
    ages: Mapping[str, tuple[frozenset[str], frozenset[str]]]
    hair_also: Mapping[str, tuple[str, ...]]


@cache
def lexicon() -> Lexicon:
    """The lexicon of `lexicon.yaml`, read once. ValueError where a phrase is listed twice."""
    data = _load_yaml()
    phrases: dict[tuple[str, ...], tuple[str, str]] = {}
    for terminal, value, spelling in _listed(data):
        if spelling in phrases:
            raise ValueError(
                f"lexicon.yaml: {' '.join(spelling)!r} is both {phrases[spelling]} and {(terminal, value)}"
            )
        phrases[spelling] = (terminal, value)
    courtesy = frozenset(_spellings(data["courtesy"]))
    unread = {spelling: group for group, words in data["unread"].items() for spelling in _spellings(words)}
    for spelling in (*courtesy, *unread):
        if spelling in phrases:
            raise ValueError(f"lexicon.yaml: {' '.join(spelling)!r} is {phrases[spelling]} and has no meaning as well")
    longest = max(len(spelling) for spelling in (*phrases, *courtesy, *unread))
    return Lexicon(
        phrases,
        courtesy,
        unread,
        spelled=data["spelled"],
        names=frozenset(" ".join(name) for name in _spellings(data["given_names"])),
        longest=longest,
        nouns={noun: {Topic(topic): value for topic, value in says.items()} for noun, says in data["nouns"].items()},
        plurals={noun: spellings.split(",")[0] for noun, spellings in data["content"]["PEOPLE"].items()},
        ages={word: (frozenset(in_["core"]), frozenset(in_.get("edge", ()))) for word, in_ in data["ages"].items()},
        hair_also={colour: tuple(also) for colour, also in data["hair_also"].items()},
    )


def sentences(question: str) -> list[list[Word]]:
    """Tokens of each sentence of a question; what is said out of courtesy is left out, nothing else is."""
    raw = _raw_words(unicodedata.normalize("NFKC", question))
    capitals = any(word.text.islower() for word in raw)
    found = (_trimmed(_tokens(piece, capitals)) for piece in _split(raw))
    return [sentence for sentence in found if sentence]


def unread_group(word: str) -> str | None:
    """Group of a word that is known but not read off a face ("feelings", "things" ...), or None."""
    return lexicon().unread.get(tuple(word.split()))


# ------------------------------------------------------------------------------------------------------------- text

_PIECES = re.compile(
    r"(?P<word>#|(?:no|nr|num)\.(?=\s*\d)|\w+(?:'\w+)*'?)|(?P<end>[?.!;]+)|(?P<comma>[,:])"
    r"|(?P<silent>[\s\"'`()\[\]\-\u2010-\u2015…]+)|.",
    re.S | re.I,
)
_END = "END"


def _raw_words(text: str) -> list[Word]:
    """Words, commas and sentence ends with their places; contractions are spelled out."""
    spelled = lexicon().spelled
    text = text.translate({0x2019: "'", 0x2018: "'", 0x02BC: "'", 0x201C: '"', 0x201D: '"'})
    words: list[Word] = []
    for match in _PIECES.finditer(text):
        start, end = match.span()
        if match["word"]:
            words += [Word("", "", part, start, end) for part in _spell_out(match["word"], spelled)]
        elif match["end"]:
            words.append(Word(_END, "", match[0], start, end))
        elif match["comma"]:
            words.append(Word(COMMA, "", match[0], start, end))
        elif not match["silent"]:
            words.append(Word(UNKNOWN, match[0], match[0], start, end))
    return words


_IS_AFTER = ("who", "what", "where", "how", "that", "this", "there", "here", "she", "he", "it", "why", "which")


def _spell_out(word: str, spelled: Mapping[str, str]) -> list[str]:
    """The words of a contraction; "'s" behind a noun is a word of its own."""
    lower = word.lower()
    if lower in spelled:
        return spelled[lower].split()
    if "'" not in word:
        return [word]
    stem, _, tail = word.rpartition("'")
    ending = tail.lower()
    if ending == "t" and stem.lower().endswith("n"):
        return [stem[:-1], "not"]
    if ending == "re":
        return [stem, "are"]
    if ending == "s" and stem.lower() in _IS_AFTER:
        return [stem, "is"]
    if ending in ("s", ""):
        return [stem, "'s"]
    return [word]


def _split(words: list[Word]) -> Iterator[list[Word]]:
    sentence: list[Word] = []
    for word in words:
        if word.type == _END:
            yield sentence
            sentence = []
        else:
            sentence.append(word)
    yield sentence


# ----------------------------------------------------------------------------------------------------------- phrases


def _tokens(words: list[Word], capitals: bool) -> list[Word]:
    """Longest phrases first. A name is a common given name with the unknown word behind it, or, where small letters are
    used, an unknown word with a capital that is not the first."""
    known, tokens, at = lexicon(), list[Word](), 0
    words = _without_photo(words)
    while at < len(words):
        word = words[at]
        if word.type:
            tokens.append(word)
            at += 1
            continue
        for length in range(min(known.longest, len(words) - at), 0, -1):
            piece = words[at : at + length]
            phrase = tuple(part.text.lower() for part in piece)
            text, start, end = " ".join(part.text for part in piece), piece[0].start, piece[-1].end
            if phrase in known.phrases:
                terminal, value = known.phrases[phrase]
                tokens.append(Word(terminal, value, text, start, end))
            elif phrase not in known.courtesy or _is_relation(phrase, words[at + length : at + length + 1]):
                continue
            at += length
            break
        else:
            after_name = bool(tokens) and tokens[-1].type == NAME
            tokens.append(_unlisted(word, after_name or (capitals and at > 0 and word.text[:1].isupper())))
            at += 1
    return tokens


def _is_relation(phrase: tuple[str, ...], after: list[Word]) -> bool:
    """Whether "from the left to the right" goes on with "of the child": then it is no order of all people."""
    return phrase[-1] in ("left", "right") and bool(after) and after[0].text.lower() == "of"


def _without_photo(words: list[Word]) -> list[Word]:
    """Without "of the photo" and "in the photo", so that they tear no other phrase apart; the latter is kept behind a
    verb ("who is in the photo?") and at the end of what starts with one ("is anyone in the photo?")."""
    known, kept, at = lexicon(), list[Word](), 0
    while at < len(words):
        for length in range(min(known.longest, len(words) - at), 0, -1):
            phrase = tuple(part.text.lower() for part in words[at : at + length])
            terminal = known.phrases.get(phrase, ("", ""))[0]
            last = at + length == len(words)
            if terminal == "OF_PHOTO" or (terminal == "IN_PHOTO" and not _matters(kept, last)):
                at += length
                break
        else:
            kept.append(words[at])
            at += 1
    return kept


def _matters(before: list[Word], last: bool) -> bool:
    def is_verb(word: Word) -> bool:
        return lexicon().phrases.get((word.text.lower(),), ("", ""))[0] == "IS"

    return bool(before) and (is_verb(before[-1]) or (last and is_verb(before[0])))


def _trimmed(words: list[Word]) -> list[Word]:
    """Without what only joins: "and" and commas at the start, commas at the end, doubled or behind an "and"."""
    while words and words[0].type in (COMMA, "AND"):
        words = words[1:]
    while words and words[-1].type == COMMA:
        words = words[:-1]
    kept: list[Word] = []
    for word in words:
        if not (word.type == COMMA and kept and kept[-1].type in (COMMA, "AND")):
            kept.append(word)
    return kept


_CODED = re.compile(r"au_?([0-9]{1,2})")


def _unlisted(word: Word, may_be_name: bool) -> Word:
    if word.text.isascii() and word.text.isdigit():
        return Word("NUMBER", word.text.lstrip("0") or "0", word.text, word.start, word.end)
    lower = word.text.lower()
    if coded := _CODED.fullmatch(lower):
        return Word("UNIT", f"AU{int(coded[1])}", word.text, word.start, word.end)
    is_name = lower in lexicon().names or (may_be_name and unread_group(lower) is None)
    return Word(NAME if is_name else UNKNOWN, word.text, word.text, word.start, word.end)


# -------------------------------------------------------------------------------------------------------------- data


@cache
def _load_yaml() -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # ten times as fast, where libyaml is there
    text = Path(__file__).with_name("lexicon.yaml").read_text(encoding="utf-8")
    data = yaml.load(text, loader)  # safe: both loaders are the safe ones
    assert isinstance(data, dict)
    return data


def _listed(data: Mapping[str, Any]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for name, spellings in data["grammar"].items():
        for spelling in _spellings(spellings):
            yield str(name).upper(), str(name), spelling
    for terminal, values in data["content"].items():
        for value, spellings in values.items():
            for spelling in _spellings(spellings):
                yield str(terminal), str(value), spelling


def _spellings(text: str) -> list[tuple[str, ...]]:
    """Phrases of a comma-separated list; "(a|b|) c" is each choice: "a c", "b c" and "c"."""
    found: dict[tuple[str, ...], None] = {}
    for pattern in text.split(","):
        parts = [part.strip("()").split("|") for part in re.findall(r"\([^)]*\)|[^()]+", pattern.strip())]
        found.update({tuple(" ".join(choice).split()): None for choice in product(*parts)})
    return [spelling for spelling in found if spelling]
