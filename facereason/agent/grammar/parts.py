"""What a part of the face does, in the words of a question, as the action units that it is: "brow", "raise" are AU1 or
AU2. Which parts and movements mean which units is the claim parser's data (`facs/claims.yaml`), so that questions and
the replies of models are read alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from facereason.agent.grammar.constraints import NoMeaningError, on_topic
from facereason.agent.whom.traits import NO
from facereason.facs.lexicon import lexicon
from facereason.facs.units import UNITS
from facereason.types import Constraint, Reference, Topic


@dataclass(frozen=True, slots=True)
class Act:
    """What a part of the face does: a class of movement of `facs/claims.yaml`, such as "raise"."""

    value: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit named by its number or its name: "AU4", "smile"."""

    value: str


@dataclass(frozen=True, slots=True)
class OwnPart:
    """A part of somebody's face: "her brow"."""

    part: str
    of: tuple[Reference, ...]


_ALSO = {("eye", "close"): (43,), ("jaw", "down"): (26, 27), ("jaw", "drop"): (26, 27), ("mouth", "drop"): (26, 27)}
_REGIONS: dict[str, tuple[int, ...]] = {
    "brow": (1, 2, 4),
    "inner brow": (1, 4),
    "outer brow": (2, 4),
    "forehead": (1, 2, 4),
    "eye": (5, 7, 43),
    "lid": (5, 7, 43),
    "upper lid": (5, 43),
    "lower lid": (7,),
    "cheek": (6, 14),
    "nose": (9,),
    "upper lip": (10,),
    "lower lip": (16, 17),
    "lip corner": (12, 14, 15, 20),
    "lip": (10, 12, 15, 18, 20, 22, 23, 24, 25, 28),
    "mouth": (12, 15, 18, 20, 22, 23, 24, 25, 26, 27),
    "chin": (17,),
    "jaw": (26, 27),
    "teeth": (25,),
}


def movement(part: str, act: str) -> Constraint:
    """The units that a movement of a part is, any of them; "no AU25" where it says that a unit is not there ("lips
    closed"). NoMeaningError where FACS has no unit for it."""
    found = _ALSO.get((part, act)) or lexicon().units_of(part, act)
    if not found or 0 in found:
        raise NoMeaningError(f"no action unit is a {part} that is {act}: name one, such as AU4 or 'brows lowered'")
    absent = NO if all(number < 0 for number in found) else ""
    return on_topic(Topic.ACTION_UNIT, absent + " or ".join(f"AU{abs(number)}" for number in found))


def units_at(part: str) -> str:
    """The units that show at a part of the face, as a value: of the nose "AU9". NoMeaningError for a part of none."""
    if part not in _REGIONS:
        raise NoMeaningError(f"say of what: a {part} of the mouth, of the lips")
    return " or ".join(f"AU{number}" for number in _REGIONS[part])


def unit_value(named: str) -> str:
    """ "AU4" of "AU4", "au04" or "4". NoMeaningError for a unit that is not read."""
    number = int(named.upper().removeprefix("AU"))
    if number not in UNITS:
        known = ", ".join(str(each) for each in UNITS)
        raise NoMeaningError(f"AU{number} is not read: the action units read are {known}")
    return f"AU{number}"
