"""What was measured of a person, as plain data to hand to a language model: values with how sure they are."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from facereason.types import Person, Reading, UnitState


def readings(person: Person, without: Collection[str] = ()) -> dict[str, Any]:
    """Number, place and what could be read; what could not be is left out, for a model takes an "unknown" for a hint.

    Action units carry the reliability of such readings on photos of this kind, everything else its probability.
    `without`: keys to leave out.
    """
    face = person.face
    found: dict[str, Any] = {
        "number": person.number,
        "face_box": [round(side) for side in (face.box.x, face.box.y, face.box.width, face.box.height)],
        "head": {"yaw": round(face.pose.yaw), "pitch": round(face.pose.pitch), "roll": round(face.pose.roll)},
    }
    if face.emotion.known:
        ranked = sorted(face.emotion.distribution.items(), key=lambda item: -item[1])[:3]
        found["emotion"] = {label: round(share, 2) for label, share in ranked}
    units = [unit for unit in face.action_units if unit.state is not UnitState.UNKNOWN]
    if units:
        found["action_units"] = {
            f"AU{unit.unit}": {
                "state": unit.state.value,
                "probability": round(unit.confidence, 2),
                "reliability": round(unit.reliability, 2),
            }
            for unit in units
        }
    if face.gaze is not None and face.gaze.yaw is not None and face.gaze.pitch is not None:
        found["gaze"] = {"yaw": round(face.gaze.yaw), "pitch": round(face.gaze.pitch)}
    things: dict[str, Reading[Any]] = {
        "perceived_gender": person.gender,
        "age_group": person.age_group,
        "hair_colour": person.hair_colour,
        "clothing_colour": person.clothing_colour,
    }
    for name, reading in things.items():
        if reading.known:
            found[name] = {"value": str(reading.value), "probability": round(reading.confidence, 2)}
    if face.quality.flags:
        found["photo"] = [flag.value for flag in face.quality.flags]
    return {key: value for key, value in found.items() if key not in without}
