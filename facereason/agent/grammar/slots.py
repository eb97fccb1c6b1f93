"""What a question asks, told by what it mentions, whatever its order of words: people, and what is said or asked of them.

"The man on the left - blond hair or not?", "would you put blond down as the hair colour of the man on the left" mention somebody,
hair and a colour: "does the man on the left have blond hair?". That plain question is then parsed as strictly as any. A
question is only taken for one where every word of it is used or carries nothing (`light` of slots.yaml): one that is not known, or one
thing too many, makes it not understood.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from facereason.agent.grammar.chunks import LEVELS, Mention, mentions
from facereason.agent.grammar.words import COMMA, NAME, UNKNOWN, Word


def plain(words: Sequence[Word], default: str = "") -> Iterator[str]:
    """Plain questions that the words of a sentence may be, likelier ones first. `default`: of whom it asks where it
    mentions nobody, in words of the grammar."""
    seen: set[str] = set()
    kept = [_known(word) for word in words if not _is_light(word)]
    if any(word.type in (UNKNOWN, NAME) for word in kept):
        return
    for level in reversed(range(LEVELS)):
        slots = _filled(mentions(kept, level), default)
        if slots is None:
            continue
        for text in _Frames(slots).all():
            if text not in seen:
                seen.add(text)
                yield text


def halves(words: Sequence[Word]) -> Iterator[tuple[list[Word], list[Word]]]:
    """The words before and after each joint ("and", a comma) behind which something else may be asked."""
    for at, word in enumerate(words):
        after = at + 1 + (words[at + 1 : at + 2] != [] and words[at + 1].type == "AND")
        if word.type in ("AND", COMMA, "BUT") and at and after < len(words) and words[after].type in _BEGINS:
            yield list(words[:at]), list(words[after:])


def whom(words: Sequence[Word]) -> str:
    """The one that the words mention first, in plain words; empty where they mention nobody in particular."""
    kept = [_known(word) for word in words if not _is_light(word)]
    people = [each for each in mentions(kept, 2) if isinstance(each, Mention) and each.sort == "one"]
    return people[0].text if people else ""


_BEGINS = {
    "IS",
    "DO",
    "HAVE",
    "WHO",
    "WHOSE",
    "WHAT",
    "HOW",
    "WHERE",
    "WHY",
    "WAY",
    "HOW_MANY",
    "KNOW",
    "THE",
    "HER",
    "HIS",
    "THEIR",
    "MUCH",
}
_BEGINS |= {
    "AGE_NOUN",
    "GENDER_NOUN",
    "FEELING_NOUN",
    "POSTURE_NOUN",
    "GAZE_NOUN",
    "POSE_NOUN",
    "HAIR",
    "CLOTHING",
    "COLOUR_NOUN",
    "DESCRIBE",
    "UNKNOWN",
}


@dataclass(frozen=True, slots=True)
class _Data:
    """Sections of slots.yaml."""

    light: frozenset[str]
    also: dict[str, str]
    felt: dict[str, str]


@cache
def _data() -> _Data:
    import yaml

    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("slots.yaml").read_text(encoding="utf-8"))
    also = {word.strip(): type_ for type_, words in data["also"].items() for word in words.split(",")}
    return _Data(frozenset(word.strip() for word in data["light"].split(",")), also, data["felt"])


def known() -> frozenset[str]:
    """Words that slots.yaml lists."""
    return _data().light | frozenset(_data().also)


def _is_light(word: Word) -> bool:
    return word.type in (UNKNOWN, NAME) and word.text.lower() in _data().light


def _known(word: Word) -> Word:
    """A word that only these frames know, as the lexicon's kind of word that it is."""
    type_ = _data().also.get(word.text.lower()) if word.type in (UNKNOWN, NAME) else None
    if type_ is None:
        return word
    return replace(word, type=type_, value=_VALUE.get(type_, type_.lower()), text=_TEXT.get(type_, word.text))


_VALUE, _TEXT = {"BESIDE": "next to"}, {"BESIDE": "next to"}


# ------------------------------------------------------------------------------------------------------------- slots


@dataclass(slots=True)
class _Slots:
    """What a sentence holds. `people`: its mentions that are not said of somebody; `kinds`: those that are ("a woman"), as
    plain words; `asks`: types of words that ask; `cues`: what they ask about; `order`: types of all words in their order,
    "M" for people."""

    people: list[Mention] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    asks: set[str] = field(default_factory=set)
    cues: set[str] = field(default_factory=set)
    feelings: list[str] = field(default_factory=list)
    ages: list[str] = field(default_factory=list)
    genders: list[str] = field(default_factory=list)
    colours: list[str] = field(default_factory=list)
    postures: list[str] = field(default_factory=list)
    sides: list[str] = field(default_factory=list)
    parts: list[Word] = field(default_factory=list)
    acts: list[str] = field(default_factory=list)
    units: list[str] = field(default_factory=list)
    more: list[tuple[str, str]] = field(default_factory=list)
    most: list[tuple[str, str]] = field(default_factory=list)
    relations: list[str] = field(default_factory=list)
    numbers: list[str] = field(default_factory=list)
    negated: int = 0
    order: list[str] = field(default_factory=list)
    default: str = ""
    among: bool = False

    def only(self, *used: str) -> bool:
        """Whether these slots, and no others but people and `negated`, are filled."""
        return all(not getattr(self, name) for name in _VALUES if name not in used)


