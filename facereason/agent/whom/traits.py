"""What is read of a face and a body beside emotion and attributes, each as a reading: action units, gaze, posture, how
the body is turned, and how near somebody is to the camera.

An action unit is asked for by a value such as "AU4"; "no AU25" that it is absent; "smile" is AU12, or a face read as
happy; "AU1 or AU2" is any of several, "" all that are read.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import acos, cos, degrees, dist, exp, hypot, prod, radians, sin, sqrt

from facereason.facs import units
from facereason.types import (
    ActionUnit,
    Body,
    Constraint,
    Gaze,
    HeadPose,
    Person,
    Posture,
    QualityFlag,
    Query,
    Reading,
    Topic,
    UnitState,
)

SMILE, NO = "smile", "no "
AMONG = "among"  # the relation of being one of several people
AS_MUCH = "as much as "  # before what two people are compared by, where they may be alike
MEETS_CAMERA = 14.0  # degrees of gaze up to which the eyes count as meeting the camera: the reader's error and a half
ASIDE = 18.0  # degrees of gaze from which they look to a side
RAISED = 14.0  # degrees of gaze from which they look up or down
BEHIND = 110.0  # degrees of orientation from which somebody is seen from behind
BODY_FACES = 35.0  # degrees of the body's orientation up to which it counts as facing the camera
BODY_TURNED = 30.0  # and from which it is turned to a side
NEARER = 1.08  # ratio of head sizes from which one head counts as nearer

_PRESENT, _ABSENT = UnitState.PRESENT.value, UnitState.ABSENT.value


def is_trait(topic: Topic | None) -> bool:
    """Whether a topic is read here."""
    return topic in _READ


def unit_asked(of: Constraint | Query) -> str:
    """The action units that a condition or a question names, as the value of their reading; "" for any other topic."""
    return of.value if of.topic is Topic.ACTION_UNIT else ""


def reading(person: Person, topic: Topic, value: str = "") -> Reading[str]:
    """The reading of a trait. Of action units (`value`, see above) "present" or "absent", of all of them the codes of
    those that are present; of gaze the direction as in `looks`; of posture and body what they are; of distance nothing
    but that it is known."""
    match topic:
        case Topic.ACTION_UNIT:
            return _units(person, value)
        case Topic.GAZE:
            return _gaze(person)
        case Topic.POSTURE:
            return _posture(person)
        case Topic.BODY:
            return _body(person)
        case Topic.DISTANCE:
            return Reading(value="read", confidence=person.face.score)
    raise ValueError(f"{topic} is no trait")


def holds(person: Person, topic: Topic, value: str) -> tuple[bool | None, float]:
    """Whether somebody is so, None where it cannot be told, and how probable it is by the reading."""
    found = reading(person, topic, value)
    if found.value is None:
        return None, 0.5
    match topic:
        case Topic.ACTION_UNIT:
            so = found.value == _PRESENT
        case Topic.GAZE if value == "camera":
            yaw, pitch, _ = looks(person.face.gaze, person.face.pose)
            # how probable it is that the eyes meet the camera, when they are read so far beside it
            meets = 1 / (1 + exp((hypot(yaw, pitch) - MEETS_CAMERA) / 4))
            return meets >= 0.5, found.confidence * meets + (1 - found.confidence) * 0.5
        case Topic.GAZE:
            so = any(gazes(person, each) for each in value.split(" or "))
        case Topic.BODY:
            so = any(faces(person, each) for each in value.split(" or "))
        case _:
            so = found.value in value.split(" or ")
    return so, found.confidence if so else 1 - found.confidence


# ------------------------------------------------------------------------------------------------------ action units


def parts_of(value: str) -> tuple[str, ...]:
    """`parts_of("smile or no AU25")` is `("smile", "no AU25")`, each once; nothing of ""."""
    return tuple(dict.fromkeys(part for part in value.split(" or ") if part))


def named_units(value: str) -> tuple[int, ...]:
    """`named_units("AU1 or no AU25")` is `(1, 25)`, each once; a smile names none."""
    named = (part.removeprefix(NO) for part in parts_of(value) if part != SMILE)
    return tuple(dict.fromkeys(units.parse_code(name).unit for name in named))


def unit_of(person: Person, number: int) -> ActionUnit | None:
    """The reading of one action unit; None where the reader reads no units at all."""
    return next((each for each in person.face.action_units if each.unit == number), None)


def strength(person: Person, value: str) -> float:
    """Intensity in [0, 1]: of several units the greatest; of a smile that of AU12, or the probability of happiness."""
    found = [unit for number in named_units(value) if (unit := unit_of(person, number)) is not None]
    levels = [unit.intensity for unit in found]
    if SMILE in parts_of(value):
        corners = unit_of(person, 12)
        read = corners is not None and corners.state is not UnitState.UNKNOWN
        happy = person.face.emotion.distribution.get("happiness", 0.0)
        levels.append(corners.intensity if corners is not None and read else happy)
    return max(levels, default=0.0)


def _units(person: Person, value: str) -> Reading[str]:
    """Of several parts any; of none all that is read, by the codes of what is present."""
    parts = parts_of(value)
    if not parts:
        return _every(person)
    found = [_smile(person) if part == SMILE else _unit(person, part) for part in parts]
    present = [each for each in found if each.value == _PRESENT]
    if present:
        return max(present, key=lambda each: each.confidence)
    if unread := [each for each in found if each.value is None]:
        return unread[0]
    return Reading(value=_ABSENT, confidence=prod(each.confidence for each in found))


def _unit(person: Person, part: str) -> Reading[str]:
    """One unit, or that it is not there."""
    (number,) = named_units(part)
    unit = unit_of(person, number)
    if unit is None or unit.state is UnitState.UNKNOWN:
        because = unit.unknown_because if unit is not None else _no_face(person) or "no action units are read here"
        return Reading(value=None, confidence=0.5, unknown_because=because)
    so = (unit.state is UnitState.PRESENT) is not part.startswith(NO)
    return Reading(value=_PRESENT if so else _ABSENT, confidence=unit.confidence)


def _every(person: Person) -> Reading[str]:
    known = [unit for unit in person.face.action_units if unit.state is not UnitState.UNKNOWN]
    if not known:
        because = next((unit.unknown_because for unit in person.face.action_units), "") or _no_face(person)
        because = because or "no action units are read here"
        return Reading(value=None, confidence=0.5, unknown_because=because)
    present = ", ".join(f"AU{unit.unit}" for unit in known if unit.state is UnitState.PRESENT)
    return Reading(value=present or "none", confidence=sum(unit.confidence for unit in known) / len(known))


def _smile(person: Person) -> Reading[str]:
    """Lip corners pulled up, or a face that is read as happy: where both are read, either is enough."""
    corners, emotion = _unit(person, "AU12"), person.face.emotion
    happy = emotion.distribution.get("happiness", 0.0) if emotion.known else None
    if happy is None:
        because = emotion.unknown_because
        return corners if corners.known else Reading(value=None, confidence=0.5, unknown_because=because)
    if corners.value == _PRESENT and corners.confidence >= happy:
        return corners
    if happy >= 0.5:
        return Reading(value=_PRESENT, confidence=happy)
    if corners.value is None:
        return Reading(value=_ABSENT, confidence=1 - happy)
    return corners


def _no_face(person: Person) -> str:
    return "the face is turned away" if QualityFlag.NO_FACE in person.face.quality.flags else ""


# ---------------------------------------------------------------------------------------------------- gaze and body


def looks(gaze: Gaze | None, pose: HeadPose) -> tuple[float, float, bool]:
    """Yaw and pitch of where somebody looks, degrees, by the signs of `HeadPose`, and whether the eyes tell it: where
    they cannot be read, the head does."""
    if gaze is not None and gaze.yaw is not None and gaze.pitch is not None:
        return gaze.yaw, gaze.pitch, True
    return pose.yaw, pose.pitch, False


def gazes(person: Person, value: str) -> bool:
    """Whether somebody looks at the "camera", "left", "right", "up", "down" or "away", as seen in the photo."""
    yaw, pitch, _ = looks(person.face.gaze, person.face.pose)
    camera = hypot(yaw, pitch) <= MEETS_CAMERA
    match value:
        case "camera":
            return camera
        case "away":
            return not camera
        case "left":
            return -180 + ASIDE <= yaw <= -ASIDE
        case "right":
            return ASIDE <= yaw <= 180 - ASIDE
        case "up":
            return pitch >= RAISED
        case "down":
            return pitch <= -RAISED
    raise ValueError(f"no direction {value!r}")


def _direction(yaw: float, pitch: float) -> str:
    """ "at the camera", "to the left of the photo and down", "away from the camera"."""
    if abs(yaw) >= BEHIND:
        return "away from the camera"
    parts = []
    if abs(yaw) >= ASIDE:
        parts.append(f"to the {'right' if yaw > 0 else 'left'} of the photo")
    if abs(pitch) >= RAISED:
        parts.append("up" if pitch > 0 else "down")
    if parts:
        return " and ".join(parts)
    return "at the camera" if hypot(yaw, pitch) <= MEETS_CAMERA else "past the camera"


def _gaze(person: Person) -> Reading[str]:
    gaze, pose = person.face.gaze, person.face.pose
    yaw, pitch, eyes = looks(gaze, pose)
    if gaze is not None and not eyes and "closed" in gaze.unknown_because:
        return Reading(value=None, confidence=0.5, unknown_because=gaze.unknown_because)
    sure = gaze.confidence if gaze is not None and eyes else 0.8 * pose.confidence
    return Reading(value=_direction(yaw, pitch), confidence=sure)


def faces(person: Person, value: str) -> bool:
    """Whether the body is turned to the "camera", "left", "right" or "away", as seen in the photo."""
    turned = turn_of(person)
    match value:
        case "camera":
            return abs(turned) <= BODY_FACES
        case "away":
            return abs(turned) >= BEHIND
        case "left":
            return -180 + BODY_TURNED <= turned <= -BODY_TURNED
        case "right":
            return BODY_TURNED <= turned <= 180 - BODY_TURNED
    raise ValueError(f"no direction of a body {value!r}")


def turn_of(person: Person) -> float:
    """Degrees by which the body is turned from the camera; the head's where no body was found, or no face is in view:
    backs and fronts are easily taken for each other, backs of heads and faces are not."""
    unseen = QualityFlag.NO_FACE in person.face.quality.flags
    return person.face.pose.yaw if person.body is None or unseen else person.body.orientation


def _body(person: Person) -> Reading[str]:
    body: Body | None = person.body
    if body is None and abs(person.face.pose.yaw) < BEHIND:
        return Reading(value=None, confidence=0.5, unknown_because="the body was not found")
    turned = turn_of(person)
    if abs(turned) >= BEHIND:
        word = "away from the camera"
    elif abs(turned) >= BODY_TURNED:
        word = f"to the {'right' if turned > 0 else 'left'} of the photo"
    else:
        word = "to the camera"
    return Reading(value=word, confidence=0.9 * (body.score if body is not None else person.face.pose.confidence))


def _posture(person: Person) -> Reading[str]:
    if person.body is None:
        return Reading(value=None, confidence=0.5, unknown_because="the body was not found")
    found = person.body.posture
    value = found.value.value if isinstance(found.value, Posture) else None
    return Reading(
        value=value,
        confidence=found.confidence,
        distribution=found.distribution,
        unknown_because=found.unknown_because,
    )


# ------------------------------------------------------------------------------------------------------------ nearness


def size(person: Person) -> float:
    """Pixels of the head, or of the face where no head was found: the greater, the nearer, heads being much alike."""
    box, grown = (person.head, 1.0) if person.head is not None else (person.face.box, 1.25)
    return grown * sqrt(box.area)


def looked_at(person: Person, others: Sequence[Person], width: int) -> Person | None:
    """Whom of `others` somebody looks at: who lies nearest to the line of sight, within `ON_TARGET` degrees; None for
    nobody. People are placed in space by where their heads are in the photo, `width` pixels wide, and, for the depth,
    by how large they are."""
    yaw, pitch, eyes = looks(person.face.gaze, person.face.pose)
    if hypot(yaw, pitch) <= MEETS_CAMERA:
        return None
    line = _unit_vector(yaw, pitch)
    most, here = ON_TARGET if eyes else 1.2 * ON_TARGET, _place(person, width)
    met: list[tuple[float, float, Person]] = []  # by how much off the line, and how far away
    for other in others:
        if other.number == person.number:
            continue
        off = min(_angle_between(line, _from(here, _place(other, width, slack))) for slack in _DEPTHS)
        if off < most:
            met.append((off, dist(here, _place(other, width)), other))
    if not met:
        return None
    least = min(off for off, _, _ in met)
    return min((each for each in met if each[0] <= least + ALIKE), key=lambda each: each[1])[2]


ON_TARGET = 25.0  # degrees
ALIKE = 2.0  # degrees: of two that lie so much alike off a line of sight, it ends at the nearer one
_FOCAL = 1.6  # focal length in widths of a photo, for a usual field of view (35 degrees)
_HEAD = 0.24  # metres
_DEPTHS = (0.94, 1.0, 1.06)  # heads differ in size, so that a depth is known to a few percent only


def _from(here: tuple[float, float, float], there: tuple[float, float, float]) -> tuple[float, float, float]:
    return there[0] - here[0], there[1] - here[1], there[2] - here[2]


def _place(person: Person, width: int, slack: float = 1.0) -> tuple[float, float, float]:
    """Place of a head in metres: right, up, towards the camera; `slack` times its depth away."""
    x, y = person.box.centre
    metres = slack * _HEAD / size(person)
    return (x - width / 2) * metres, -y * metres, -_FOCAL * width * metres


def _unit_vector(yaw: float, pitch: float) -> tuple[float, float, float]:
    across = cos(radians(pitch))
    return sin(radians(yaw)) * across, sin(radians(pitch)), cos(radians(yaw)) * across


def _angle_between(one: tuple[float, float, float], other: tuple[float, float, float]) -> float:
    length = hypot(*one) * hypot(*other)
    cosine = sum(a * b for a, b in zip(one, other, strict=True)) / length if length else -1.0
    return degrees(acos(max(-1.0, min(1.0, cosine))))


_READ = frozenset({Topic.ACTION_UNIT, Topic.GAZE, Topic.POSTURE, Topic.BODY, Topic.DISTANCE})
