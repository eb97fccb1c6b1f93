"""From a question to what is asked: typed queries, or a typed "not understood".

The grammar reads it as it stands, or in plain words that the rewording model, lists or what it mentions propose; what
these say is parsed as strictly as ever.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from facereason.agent.grammar import fragments, frames, introduced, loosely, losses, orders, slots, spelling
from facereason.agent.grammar.parsing import NotUnderstood, asks_for_a_name, parsed, sentence_parsed
from facereason.agent.grammar.standins import stand_in
from facereason.agent.grammar.words import NAME, Word, sentences
from facereason.types import By, Kind, Query, Reference, Scope, Topic, UsageError

if TYPE_CHECKING:
    from facereason.rewording import Proposal

LONGEST_QUESTION = 2000  # characters
_LONGEST_SENTENCE = 60  # words; a question of people is shorter, and parsing time grows with the square
_MOST_SENTENCES = 8


def understand(question: str) -> tuple[Query, ...]:
    """What is asked, in the order of asking: "how does she feel, and why?" gives two queries.

    What is asked only probably is among it: `understood` says how surely. Raises NotUnderstood; and UsageError for an
    empty question or one over 2,000 characters.
    """
    return understood(question).queries


class Way(StrEnum):
    """How a question was understood."""

    GRAMMAR = "grammar"  # as it stands
    OTHER_WORDS = "other words"  # put into plainer words, or their plain order, by lists
    MODEL = "model"  # put into plain words by the rewording model
    MENTIONS = "mentions"  # by what it mentions


@dataclass(frozen=True, slots=True)
class Understood:
    """`sure`: how probable it is that this is what was asked; 1 by the grammar, by its other words, and where the model
    is as good as sure. `taken_for`: what it was taken for in plain words, where that is less than sure."""

    queries: tuple[Query, ...]
    way: Way = Way.GRAMMAR
    sure: float = 1.0

    @property
    def taken_for(self) -> str:
        return "? ".join(query.text.rstrip("? ") for query in self.queries) if self.sure < 1 else ""


def understood(question: str, *, first: bool = True) -> Understood:
    """As `understand`, with how the question was understood, and how surely. `first`: nothing was asked before, so that
    a phrase alone can hardly mean the last question again."""
    if not question.strip():
        raise UsageError("the question is empty: ask something, such as 'How does she feel, and why?'")
    if len(question) > LONGEST_QUESTION:
        raise UsageError(f"the question has {len(question):,} characters: ask in at most {LONGEST_QUESTION:,}")
    asked = sentences(question)
    if not asked:
        raise NotUnderstood("I see no question there.")
    if len(asked) > _MOST_SENTENCES or max(map(len, asked)) > _LONGEST_SENTENCE:
        raise NotUnderstood("That is too much at once: ask fewer things, in shorter sentences.")
    plainly, meaningless = _plainly(asked, question)
    if first and question.rstrip().endswith("?"):
        plainly = fragments.completed(plainly)
    if any(_two_in_one(query, question) for query in plainly):
        plainly = ()
    if plainly and not (first and _is_fragment(plainly)) and not _loses_somebody(plainly, question):
        return Understood(plainly)
    if not plainly and _calls_by_name(asked):
        return Understood(parsed(asked, question))
    proposal = None if meaningless else _proposed(question)
    meant = _meant(proposal, question)
    odds = proposal.probability if proposal else 0.0
    if meant and odds >= BY_MODEL:
        return Understood(meant, Way.MODEL)
    if plainly:
        return Understood(plainly)
    other = () if meaningless or any(map(asks_for_a_name, asked)) else _by_stand_ins(question)
    if other and _alike(other, meant):
        return Understood(other, Way.MODEL)
    meant = other or meant
    if not meant and not meaningless and (pieces := _in_pieces(question)):
        return Understood(pieces, Way.MODEL, UNSURE)
    found, way = _in_other_words(question)
    plain = " ".join(query.text for query in found).casefold()
    if any(_two_in_one(query, question) for query in found) or losses.of_lists(question.casefold(), plain):
        found = ()
    if found and (_alike(found, meant) or (proposal is None and way is Way.OTHER_WORDS)):
        return Understood(found, way)
    if meant:
        return Understood(meant, Way.MODEL, UNSURE)
    if found and not (way is Way.MENTIONS and proposal and proposal.is_none and odds >= BY_MODEL):
        return Understood(found, way, UNSURE)
    return Understood(parsed(asked, question))


BY_MODEL = 0.75
"""Probability of the rewording model from which its words are taken as those of the question."""

LEAST_BY_MODEL = 0.42
"""And from which they are taken at all, also where lists or mentions say something else: on rewordings that it had not
learnt it was right far more often than they."""

BY_STAND_INS = 0.8
"""From which its words are taken rather than those of the whole question where numbers stood for the people in it."""

UNSURE = 0.55
"""How sure it is then, or where lists or mentions take its place: below what counts as an answer without a warning. Of
what was taken for something in these two ways, 73 and 56 % is right on questions in other words that nothing was tuned
on (`eval/results/questions.json`)."""


def _plainly(asked: Sequence[list[Word]], question: str) -> tuple[tuple[Query, ...], bool]:
    """What the grammar reads in the question as it stands, or as what it can only mean; nothing where it does not; and
    whether it reads it, but as something that means nothing here: other words do not mend that."""
    plain, changed = loosely.put_plainly(question)
    if changed:
        with contextlib.suppress(NotUnderstood):
            return _as_one(parsed(sentences(plain), plain, names=False), question), False
    try:
        return _as_one(parsed(asked, question, names=False), question), False
    except NotUnderstood as error:
        if error.meaningless:
            return (), True
    with contextlib.suppress(NotUnderstood):
        return _as_one(parsed(sentences(plain), plain, names=False), question), False
    return (), False


def _is_fragment(queries: Sequence[Query]) -> bool:
    """ "Any shocked faces?" or "all faces smiling?" alone is rather a question of its own than the last one again, and
    "the man, lips parted?" one question than two."""
    again = [query for query in queries if query.kind is Kind.AGAIN]
    if not again or len(queries) > 1:
        return bool(again)
    about, everybody = again[0].about, re.match(r"(?:all|every(?:one|body)?)\b", again[0].text, re.IGNORECASE)
    return about.scope is Scope.ANY or (bool(everybody) and any(c.topic in fragments.STATES for c in about.constraints))


def _loses_somebody(queries: Sequence[Query], question: str) -> bool:
    """Whether a question says "she" or "he", and what was read of it asks of nobody in particular: "orange or black,
    which has he got on?"."""
    said = _PRONOUN.search(question)
    return bool(said) and all(not query.about.constraints and query.against is None for query in queries)