_VALUES = (
    "kinds",
    "feelings",
    "ages",
    "genders",
    "colours",
    "postures",
    "sides",
    "parts",
    "acts",
    "units",
    "more",
    "most",
    "relations",
    "numbers",
)
_ASKS = {
    "HOW_MANY",
    "HEADCOUNT",
    "WHO",
    "WHOSE",
    "WHAT",
    "HOW",
    "WHERE",
    "WHY",
    "WAY",
    "MUCH",
    "INTENSITY",
    "DESCRIBE",
    "LIST",
}
_ASKS |= {"FIND", "SORT", "RANKING", "COMPARE", "WHICH_PART", "WHY_CALL", "EXPLAIN"}
_CUES = {
    "FEELING_NOUN",
    "AGE_NOUN",
    "GENDER_NOUN",
    "COLOUR_NOUN",
    "HAIR",
    "CLOTHING",
    "POSE_NOUN",
    "BODY_NOUN",
    "GAZE_NOUN",
    "POSTURE_NOUN",
}
_CUES |= {
    "UNITS",
    "NAME_NOUN",
    "HEAD",
    "BODY",
    "LOOKING",
    "FACING",
    "WEAR",
    "THAN",
    "OR",
    "TILT",
    "BACK",
    "BEHIND_VIEW",
    "SAME",
    "PLACE_NOUN",
}
_CUES |= {
    "FEEL",
    "LOOK",
    "EACH_OTHER",
    "MAKES",
    "VERSUS",
    "NUMBERED",
    "ON_SCALE",
    "FROM",
    "EXCEPT",
    "BUT",
    "YEARS",
    "IDENTIFY",
    "CALLED",
    "SEEM",
    "SHOW",
}
_CUES |= {"DETAILS", "SAY_ABOUT", "READ", "BY", "DOING", "ABOUT", "SIDE_BY_SIDE", "SO_ON", "BELONG"}
_TOPIC_CUES = {
    "FEELING_NOUN",
    "FEEL",
    "AGE_NOUN",
    "YEARS",
    "GENDER_NOUN",
    "COLOUR_NOUN",
    "HAIR",
    "CLOTHING",
    "WEAR",
    "POSE_NOUN",
    "HEAD",
    "BODY_NOUN",
}
_TOPIC_CUES |= {
    "BODY",
    "GAZE_NOUN",
    "LOOKING",
    "POSTURE_NOUN",
    "UNITS",
    "NAME_NOUN",
    "TILT",
    "BACK",
    "BEHIND_VIEW",
    "SAME",
    "PLACE_NOUN",
    "IDENTIFY",
    "FACING",
}
_NOTHING = {
    "IS",
    "DO",
    "HAVE",
    "THE",
    "A",
    "OF",
    "ON",
    "TO",
    "FOR",
    "WITH",
    "AS",
    "THERE",
    "THIS",
    "THESE",
    "YOU",
    "SEE_YOU",
    "KNOW",
    "LIKE",
}
_NOTHING |= {
    "AND",
    "S",
    "ANY",
    "PERHAPS",
    "ACTIVE",
    "FACE",
    "FACES",
    "IN_PHOTO",
    "PHOTO",
    "OF_PHOTO",
    "AT",
    "PERSON",
    "STAND",
    COMMA,
}
_NOTHING |= {
    "HOLD",
    "GO",
    "IN",
    "HAIRED",
    "ORDINAL",
    "LIMIT",
    "YOU_THINK",
    "ONE",
    "ONES",
    "ALL",
    "BOTH",
    "ONE_OF",
    "PEOPLE",
    "ELSE",
}


def _filled(items: Sequence[Mention | Word], default: str) -> _Slots | None:
    """The slots of a sentence; None where it has a word that no slot takes."""
    slots = _Slots(default=default)
    definite = any(isinstance(item, Mention) and item.sort != "kind" for item in items)
    before: list[str] = []
    for place, item in enumerate(items):
        if isinstance(item, Mention):
            owned = (
                item.owner
                and _next(items, place) not in ("SIDE", "PLACE", "BESIDE", "DEPTH")
                and bool(slots.people or {"WHO", "WHOSE"} & slots.asks)
                and (not slots.people or slots.people[-1].text not in ("she", "he"))
            )
            slots.order += [] if owned else ["M"]
            follows = next(
                (each.type for each in items[place + 1 :] if isinstance(each, Word) and each.type not in _NOTHING), ""
            )
            if owned and (slots.people or item.text == "they"):
                pass  # "has the man closed his eyes?", "who has their eyes closed?"
            elif item.sort == "kind" and before[-1:] == ["IS"] and follows in ("BESIDE", "DEPTH", "BETWEEN"):
                slots.people.append(replace(item, sort="any"))
            elif (
                item.text == "they"
                and before[-1:] == ["OF"]
                and (slots.people or "WHO" in before or "WHAT" in before or "HOW_MANY" in before)
            ):
                slots.among = True  # "is there a sad face among them?"
            elif item.text == "they" and before[-1:] == ["BETWEEN"] and slots.people:
                pass  # "what do they have between them?"
            elif item.sort == "kind" and before[-1:] in (["WHAT"], ["HOW_MANY"]):
                slots.people.append(replace(item, sort="many"))
            elif item.sort == "kind" and definite and not (item.related or "THAN" in before[-2:]):
                slots.kinds.append(item.text if not item.bare or item.many else _with_a(item.text))
            else:
                slots.people.append(item)
        else:
            slots.order.append(item.type)
            after = next((each.type for each in items[place + 1 :] if isinstance(each, Word)), "")
            if not _takes(slots, item, after):
                return None
        before.append(slots.order[-1] if slots.order else "")
    return slots


