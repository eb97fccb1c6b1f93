"""What a sentence names, whatever it says of it: codes of action units and words for emotions.

Movements in plain words ("raised cheeks") are in `movements.py`; whether a mention is asserted, in `stance.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from facereason.facs.lexicon import Word, mask
from facereason.facs.units import UNITS
from facereason.types import Topic


@dataclass(slots=True, kw_only=True)
class Mention:
    """One unit or emotion named in a sentence.

    `at`: indexes of the words that a negation must reach; `part`: that of the part of the face, where one is named;
    `denies`: the words themselves say that it is absent ("mouth closed" for AU25, "AU4: 0.0" for AU4); `start` and
    `end`: offsets in the text.
    """

    topic: Topic
    value: str
    at: tuple[int, ...]
    start: int
    end: int
    part: int | None = None
    denies: bool = False

    @property
    def first(self) -> int:
        return self.at[0] if self.part is None else min(self.at[0], self.part)

    @property
    def last(self) -> int:
        return self.at[-1] if self.part is None else max(self.at[-1], self.part)


def codes(words: Sequence[Word], text: str) -> tuple[list[Mention], set[int]]:
    """Mentions of codes ("AU12", "AUs 1, 2 and 5", "action unit 4", "AU L12C (.8)") with the indexes of all words that
    make them up. Codes of units that are not in the table are read over."""
    found: list[Mention] = []
    used: set[int] = set()
    behind = 0
    for index, word in enumerate(words):
        if word.flags & _MARKERS and index >= behind:
            behind = _code_list(words, text, index, found, used)
    return found, used


def feelings(words: Sequence[Word], text: str, used: AbstractSet[int]) -> Iterator[Mention]:
    """Mentions of emotions, without `used` words and without adjectives of things ("happy hour")."""
    for index, word in enumerate(words):
        if not word.flags & _EMOTIONS or index in used or (not word.flags & _FEELINGS and _of_a_thing(words, index)):
            continue
        label = word.tags.get("feelings") or word.tags["adjectives"]
        zero = _MARKED_ZERO.match(text, word.end) is not None
        yield Mention(topic=Topic.EMOTION, value=label, at=(index,), start=word.start, end=word.end, denies=zero)


_MARKERS, _PERSON, _NUMBER, _LIST = mask("markers"), mask("person"), mask("number"), mask("list")
_OPENS, _CLOSES, _LEADS = mask("opens"), mask("closes"), mask("opens", "pauses")
_FEELINGS, _EMOTIONS, _BE = mask("feelings"), mask("feelings", "adjectives"), mask("be")
_OWNERS = mask("person", "nouns", "alone")
_BETWEEN = mask("adverb", "list", "adjectives", "not", "hedge")
_GAP = re.compile(r"[\s_#:=(\[\"'.–-]{0,4}")
_ZERO = re.compile(
    r"[\"']?\s{0,2}(?:[:=(]|(?:at|with)(?: an)?(?: intensity)?(?: of)?\s|(?:intensity|is)\s)?\s{0,2}"
    r"0(?:\.0{1,6})?(?![0-9]|\.[0-9])",
    re.IGNORECASE,
)
_MARKED_ZERO = re.compile(r"\s{0,2}[:=(]\s{0,2}0(?:\.0{1,6})?(?![0-9]|\.[0-9])")
_LETTERS = frozenset("abcde")
_SIDES = frozenset("lr")
_NOTE_WORDS = 8


def _code_list(words: Sequence[Word], text: str, marker: int, found: list[Mention], used: set[int]) -> int:
    """Read the codes after a marker; returns the index to go on from."""
    plural = words[marker].text.endswith("s")
    start, position = words[marker].start, marker + 1
    while position < min(marker + 3, len(words)) and words[position].flags & _LEADS:
        position += 1
    if position >= len(words) or not _GAP.fullmatch(text, words[marker].end, words[position].start):
        return marker + 1
    spaced = words[position].start > words[marker].end
    lenient = not spaced or text[words[marker].start].isupper()
    item = _code(words, position)
    # "AU 12 people" counts people, and "au 12 rue" is French.
    if item is None or (spaced and _counts(words, item[1], anything=not lenient)):
        return marker + 1
    first = marker
    while item is not None:
        number, after = item
        used.update(range(first, after))
        if number in UNITS:
            end = words[after - 1].end
            zero = _ZERO.match(text, end) is not None
            found.append(
                Mention(
                    topic=Topic.ACTION_UNIT, value=f"AU{number}", at=(after - 1,), start=start, end=end, denies=zero
                )
            )
        first, item = after, None
        position = _skip_note(words, after)
        joint = position
        while position < min(joint + 2, len(words)) and words[position].flags & _LIST:
            position += 1
        if joint < position < len(words):
            item = _code(words, position)
            tied = words[joint].text in ("+", "/", "&")
            if item is not None and not tied and _counts(words, item[1], anything=not plural):
                item = None
            first, start = position, words[position].start
    return first


def _code(words: Sequence[Word], position: int) -> tuple[int, int] | None:
    """The unit number at this word and the index after the code, or None. Takes "12", "L12", "12C" and "12_r"."""
    word = words[position]
    if word.text in _SIDES and position + 1 < len(words) and words[position + 1].start == word.end:
        position += 1
        word = words[position]
    digits = word.text
    if not word.flags & _NUMBER or not digits.isdigit() or len(digits) > 2:
        return None
    after = position + 1
    if after < len(words) and words[after].start - word.end <= 1:
        follower = words[after]
        underscored = follower.start > word.end and follower.text in ("r", "c") and not follower.flags
        if underscored or (follower.start == word.end and follower.text in _LETTERS):
            return int(digits), after + 1
        if follower.start == word.end and (follower.text[0].isalpha() or follower.flags & _NUMBER):
            return None
    return int(digits), after


def _counts(words: Sequence[Word], after: int, *, anything: bool) -> bool:
    """Whether the number before this word counts what follows: people, or, with `anything`, any unknown word."""
    if after >= len(words):
        return False
    flags = words[after].flags
    return bool(flags & _PERSON) or (anything and not flags)


def _skip_note(words: Sequence[Word], position: int) -> int:
    """The index behind an intensity or a note in parentheses: "(.8)", "(cheek raiser)"."""
    if position < len(words) and words[position].flags & _OPENS:
        for index in range(position + 1, min(position + _NOTE_WORDS, len(words))):
            if words[index].flags & _CLOSES:
                return index + 1
    return position


def _of_a_thing(words: Sequence[Word], index: int) -> bool:
    """Whether an adjective belongs to a thing: a word that is neither known nor a person follows it, and no "is" or
    "looks" stands before it."""
    if index + 1 >= len(words) or words[index + 1].flags:
        return False
    for word in words[index + 1 : index + 4]:
        if word.flags & _OWNERS:
            return False
        if word.flags:
            break
    for word in reversed(words[max(0, index - 4) : index]):
        if word.flags & _BE:
            return False
        if word.flags and not word.flags & _BETWEEN:
            break
    return True
