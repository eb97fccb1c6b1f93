"""Whether a sentence asserts, denies or hedges what it mentions.

A negator or hedge reaches forward to the end of its clause ("no AU4, AU7 or AU9"), or back over it where it speaks of
what came before ("AU4 and AU7 are not visible"). A hedge outranks a negator, save in "does not seem happy".
Alternatives ("sad or angry") assert neither. All work is linear in the number of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate, pairwise

from facereason.facs.clauses import Chunk, chunks
from facereason.facs.lexicon import Word
from facereason.facs.mentions import Mention
from facereason.types import Stance


def stances(words: Sequence[Word], mentions: Sequence[Mention]) -> list[Stance]:
    """The stance of each mention, in the order given."""
    if not mentions:
        return []
    sentence = _Sentence(words, mentions)
    denied, hedged = _reached(sentence)
    alternatives = _alternatives(sentence.chunks)
    question = words[-1].text == "?"
    result = []
    for mention in mentions:
        if question or any(hedged[index] for index in mention.at):
            result.append(Stance.HEDGED)
        elif sentence.reaches(denied, mention):
            result.append(Stance.ASSERTED if mention.denies else Stance.DENIED)
        elif mention.at[0] in alternatives:
            result.append(Stance.HEDGED)
        else:
            result.append(Stance.DENIED if mention.denies else Stance.ASSERTED)
    return result


_SMALL = ("adverb", "be", "verb", "det", "hedge", "seem", "not", "near")
_STOPPERS = ("list", "contrast", "break", "stops", "except")
_NEGATORS = ("not", "no", "without", "instead", "absent")
_HEDGES = ("hedge", "seem", "unsure")
_LOOK_AHEAD = 6


class _Sentence:
    """The words of a sentence with its clauses, and for each word what lies before and behind it."""

    def __init__(self, words: Sequence[Word], mentions: Sequence[Mention]) -> None:
        self.words = words
        self.chunks = chunks(words, mentions)
        self.chunk_at: list[Chunk | None] = [None] * len(words)
        self.clause_first: dict[int, int] = {}
        self.clause_end: dict[int, int] = {}
        for chunk in self.chunks:
            self.chunk_at[chunk.first : chunk.last + 1] = [chunk] * (chunk.last + 1 - chunk.first)
            self.clause_first.setdefault(chunk.clause, chunk.first)
            self.clause_end[chunk.clause] = chunk.last + 1
        self._place = {chunk.first: place for place, chunk in enumerate(self.chunks)}
        self.starts = {mention.first for mention in mentions}
        self.start_of: dict[int, int] = {}
        for mention in mentions:
            self.start_of[mention.last] = min(mention.first, self.start_of.get(mention.last, mention.first))
        self.named_before = self._named_before()
        commas = {chunk.first for chunk in self.chunks if "," in chunk.joints and chunk.joint != "or"}
        articles = {c.first for c in self.chunks if c.joint == "and" and words[c.first].has("indefinite")}
        self.next_conclusion = self._next({index for index, word in enumerate(words) if word.has("conclude")})
        self.next_finite = self._next({index for index, word in enumerate(words) if word.has("finite")})
        self.next_comma = self._next(commas)
        self.next_article = self._next(articles)
        self.next_closing = self._next({index for index, word in enumerate(words) if word.has("closes")})
        self.next_chunk = self._next({chunk.first for chunk in self.chunks})

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
        before = self._place[chunk.first] - 1
        if before > 0 and self.chunks[before].inside and not chunk.inside:
            before -= 1
        return self.chunks[before].first if before >= 0 else 0

    def _named_before(self) -> list[int]:
        nearest, result = -1, []
        for index in range(len(self.words)):
            result.append(nearest)
            nearest = index if index in self.start_of else nearest
        return result

    def _next(self, marks: set[int]) -> list[int]:
        """For each word the index of the next mark behind it, or the number of words."""
        nearest, result = len(self.words), []
        for index in range(len(self.words) - 1, -1, -1):
            result.append(nearest)
            nearest = index if index in marks else nearest
        return result[::-1]


def _reached(sentence: _Sentence) -> tuple[list[int], list[int]]:
    """How many negators and how many hedges reach each word."""
    words = sentence.words
    denied, hedged = [0] * (len(words) + 1), [0] * (len(words) + 1)
    denial_end = -1
    for index, word in enumerate(words):
        if word.has("except") and denial_end < index:
            following = sentence.next_chunk[index]
            chunk = sentence.chunk_at[following] if following < len(words) else None
            if chunk is not None:
                _add(denied, following, sentence.clause_end[chunk.clause])
        chunk = sentence.chunk_at[index]
        if chunk is None or not _is_cue(sentence, index):
            continue
        negates = word.has(*_NEGATORS)
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
    if word.has("neither") or not word.has(*_NEGATORS, *_HEDGES):
        return False
    if word.text == "no" and index == 0 and len(words) > 1 and words[1].text == ",":
        return False
    if word.has("seem") and not word.has(*_NEGATORS):
        if any(other.has("not") for other in words[max(0, index - 2) : index]):
            return False
        following = words[index + 1 : index + 5]
        if following and following[0].has("not"):
            return not any(other.has("perceive", "present") for other in following[1:])
    return True


def _reach(sentence: _Sentence, index: int, chunk: Chunk) -> tuple[int, int]:
    """First and end index of the words that a cue reaches."""
    word = sentence.words[index]
    back = _back(sentence, index, chunk)
    if back is not None:
        return back, index
    if word.has("unsure", "absent") and not word.has("without") and not _introduces(sentence, index):
        return index, index
    end = sentence.clause_end[chunk.clause]
    if chunk.inside:
        end = min(end, sentence.next_closing[index])
    inserted = word.has("not") and index == chunk.first and "," in chunk.joints and chunk.finite is None
    if inserted or word.has("instead"):
        end = min(end, sentence.next_comma[index])
    if word.has("instead"):
        end = min(end, sentence.next_finite[index])
    conclusion = sentence.next_conclusion[index]
    if word.has("without") and conclusion < end and sentence.named_before[conclusion] > index:
        end = conclusion
    if word.has("no"):
        end = min(end, sentence.next_article[index])
    return index + 1, end


def _back(sentence: _Sentence, index: int, chunk: Chunk) -> int | None:
    """Where the reach of a cue begins that speaks of what came before it; None for one that speaks of what follows."""
    word = sentence.words[index]
    named = sentence.named_before[index]
    if named < 0 or (word.has("without", "instead") and not word.has("absent")):
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
    if word.has("unsure", "absent"):
        speaks = _predicated(sentence, index, chunk) and not _introduces(sentence, index)
    else:
        speaks = closed or _rates(sentence, index)
    if not speaks:
        return None
    if named < chunk.first and (note or relative or chunk.inside):
        return _row_start(sentence, named, chunk)
    return min(start, chunk.first) if closed and not word.has("unsure", "absent") else clause_first


def _row_start(sentence: _Sentence, named: int, note: Chunk) -> int:
    """Where that begins which a note is about: "AU4 (brow lowerer): absent", "AU4, AU7: absent"."""
    start = sentence.start_of[named]
    for _ in range(_LOOK_AHEAD):
        before = sentence.named_before[start]
        chunk = sentence.chunk_at[start]
        if before < 0 or chunk is None:
            break
        other = sentence.chunk_at[before]
        name = chunk.inside and other is not None and not other.inside and bool(other.values & chunk.values)
        listed = chunk.joint in (",", "and", "or") and sentence.words[before + 1].has("list")
        if not name and not (listed and "pauses" in note.joints):
            break
        start = sentence.start_of[before]
    return start


def _rates(sentence: _Sentence, index: int) -> bool:
    """Whether "visible", "present" or the like goes with the cue and is said of something before it."""
    words = sentence.words
    for position in range(index + 1, min(index + _LOOK_AHEAD, len(words))):
        if words[position].has("present", "absent"):
            following = position + 1
            while following < min(position + _LOOK_AHEAD, len(words)) and words[following].has("adverb", "det"):
                following += 1
            return following not in sentence.starts and position not in sentence.starts
        if not words[position].has(*_SMALL):
            return False
    return False


def _closes(sentence: _Sentence, index: int, chunk: Chunk) -> bool:
    """Whether a cue ends its chunk and speaks of what the chunk names, or is a note of its own: "AU4: no"."""
    if chunk.last - index >= _LOOK_AHEAD:
        return False
    if any(not sentence.words[after].has("be", "verb") for after in range(index + 1, chunk.last + 1)):
        return False
    if sentence.named_before[index] >= chunk.first:
        return True
    alone = index == chunk.first
    last = chunk.last + 1 == sentence.clause_end[chunk.clause]
    return alone and (
        chunk.inside
        or "pauses" in chunk.joints
        or ("," in chunk.joints and last and sentence.words[index].has("hedge"))
    )


def _predicated(sentence: _Sentence, index: int, chunk: Chunk) -> bool:
    """Whether "absent" or "unclear" follows a verb, or directly what it is said of."""
    before = index - 1
    while before >= chunk.first and sentence.words[before].has("adverb", "hedge", "seem", "det"):
        before -= 1
    if before < chunk.first:
        return index == chunk.first or before in sentence.start_of or chunk.inside
    return sentence.words[before].has("be", "verb") or before in sentence.start_of


def _introduces(sentence: _Sentence, index: int) -> bool:
    """Whether something is named, or "whether" stands, soon behind the cue."""
    words = sentence.words
    for position in range(index + 1, min(index + _LOOK_AHEAD, len(words))):
        if position in sentence.starts or words[position].text in ("whether", "if", "that"):
            return True
        if words[position].has(*_STOPPERS):
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
