"""What a model's sentence says of looks: head pose and gaze, age, perceived gender, colours of hair and clothing, and
how many people there are. Action units and emotions are `facs.parse_claims`'s, which takes the finder here for the
rest.

Patterns of English; the words for colours, garments, ages and people are those of questions (`lexicon.yaml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from facereason.agent.grammar.words import lexicon
from facereason.types import AgeGroup, Topic

if TYPE_CHECKING:
    from facereason.facs.lexicon import Word
    from facereason.facs.mentions import Mention

OWN, IMAGE = "own", "image"
"""Whose left and right a direction is, where the words say so: "own left", "image left". A bare "left" may be both."""


def looks(words: Sequence[Word], text: str) -> Iterator[Mention]:
    """Mentions of looks in one sentence; `words` with their offsets in `text`."""
    from facereason.facs.mentions import Mention

    if not words:
        return
    first, last = words[0].start, words[-1].end
    said = text[first:last].casefold() if text[first:last].isascii() else text[first:last].lower()
    for topic, value, start, end in _found(said):
        at = tuple(i for i, word in enumerate(words) if word.start < first + end and word.end > first + start)
        if at:
            yield Mention(topic=topic, value=value, at=at, start=first + start, end=first + end)


Found = tuple[Topic, str, int, int]


def _found(said: str) -> Iterator[Found]:
    taken: list[range] = []
    for find in (_hair, _clothing, _ages, _directions, _tilts):
        for topic, value, start, end in find(said):
            # "Brown hair" is no clothing, however the sentence goes on.
            if not any(start < span.stop and end > span.start for span in taken):
                taken.append(range(start, end))
                yield topic, value, start, end
    yield from _genders(said)
    yield from _counts(said)


# ------------------------------------------------------------------------------------------------------------ colours

_HAIR_WORDS = (
    r"(?:,?\s+|-)(?:(?:long|short|curly|wavy|straight|thick|thin|shoulder|length|cropped|neat|loose|tied|layered|"
    r"tousled|messy|medium|sleek|fine)(?:,?\s+|-))*"
)
_BE = r"\s+(?:is|are|appears?|looks?|seems?)(?:\s+to\s+be)?\s+(?:\w+ly\s+)?"
_SHADE = r"(?:(?:very\s+)?(?:dark|light|bright|pale|deep|medium|vivid|strawberry|sandy|dirty|jet|navy|royal)[\s-]+)?"


@cache
def _colours() -> tuple[str, dict[str, str]]:
    """The alternatives of a pattern for colours, and what each word of them means; "dark" is one of hair only."""
    means = {
        " ".join(words): value
        for words, (terminal, value) in lexicon().phrases.items()
        if terminal in ("COLOUR", "BLONDE") and len(words) == 1 and words[0] not in ("fair", "dark", "black")
    } | {"black": "black"}
    return "|".join(sorted(map(re.escape, means), key=len, reverse=True)), means


@cache
def _hair_patterns() -> tuple[re.Pattern[str], ...]:
    colour = f"(?P<c>{_colours()[0]}|dark)"
    return (
        re.compile(rf"\b{colour}{_HAIR_WORDS}hair\b"),
        re.compile(rf"\b{colour}-?haired\b"),
        re.compile(rf"\bhair(?:\s+colou?r)?(?:{_BE}|\s*:\s*){_SHADE}(?:in\s+colou?r\s+)?{colour}\b"),
        re.compile(r"\b(?P<c>blonde?|brunette|redhead)\b(?!\s+hair)"),
    )


def _hair(said: str) -> Iterator[Found]:
    means = _colours()[1] | {"dark": "black or brown", "brunette": "brown", "redhead": "red", "blonde": "blond"}
    for pattern in _hair_patterns():
        for match in pattern.finditer(said):
            yield Topic.HAIR_COLOUR, means[match["c"]], match.start(), match.end()


@cache
def _clothing_patterns() -> tuple[re.Pattern[str], ...]:
    phrases = (
        words for words, (terminal, _) in lexicon().phrases.items() if terminal == "CLOTHING" and len(words) <= 2
    )
    garments = "|".join(sorted({r"[\s-]".join(map(re.escape, words)) for words in phrases}, key=len, reverse=True))
    garment = rf"(?:{garments}|t-shirt|suit|uniform|scarf|tie)s?"
    colour = rf"(?P<c>{_colours()[0]})"
    filler = r"(?:(?!hair|and|with|in|eyes?)[a-z-]+\s+){0,2}"
    return (
        re.compile(rf"\b{colour}\s+{filler}{garment}\b"),
        re.compile(rf"\b{garment}{_BE}{_SHADE}{colour}\b"),
        re.compile(
            rf"\b(?:wear(?:s|ing)?|dressed|clad|clothed)\s+(?:all\s+)?(?:in\s+)?(?:(?:an?|the|her|his)\s+)?{_SHADE}{colour}\b"
            rf"(?!{_HAIR_WORDS}hair)"
        ),
        re.compile(rf"\bin\s+(?:(?:an?|the)\s+)?{_SHADE}{colour}\b(?!{_HAIR_WORDS}hair|\s+and\s+white\b)"),
        re.compile(rf"\bcloth(?:es|ing)(?:\s+colou?r)?\s*:\s*{_SHADE}{colour}\b"),
    )


def _clothing(said: str) -> Iterator[Found]:
    means = _colours()[1]
    for pattern in _clothing_patterns():
        for match in pattern.finditer(said):
            yield Topic.CLOTHING_COLOUR, means[match["c"]], match.start(), match.end()


# ----------------------------------------------------------------------------------------------------------- ages

_DECADES = {
    "teens": "10-19", "twenties": "20-29", "20s": "20-29", "thirties": "30-39", "30s": "30-39", "forties": "40-49",
    "40s": "40-49", "fifties": "50-59", "50s": "50-59", "sixties": "60-69", "60s": "60-69", "seventies": "70+",
    "70s": "70+", "eighties": "70+", "80s": "70+",
}  # fmt: skip
_DECADE = re.compile(rf"\b(?P<d>{'|'.join(_DECADES)}|\d0'?s)(?!\w)")
_YEARS = re.compile(
    r"\b(?P<n>\d{1,2})(?:\s*(?:-|–|to)\s*(?P<m>\d{1,2}))?[\s-]+years?\b|\b(?:aged?|age\s*group)(?:\s+of)?\s*:?\s*"
    r"(?:about\s+|around\s+|between\s+)?(?P<a>\d{1,2})(?:\s*(?:-|–|to|and)\s*(?P<b>\d{1,2}))?(?P<plus>\+)?"
)
_AGE_WORDS = {
    "baby": r"bab(?:y|ies)|infants?|toddlers?|newborns?",
    "child": r"child(?:ren)?|kids?|(?:little|small|young) (?:girl|boy)s?",
    "teenager": r"teen(?:ager)?s?|adolescents?|teenaged?",
    "middle-aged": r"middle[\s-]aged?",
    "old": r"elderly|senior|old (?:wo)?m[ae]n|old (?:lady|person|gentleman)|grandmother|grandfather|aged (?:wo)?man",
    "young": r"young(?! (?:girl|boy))",
    "adult": r"adults?",
}
_AGE_WORD = re.compile("|".join(rf"(?P<{word.replace('-', '_')}>\b(?:{them})\b)" for word, them in _AGE_WORDS.items()))
_FIRST_YEARS = (0, 3, 10, 20, 30, 40, 50, 60, 70)


def _ages(said: str) -> Iterator[Found]:
    for match in _DECADE.finditer(said):
        yield Topic.AGE, _DECADES.get(match["d"].replace("'", ""), "70+"), match.start(), match.end()
    for match in _YEARS.finditer(said):
        low = int(match["n"] or match["a"])
        high = int(match["m"] or match["b"] or (99 if match["plus"] else low))
        yield Topic.AGE, " or ".join(_groups(low, max(low, high))), match.start(), match.end()
    for match in _AGE_WORD.finditer(said):
        yield Topic.AGE, str(match.lastgroup).replace("_", "-"), match.start(), match.end()


def _groups(low: int, high: int) -> list[str]:
    """Age groups that years from `low` to `high` reach into."""
    ends = (*_FIRST_YEARS[1:], 200)
    spans = zip(AgeGroup, _FIRST_YEARS, ends, strict=True)
    return [group.value for group, first, end in spans if low < end and high >= first]


# --------------------------------------------------------------------------------------------------------- gender

_FEMALE = r"wom[ae]n|lad(?:y|ies)|girls?|females?"
_MALE = r"m[ae]n|gentlem[ae]n|boys?|guys?|males?"
_GENDER = re.compile(rf"\b(?:(?P<female>{_FEMALE})|(?P<male>{_MALE}))\b(?!['’]s\s+hat)")


def _genders(said: str) -> Iterator[Found]:
    for match in _GENDER.finditer(said):
        yield Topic.GENDER, str(match.lastgroup), match.start(), match.end()


# ------------------------------------------------------------------------------------------------- head pose and gaze

_WHERE = (
    r"(?P<way>camera|lens|viewer|photographer|forwards?|(?:straight\s+)?ahead|up(?:wards?)?|down(?:wards?)?|away|aside|"
    r"sideways|left|right|side)\b"
)
_ADVERBS = (
    r"(?:(?:slightly|a\s+(?:bit|little)|somewhat|partly|directly|straight|far|sharply|gently|strongly|off|back|out|"
    r"mostly|clearly|\w+ly)\s+)*"
)
_TO = (
    r"(?:(?:at|to|into|towards?|in\s+the\s+direction\s+of)\s+)?(?:(?P<whose>her|his|their|the\s+person's)(?:\s+own)?\s+|"
    r"(?:the\s+)?(?P<image>viewer's|photo's|image's|picture's|observer's)\s+|the\s+|one\s+)?"
)
_OF_IMAGE = r"(?P<of>\s+(?:side\s+)?(?:of|in)\s+the\s+(?:photo|image|picture|frame))?"
_DIRECTION = re.compile(
    rf"\b(?P<verb>looking|looks|look|gazing|gazes|gaze|staring|stares|glancing|glances|eyes|averted|facing|faces|turned|"
    rf"turns|turning|rotated|angled|pointed|pointing|directed|oriented)\s+(?:(?:is|are)\s+)?"
    rf"(?:(?:directed|fixed|turned|cast|lowered|raised|focused|averted|looking|pointing)\s+)?{_ADVERBS}{_TO}{_WHERE}{_OF_IMAGE}"
)
_GAZES = ("look", "gaz", "star", "glanc", "eyes", "avert")
_WAYS = {
    "lens": "camera", "viewer": "camera", "photographer": "camera", "forward": "camera", "forwards": "camera",
    "ahead": "camera", "straight ahead": "camera", "upward": "up", "upwards": "up", "downward": "down",
    "downwards": "down", "aside": "away", "sideways": "away", "side": "away",
}  # fmt: skip
_TILT = re.compile(
    rf"\b(?:head|face)\b(?:\s+(?:is|are|appears|held|was))*\s+{_ADVERBS}(?:and\s+\w+\s+)?"
    rf"(?P<how>tilted|tilts|tipped|inclined|cocked|leaning|lowered|bowed|dropped|raised|lifted|upright|level)\b"
    rf"(?:\s+{_ADVERBS}{_TO}{_WHERE})?|\b(?P<first>tilted|inclined|lowered|bowed|raised|upright)\s+head\b|"
    rf"\b(?P<noun>tilt|turn)\s+of\s+(?:the|her|his|their)\s+head\b|\bhead\s+(?P<noun2>tilt)\b|\bin\s+(?P<profile>profile)\b"
)
_DOWN, _UP = ("lowered", "bowed", "dropped"), ("raised", "lifted")


def _directions(said: str) -> Iterator[Found]:
    for match in _DIRECTION.finditer(said):
        way = " ".join(match["way"].split())
        way = _WAYS.get(way, way)
        if way in ("left", "right"):
            frame = OWN if match["whose"] else IMAGE if match["image"] or match["of"] else ""
            way = f"{frame} {way}".strip()
        head = re.search(r"\bhead\b[^,;.]{0,30}$", said[: match.start("verb")]) is not None
        gaze = match["verb"].startswith(_GAZES) and not head
        yield Topic.GAZE if gaze else Topic.HEAD_POSE, way, match.start(), match.end("way")


def _tilts(said: str) -> Iterator[Found]:
    for match in _TILT.finditer(said):
        how, way = match["how"] or match["first"] or match["noun"] or match["noun2"] or "", match["way"] or ""
        way = _WAYS.get(way, way)
        if match["profile"]:
            value = "profile"
        elif how in _DOWN or (way == "down" or (way == "camera" and how.startswith(("tilt", "tip", "inclin")))):
            value = "down"
        elif how in _UP or way == "up":
            value = "up"
        elif how in ("upright", "level"):
            value = "upright"
        elif how == "turn":
            value = "away"
        else:
            value = "tilted"
        yield Topic.HEAD_POSE, value, match.start(), match.end()


# ------------------------------------------------------------------------------------------------------------- people

_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
_COUNT = re.compile(
    rf"(?<![\w-])(?P<n>\d{{1,2}}|{'|'.join(_NUMBERS)})\s+(?:(?:different|smiling|happy|visible|human|distinct|clear|young|adult|"
    rf"individual)\s+)*(?:people|persons?|individuals|faces?)\b"
)
_PART = re.compile(
    r"\b(?:first|other|least|most|than|about|over|under|around|nearly|almost|last|next|these|those|each|any|every|of\s+the|"
    r"the|no|another|for)\s+(?:the\s+)?$"
)


def _counts(said: str) -> Iterator[Found]:
    for match in _COUNT.finditer(said):
        if _PART.search(said[: match.start()]):
            continue
        number = match["n"]
        yield (
            Topic.PEOPLE,
            number if number.isdigit() else str(_NUMBERS.index(number)),
            match.start(),
            match.end(),
        )
