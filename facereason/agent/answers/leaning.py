"""What readings of action units lean to where they are not trusted enough to be told: where one is asked for, a hint
with its warning helps more than silence. Its confidence is below what counts as sure, and it speaks neither for nor
against any claim.
"""

from __future__ import annotations

from collections.abc import Sequence

from facereason.agent.answers import phrases, wording
from facereason.agent.answers.findings import Case, Finding, short_names
from facereason.agent.whom import traits
from facereason.facs import units
from facereason.types import ActionUnit, Constraint, Outcome, Person, Topic, UnitState

LEAST = 0.3
"""Reliability from which an untrusted reading is worth a hint; below it nothing bears it out."""
PRESENT, ABSENT = 0.4, 0.2
"""Intensities from which a hint is that a unit is there, and up to which that it is not."""
CLEAR = 0.7  # probability of the state that a hint needs
HINT = 0.55  # confidence of a hint: just below what an answer is given without a warning


def leans(person: Person, value: str) -> bool | None:
    """Whether a face seems to show any of the units of a value ("AU9", "AU1 or no AU25"); None where nothing can be
    said, a smile is asked for, or the face is hidden, too small or the like."""
    parts = traits.parts_of(value)
    if not parts or traits.SMILE in parts or person.face.quality.flags:
        return None
    found = [_part(person, part) for part in parts]
    return True if True in found else None if None in found else False


def _part(person: Person, part: str) -> bool | None:
    (number,) = traits.named_units(part)
    unit = traits.unit_of(person, number)
    if unit is None:
        return None
    there = _there(unit)
    return None if there is None else there is not part.startswith(traits.NO)


def _there(unit: ActionUnit) -> bool | None:
    if unit.state is not UnitState.UNKNOWN:
        return unit.state is UnitState.PRESENT
    if unit.reliability < LEAST or unit.confidence < CLEAR:
        return None
    return True if unit.intensity >= PRESENT else False if unit.intensity <= ABSENT else None


def verdict(person: Person, value: str, case: Case) -> tuple[bool, Finding] | None:
    """Whether somebody shows what is asked for, as a hint; None where there is none."""
    leaning = leans(person, value)
    if leaning is None:
        return None
    shows = wording.would(Topic.ACTION_UNIT, value) if leaning else f"not {wording.would(Topic.ACTION_UNIT, value)}"
    name, because = wording.name(person, case.scene), wording.cannot(person, Topic.ACTION_UNIT, value)
    text = f"{'Perhaps' if leaning else 'Perhaps not'}: {name} seems to {shows}, but do not rely on it: {because}"
    return leaning, _hint(wording.sentence(text), (person,), value)


def anybody(constraints: Sequence[Constraint], unknown: Sequence[Person], negated: bool, case: Case) -> Finding | None:
    """Whether anybody shows a unit that is read of nobody for sure, as a hint; None where there is none."""
    value = _asked(constraints)
    found = [(person, leans(person, value)) for person in unknown] if value else []
    shows = tuple(person for person, leaning in found if leaning)
    if not found or (not shows and any(leaning is None for _, leaning in found)):
        return None
    because = wording.cannot(found[0][0], Topic.ACTION_UNIT, value)
    if shows:
        word = "Perhaps not" if negated else "Perhaps"
        text = f"{word}: {short_names(shows, case)} may {wording.would(Topic.ACTION_UNIT, value)}"
    else:
        text = f"{'Perhaps' if negated else 'Perhaps not'}: I find {phrases.none_of(constraints)}"
    return _hint(wording.sentence(f"{text}, but do not rely on it: {because}"), shows, value)


def strength(people: Sequence[Person], value: str, case: Case) -> Finding | None:
    """How strongly units act that are not read reliably, as a hint; None where there is none."""
    told = []
    for person in people:
        read = [unit for number in traits.named_units(value) if (unit := traits.unit_of(person, number)) is not None]
        if not read or person.face.quality.flags or any(unit.reliability < LEAST for unit in read):
            return None
        levels = [f"AU{unit.unit} may act at {unit.intensity:.2f}{_letter(unit)}" for unit in read]
        because = wording.cannot(person, Topic.ACTION_UNIT, value)
        told.append(
            wording.sentence(
                f"{wording.name(person, case.scene)}: {' and '.join(levels)}, but do not rely on it: {because}"
            )
        )
    return _hint(" ".join(told), people, value) if told else None


def _letter(unit: ActionUnit) -> str:
    letter = units.letter(min(1.0, max(0.0, unit.intensity)))
    return f" ({letter})" if letter else ""


def _asked(constraints: Sequence[Constraint]) -> str:
    """The value of units that all people are asked about; empty where anything else picks them."""
    if len(constraints) != 1 or constraints[0].topic is not Topic.ACTION_UNIT or constraints[0].negated:
        return ""
    return constraints[0].value


def _hint(text: str, people: Sequence[Person], value: str) -> Finding:
    evidence = tuple(wording.evidence(person, Topic.ACTION_UNIT, value) for person in people)
    return Finding(text=text, outcome=Outcome.ANSWERED, people=tuple(people), evidence=evidence, confidence=HINT)
