"""Which action units act on a face: those that are read as present, the strongest first, and what cannot be read."""

from __future__ import annotations

from facereason.agent.answers import wording
from facereason.agent.answers.findings import Case, Finding, with_doubts
from facereason.agent.whom.selection import Selection
from facereason.facs import units
from facereason.types import ActionUnit, Evidence, Outcome, Person, Topic, UnitState


def units_of(found: Selection, asked: tuple[int, ...], case: Case) -> Finding:
    """The units of everybody found, of those `asked` for or of all; cannot tell where none of them is readable."""
    read = {person.number: _read(person, asked) for person in found.people}
    texts = [_told(person, read[person.number], asked, case) for person in found.people]
    known = [unit for every in read.values() for unit in every if unit.state is not UnitState.UNKNOWN]
    evidence = tuple(
        _evidence(person, unit)
        for person in found.people
        for unit in read[person.number]
        if unit.state is not UnitState.UNKNOWN
    )
    return Finding(
        text=with_doubts(" ".join(texts), found),
        outcome=Outcome.ANSWERED if known else Outcome.CANNOT_TELL,
        people=found.people,
        evidence=(*found.evidence, *evidence),
        confidence=found.confidence * sum(unit.confidence for unit in known) / len(known) if known else None,
    )


def _read(person: Person, asked: tuple[int, ...]) -> tuple[ActionUnit, ...]:
    return tuple(unit for unit in person.face.action_units if unit.unit in (asked or tuple(units.UNITS)))


def _told(person: Person, read: tuple[ActionUnit, ...], asked: tuple[int, ...], case: Case) -> str:
    name = wording.name(person, case.scene)
    present = sorted((u for u in read if u.state is UnitState.PRESENT), key=lambda unit: -unit.intensity)
    unknown = [unit for unit in read if unit.state is UnitState.UNKNOWN]
    what = "of the units asked for" if asked else "of the action units"
    if not read or len(unknown) == len(read):
        because = wording.cannot(person, Topic.ACTION_UNIT, f"AU{unknown[0].unit}" if unknown else "AU12")
        return wording.sentence(f"I cannot read any {what} on the face of {name}: {because}")
    if present:
        listed = wording.joined([_named(unit) for unit in present])
        text = wording.sentence(f"{name} shows {listed}")
    else:
        text = wording.sentence(f"{name} shows none {what} that can be read here")
    if unknown:
        codes = wording.joined([f"AU{unit.unit}" for unit in unknown])
        text += f" Not readable on a face seen like this: {codes}."
    return text


def _named(unit: ActionUnit) -> str:
    letter = units.letter(min(1.0, max(0.0, unit.intensity)))
    return f"AU{unit.unit}{letter} ({units.unit(unit.unit).words}, {wording.chance(unit.confidence)})"


def _evidence(person: Person, unit: ActionUnit) -> Evidence:
    return wording.evidence(person, Topic.ACTION_UNIT, f"AU{unit.unit}")
