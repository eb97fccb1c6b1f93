"""Why an answer is what it is: the measurements it rests on, and which part of the face an expression was read from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from facereason.agent.answers import expressions, wording
from facereason.agent.answers.findings import Case, Finding, not_found, with_doubts
from facereason.agent.whom.fits import amount
from facereason.agent.whom.memory import SAME
from facereason.agent.whom.traits import SMILE, unit_asked
from facereason.facs import units
from facereason.types import Evidence, Kind, Outcome, Person, QualityFlag, Query, Topic, UnitState

if TYPE_CHECKING:
    from facereason.faces import RegionEffect

_CHANGES = 0.1  # a smaller change of the probability under a cover is called none
_MOST_PEOPLE = 3


def why(query: Query, case: Case) -> Finding:
    """The evidence for what was read of somebody: distribution, covered regions, action units, head pose, quality."""
    about = query.about
    if about == SAME and not case.memory.answered and len(case.scene.people) > 1:
        text = 'There is no answer yet to give reasons for. Name somebody: "Why does person 1 look like that?"'
        return Finding(text=text, outcome=Outcome.AMBIGUOUS, people=case.scene.people)
    found = case.select(about)
    if found.outcome is not Outcome.ANSWERED:
        return not_found(about, found, case)
    last = _last(case)
    topic = query.topic or (last.topic if last else None) or Topic.EMOTION
    unit = unit_asked(query if query.topic or last is None else last)
    people = found.people[:_MOST_PEOPLE]
    findings = [_of_one(person, topic, unit, query, case) for person in people]
    known = [finding for finding in findings if finding.outcome is Outcome.ANSWERED]
    more = " Ask about the others one by one."
    text = " ".join(finding.text for finding in findings) + (more if len(found.people) > len(people) else "")
    sure = [finding.confidence for finding in known if finding.confidence is not None]
    return Finding(
        text=with_doubts(text, found),
        outcome=Outcome.ANSWERED if known else findings[0].outcome,
        people=found.people,
        evidence=(*found.evidence, *(told for finding in findings for told in finding.evidence)),
        confidence=min(sure) * found.confidence if sure else None,
    )


def _last(case: Case) -> Query | None:
    asked = [query for query in case.memory.asked if query.kind is not Kind.WHY]
    return asked[-1] if asked else None


def _of_one(person: Person, topic: Topic, unit: str, query: Query, case: Case) -> Finding:
    """`unit`: which action units, as `traits` has them."""
    if topic in (Topic.PEOPLE, Topic.POSITION):
        return _found_there(person, case)
    reading = wording.reading_of(person, topic, unit)
    name = wording.name(person, case.scene)
    told = wording.evidence(person, topic, unit) if reading is not None or topic is Topic.HEAD_POSE else None
    if told is None or (reading is not None and not reading.known):
        text = f"I cannot tell the {wording.of(topic, unit)} of {name}: {wording.cannot(person, topic, unit)}"
        return Finding(
            text=wording.sentence(text),
            outcome=Outcome.CANNOT_TELL,
            people=(person,),
            evidence=(told,) if told else (),
        )
    # "How does she feel, and why?": what she feels has just been said.
    said = case.follows and query.about == SAME and len(case.memory.answered) == 1
    sentences = [] if said else [_opening(person, topic, unit, query, name)]
    evidence: tuple[Evidence, ...] = (told,)
    if topic is Topic.EMOTION or (unit == SMILE and person.face.emotion.known):
        effects = tuple(case.cover(person))
        evidence += tuple(_region_evidence(person, effect) for effect in effects)
        sentences += [_covering(effects)] if effects else []
        sentences += _action_units(person) + expressions.named(person)
    if reading is not None and len(reading.distribution) > 1:
        sentences.append(_distribution(reading.distribution))
    sentences.append(_circumstances(person))
    evidence += (wording.evidence(person, Topic.HEAD_POSE),) if topic is not Topic.HEAD_POSE else ()
    return Finding(
        text=" ".join(wording.sentence(each) for each in sentences),
        outcome=Outcome.ANSWERED,
        people=(person,),
        evidence=evidence,
        confidence=told.confidence,
    )


def _opening(person: Person, topic: Topic, unit: str, query: Query, name: str) -> str:
    """What was read; where something else was taken for granted ("why is she sad?"), that it was not."""
    says = wording.says(person, topic, unit)
    if topic is Topic.EMOTION and query.value:
        holds = str(person.face.emotion.value) in query.value.split(" or ")
        if holds is query.negated:
            share = wording.chance(amount(person, topic, query.value))
            feeling = wording.adjective(query.value)
            return f"{name} {'appears' if holds else 'does not appear'} {feeling} ({share}): this face {says}"
    return f"{name} {says}"


def _covering(effects: Sequence[RegionEffect]) -> str:
    """ "Covering the mouth and chin lowers happiness from .97 to .31; covering the brows and eyes hardly does"."""
    parts = []
    for effect in sorted(effects, key=lambda each: each.after - each.before):
        change = effect.after - effect.before
        if abs(change) < _CHANGES:
            parts.append(f"covering the {effect.region} hardly changes it ({wording.chance(effect.after)})")
            continue
        verb = "raises" if change > 0 else "lowers"
        then = f" and makes it {effect.instead.value}" if effect.instead is not effect.emotion else ""
        span = f"from {wording.chance(effect.before)} to {wording.chance(effect.after)}{then}"
        what = f"{effect.emotion.value} " if not any(" from " in part for part in parts) else "it "
        parts.append(f"covering the {effect.region} {verb} {what}{span}")
    if all("hardly" in part for part in parts):
        return f"No single part of the face decides it: {'; '.join(parts)}"
    return "; ".join(parts)


def _region_evidence(person: Person, effect: RegionEffect) -> Evidence:
    return Evidence(
        person=person.number,
        topic=Topic.FACE_REGION,
        statement=f"covering the {effect.region} takes {effect.emotion.value} from {wording.chance(effect.before)} "
        f"to {wording.chance(effect.after)}",
        source="covering",
        value=effect.region,
        confidence=effect.before,
    )


def _action_units(person: Person) -> list[str]:
    present = [
        each for each in person.face.action_units if each.state is UnitState.PRESENT and each.unit in units.UNITS
    ]
    if not present:
        return []
    named = [f"{units.describe(each.unit)} ({wording.chance(each.confidence)})" for each in present]
    return [f"action units read as present: {'; '.join(named)}"]


def _distribution(distribution: Mapping[str, float]) -> str:
    ranked = sorted(distribution.items(), key=lambda item: -item[1])[:3]
    return f"the reading gives {wording.joined([f'{value} {wording.chance(share)}' for value, share in ranked])}"


def _circumstances(person: Person) -> str:
    """What the photo gave the reader: head pose, size, and what speaks against trusting it."""
    quality = person.face.quality
    size = f"the face is {quality.face_pixels:.0f} pixels high"
    seen = f"{size}, the {wording.pose(person.face.pose)}"
    flags = [_FLAGS[flag] for flag in quality.flags]
    return f"{seen}; it is {wording.joined(flags)}, so the reading is less reliable" if flags else seen


_FLAGS = {
    QualityFlag.SMALL: "small",
    QualityFlag.BLURRED: "blurred",
    QualityFlag.DARK: "dark",
    QualityFlag.CUT_OFF: "cut off by the edge of the photo",
    QualityFlag.PROFILE: "seen from the side",
    QualityFlag.NO_FACE: "turned away",
}


def _found_there(person: Person, case: Case) -> Finding:
    told = wording.evidence(person, Topic.POSITION)
    score = f"detector's score {wording.chance(person.face.score)}"
    text = f"{wording.short_name(person, case.scene)}: {told.statement}, {score}"
    return Finding(
        text=wording.sentence(text),
        outcome=Outcome.ANSWERED,
        people=(person,),
        evidence=(told,),
        confidence=person.face.score,
    )