def _next(items: Sequence[Mention | Word], place: int) -> str:
    after = items[place + 1] if place + 1 < len(items) else None
    return after.type if isinstance(after, Word) else ""


def _with_a(text: str) -> str:
    return f"an {text}" if text[0] in "aeiou" else f"a {text}"


def _takes(slots: _Slots, word: Word, after: str) -> bool:
    type_, value = word.type, word.value
    if type_ == "LIMIT" and after in ("PLACE", "CORNER"):
        return True
    if type_ == "AGE" and "HOW" in slots.asks:
        slots.cues.add("AGE_NOUN")
    elif type_ == "MOST":
        slots.numbers.append(f"{'least' if value == 'least' else 'most'}")
    elif type_ in ("FEELING", "EMOTION_NAME", "EMOTE"):
        feeling = _felt(word)
        if slots.numbers and slots.numbers[-1] in ("most", "least", "more", "less"):
            (slots.most if slots.numbers[-1] in ("most", "least") else slots.more).append(
                ("feeling", f"{slots.numbers.pop()} {feeling}")
            )
        elif feeling not in slots.feelings:
            slots.feelings.append(feeling)
    elif type_ in ("MORE", "LESS"):
        slots.numbers.append("more" if type_ == "MORE" else "less")
    elif type_ in ("AGE_MORE", "FEELING_MORE") or (
        type_ == "NEAR_MOST" and word.text.lower().split()[0].endswith("er")
    ):
        slots.more.append((type_, word.text if type_ != "NEAR_MOST" else value))
    elif type_ == "DEPTH" and value == "nearest to" and after == "DIRECTION":
        slots.more.append(("NEAR_MOST", "near"))
    elif type_ in ("AGE_MOST", "FEELING_MOST", "NEAR_MOST"):
        slots.most.append((type_, word.text if type_ != "NEAR_MOST" else value))
    elif type_ in ("COLOUR", "BLONDE", "BRUNETTE"):
        slots.colours.append("brown" if type_ == "BRUNETTE" else word.text)
        slots.cues |= {"HAIR"} if type_ in ("BLONDE", "BRUNETTE") else set()
    elif type_ == "POSED":
        if value != "placed":
            slots.postures.append(value)
    elif type_ == "SIDE" and value == "side":
        slots.asks.add("WAY")
    elif type_ in ("DIRECTION", "SIDE", "PLACE", "EDGE"):
        side = {"camera": "at the camera", "middle": "straight ahead"}.get(value, value.removeprefix("far "))
        slots.sides += [side] if side not in slots.sides else []
    elif type_ in _ONE_SLOT:
        getattr(slots, _ONE_SLOT[type_]).append(word.text)
    elif type_ == "FACE_PART":
        slots.parts.append(word)
    elif type_ == "UNIT":
        slots.units.append(value)
    elif type_ == "FACE_DOES":
        slots.units.append(value)
    elif type_ == "NUMBER":
        slots.numbers.append(value)
    elif type_ == "AU":
        slots.cues.add("AU")
    elif type_ in ("NOT", "NO", "NONE"):
        slots.negated += 1
    elif type_ == "HAIRED":
        slots.cues.add("HAIR")
    elif type_ in _ASKS:
        slots.asks.add(type_)
    elif type_ in _CUES:
        slots.cues.add(type_)
    else:
        return type_ in _NOTHING
    return True


_ONE_SLOT = {
    "AGE": "ages",
    "GENDER": "genders",
    "FACE_ACT": "acts",
    "BESIDE": "relations",
    "DEPTH": "relations",
    "BETWEEN": "relations",
    "DECADE": "ages",
}


def _felt(word: Word) -> str:
    if word.type == "EMOTE":
        return "smiling" if word.value == "smile" else "happy"
    return _data().felt.get(word.value, word.text) if word.type == "EMOTION_NAME" else word.text.lower()


# ------------------------------------------------------------------------------------------------------------ frames


