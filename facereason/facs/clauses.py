"""Where the clauses of a sentence begin: how far a "no" or a "perhaps" reaches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from facereason.facs.lexicon import Word, first_of, mask
from facereason.facs.mentions import Mention


@dataclass(slots=True)
class Chunk:
    """Words between two joints, `first` to `last`. `joint`: what stands before it: "", "or", "and", ",", or the heading
    of the joint; `finite`: index of its finite verb; `says`: it says something of a subject, verb or not."""

    first: int
    last: int
    joints: frozenset[str]
    inside: bool
    joint: str = ""
    finite: int | None = None
    says: bool = False
    state: bool = False
    mentions: list[Mention] = field(default_factory=list)
    clause: int = 0

    @property
    def values(self) -> set[str]:
        return {mention.value for mention in self.mentions}


def chunks(words: Sequence[Word], mentions: Sequence[Mention]) -> tuple[list[Chunk], list[Chunk | None]]:
    """The chunks of a sentence, each with the number of its clause; and the chunk of each word, None of a joint."""
    found = _cut(words)
    owner: list[Chunk | None] = [None] * len(words)
    for chunk in found:
        owner[chunk.first : chunk.last + 1] = [chunk] * (chunk.last + 1 - chunk.first)
    for mention in mentions:
        if (own := owner[mention.at[0]]) is not None:
            own.mentions.append(mention)
    for chunk in found:
        _describe(words, chunk)
    _settle_joints(found)
    clause, said = 0, False
    named: set[str] = set()
    for position, chunk in enumerate(found):
        if position and _begins_clause(words, found, position, said, named):
            clause, said, named = clause + 1, False, set()
        chunk.clause = clause
        said = said or chunk.says or chunk.state
        if chunk.mentions:
            named |= chunk.values
    return found, owner


def alternates(words: Sequence[Word]) -> bool:
    """Whether an "or" stands in a sentence."""
    return any(word.flags & _LIST and word.text in _OR for word in words)


_JOINTS = ("except", "contrast", "break", "pauses", "opens", "closes", "stops", "list")
_OR = frozenset({"or", "nor", "and or", "and / or"})
_ASIDES = frozenset({"however", "though", "nevertheless", "nonetheless"})
_LOOSE = frozenset({"as", "when", "where", "until", "after", "before", "once", "given", "as the", "as her", "as his"})
_JOINT, _WITHOUT, _LIST = mask(*_JOINTS), mask("without"), mask("list")
_NO_WORDS = frozenset({"except", "pauses", "opens", "closes", "stops"})
_BESIDES = frozenset({"list", ",", "contrast", "break", "pauses", "opens", "closes"})
_OPENS, _CLOSES = mask("opens"), mask("closes")
_CUES = mask("not", "no", "without", "absent", "hedge", "seem", "unsure")
_FINITE, _RATES, _RATES_BEHIND = mask("finite"), mask("present", "absent"), mask("present", "absent", "no")
_STATE, _GOES_ON, _RESTART = mask("state"), mask("finite", "not", "be", "verb"), mask("restart")
_SUBJECT, _PERSON, _SINGULAR = mask("subject"), mask("person"), mask("singular")


def _cut(words: Sequence[Word]) -> list[Chunk]:
    found: list[Chunk] = []
    joints: set[str] = set()
    depth, first = 0, 0
    inside = False
    for index, word in enumerate(words):
        flags = word.flags
        if not flags & _JOINT or flags & _WITHOUT:
            continue
        if first < index:
            found.append(Chunk(first, index - 1, frozenset(joints), inside))
            joints = set()
        kind = first_of(_JOINTS, flags & _JOINT)
        joints.add(kind)
        if kind not in _NO_WORDS:
            joints.add(word.text)
        depth = max(0, depth + (flags & _OPENS != 0) - (flags & _CLOSES != 0))
        first, inside = index + 1, depth > 0
    if first < len(words):
        found.append(Chunk(first, len(words) - 1, frozenset(joints), inside))
    return found


def _describe(words: Sequence[Word], chunk: Chunk) -> None:
    for index in range(chunk.first, chunk.last + 1):
        if words[index].flags & _FINITE:
            chunk.finite, chunk.says = index, True
            break
    named = chunk.last
    for mention in chunk.mentions:
        at = mention.at
        named = min(named, at[0])
        if mention.part is not None and chunk.first <= mention.part < at[0]:
            chunk.state = chunk.state or any(words[index].flags & _STATE for index in at)
    if not chunk.says:
        chunk.says = any(word.flags & _RATES for word in words[named + 1 : chunk.last + 1]) or (
            "pauses" in chunk.joints and any(word.flags & _RATES_BEHIND for word in words[chunk.first : chunk.last + 1])
        )


def _settle_joints(found: Sequence[Chunk]) -> None:
    """Name the joint of each chunk; a comma in a list that ends in "or" is an "or"."""
    following = ""
    for chunk in reversed(found):
        joints = chunk.joints
        if "list" not in joints:
            chunk.joint = next((kind for kind in _JOINTS if kind in joints), "")
        elif joints & _OR:
            chunk.joint = "or"
        elif joints - _BESIDES:
            chunk.joint = "and"
        else:
            chunk.joint = "or" if following == "or" and chunk.finite is None else ","
        following = chunk.joint if not chunk.inside else following


def _begins_clause(words: Sequence[Word], found: Sequence[Chunk], position: int, said: bool, named: set[str]) -> bool:
    """Whether a new clause begins with this chunk, when the clause before has named these values, and `said` something
    of them or not."""
    chunk = found[position]
    joints = chunk.joints
    opener = words[chunk.first]
    cue_before = words[found[position - 1].last].flags & _CUES != 0
    own = chunk.finite is not None
    if "except" in joints:
        return True
    if chunk.inside or "opens" in joints:
        return "contrast" in joints
    if "contrast" in joints:
        aside = "," in joints and bool(joints & _ASIDES) and opener.flags & _GOES_ON != 0
        return not aside
    if "," in joints and opener.flags & _RESTART:
        return True
    if "break" in joints:
        if cue_before and "," not in joints:
            return False
        return own or chunk.state if joints & _LOOSE else True
    if "pauses" in joints:
        news = bool(named) and not chunk.values <= named
        return bool(chunk.mentions) and (said or own or chunk.state or news) and not cue_before
    if chunk.joint == "or":
        return "," in joints and own and said and not joints & _OR
    if chunk.joint in (",", "and"):
        if said:
            return own or chunk.state or chunk.says or _rated_later(found, position)
        if chunk.joint == ",":
            return own or chunk.state or chunk.says
        return chunk.state or _independent(words, chunk, named)
    return False


def _rated_later(found: Sequence[Chunk], position: int) -> bool:
    """Whether a chunk like "AU12" in "AU12: present" is rated behind the colon."""
    following = found[position + 1] if position + 1 < len(found) else None
    return following is not None and "pauses" in following.joints and following.says and not following.mentions


def _independent(words: Sequence[Word], chunk: Chunk, named: set[str]) -> bool:
    """Whether a chunk behind "and" has a subject of its own: in "no AU4 and AU12 is present" it has, in "no AU4 and AU7
    are present" it has not."""
    if chunk.finite is None:
        return False
    if words[chunk.first].flags & _SUBJECT:
        return True
    if any(m.part is not None and m.part < chunk.finite < m.at[0] for m in chunk.mentions):
        return True
    if any(word.flags & _PERSON for word in words[chunk.first : chunk.finite]):
        return any(mention.at[0] > chunk.finite for mention in chunk.mentions)
    single = len(named) < 2 and words[chunk.finite].flags & _SINGULAR
    return bool(single) and any(mention.at[0] < chunk.finite for mention in chunk.mentions)