_PRONOUN = re.compile(r"(?<!['’])\b(?:she|he)\b", re.IGNORECASE)


def _proposed(question: str) -> Proposal | None:
    """What the rewording model makes of a question all whose words it was taught, slips of the keyboard aside."""
    from facereason import rewording  # loads numpy, and then weights

    model = rewording.shipped()
    strange = model.strange(spelling.mended(question.casefold(), model.known))
    return None if strange else model.proposed(question)


def _by_stand_ins(question: str) -> tuple[Query, ...]:
    """What the model makes of a question with numbers for the people whom the grammar recognises in it; nothing where
    there are none, where it is not sure, or where something is denied, perhaps of one of them."""
    stood = None if losses.denies(question.casefold()) else stand_in(question)
    proposal = stood and _proposed(stood.text)
    if not stood or not proposal or proposal.is_none or proposal.probability < BY_STAND_INS:
        return ()
    plain = stood.put_back(proposal.plain)
    return () if plain is None else _meant(replace(proposal, plain=plain), question) or ()


_PIECES = re.compile(r"(?<=[?.!;:])\s+|\s+[-–—]+\s+")
_MOST_PIECES = 6


def _in_pieces(question: str) -> tuple[Query, ...]:
    """ "Grandma in the pink cardigan: standing? smiling?": what each piece asks, of whom the first one names where it
    does no more; nothing where a piece is not understood."""
    pieces = [piece for piece in _PIECES.split(question.strip()) if re.search(r"\w", piece)]
    if not 2 <= len(pieces) <= _MOST_PIECES:
        return ()
    whom, found = "", list[Query]()
    first = _proposed(pieces[0])
    named = _meant(first, pieces[0]) or ()
    if first and len(named) == 1 and named[0].kind is Kind.AGAIN and named[0].about.scope is Scope.ONE:
        whom = f"{first.plain}: "
        pieces = [
            part for piece in pieces[1:] for part in re.split(r",\s*(?:and\s+)?", piece) if re.search(r"\w", part)
        ]
    if len(pieces) > _MOST_PIECES:
        return ()
    for piece in pieces:
        meant = _meant(_proposed(f"{whom}{piece}"), piece)
        if not meant or any(query.kind is Kind.AGAIN for query in meant):
            return ()
        found += meant
    return introduced.merged(tuple(found))


