"""What faces do beside what their labels say: how they rest, and what their action units pull along.

No two faces rest alike (FACS codes a face against its own neutral), and real units move together: a broad smile bares
teeth and widens the mouth, which on the rig are shapes of AU10, 16 and 20 as well. Renders in which every shape is
labelled teach a network to call those on each open smile of a photo. Here such shapes act, and the skin folds, without
a label. The tables were set by hand, from photos; they are no measurement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from facereason import facs
from facereason.studio.units import Sides

RESTING: Mapping[str, float] = {
    "browDown*": 0.3, "browInnerUp": 0.2, "browOuterUp*": 0.25, "eyeWide*": 0.35, "eyeSquint*": 0.4, "eyeBlink*": 0.15,
    "cheekSquint*": 0.2, "noseSneer*": 0.15, "mouthSmile*": 0.15, "mouthFrown*": 0.25, "mouthDimple*": 0.25,
    "mouthPress*": 0.25, "mouthStretch*": 0.2, "mouthUpperUp*": 0.1, "mouthLowerDown*": 0.1, "mouthPucker": 0.2,
    "mouthRollLower": 0.15, "mouthRollUpper": 0.15, "mouthShrugLower": 0.2, "jawOpen": 0.04,
}  # fmt: skip
"""The most that each shape has in a face at rest; each acts in every third face."""

PULLED: Mapping[int, Mapping[str, float]] = {
    1: {"browOuterUp*": 0.35, "browDown*": 0.2},
    2: {"browInnerUp": 0.35, "eyeWide*": 0.4},
    4: {"eyeSquint*": 0.5, "noseSneer*": 0.25},
    5: {"browOuterUp*": 0.3, "browInnerUp": 0.3},
    6: {"eyeSquint*": 0.6, "browDown*": 0.15},
    7: {"cheekSquint*": 0.3, "browDown*": 0.2},
    9: {"mouthUpperUp*": 0.5, "browDown*": 0.4, "cheekSquint*": 0.5, "eyeSquint*": 0.5},
    10: {"noseSneer*": 0.35, "mouthLowerDown*": 0.3, "mouthSmile*": 0.15},
    12: {
        "mouthStretch*": 0.4,
        "mouthDimple*": 0.9,
        "cheekSquint*": 0.6,
        "eyeSquint*": 0.6,
        "mouthPress*": 0.7,
        "mouthRollUpper": 0.3,
        "mouthRollLower": 0.25,
        "noseSneer*": 0.2,
    },
    15: {"mouthShrugLower": 0.4, "mouthStretch*": 0.3, "mouthPress*": 0.3},
    16: {"mouthStretch*": 0.3, "mouthFrown*": 0.2, "mouthUpperUp*": 0.2},
    17: {"mouthFrown*": 0.3, "mouthPress*": 0.4, "mouthRollLower": 0.2},
    18: {"mouthFunnel": 0.3},
    20: {"mouthLowerDown*": 0.4, "mouthDimple*": 0.4, "mouthFrown*": 0.2},
    22: {"mouthPucker": 0.4, "mouthUpperUp*": 0.3, "mouthLowerDown*": 0.3},
    23: {"mouthPress*": 0.4, "mouthPucker": 0.2},
    24: {"mouthRollLower": 0.3, "mouthRollUpper": 0.3, "mouthShrugLower": 0.4, "mouthDimple*": 0.3},
    25: {"mouthLowerDown*": 0.5, "mouthUpperUp*": 0.6},
    26: {"mouthLowerDown*": 0.6, "mouthUpperUp*": 0.5, "mouthStretch*": 0.3, "mouthFunnel": 0.4},
    27: {
        "mouthLowerDown*": 0.9,
        "mouthUpperUp*": 0.8,
        "mouthStretch*": 0.6,
        "mouthFunnel": 0.5,
        "noseSneer*": 0.4,
        "cheekSquint*": 0.4,
        "eyeSquint*": 0.3,
        "browDown*": 0.25,
    },
    28: {"mouthPress*": 0.3, "mouthShrugLower": 0.3},
    43: {"eyeSquint*": 0.3, "browDown*": 0.15},
}
"""The most that a unit at full strength pulls along."""

BARED: Mapping[str, float] = {"mouthUpperUp*": 1.0, "mouthLowerDown*": 0.8, "mouthStretch*": 0.8, "jawOpen": 0.12}
"""The same of a smile (AU12) with parted lips; mostly nearer to the most than to nothing."""
PARTED = (25, 26, 27)

WORN: Mapping[int, float] = {1: 0.3, 2: 0.3, 4: 0.3, 7: 0.4, 9: 0.15, 12: 0.35, 14: 0.3, 15: 0.4, 17: 0.3, 20: 0.2}
"""The deepest folds, as of what strength of a unit, that a face wears at rest; each in every fourth face."""

FOLDED: Mapping[int, Mapping[int, float]] = {
    4: {9: 0.4},
    9: {4: 0.4, 10: 0.6},
    10: {9: 0.4, 12: 0.4},
    12: {6: 0.5, 10: 0.6, 14: 0.8, 16: 0.3, 20: 0.6, 24: 0.5},
    14: {20: 0.4, 24: 0.4},
    15: {17: 0.6, 20: 0.3},
    17: {15: 0.5, 24: 0.3},
    24: {14: 0.6, 17: 0.5},
    25: {10: 0.4, 16: 0.4},
    26: {10: 0.3, 16: 0.4},
    27: {4: 0.3, 9: 0.5, 10: 0.6, 16: 0.5, 20: 0.5},
}
"""The deepest folds of other units that a unit at full strength brings along."""


def sample(rng: np.random.Generator, units: Mapping[int, Sides], slack: float) -> dict[str, float]:
    """Shapes that act beside those of `units`, 0 to 1; `slack` 0 to 1: how much of the tables' most."""
    out: dict[str, float] = {}
    for shape, most in RESTING.items():
        if rng.random() < 1 / 3:
            _add(out, shape, rng.uniform(0, most) * slack)
    for shape, most, sides in _pulled(units):
        _add(out, shape, rng.uniform(0, most) * slack, sides)
    if 12 in units and any(number in units for number in PARTED):
        for shape, most in BARED.items():
            _add(out, shape, float(np.sqrt(rng.random())) * most * slack, units[12])
    return {shape: round(min(1.0, level), 3) for shape, level in out.items()}


