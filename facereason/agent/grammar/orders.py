"""Words in another order than the grammar knows, put into the order of plain questions: "on him, lips parted?" is "are
his lips parted?".

What comes out is parsed as strictly as ever, and orders are tried only where every word is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from facereason.agent.grammar.words import COMMA, NAME, UNKNOWN, Word, lexicon

MOST_TRIED = 48
"""Orders that are tried for one sentence; each takes a few milliseconds."""


def orders(words: Sequence[Word], asks: bool) -> Iterator[tuple[str, list[Word]]]:
    """Plain questions that these words may be, in another order, likelier ones first, each with its text; none where a
    word is not known, or nothing is asked: there is no verb and, by `asks`, no question mark."""
    if any(word.type in (UNKNOWN, NAME) for word in words):
        return
    if not asks and not any(word.type in _VERBS | _ASKING for word in words if word.type not in ("WHO", COMMA)):
        return
    seen: set[tuple[tuple[str, str], ...]] = set()
    for tried in _Orders(_with_articles(words)).all():
        key = tuple((word.type, word.value) for word in tried)
        if key in seen or not tried:
            continue
        seen.add(key)
        yield _laid(tried)
        if len(seen) >= MOST_TRIED:
            return


_ADJECTIVES = {"FEELING", "AGE", "GENDER", "AGE_MOST", "FEELING_MOST", "ORDINAL", "EDGE", "SIDE", "OTHER", "POSED"}
_ADJECTIVES |= {"MIDDLE", "BLONDE", "COLOUR", "HAIRED", "NEAR_MOST", "AGE_MORE", "RACE", "FACE_DOES", "MOST"}


def _with_articles(words: Sequence[Word]) -> list[Word]:
    """ "Guy in red" as "the guy in red"; without what only joins at the end."""
    kept = list(words)
    while kept and kept[-1].type in ("OR", "AND", COMMA, "THE"):
        kept.pop()
    at = len(kept) - 1
    while at >= 0:
        numbered = at + 1 < len(kept) and kept[at + 1].type in ("NUMBER", "NUMBERED")
        if kept[at].type in ("PERSON", "BRUNETTE") and not numbered:
            start = at
            while start > 0 and kept[start - 1].type in _ADJECTIVES:
                start -= 1
            before = kept[start - 1].type if start else ""
            if before not in _DETERMINED | {"HER", "WHAT", "WHO", "ONE", "S"}:
                kept.insert(start, THE)
            at = start
        at -= 1
    return kept


def _laid(words: Sequence[Word]) -> tuple[str, list[Word]]:
    """The words one behind the other: the text, and the words with their places in it."""
    text, placed = "", list[Word]()
    for word in words:
        start = len(text) + bool(text)
        text = f"{text} {word.text}" if text else word.text
        placed.append(replace(word, start=start, end=len(text)))
    return text, placed


# ------------------------------------------------------------------------------------------------------ other words


def _w(type_: str, value: str = "") -> Word:
    return Word(type_, value or type_.lower(), value or type_.lower().replace("_", " "), 0, 0)


IS, THE, OF, ON, WHO, WHAT, HAVE, DO, SHOW = (
    _w(t) for t in ("IS", "THE", "OF", "ON", "WHO", "WHAT", "HAVE", "DO", "SHOW")
)
PEOPLE, HOW_MANY, MUCH, S = _w("PEOPLE", "person"), _w("HOW_MANY"), _w("MUCH"), _w("S")
_VERBS = {"IS", "DO", "HAVE", "SEEM", "SHOW", "LOOK", "FEEL", "WEAR", "THERE", COMMA}
_EDGES = {"IS", "DO", "HAVE", "THERE", COMMA, "AND", "WHAT", "SEE_YOU", "KNOW", "THIS_IS", "FIND", "DESCRIBE"}
_NOUNS = {
    "FEELING_NOUN",
    "AGE_NOUN",
    "GENDER_NOUN",
    "POSE_NOUN",
    "POSTURE_NOUN",
    "GAZE_NOUN",
    "BODY_NOUN",
    "UNITS",
    "PLACE_NOUN",
}
_OWNERS = {
    "HER": _w("SHE"),
    "HIS": _w("HE"),
    "THEIR": _w("THEY"),
    "SHE": _w("SHE"),
    "HE": _w("HE"),
    "THEY": _w("THEY"),
    "HIM": _w("HE"),
    "THEM": _w("THEY"),
}
_ASKING = {
    "WHO",
    "WHOSE",
    "WHAT",
    "HOW",
    "HOW_MANY",
    "WHERE",
    "WHY",
    "MUCH",
    "WAY",
    "DESCRIBE",
    "SORT",
    "LIST",
    "FIND",
    "COMPARE",
}


class _Orders:
    """Makes plain questions of one sentence's words."""

    def __init__(self, words: list[Word]) -> None:
        self.words = words
        self.types = [word.type for word in words]

    def has(self, *types: str) -> bool:
        return any(type_ in self.types for type_ in types)

    def all(self) -> Iterator[list[Word]]:
        if self.has("WHY", "SORT", "COMPARE", "ROTATION", "YOU") or self.types[:2] == ["THIS", "THE"]:
            return
        yield self.words
        if self.has("NOT", "NO", "NOBODY", "NONE"):
            return  # what is denied depends on the order
        if self.types[:2] in (["IS", "PERSON"], ["THE", "IS"]):
            return
        if self.has("UNIT", "AU", "EMOTE") and self.has("MUCH", "INTENSITY"):
            yield from self._unit()
        if self.has("FACE_PART"):
            yield from self._part()
        if self.has("HOW_MANY"):
            yield from self._count()
        elif self._asks_who():
            yield from self._who()
        elif self.has(*_NOUNS) or (self.has("COLOUR_NOUN") and self.has("HAIR", "CLOTHING")):
            yield from self._noun()
        elif not self.has(*_ASKING):
            if self.has("UNIT", "AU", "EMOTE"):
                yield from self._unit()
            yield from self._polar()

    def _asks_who(self) -> bool:
        """Whether a "who" asks, at the start or the end; in between it tells who is meant ("the man who ...")."""
        return any(type_ in ("WHO", "WHOSE") for type_ in (*self.types[:2], *self.types[-1:])) and not self.has("FEEL")

    # -------------------------------------------------------------------------------------------------- kinds

    def _part(self) -> Iterator[list[Word]]:
        """A part of the face and what it does: whose, and how that is asked."""
        at = self.types.index("FACE_PART")
        part = self.words[at]
        acts = [word for word in self.words if word.type in ("FACE_ACT", "DIRECTION")]
        used = {id(part), *map(id, acts)}
        rest = [word for word in self.words if id(word) not in used]
        asks_who = self._asks_who()
        drop = {
            "WHO",
            "WHOSE",
            "WHAT",
            "MUCH",
            "HOW_MANY",
            "OF",
            "ON",
            "IN",
            "S",
            "WITH",
            "HOW",
            "LIKE",
            "FEEL",
            "INTENSITY",
            "NOT",
        }
        drop |= _VERBS | _EDGES | {"DOING", "TO"}
        if len(acts) > 1:
            return
        if asks_who and acts:
            people = [word for word in rest if word.type == "PEOPLE"]
            yield [_w("WHOSE"), part, IS, *acts]
            yield [WHO, *([OF, THE, *people] if people else []), HAVE, *acts, part]
            return
        if self.has("HOW_MANY") and acts:
            people = [word for word in rest if word.type == "PEOPLE"] or [PEOPLE]
            yield [HOW_MANY, *people, HAVE, *acts, part]
            return
        for owner in self._owners(rest, drop):
            of = [THE, part, OF, *owner]
            if self.has("MUCH", "INTENSITY") and acts:
                yield [MUCH, IS, *of, *acts]
            elif acts and not self.has("WHAT", "HOW"):
                yield [IS, *of, *acts]
            elif not acts:
                yield [WHAT, IS, *of, _w("DOING")]

    def _owners(self, rest: Sequence[Word], drop: set[str]) -> Iterator[list[Word]]:
        """Whose something is, of the words that are left: a pronoun, or people."""
        kept = [word for word in rest if word.type not in drop]
        pronouns = [_OWNERS[word.type] for word in kept if word.type in _OWNERS]
        if pronouns:  # "on her face": hers
            rest = [word for word in rest if word.type != "FACE"]
            kept = [word for word in kept if word.type != "FACE"]
        others = [word for word in kept if word.type not in _OWNERS and word.type != "THE"]
        if pronouns and not others:
            if len({word.type for word in pronouns}) == 1:
                yield [pronouns[0]]
            return
        left = _stripped([word for word in rest if word.type not in (drop - {"OF", "ON", "IN", "TO", "WITH"})])
        if pronouns and others:  # "has the man closed his eyes?"
            first = next(i for i, word in enumerate(rest) if word.type in _OWNERS)
            if any(word.type not in drop | set(_OWNERS) | {"THE"} for word in rest[first:]):
                return  # "is her mouth open, the man?" is of two people
            left = [word for word in left if word.type not in _OWNERS]
        left = _stripped(left, {"OF", "ON", "IN", "TO", "WITH", "THE"} - {"THE"})
        if left:
            yield _definite(left)

    def _unit(self) -> Iterator[list[Word]]:
        at = next(i for i, type_ in enumerate(self.types) if type_ in ("UNIT", "AU", "EMOTE", "UNITS"))
        size = 2 if self.types[at] in ("AU", "UNITS") and self.types[at + 1 : at + 2] == ["NUMBER"] else 1
        unit = self.words[at : at + size]
        rest = self.words[:at] + self.words[at + size :]
        drop = {
            "OF",
            "ON",
            "IN",
            "S",
            "WITH",
            "HOW",
            "MUCH",
            "INTENSITY",
            "WHAT",
            "A",
            "ANY",
            "ACTIVE",
            "FACE",
            "IN_PHOTO",
            "FOR",
        }
        drop |= _VERBS | _EDGES | {"NOT", "DOING"}
        for owner in self._owners(rest, drop):
            if self.has("MUCH", "INTENSITY"):
                yield [MUCH, IS, *unit, ON, *owner]
            elif not self.has(*_ASKING):
                yield [IS, *unit, ON, *owner]

    def _count(self) -> Iterator[list[Word]]:
        rest = _stripped([word for word in self.words if word.type not in ("HOW_MANY", "SEE_YOU", COMMA)])
        rest = [word for word in rest if word.type not in ("THERE", "YOU")]
        if not any(word.type in ("PEOPLE", "FACES", "ONES") for word in rest):
            rest = [PEOPLE, *rest]
        yield [HOW_MANY, *rest]
        people = next((i for i, word in enumerate(rest) if word.type in ("PEOPLE", "FACES", "ONES")), 0)
        if people and all(word.type in ("IS", "DO", "HAVE", "THE", "A") for word in rest[:people]):
            rest, people = rest[people:], 0
        head, tail = rest[: people + 1], _stripped(rest[people + 1 :])
        for verb in ([IS], [HAVE], [], [DO], [SHOW], [_w("WEAR")]):
            yield [HOW_MANY, *head, *verb, *tail]
        if people == 0 or not head:
            return
        yield [HOW_MANY, head[-1], IS, *head[:-1], *tail]

    def _who(self) -> Iterator[list[Word]]:
        at = next(i for i, type_ in enumerate(self.types) if type_ in ("WHO", "WHOSE"))
        rest = self.words[:at] + self.words[at + 1 :]
        rest = _stripped([word for word in rest if word.type not in ("SEE_YOU", COMMA, "THERE", "FIND")])
        people = [
            i for i, word in enumerate(rest) if word.type in ("PEOPLE", "ONES", "ANYONE", "EVERYONE", "PERSON", "ONE")
        ]
        yield from self._who_is([], rest)
        if (
            rest and rest[0].type in ("OF", "THE") and "PEOPLE" in [word.type for word in rest[:3]]
        ):  # "of the women, who is the oldest?"
            end = [word.type for word in rest].index("PEOPLE")
            yield from self._who_is([OF, THE, rest[end]], _stripped(rest[end + 1 :], _EDGES | {"WHO"}))
        if people and people[0] <= 2:  # "who, of the people, is ..."
            start = people[0]
            noun = rest[start]
            tail = _stripped(rest[start + 1 :], _EDGES | {"WHO"})
            gender = noun.type in ("PEOPLE", "PERSON") and lexicon().nouns.get(noun.value)
            among = [OF, THE, replace(noun, type="PEOPLE")] if gender else []
            yield from self._who_is(among, tail)

    def _who_is(self, among: list[Word], rest: list[Word]) -> Iterator[list[Word]]:
        if not rest:
            return
        for verb in ([IS], [], [HAVE], [DO], [SHOW], [_w("WEAR")], [IS, THE], [HAVE, _w("A")]):
            yield [WHO, *among, *verb, *rest]

    def _noun(self) -> Iterator[list[Word]]:
        """One thing of somebody: "affect of person 3", "person 3: affect?"."""
        if self.has("COLOUR_NOUN") and self.has("HAIR", "CLOTHING"):
            at = next(i for i, type_ in enumerate(self.types) if type_ in ("HAIR", "CLOTHING"))
            noun = [self.words[at], _w("COLOUR_NOUN", "colour")]
            used = {"HAIR", "CLOTHING", "COLOUR_NOUN"}
        else:
            asked = [word for word in self.words if word.type in _NOUNS]
            noun, used = asked[:1], _NOUNS
            for word in asked[1:]:
                noun += [_w("AND", "and"), word]
        rest = [word for word in self.words if word.type not in used]
        drop = {"WHAT", "OF", "ON", "IN", "S", "HOW", "FACE", "HOW_MANY", "WITH", "FOR", "TO", "LIKE"} | _VERBS | _EDGES
        for owner in self._owners(rest, drop):
            if noun[0].type == "UNITS":
                yield [WHAT, *noun, IS, _w("ACTIVE"), ON, *owner]
            yield [WHAT, IS, THE, *noun, OF, *owner]

    def _polar(self) -> Iterator[list[Word]]:
        """Somebody and what is said of them, whichever comes first."""
        words = [word for word in self.words if word.type not in (COMMA, "SEE_YOU", "KNOW")]
        for cut in range(1, len(words)):
            for who, said in ((words[:cut], words[cut:]), (words[cut:], words[:cut])):
                who, said = _stripped(who), _stripped(said)
                if not who or not said or not _may_name(who):
                    continue
                yield [IS, *_definite(who), *said]
                if said[0].type in ("A", "HAIR", "COLOUR", "BLONDE", "FACE_ACT", "FEELING"):
                    yield [DO, *_definite(who), HAVE, *said]


