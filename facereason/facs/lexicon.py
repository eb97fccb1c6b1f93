"""Text to words with tags: what `claims.yaml` knows of each word, or run of words, of a text.

Reading is linear in the length of the text: one pass of a regular expression without nested repeats, then a walk
through a tree of phrases whose depth is fixed by the data.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any


@dataclass(frozen=True, slots=True)
class Word:
    """A word, a known phrase or a meaningful mark. `text` is case-folded; `start` and `end` are offsets in the
    original; `tags` maps the headings of `claims.yaml` that it stands under to its value there."""

    text: str
    start: int
    end: int
    tags: Mapping[str, str]

    def has(self, *kinds: str) -> bool:
        # A loop, since `any` makes a generator: this is asked hundreds of times a sentence.
        tags = self.tags
        if tags:
            for kind in kinds:
                if kind in tags:
                    return True
        return False

    @property
    def unknown(self) -> bool:
        return not self.tags


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


def sentences(text: str) -> Iterator[tuple[Word, ...]]:
    """The words of each sentence, its closing mark included. A line break ends a sentence where an empty line, a bullet
    or a capital follows; a full stop does not where the next sentence is about the same part: "They are raised"."""
    sentence: list[Word] = []
    ended = False
    for word in _words(text):
        if word.has("idioms"):
            continue
        if ended and word.has("anaphors") and sentence[-1].text == ".":
            sentence[-1] = replace(sentence[-1], tags=_GOES_ON)
        elif ended:
            yield tuple(sentence)
            sentence = []
        sentence.append(word)
        ended = word.has("stops")
    yield tuple(sentence)


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


_TOKEN = re.compile(
    r"""
      (?P<number> [0-9]+ (?:\.[0-9]+)? | \.[0-9]+ )
    | (?P<word> [^\W\d_]+? (?=[nN]['’][tT](?![^\W\d_])) | [nN]['’][tT](?![^\W\d_]) | [^\W\d_]+ )
    | (?P<suffix> ['’] (?i:s|re|ve|m|d|ll)? (?![^\W\d_]) )
    | (?P<line> \n [ \t]* (?=\n|[-*•]|[A-Z]) )
    | (?P<mark> [^\w\s] )
    """,
    re.VERBOSE,
)
_GOES_ON: Mapping[str, str] = {"contrast": "."}
_LINE_END: Mapping[str, str] = {"stops": "line"}
_DASH: Mapping[str, str] = {"pauses": "-"}
_GROUPED = ("nouns", "parts", "actions", "directions", "alone", "adjectives", "feelings")
_UNWORDED = ("regions", "combine", "units")


def _words(text: str) -> Iterator[Word]:
    """Words, phrases and known marks; unknown marks and the hyphens inside words are left out."""
    tokens = list(_tokens(text))
    root = lexicon().phrases
    position = 0
    while position < len(tokens):
        kind, token, start, end = tokens[position]
        length, tags = _longest(root, tokens, position)
        if length:
            end = tokens[position + length - 1][3]
            joined = " ".join(part[1] for part in tokens[position : position + length])
            yield Word(joined, start, end, tags)
            position += length
            continue
        if kind == "number":
            yield Word(token, start, end, {"number": token})
        elif kind == "line":
            yield Word(token, start, end, _LINE_END)
        elif kind == "word":
            yield Word(token, start, end, {"adverb": token} if token.endswith("ly") else {})
        elif kind == "dash":
            yield Word(token, start, end, _DASH)
        position += 1


def _tokens(text: str) -> Iterator[tuple[str, str, int, int]]:
    for match in _TOKEN.finditer(text):
        kind = str(match.lastgroup)
        token = match.group().casefold().replace("’", "'")
        start, end = match.span()
        if token == "-":
            joins = start > 0 and end < len(text) and text[start - 1].isalnum() and text[end].isalnum()
            kind = "hyphen" if joins else "dash"
        yield kind, "\n" if kind == "line" else token, start, end


def _longest(root: _Node, tokens: Sequence[tuple[str, str, int, int]], position: int) -> tuple[int, Mapping[str, str]]:
    """Length in tokens and tags of the longest phrase that starts here; 0 where none does."""
    node, length, tags = root, 0, root.tags
    for index in range(position, len(tokens)):
        kind, token, _, _ = tokens[index]
        if token in node.children:
            node = node.children[token]
        elif kind == "hyphen" and index > position:
            continue
        else:
            break
        if node.tags:
            length, tags = index - position + 1, node.tags
    return length, tags


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
