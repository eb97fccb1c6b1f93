"""Text to words with tags: what `claims.yaml` knows of each word, or run of words, of a text.

Reading is linear in the length of the text: one pass of a regular expression without nested repeats, then a walk
through a tree of phrases whose depth is fixed by the data. The headings that a word stands under are bits of a number,
since every rule of the parser asks for some of them at every word: `word.flags & mask("det", "adverb")`.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

HEADINGS = (
    "nouns", "parts", "pieces", "actions", "directions", "alone", "markers", "adjectives", "feelings",
    "not", "no", "without", "conclude", "instead", "absent", "present", "seem", "hedge", "perceive", "unsure",
    "neither", "except", "list", "contrast", "restart", "break", "pauses", "opens", "closes", "stops",
    "be", "verb", "finite", "singular", "det", "indefinite", "adverb", "near", "prep", "transparent", "subject",
    "person", "anaphors", "idioms", "state", "number",
)  # fmt: skip
"""Those of `claims.yaml` under which words stand; `state`: an action word like "raised"; `number`: digits."""
_BITS = {heading: 1 << place for place, heading in enumerate(HEADINGS)}


def mask(*headings: str) -> int:
    """The bits of these headings together. KeyError for one that there is not."""
    return sum(_BITS[heading] for heading in headings)


@cache
def first_of(headings: tuple[str, ...], flags: int) -> str:
    """The first of these headings that the bits have. StopIteration where they have none."""
    return next(heading for heading in headings if flags & _BITS[heading])


@dataclass(slots=True)
class Word:
    """A word, a known phrase or a meaningful mark. `text` is case-folded; `start` and `end` are offsets in the
    original; `tags` maps the headings of `claims.yaml` that it stands under to its value there, `flags` are their bits;
    a word without any is unknown. Not frozen, since that would double the time that a word takes; nobody changes it."""

    text: str
    start: int
    end: int
    tags: Mapping[str, str]
    flags: int


@dataclass(frozen=True, slots=True)
class Lexicon:
    """`claims.yaml`, read. `units` has (region, action) pairs; 0 stands for "no unit here", a negative number for "this
    unit is not there". `combine` gives the action that two actions on the same part make."""

    phrases: _Node
    regions: tuple[tuple[str, frozenset[str]], ...]
    wider: Mapping[str, str]
    units: Mapping[tuple[str, str], tuple[int, ...]]
    combine: tuple[tuple[str, str, str], ...]

    def units_of(self, region: str, action: str) -> tuple[int, ...] | None:
        """Units of what a part of the face does, asking the wider part where the narrower has none; None: unknown."""
        while region:
            if (found := self.units.get((region, action))) is not None:
                return found
            region = self.wider[region]
        return None

    def region(self, words: Iterable[str]) -> str:
        """The first region that these nouns and parts make, "" for none."""
        given = frozenset(words)
        return next((name for name, needs in self.regions if needs <= given), "")


def sentences(text: str) -> Iterator[list[Word]]:
    """The words of each sentence, its closing mark included. A line break ends a sentence where an empty line, a bullet
    or a capital follows; a full stop does not where the next sentence is about the same part: "They are raised"."""
    sentence: list[Word] = []
    ended = False
    for word in _words(text):
        flags = word.flags
        if flags & _IDIOMS:
            continue
        if ended:
            last = sentence[-1]
            if flags & _ANAPHORS and last.text == ".":
                sentence[-1] = Word(last.text, last.start, last.end, _GOES_ON, _CONTRAST)
            else:
                yield sentence
                sentence = []
        sentence.append(word)
        ended = flags & _STOPS != 0
    yield sentence


@cache
def lexicon() -> Lexicon:
    """The lexicon of the package, read once."""
    from importlib import resources

    import yaml

    # The loader in C, where PyYAML was built with it, is ten times as fast.
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    source = resources.files("facereason.facs").joinpath("claims.yaml").read_text(encoding="utf-8")
    data = yaml.load(source, Loader=loader)
    return Lexicon(
        phrases=_tree(data),
        regions=tuple(
            (name, frozenset(needs.split())) for name, entry in data["regions"].items() for needs in entry["has"]
        ),
        wider={name: entry.get("or", "") for name, entry in data["regions"].items()},
        units={
            (region, action): _numbers(numbers)
            for region, entries in data["units"].items()
            for actions, numbers in entries.items()
            for action in actions.split()
        },
        combine=tuple((a, b, result) for a, b, result in data["combine"]),
    )


@dataclass(slots=True)
class _Node:
    children: dict[str, _Node] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    flags: int = 0


