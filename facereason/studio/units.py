"""Action units on the rig: which face shapes a unit drives, which units cannot be told apart together, and what implies
what. Rig drive is no certified coder's intensity; where it is a label, it is called rig drive."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from facereason import facs
from facereason.types import UsageError

Sides = tuple[float, float]
"""Intensity 0 to 1 on the person's left and right side."""

# ARKit face shapes and their weight at intensity 1; a name that ends in `*` has a left and a right shape.
SHAPES: Mapping[int, Mapping[str, float]] = {
    1: {"browInnerUp": 1.0},
    2: {"browOuterUp*": 1.0},
    4: {"browDown*": 1.0},
    5: {"eyeWide*": 1.7},
    6: {"cheekSquint*": 1.5, "eyeSquint*": 0.5},
    7: {"eyeSquint*": 1.5},
    9: {"noseSneer*": 1.3, "mouthUpperUp*": 0.45},
    10: {"mouthUpperUp*": 1.2},
    12: {"mouthSmile*": 1.0},
    14: {"mouthDimple*": 1.4},
    15: {"mouthFrown*": 1.0},
    16: {"mouthLowerDown*": 1.0},
    17: {"mouthShrugLower": 1.3, "mouthShrugUpper": 0.5},
    18: {"mouthPucker": 1.3},
    20: {"mouthStretch*": 1.0},
    22: {"mouthFunnel": 1.0},
    23: {"mouthRollLower": 0.5, "mouthRollUpper": 0.5},
    24: {"mouthPress*": 1.0, "mouthRollLower": 0.2, "mouthRollUpper": 0.2},
    25: {"mouthLowerDown*": 0.4, "mouthUpperUp*": 0.25},
    26: {"jawOpen": 0.35},
    27: {"jawOpen": 0.45},
    28: {"mouthRollLower": 1.0, "mouthRollUpper": 1.0},
    43: {"eyeBlink*": 1.0},
}
JAW = {26: 0.15, 27: 0.55}  # jawOpen of the weakest one; the table's weight is what full intensity adds

WEAK = 0.4  # the most that either of such a pair may have beside the other


def checked(units: Mapping[int, float | Sides], where: str = "units") -> dict[int, Sides]:
    """Both sides of every unit, in number order. UsageError names `where` and what is wrong: an unknown unit, an
    intensity outside 0 to 1, one side of a unit that has none, units that exclude each other."""
    out: dict[int, Sides] = {}
    for number, value in sorted(units.items()):
        if number not in SHAPES:
            raise UsageError(f"{where}: AU{number} is no unit of the rig; known are {', '.join(map(str, SHAPES))}")
        sides = (float(value), float(value)) if isinstance(value, int | float) else tuple(map(float, value))
        if len(sides) != 2 or not all(0 <= side <= 1 for side in sides):
            raise UsageError(f"{where}: AU{number} {value!r}: an intensity, or one a side, from 0 to 1")
        if sides[0] != sides[1] and not facs.UNITS[number].sided:
            raise UsageError(f"{where}: AU{number} has no sides: give it one intensity")
        if max(sides) > 0:
            out[number] = (sides[0], sides[1])
    for conflict in facs.conflicts(out):
        names = " and ".join(f"AU{unit}" for unit in conflict.units)
        if not conflict.weakly:
            raise UsageError(f"{where}: {names} exclude each other")
        if min(max(out[unit]) for unit in conflict.units) > WEAK:
            raise UsageError(f"{where}: {names} together: one of them {WEAK} at most")
    return out


def implied(units: Mapping[int, Sides]) -> dict[int, Sides]:
    """Units that these bring along and that are not among them: lips part (25) when the jaw drops."""
    return {other: units[unit] for unit in units for other in sorted(facs.implied([unit]) - set(units))}


def shapes(units: Mapping[int, Sides], beside: Mapping[str, float] | None = None) -> dict[str, float]:
    """Face shapes of the rig, 0 to 1 (AU5 to 1.7: its shape is weak), for units from `checked`; `beside`: shapes that
    act without a unit, each as far as its units leave room up to 1."""
    out: dict[str, float] = {}
    for number, (left, right) in units.items():
        for name, weight in SHAPES[number].items():
            sides = {"Left": left, "Right": right} if name.endswith("*") else {"": max(left, right)}
            for side, intensity in sides.items():
                shape = name.removesuffix("*") + side
                floor = JAW.get(number, 0.0) if shape == "jawOpen" else 0.0
                out[shape] = min(max(1.0, weight), out.get(shape, 0.0) + floor + weight * intensity)
    for shape, level in (beside or {}).items():
        out[shape] = max(out.get(shape, 0.0), min(1.0, out.get(shape, 0.0) + level))
    return out


PREVALENCE: Mapping[int, float] = {
    1: 0.22, 2: 0.20, 4: 0.24, 5: 0.16, 6: 0.22, 7: 0.20, 9: 0.13, 10: 0.14, 12: 0.24, 14: 0.12, 15: 0.14, 16: 0.12,
    17: 0.15, 18: 0.10, 20: 0.11, 22: 0.09, 23: 0.11, 24: 0.11, 25: 0.26, 26: 0.18, 27: 0.10, 28: 0.09, 43: 0.11,
}  # fmt: skip


def sample(rng: np.random.Generator) -> dict[int, Sides]:
    """A set of units that can be told apart: often none or one, sometimes a prototype, else a random combination.

    A unit that excludes one already drawn is left out, so that the shares of `PREVALENCE` are upper bounds.
    """
    kind = rng.random()
    if kind < 0.12:
        return {}
    if kind < 0.27:
        wanted = [int(rng.choice(list(SHAPES)))]
    elif kind < 0.45:
        prototype = list(facs.PROTOTYPES.values())[int(rng.integers(len(facs.PROTOTYPES)))]
        wanted = [unit for unit in prototype.units if rng.random() < 0.9]
    else:
        numbers = list(SHAPES)
        rng.shuffle(numbers)
        wanted = [unit for unit in numbers if rng.random() < PREVALENCE[unit]]
    out: dict[int, Sides] = {}
    for unit in wanted:
        against = [conflict for conflict in facs.conflicts([*out, unit]) if unit in conflict.units]
        if any(not conflict.weakly for conflict in against):
            continue
        most = WEAK if against else 1.0
        level = float(np.round(rng.uniform(0.15, 1.0) * most, 2))
        sides = (level, level)
        if unit in (12, 14) and rng.random() < 0.25:
            sides = (level, 0.0) if rng.random() < 0.5 else (0.0, level)
        elif facs.UNITS[unit].sided and rng.random() < 0.3:
            sides = (level, float(np.round(level * rng.uniform(0.6, 1.0), 2)))
        out[unit] = sides
    return dict(sorted(out.items()))
