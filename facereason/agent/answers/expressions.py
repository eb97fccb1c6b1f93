"""Expressions that are not one plain emotion: masked ones, by the action units, and mixed ones, by the distribution.

A smile that moves the lip corners alone (AU12) lacks what Duchenne and, after him, Ekman and Friesen (1982, "Felt,
false, and miserable smiles") looked for: raised cheeks (AU6). It may be polite, posed or weak; it is no proof of a
false one. A smile beside a unit of an unpleasant emotion is what they called masking or miserable.
"""

from __future__ import annotations

from facereason.agent.answers import wording
from facereason.facs import units
from facereason.types import ActionUnit, EmotionLabel, Person, UnitState

CHEEKS, SMILE = 6, 12
UNPLEASANT = (4, 9, 15)  # brows lowered, nose wrinkled, lip corners pulled down
APART = 0.2  # difference of two probabilities up to which an expression is mixed
SHARE = 0.25  # least probability of a part of a mixture


def named(person: Person) -> list[str]:
    """What this expression is besides one emotion, a clause each; nothing where no reading says so. Only units whose
    reading can be relied on have a state."""
    return [*_masked(person), *_mixed(person)]


def _masked(person: Person) -> list[str]:
    states = {unit.unit: unit for unit in person.face.action_units}
    smile = states.get(SMILE)
    if smile is None or smile.state is not UnitState.PRESENT:
        return []
    clauses = []
    cheeks = states.get(CHEEKS)
    if cheeks is not None and cheeks.state is UnitState.ABSENT:
        clauses.append(
            f"it is a smile without raised cheeks: {_figure(smile)} without AU{CHEEKS} "
            f"({wording.chance(1 - cheeks.confidence)}), as polite or posed smiles often are, which is no proof of one"
        )
    beside = [states[unit] for unit in UNPLEASANT if unit in states and states[unit].state is UnitState.PRESENT]
    if beside:
        told = wording.joined([f"{_figure(unit)}, {units.unit(unit.unit).words}" for unit in beside])
        clauses.append(f"the smile ({_figure(smile)}) comes with {told}: a mixed or masked expression")
    return clauses


def _mixed(person: Person) -> list[str]:
    ranked = sorted(person.face.emotion.distribution.items(), key=lambda item: -item[1])[:2]
    if person.face.emotion.value is None or len(ranked) < 2:
        return []
    (first, most), (second, next_) = ranked
    if EmotionLabel.NEUTRAL.value in (first, second) or next_ < SHARE or most - next_ > APART:
        return []
    return [f"the expression is mixed: {first} ({wording.chance(most)}) and {second} ({wording.chance(next_)})"]


def _figure(unit: ActionUnit) -> str:
    return f"AU{unit.unit} ({wording.chance(unit.confidence)})"
