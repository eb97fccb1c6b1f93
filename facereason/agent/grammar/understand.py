"""From a question to what is asked: typed queries, or a typed "not understood".

Nothing in a question is dropped but courtesy: a word that the lexicon does not list makes it not understood.
"""

from __future__ import annotations

import contextlib
import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason.agent.grammar import frames, loosely, slots
from facereason.agent.grammar.words import NAME, UNKNOWN, Word, sentences, unread_group
from facereason.types import By, Call, FaceReasonError, Kind, Query, Scope, Topic, UsageError

if TYPE_CHECKING:
    from lark import Lark, Tree

LONGEST_QUESTION = 2000  # characters
_LONGEST_SENTENCE = 60  # words; a question of people is shorter, and parsing time grows with the square
_MOST_SENTENCES = 8


class NotUnderstood(FaceReasonError):  # noqa: N818 - it names an outcome
    """The question is not one that is understood. `words`: those that are not known; `hint`: what to ask instead;
    `calls`: of models that were asked what it means."""

    def __init__(self, hint: str, words: tuple[str, ...] = (), calls: tuple[Call, ...] = ()) -> None:
        super().__init__(hint)
        self.hint = hint
        self.words = words
        self.calls = calls


def understand(question: str) -> tuple[Query, ...]:
    """What is asked, in the order of asking: "how does she feel, and why?" gives two queries.

    Raises NotUnderstood, never guesses; and UsageError for an empty question or one over 2,000 characters.
    """
    return understood(question)[0]


def understood(question: str) -> tuple[tuple[Query, ...], float]:
    """As `understand`, with how sure it is that this is what was asked: 1 by the grammar and its other words, less by
    what a question mentions alone."""
    if not question.strip():
        raise UsageError("the question is empty: ask something, such as 'How does she feel, and why?'")
    if len(question) > LONGEST_QUESTION:
        raise UsageError(f"the question has {len(question):,} characters: ask in at most {LONGEST_QUESTION:,}")
    asked = sentences(question)
    if not asked:
        raise NotUnderstood("I see no question there.")
    if len(asked) > _MOST_SENTENCES or max(map(len, asked)) > _LONGEST_SENTENCE:
        raise NotUnderstood("That is too much at once: ask fewer things, in shorter sentences.")
    try:
        return _as_one(understand_words(asked, question, names=False), question), 1.0
    except NotUnderstood:
        found, sure = (None, 1.0) if _calls_by_name(asked) else _in_other_words(question)
        return (_as_one(found, question), sure) if found else (understand_words(asked, question), 1.0)


BY_MENTION = 0.85
"""Share of rewordings that mean what they are taken for, of those that only what they mention tells."""


_OPTIONS = (Topic.EMOTION, Topic.POSTURE, Topic.GENDER, Topic.AGE, Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR)


def _as_one(queries: tuple[Query, ...], question: str) -> tuple[Query, ...]:
    """ "Does he sit, or does he stand?" lets choose between two, as "does he sit or stand?" does."""
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
    return any(word.type == NAME for sentence in asked for word in sentence)


def _in_other_words(question: str) -> tuple[tuple[Query, ...] | None, float]:
    """What a question that the grammar does not know asks in plainer words, or in their plain order, and how sure that
    is; None where that is none of its either."""
    text = question
    for text in loosely.reworded(question):
        with contextlib.suppress(NotUnderstood):
            return understand_words(sentences(text), text, names=False), 1.0
    queries: list[Query] = []
    for sentence in sentences(text):
        with contextlib.suppress(NotUnderstood):
            queries += _sentence(sentence, text, names=False)
            continue
        for plain, words in loosely.orders(sentence, "?" in question):
            with contextlib.suppress(NotUnderstood):
                queries += _sentence(words, plain, names=False)
                break
        else:
            return _by_slots(loosely.without_courtesy(question)) or _by_slots(text), BY_MENTION
    return tuple(queries) or None, 1.0


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
            return understand_words(sentences(text), text, names=False)
    return ()


def _strictly(sentence: list[Word], question: str) -> tuple[Query, ...]:
    with contextlib.suppress(NotUnderstood):
        return _sentence(sentence, question, names=False)
    return ()


def _in_parts(sentence: list[Word], question: str) -> tuple[Query, ...]:
    """ "Her age, and is she sitting": each part for itself, about whom the first mentions where it mentions nobody."""
    for first, second in slots.halves(sentence):
        about = slots.whom(first) or slots.whom(second)
        parts = [_strictly(part, question) or _slotted(part, about) for part in (first, second)]
        if all(parts) and not any(query.kind is Kind.AGAIN for part in parts for query in part):
            return (*parts[0], *parts[1])
    return ()


def understand_words(asked: Sequence[list[Word]], question: str, *, names: bool = True) -> tuple[Query, ...]:
    """As `understand`, of the words of each sentence. `names`: whether a sentence that is no question of the grammar,
    and has a word of naming people in it, asks for a name."""
    return tuple(query for sentence in asked for query in _sentence(sentence, question, names=names))


