"""From the reader's slots to action units: what is present, what excludes what, and what is unknown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facereason import facs, images, resources
from facereason.faces import Instrument, geometry, reliability, units
from facereason.faces.geometry import SLOTS
from facereason.faces.reader import Reader
from facereason.faces.reliability import TRUSTED_UNIT, Detail, Reliability, View
from facereason.types import UnitState

HALF = np.full(len(SLOTS), 0.5, np.float32)
EVERYWHERE = {
    reliability.name(view, detail): {facs.code(u): 0.9 for u in facs.UNITS} for view in View for detail in Detail
}


def slots(**chances: float) -> Any:
    """Probabilities of the slots: "AU4", "L12"; the others are 0."""
    out = np.zeros(len(SLOTS), np.float32)
    for name, chance in chances.items():
        out[[geometry.slot_name(i) for i in range(len(SLOTS))].index(name)] = chance
    return out


def present(chances: Any) -> set[int]:
    return {number for number, found in zip(facs.UNITS, units.decided(chances, HALF), strict=True) if found}


def test_a_unit_is_present_from_its_threshold_on_on_either_side() -> None:
    assert present(slots(AU4=0.5, AU1=0.49, R12=0.8)) == {4, 12}


def test_of_units_that_exclude_each_other_the_surer_one_stays() -> None:
    assert present(slots(AU26=0.7, AU27=0.8)) == {25, 27}
    assert present(slots(AU26=0.8, AU27=0.7)) == {25, 26}


def test_a_dropped_jaw_parts_the_lips() -> None:
    assert present(slots(AU26=0.9, AU25=0.1)) == {25, 26}


def test_weak_conflicts_are_left_alone() -> None:
    weak = [conflict.units for conflict in facs.CONFLICTS if conflict.weakly]
    assert weak
    for one, other in weak:
        chances = np.array([0.9 if number in (one, other) else 0.0 for number, _ in SLOTS], np.float32)
        assert {one, other} <= present(chances)


def test_sides_are_told_where_they_are_read_apart() -> None:
    read = units.read(slots(L12=0.9), slots(L12=0.7, R12=0.1), HALF, Reliability(EVERYWHERE), "frontal, clear", "")
    by_number = {each.unit: each for each in read}
    assert tuple(by_number) == tuple(facs.UNITS)
    smile, brow = by_number[12], by_number[4]
    assert (smile.left, smile.right) == (pytest.approx(0.7), pytest.approx(0.1))
    assert (smile.state, smile.intensity) == (UnitState.PRESENT, pytest.approx(0.7))
    assert (brow.state, brow.left, brow.right, brow.confidence) == (UnitState.ABSENT, None, None, 1.0)


def test_a_unit_below_the_stated_reliability_is_unknown_and_says_why() -> None:
    table = {"frontal, small": {"AU4": TRUSTED_UNIT - 0.01, "AU12": TRUSTED_UNIT}}
    read = units.read(slots(AU4=0.9, L12=0.9), slots(), HALF, Reliability(table), "frontal, small", "")
    by_number = {each.unit: each for each in read}
    assert by_number[12].state is UnitState.PRESENT
    assert (by_number[4].state, by_number[4].reliability) == (UnitState.UNKNOWN, TRUSTED_UNIT - 0.01)
    assert by_number[4].unknown_because == "AU4 is not read reliably in such a photo (frontal, small)"
    assert by_number[1].state is UnitState.UNKNOWN  # never measured


@pytest.mark.parametrize(
    ("chance", "state"),
    [
        (0.04, UnitState.ABSENT),
        (0.06, UnitState.UNKNOWN),
        (0.69, UnitState.UNKNOWN),
        (0.71, UnitState.PRESENT),
    ],
)
def test_a_clear_reading_may_be_trusted_where_others_are_not(chance: float, state: UnitState) -> None:
    table = {"frontal, clear": {"AU9": 0.3, "AU9 clearly present": 0.8, "AU9 clearly absent": 0.7}}
    read = units.read(slots(AU9=chance), slots(), HALF, Reliability(table), "frontal, clear", "")
    found = next(each for each in read if each.unit == 9)
    trust = {UnitState.ABSENT: 0.7, UnitState.PRESENT: 0.8, UnitState.UNKNOWN: 0.3}[state]
    assert (found.state, found.reliability) == (state, trust)


def test_a_unit_put_down_for_another_is_not_clearly_absent() -> None:
    table = {"frontal, clear": {"AU26": 0.9, "AU27": 0.3, "AU27 clearly present": 0.9, "AU27 clearly absent": 0.9}}
    read = units.read(slots(AU26=0.9, AU27=0.8), slots(), HALF, Reliability(table), "frontal, clear", "")
    assert next(each for each in read if each.unit == 27).state is UnitState.UNKNOWN


def test_the_table_tells_a_clear_reading_beside_its_unit() -> None:
    table = {
        "frontal, clear": {"AU9": 0.3, "AU9 clearly absent": 0.7, "pose": 0.5},
        "profile, clear": {"AU9": 0.6, "pose": 0.4},
    }
    assert Reliability(table).markdown().splitlines()[2:] == [
        "| AU9 | 0.30 | **0.60** |",
        "| AU9 clearly absent | **0.70** | **0.60** |",
        "| pose | **0.50** | 0.40 |",
    ]


def test_a_unit_that_is_rather_absent_is_not_called_present() -> None:
    low = np.full(len(SLOTS), 0.25, np.float32)
    read = units.read(slots(AU4=0.39, AU1=0.2), slots(), low, Reliability(EVERYWHERE), "frontal, clear", "")
    by_number = {each.unit: each for each in read}
    assert by_number[4].state is UnitState.UNKNOWN
    assert by_number[4].unknown_because == "AU4 may be there or not (0.39)"
    assert by_number[1].state is UnitState.ABSENT


def test_what_forbids_readings_of_the_face_forbids_units() -> None:
    read = units.read(slots(AU4=0.9), slots(), HALF, Reliability(EVERYWHERE), "frontal, clear", "the face is blurred")
    assert {(each.state, each.unknown_because) for each in read} == {(UnitState.UNKNOWN, "the face is blurred")}


@pytest.mark.parametrize(
    ("yaw", "pixels", "sharp", "kind"),
    [
        (-20, 120, 0.3, "frontal, clear"),
        (21, 120, 0.3, "turned, clear"),
        (-51, 120, 0.3, "profile, clear"),
        (0, 47, 0.3, "frontal, small"),
        (0, 47, 0.08, "frontal, small"),
        (0, 120, 0.1, "frontal, blurred"),
    ],
)
def test_photos_have_a_kind(yaw: float, pixels: float, sharp: float, kind: str) -> None:
    assert reliability.kind(yaw, pixels, sharp) == kind


def test_the_portrait_comes_with_units_gaze_and_landmarks_in_the_frame_of_the_photo() -> None:
    photo = images.example()
    (person,) = Instrument(threads=1).look(photo).people
    face = person.face
    by_number = {each.unit: each for each in face.action_units}
    assert face.quality.kind == "frontal, clear"
    assert by_number[12].state is UnitState.PRESENT  # she smiles
    assert 0 < by_number[12].reliability <= 1
    assert by_number[12].left is not None
    assert len(face.landmarks) == geometry.LANDMARKS
    assert 0 < face.landmarks_reliability <= 1
    eyes = [np.mean(face.landmarks[part], axis=0) for part in (slice(36, 42), slice(42, 48))]
    mouth = [face.landmarks[48], face.landmarks[54]]
    width = face.box.width
    for found, wanted in zip([*eyes, face.landmarks[30], *mouth], face.points, strict=True):
        assert np.hypot(*np.subtract(found, wanted)) < 0.12 * width
    assert face.gaze is not None
    assert face.emotion.derived_valence is not None
    assert face.emotion.derived_valence > 0.3


def test_the_model_card_has_the_table_of_the_weights() -> None:
    card = (Path(__file__).parents[2] / "docs" / "reader.md").read_text(encoding="utf-8")
    shown = card.partition("<!-- reliability -->\n")[2].partition("<!-- /reliability -->")[0]
    assert shown == Reader(resources.weights("reader.onnx")).reliability.markdown()
