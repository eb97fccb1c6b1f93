"""A scene as data: who is in it, how they look, hold themselves and move their faces, where the camera stands, what
light falls. The same spec gives the same picture.

Angles are degrees and follow the house's conventions: `yaw` above 0 turns the face to the image's right, `pitch`
above 0 up, `roll` above 0 tilts the head clockwise as seen; body orientation 0 faces the camera, 90 the image's
right, 180 away.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import yaml

from facereason import facs
from facereason.records import build, plain
from facereason.studio import units as rig_units
from facereason.types import EmotionLabel, UsageError

HairStyle = Literal["bald", "buzz", "short", "curly", "bob", "long", "bun"]
HairColour = Literal["black", "brown", "blond", "red", "grey", "white"]
Beard = Literal["none", "stubble", "moustache", "full"]
EyeColour = Literal["brown", "hazel", "green", "blue", "grey"]
GarmentName = Literal["t-shirt", "shirt", "jumper", "jacket", "coat"]
Glasses = Literal["none", "round", "square", "sunglasses"]
Posture = Literal["standing", "sitting"]
Framing = Literal["face", "bust", "half", "full"]
LightKind = Literal["studio", "window", "overcast", "sun", "evening", "side", "back"]
Backdrop = Literal["plain", "gradient", "room", "wall", "park", "street", "office"]
Cover = Literal["hand", "mask", "scarf", "bar", "disc", "book"]
Region = Literal["eyes", "nose", "mouth", "left half", "right half", "forehead", "lower face"]

NECK = {"yaw": 80.0, "pitch": 45.0, "roll": 35.0}  # how far a head turns against its body
EYES = {"yaw": 35.0, "pitch": 25.0}  # how far eyes turn against their head

COLOURS: Mapping[str, str] = {
    "black": "#1b1b1e", "white": "#ecebe6", "grey": "#85878c", "red": "#b3262b", "orange": "#d3762a",
    "yellow": "#dfbd3e", "green": "#2f7a45", "blue": "#2c56a5", "navy": "#232f52", "purple": "#693d86",
    "pink": "#dd8ba5", "brown": "#6e4a31", "beige": "#cdb896", "turquoise": "#3a9d9b",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Of a head: intrinsic order yaw, pitch, roll, relative to the line of sight to it."""

    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0

    def __post_init__(self) -> None:
        _within("head.yaw", self.yaw, -180, 180)
        _within("head.pitch", self.pitch, -90, 90)
        _within("head.roll", self.roll, -180, 180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaze:
    """Where the eyes look relative to the camera, by angles; at most 35 degrees of yaw and 25 of pitch off the head."""

    yaw: float
    pitch: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ancestry:
    """Shares of the rig's three facial forms; they need not add to 1."""

    african: float = 1.0
    asian: float = 1.0
    caucasian: float = 1.0

    def __post_init__(self) -> None:
        if min(self.african, self.asian, self.caucasian) < 0 or self.african + self.asian + self.caucasian <= 0:
            raise UsageError("ancestry: shares must be 0 or more, and one of them above 0")


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Each 0 to 1, .5 the middle."""

    weight: float = 0.5
    muscle: float = 0.5
    height: float = 0.5

    def __post_init__(self) -> None:
        for name in ("weight", "muscle", "height"):
            _within(f"build.{name}", getattr(self, name), 0, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hair:
    """Style and colour."""

    style: HairStyle = "short"
    colour: HairColour = "brown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clothes:
    """A top, its colour and the trousers': a name of `COLOURS` or #rrggbb."""

    top: GarmentName = "t-shirt"
    colour: str = "blue"
    trousers: str = "navy"

    def __post_init__(self) -> None:
        linear(self.colour)
        linear(self.trousers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Metres to the right of the picture's middle, and away from the camera behind the nearest row."""

    right: float
    depth: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One person. `identity`: the seed of facial form; `years` 3 to 95; `gender`: 0 appears female, 1 male; `skin`:
    1 to 10, light to dark; `units`: intensity 0 to 1, or one a side (the person's left first); `emotion`: its
    prototype's units join them; `unlabelled`: face shapes of the rig, 0 to 1, that act beside those of the units and
    that no label tells of (`slack`); `folds`: units whose folds show in the skin, as strongly or one a side, though
    they do not act; `body`: orientation, or none: it follows the head as the neck needs; `gaze`:
    camera, ahead, the number of the person looked at, or angles; `at`: or none, laid out."""

    identity: int = 0
    years: float = 30.0
    gender: float = 0.5
    ancestry: Ancestry = field(default_factory=Ancestry)
    build: Build = field(default_factory=Build)
    skin: float = 4.0
    hair: Hair = field(default_factory=Hair)
    beard: Beard = "none"
    eyes: EyeColour = "brown"
    clothes: Clothes = field(default_factory=Clothes)
    glasses: Glasses = "none"
    units: Mapping[int, float | tuple[float, float]] = field(default_factory=dict)
    emotion: EmotionLabel | None = None
    unlabelled: Mapping[str, float] = field(default_factory=dict)
    folds: Mapping[int, float | tuple[float, float]] = field(default_factory=dict)
    head: Turn = field(default_factory=Turn)
    body: float | None = None
    posture: Posture = "standing"
    gaze: Literal["camera", "ahead"] | int | Gaze = "camera"
    at: Place | None = None

    def __post_init__(self) -> None:
        _within("years", self.years, 3, 95)
        _within("gender", self.gender, 0, 1)
        _within("skin", self.skin, 1, 10)
        self.driven()
        for shape, level in self.unlabelled.items():
            _within(f"unlabelled.{shape}", level, 0, 1)
        for number, depth in self.folds.items():
            rig_units.checked({number: depth}, "folds")
        if self.body is not None:
            _within("body", self.body, -180, 180)
            apart = abs(wrapped(self.head.yaw - self.body))
            if apart > NECK["yaw"]:
                raise UsageError(
                    f"head.yaw: {self.head.yaw:g} is {apart:g} degrees off body {self.body:g}; a neck turns 80"
                )
        for axis in ("pitch", "roll"):
            _within(f"head.{axis}", getattr(self.head, axis), -NECK[axis], NECK[axis])
        if isinstance(self.gaze, Gaze):
            for axis, most in EYES.items():
                off = abs(wrapped(getattr(self.gaze, axis) - getattr(self.head, axis)))
                if off > most:
                    raise UsageError(f"gaze.{axis}: {off:g} degrees off the head; eyes turn {most:g}")

    def driven(self) -> dict[int, rig_units.Sides]:
        """Units that act, both sides: those given, and of the emotion's prototype those that go with them."""
        given = rig_units.checked(self.units, "units")
        if self.emotion is None:
            return given
        prototype = facs.PROTOTYPES[self.emotion]
        side = (0.8, 0.0) if prototype.one_sided else (0.8, 0.8)
        for unit in prototype.units:
            if unit not in given and all(conflict.weakly for conflict in facs.conflicts([*given, unit])):
                given[unit] = side
        return rig_units.checked(given, f"units with those of {self.emotion}")

    def folded(self) -> dict[int, rig_units.Sides]:
        """Units whose folds show, both sides, as strongly as they act or as `folds` says, whichever is more."""
        out = self.driven()
        for number, depth in self.folds.items():
            for unit, sides in rig_units.checked({number: depth}).items():
                there = out.get(unit, (0.0, 0.0))
                out[unit] = (max(there[0], sides[0]), max(there[1], sides[1]))
        return out


@dataclass(frozen=True, slots=True, kw_only=True)
class CameraSpec:
    """`framing`: how much of the people fills the picture; `azimuth`: degrees it stands to their left; `elevation`:
    above their faces; `roll`: of the picture; `fov`: across the longer side."""

    framing: Framing = "bust"
    azimuth: float = 0.0
    elevation: float = 0.0
    roll: float = 0.0
    fov: float = 24.0

    def __post_init__(self) -> None:
        _within("camera.azimuth", self.azimuth, -180, 180)
        _within("camera.elevation", self.elevation, -60, 60)
        _within("camera.roll", self.roll, -180, 180)
        _within("camera.fov", self.fov, 10, 70)


@dataclass(frozen=True, slots=True, kw_only=True)
class LightSpec:
    """`azimuth`, `elevation`: the main lamp, moved by so many degrees; `strength`: 1 as designed; `warmth`: -1 to 1."""

    kind: LightKind = "studio"
    azimuth: float = 0.0
    elevation: float = 0.0
    strength: float = 1.0
    warmth: float = 0.0

    def __post_init__(self) -> None:
        _within("light.azimuth", self.azimuth, -180, 180)
        _within("light.elevation", self.elevation, -60, 60)
        _within("light.strength", self.strength, 0.2, 2.5)
        _within("light.warmth", self.warmth, -1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Background:
    """`colour`: of its largest surface."""

    kind: Backdrop = "plain"
    colour: str = "grey"
    seed: int = 0

    def __post_init__(self) -> None:
        linear(self.colour)


@dataclass(frozen=True, slots=True, kw_only=True)
class Occluder:
    """Something before a face. `size`: times its natural one."""

    kind: Cover
    person: int = 1
    region: Region = "mouth"
    size: float = 1.0
    colour: str = "beige"

    def __post_init__(self) -> None:
        linear(self.colour)
        _within("size", self.size, 0.3, 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """A board with a text, held up before somebody's chest."""

    text: str
    person: int = 1
    colour: str = "white"

    def __post_init__(self) -> None:
        linear(self.colour)
        if not 1 <= len(self.text) <= 24:
            raise UsageError("sign.text: 1 to 24 characters")


@dataclass(frozen=True, slots=True, kw_only=True)
class SceneSpec:
    """A picture. `blur`: standard deviation in pixels; `noise`: of values 0 to 1."""

    people: tuple[Person, ...]
    seed: int = 0
    width: int = 512
    height: int = 512
    camera: CameraSpec = field(default_factory=CameraSpec)
    light: LightSpec = field(default_factory=LightSpec)
    background: Background = field(default_factory=Background)
    blur: float = 0.0
    noise: float = 0.0
    occluders: tuple[Occluder, ...] = ()
    sign: Sign | None = None

    def __post_init__(self) -> None:
        if not 1 <= len(self.people) <= 12:
            raise UsageError(f"people: a scene needs 1 to 12 people, not {len(self.people)}")
        for name in ("width", "height"):
            _within(name, getattr(self, name), 32, 2048)
        _within("blur", self.blur, 0, 20)
        _within("noise", self.noise, 0, 0.5)
        count = len(self.people)
        for i, person in enumerate(self.people):
            if isinstance(person.gaze, int) and (not 1 <= person.gaze <= count or person.gaze == i + 1):
                raise UsageError(f"people[{i}].gaze: {person.gaze} is nobody else of people 1 to {count}")
        things: list[Occluder | Sign] = [*self.occluders, *([self.sign] if self.sign else [])]
        for thing in things:
            if not 1 <= thing.person <= count:
                raise UsageError(f"{type(thing).__name__.lower()}: person {thing.person} of {count}")

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], where: str = "spec") -> SceneSpec:
        """The scene in plain data. UsageError names the field that is wrong."""
        return build(cls, data, where)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON and YAML; fields at their default are left out."""
        out: dict[str, Any] = plain(self)
        return out


def load(path: str | Path) -> SceneSpec:
    """A scene from a YAML or JSON file. UsageError: not there, not YAML, or no scene."""
    try:
        data = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: not YAML ({' '.join(str(error).split())})") from None
    return SceneSpec.from_dict(data, Path(path).name)


def save(spec: SceneSpec, path: str | Path) -> None:
    """Write a scene: JSON where the name ends so, else YAML."""
    data = spec.to_dict()
    text = json.dumps(data, indent=1) if Path(path).suffix == ".json" else yaml.safe_dump(data, sort_keys=False)
    Path(path).write_text(text, encoding="utf-8")


def linear(colour: str) -> tuple[float, float, float]:
    """Linear RGB of a colour's name or #rrggbb; UsageError for another text."""
    code = COLOURS.get(colour, colour)
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", code):
        raise UsageError(f"colour {colour!r}: write #rrggbb or one of {', '.join(COLOURS)}")
    r, g, b = (float((int(code[i : i + 2], 16) / 255) ** 2.2) for i in (1, 3, 5))
    return r, g, b


def wrapped(angle: float) -> float:
    """The same angle within (-180, 180]."""
    turned = math.fmod(angle, 360)
    return turned - 360 if turned > 180 else turned + 360 if turned <= -180 else turned


def _within(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UsageError(f"{name}: {value:g} is not in {low:g}..{high:g}")
