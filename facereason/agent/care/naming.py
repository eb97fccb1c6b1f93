"""Names of people, and what they belong to, left out of a text that a model wrote: nobody is identified.

A word in capitals that is no English word, place, people or brand (`naming.yaml`) is taken for a name; a name that is a
word too (Mark, Grace, April) where the words around it say so. Rather a brand too much is struck than a name too few.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from facereason.agent.care.names import find
from facereason.agent.care.names_words import merged
from facereason.agent.care.vocabulary import fold, vocabulary

NAME, LEFT_OUT = "[name]", "[left out]"
NAMED = "The model named somebody; names are left out, since nobody is identified here."
SENSITIVE = (
    "What the model said of race, faith, health, politics or whom somebody loves is left out: it was not asked for."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Struck:
    """`text` with names and sensitive attributes struck; what they were, for tests: never print or keep them."""

    text: str
    names: tuple[str, ...] = ()
    sensitive: tuple[str, ...] = ()

    @property
    def notes(self) -> tuple[str, ...]:
        """What to tell the user, once an answer."""
        return (*((NAMED,) if self.names else ()), *((SENSITIVE,) if self.sensitive else ()))


def strike(text: str, question: str = "", race: bool = False) -> Struck:
    """`text` without names of people, those in the `question` included, and without sensitive attributes said of
    somebody. `race`: that one was asked for.

    >>> strike("The woman is Eileen Collins, smiling (AU12).").text
    'The woman is [name], smiling (AU12).'
    >>> strike("Mark has a mark on the cheek.").text
    '[name] has a mark on the cheek.'
    """
    clean = _visible(text)
    asked = {fold(part) for name in find(_visible(question), frozenset()).names for part in re.split(r"[\W_]+", name)}
    found = find(clean, frozenset(part for part in asked if len(part) > 1))
    without, names = _replaced(clean, found.spans, NAME)
    groups = [group for group in vocabulary().sensitive if not (race and group == "race")]
    told, sensitive = _replaced(without, merged(_sensitive(without, groups)), LEFT_OUT)
    return Struck(text=told, names=names, sensitive=sensitive)


def _visible(text: str) -> str:
    """Letters in their plain forms, without marks that cannot be seen and may tear a name apart."""
    plain = unicodedata.normalize("NFC", "".join(_WIDE.get(letter, letter) for letter in text))
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Cf")


_WIDE = {chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "\u00a0": " "}
_WIDE |= {
    letter: plain
    for code in range(0x1D400, 0x1D7FF)
    if (plain := unicodedata.normalize("NFKC", letter := chr(code))) != letter
}


def _replaced(text: str, spans: Sequence[tuple[int, int]], by: str) -> tuple[str, tuple[str, ...]]:
    kept, at, struck = [], 0, []
    for start, end in spans:
        kept += [text[at:start], by]
        struck.append(text[start:end])
        at = end
    return "".join([*kept, text[at:]]), tuple(struck)


_WHO = (
    r"(?:man|men|woman|women|person|people|boy|boys|girl|girls|child|children|kid|kids|baby|male|female|lady|"
    r"gentleman|guy|adult|teenager|individual|couple|family|couple|subject)"
)
_OF = r"(?:descent|origin|heritage|ancestry|ethnicity|background|race|roots|features|complexion)"
_IS = (
    rf"(?:\b(?:he|she|they|{_WHO}|[Pp]erson \d+)\b(?: on the (?:left|right)| in the \w+)?(?:'s|’s|'re| is| "
    rf"are| was| looks?| seems?| appears?| may be| might be| could be| must be)"
    r"(?: to be| of| probably| likely| perhaps| possibly| clearly| a| an| most likely| apparently)*)"
)


def _sensitive(text: str, groups: Collection[str]) -> Iterator[tuple[int, int]]:
    for group in groups:
        terms = "|".join(re.escape(term) for term in sorted(vocabulary().sensitive[group], key=len, reverse=True))
        age = r"(?:(?:young|old|older|middle-aged|elderly|adult|little) )?"
        patterns = [
            rf"\b({terms})\b(?= {age}{_WHO}\b)",
            rf"{_IS} ({terms})\b(?=\s*(?:[.,;:!?)]|$|and\b|or\b|but\b|{_OF}))",
            r"\b(?:race|ethnicity|religion|faith|sexual orientation|orientation|political (?:view|leaning|"
            r"party)s?|diagnosis)\"?\s*(?::|is|=)\s*\"?([\w-]+)",
        ]
        if group == "race":
            patterns.append(rf"\b({terms})\b(?= {_OF})")
        for pattern in patterns:
            yield from (match.span(1) for match in re.finditer(pattern, text, re.I) if "[" not in match[1])
