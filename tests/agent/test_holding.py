"""What the readings say to a claim: supported, read otherwise, not measurable; and how it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facereason.agent.answers import expressions
from facereason.agent.replies import agreement, holding
from facereason.agent.replies.matching import claims_about
from facereason.types import (
    ActionUnit,
    ClaimStatus,
    Gaze,
    HeadPose,
    Person,
    QualityFlag,
    Scene,
    UnitState,
)
from tests.agent.scenes import emotion, party, person, portrait, scene

SUPPORTED, OTHERWISE, OPEN = ClaimStatus.SUPPORTED, ClaimStatus.READ_OTHERWISE, ClaimStatus.NOT_MEASURABLE


def unit(number: int, chance: float, reliability: float = 0.9) -> ActionUnit:
    """A unit that is there with this probability."""
    state = UnitState.PRESENT if chance >= 0.5 else UnitState.ABSENT
    return ActionUnit(
        unit=number, state=state, intensity=chance, confidence=max(chance, 1 - chance), reliability=reliability
    )


def alone(
    *units: ActionUnit, yaw: float = 0.0, pitch: float = 0.0, roll: float = 0.0, gaze: Gaze | None = None
) -> Scene:
    who = person(1, "female", "30-39", emotion("happiness", 0.9), "brown", "orange", x=500, units=units)
    face = replace(who.face, pose=HeadPose(yaw=yaw, pitch=pitch, roll=roll, confidence=0.95), gaze=gaze)
    return scene(replace(who, face=face))


def status(text: str, of: Scene) -> list[ClaimStatus]:
    return [holding.hold(claim, of).claim.status for claim in claims_about(text, of.people, of)]


@pytest.mark.parametrize(
    ("text", "chance", "reliability", "expected"),
    [
        ("AU4", 0.95, 0.9, SUPPORTED),
        ("AU4", 0.02, 0.9, OTHERWISE),
        ("AU4", 0.02, 0.5, OPEN),
        ("AU4", 0.2, 0.9, OPEN),
        ("no AU4", 0.02, 0.9, SUPPORTED),
        ("no AU4", 0.95, 0.9, OTHERWISE),
        ("no AU4", 0.55, 0.9, OPEN),
        ("no AU4", 0.95, 0.5, OPEN),
        ("perhaps AU4", 0.02, 0.9, OPEN),
        ("perhaps AU4", 0.95, 0.9, SUPPORTED),
    ],
)
def test_only_a_sure_and_reliable_reading_speaks_against_a_unit(
    text: str, chance: float, reliability: float, expected: ClaimStatus
) -> None:
    assert status(text, alone(unit(4, chance, reliability))) == [expected]


def test_a_unit_that_was_not_read_is_not_measurable_and_it_is_said_why() -> None:
    hidden = replace(unit(4, 0.9), state=UnitState.UNKNOWN, unknown_because="the face is blurred")
    (claim,) = claims_about("AU4", portrait().people, portrait())
    assert holding.hold(claim, alone(hidden)).claim.because == "the face is blurred"


def test_how_far_a_mouth_stands_open_is_no_contradiction() -> None:
    assert status("AU26", alone(unit(26, 0.01), unit(27, 0.9))) == [OPEN]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("She appears happy.", [SUPPORTED]),
        ("She appears sad.", [OTHERWISE]),
        ("She appears neutral.", [OPEN]),  # it has a tenth
        ("She is not happy.", [OPEN]),
        ("She is not sad.", [SUPPORTED]),
        ("She is in her 30s.", [OPEN]),
        ("Her hair is brown.", [SUPPORTED]),
        ("Her hair is green.", [OTHERWISE]),
        ("Her hair is red.", [OPEN]),  # near to brown
        ("She wears blue.", [OTHERWISE]),
        ("She wears orange.", [SUPPORTED]),
        ("There is one person.", [SUPPORTED]),
        ("There are three people.", [OTHERWISE]),
    ],
)
def test_claims_of_other_topics_are_held_too(text: str, expected: list[ClaimStatus]) -> None:
    assert status(text, alone()) == expected


@pytest.mark.parametrize(
    ("text", "angles", "expected"),
    [
        ("The head faces the camera.", (0, 0, 0), SUPPORTED),
        ("The head faces the camera.", (45, 0, 0), OTHERWISE),
        ("The head is turned to the left.", (-30, 0, 0), SUPPORTED),
        ("The head is turned to the left.", (30, 0, 0), OPEN),  # it may be her own left
        ("The head is turned to the left.", (0, 0, 0), OTHERWISE),
        ("The head is turned to the left of the photo.", (30, 0, 0), OTHERWISE),
        ("The head is turned to her left.", (30, 0, 0), SUPPORTED),
        ("The head is lowered.", (0, -20, 0), SUPPORTED),
        ("The head is lowered.", (0, 15, 0), OTHERWISE),
        ("The head is tilted.", (0, 0, 15), SUPPORTED),
        ("The head is tilted.", (0, 0, 0), OTHERWISE),
        ("Seen in profile.", (10, 0, 0), OTHERWISE),
    ],
)
def test_a_head_is_held_against_its_angles(
    text: str, angles: tuple[float, float, float], expected: ClaimStatus
) -> None:
    yaw, pitch, roll = angles
    assert status(text, alone(yaw=yaw, pitch=pitch, roll=roll)) == [expected]


def test_a_look_is_read_otherwise_only_where_eyes_and_head_agree() -> None:
    text = "She looks to the left."
    assert status(text, alone(gaze=Gaze(yaw=0, pitch=0, confidence=0.4))) == [OPEN]
    assert status(text, alone(yaw=-30, gaze=Gaze(yaw=0, pitch=0, confidence=0.9))) == [SUPPORTED]
    camera = "She looks at the camera."
    assert status(camera, alone(gaze=Gaze(yaw=60, pitch=0, confidence=0.9))) == [OTHERWISE]
    assert status(camera, alone(gaze=Gaze(yaw=3, pitch=0, confidence=0.9))) == [SUPPORTED]


def test_a_number_of_people_is_open_where_somebody_is_found_unsurely() -> None:
    first, *others = party().people
    unsure = replace(first, face=replace(first.face, score=0.5))
    assert status("There are four people.", scene(unsure, *others)) == [OPEN]
    assert status("There are four people.", party()) == [OTHERWISE]


def test_what_is_clearly_there_and_left_out_is_told_the_surest_first() -> None:
    of = alone(unit(12, 0.9), unit(6, 0.97), unit(4, 0.95, 0.4), unit(1, 0.55), unit(25, 0.9))
    claims = claims_about("Lips parted (AU25).", of.people, of)
    left = holding.unmentioned(claims, of.people[0])
    assert [each.statement.split()[0] for each in left] == ["AU6", "AU12"]
    assert holding.unmentioned(claims_about("She appears happy.", of.people, of), of.people[0]) == ()


def test_lips_that_part_with_the_jaw_need_no_mention() -> None:
    of = alone(unit(25, 0.9), unit(27, 0.9))
    assert holding.unmentioned(claims_about("AU27", of.people, of), of.people[0]) == ()


def test_three_disagreements_are_told_and_the_rest_counted() -> None:
    of = alone(unit(4, 0.01), unit(9, 0.01), unit(15, 0.01), unit(12, 0.93, 0.8))
    claims = claims_about("AU4, AU9 and AU15.", of.people, of)
    held = [holding.hold(claim, of) for claim in claims]
    pairs = [(each.claim, each.against) for each in held if each.against is not None]
    text = holding.both_sides(pairs, holding.unmentioned(claims, of.people[0]), several=False)
    assert text.startswith(
        "The model says AU4 (brow lowerer); the instrument reads otherwise (.99, reliability .90). The model says AU9"
    )
    assert text.endswith("And one more.")
    several = holding.both_sides(pairs[:1], (), several=True)
    assert several.startswith("Of person 1 the model says AU4")


# ------------------------------------------------------------------------------------------------------------ how sure


def test_agreement_makes_surer_and_dissent_less_sure() -> None:
    read = emotion("sadness", 0.7, anger=0.2)
    same = agreement.confidence(read, {"sadness"})
    other = agreement.confidence(read, {"anger"})
    nothing = agreement.confidence(read, {"sadness", "anger"})
    assert other < nothing == 0.7 < same < 1
    assert agreement.confidence(read, {"fear"}) == pytest.approx(0.7)  # ruled out by the reader: no news


def test_what_would_help_is_what_the_photo_lacks() -> None:
    assert agreement.would_help(person(1, flags=[QualityFlag.DARK], size=300)) == "more light"
    assert agreement.would_help(person(1, size=40, yaw=35)) == "a larger face and a frontal view"
    assert agreement.would_help(person(1, size=300)) == "another photo of the same moment"


# ---------------------------------------------------------------------------------------------- mixed and masked


def smiling(*units: ActionUnit, feels: str = "happiness") -> Person:
    return person(1, feels=feels, units=units)


def test_a_smile_without_raised_cheeks_is_named_and_no_proof_of_anything() -> None:
    (clause,) = expressions.named(smiling(unit(12, 0.9), unit(6, 0.05)))
    assert clause.startswith("it is a smile without raised cheeks: AU12 (.90) without AU6 (.05)")
    assert "no proof" in clause
    assert expressions.named(smiling(unit(12, 0.9), unit(6, 0.8))) == []
    unknown = replace(unit(6, 0.05), state=UnitState.UNKNOWN)
    assert expressions.named(smiling(unit(12, 0.9), unknown)) == []


def test_a_smile_beside_a_unit_of_displeasure_is_named() -> None:
    (clause,) = expressions.named(smiling(unit(12, 0.9), unit(15, 0.8)))
    assert clause == (
        "the smile (AU12 (.90)) comes with AU15 (.80), lip corners pulled down: a mixed or masked expression"
    )


def test_two_emotions_close_together_are_called_a_mixture_but_neutral_is_none() -> None:
    mixed = person(1, feels=emotion("sadness", 0.45, anger=0.4))
    assert expressions.named(mixed) == ["the expression is mixed: sadness (.45) and anger (.40)"]
    assert expressions.named(person(1, feels=emotion("sadness", 0.45))) == []
