"""The grammar's own reading of words: a parse and its meaning, or why there is none.

Nothing in a question is dropped but courtesy: a word that the lexicon does not list makes it not understood.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason.agent.grammar.words import NAME, UNKNOWN, Word, unread_group
from facereason.types import Call, FaceReasonError, Kind, Query

if TYPE_CHECKING:
    from lark import Lark, Tree


class NotUnderstood(FaceReasonError):  # noqa: N818 - it names an outcome
    """The question is not one that is understood. `words`: those that are not known; `hint`: what to ask instead;
    `calls`: of models that were asked what it means; `meaningless`: the grammar reads it, but it means nothing here."""

    def __init__(
        self, hint: str, words: tuple[str, ...] = (), calls: tuple[Call, ...] = (), *, meaningless: bool = False
    ) -> None:
        super().__init__(hint)
        self.meaningless = meaningless
        self.hint = hint
        self.words = words
        self.calls = calls


def parsed(asked: Sequence[list[Word]], question: str, *, names: bool = True) -> tuple[Query, ...]:
    """What the words of each sentence ask, in the order of asking, by the grammar as it stands. `names`: whether a
    sentence that is no question of the grammar, and has a word of naming people in it, asks for a name. Raises
    NotUnderstood."""
    return tuple(query for sentence in asked for query in sentence_parsed(sentence, question, names=names))


def sentence_parsed(words: list[Word], question: str, *, names: bool = True) -> tuple[Query, ...]:
    from lark.exceptions import UnexpectedInput, VisitError

    from facereason.agent.grammar.constraints import NoMeaningError
    from facereason.agent.grammar.meaning import Meaning

    try:
        queries = Meaning(question).transform(_parser().parse(words))
    except UnexpectedInput:
        if names and asks_for_a_name(words):
            return (_identity(words, question),)
        raise _why_not(words) from None
    except VisitError as error:
        if isinstance(error.orig_exc, NoMeaningError):
            raise NotUnderstood(f"I do not understand that: {error.orig_exc}.", meaningless=True) from None
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

_NAMING = ("NAME_NOUN", "FAMOUS")
_OF_A_FACE = ("UNITS", "AU", "UNIT", "FEELING_NOUN", "AGE_NOUN", "GENDER_NOUN", "POSE_NOUN", "GAZE_NOUN", "COLOUR_NOUN")
_WHO_THAT = re.compile(r"\bWHO (IS )?(THIS|THESE|SHE|HE|THEY)\b")


def asks_for_a_name(words: list[Word]) -> bool:
    """Whether a sentence that is not understood asks all the same who somebody is: to decline it says more."""
    types = [word.type for word in words]
    identified = "IDENTIFY" in types and not any(type_ in _OF_A_FACE for type_ in types)  # "identify her AUs"
    return identified or any(type_ in _NAMING for type_ in types) or _WHO_THAT.search(" ".join(types)) is not None


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
