"""Whether a sentence asserts, denies or hedges what it mentions.

A negator or hedge reaches forward to the end of its clause ("no AU4, AU7 or AU9"), or back over it where it speaks of
what came before ("AU4 and AU7 are not visible"). A hedge outranks a negator, save in "does not seem happy".
Alternatives ("sad or angry") assert neither. All work is linear in the number of words.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate, pairwise

from facereason.facs.clauses import Chunk, alternates, chunks
from facereason.facs.lexicon import Word, mask
from facereason.facs.mentions import Mention
from facereason.types import Stance


def stances(words: Sequence[Word], mentions: Sequence[Mention]) -> list[Stance]:
    """The stance of each mention, in the order given."""
    if not mentions:
        return []
    if words[-1].text == "?":
        return [Stance.HEDGED] * len(mentions)
    cues = [index for index, word in enumerate(words) if word.flags & _TURNS]
    if not cues and not alternates(words):
        return [Stance.DENIED if mention.denies else Stance.ASSERTED for mention in mentions]
    sentence = _Sentence(words, mentions)
    denied, hedged = _reached(sentence, cues)
    alternatives = _alternatives(sentence.chunks)
    result = []
    for mention in mentions:
        if any(hedged[index] for index in mention.at):
            result.append(Stance.HEDGED)
        elif sentence.reaches(denied, mention):
            result.append(Stance.ASSERTED if mention.denies else Stance.DENIED)
        elif mention.at[0] in alternatives:
            result.append(Stance.HEDGED)
        else:
            result.append(Stance.DENIED if mention.denies else Stance.ASSERTED)
    return result


_SMALL = mask("adverb", "be", "verb", "det", "hedge", "seem", "not", "near")
_STOPPERS = mask("list", "contrast", "break", "stops", "except")
_NEGATORS = mask("not", "no", "without", "instead", "absent")
_CUES = _NEGATORS | mask("hedge", "seem", "unsure")
_TURNS = _CUES | mask("except")
_EXCEPT, _NEITHER, _SEEM, _NOT, _NO = mask("except"), mask("neither"), mask("seem"), mask("not"), mask("no")
_WITHOUT, _INSTEAD, _ABSENT, _HEDGE = mask("without"), mask("instead"), mask("absent"), mask("hedge")
_SAID_OF, _SET_ASIDE = mask("unsure", "absent"), mask("without", "instead")
_CONCLUDE, _FINITE, _CLOSING, _INDEFINITE = mask("conclude"), mask("finite"), mask("closes"), mask("indefinite")
_PERCEIVED, _RATES, _ARTICLES = mask("perceive", "present"), mask("present", "absent"), mask("adverb", "det")
_VERBS, _BEFORE_VERBS, _LIST = mask("be", "verb"), mask("adverb", "hedge", "seem", "det"), mask("list")
_LOOK_AHEAD = 6


class _Sentence:
    """The words of a sentence with its clauses, and what lies before and behind each word. Most of that is asked of few
    sentences, and made where it is."""

    def __init__(self, words: Sequence[Word], mentions: Sequence[Mention]) -> None:
        self.words = words
        self.chunks, self.chunk_at = chunks(words, mentions)
        self.clause_first: dict[int, int] = {}
        self.clause_end: dict[int, int] = {}
        for chunk in self.chunks:
            self.clause_first.setdefault(chunk.clause, chunk.first)
            self.clause_end[chunk.clause] = chunk.last + 1
        self.start_of: dict[int, int] = {}
        for mention in mentions:
            first, last = mention.first, mention.last
            self.start_of[last] = min(first, self.start_of.get(last, first))
        self._mentions = mentions
        self._named = sorted(self.start_of)

    @cached_property
    def starts(self) -> set[int]:
        return {mention.first for mention in self._mentions}

    def named_before(self, index: int) -> int:
        """Where the last mention ends that ends before this word, -1 where none does."""
        place = bisect_left(self._named, index)
        return self._named[place - 1] if place else -1

    def next_chunk(self, index: int) -> int:
        return self._behind(index, self._firsts)

    def next_comma(self, index: int) -> int:
        return self._behind(index, self._commas)

    def next_article(self, index: int) -> int:
        return self._behind(index, self._articles)

    def next_conclusion(self, index: int) -> int:
        return self._behind(index, self._conclusions)

    def next_finite(self, index: int) -> int:
        return self._behind(index, self._finites)

    def next_closing(self, index: int) -> int:
        return self._behind(index, self._closings)

    def _behind(self, index: int, marks: Sequence[int]) -> int:
        """The first of the marks behind this word, or the number of words."""
        place = bisect_right(marks, index)
        return marks[place] if place < len(marks) else len(self.words)

    @cached_property
    def _firsts(self) -> list[int]:
        return [chunk.first for chunk in self.chunks]

    @cached_property
    def _commas(self) -> list[int]:
        return [chunk.first for chunk in self.chunks if "," in chunk.joints and chunk.joint != "or"]

    @cached_property
    def _articles(self) -> list[int]:
        words = self.words
        return [c.first for c in self.chunks if c.joint == "and" and words[c.first].flags & _INDEFINITE]

    @cached_property
    def _conclusions(self) -> list[int]:
        return self._with(_CONCLUDE)

    @cached_property
    def _finites(self) -> list[int]:
        return self._with(_FINITE)

    @cached_property
    def _closings(self) -> list[int]:
        return self._with(_CLOSING)

    def _with(self, flags: int) -> list[int]:
        return [index for index, word in enumerate(self.words) if word.flags & flags]

    def reaches(self, reached: Sequence[int], mention: Mention) -> bool:
        """Whether the reach covers the mention: its action, or its part of the face within the same clause."""
        if any(reached[index] for index in mention.at):
            return True
        if mention.part is None or not reached[mention.part]:
            return False
        part, action = self.chunk_at[mention.part], self.chunk_at[mention.at[0]]
        return part is not None and action is not None and part.clause == action.clause

    def previous_first(self, chunk: Chunk) -> int:
        """First word of the chunk before this one, or of the one that its parentheses belong to."""
        before = bisect_left(self._firsts, chunk.first) - 1
        if before > 0 and self.chunks[before].inside and not chunk.inside:
            before -= 1
        return self.chunks[before].first if before >= 0 else 0


def _reached(sentence: _Sentence, cues: Sequence[int]) -> tuple[list[int], list[int]]:
    """How many negators and how many hedges reach each word; `cues`: the words that may be either, or except."""
    words = sentence.words
    denied, hedged = [0] * (len(words) + 1), [0] * (len(words) + 1)
    denial_end = -1
    for index in cues:
        flags = words[index].flags
        if flags & _EXCEPT and denial_end < index:
            following = sentence.next_chunk(index)
            chunk = sentence.chunk_at[following] if following < len(words) else None
            if chunk is not None:
                _add(denied, following, sentence.clause_end[chunk.clause])
        chunk = sentence.chunk_at[index]
        if chunk is None or not _is_cue(sentence, index):
            continue
        negates = flags & _NEGATORS
        first, end = _reach(sentence, index, chunk)
        _add(denied if negates else hedged, first, end)
        if negates:
            denial_end = max(denial_end, end)
    return list(accumulate(denied)), list(accumulate(hedged))


def _add(reached: list[int], first: int, end: int) -> None:
    if first < end:
        reached[first] += 1
        reached[end] -= 1


def _is_cue(sentence: _Sentence, index: int) -> bool:
    """Whether the word negates or hedges here. "No, she smiles" negates nothing; "does not seem", "could not see" hedge
    nothing."""
    words = sentence.words
    word = words[index]
    flags = word.flags
    if flags & _NEITHER or not flags & _CUES:
        return False
    if word.text == "no" and index == 0 and len(words) > 1 and words[1].text == ",":
        return False
    if flags & _SEEM and not flags & _NEGATORS:
        if any(other.flags & _NOT for other in words[max(0, index - 2) : index]):
            return False
        following = words[index + 1 : index + 5]
        if following and following[0].flags & _NOT:
            return not any(other.flags & _PERCEIVED for other in following[1:])
    return True


def _reach(sentence: _Sentence, index: int, chunk: Chunk) -> tuple[int, int]:
    """First and end index of the words that a cue reaches."""
    flags = sentence.words[index].flags
    back = _back(sentence, index, chunk)
    if back is not None:
        return back, index
    if flags & _SAID_OF and not flags & _WITHOUT and not _introduces(sentence, index):
        return index, index
    end = sentence.clause_end[chunk.clause]
    if chunk.inside:
        end = min(end, sentence.next_closing(index))
    inserted = flags & _NOT and index == chunk.first and "," in chunk.joints and chunk.finite is None
    if inserted or flags & _INSTEAD:
        end = min(end, sentence.next_comma(index))
    if flags & _INSTEAD:
        end = min(end, sentence.next_finite(index))
    if flags & _WITHOUT:
        conclusion = sentence.next_conclusion(index)
        if conclusion < end and sentence.named_before(conclusion) > index:
            end = conclusion
    if flags & _NO:
        end = min(end, sentence.next_article(index))
    return index + 1, end


def _back(sentence: _Sentence, index: int, chunk: Chunk) -> int | None:
    """Where the reach of a cue begins that speaks of what came before it; None for one that speaks of what follows."""
    flags = sentence.words[index].flags
    named = sentence.named_before(index)
    if named < 0 or (flags & _SET_ASIDE and not flags & _ABSENT):
        return None
    clause_first = sentence.clause_first[chunk.clause]
    start = sentence.start_of[named]
    note = index == chunk.first and (chunk.inside or "pauses" in chunk.joints)
    if note and named < sentence.previous_first(chunk):
        return None
    relative = "break" in chunk.joints and bool(chunk.joints & {"which", "who"})
    if named < clause_first and not (note or relative):
        return None
    closed = _closes(sentence, index, chunk)
    if flags & _SAID_OF:
        speaks = _predicated(sentence, index, chunk) and not _introduces(sentence, index)
    else:
        speaks = closed or _rates(sentence, index)
    if not speaks:
        return None
    if named < chunk.first and (note or relative or chunk.inside):
        return _row_start(sentence, named, chunk)
    return min(start, chunk.first) if closed and not flags & _SAID_OF else clause_first


def _row_start(sentence: _Sentence, named: int, note: Chunk) -> int:
    """Where that begins which a note is about: "AU4 (brow lowerer): absent", "AU4, AU7: absent"."""
    start = sentence.start_of[named]
    for _ in range(_LOOK_AHEAD):
        before = sentence.named_before(start)
        chunk = sentence.chunk_at[start]
        if before < 0 or chunk is None:
            break
        other = sentence.chunk_at[before]
        name = chunk.inside and other is not None and not other.inside and bool(other.values & chunk.values)
        listed = chunk.joint in (",", "and", "or") and sentence.words[before + 1].flags & _LIST
        if not name and not (listed and "pauses" in note.joints):
            break
        start = sentence.start_of[before]
    return start


def _rates(sentence: _Sentence, index: int) -> bool:
    """Whether "visible", "present" or the like goes with the cue and is said of something before it."""
    words = sentence.words
    for position in range(index + 1, min(index + _LOOK_AHEAD, len(words))):
        if words[position].flags & _RATES:
            following = position + 1
            while following < min(position + _LOOK_AHEAD, len(words)) and words[following].flags & _ARTICLES:
                following += 1
            return following not in sentence.starts and position not in sentence.starts
        if not words[position].flags & _SMALL:
            return False
    return False


def _closes(sentence: _Sentence, index: int, chunk: Chunk) -> bool:
    """Whether a cue ends its chunk and speaks of what the chunk names, or is a note of its own: "AU4: no"."""
    if chunk.last - index >= _LOOK_AHEAD:
        return False
    if any(not sentence.words[after].flags & _VERBS for after in range(index + 1, chunk.last + 1)):
        return False
    if sentence.named_before(index) >= chunk.first:
        return True
    alone = index == chunk.first
    last = chunk.last + 1 == sentence.clause_end[chunk.clause]
    return alone and (
        chunk.inside
        or "pauses" in chunk.joints
        or ("," in chunk.joints and last and sentence.words[index].flags & _HEDGE != 0)
    )


def _predicated(sentence: _Sentence, index: int, chunk: Chunk) -> bool:
    """Whether "absent" or "unclear" follows a verb, or directly what it is said of."""
    before = index - 1
    while before >= chunk.first and sentence.words[before].flags & _BEFORE_VERBS:
        before -= 1
    if before < chunk.first:
        return index == chunk.first or before in sentence.start_of or chunk.inside
    return sentence.words[before].flags & _VERBS != 0 or before in sentence.start_of


def _introduces(sentence: _Sentence, index: int) -> bool:
    """Whether something is named, or "whether" stands, soon behind the cue."""
    words = sentence.words
    for position in range(index + 1, min(index + _LOOK_AHEAD, len(words))):
        if position in sentence.starts or words[position].text in ("whether", "if", "that"):
            return True
        if words[position].flags & _STOPPERS:
            return False
    return False


def _alternatives(found: Sequence[Chunk]) -> set[int]:
    """Words of mentions that "or" sets against different ones."""
    result: set[int] = set()
    for left, right in pairwise(found):
        if right.joint != "or" or left.clause != right.clause:
            continue
        if left.mentions and right.mentions and left.values != right.values:
            result.update(mention.at[0] for mention in (*left.mentions, *right.mentions))
    return result
