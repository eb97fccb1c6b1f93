"""Action units: their names, muscles, codes, intensities, and which of them go together.

Sources: Ekman, Friesen and Hager, *Facial Action Coding System*, 2nd edition (2002), for units, names, muscles, codes
and intensity letters; EMFACS (Friesen and Ekman 1983) for the prototypes. The 23 units are those that the project reads
and speaks of; codes for head and eyes are known by name only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from facereason.types import EmotionLabel, FaceReasonError


class Region(StrEnum):
    """Where in the face a unit shows first."""

    BROW = "brow"
    EYE = "eye"
    CHEEK = "cheek"
    NOSE = "nose"
    MOUTH = "mouth"
    CHIN = "chin"
    JAW = "jaw"


class Side(StrEnum):
    """The person's own side, as FACS counts."""

    LEFT = "left"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Unit:
    """One action unit. `words` describe what is seen; `sided`: FACS codes it on one side alone as well (L12)."""

    number: int
    name: str
    muscle: str
    words: str
    region: Region
    sided: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A written code taken apart: "L12C" is unit 12, intensity .6, left side."""

    unit: int
    intensity: float | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prototype:
    """Units typical of an emotion. Typical, not necessary, and no proof of a felt emotion. `one_sided`: they act on one
    side of the face."""

    units: tuple[int, ...]
    one_sided: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two units that pull against each other. `weakly`: both may act, but then only weakly; else they exclude each
    other."""

    units: tuple[int, int]
    weakly: bool = False


def unit(number: int) -> Unit:
    """The action unit of this number. Raises FaceReasonError, naming the known ones, for any other number."""
    try:
        return UNITS[number]
    except KeyError:
        raise FaceReasonError(f"no action unit {number!r} in the table: known are {_known()}") from None


def code(number: int) -> str:
    """`code(12)` is "AU12"."""
    return f"AU{unit(number).number}"


def describe(number: int) -> str:
    """`describe(12)` is "AU12 (lip corner puller): lip corners pulled up"."""
    found = unit(number)
    return f"AU{found.number} ({found.name}): {found.words}"


def parse_code(text: str) -> Code:
    """Take a written code apart: "AU12", "au 12", "12", "AU12C", "L12", "AUR14B", "AU06".

    Raises FaceReasonError where the text is no code, or of no unit in the table. For codes inside running text see
    `claims.parse_claims`.
    """
    match = _CODE.fullmatch(text.strip())
    if match is None:
        raise FaceReasonError(f"{text[:40]!r} is no action unit code: write it like AU12, AU12C or L12")
    side, number, letter = match.groups()
    return Code(
        unit=unit(int(number)).number,
        intensity=intensity(letter) if letter else None,
        side={"L": Side.LEFT, "R": Side.RIGHT}[side.upper()] if side else None,
    )


def intensity(letter: str) -> float:
    """Intensity in [0, 1] of a FACS letter: A to E are .2, .4, .6, .8 and 1. FaceReasonError for any other letter."""
    position = LETTERS.find(letter.upper()) if len(letter) == 1 else -1
    if position < 0:
        raise FaceReasonError(f"{letter[:40]!r} is no FACS intensity: use one letter from A (trace) to E (maximum)")
    return (position + 1) / len(LETTERS)


def letter(value: float) -> str:
    """FACS letter of an intensity in [0, 1]: (0, .2] is A, (.2, .4] is B, and so on; 0 has none and gives "".

    Raises FaceReasonError outside [0, 1] and for NaN.
    """
    if not 0 <= value <= 1:
        raise FaceReasonError(f"intensity {value} of an action unit is out of range: it runs from 0 to 1")
    # Rounding first keeps .6000000000000001 a C.
    return "" if value == 0 else LETTERS[max(1, math.ceil(round(value * len(LETTERS), 9))) - 1]


def implied(numbers: Iterable[int]) -> frozenset[int]:
    """These units with every unit that they imply: a dropped or stretched jaw (26, 27) parts the lips (25)."""
    given = frozenset(numbers)
    return given.union(*(IMPLIES[number] for number in given if number in IMPLIES))


def conflicts(numbers: Iterable[int]) -> tuple[Conflict, ...]:
    """The conflicts among these units, in the order of `CONFLICTS`; empty where all of them can act together."""
    given = frozenset(numbers)
    return tuple(conflict for conflict in CONFLICTS if given.issuperset(conflict.units))


LETTERS = "ABCDE"

