"""Parts of the face and what is said of them, phrase by phrase.

A sentence is cut at commas, conjunctions and the like. In each phrase, runs of words that name a part ("the inner ends
of her brows") and runs that name an action ("pulled slightly upward") are found; `movements.py` brings them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from facereason.facs.lexicon import Word, first_of, lexicon, mask


@dataclass(slots=True, eq=False)
class Action:
    """A run of action words: "pulled slightly upward". `classes`: index and action of each."""

    first: int
    last: int
    classes: list[tuple[int, str]]
    blocked: bool = False


@dataclass(slots=True, eq=False)
class Part:
    """A noun phrase for one part of the face or, as "inner and outer brows", several."""

    first: int
    last: int
    regions: tuple[str, ...]
    actions: list[Action] = field(default_factory=list)
    shared: list[Action] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Phrase:
    """Words between two joints. `joints`: what stands before it; `bare`: holds parts and small words alone;
    `follows`: its actions may belong to a part named before it."""

    joints: frozenset[str]
    words: list[int]
    parts: list[Part] = field(default_factory=list)
    actions: list[Action] = field(default_factory=list)
    attributive: bool = False
    predicative: bool = False
    bare: bool = False
    follows: bool = False


def phrases(words: Sequence[Word], used: AbstractSet[int]) -> list[Phrase]:
    """The phrases of a sentence with their parts and actions, read without the `used` words."""
    line: list[Phrase] = []
    joints: set[str] = set()
    current: list[int] = []
    unread = used | _hidden_notes(words, used)
    for index, word in enumerate(words):
        if index in unread:
            continue
        flags = word.flags
        if flags & _JOINT and not flags & _REPLACES and not _inside_part(words, index):
            if current:
                line.append(Phrase(frozenset(joints), current))
                joints, current = set(), []
            joints.add(word.text if flags & _LIST else first_of(_JOINTS, flags & _JOINT))
        else:
            current.append(index)
            if len(current) == _LONGEST:
                line.append(Phrase(frozenset(joints), current))
                joints, current = set(), []
    if current:
        line.append(Phrase(frozenset(joints), current))
    for phrase in line:
        _scan(words, phrase)
    return line


# Words that may stand in a phrase without adding anything to its parts and actions.
_SMALL = mask("det", "adverb", "pieces", "near", "transparent", "be", "verb", "not", "no", "without", "hedge", "seem")

_JOINTS = ("list", "contrast", "break", "pauses", "opens", "closes", "stops")
_JOINT, _REPLACES, _LIST = mask(*_JOINTS), mask("without", "instead"), mask("list")
_OPENS, _CLOSES, _CODED = mask("opens"), mask("closes"), mask("list", "number", "pauses")
_NOUNS, _PARTS, _NAMES, _PIECES = mask("nouns"), mask("parts"), mask("nouns", "parts"), mask("pieces")
_ACTIONS, _DIRECTIONS, _MOVES = mask("actions"), mask("directions"), mask("actions", "directions")
_DET, _ADVERB, _ARTICLES, _PERSON = mask("det"), mask("adverb"), mask("det", "adverb"), mask("person")
_LEADS = _SMALL | mask("anaphors")
_ON_THE_WAY = mask("adverb", "be", "not", "det", "directions", "hedge", "seem")
_BEFORE_A_THING = mask("det", "prep", "near", "break")
_NAMED, _ACTS = mask("person", "alone"), mask("actions", "be")
_NARROWED = ("lip", "lid", "eye", "jaw", "teeth")
# Bounds the work on a text without any joint.
_LONGEST = 60


def _hidden_notes(words: Sequence[Word], used: AbstractSet[int]) -> set[int]:
    """Indexes of parentheses that hold nothing but codes: "brows (AU1, AU2) raised" reads on across them."""
    hidden: set[int] = set()
    opened: int | None = None
    for index, word in enumerate(words):
        flags = word.flags
        if flags & _OPENS:
            opened = index
        elif opened is None:
            continue
        elif flags & _CLOSES:
            hidden.update(range(opened, index + 1))
            opened = None
        elif index not in used and not flags & _CODED:
            opened = None
    return hidden


def _inside_part(words: Sequence[Word], index: int) -> bool:
    """Whether the conjunction here joins two halves of one noun phrase: "inner and outer brows"."""
    return (
        0 < index < len(words) - 1
        and words[index - 1].flags & _PARTS != 0
        and words[index + 1].flags & _PARTS != 0
        and words[index].text in ("and", "or", "&", "/")
    )


def _scan(words: Sequence[Word], phrase: Phrase) -> None:
    position, count = 0, len(phrase.words)
    while position < count:
        index = phrase.words[position]
        flags = words[index].flags
        if not flags & (_NAMES | _MOVES):
            position += 1
            continue
        part = _part(words, phrase.words, position) if flags & _NAMES else None
        if part is not None:
            phrase.parts.append(part)
            position = phrase.words.index(part.last, position) + 1
            continue
        name = _action_name(words, phrase, index)
        if name:
            previous = phrase.actions[-1] if phrase.actions else None
            if previous is not None and _continues(words, previous, index, phrase):
                previous.classes.append((index, name))
                previous.last = index
            else:
                phrase.actions.append(Action(index, index, [(index, name)]))
        position += 1
    for action in phrase.actions:
        action.blocked = _belongs_elsewhere(words, phrase, action)
    if phrase.parts and not phrase.actions:
        phrase.bare = all(words[index].flags & _SMALL or _within(phrase, index) for index in phrase.words)
    elif phrase.actions and not phrase.parts:
        lead = [index for index in phrase.words if index < phrase.actions[0].first]
        phrase.follows = not phrase.actions[-1].blocked and all(
            words[index].flags & _LEADS and not words[index].flags & _PERSON for index in lead
        )


def _part(words: Sequence[Word], indexes: Sequence[int], position: int) -> Part | None:
    """The noun phrase for a part of the face that starts at this word of the phrase."""
    nouns: list[str] = []
    narrowers: list[str] = []
    first = last = indexes[position]
    open_end = False
    for index in indexes[position:]:
        word = words[index]
        if _narrows(words, index):
            if nouns and not open_end and "corner" not in nouns:
                break
            narrowers.append(word.tags["parts"])
            open_end = True
        elif word.flags & _NOUNS:
            noun = word.tags["nouns"]
            if nouns and not open_end and noun not in ("corner", "lid", "brow"):
                break
            nouns.append(noun)
            last, open_end = index, False
        elif (nouns or narrowers) and word.text in ("of", "to"):
            if not (open_end or "corner" in nouns):
                break
            open_end = True
        elif (nouns or narrowers) and (word.flags & _PIECES or word.text in ("'s", "'")):
            open_end = True
        elif (narrowers or open_end) and word.flags & _LIST and _inside_part(words, index):
            continue
        elif not (open_end and word.flags & _DET):
            break
    if not nouns:
        return None
    lexical = lexicon()
    kinds = narrowers or [""]
    regions = dict.fromkeys(lexical.region([*nouns, kind]) for kind in kinds)
    return Part(first, last, tuple(region for region in regions if region))


def _narrows(words: Sequence[Word], index: int) -> bool:
    """Whether this word is "inner", "upper" and so on; "lower" only before a noun that can be the lower one."""
    flags = words[index].flags
    if not flags & _PARTS:
        return False
    if not flags & _ACTIONS:
        return True
    rest = words[index + 1 : index + 3]
    if rest and rest[0].flags & _PIECES:
        return True
    return any(other.tags.get("nouns") in _NARROWED for other in rest[:1])


def _action_name(words: Sequence[Word], phrase: Phrase, index: int) -> str:
    """The action that this word is here, "" for none."""
    word = words[index]
    if word.flags & _ACTIONS:
        follower = words[index + 1] if index + 1 < len(words) else None
        if word.text in ("part", "parts") and (
            (follower is not None and follower.text == "of") or not phrase.parts or index - phrase.parts[-1].last > 3
        ):
            return ""
        return word.tags["actions"]
    if word.flags & _DIRECTIONS:
        return word.tags["directions"] if _directed(words, phrase, index) else ""
    return ""


def _directed(words: Sequence[Word], phrase: Phrase, index: int) -> bool:
    """Whether "up" or "down" here says where a part goes: after an action, or after a part and small words."""
    for other in range(index - 1, max(-1, index - 7), -1):
        if other < phrase.words[0]:
            return bool(phrase.joints & {"and", ",", "or"})
        if any(other == at for action in phrase.actions for at, _ in action.classes):
            return True
        if phrase.parts and phrase.parts[-1].last == other:
            return True
        if not words[other].flags & _ON_THE_WAY:
            return False
    return index == phrase.words[0] and bool(phrase.joints & {"and", ",", "or"})


def _continues(words: Sequence[Word], action: Action, index: int, phrase: Phrase) -> bool:
    """Whether the action word here goes on with the run of actions before it."""
    if phrase.parts and phrase.parts[-1].first > action.last:
        return False
    return all(words[other].flags & _ADVERB for other in range(action.last + 1, index))


def _belongs_elsewhere(words: Sequence[Word], phrase: Phrase, action: Action) -> bool:
    """Whether the action is of something that is no part of the face: "a raised collar", "she raised her hand"."""
    rest = [index for index in phrase.words if index > action.last]
    if not rest or rest[0] != action.last + 1:
        return False
    lead = words[action.first - 1] if action.first > 0 else None
    if _thing(words[rest[0]]):
        return lead is None or action.first == phrase.words[0] or not lead.flags or lead.flags & _BEFORE_A_THING != 0
    if words[rest[0]].flags & _DET:
        following = next((index for index in rest if not words[index].flags & _ARTICLES), None)
        return following is not None and _thing(words[following])
    return False


def _thing(word: Word) -> bool:
    return not word.flags or (word.flags & _NAMED != 0 and not word.flags & _ACTS)


def _within(phrase: Phrase, index: int) -> bool:
    return any(part.first <= index <= part.last for part in phrase.parts)
