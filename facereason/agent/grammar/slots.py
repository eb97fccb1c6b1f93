"""What a sentence mentions: people, what is said of them, and what asks; whatever its order of words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from facereason.agent.grammar.chunks import Mention, mentions
from facereason.agent.grammar.words import COMMA, NAME, UNKNOWN, Word


def halves(words: Sequence[Word]) -> Iterator[tuple[list[Word], list[Word]]]:
    """The words before and after each joint ("and", a comma) behind which something else may be asked."""
    for at, word in enumerate(words):
        after = at + 1 + (words[at + 1 : at + 2] != [] and words[at + 1].type == "AND")
        if word.type in ("AND", COMMA, "BUT") and at and after < len(words) and words[after].type in _data().begins:
            yield list(words[:at]), list(words[after:])


def whom(words: Sequence[Word]) -> str:
    """The one that the words mention first, in plain words; empty where they mention nobody in particular."""
    kept = [as_known(word) for word in words if not is_light(word)]
    people = [each for each in mentions(kept, 2) if isinstance(each, Mention) and each.sort == "one"]
    return people[0].text if people else ""


@dataclass(frozen=True, slots=True)
class _Data:
    """Sections of slots.yaml."""

    light: frozenset[str]
    also: dict[str, str]
    felt: dict[str, str]
    asks: frozenset[str]
    cues: frozenset[str]
    topics: frozenset[str]
    nothing: frozenset[str]
    begins: frozenset[str]


@cache
def _data() -> _Data:
    import yaml

    data: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("slots.yaml").read_text(encoding="utf-8"))
    also = {word.strip(): type_ for type_, words in data["also"].items() for word in words.split(",")}
    kinds = {name: frozenset(data[name].split()) for name in ("asks", "cues", "topics", "nothing", "begins")}
    return _Data(frozenset(word.strip() for word in data["light"].split(",")), also, data["felt"], **kinds)


def topics() -> frozenset[str]:
    """Kinds of words that say what is asked about."""
    return _data().topics


def known() -> frozenset[str]:
    """Words that slots.yaml lists."""
    return _data().light | frozenset(_data().also)


def is_light(word: Word) -> bool:
    return word.type in (UNKNOWN, NAME) and word.text.lower() in _data().light


def as_known(word: Word) -> Word:
    """A word that only these frames know, as the lexicon's kind of word that it is."""
    type_ = _data().also.get(word.text.lower()) if word.type in (UNKNOWN, NAME) else None
    if type_ is None:
        return word
    return replace(word, type=type_, value=_VALUE.get(type_, type_.lower()), text=_TEXT.get(type_, word.text))


_VALUE, _TEXT = {"BESIDE": "next to"}, {"BESIDE": "next to"}


# ------------------------------------------------------------------------------------------------------------- slots


@dataclass(slots=True)
class Slots:
    """What a sentence holds. `people`: its mentions that are not said of somebody; `kinds`: those that are ("a woman"),
    as plain words; `asks`: types of words that ask; `cues`: what they ask about; `order`: types of all words in their
    order, "M" for people."""

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
    asked: bool = False

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


def filled(items: Sequence[Mention | Word], default: str) -> Slots | None:
    """The slots of a sentence; None where it has a word that no slot takes."""
    slots = Slots(default=default)
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
                (
                    each.type
                    for each in items[place + 1 :]
                    if isinstance(each, Word) and each.type not in _data().nothing
                ),
                "",
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
                slots.kinds.append(item.text if not item.bare or item.many else with_article(item.text))
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


def with_article(text: str) -> str:
    return f"an {text}" if text[0] in "aeiou" else f"a {text}"


def _takes(slots: Slots, word: Word, after: str) -> bool:
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
    elif type_ == "UNIT" or type_ == "FACE_DOES":
        slots.units.append(value)
    elif type_ == "NUMBER":
        slots.numbers.append(value)
    elif type_ == "AU":
        slots.cues.add("AU")
    elif type_ in ("NOT", "NO", "NONE"):
        slots.negated += 1
    elif type_ == "HAIRED":
        slots.cues.add("HAIR")
    elif type_ in _data().asks:
        slots.asks.add(type_)
    elif type_ in _data().cues:
        slots.cues.add(type_)
    else:
        return type_ in _data().nothing
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