def _meant(proposal: Proposal | None, question: str) -> tuple[Query, ...] | None:
    """What the plain words that a model proposes ask; None where they ask nothing, have lost something of the question,
    or are too improbable."""
    if proposal is None or proposal.is_none or proposal.probability < LEAST_BY_MODEL:
        return None
    if losses.lost(question.casefold().replace("’", "'"), proposal.plain.casefold()):
        return None
    try:
        meant = _as_one(parsed(sentences(proposal.plain), proposal.plain, names=False), question)
    except NotUnderstood:
        return None
    if any(map(_lacks_the_others, meant)) or _fewer_than_asked(meant, question):
        return None
    if _NAMES.search(question) and all(query.kind is not Kind.IDENTITY for query in meant):
        return None
    once = tuple(query for place, query in enumerate(meant) if _bare(query) not in map(_bare, meant[:place]))
    # who says one thing twice has stuttered, or has lost the other one
    return once if len(once) == len(meant) or not re.search(r"[,;?/&+]\s*\w|\band\b", question) else None


def _lacks_the_others(query: Query) -> bool:
    """Whether some are compared with nobody but themselves, or all are left out: the others were lost."""
    if any(each.value == "same as" and each.to and not each.to.constraints for each in query.about.constraints):
        return True
    return (
        query.kind is Kind.COMPARE and query.against is not None and _wordless(query.about) == _wordless(query.against)
    )


def _two_in_one(query: Query, question: str) -> bool:
    """Whether a proposal makes somebody out to be somebody else, as "are the man in blue and the girl smiling?" does
    where it is cut in the wrong place: a man who is a girl, person 2 who is person 5."""
    if query.kind is not Kind.YES_NO or query.against is None or not re.search(r"\band\b|,", question):
        return False
    for by, topic in ((By.NUMBER, None), (By.TOPIC, Topic.GENDER)):
        one, other = (
            {each.value for each in reference.constraints if each.by is by and each.topic is topic and not each.negated}
            for reference in (query.about, query.against)
        )
        if one and other and one != other:
            return True
    return False


def _fewer_than_asked(meant: Sequence[Query], question: str) -> bool:
    """Whether a question of several sentences, each with its mark and long enough to be one, has become fewer, and does
    not let choose ("is he sad? or is he angry?")."""
    asked = [each for each in question.split("?")[:-1] if len(each.split()) > 3]
    return len(asked) > max(1, len(meant)) and not re.search(r"\?\s*or\b", question)


def _alike(found: Sequence[Query], meant: Sequence[Query] | None) -> bool:
    """Whether both ask the same of the same people, whatever the words."""
    return meant is not None and [_bare(query) for query in found] == [_bare(query) for query in meant]


def _bare(query: Query) -> Query:
    return replace(query, text="", about=_wordless(query.about), against=query.against and _wordless(query.against))


def _wordless(reference: Reference) -> Reference:
    said = sorted((replace(c, to=c.to and _wordless(c.to)) for c in reference.constraints), key=lambda c: repr(c))
    return replace(reference, text="", constraints=tuple(said))


_NAMES = re.compile(
    r"\bnames? of\b|\b(?:by|his|her|their|whose|real|full|first|last) names?\b|'s names?\b|\b(?:called|named)\b"
    r"|\b(?:have|did) (?:you|we|i)(?: ever)? (?:see|seen|met|meet)\b|\bidentity\b"
    r"|\bidentify (?:the |th(?:is|at|[eo]se) )?(?:\w+ )?(?:person|people|(?:wo)?m[ae]n|girl|boy|child|her|him|them)\b"
    r"(?!')"
    r"|\bwho (?:exactly )?(?:she|he|that|this) is\b",
    re.IGNORECASE,
)
"""What asks for a name; "name the women" does not."""

