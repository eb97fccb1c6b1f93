"""Action units of a reply against those of the face: one count, from which the reward and the benchmark's F1 are made.

A unit is claimed as the parser of claims reads it, so "no AU4" claims nothing active. Of the units of the table:

- a **hit** is a unit of the face that is asserted and nowhere denied;
- **missed** is every other unit of the face, hedged ones included: a hedge earns nothing;
- **wrong** is an asserted unit that the face has not, the half of one that is hedged, and one denied that it has.

So listing what may be costs half of what a false claim does, and silence about a unit is better than denying it. On
replies that neither hedge nor deny what is there, the F1 of these counts is the usual one.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from facereason.facs import UNITS, implied
from facereason.scoring.replies import Reply
from facereason.types import Stance

PRESENT = 0.3
"""Intensity from which a unit counts as present."""
HEDGED = 0.5
"""What a hedged unit that is not there weighs, of a false claim."""


@dataclass(frozen=True, slots=True)
class UnitErrors:
    """Units of one reply against the face's. `wrong` has the weight of each; `absent`: how many units of the table the
    face has not, those left out that others imply."""

    hits: frozenset[int]
    missed: frozenset[int]
    wrong: Mapping[int, float]
    absent: int

    @property
    def f1(self) -> float:
        """F1 in [0, 1]; nan where the face has no unit and none is claimed."""
        return _f1(len(self.hits), len(self.missed), sum(self.wrong.values()))


def present_units(intensities: Mapping[int, float]) -> frozenset[int]:
    """Units that count as present, of intensities in [0, 1].

    >>> sorted(present_units({4: 0.1, 12: 0.3}))
    [12]
    """
    return frozenset(number for number, intensity in intensities.items() if intensity >= PRESENT)


def unit_errors(reply: Reply | None, units: AbstractSet[int]) -> UnitErrors:
    """A reply's units against the `units` of the face; a reply that is not in form claims none.

    A unit that a labelled one implies (25 with 26) is neither wanted nor wrong where it is not labelled itself, and
    where it is, whoever names the other has named it. Units outside the table are read over.

    >>> from facereason.scoring.replies import read_reply
    >>> reply = read_reply("<think>Jaw dropped (AU26), but no AU5. Perhaps AU4.</think><answer>fear</answer>")
    >>> errors = unit_errors(reply, {5, 25, 26})
    >>> sorted(errors.hits), sorted(errors.missed), errors.wrong
    ([25, 26], [5], {4: 0.5, 5: 1.0})
    """
    there = frozenset(units) & UNITS.keys()
    allowed = implied(there)
    asserted, denied, hedged = (reply.units(stance) if reply else frozenset[int]() for stance in Stance)
    hits = (implied((asserted - denied) & there) & there) - denied
    wrong = dict.fromkeys(sorted(hedged - allowed), HEDGED)
    wrong |= dict.fromkeys(sorted((asserted - allowed) | (denied & there)), 1.0)
    return UnitErrors(hits, there - hits, wrong, len(UNITS.keys() - allowed))


def micro_unit_f1(replies: Sequence[Reply | None], units: Sequence[AbstractSet[int]]) -> float:
    """F1 of all units of all replies together, in [0, 1]; nan of nothing."""
    errors = [unit_errors(reply, there) for reply, there in zip(replies, units, strict=True)]
    hits, missed = sum(len(each.hits) for each in errors), sum(len(each.missed) for each in errors)
    return _f1(hits, missed, sum(sum(each.wrong.values()) for each in errors))


def macro_unit_f1(replies: Sequence[Reply | None], units: Sequence[AbstractSet[int]]) -> float:
    """Mean of the F1 of each unit that some face has, in [0, 1]; nan of nothing."""
    hits, missed, wrong = Counter[int](), Counter[int](), dict.fromkeys(UNITS, 0.0)
    for reply, there in zip(replies, units, strict=True):
        errors = unit_errors(reply, there)
        hits.update(errors.hits)
        missed.update(errors.missed)
        for number, weight in errors.wrong.items():
            wrong[number] += weight
    return _mean(_f1(hits[number], missed[number], wrong[number]) for number in UNITS if hits[number] + missed[number])


def false_units_per_neutral_face(replies: Sequence[Reply | None], units: Sequence[AbstractSet[int]]) -> float:
    """How many units a reply in form claims, on average, of a face that has none; nan without such a face."""
    return _mean(
        sum(unit_errors(reply, there).wrong.values())
        for reply, there in zip(replies, units, strict=True)
        if reply is not None and not there
    )


def _f1(hits: int, missed: int, wrong: float) -> float:
    return 2 * hits / (2 * hits + missed + wrong) if hits + missed + wrong else math.nan


def _mean(values: Iterable[float]) -> float:
    given = list(values)
    return sum(given) / len(given) if given else math.nan