def _sentence(words: list[Word], question: str, *, names: bool = True) -> tuple[Query, ...]:
    from lark.exceptions import UnexpectedInput, VisitError

    from facereason.agent.grammar.constraints import NoMeaningError
    from facereason.agent.grammar.meaning import Meaning

    try:
        queries = Meaning(question).transform(_parser().parse(words))
    except UnexpectedInput:
        if names and _asks_for_a_name(words):
            return (_identity(words, question),)
        raise _why_not(words) from None
    except VisitError as error:
        if isinstance(error.orig_exc, NoMeaningError):
            raise NotUnderstood(f"I do not understand that: {error.orig_exc}.") from None
        raise
    assert isinstance(queries, tuple)
    return queries


# ---------------------------------------------------------------------------------------------------- not understood


def _why_not(words: list[Word]) -> NotUnderstood:
    unknown = tuple(dict.fromkeys(word.text for word in words if word.type in (UNKNOWN, NAME)))
    groups = [group for group in map(unread_group, (word.lower() for word in unknown)) if group]
    if groups:
        return NotUnderstood(_INSTEAD[groups[0]], unknown)
    if len(unknown) > 3 or any(not (word.isascii() and word.isprintable()) for word in unknown):
        return NotUnderstood("I do not understand that; I understand plain English questions.", unknown)
    if unknown:
        listed = ", ".join(f'"{word[:30]}"' for word in unknown)
        return NotUnderstood(f"I do not know the word{'s' if len(unknown) > 1 else ''} {listed}.", unknown)
    if any(word.type in ("FACE_PART", "FACE_ACT") for word in words):
        return NotUnderstood(_INSTEAD["features"])
    return NotUnderstood("I know the words, but not what is asked.")


_INSTEAD = {
    "feelings": "I do not read that from a face: I read neutral, happiness, surprise, sadness, anger, disgust, fear "
    "and contempt.",
    "things": "I do not see objects: of what people wear, I read the colour of the upper clothing.",
    "features": "I do not read that: I read expression, action units (what brows, eyes, nose, mouth and jaw do), gaze, "
    "head pose, posture, age group, perceived gender, hair and clothing colour.",
    "relations": "I do not see how people are related: I read each face by itself.",
    "surroundings": "I see people, and nothing around them: they are left of, right of, next to, behind or in front of "
    "each other.",
}


# ------------------------------------------------------------------------------------------------------------ names

_NAMING = ("NAME_NOUN", "IDENTIFY", "FAMOUS")
_WHO_THAT = re.compile(r"\bWHO (IS )?(THIS|THESE|SHE|HE|THEY)\b")


def _asks_for_a_name(words: list[Word]) -> bool:
    """Whether a sentence that is not understood asks all the same who somebody is: to decline it says more."""
    types = [word.type for word in words]
    return any(type_ in _NAMING for type_ in types) or _WHO_THAT.search(" ".join(types)) is not None


def _identity(words: list[Word], question: str) -> Query:
    return Query(kind=Kind.IDENTITY, text=question[words[0].start : words[-1].end])


# ----------------------------------------------------------------------------------------------------------- parsing


@dataclass(frozen=True, slots=True)
class _Parser:
    """An Earley parser that tries only rules whose words are all in the sentence: a tenth of them, so in a tenth of the
    time. `rules`: each rule of the grammar with the terminals and the other rules that it needs.
    """

    lark: Lark
    rules: tuple[tuple[Any, frozenset[str], frozenset[Any]], ...]

    def parse(self, words: list[Word]) -> Tree[Any]:
        """Tree of one sentence; lark's UnexpectedInput where it is none of the grammar."""
        frontend, earley = copy.copy(self.lark.parser), copy.copy(self.lark.parser.parser)
        earley.predictions = _Pruned(earley.predictions, self._useful({word.type for word in words}))
        frontend.parser = earley
        tree: Tree[Any] = frontend.parse(words)
        return tree

    def _useful(self, types: set[str]) -> frozenset[int]:
        left = [rule for rule in self.rules if rule[1] <= types]
        while True:
            made = {rule.origin for rule, _, _ in left}
            kept = [rule for rule in left if rule[2] <= made]
            if len(kept) == len(left):
                return frozenset(id(rule) for rule, _, _ in kept)
            left = kept


class _Pruned(dict[Any, list[Any]]):
    """Predictions of a parser, without those that lead nowhere; made as they are asked for."""

    def __init__(self, predictions: dict[Any, list[Any]], useful: frozenset[int]) -> None:
        super().__init__()
        self._predictions, self._useful = predictions, useful

    def __missing__(self, origin: Any) -> list[Any]:
        found = self[origin] = [rule for rule in self._predictions[origin] if id(rule) in self._useful]
        return found


@cache
def _parser() -> _Parser:
    from lark import Lark, Token
    from lark.lexer import Lexer

    class Words(Lexer):
        def __init__(self, conf: Any) -> None:
            pass

        def lex(self, words: Any) -> Iterator[Token]:  # type: ignore[override]
            for word in words:
                yield Token(word.type, word.value, word.start, 1, 1, 1, 1, word.end)

    grammar = Path(__file__).with_name("questions.lark").read_text(encoding="utf-8")
    lark = Lark(grammar, parser="earley", lexer=Words, propagate_positions=True)
    rules = tuple(
        (
            rule,
            frozenset(symbol.name for symbol in rule.expansion if symbol.is_term),
            frozenset(symbol for symbol in rule.expansion if not symbol.is_term),
        )
        for rule in lark.rules
    )
    return _Parser(lark, rules)
