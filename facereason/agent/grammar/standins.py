"""Questions with a number in place of everybody that the grammar recognises in them.

"Of the person second from the left and the man in red, which looks the more aged?" is long because of whom it is about,
and what it asks is short: "of person 11 and person 12, which looks the more aged?". That is what the rewording model is
better at; whom the numbers stand for is put back into its plain words.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from facereason.agent.grammar.chunks import PRONOUNS, Mention, mentions
from facereason.agent.grammar.words import sentences

FIRST = 11  # of the numbers that stand for somebody: beyond those that a question names
MOST = 3  # people; the model takes four numbers
_LEVEL = 2  # what a mention may take: relations and clauses
_PRONOUNS = frozenset(PRONOUNS.values())
_CLOSING = re.compile(r"\s+([?.!,;:)]|'s\b)")


@dataclass(frozen=True, slots=True)
class StandIn:
    """`text`: the question with "person 11" in place of somebody; `people`: whom each number stands for, in plain
    words."""

    text: str
    people: Mapping[int, str]

    def put_back(self, plain: str) -> str | None:
        """Plain words with the people in them again; None where the model lost or made up one."""
        found = {int(number) for number in re.findall(r"\bperson (\d+)\b", plain)}
        if found != {int(number) for number in re.findall(r"\bperson (\d+)\b", self.text)}:
            return None
        return re.sub(r"\bperson (\d+)\b", lambda it: self.people.get(int(it[1]), it[0]), plain)


def stand_in(question: str) -> StandIn | None:
    """The question with numbers for people; None where it mentions nobody in particular, or too many."""
    if any(int(number) >= FIRST for number in re.findall(r"\d+", question)):
        return None
    people: dict[int, str] = {}
    said: list[str] = []
    for sentence in sentences(question):
        for item in mentions(sentence, _LEVEL):
            if not isinstance(item, Mention):
                said.append(item.text)
            elif item.sort != "one" or item.text in _PRONOUNS or re.match(r"person \d", item.text):
                said.append(_owned(item.text) if item.owner else item.text)
            else:
                number = next((n for n, text in people.items() if text == item.text), FIRST + len(people))
                people[number] = item.text
                said.append(f"person {number}")
        said.append("?")
    if not people or len(people) > MOST:
        return None
    return StandIn(_CLOSING.sub(r"\1", " ".join(said)), people)


def _owned(pronoun: str) -> str:
    return {"she": "her", "he": "his", "they": "their"}.get(pronoun, pronoun)
