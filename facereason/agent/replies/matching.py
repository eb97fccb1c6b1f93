"""Whom each part of a model's reply is about, so that its claims can be matched to people.

A reply about one person is about that person, save where it names another by number. In a reply about several, people
are named by number ("person 2") or by a phrase that means one of them only ("the woman in red", "the man on the left"),
which the grammar of questions reads; what follows is about them until somebody else is named. A phrase that several fit
is about nobody: its claims stay unmatched.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from facereason.agent.grammar.words import lexicon
from facereason.agent.whom.memory import Memory
from facereason.facs import parse_claims
from facereason.types import Claim, Outcome, Person, Scene, Topic

MOST_PHRASES = 24  # phrases a reply that are looked up: each costs some milliseconds
LONGEST_PHRASE = 10  # words


def claims_about(text: str, people: Sequence[Person], scene: Scene) -> tuple[Claim, ...]:
    """What a reply about `people` claims, each claim with the number of whom it is about, or none.

    One claim for each person, value and stance, where it is first made; offsets are those of `text`.
    """
    from facereason.agent.replies.looks import looks

    found: dict[tuple[object, ...], Claim] = {}
    for part in parts(text, people, scene):
        for claim in parse_claims(text[part.start : part.end], looks):
            start, end = claim.start + part.start, claim.end + part.start
            if claim.topic in _NAMING and any(start < stop and end > first for first, stop in part.names):
                continue  # "the woman in red" only says who is meant
            numbers: tuple[int | None, ...] = part.people or (None,)
            for number in (None,) if claim.topic is Topic.PEOPLE else numbers:
                key = (number, claim.topic, claim.value, claim.stance)
                found.setdefault(key, replace(claim, start=start, end=end, person=number))
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class Part:
    """Text from `start` to `end` with whom it is about; `names`: spans of the phrases that told so by looks."""

    start: int
    end: int
    people: tuple[int, ...]
    names: tuple[tuple[int, int], ...] = ()


def parts(text: str, people: Sequence[Person], scene: Scene) -> list[Part]:
    """The parts of a reply in order, as long as they can be; together they are the whole of it."""
    joined: list[Part] = []
    for part in _parts(text, people, scene):
        if joined and joined[-1].people == part.people:
            before = joined.pop()
            part = Part(before.start, part.end, part.people, (*before.names, *part.names))
        joined.append(part)
    return joined


def _parts(text: str, people: Sequence[Person], scene: Scene) -> Iterator[Part]:
    everybody = tuple(person.number for person in people)
    alone: tuple[int, ...] = everybody if len(everybody) == 1 else ()
    named, current = _Names(text, people, scene), alone
    for match in _SENTENCE.finditer(text):
        first, end = match.span()
        groups = named.groups(first, end, by_looks=not alone, spoken_of=current)
        if len(groups) > 1:
            yield from _cut(text, first, end, groups)
        else:
            every = _ALL.search(text, first, end) or _counted(text, first, end) == len(everybody)
            about = groups[0].people if groups else everybody if every else current
            yield Part(first, end, about, groups[0].names if groups else ())
            current = about
        if groups:
            current = groups[-1].people
        # One sentence about somebody else leaves a reply about one person theirs.
        current = alone or current


def _counted(text: str, first: int, end: int) -> int:
    """How many people a sentence begins with: 2 of "Two happy women"; 0 where it begins otherwise."""
    found = _COUNT.match(text, first, end)
    return NUMBERS.index(found["count"].casefold()) + 2 if found else 0


NUMBERS = ("two", "three", "four", "five", "six", "seven", "eight")
_COUNT = re.compile(
    rf"\W*(?:(?:there are|i see|the photo shows)\s+)?(?P<count>{'|'.join(NUMBERS)})\s+(?:[\w'-]+,?\s+){{0,3}}?"
    r"(?:women|men|people|girls|boys|children|ladies|persons|friends|adults)\b",
    re.IGNORECASE,
)
_NAMING = (Topic.GENDER, Topic.AGE, Topic.HAIR_COLOUR, Topic.CLOTHING_COLOUR)
_SENTENCE = re.compile(r"(?:[^.!?\n]|[.!?](?=[^\s<]))+[.!?]*\s*|[.!?\s]+")
_ALL = re.compile(
    r"\b(?:everyone|everybody|both|all (?:of (?:them|the people)|the people|\w+ (?:people|of them))|they all|neither|"
    r"all (?:two|three|four|five|six) )\b",
    re.IGNORECASE,
)
_BACKWARD = re.compile(r"\b(?:on|in|for|by)\s+(?:the\s+face\s+of\s+)?$", re.IGNORECASE)
_RELATION = re.compile(
    r"\b(?:next to|beside|besides|alongside|near|behind|in front of|than|at|towards?|facing|left of|right of|between|"
    r"unlike|like|with|from|around|above|below)\s+$",
    re.IGNORECASE,
)
_WHO = re.compile(r"\s*,?\s*(?:who|whose)\b", re.IGNORECASE)
_JOIN = re.compile(r"\s*(?:,|and|&|or|nor|as well as|\(|,\s*and)\s*", re.IGNORECASE)
_IS = re.compile(
    r"\s*,?\s*(?:who\s+)?(?:is|are|was|(?:appears?|seems?)(?:\s+to\s+be)?|looks?\s+like|reads?\s+as)\s+"
    r"(?:(?:clearly|likely|probably|apparently)\s+)?",
    re.IGNORECASE,
)
_GOES_ON = re.compile(r"\s*,\s*(?:is|are|was|has|appears?|looks?|seems?|shows?|smiles?|frowns?|who)\b", re.IGNORECASE)
_APPOSITION = re.compile(r"\s*[,(:–—-]+\s*", re.IGNORECASE)


def _cut(text: str, first: int, end: int, groups: Sequence[_Group]) -> Iterator[Part]:
    """A sentence that names several people, cut so that each has what is said of them."""
    backward = all(_BACKWARD.search(text[first : group.start]) for group in groups)
    at = first
    for place, group in enumerate(groups):
        last = place + 1 == len(groups)
        stop = end if last else group.end if backward else groups[place + 1].start
        yield Part(at, stop, group.people, group.names)
        at = stop


@dataclass(frozen=True, slots=True)
class _Group:
    """People named together. `known`: by number, which no phrase can overrule."""

    start: int
    end: int
    people: tuple[int, ...]
    names: tuple[tuple[int, int], ...]
    numbered: bool


class _Names:
    """Finds the names of people in a reply."""

    def __init__(self, text: str, people: Sequence[Person], scene: Scene) -> None:
        self.text, self.people, self.scene = text, people, scene
        self._looked_up = 0
        self._memory = Memory()

    def groups(self, first: int, end: int, *, by_looks: bool, spoken_of: tuple[int, ...]) -> list[_Group]:
        """Who is named in a sentence, those joined by "and" together; who only stands beside somebody is left out.
        `spoken_of`: whom "her" means."""
        self._memory = Memory().mention(spoken_of)
        found = list(self._numbers(first, end))
        if by_looks:
            taken = [(group.start, group.end) for group in found]
            found += [
                group
                for group in self._phrases(first, end)
                if not any(group.start < stop and group.end > start for start, stop in taken)
            ]
        found.sort(key=lambda group: group.start)
        kept: list[_Group] = []
        for group in found:
            before = kept[-1] if kept else None
            between = self.text[before.end : group.start] if before else ""
            if before and _APPOSITION.fullmatch(between) and (before.numbered != group.numbered):
                kept[-1] = _merged(before, group, apposition=True)
            elif before and self._says_what(between, group, end):
                kept[-1] = _Group(before.start, group.end, before.people, before.names, before.numbered)
            elif before and _JOIN.fullmatch(between):
                kept[-1] = _merged(before, group, apposition=False)
            elif self._only_beside(first, group):
                continue
            else:
                kept.append(group)
        return kept

    def _says_what(self, between: str, group: _Group, end: int) -> bool:
        """Whether a phrase says what somebody is, not who is meant: "person 1 is a woman", "the one, a boy, smiles"."""
        if not _INDEFINITE.match(self.text[group.start : group.end]):
            return False
        aside = _APPOSITION.fullmatch(between) and _GOES_ON.match(self.text, group.end, end)
        return bool(_IS.fullmatch(between) or aside)

    def _only_beside(self, first: int, group: _Group) -> bool:
        """Whether somebody is named only to say where another is or looks: "next to person 2"."""
        before = self.text[first : group.start]
        return bool(_RELATION.search(before)) and not _WHO.match(self.text, group.end)

    def _numbers(self, first: int, end: int) -> Iterator[_Group]:
        known = {person.number for person in self.scene.people}
        for match in _NUMBERED.finditer(self.text, first, end):
            numbers = tuple(dict.fromkeys(int(digits) for digits in re.findall(r"\d+", match["numbers"])))
            people = numbers if set(numbers) <= known else ()
            yield _Group(match.start(), match.end(), people, (), True)

    def _phrases(self, first: int, end: int) -> Iterator[_Group]:
        """Phrases with a word for people, each read as far as the grammar goes."""
        at = first
        for match in _determiner().finditer(self.text, first, end):
            if match.start() < at or self._looked_up >= MOST_PHRASES:
                continue
            self._looked_up += 1
            stop, people = self._meant(match.start(), match.end(), end)
            at = stop
            yield _Group(match.start(), stop, people, ((match.start(), stop),), False)

    def _meant(self, start: int, noun_end: int, end: int) -> tuple[int, tuple[int, ...]]:
        """Where the longest phrase ends that the grammar reads, and the people it means, none unless that is clear."""
        from facereason.agent.grammar.parsing import NotUnderstood
        from facereason.agent.grammar.understand import understand
        from facereason.agent.whom.select import select

        stop_at = _STOP.search(self.text, noun_end, end)
        words = list(_WORD.finditer(self.text, noun_end, stop_at.start() if stop_at else end))
        ends = [noun_end, *(word.end() for word in words[:LONGEST_PHRASE])]
        for stop in reversed(ends):
            phrase = _INDEFINITE.sub("the ", self.text[start:stop])
            try:
                queries = understand(f"Describe {phrase}")
            except NotUnderstood:
                continue
            if len(queries) != 1 or not queries[0].about.constraints:
                continue
            for among in (self.scene, replace(self.scene, people=tuple(self.people))):
                found = select(queries[0].about, among, self._memory)
                if found.outcome is Outcome.ANSWERED and (len(found.people) == 1 or _PLURAL.search(phrase)):
                    return stop, tuple(person.number for person in found.people)
            return stop, ()
        return noun_end, ()


def _merged(one: _Group, other: _Group, *, apposition: bool) -> _Group:
    if apposition:
        people = one.people if one.numbered else other.people
        return _Group(one.start, other.end, people, (), True)  # what the phrase says of looks is a claim
    clear = bool(one.people) and bool(other.people)
    people = tuple(dict.fromkeys((*one.people, *other.people))) if clear else ()
    return _Group(one.start, other.end, people, (*one.names, *other.names), one.numbered and other.numbered)


_NUMBERED = re.compile(
    r"(?:\b(?:person|people|persons|faces?|individuals?|subjects?|number)\s*#?|(?<!\w)#)(?P<numbers>\d{1,2}"
    r"(?:\s*(?:,\s*and|,|and|&)\s*#?\d{1,2})*)\b(?!\s*(?:years?|%|people|°|degrees))",
    re.IGNORECASE,
)
_WORD = re.compile(r"[\w'’-]+")
_STOP = re.compile(
    r"[,.;:()!?<>\n]|\b(?:is|are|was|has|have|appears?|looks?|seems?|shows?|smiles?|while|who|whose|and)\b"
)
_INDEFINITE = re.compile(r"^(?:an?|another)\s+", re.IGNORECASE)
_PLURAL = re.compile(r"\b(?:both|all|women|men|people|girls|boys|children|two|three|four|five|six)\b", re.IGNORECASE)


def _determiner() -> re.Pattern[str]:
    """A determiner with up to four words and a word for people."""
    global _pattern
    if _pattern is None:
        nouns = {
            " ".join(words)
            for words, (terminal, _) in lexicon().phrases.items()
            if terminal in ("PERSON", "PEOPLE", "ONE", "ONES", "BLONDE", "BRUNETTE") and len(words) == 1
        } - {"blond", "human", "humans"}
        listed = "|".join(sorted(map(re.escape, nouns), key=len, reverse=True))
        _pattern = re.compile(
            rf"\b(?:the|an?|this|that|both|another)\s+(?:(?!(?:and|in|on|with|of|to|is|are)\b)[\w'’-]+\s+){{0,4}}?(?:{listed})\b",
            re.IGNORECASE,
        )
    return _pattern


_pattern: re.Pattern[str] | None = None