def folds(rng: np.random.Generator, units: Mapping[int, Sides], slack: float) -> dict[int, Sides]:
    """Folds that show beside those of `units`: as of what strength of a unit, on the left and on the right."""
    out: dict[int, Sides] = {}
    for number, most in WORN.items():
        if rng.random() < 1 / 4:
            _deepen(out, number, rng.uniform(0, most) * slack)
    for number, sides in units.items():
        for other, most in FOLDED.get(number, {}).items():
            _deepen(out, other, rng.uniform(0, most) * slack, sides)
    return dict(sorted(out.items()))


def _pulled(units: Mapping[int, Sides]) -> Iterator[tuple[str, float, Sides]]:
    for number, sides in units.items():
        for shape, most in PULLED.get(number, {}).items():
            yield shape, most, sides


def _add(out: dict[str, float], shape: str, level: float, sides: Sides = (1.0, 1.0)) -> None:
    names = {"Left": sides[0], "Right": sides[1]} if shape.endswith("*") else {"": max(sides)}
    for side, share in names.items():
        name = shape.removesuffix("*") + side
        out[name] = out.get(name, 0.0) + level * share


def _deepen(out: dict[int, Sides], number: int, depth: float, sides: Sides = (1.0, 1.0)) -> None:
    left, right = sides if facs.UNITS[number].sided else (max(sides), max(sides))
    there = out.get(number, (0.0, 0.0))
    out[number] = (round(max(there[0], depth * left), 3), round(max(there[1], depth * right), 3))


def smile(rng: np.random.Generator) -> dict[int, Sides]:
    """Units of a smile and nothing else: AU12, mostly with AU6 and parted lips."""
    level = float(np.round(rng.uniform(0.4, 1.0), 2))
    out = {12: (level, level)}
    if rng.random() < 0.6:
        cheeks = float(np.round(level * rng.uniform(0.5, 1.0), 2))
        out[6] = (cheeks, cheeks)
    parted = rng.random()
    if parted < 0.7:
        lips = float(np.round(rng.uniform(0.2, 1.0), 2))
        out[25 if parted < 0.5 else 26] = (lips, lips)
    return dict(sorted(out.items()))