_OPTIONS = (Topic.EMOTION, Topic.POSTURE, Topic.GENDER, Topic.AGE, Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR)


def _as_one(queries: tuple[Query, ...], question: str) -> tuple[Query, ...]:
    """ "Does he sit, or does he stand?" lets choose between two, as "does he sit or stand?" does; and who is brought in
    by a sentence of their own is whom the next one asks about."""
    queries = introduced.merged(queries)
    if len(queries) != 2 or any(each.kind is not Kind.YES_NO or each.negated for each in queries):
        return queries
    one, other = queries
    again = (
        all(each.by is By.PRONOUN for each in other.about.constraints)
        or other.about.constraints == one.about.constraints
    )
    single = one.about.scope is Scope.ONE and other.about.scope is Scope.ONE
    if not (again and single and one.topic is other.topic and one.topic in _OPTIONS and re.search(r"\bor\b", question)):
        return queries
    kind = Kind.EMOTION if one.topic is Topic.EMOTION else Kind.ATTRIBUTE
    value = f"{one.value} or {other.value}" if one.topic is Topic.AGE else ""
    return (replace(one, kind=kind, value=value, text=" ".join(question.split())),)


def _calls_by_name(asked: Sequence[list[Word]]) -> bool:
    """Whether somebody is called by a name. A single letter is none: "an A-E rating"."""
    return any(word.type == NAME and len(word.text) > 1 for sentence in asked for word in sentence)


def _in_other_words(question: str) -> tuple[tuple[Query, ...], Way]:
    """What a question that the grammar does not know asks in plainer words, in their plain order, or by what it
    mentions; nothing where that is none of its either."""
    text = question
    for text in loosely.reworded(question):
        with contextlib.suppress(NotUnderstood):
            return _as_one(parsed(sentences(text), text, names=False), question), Way.OTHER_WORDS
    queries: list[Query] = []
    for sentence in sentences(text):
        with contextlib.suppress(NotUnderstood):
            queries += sentence_parsed(sentence, text, names=False)
            continue
        for plain, words in orders.orders(sentence, "?" in question):
            with contextlib.suppress(NotUnderstood):
                queries += sentence_parsed(words, plain, names=False)
                break
        else:
            mentioned = _by_slots(loosely.without_courtesy(question)) or _by_slots(text) or ()
            if losses.of_mentions(question.casefold(), " ".join(query.text for query in mentioned).casefold()):
                return (), Way.MENTIONS
            return _as_one(mentioned, question), Way.MENTIONS
    return _as_one(tuple(queries), question), Way.OTHER_WORDS


def _by_slots(question: str) -> tuple[Query, ...] | None:
    """What a question asks by what it mentions, whatever its order of words; None where that is not clear either."""
    queries: list[Query] = []
    for sentence in sentences(question):
        found = _strictly(sentence, question) if queries else ()
        found = found or _slotted(sentence, asked="?" in question) or _in_parts(sentence, question)
        if not found:
            return None
        queries += found
    return tuple(queries) or None


def _slotted(sentence: list[Word], default: str = "", *, asked: bool = False) -> tuple[Query, ...]:
    for text in frames.plain(sentence, default, asked=asked):
        with contextlib.suppress(NotUnderstood):
            return parsed(sentences(text), text, names=False)
    return ()


def _strictly(sentence: list[Word], question: str) -> tuple[Query, ...]:
    with contextlib.suppress(NotUnderstood):
        return sentence_parsed(sentence, question, names=False)
    return ()


def _in_parts(sentence: list[Word], question: str) -> tuple[Query, ...]:
    """ "Her age, and is she sitting": each part for itself, about whom the first mentions where it mentions nobody."""
    for first, second in slots.halves(sentence):
        about = slots.whom(first) or slots.whom(second)
        parts = [_strictly(part, question) or _slotted(part, about) for part in (first, second)]
        if all(parts) and not any(query.kind is Kind.AGAIN for part in parts for query in part):
            return (*parts[0], *parts[1])
    return ()
