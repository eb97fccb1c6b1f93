"""The label names and numbers of data sets, mapped to ours: here and nowhere else.

Emotions that are written as words are read by `facs.emotion`. Every function raises ValueError or FaceReasonError for
what is not in its set.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from facereason import facs
from facereason.types import AgeGroup, Box, EmotionLabel, Gender, Race

_E = EmotionLabel
FER2013 = (_E.ANGER, _E.DISGUST, _E.FEAR, _E.HAPPINESS, _E.SADNESS, _E.SURPRISE, _E.NEUTRAL)
"""0 to 6 in fer2013.csv."""
AFFECTNET = (_E.NEUTRAL, _E.HAPPINESS, _E.SADNESS, _E.SURPRISE, _E.FEAR, _E.DISGUST, _E.ANGER, _E.CONTEMPT)
"""0 to 7 in AffectNet; 8, 9 and 10 are none, uncertain and no face."""
RAF_DB = (_E.SURPRISE, _E.FEAR, _E.DISGUST, _E.HAPPINESS, _E.SADNESS, _E.ANGER, _E.NEUTRAL)
"""1 to 7 in RAF-DB."""
FABA = (_E.HAPPINESS, _E.SADNESS, _E.SURPRISE, _E.ANGER, _E.NEUTRAL, _E.DISGUST, _E.FEAR)
"""0 to 6 in the annotations of FABA-Instruct."""
NO_EMOTION = ("unknown", "not_face")
"""Labels of FER+ that are no emotion."""

_RACES = {"latino_hispanic": Race.LATINO, "latino hispanic": Race.LATINO}
_AGES = {"more than 70": AgeGroup.FROM_70}
_FIRST_YEARS = (0, 3, 10, 20, 30, 40, 50, 60, 70)


def emotions(value: Any) -> tuple[EmotionLabel, ...] | None:
    """The emotions of a word or a list of words; None for one that says there is none."""
    words = [value] if isinstance(value, str) else list(value)
    if words and all(word in NO_EMOTION for word in words):
        return None
    return tuple(facs.emotion(word) for word in words)


def numbered(order: tuple[EmotionLabel, ...], first: int = 0, none: Iterable[int] = ()) -> Callable[[Any], Any]:
    """A converter of numbers that count `order` from `first`; those of `none` are no emotion."""
    without = frozenset(none)

    def emotion(value: Any) -> tuple[EmotionLabel, ...] | None:
        number = whole(value)
        if number in without:
            return None
        if not first <= number < first + len(order):
            raise ValueError(f"emotion {number} is outside {first} to {first + len(order) - 1}")
        return (order[number - first],)

    return emotion


def gender(value: Any) -> Gender:
    return Gender(value.lower() if isinstance(value, str) else value)


def race(value: Any) -> Race:
    return _RACES.get(word := value.lower()) or Race(word) if isinstance(value, str) else Race(value)


def age_group(value: Any) -> AgeGroup:
    return _AGES.get(value.lower()) or AgeGroup(value) if isinstance(value, str) else AgeGroup(value)


def years(value: float) -> AgeGroup:
    """The group that an age in years is in."""
    if not 0 <= value <= 130:
        raise ValueError(f"an age of {value} years")
    return list(AgeGroup)[sum(value >= first for first in _FIRST_YEARS) - 1]


def units(codes: Any) -> dict[int, float | None]:
    """Action units as written: ["AU1", "AU12C"], "1, 12", or {"AU12": .6}. Units that `facs` has no entry for are left
    out here and given by `other_units`."""
    return {facs.parse_code(code).unit: level for code, level in _codes(codes) if _number(code) in facs.UNITS}


def other_units(codes: Any) -> list[int]:
    """The numbers of the units in `codes` that `facs` has no entry for."""
    return [_number(code) for code, _ in _codes(codes) if _number(code) not in facs.UNITS]


def _codes(codes: Any) -> list[tuple[str, float | None]]:
    if isinstance(codes, Mapping):
        return [(str(code), intensity(level)) for code, level in codes.items() if level is not None]
    if isinstance(codes, str):
        codes = [code for code in re.split(r"[,;\s]+", codes) if code]
    return [(str(code), _letter(str(code))) for code in codes]


def _letter(code: str) -> float | None:
    return facs.parse_code(code).intensity if _number(code) in facs.UNITS else None


def _number(code: str) -> int:
    match = re.fullmatch(r"(?:AU)?\s?[LR]?(\d+)[A-E]?", code.strip(), re.IGNORECASE)
    if match is None:
        raise ValueError(f"{code[:20]!r} is no action unit: write it like AU12 or AU12C")
    return int(match[1])


def intensity(value: Any) -> float:
    level = float(value)
    if not 0 <= level <= 1:
        raise ValueError(f"an intensity of {level}: it runs from 0 to 1")
    return level


def box(values: Iterable[Any]) -> Box:
    """`x, y, width, height`."""
    x, y, width, height = map(float, values)
    if width <= 0 or height <= 0:
        raise ValueError(f"a box of {width} x {height} pixels")
    return Box(x, y, width, height)


def whole(value: Any) -> int:
    """A whole number that may be written as "3", 3 or 3.0."""
    number = float(value)
    if number != int(number):
        raise ValueError(f"{value!r} is no whole number")
    return int(number)
