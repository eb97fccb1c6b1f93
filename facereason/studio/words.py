"""Words to a scene: "a worried old man looking left" becomes a spec, its expression through action units.

A small vocabulary, kept as data in `words.yaml`, and the claim parser for emotions and movements of the face. What is
not understood is refused by name, never left out in silence. Left and right are the picture's.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from facereason import facs
from facereason.studio import units as rig_units
from facereason.studio.spec import SceneSpec
from facereason.types import EmotionLabel, FaceReasonError, Stance, Topic, UsageError

LEVEL = 0.8
NEAR = 24  # characters before a word in which its degree is looked for


@dataclass(slots=True)
class _Text:
    """A text from which what was understood is struck out."""

    words: str
    left: str = field(init=False)

    def __post_init__(self) -> None:
        self.left = self.words

    def taken(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.search(self.left)
        if found:
            self.strike(found.start(), found.end())
        return found

    def strike(self, start: int, end: int) -> None:
        self.left = self.left[:start] + "|" * (end - start) + self.left[end:]


def parsed(text: str, seed: int = 0, **scene: Any) -> SceneSpec:
    """The scene that a description in English asks for; `scene`: further fields of the spec, as plain data. UsageError
    names words that are not understood, and what cannot be."""
    whole = _Text(" ".join(text.casefold().split()))
    data: dict[str, Any] = {"seed": seed, **scene}
    meet = False
    for phrase in _phrases("scene"):
        found = whole.taken(phrase.pattern)
        if found:
            meet = meet or phrase.meet
            for path, value in phrase.filled(found):
                _set(data, path, value)
    people = [person for part in _parts(whole.left) for person in _people(part)]
    if not people:
        raise UsageError(f"nobody in {text!r}: say whom to draw, as in 'a worried old man looking left'")
    for number, person in enumerate(people):
        person["identity"] = 1000 * seed + number
        person["clothes"] = {**_dressed(person["identity"]), **person.get("clothes", {})}
    if meet and len(people) == 2:
        for person, other, way in zip(people, (2, 1), (1, -1), strict=True):
            person |= {"gaze": other, "head": {**person.get("head", {}), "yaw": 65.0 * way}}
    elif meet:
        raise UsageError("'each other': for two people")
    data["people"] = people
    return SceneSpec.from_dict(data, repr(text))


def said(text: str) -> list[dict[str, Any]]:
    """What a description says of each person, and nothing else: fields of the spec as plain data, those that were not
    spoken of left out; and `absent`, the units that shall not be there ("no AU12", "not smiling"). UsageError as
    `parsed`."""
    whole = _Text(" ".join(text.casefold().split()))
    meet = False
    for phrase in _phrases("scene"):
        meet = (whole.taken(phrase.pattern) is not None and phrase.meet) or meet
    if meet:
        raise UsageError("whether people look at each other is not judged: ask of each where they look")
    parts = list(_parts(whole.left)) or [f"person {whole.left}"]  # "AU4": of whoever is there
    return [_spoken(person, part) for part in parts for person in _people(part, judge=True)]


def _spoken(person: dict[str, Any], part: str) -> dict[str, Any]:
    """A person without what a noun or an age brings along for drawing."""
    aged = any("years" in phrase.fields and phrase.pattern.search(part) for phrase in _phrases("person"))
    if person.get("gender") == 0.5:
        del person["gender"]
    if person.get("years") in _ADULT and not aged:
        del person["years"]
    if set(person.get("hair", {})) == {"style"} or not _HAIR.search(part):
        person.pop("hair", None)
    return person


_ADULT = (36, 38)
_HAIR = re.compile(r"hair|blonde?\b|brunette|ginger|curls|\bbob\b|\bbun\b")


def _dressed(identity: int) -> dict[str, str]:
    """Clothes of somebody of whose clothes nothing is said."""
    rng = np.random.Generator(np.random.PCG64([identity, 21]))
    top = ("t-shirt", "shirt", "jumper", "jacket")[int(rng.integers(4))]
    colour, trousers = (
        ("blue", "green", "navy", "purple", "turquoise", "beige", "grey", "red")[int(i)]
        for i in rng.integers(8, size=2)
    )
    return {"top": top, "colour": colour, "trousers": trousers}


@dataclass(frozen=True, slots=True)
class _Phrase:
    pattern: re.Pattern[str]
    fields: Mapping[str, Any]
    meet: bool

    def filled(self, found: re.Match[str]) -> Iterator[tuple[str, Any]]:
        groups = [group for group in found.groups() if group]
        for path, value in self.fields.items():
            if value == "$n":
                yield path, float(groups[0])
            elif value == "$decade":
                yield path, float(groups[0]) * 10 + 5
            elif isinstance(value, str) and value.startswith("$"):
                word = found.group(int(value[1:])) if int(value[1:]) <= (found.re.groups or 0) else None
                if word:
                    yield path, _table()["garments"].get(word) or _table()["same"].get(word, word)
            else:
                yield path, value


@functools.cache
def _table() -> Any:
    return yaml.safe_load(Path(__file__).with_name("words.yaml").read_text(encoding="utf-8"))


@functools.cache
def _phrases(kind: str) -> tuple[_Phrase, ...]:
    table = _table()
    names = {"colour": table["colours"], "hair": table["hair colours"], "garment": "|".join(table["garments"])}
    out = []
    for entry in table[kind]:
        say = entry["say"]
        for name, words in names.items():
            say = say.replace("{" + name + "}", words)
        out.append(
            _Phrase(
                re.compile(rf"(?<!\w)(?:{say})(?!\w)"), entry.get("set") or entry.get("scene") or {}, "meet" in entry
            )
        )
    return tuple(out)


@functools.cache
def _nouns() -> tuple[re.Pattern[str], tuple[tuple[re.Pattern[str], Mapping[str, Any]], ...]]:
    each = tuple((re.compile(rf"\b(?:{say})\b"), fields) for say, fields in _table()["nouns"].items())
    return re.compile(rf"\b(?:{'|'.join(_table()['nouns'])})\b"), each


def _parts(text: str) -> Iterator[str]:
    """The text cut before each further person: at the last joint before the noun."""
    some, _ = _nouns()
    nouns = list(some.finditer(text))
    start = 0
    for before, noun in itertools.pairwise(nouns):
        joints = list(re.finditer(r"\band\b|,|\bbeside\b|\bnext to\b|\bwith\b", text[before.end() : noun.start()]))
        if joints:
            cut = before.end() + joints[-1].start()
            yield text[start:cut]
            start = before.end() + joints[-1].end()
    if nouns:
        yield text[start:]


def _people(text: str, judge: bool = False) -> list[dict[str, Any]]:
    """The people of one part, alike but for who they are; `judge`: they are not to be drawn, so that something can be
    asked not to be there."""
    part = _Text(text)
    person: dict[str, Any] = {"gender": 0.5}
    some, each = _nouns()
    noun = part.taken(some)
    assert noun is not None
    for pattern, fields in each:
        if pattern.fullmatch(noun.group()):
            for path, value in fields.items():
                _set(person, path, value)
    if person["gender"] < 0.5:
        _set(person, "hair.style", "long" if person.get("years", 30) < 60 else "bob")
    if judge:
        _absent(part, person)
    _face(part, person)
    for phrase in _phrases("person"):
        found = part.taken(phrase.pattern)
        if found:
            fields = dict(phrase.filled(found))
            if "years" in fields and "colour" in person.get("hair", {}):
                fields.pop("hair.colour", None)  # hair that is spoken of is not greyed by age
            for path, value in fields.items():
                _set(person, path, value)
    counted = _count(part)
    known = set(_table()["ignored"].split()) | set(_table()["numbers"])
    unknown = [word for word in re.findall(r"[\w'-]+", part.left) if word not in known]
    if unknown:
        words = ", ".join(map(repr, unknown))
        raise UsageError(
            f"cannot {'judge' if judge else 'draw'} {words}: see the words that are known in docs/studio.md"
        )
    return [dict(person) for _ in range(counted)]


def _absent(part: _Text, person: dict[str, Any]) -> None:
    """Units that are denied, struck out with the word that denies them."""
    claims = [c for c in facs.parse_claims(part.words) if c.stance is Stance.DENIED and c.topic is Topic.ACTION_UNIT]
    units = {facs.parse_code(claim.value).unit for claim in claims}
    for claim in claims:
        part.strike(claim.start, claim.end)
    if units:
        while denial := re.search(r"\b(?:no|not|without|nor)\s*(?=\|)|(?<=\|)\s*(?:or|nor)\s*(?=\|)", part.left):
            part.strike(*denial.span())
        person["absent"] = sorted(units)


def _face(part: _Text, person: dict[str, Any]) -> None:
    """Units and emotion from what is claimed of the face, with the degree said before it."""
    units: dict[int, float] = {}
    claims = [claim for claim in facs.parse_claims(part.words) if claim.stance is not Stance.DENIED]
    claims = [claim for claim in claims if part.left[claim.start : claim.end] == part.words[claim.start : claim.end]]
    for claim in claims:
        level = _level(part, claim.start)
        if claim.topic is Topic.EMOTION:
            _feel(person, facs.emotion(claim.value), level)
        else:
            units[facs.parse_code(claim.value).unit] = level
    for claim in claims:
        part.strike(claim.start, claim.end)
    for word in re.finditer(r"[a-z]+", part.left):  # an adjective that the parser of claims takes for no claim
        label = _named(word.group())
        if label is not None and "emotion" not in person and not re.search(r"\b(not|no)\b", part.left[: word.start()]):
            _feel(person, label, _level(part, word.start()))
            part.strike(*word.span())
    if units:
        person["units"] = {**person.get("units", {}), **units}
        rig_units.checked(person["units"], "the expression")


def _feel(person: dict[str, Any], label: EmotionLabel, level: float) -> None:
    person["emotion"] = label.value
    prototype = facs.PROTOTYPES.get(label)
    if prototype is not None and level != LEVEL:
        side = [level, 0.0] if prototype.one_sided else level
        person.setdefault("units", {}).update(dict.fromkeys(prototype.units, side))


def _named(word: str) -> EmotionLabel | None:
    try:
        return facs.emotion(word)
    except FaceReasonError:
        return None


def _level(part: _Text, start: int) -> float:
    before = part.words[max(0, start - NEAR) : start]
    for word, level in _table()["levels"].items():
        if re.search(rf"\b{word}\s*$", before):
            return float(level)
    return LEVEL


def _count(part: _Text) -> int:
    for word, number in _table()["numbers"].items():
        if number > 1 and re.search(rf"\b{word}\b", part.left):
            return int(number)
    found = part.taken(re.compile(r"\b([2-9]|1[0-2])\b"))
    return int(found.group()) if found else 1


def _set(data: dict[str, Any], path: str, value: Any) -> None:
    *above, last = path.split(".")
    place = data
    for name in above:
        place = place.setdefault(name, {})
    place[last] = dict(value) if isinstance(value, Mapping) else value
