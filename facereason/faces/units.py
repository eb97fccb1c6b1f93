"""From what the network says of each slot to action units: present, absent or unknown."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facereason import facs
from facereason.faces import geometry
from facereason.faces.geometry import SIDED, SLOTS
from facereason.faces.reliability import TRUSTED_UNIT, Reliability
from facereason.facs import Side
from facereason.types import ActionUnit, UnitState

EVEN = 0.5
"""Below this probability a unit is not called present, though counting it so gives the best F1 where it is rare."""

FloatArray = npt.NDArray[np.float32]


def decided(present: npt.ArrayLike, thresholds: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Which of the 23 units `(..., 23)` count as present, from probabilities `(..., 25)` of the slots and the
    thresholds `(25,)` from which they do. Of two that exclude each other the one further above its threshold stays; a
    unit that a present one implies is present."""
    margin = geometry.units_of(np.asarray(present, np.float64) - np.asarray(thresholds, np.float64))
    found = margin >= 0
    numbers = list(facs.UNITS)
    for conflict in facs.CONFLICTS:
        if not conflict.weakly:
            one, other = (numbers.index(unit) for unit in conflict.units)
            both = found[..., one] & found[..., other]
            less = margin[..., one] < margin[..., other]
            found[..., one] &= ~(both & less)
            found[..., other] &= ~(both & ~less)
    for number in numbers:
        for brought in facs.implied([number]) - {number}:
            found[..., numbers.index(brought)] |= found[..., numbers.index(number)]
    return np.asarray(found)


def read(
    present: FloatArray,
    intensity: FloatArray,
    thresholds: FloatArray,
    reliability: Reliability,
    kind: str,
    why_unknown: str,
) -> tuple[ActionUnit, ...]:
    """The 23 units of one face, from probabilities and intensities `(25,)` of the slots. `why_unknown`: what about the
    photo forbids readings, empty where nothing does."""
    states = decided(present, thresholds)
    chances, levels = geometry.units_of(present), geometry.units_of(intensity)
    out = []
    for i, number in enumerate(facs.UNITS):
        trust = reliability.of_unit(facs.code(number), kind, bool(states[i]), float(chances[i]))
        why = why_unknown
        if not why and trust < TRUSTED_UNIT:
            why = f"AU{number} is not read reliably in such a photo ({kind})"
        if not why and states[i] and chances[i] < EVEN:
            why = f"AU{number} may be there or not ({chances[i]:.2f})"
        sides = {side: float(intensity[SLOTS.index((number, side))]) for side in Side} if number in SIDED else {}
        state = UnitState.UNKNOWN if why else UnitState.PRESENT if states[i] else UnitState.ABSENT
        out.append(
            ActionUnit(
                unit=number,
                state=state,
                intensity=float(levels[i]),
                confidence=float(max(chances[i], 1 - chances[i])),
                reliability=trust,
                left=sides.get(Side.LEFT),
                right=sides.get(Side.RIGHT),
                unknown_because=why,
            )
        )
    return tuple(out)