class _Frames:
    """Plain questions of a sentence's slots."""

    def __init__(self, slots: _Slots) -> None:
        self.s = slots
        self.one = [each for each in slots.people if each.sort in ("one", "many", "all")]
        if slots.cues & {"AU", "UNITS"} and slots.numbers and not slots.units:
            slots.units = [f"AU{slots.numbers.pop(0)}"]
            slots.cues -= {"UNITS"}
        if slots.more or slots.most:
            slots.relations = [each for each in slots.relations if not each.startswith(("between", "in between"))]
        if slots.relations:
            slots.postures = []  # "stands beside"
        if "STAND" in slots.order and slots.only("postures"):
            slots.postures.append("standing")
        if slots.parts and slots.sides == ["straight ahead"]:
            slots.sides = []
        if self.asks("HOW_MANY") and slots.feelings and any(each.sort == "one" for each in slots.people):
            slots.asks = {"MUCH"}  # "how big is her smile?"
        if self.asks("FIND") and slots.people and slots.people[0].sort in ("all", "many", "any", "kind"):
            slots.asks.add("WHO")

    def all(self) -> Iterator[str]:
        s = self.s
        dangling = (
            s.order[-1:] == ["WHO"] and COMMA not in s.order and s.order[-2:-1] != ["IS"]
        )  # "happy woman red who"
        if s.negated > 1 or s.cues & {"EXCEPT", "EACH_OTHER", "BUT"} or dangling:
            return
        for frame in (
            self._reasons,
            self._count,
            self._sort,
            self._compare,
            self._related,
            self._much,
            self._looks,
            self._turned,
        ):
            yield from frame()
        yield from self._face()
        yield from self._said()
        yield from self._thing()
        yield from self._listed()

    # ------------------------------------------------------------------------------------------------- who

    def asks(self, *types: str) -> bool:
        return bool(self.s.asks & set(types))

    def about(self, *cues: str) -> bool:
        return bool(self.s.cues & set(cues))

    def whom(self) -> str:
        """The one that the sentence is about, in plain words; empty where that is not one."""
        people = [each for each in self.s.people if each.sort != "none"]
        if not people:
            return self.s.default
        if len(people) == 1 or all(each.text == people[0].text for each in people):
            return _definite(people[0])
        if (
            len(people) == 2
            and people[1].text in ("she", "he")
            and people[0].sort == "one"
            and people[0].text not in ("she", "he")
        ):  # "the man, is he ...?"
            return people[0].text
        return ""

    def anybody(self) -> str:
        """ "Anyone", "everyone", "nobody", where that is all who are mentioned."""
        people = self.s.people
        if (
            len(people) == 1
            and people[0].sort in ("any", "all", "none")
            and not people[0].text.startswith(("all the", "both"))
        ):
            return people[0].text
        return ""

    def asks_who(self) -> bool:
        """Whether it asks for people: "who", or "which of them"; with nobody in particular mentioned."""
        people = self.s.people
        among = not people or all(each.sort in ("many", "kind", "all", "any") for each in people)
        return among and (
            self.asks("WHO", "WHOSE") or (self.asks("WHAT", "FIND", "LIST") and (bool(people) or self.s.among))
        )

    def one_asked(self) -> bool:
        return any(each.sort == "one" for each in self.s.people)

    def who(self) -> str:
        """ "Who", or "who of the women"."""
        people = [each for each in self.s.people if each.sort in ("many", "kind")]
        if people and people[0].bare and people[0].text not in _GENERIC:
            return f"which {people[0].text}"
        if (
            not people
            or people[0].bare
            or people[0].text
            in ("they", "the ones", "ones", "the people", "people", "the faces", "faces", "person", "one")
        ):
            return "who"
        text = people[0].text.removeprefix("the ").removeprefix("these ")
        return f"who of the {text}" if people[0].sort == "many" or not people[0].text.startswith("a ") else "who"

    def of(self, predicate: str, verb: str = "is") -> Iterator[str]:
        """The predicate, proposed of whom the sentence is about, or asked for."""
        s = self.s
        no = "not " if s.negated else ""
        if anybody := self.anybody():
            if no and s.people[0].sort != "none":
                return
            yield f"{verb} {anybody} {predicate}"
        elif self.asks_who():
            if verb == "is":
                yield f"{self.who()} is {no}{predicate}"
            elif not no:
                yield f"{self.who()} {_third(predicate)}"
            else:
                yield f"{self.who()} does not {predicate}"
        elif (whom := self.whom()) and not self.asks("WHO", "WHOSE"):
            if no and verb == "do":
                yield f"does {whom} not {predicate}"
            else:
                yield f"{'does' if verb == 'do' else 'is'} {whom} {no}{predicate}"

    def fits(self, *cues: str) -> bool:
        """Whether nothing is asked about but these."""
        return not self.s.cues & _TOPIC_CUES - set(cues)

    # ---------------------------------------------------------------------------------------------- frames

    def _reasons(self) -> Iterator[str]:
        s = self.s
        why = self.asks("WHY", "WHICH_PART", "WHY_CALL", "EXPLAIN") or (self.asks("WHAT") and self.about("MAKES"))
        begins = [type_ for type_ in s.order[:3] if type_ not in ("ON", "IN", "BY", "FROM", "THIS", "IS")][:1]
        shown = (
            begins == ["WHAT"]
            and self.one_asked()
            and len(s.feelings) == 1
            and s.only("feelings")
            and not self.about("OR", "FEELING_NOUN")
        )
        if not (why or shown):  # "what in her face shows fear?"
            return
        values = [*s.feelings, *s.ages, *s.postures]
        if self.whom() and len(values) == 1 and s.only("feelings", "ages", "postures"):
            yield f"why is {self.whom()} {'not ' if s.negated else ''}{values[0]}"
        elif self.whom() and self.about("FEELING_NOUN", "FEEL") and "AND" in s.order and s.only():
            yield f"how does {self.whom()} feel? why"
        elif self.whom() and not values and s.only():
            yield f"why does {self.whom()} look that way"
        s.asks.add("DONE")

    def _count(self) -> Iterator[str]:
        s = self.s
        if self.asks("HOW_MANY") and self.about("YEARS") and self.one_asked() and s.only():
            s.asks.discard("HOW_MANY")
        if not self.asks("HOW_MANY", "HEADCOUNT") or self.one_asked() or len(s.people) > 1:
            return
        people = s.people[0].text if s.people else "people"
        people = people.removeprefix("the ").removeprefix("these ").removeprefix("all ").removeprefix("any ")
        people = "people" if people in ("they", "everyone", "ones", "anyone", "faces") else people
        no = "not " if s.negated else ""
        if s.only() and not no:
            yield f"how many {people} are there"
        for said, verb in self._predicates():
            yield f"how many {people} {'are ' + no if verb == 'is' else 'do not ' if no else ''}{said}"
        s.asks.add("DONE")

    def _sort(self) -> Iterator[str]:
        s = self.s
        if not self.asks("SORT", "RANKING") or self.one_asked():
            return
        people = next((each.text for each in s.people), "everyone")
        people = (
            "everyone"
            if people in ("they", "people", "the people", "anyone")
            else _definite(s.people[0])
            if s.people
            else people
        )
        if s.most and s.only("most", "numbers", "ages", "feelings"):
            by = "age" if s.most[0][0] == "AGE_MOST" else "happiness" if "happ" in s.most[0][1] else ""
            if by:
                yield f"sort {people} by {by}, {s.most[0][1]} first"
        if self.about("AGE_NOUN") and s.only("ages", "numbers"):
            yield f"sort {people} by age, {'youngest' if s.ages and s.ages[0].startswith('y') else 'oldest'} first"
        if s.feelings and s.only("feelings", "numbers"):
            yield f"sort {people} by how {s.feelings[0]} they are"

    def _compare(self) -> Iterator[str]:
        s = self.s
        if len(s.people) != 2 or self.asks("DONE"):
            return
        a, b = (_definite(each) for each in s.people)
        if s.more and s.only("more", "sides", "numbers"):
            kind, more = s.more[-1]
            if kind == "NEAR_MOST":
                more = "closer to the camera" if more == "near" else "farther from the camera"
            elif s.sides:
                return
            if kind == "NEAR_MOST" and [side for side in s.sides if side != "at the camera"]:
                return
            polar = self.about("THAN") and not self.about("OR") and not self.asks("WHO", "WHAT")
            if not polar and self.about("VERSUS") and not self.asks("WHO", "WHAT"):
                polar = "IS" in s.order or "DO" in s.order
            if polar:
                first = [each for each in s.order if each in ("M", "THAN", "VERSUS")]
                if first and first[0] in ("THAN", "VERSUS"):
                    a, b = b, a
                yield f"is {a} {more} than {b}"
            else:
                yield f"who is {more}, {a} or {b}"
        if s.most and s.only("most", "sides", "numbers") and s.most[-1][0] == "NEAR_MOST":
            more = "closer to the camera" if s.most[-1][1] == "near" else "farther from the camera"
            polar = self.about("VERSUS") and not self.asks("WHO", "WHAT")
            yield f"is {a} {more} than {b}" if polar else f"who is {more}, {a} or {b}"
        if (
            self.about("THAN")
            and s.only("more", "sides", "numbers")
            and len(s.sides) == 1
            and s.sides[0] in ("left", "right")
        ):
            yield f"is {a} {s.sides[0]} of {b}"  # "further left than"
        if self.about("SIDE_BY_SIDE") or (
            s.only("relations") and s.relations == ["next to"] and s.order[-1] == "BESIDE"
        ):
            yield f"are {a} and {b} side by side"
        if s.people[1].text.startswith("the one ") and s.people[1].mods and s.only() and not s.asks:
            yield f"is {a} {s.people[1].mods[0].removeprefix('who is ')}"
        if self.about("SAME") and s.only():
            topic = next((said for cue, said in _SAME.items() if self.about(cue)), "feel the same")
            yield f"do {a} and {b} {topic}"

    def _related(self) -> Iterator[str]:
        s = self.s
        if len(s.relations) != 1 or not s.only("relations") or self.asks("DONE", "WHERE", "WAY"):
            return
        relation = s.relations[0]
        people = [
            each
            for each in s.people
            if each.sort == "one" or each.text == "they" or (each.bare and each.sort == "kind")
        ]
        others = [each for each in s.people if each not in people]
        at = next(i for i, type_ in enumerate(s.order) if type_ in ("BESIDE", "DEPTH", "BETWEEN"))
        before = s.order[:at].count("M")
        if "BETWEEN" in s.order:
            if len(people) == 2:
                yield f"who is between {_object(people[0])} and {_object(people[1])}"
            elif len(people) == 3:
                first = 0 if before else 2
                a = people.pop(first)
                yield f"is {_definite(a)} between {_object(people[0])} and {_object(people[1])}"
            return
        if len(people) == 1 and (
            self.asks("WHO", "WHAT", "WHOSE") or (others and others[0].sort == "any") or not others
        ):
            if not self.asks("WHO", "WHAT", "WHOSE") and others:
                yield f"is anyone {relation} {_object(people[0])}"
            elif self.asks("WHO", "WHAT", "WHOSE") and (
                not before or "next" in relation or "beside" in relation or "near" in relation
            ):
                yield f"who is {relation} {_object(people[0])}"
        elif len(people) == 2 and not self.asks("WHO"):
            a, b = people if before else people[::-1]
            yield f"is {_definite(a)} {'not ' if s.negated else ''}{relation} {_object(b)}"

    def _much(self) -> Iterator[str]:
        s, whom = self.s, self.whom()
        asked = self.asks("MUCH", "INTENSITY") or (self.asks("HOW", "WHAT") and self.about("ON_SCALE"))
        if not asked or not whom or self.asks("DONE") or not self.fits("UNITS", "FEEL", "FEELING_NOUN"):
            return
        if len(s.units) == 1 and s.only("units", "numbers", "sides"):
            yield f"how strong is {s.units[0]} on {_object_text(whom)}"
        lowered = [*s.acts, *({"down": "lowered", "up": "raised"}[side] for side in s.sides if side in ("down", "up"))]
        if s.parts and lowered and s.only("parts", "acts", "sides", "ages"):
            yield f"how much is the {s.parts[-1].text} of {_object_text(whom)} {lowered[0]}"
        if len(s.feelings) == 1 and s.only("feelings"):
            yield f"how much is {whom} {s.feelings[0]}"
        if s.units or s.acts or s.feelings:
            s.asks.add("DONE")

    def _looks(self) -> Iterator[str]:
        """Where somebody looks."""
        s = self.s
        eyes = bool(s.parts) and all(part.value == "eye" for part in s.parts)
        if self.asks("DONE") or s.acts or (s.parts and not eyes):
            return
        if not (
            self.about("LOOKING", "GAZE_NOUN")
            or eyes
            or (self.about("LOOK") and (s.sides or self.asks("WHERE", "WAY", "WHO") or len(s.people) > 1))
        ):
            return
        if not s.only("sides", "parts") or not self.fits("LOOKING", "GAZE_NOUN", "FACING"):
            return
        if len(s.sides) == 1:
            yield from self.of(f"looking {s.sides[0]}")
        elif len(s.sides) == 2 and self.whom():
            yield f"is {self.whom()} looking {s.sides[0]} or {s.sides[1]}"
        elif len(s.people) == 2 and not s.sides and not self.asks("WHERE", "WAY"):
            a, b = s.people[::-1] if self.about("BY") else s.people
            if a.sort in ("any", "many", "kind") and self.asks("WHO", "WHAT"):
                yield f"who is looking at {_object(b)}"
            elif a.sort == "any":
                yield f"is anyone looking at {_object(b)}"
            else:
                yield f"is {_definite(a)} {'not ' if s.negated else ''}looking at {_object(b)}"
        elif not s.sides and self.whom():
            whom = self.whom()
            if self.asks("WHO", "WHOSE") and len(s.people) == 1:
                spot, ask = s.order.index("M"), s.order.index("WHO") if "WHO" in s.order else 0
                yield (
                    f"who is {whom} looking at"
                    if spot < ask or s.order[-1] in ("LOOKING", "LOOK", "AT", "ON")
                    else f"who is looking at {_object_text(whom)}"
                )
            elif self.asks("WHERE", "WAY", "WHAT", "HOW", "DESCRIBE") or self.about("GAZE_NOUN"):
                yield f"where is {whom} looking"

    def _turned(self) -> Iterator[str]:
        """How head and body are turned."""
        s, whom = self.s, self.whom()
        if self.asks("DONE"):
            return
        away = self.about("BACK", "BEHIND_VIEW") or s.sides == ["away"]
        if (
            away
            and self.fits("BACK", "BEHIND_VIEW", "FACING", "BODY", "LOOKING")
            and s.only("sides")
            and not self.about("HEAD")
            and all(side in ("away", "at the camera") for side in s.sides)
        ):
            yield from self.of("facing away")
        if self.about("TILT") and s.only("sides"):
            tilted = f"tilted to the {s.sides[0]}" if s.sides and s.sides[0] in ("left", "right") else "tilted"
            if whom and not self.asks_who():
                yield f"is the head of {_object_text(whom)} {'not ' if s.negated else ''}{tilted}"
            else:
                yield from self.of("tilting the head")
        head = self.about("HEAD", "POSE_NOUN") or ("FACE" in s.order and (s.sides or self.asks("WAY", "WHERE")))
        lifted = [{"raised": "up", "lowered": "down"}.get(act, act) for act in s.acts]
        ways = [*s.sides, *lifted]
        if not self.fits("BODY", "BODY_NOUN", "HEAD", "POSE_NOUN", "FACING", "TILT", "BACK", "LOOKING", "PLACE_NOUN"):
            return
        if self.about("BODY", "BODY_NOUN") and s.only("sides"):
            if not s.sides and whom:
                yield f"what is the body orientation of {_object_text(whom)}"
            elif len(s.sides) == 1 and whom:
                yield f"is the body of {_object_text(whom)} {'not ' if s.negated else ''}facing {s.sides[0].removeprefix('at ')}"
        elif head and s.only("sides", "acts") and whom and not self.asks_who():
            if not ways:
                yield f"what is the head pose of {_object_text(whom)}"
            elif len(ways) == 1 and ways[0] in ("up", "down"):
                yield f"is the head of {_object_text(whom)} {ways[0]}"
            elif len(ways) == 1:
                yield f"is the head of {_object_text(whom)} {'not ' if s.negated else ''}turned {ways[0].removeprefix('at ')}"
            elif len(ways) == 2:
                yield f"is the head of {_object_text(whom)} {ways[0]} or {ways[1]}"
        elif (head or self.about("FACING")) and s.only("sides"):
            if len(s.sides) == 1:
                yield from self.of(f"facing {s.sides[0].removeprefix('at ')}")
            elif not s.sides and whom and self.asks("WAY", "WHERE", "HOW", "WHAT"):
                yield f"what is the head pose of {_object_text(whom)}"

    def _face(self) -> Iterator[str]:
        """Action units, by number or by what parts of the face do."""
        s, whom = self.s, self.whom()
        if self.asks("DONE", "MUCH") or not self.fits("UNITS"):
            return
        if len(s.units) == 1 and s.only("units", "numbers"):
            yield from self.of(f"show {s.units[0]}", "do")
        elif self.about("UNITS", "AU") and s.only() and whom and not s.negated:
            yield f"which action units does {whom} show"
        elif s.parts and s.only("parts", "acts", "sides") and len(s.acts) + len(s.sides) == 1:
            part, act = (
                s.parts[-1].text if len(s.parts) == 1 else " ".join(part.text for part in s.parts),
                (s.acts or s.sides)[0],
            )
            if self.anybody() and not s.negated:
                yield (
                    f"does {self.anybody()} have {act} {part}"
                    if s.people[0].sort != "all"
                    else f"is {self.anybody()} {act} the {part}"
                )
            elif self.asks_who():
                yield f"whose {part} is {'not ' if s.negated else ''}{act}"
                yield f"{self.who()} has {act} {part}"
            elif whom:
                yield f"is the {part} of {_object_text(whom)} {'not ' if s.negated else ''}{act}"
        elif len(s.parts) == 1 and s.only("parts") and whom and not s.negated and self.asks("WHAT", "HOW", "DESCRIBE"):
            yield f"what is the {s.parts[0].text} of {_object_text(whom)} doing"

    def _predicates(self) -> Iterator[tuple[str, str]]:
        """What may be said of somebody, with its verb."""
        s = self.s
        if s.colours and s.only("colours") and self.fits("HAIR", "CLOTHING", "WEAR", "COLOUR_NOUN"):
            either = " or ".join(s.colours)
            if self.about("HAIR") and not self.about("CLOTHING", "WEAR"):
                yield f"have {either} hair", "do"
            elif not self.about("HAIR"):
                yield f"wearing {either}", "is"
        elif s.feelings and s.only("feelings") and self.fits("FEELING_NOUN", "FEEL"):
            yield _either(s.feelings), "is"
        elif s.postures and s.only("postures") and self.fits("POSTURE_NOUN"):
            yield _either(list(dict.fromkeys(s.postures))), "is"
        elif (
            s.only("ages", "genders", "kinds")
            and self.fits("AGE_NOUN", "GENDER_NOUN", "YEARS")
            and (s.kinds or s.genders or s.ages)
        ):
            order = [
                *s.kinds,
                *s.genders,
                *(f"in the {age}" if age[0].isdigit() or age.endswith("ies") else age for age in s.ages),
            ]
            yield _either(order), "is"
        elif len(s.units) == 1 and s.only("units", "numbers") and self.fits("UNITS"):
            yield f"show {s.units[0]}", "do"
        elif len(s.sides) == 1 and s.only("sides") and self.about("LOOKING", "LOOK") and self.fits("LOOKING"):
            yield f"looking {s.sides[0]}", "is"
        elif self.about("BACK", "BEHIND_VIEW") or s.sides == ["away"]:
            if s.only("sides"):
                yield "facing away", "is"
        elif s.parts and s.acts and s.only("parts", "acts"):
            yield f"have {s.acts[0]} {s.parts[-1].text}", "do"

    def _said(self) -> Iterator[str]:
        s = self.s
        if self.asks("DONE", "MUCH", "WHERE", "WAY", "HOW_MANY", "HEADCOUNT", "WHY"):
            return
        for said, verb in self._predicates():
            yield from self.of(said, verb)
        if s.most and s.only("most", "numbers") and len(s.most) == 1 and not self.one_asked():
            most = s.most[0][1]
            yield f"{self.who()} is {'the ' if not most.startswith('the') else ''}{most}"
        most = _MOST.get(s.more[0][1].lower(), "") if len(s.more) == 1 else ""
        if most and s.only("more") and self.asks("WHO", "WHAT") and len(s.people) == 1 and s.people[0].sort == "all":
            yield f"who is the {most}"  # "older than everyone else"

    def _thing(self) -> Iterator[str]:
        """One thing of somebody."""
        s = self.s
        whom = self.whom() or ("everyone" if self.anybody() else "")
        put = self.asks("SORT") and not self.asks("WHAT", "WAY")
        if not s.only() or s.negated or put or self.asks("DONE", "WHO", "WHOSE", "COMPARE", "HOW_MANY", "WHY", "MUCH"):
            return
        people = [whom] if whom else [_definite(each) for each in s.people if each.sort == "one"]
        if not people or (not whom and (len(people) != len(s.people) or "AND" not in s.order)):
            return
        asked = [(cues, text) for cues, text in _THINGS if self.about(*cues)]
        if self.about("HAIR") and not self.about("CLOTHING", "WEAR"):
            asked = [each for each in asked if "CLOTHING" not in each[0]]
        if len(asked) > 1:  # "where would you place her age?"
            asked = [each for each in asked if "PLACE_NOUN" not in each[0]]
        if (
            self.asks("DESCRIBE", "HOW", "WHAT")
            and not asked
            and "FACE" in s.order
            and (self.about("READ") or self.asks("WHAT"))
        ):
            asked = [(("FEEL",), "how does {0} feel")]
        if self.about("DETAILS", "SAY_ABOUT", "ABOUT") and not asked:
            asked = [(("ABOUT",), "describe {1}")]
        if asked and all(cues == ("FEELING_NOUN", "FEEL") for cues, _ in asked[1:]):  # "the look of her hair"
            yield "? ".join(asked[0][1].format(each, _object_text(each)) for each in people)
        elif asked and "AND" in s.order:
            yield "? ".join(text.format(each, _object_text(each)) for _, text in asked for each in people)

    def _listed(self) -> Iterator[str]:
        s, whom = self.s, self.whom()
        if (
            s.only()
            and not s.negated
            and len(s.people) == 1
            and not self.about(*_TOPICS)
            and not self.asks("WHERE", "WAY", "HOW_MANY", "WHY")
        ):
            text, sort = s.people[0].text, s.people[0].sort
            if sort in ("any", "kind") and not s.asks:
                yield f"is there {text}" if sort == "any" or not s.people[0].bare else f"are there any {text}"
                yield f"is there {_with_a(text)}"
            noun = text.removesuffix(" ".join(s.people[0].mods)).strip().removeprefix("the ").removeprefix("these ")
            if self.asks("WHO", "WHAT") and s.people[0].mods and sort in ("one", "kind", "many"):
                said = " ".join(s.people[0].mods)
                said = said if said.startswith("who ") else f"who is {said}"
                if noun in _GENERIC:
                    yield said
                else:
                    yield f"which {noun} {said.removeprefix('who ')}"
            elif (
                (self.asks("WHO", "WHAT") or not s.asks)
                and sort == "one"
                and any(word in text for word in ("est ", "most ", "least "))
            ):
                yield f"who is {text}"
        if not s.only() or s.negated or self.asks("DONE", "WHY", "MUCH") or self.about(*_TOPICS):
            return
        if self.asks("LIST") and s.people and s.people[0].sort in ("many", "all", "kind"):
            yield f"list {s.people[0].text if s.people[0].sort != 'kind' else 'the ' + s.people[0].text}"
        elif (
            s.people
            and s.people[0].sort in ("many", "all")
            and len(s.people) == 1
            and (self.asks("WHAT", "WHO", "FIND") or self.about("SHOW"))
        ):
            yield f"list {s.people[0].text}"
        elif self.asks("FIND", "WHERE", "WAY") and whom:
            yield f"where is {whom}"
        elif (self.asks("DESCRIBE") or (self.asks("WHAT") and "LIKE" in s.order)) and whom:
            yield f"describe {_object_text(whom)}"