UNITS: Mapping[int, Unit] = MappingProxyType(
    {
        row.number: row
        for row in (
            Unit(1, "inner brow raiser", "frontalis, pars medialis", "inner brows raised", Region.BROW, True),
            Unit(2, "outer brow raiser", "frontalis, pars lateralis", "outer brows raised", Region.BROW, True),
            Unit(
                4,
                "brow lowerer",
                "corrugator supercilii, depressor supercilii, depressor glabellae",
                "brows lowered and drawn together",
                Region.BROW,
                True,
            ),
            Unit(5, "upper lid raiser", "levator palpebrae superioris", "upper eyelids raised", Region.EYE, True),
            Unit(6, "cheek raiser", "orbicularis oculi, pars orbitalis", "cheeks raised", Region.CHEEK, True),
            Unit(7, "lid tightener", "orbicularis oculi, pars palpebralis", "eyelids tightened", Region.EYE, True),
            Unit(9, "nose wrinkler", "levator labii superioris alaeque nasi", "nose wrinkled", Region.NOSE, True),
            Unit(
                10,
                "upper lip raiser",
                "levator labii superioris, caput infraorbitale",
                "upper lip raised",
                Region.MOUTH,
                True,
            ),
            Unit(12, "lip corner puller", "zygomaticus major", "lip corners pulled up", Region.MOUTH, True),
            Unit(14, "dimpler", "buccinator", "lip corners tightened into dimples", Region.MOUTH, True),
            Unit(15, "lip corner depressor", "depressor anguli oris", "lip corners pulled down", Region.MOUTH, True),
            Unit(
                16,
                "lower lip depressor",
                "depressor labii inferioris",
                "lower lip pulled down",
                Region.MOUTH,
                True,
            ),
            Unit(17, "chin raiser", "mentalis", "chin pushed up", Region.CHIN, False),
            Unit(
                18,
                "lip pucker",
                "incisivii labii superioris, incisivii labii inferioris",
                "lips puckered",
                Region.MOUTH,
                False,
            ),
            Unit(20, "lip stretcher", "risorius, platysma", "lips stretched sideways", Region.MOUTH, True),
            Unit(22, "lip funneler", "orbicularis oris", "lips funneled", Region.MOUTH, False),
            Unit(23, "lip tightener", "orbicularis oris", "lips tightened", Region.MOUTH, False),
            Unit(24, "lip pressor", "orbicularis oris", "lips pressed together", Region.MOUTH, False),
            Unit(
                25,
                "lips part",
                "depressor labii inferioris; relaxed mentalis or orbicularis oris",
                "lips parted",
                Region.MOUTH,
                False,
            ),
            Unit(
                26,
                "jaw drop",
                "relaxed masseter, temporalis and medial pterygoid",
                "jaw dropped",
                Region.JAW,
                False,
            ),
            Unit(27, "mouth stretch", "pterygoids, digastric", "mouth stretched wide open", Region.JAW, False),
            Unit(28, "lip suck", "orbicularis oris", "lips sucked in", Region.MOUTH, False),
            # One eye alone is FACS 46, wink.
            Unit(43, "eyes closed", "relaxed levator palpebrae superioris", "eyes closed", Region.EYE, False),
        )
    }
)

HEAD_CODES: Mapping[int, str] = MappingProxyType(
    {
        51: "head turn left",
        52: "head turn right",
        53: "head up",
        54: "head down",
        55: "head tilt left",
        56: "head tilt right",
        57: "head forward",
        58: "head back",
    }
)
EYE_CODES: Mapping[int, str] = MappingProxyType(
    {61: "eyes turn left", 62: "eyes turn right", 63: "eyes up", 64: "eyes down"}
)

PROTOTYPES: Mapping[EmotionLabel, Prototype] = MappingProxyType(
    {
        EmotionLabel.NEUTRAL: Prototype(units=()),
        EmotionLabel.HAPPINESS: Prototype(units=(6, 12)),
        EmotionLabel.SURPRISE: Prototype(units=(1, 2, 5, 26)),
        EmotionLabel.SADNESS: Prototype(units=(1, 4, 15)),
        EmotionLabel.ANGER: Prototype(units=(4, 5, 7, 23)),
        EmotionLabel.DISGUST: Prototype(units=(9, 15, 16)),
        EmotionLabel.FEAR: Prototype(units=(1, 2, 4, 5, 7, 20, 26)),
        EmotionLabel.CONTEMPT: Prototype(units=(12, 14), one_sided=True),
    }
)

IMPLIES: Mapping[int, frozenset[int]] = MappingProxyType({26: frozenset({25}), 27: frozenset({25})})

CONFLICTS: tuple[Conflict, ...] = (
    Conflict(units=(5, 43)),
    Conflict(units=(12, 15), weakly=True),
    Conflict(units=(18, 20)),
    Conflict(units=(23, 24)),
    Conflict(units=(23, 28)),
    Conflict(units=(24, 28)),
    Conflict(units=(26, 27)),
)

_CODE = re.compile(r"(?:AU[\s_-]?)?([LR])?0?([0-9]{1,2})([A-E])?", re.IGNORECASE)


def _known() -> str:
    return ", ".join(str(number) for number in UNITS)
