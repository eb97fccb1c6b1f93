"""What an answer about a photo of several people has to be: the rules of the frozen questions (`eval/agent/README.md`).

`expect` of a row says how the answer has to end, whom it has to be about (`people`, and `maybe`, numbers of the truth;
in this order where `ordered`), and what it has to say (`says`, `never`, `instead`, `number`, `polar`, `first`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from facereason.types import Box

RIGHT = 0.25
"""Overlap from which a person that was found is the one of the truth."""
BLANK = re.compile(r"\b(?:person|people|persons|number|no\.|#)\s*\d+(?:(?:,| and|, and)\s*\d+)*", re.IGNORECASE)
NAMING = re.compile(
    r"(?<=(?:son|man|boy|irl|ild|ady|guy|one|aby))"
    r"(?: (?:in|with) (?:black|gr[ea]y|white|brown|blonde?|red|orange|yellow|green|blue|purple|pink)(?: hair)?\b)+"
    r"|\bon the (?:far )?(?:left|right)\b|\b(?:second|third|fourth|fifth|sixth|seventh) from the (?:left|right)\b"
)
"""What an answer says only to name somebody: "the man in red on the left"."""
WHOLE = {"he", "she", "man", "boy", "guy", "no", "not", "up", "down", "mad", "one"}
WORDS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
ZERO = ("none", "nobody", "zero", "no one")
HEDGE = r"\W*(?:(?:probably|likely|perhaps|possibly|apparently|presumably|rather)\W+)?"
YES = re.compile(HEDGE + r"(?:yes|indeed|right|correct)\b", re.IGNORECASE)
NO = re.compile(HEDGE + r"(?:no|not|nobody|none|neither|no one)\b", re.IGNORECASE)

Expect = Mapping[str, Any]


def matched(found: Mapping[int, Sequence[Box]], truth: Mapping[int, Sequence[Box]]) -> dict[int, int | None]:
    """Number of each person found to the one of the truth, none where there is nobody; the best overlaps first. Of
    several boxes of one person (face, head) the best counts; the middle of the first of them inside a box of the truth
    is enough.

    >>> matched({7: [Box(0, 0, 10, 10)], 8: [Box(50, 0, 10, 10)]}, {1: [Box(1, 1, 10, 10)]})
    {7: 1, 8: None}
    """
    pairs = sorted(
        ((_overlap(own, boxes), person, number) for person, own in found.items() for number, boxes in truth.items()),
        reverse=True,
    )
    out: dict[int, int | None] = {}
    for overlap, person, number in pairs:
        if overlap >= RIGHT and person not in out and number not in out.values():
            out[person] = number
    return {person: out.get(person) for person in found}


def _overlap(own: Sequence[Box], boxes: Sequence[Box]) -> float:
    best = max((a.iou(b) for a in own for b in boxes), default=0.0)
    x, y = own[0].centre
    inside = any(box.x <= x <= box.right and box.y <= y <= box.bottom for box in boxes)
    return max(best, RIGHT) if inside else best


def endings(expect: Expect) -> list[str]:
    """How the answer may end."""
    outcome = expect["outcome"]
    return [outcome] if isinstance(outcome, str) else list(outcome)


def people(expect: Expect, found: Sequence[int | None]) -> str:
    """What is wrong with whom the answer is about; empty where nothing is, or nobody is asked for."""
    if "people" not in expect:
        return ""
    right, maybe = list(expect["people"]), set(expect.get("maybe", ()))
    if expect.get("ordered"):
        return "" if list(found) == right else f"people {list(found)} instead of {right} in this order"
    fits = set(right) <= set(found) and all(number in maybe or number in right for number in found)
    return "" if fits else f"people {list(found)} instead of {right}"


def offered(expect: Expect, found: Sequence[int | None]) -> str:
    """What is wrong with whom an answer asks back between: none, or two at least who fit."""
    right = [number for number in found if number in expect.get("people", ())]
    return "" if not found or len(right) >= 2 else f"asks between {list(found)} instead of {expect['people']}"


def said(expect: Expect, text: str) -> Iterator[str]:
    """What is wrong with what the answer says."""
    text = text.lower().replace("’", "'")
    bare = NAMING.sub("", text) if "instead" in expect else text
    for words in expect.get("says", ()):
        if _at(words, bare) is None:
            yield f"says none of {words[:6]}"
    for word in expect.get("never", ()):
        if _at([word], text) is not None:
            yield f"says {word!r}"
    if "instead" in expect:
        right, other = _at(expect["says"][0], bare), _at(expect["instead"], bare)
        if right is not None and other is not None and other < right:
            yield f"says first {bare[other : other + 12]!r}"
    if "number" in expect and expect["number"] not in numbers(text)[:2]:
        yield f"counts {numbers(text)[:2]} instead of {expect['number']}"
    if "polar" in expect:
        begins = "yes" if YES.match(text) else "no" if NO.match(text) else "neither"
        if begins != expect["polar"]:
            yield f"begins with {begins} instead of {expect['polar']}"


def first(expect: Expect, text: str, found: Sequence[int | None], who: Mapping[int, int | None]) -> str:
    """Of two, the one that is named first has to be the one asked for. `who`: the answer's numbers to the truth's."""
    if "first" not in expect or len(found) < 2:
        return ""
    named = [who.get(int(number)) for number in re.findall(r"(?:person|#)\s*(\d+)", text.lower())]
    leader = named[0] if named else found[0]
    return "" if leader == expect["first"] else f"names {leader} first instead of {expect['first']}"


def numbers(text: str) -> list[int]:
    """Numbers in a text, in digits or words, without those that name somebody (person 3).

    >>> numbers("Person 2 and two others: 3 of them.")
    [2, 3]
    """
    bare = BLANK.sub(" ", text.lower())
    words = "|".join((*ZERO, *WORDS))
    out = []
    for match in re.finditer(rf"(?<![\w.])(?:(\d+)(?![\w.]*\d|\s*%)|({words})\b)", bare):
        digits, word = match.groups()
        out.append(int(digits) if digits else 0 if word in ZERO else WORDS.index(word))
    return out


def _at(words: Sequence[str], text: str) -> int | None:
    """Where the first of these begins: at the start of a word; short words, numbers and letters as a whole."""
    spots = []
    for word in words:
        start = r"(?<![a-z0-9])" if word[0].isalnum() else ""
        last = word.rpartition(" ")[2]
        stop = r"(?![0-9])" if word[-1].isdigit() and "." not in word else ""
        if word in WHOLE or (len(last) == 1 and last.isalpha()) or re.fullmatch(r"au\d+[a-e]", word):
            stop = r"(?![a-z])"
        match = re.search(start + re.escape(word) + stop, text)
        if match:
            spots.append(match.start())
    return min(spots, default=None)