_THINGS = (
    (("HAIR",), "what colour is the hair of {1}"),
    (("CLOTHING", "WEAR", "COLOUR_NOUN"), "what colour is {0} wearing"),
    (("AGE_NOUN", "YEARS"), "how old is {0}"),
    (("GENDER_NOUN",), "is {0} a man or a woman"),
    (("POSTURE_NOUN",), "what is the posture of {1}"),
    (("UNITS",), "which action units does {0} show"),
    (("POSE_NOUN",), "what is the head pose of {1}"),
    (("BODY_NOUN",), "what is the body orientation of {1}"),
    (("GAZE_NOUN",), "where is {0} looking"),
    (("NAME_NOUN", "IDENTIFY", "CALLED"), "what is the name of {1}"),
    (("PLACE_NOUN",), "where is {0}"),
    (("FEELING_NOUN", "FEEL"), "how does {0} feel"),
)
_TOPICS = frozenset(cue for cues, _ in _THINGS for cue in cues) | {"HEAD", "BODY", "LOOKING", "FACING", "TILT", "BACK"}
_MOST = {
    "older": "oldest",
    "younger": "youngest",
    "happier": "happiest",
    "sadder": "saddest",
    "angrier": "angriest",
    "calmer": "calmest",
}
_SAME = {
    "HAIR": "have the same hair colour",
    "COLOUR_NOUN": "wear the same colour",
    "CLOTHING": "wear the same colour",
    "AGE_NOUN": "have the same age",
    "GENDER_NOUN": "have the same gender",
}


_GENERIC = {"person", "one", "people", "ones", "face", "faces", "persons", "individual", "individuals", "folks"}


def _either(values: Sequence[str]) -> str:
    return values[0] if len(values) == 1 else f"{', '.join(values[:-1])} or {values[-1]}"


def _definite(mention: Mention) -> str:
    if mention.sort == "kind":
        return f"the {mention.text.removeprefix('a ').removeprefix('an ')}"
    return mention.text


def _object(mention: Mention) -> str:
    return _object_text(_definite(mention))


def _object_text(text: str) -> str:
    return {"she": "her", "he": "him", "they": "them"}.get(text, text)


def _third(predicate: str) -> str:
    verb, _, rest = predicate.partition(" ")
    return f"{'has' if verb == 'have' else verb + 's'} {rest}"
