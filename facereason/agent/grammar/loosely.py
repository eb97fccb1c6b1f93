"""Questions in other words, put into those that the grammar knows.

`loosely.yaml` says what is said how; what comes out is parsed as strictly as ever, so that no word that carries
something is dropped: "Would you say her lips are pressed together?" is "are her lips pressed together?".
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from facereason.agent.grammar import spelling
from facereason.agent.grammar.words import lexicon


def reworded(question: str) -> Iterator[str]:
    """The question in plainer words, step by step: each is tried before the next is made."""
    text = in_plain_words(question)
    before = ""
    if (text := " ".join(text.split())) != " ".join(question.casefold().split()):
        yield text
        before = text
    for rules in _rules():
        for rule in rules:
            text = rule.applied(text)
        text = " ".join(text.split())
        if text and text != before:
            yield text
        before = text


def in_plain_words(question: str) -> str:
    """The question with contractions spelled out and the plain words of loosely_words.yaml for others, in its order."""
    pattern, plain = _others()
    text = spelling.mended(_plain(question), _known_here())
    return pattern.sub(lambda found: plain.get(found[0], plain.get(_WHOSE.sub("{whose}", found[0]), "")), text)


def put_plainly(question: str) -> tuple[str, bool]:
    """The question as the patterns of surely.yaml put it, in small letters, and whether any fits."""
    before = text = _plain(question)
    for rule in _sure():
        text = rule.applied(text)
    text = " ".join(text.split())
    return text, text != " ".join(before.split())


def without_courtesy(question: str) -> str:
    """The question in plain words, without what only asks politely: the first two steps of loosely.yaml."""
    text = in_plain_words(question)
    for rules in _rules()[:2]:
        for rule in rules:
            text = rule.applied(text)
    return text


@dataclass(frozen=True, slots=True)
class _Rule:
    pattern: re.Pattern[str]
    by: str

    def applied(self, text: str) -> str:
        for _ in range(4):
            new = self.pattern.sub(lambda found: _same_gender(found[0], found.expand(self.by)), text)
            if new == text:
                return new
            text = " ".join(new.split())
        return text


_SHE, _HE = re.compile(r"\b(?:she|her|hers)\b"), re.compile(r"\b(?:he|his|him)\b")
_TO_HE, _TO_SHE = {"she": "he", "her": "his", "hers": "his"}, {"he": "she", "his": "her", "him": "her"}


def _same_gender(was: str, now: str) -> str:
    """What stands in the place of some words speaks of "he" where they do, whatever the pattern was written for."""
    she, he = _SHE.search(was) is not None, _HE.search(was) is not None
    if he and not she:
        return _SHE.sub(lambda found: _TO_HE[found[0]], now)
    if she and not he:
        return _HE.sub(lambda found: _TO_SHE[found[0]], now)
    return now


@cache
def _table(name: str) -> dict[str, Any]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    text = Path(__file__).with_name(name).read_text(encoding="utf-8")
    data: dict[str, Any] = yaml.load(text, loader)  # safe: both loaders are the safe ones
    return data


@cache
def _sets() -> dict[str, str]:
    sets: dict[str, str] = {}
    for name, words in _table("loosely.yaml")["sets"].items():
        one = "|".join(part.strip() for part in str(words).split(",") if part.strip())
        sets[name] = f"(?:{_filled(one, sets)})"
    return sets


@cache
def _rules() -> tuple[tuple[_Rule, ...], ...]:
    """Steps of loosely.yaml, each a list of rules; `{name}` in a pattern is one of its `sets`."""
    return tuple(_step(step) for step in _table("loosely.yaml")["steps"])


@cache
def _sure() -> tuple[_Rule, ...]:
    return _step(_table("surely.yaml"))


def _step(patterns: Mapping[str, str | None]) -> tuple[_Rule, ...]:
    rules = []
    for pattern, by in patterns.items():
        told = re.sub(r"\$(\d+)", r"\\g<\1>", str(by or ""))
        if told:  # blanks beside it may have been taken; those too many are left out again
            told = f"{'' if told[0] in ' .,?' else ' '}{told}{'' if told[-1] in ' .?' else ' '}"
        rules.append(_Rule(re.compile(_filled(str(pattern), _sets())), told))
    return tuple(rules)


_WHOSE = re.compile(r"\b(?:his|her|their|the)\b")


@cache
def _others() -> tuple[re.Pattern[str], dict[str, str]]:
    """Words of loosely_words.yaml: what finds them, and the plain ones by them."""
    plain: dict[str, str] = {}
    for word, others in _table("loosely_words.yaml").items():
        for other in str(others).split(","):
            plain.setdefault(" ".join(other.split()), str(word))
    ordered = sorted(plain, key=len, reverse=True)
    either = "|".join(re.escape(each).replace(r"\{whose\}", "(?:his|her|their|the)") for each in ordered)
    return re.compile(rf"(?<![\w'])(?:{either})(?![\w'])"), plain


def _filled(pattern: str, sets: dict[str, str]) -> str:
    return re.sub(r"\{([a-z_]+)\}", lambda found: sets[found[1]], pattern)


def _plain(question: str) -> str:
    """Small letters, straight quotes, one blank between words; sloppy endings as the words that they are."""
    text = unicodedata.normalize("NFKC", question).casefold()
    text = text.translate({0x2019: "'", 0x2018: "'", 0x02BC: "'", 0x201C: '"', 0x201D: '"', 0x2013: "-", 0x2014: ", "})
    text = re.sub(r"\s-+\s", ", ", text)
    text = re.sub(r"[\"()\[\]…]|(?<=\w)\.(?=\w\.)", " ", text)
    text = re.sub(
        r"\b(?:wo|ca|sha)n't\b", lambda found: {"wo": "will", "ca": "can", "sh": "shall"}[found[0][:2]] + " not", text
    )
    text = re.sub(r"\b(\w+)n't\b", r"\1 not", text)
    for ending, word in (("re", "are"), ("ll", "will"), ("ve", "have"), ("d", "would"), ("m", "am")):
        text = re.sub(rf"\b(\w+)'{ending}\b", rf"\1 {word}", text)
    text = re.sub(r"\b(who|what|where|how|she|he|it|that|there|why|here|which)'s\b", r"\1 is", text)
    text = re.sub(r"\w+", lambda found: lexicon().spelled.get(found[0], found[0]), text)
    text = re.sub(r"\b([a-z]{3,})in\b'?", _with_g, text)
    text = re.sub(r"\b([a-z]{3,})s\b(?!')", _with_apostrophe, text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text)
    return " ".join(text.split())


@cache
def _known_here() -> frozenset[str]:
    """Words of the tables: they are no slips of others."""
    from facereason.agent.grammar import slots

    _, plain = _others()
    return _known() | {word for phrase in plain for word in phrase.split()} | slots.known()


@cache
def _known() -> frozenset[str]:
    return frozenset(word for phrase in (*lexicon().phrases, *lexicon().courtesy) for word in phrase)


def _with_g(found: re.Match[str]) -> str:
    return f"{found[1]}ing" if found[0] not in _known() and f"{found[1]}ing" in _known() else found[0]


def _with_apostrophe(found: re.Match[str]) -> str:
    known = _known()
    noun = lexicon().phrases.get((found[1],), ("", ""))[0] == "PERSON"
    return f"{found[1]}'s" if noun and found[0] not in known else found[0]
