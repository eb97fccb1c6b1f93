"""Words for what `traits` reads: action units, gaze, posture, how a body is turned, nearness."""

from __future__ import annotations

from facereason.agent.whom import traits
from facereason.facs import units
from facereason.types import Person, Topic, UnitState


def says(person: Person, topic: Topic, value: str, chance: str) -> str:
    """What a known reading says, as a predicate: "shows AU4 (brows lowered and drawn together, .81)"."""
    found = traits.reading(person, topic, value)
    match topic:
        case Topic.ACTION_UNIT:
            smile = [_smiles(person)] if traits.SMILE in traits.parts_of(value) else []
            shows = [_shows(person, value, chance)] if traits.named_units(value) or not value else []
            return " and ".join([*smile, *shows])
        case Topic.GAZE:
            yaw, pitch, eyes = traits.looks(person.face.gaze, person.face.pose)
            by = "gaze" if eyes else "the eyes are not read, by the head"
            return f"looks {found.value} ({by}: yaw {yaw:.0f}\u00b0, pitch {pitch:.0f}\u00b0)"
        case Topic.POSTURE:
            return f"is {found.value} ({chance})"
        case Topic.BODY:
            by = "" if person.body is not None else ", by the head"
            return f"has the body turned {found.value} (by {traits.turn_of(person):.0f}\u00b0{by})"
        case Topic.DISTANCE:
            return f"has a head {traits.size(person):.0f} pixels high"
    raise ValueError(f"{topic} is no trait")


def would(topic: Topic, value: str) -> str:
    """A proposed value as a predicate in the infinitive: "show AU4 (brows lowered)", "look at the camera", "sit"."""
    match topic:
        case Topic.ACTION_UNIT:
            parts = traits.parts_of(value)
            return " or ".join("appear to smile" if part == traits.SMILE else f"show {_code(part)}" for part in parts)
        case Topic.GAZE:
            return f"look {_directions(value)}"
        case Topic.POSTURE:
            return "appear to sit" if value == "sitting" else "appear to stand"
        case Topic.BODY:
            return f"appear to have the body turned {_directions(value).replace('at the', 'to the')}"
    raise ValueError(f"nothing would be {topic}")


def of(topic: Topic, value: str) -> str:
    """A trait as the thing that is read: "AU4 (brows lowered and drawn together)", "gaze"."""
    if topic is not Topic.ACTION_UNIT:
        return _THINGS[topic]
    parts = (part.removeprefix(traits.NO) for part in traits.parts_of(value))
    named = dict.fromkeys(part if part == traits.SMILE else _code(part) for part in parts)
    return " or ".join(named) or "action units"


def evidence_value(person: Person, topic: Topic, value: str) -> str:
    """What stands as the value of the reading in evidence."""
    found = traits.reading(person, topic, value)
    if topic is Topic.ACTION_UNIT:
        return f"{value or 'units'} {found.value or 'unknown'}"
    return found.value or "unknown"


def _code(part: str) -> str:
    """ "AU4 (brows lowered and drawn together)", "no AU25 (lips parted)"."""
    no = traits.NO if part.startswith(traits.NO) else ""
    (number,) = traits.named_units(part)
    return f"{no}AU{number} ({units.unit(number).words})"


def _smiles(person: Person) -> str:
    """ "smiles (.93; lip corners pulled up, AU12; happiness .97)"."""
    found = traits.reading(person, Topic.ACTION_UNIT, traits.SMILE)
    if found.value is None:
        return "cannot be told to smile"
    corners = traits.unit_of(person, 12)
    happy = person.face.emotion.distribution.get("happiness", 0.0)
    parts = [_chance(found.confidence)]
    if corners is not None and corners.state is not UnitState.UNKNOWN:
        seen = "pulled up" if corners.state is UnitState.PRESENT else "not pulled up"
        parts.append(f"lip corners {seen}, AU12")
    if person.face.emotion.known:
        parts.append(f"happiness {happy:.2f}".replace(" 0.", " ."))
    return f"{'smiles' if found.value == UnitState.PRESENT else 'does not smile'} ({'; '.join(parts)})"


def _shows(person: Person, value: str, chance: str) -> str:
    """The units asked for, or all, that are read: those that are present, or that none is."""
    numbers = traits.named_units(value)
    found = [unit for unit in person.face.action_units if unit.unit in (numbers or units.UNITS)]
    present = [unit for unit in found if unit.state is UnitState.PRESENT]
    if present:
        listed = [
            f"AU{unit.unit} ({units.unit(unit.unit).words}, {_chance(unit.confidence)}, intensity "
            f"{_chance(unit.intensity)})"
            for unit in present
        ]
        return f"shows {' and '.join(listed)}"
    if not numbers:
        return "shows none of the action units that can be read here"
    absent = [unit for unit in found if unit.state is UnitState.ABSENT]
    listed = [f"AU{unit.unit} ({units.unit(unit.unit).words})" for unit in absent]
    return f"does not show {' or '.join(listed)} ({chance} sure)"


def _chance(p: float) -> str:
    return f"{p:.2f}".lstrip("0") if p < 0.995 else "1"


def _directions(value: str) -> str:
    return " or ".join(_DIRECTIONS[each] for each in value.split(" or "))


_DIRECTIONS = {
    "camera": "at the camera",
    "left": "to the left of the photo",
    "right": "to the right of the photo",
    "up": "up",
    "down": "down",
    "away": "away from the camera",
}
_THINGS = {
    Topic.GAZE: "gaze",
    Topic.POSTURE: "posture",
    Topic.BODY: "body orientation",
    Topic.DISTANCE: "distance from the camera",
}