_TOKEN = re.compile(
    r"""
      (?P<word> [^\W\d_]++ (?!['’]) )
    | (?P<number> [0-9]+ (?:\.[0-9]+)? | \.[0-9]+ )
    | (?P<negated> [^\W\d_]+? (?=[nN]['’][tT](?![^\W\d_])) | [nN]['’][tT](?![^\W\d_]) | [^\W\d_]+ )
    | (?P<suffix> ['’] (?i:s|re|ve|m|d|ll)? (?![^\W\d_]) )
    | (?P<line> \n [ \t]* (?=\n|[-*•]|[A-Z]) )
    | (?P<mark> [^\w\s] )
    """,
    re.VERBOSE,
)
_IDIOMS, _ANAPHORS, _STOPS = mask("idioms"), mask("anaphors"), mask("stops")
_NUMBER, _ADVERB, _CONTRAST, _PAUSES = mask("number"), mask("adverb"), mask("contrast"), mask("pauses")
_GOES_ON: Mapping[str, str] = {"contrast": "."}
_LINE_END: Mapping[str, str] = {"stops": "line"}
_DASH: Mapping[str, str] = {"pauses": "-"}
_UNKNOWN: Mapping[str, str] = {}
_GROUPED = ("nouns", "parts", "actions", "directions", "alone", "adjectives", "feelings")
_UNWORDED = ("regions", "combine", "units")

_Token = tuple[str, str, int, int]


def _words(text: str) -> list[Word]:
    """Words, phrases and known marks; unknown marks and the hyphens inside words are left out."""
    tokens = _tokens(text)
    found: list[Word] = []
    phrases = lexicon().phrases.children
    position, count = 0, len(tokens)
    while position < count:
        kind, token, start, end = tokens[position]
        first, position = position, position + 1
        node = phrases.get(token)
        if node is not None:
            if node.children:
                node, position = _longest(node, tokens, position)
                if position - first > 1:
                    end = tokens[position - 1][3]
                    token = " ".join([part[1] for part in tokens[first:position]])
            if node.flags:
                found.append(Word(token, start, end, node.tags, node.flags))
                continue
        if kind == "word" or kind == "negated":
            if token.endswith("ly"):
                found.append(Word(token, start, end, {"adverb": token}, _ADVERB))
            else:
                found.append(Word(token, start, end, _UNKNOWN, 0))
        elif kind == "number":
            found.append(Word(token, start, end, {"number": token}, _NUMBER))
        elif kind == "line":
            found.append(Word(token, start, end, _LINE_END, _STOPS))
        elif kind == "dash":
            found.append(Word(token, start, end, _DASH, _PAUSES))
    return found


def _tokens(text: str) -> list[_Token]:
    """Kind, case-folded text, start and end of each."""
    # Of ASCII alone case-folding is the same for the whole text at once, and moves nothing.
    folded = text.lower() if text.isascii() else None
    found: list[_Token] = []
    for match in _TOKEN.finditer(text):
        start, end = match.span()
        kind = match.lastgroup or ""
        token = folded[start:end] if folded is not None else match.group().casefold().replace("’", "'")
        if token == "-":
            joins = start > 0 and end < len(text) and text[start - 1].isalnum() and text[end].isalnum()
            kind = "hyphen" if joins else "dash"
        elif kind == "line":
            token = "\n"
        found.append((kind, token, start, end))
    return found


def _longest(node: _Node, tokens: Sequence[_Token], position: int) -> tuple[_Node, int]:
    """The node of the longest phrase that begins with the token of this node, and the position behind it. The node
    itself and the position, where it is none longer."""
    best, behind = node, position
    for index in range(position, len(tokens)):
        kind, token, _, _ = tokens[index]
        following = node.children.get(token)
        if following is not None:
            node = following
            if node.flags:
                best, behind = node, index + 1
        elif kind != "hyphen":
            break
    return best, behind


def _tree(data: Mapping[str, Any]) -> _Node:
    root = _Node()
    for heading, entries in data.items():
        if heading in _UNWORDED:
            continue
        for value, phrases in entries.items() if heading in _GROUPED else ((heading, entries),):
            for phrase in phrases:
                for spelled, state in _spellings(phrase):
                    _add(root, spelled, {heading: value} | ({"state": value} if heading == "actions" and state else {}))
    return root


def _add(root: _Node, phrase: str, tags: Mapping[str, str]) -> None:
    node = root
    for _, token, _, _ in _tokens(phrase):
        node = node.children.setdefault(token, _Node())
    for heading, value in tags.items():
        node.tags.setdefault(heading, value)
    node.flags = mask(*node.tags)


def _spellings(phrase: str) -> Iterator[tuple[str, bool]]:
    """Every spelling that an entry stands for, and whether it names a state ("raised"), not a doing ("raising")."""
    if phrase.startswith("~"):
        yield from _forms(phrase[1:])
        return
    for words in itertools.product(*(word.split("|") if len(word) > 1 else [word] for word in phrase.split(" "))):
        spelled = " ".join(words)
        yield spelled, not spelled.endswith(("ing", "er", "or", "sion", "ction", "ation", "ure", "ness"))


def _forms(verb: str) -> Iterator[tuple[str, bool]]:
    """Regular forms of an English verb; a doubled consonant ("dropped") is made wherever it could be."""
    yield verb, False
    yield verb + ("es" if verb.endswith(("s", "sh", "ch", "x")) else "s"), False
    stems = [verb.removesuffix("e")]
    if re.search(r"[^aeiou][aeiou][^aeiouwxy]$", verb):
        stems.append(verb + verb[-1])
    for stem in stems:
        yield stem + "ed", True
        yield stem + "ing", False
        yield stem + "er", False
        yield stem + "ers", False


def _numbers(entry: int | list[int] | None) -> tuple[int, ...]:
    if entry is None:
        return ()
    return tuple(entry) if isinstance(entry, list) else (entry,)
