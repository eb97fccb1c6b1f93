"""Whether the judge is right: of renders with exact truth, asked for what is true of them and for what is not.

Reads `faces/` below the data folder, the frozen set of that name. Of the first 500 faces that are found, each thing
that is clear by the truth is asked for twice: as it is, where "right" is the right verdict, and as its opposite, where
"wrong" is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from facereason import facs, images
from facereason.bench import renders
from facereason.bench.results import Figure, share
from facereason.faces import Instrument
from facereason.judging import Ask, Verdict, check
from facereason.types import Box, Person, Topic, UnitState

FACES = 500
ON = "frozen set faces"
TURNED, STRAIGHT = 20.0, 8.0
"""Degrees from which the truth is clearly turned, and within which clearly straight."""
TILTED, LEVEL = 14.0, 3.0
ASIDE, AHEAD = 22.0, 8.0
PRESENT = 0.4
HIGH = 0.7
"""Reliability from which an action unit's is high."""
NEAR = 0.25


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    instrument = Instrument(upright=False)
    told: dict[str, list[Verdict | None]] = {}
    right: dict[str, list[bool]] = {}
    found = 0
    for truth, pixels in renders.people(data, "faces"):
        if found == FACES:
            break
        person = _person(instrument, truth, pixels)
        if person is None:
            continue
        found += 1
        if found % 50 == 0:
            say(f"{found} of {FACES}")
        for kind, ask, true in (*_poses(truth), *_gazes(truth), *_units(truth, person)):
            done = check(person, ask)
            told.setdefault(kind, []).append(done.verdict)
            if done.verdict is not Verdict.CANNOT_TELL:
                right.setdefault(kind, []).append((done.verdict is Verdict.RIGHT) is true)
    out: list[Figure] = []
    for kind, verdicts in told.items():
        out.append(share(f"judge: {kind}, verdicts right", ON, right.get(kind, [])))
        out.append(share(f"judge: {kind}, cannot tell", ON, [each is Verdict.CANNOT_TELL for each in verdicts]))
    every = [each for kind in ("pose", "gaze", "AUs of high reliability") for each in right.get(kind, [])]
    return [share("judge: pose, gaze and AUs of high reliability, verdicts right", ON, every), *out]


def _person(instrument: Instrument, truth: Mapping[str, Any], pixels: Any) -> Person | None:
    """Who was found where the truth has the face."""
    if not truth["face"]:
        return None
    scene = instrument.look(images.open(pixels))
    box = Box(*truth["face"])
    best = max(scene.people, key=lambda each: each.face.box.iou(box), default=None)
    return best if best is not None and best.face.box.iou(box) >= NEAR else None


_Asked = Iterator[tuple[str, Ask, bool]]
"""Kind, what is asked for, and whether it is true."""


def _poses(truth: Mapping[str, Any]) -> _Asked:
    angles = truth["head_pose"]
    yaw, pitch, roll = angles["yaw"], angles["pitch"], angles["roll"]
    if TURNED <= abs(yaw) <= 90:
        way, other = ("right", "left") if yaw > 0 else ("left", "right")
        yield "pose", Ask(Topic.HEAD_POSE, way), True
        yield "pose", Ask(Topic.HEAD_POSE, other), False
        yield "pose", Ask(Topic.HEAD_POSE, "camera"), False
    if max(abs(yaw), abs(pitch)) <= STRAIGHT:
        yield "pose", Ask(Topic.HEAD_POSE, "camera"), True
        yield "pose", Ask(Topic.HEAD_POSE, "left"), False
    if abs(roll) >= TILTED and abs(yaw) <= 60:
        way, other = ("right", "left") if roll > 0 else ("left", "right")
        yield "pose", Ask(Topic.HEAD_POSE, f"tilted {way}"), True
        yield "pose", Ask(Topic.HEAD_POSE, f"tilted {other}"), False
    if abs(pitch) >= TILTED and abs(yaw) <= 60:
        way, other = ("up", "down") if pitch > 0 else ("down", "up")
        yield "pose", Ask(Topic.HEAD_POSE, way), True
        yield "pose", Ask(Topic.HEAD_POSE, other), False


def _gazes(truth: Mapping[str, Any]) -> _Asked:
    look = truth["gaze"]
    if look is None or truth["attributes"]["glasses"] == "sunglasses":
        return
    yaw, pitch = look["yaw"], look["pitch"]
    if max(abs(yaw), abs(pitch)) <= AHEAD:
        yield "gaze", Ask(Topic.GAZE, "camera"), True
        yield "gaze", Ask(Topic.GAZE, "left"), False
    if ASIDE <= abs(yaw) <= 90:
        way, other = ("right", "left") if yaw > 0 else ("left", "right")
        yield "gaze", Ask(Topic.GAZE, way), True
        yield "gaze", Ask(Topic.GAZE, other), False
        yield "gaze", Ask(Topic.GAZE, "camera"), False


def _units(truth: Mapping[str, Any], person: Person) -> _Asked:
    levels = {each["unit"]: min(each["left"], each["right"]) for each in (*truth["AUs"], *truth["implied"])}
    for unit in person.face.action_units:
        if unit.unit not in facs.UNITS or unit.state is UnitState.UNKNOWN:
            continue
        kind = "AUs of high reliability" if unit.reliability >= HIGH else "AUs of lower reliability"
        level = levels.get(unit.unit, 0.0)
        if level >= PRESENT:
            yield kind, Ask(Topic.ACTION_UNIT, f"AU{unit.unit}"), True
            yield kind, Ask(Topic.ACTION_UNIT, f"no AU{unit.unit}"), False
            yield f"{kind}, present by the truth", Ask(Topic.ACTION_UNIT, f"AU{unit.unit}"), True
        elif unit.unit not in levels:
            yield kind, Ask(Topic.ACTION_UNIT, f"no AU{unit.unit}"), True
            yield kind, Ask(Topic.ACTION_UNIT, f"AU{unit.unit}"), False
