"""What is true of the people of a photo, for the questions: yes, no, or not clear enough to be asked.

A property is True, False or None. None keeps a question from being asked where the answer is open to argument.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as parquet

from facereason.bench import collages
from facereason.data import read
from facereason.studio import stage
from facereason.studio.person import eye_height
from facereason.studio.spec import SceneSpec
from facereason.types import AgeGroup, EmotionLabel

Tri = bool | None
BASIC = ("black", "white", "grey", "red", "orange", "yellow", "green", "blue", "purple", "pink", "brown")
BETWEEN = {"navy": ("blue", "black"), "turquoise": ("blue", "green"), "beige": ("white", "brown", "yellow", "grey")}
NEAR = ({"black", "brown"}, {"grey", "white"}, {"blond", "white"}, {"red", "brown"}, {"blond", "grey"})  # of hair
SEEN = {"units": 50.0}  # width of a head in pixels from which it is asked about; eyes from 40
ALIKE: Mapping[int, tuple[int, ...]] = {
    1: (2,), 2: (1, 5), 4: (9,), 5: (), 6: (7, 9, 12), 7: (6, 9, 43), 9: (4, 10), 10: (9, 16, 25), 12: (6, 10, 14, 20),
    14: (12, 24), 15: (16, 17, 20), 16: (20, 25, 26, 27), 17: (15, 18, 24), 18: (22, 23, 28), 20: (12, 15),
    22: (18, 25), 23: (18, 24, 28), 24: (14, 17, 23, 28), 25: (10, 16, 20, 22, 26, 27), 26: (25, 27), 27: (25, 26),
    28: (23, 24), 43: (6, 7),
}  # fmt: skip
"""Units that move the same part: one is called absent only where none of those act either."""


@dataclass(kw_only=True)
class One:
    """A person. `there`: whether an onlooker would count them; `face`, `eyes`: in clear view; `hidden`: surely no face
    in view; `aged`: age and gender can be seen; `years`: age, or the least and the most of a group; `depth`: metres to
    the camera."""

    number: int
    x: float
    y: float
    size: float
    there: Tri = True
    face: bool = True
    eyes: bool = False
    hidden: bool = False
    aged: bool = True
    covered: str = ""
    gender: str = ""
    years: tuple[float, float] | None = None
    group: str = ""
    hair: str = ""
    top: str = ""
    posture: str = ""
    yaw: float | None = None
    pitch: float = 0.0
    roll: float = 0.0
    gaze: tuple[float, float] | None = None
    meets: str | None = None
    body: float | None = None
    depth: float | None = None
    units: Mapping[int, tuple[float, float]] | None = None
    votes: Mapping[str, float] | None = None
    emotion: str = ""


@dataclass(kw_only=True)
class Photo:
    """`layout`: "row" where one order from left to right is plain, "rows" for two rows, else ""."""

    set: str
    id: str
    people: list[One]
    layout: str = ""
    kind: str = "groups"
    background: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seen(self) -> list[One]:
        return [one for one in self.people if one.there is not False]

    @property
    def plain(self) -> bool:
        """Whether it is clear who counts."""
        return all(one.there is not None for one in self.people)


# -------------------------------------------------------------------------------------------------------- properties


def unit(one: One, number: int) -> Tri:
    """An action unit: on both sides at .4 or more; or surely nothing of it."""
    if one.units is None or not one.face or one.size < SEEN["units"]:
        return None
    if number in (5, 6, 7, 43) and not one.eyes:
        return None
    if number in one.units:
        return True if min(one.units[number]) >= 0.4 else None
    return None if any(other in one.units for other in ALIKE[number]) else False


def raised(one: One) -> Tri:
    return both(unit(one, 1), unit(one, 2))


def both(a: Tri, b: Tri) -> Tri:
    """True where both are, False where both are not."""
    return a if a is b else None


def opened(one: One) -> Tri:
    """A mouth plainly open, or plainly shut."""
    if unit(one, 26) or unit(one, 27):
        return True
    return False if unit(one, 26) is False and unit(one, 25) is False else None


def parted(one: One) -> Tri:
    return True if unit(one, 25) or opened(one) else unit(one, 25)


def smiles(one: One) -> Tri:
    strong = one.units is not None and min(one.units.get(12, (0.0, 0.0))) >= 0.5
    if unit(one, 12) and strong and one.units is not None and 15 not in one.units and 10 not in one.units:
        return True
    return False if unit(one, 12) is False else None


MOVES: Mapping[str, Callable[[One], Tri]] = {
    "raised": raised, "12": smiles, "25": parted, "26": opened,
    **{str(n): (lambda one, n=n: unit(one, n)) for n in (1, 4, 5, 6, 9, 15, 17, 18, 20, 24, 43)},
}  # fmt: skip


def emotion(one: One, label: str) -> Tri:
    """70 % of the votes or more for it; or none."""
    if one.votes is None:
        return None
    return True if one.emotion == label else (False if one.votes.get(label, 0) == 0 else None)


def gender(one: One, value: str) -> Tri:
    return None if not one.gender else one.gender == value


def child(one: One) -> Tri:
    if one.years is None:
        return None
    return True if one.years[1] <= 10 else (False if one.years[0] >= 20 else None)


def old(one: One) -> Tri:
    if one.years is None or not one.aged:
        return None
    return True if one.years[0] >= 65 or one.group in ("60-69", "70+") else (False if one.years[1] < 45 else None)


def adult(one: One) -> Tri:
    return None if one.years is None else (True if one.years[0] >= 20 else (False if one.years[1] <= 14 else None))


def hair(one: One, colour: str) -> Tri:
    if not one.hair:
        return None
    return True if one.hair == colour else (None if {one.hair, colour} in NEAR else False)


def top(one: One, colour: str) -> Tri:
    if not one.top:
        return None
    if one.top in BETWEEN:
        return None if colour in BETWEEN[one.top] else False
    close = ({"red", "orange"}, {"red", "pink"}, {"orange", "brown"}, {"orange", "yellow"}, {"white", "grey"})
    close += ({"purple", "pink"}, {"black", "grey"}, {"purple", "blue"}, {"black", "brown"})
    return True if one.top == colour else (None if {one.top, colour} in close else False)


def posture(one: One, value: str) -> Tri:
    return None if not one.posture else one.posture == value


def to_camera(one: One) -> Tri:
    if one.hidden:
        return False
    if one.gaze is None or one.yaw is None or not one.eyes:
        return None
    return True if one.meets == "camera" else (False if float(np.hypot(*one.gaze)) >= 15 else None)


def away(one: One) -> Tri:
    if one.yaw is None or one.body is None:
        return None
    if abs(one.yaw) >= 115 and abs(one.body) >= 115:
        return True
    return False if abs(one.yaw) <= 60 and abs(one.body) <= 60 else None


# ------------------------------------------------------------------------------------------------------------ photos


def groups(data: Path) -> Iterator[Photo]:
    """The frozen studio groups, from what was rendered below `data`."""
    for shard in sorted((data / "groups").glob("*.parquet")):
        for row in parquet.read_table(shard, columns=["id", "people", "spec"]).to_pylist():
            yield _group(row)


def _group(row: Mapping[str, Any]) -> Photo:
    spec = SceneSpec.from_dict(json.loads(row["spec"]), row["id"])
    depths = away_from_camera(spec)
    covers = {cover.person: cover.region for cover in spec.occluders}
    signed = spec.sign.person if spec.sign else 0
    light = spec.light
    coloured = light.kind not in ("evening", "back") and abs(light.warmth) <= 0.6 and light.strength >= 0.6
    people = []
    for person, depth in zip(row["people"], depths, strict=True):
        number, looks = person["number"], person["attributes"]
        head = person["head"]
        if head is None or person["visible"] < 0.02:
            people.append(One(number=number, x=0, y=0, size=1, there=False, face=False))
            continue
        inside = head[0] > 1 and head[1] > 1 and head[0] + head[2] < spec.width - 1 and head[1] + head[3] < spec.height
        there: Tri = True if person["visible"] >= 0.5 and inside else None
        yaw, pitch = person["head_pose"]["yaw"], person["head_pose"]["pitch"]
        points = float(np.mean(person["landmark_visible"]))
        face = bool(there and person["face"] and abs(yaw) <= 45 and abs(pitch) <= 28 and person["visible"] >= 0.75)
        face = face and number not in covers and points >= 0.6
        aged = bool(there and person["face"] and abs(yaw) <= 60 and head[2] >= 40 and number not in covers)
        glasses = looks["glasses"] == "sunglasses"
        units = {each["unit"]: (each["left"], each["right"]) for each in [*person["implied"], *person["AUs"]]}
        lone = looks["hair_style"] not in ("bald", "buzz")
        people.append(
            One(
                number=number, x=head[0] + head[2] / 2, y=head[1] + head[3] / 2, size=head[2], there=there, face=face,
                eyes=bool(there and number not in covers and not glasses and abs(yaw) <= 60 and head[2] >= 40),
                hidden=bool(there and abs(yaw) >= 120),
                covered="sunglasses" if glasses else covers.get(number, ""),
                aged=aged, gender=_gender(looks) if aged else "", years=(looks["years"], looks["years"]),
                hair=looks["hair_colour"] if lone and coloured else "",
                top=_colour(looks["top_colour"]) if coloured and number != signed and person["visible"] >= 0.6 else "",
                posture=person["posture"] if spec.camera.framing in ("half", "full") else "",
                yaw=yaw, pitch=pitch, roll=person["head_pose"]["roll"],
                gaze=(person["gaze"]["yaw"], person["gaze"]["pitch"]), meets=person["meets"],
                body=person["body_orientation"], depth=depth, units=units,
            )
        )  # fmt: skip
    photo = Photo(set="groups", id=row["id"], people=people)
    photo.layout = "row" if ordered(photo.seen) else ""
    return photo


def away_from_camera(spec: SceneSpec) -> list[float]:
    """Metres from the camera to the eyes of each person, as the stage places them."""
    places = stage._places(spec)
    eyes = [np.array([at.right, at.depth, eye_height(p)]) for at, p in zip(places, spec.people, strict=True)]
    camera = stage._camera(spec, eyes, spec.camera.azimuth, spec.camera.elevation)
    return [float(np.linalg.norm(at - camera.position)) for at in eyes]


def _gender(looks: Mapping[str, Any]) -> str:
    if looks["years"] < 16:
        return ""
    return "male" if looks["gender"] >= 0.8 else ("female" if looks["gender"] <= 0.15 else "")


def _colour(name: str) -> str:
    return name if name in BASIC or name in BETWEEN else ""


def collaged(data: Path, frozen: Path) -> Iterator[Photo]:
    """The collages, with the labels of their faces."""
    labels = {("fairface", r.id): r for r in read("fairface", "val", data)}
    labels |= {("ferplus", r.id): r for r in read("ferplus", "test", data)}
    for collage in collages.frozen(frozen):
        people = []
        for number, face in enumerate(collage.faces, 1):
            record = labels[face.dataset, face.id]
            one = One(number=number, x=face.box.centre[0], y=face.box.centre[1], size=face.size * 0.7)
            if face.dataset == "fairface":
                assert record.age_group is not None
                assert record.gender is not None
                one.group = record.age_group.value
                one.years = span(record.age_group)
                one.gender = record.gender.value if one.years[0] >= 10 else ""
            else:
                assert record.votes is not None
                total = sum(record.votes.values()) + sum(record.other_votes)
                one.votes = {label.value: n / total for label, n in record.votes.items()}
                one.emotion = next((label for label, n in one.votes.items() if n >= 0.7), "")
            people.append(one)
        tops = sorted(one.y for one in people)
        kinds = {face.dataset for face in collage.faces}
        photo = Photo(set="collages", id=collage.id, people=people, kind=kinds.pop() if len(kinds) == 1 else "mixed")
        if ordered(people) and tops[-1] - tops[0] < 100:
            photo.layout = "row"
        elif "rows" in collage.id:
            photo.layout = "rows"
        yield photo


def span(group: AgeGroup) -> tuple[float, float]:
    text = group.value
    if text == "70+":
        return 70.0, 95.0
    low, high = text.split("-")
    return float(low), float(high)


def ordered(people: Sequence[One]) -> bool:
    """Whether the order from left to right is plain."""
    at = sorted(people, key=lambda one: one.x)
    return all(b.x - a.x >= 0.4 * (a.size + b.size) / 2 for a, b in itertools.pairwise(at))


EMOTIONS = tuple(label.value for label in EmotionLabel)