_NAMING = {
    "PERSON",
    "PEOPLE",
    "FACE",
    "ONE",
    "SHE",
    "HE",
    "THEY",
    "HER",
    "HIM",
    "THEM",
    "ANYONE",
    "NOBODY",
    "EVERYONE",
    "NUMBERED",
    "GENDER",
    "BLONDE",
    "BRUNETTE",
    "ALL",
    "BOTH",
    "ONES",
    "NONE",
    "ONE_OF",
    "THIS",
}


def _may_name(words: Sequence[Word]) -> bool:
    return any(word.type in _NAMING for word in words)


def _stripped(words: Sequence[Word], edges: set[str] | frozenset[str] = frozenset(_EDGES)) -> list[Word]:
    """Without verbs and commas at both ends."""
    kept = list(words)
    while kept and kept[0].type in edges:
        kept = kept[1:]
    while kept and kept[-1].type in edges | {"OF", "ON", "IN", "TO", "WITH"}:
        kept = kept[:-1]
    return kept


_DETERMINED = {
    "THE",
    "A",
    "ANY",
    "NO",
    "ALL",
    "BOTH",
    "NONE",
    "ONE_OF",
    "THIS",
    "THESE",
    "EVERYONE",
    "ANYONE",
    "NOBODY",
    "SHE",
    "HE",
    "THEY",
    "HER",
    "HIM",
    "THEM",
    "NUMBERED",
    "NUMBER",
    "LOCATED",
    "HIS",
    "THEIR",
    "NOT",
}


def _definite(words: list[Word]) -> list[Word]:
    """ "Man in red" as "the man in red"; "person 2" as it is."""
    if words[0].type in _DETERMINED or (
        words[0].type in ("PERSON", "FACE") and words[1:2] and words[1].type in ("NUMBER", "NUMBERED")
    ):
        return words
    return [THE, *words]
