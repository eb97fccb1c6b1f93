"""Profiles: what scenes are drawn from at random, as data. The same profile and number give the same scene."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar, get_args

import numpy as np

from facereason import facs
from facereason.studio import layout, slack
from facereason.studio import units as rig_units
from facereason.studio.spec import (
    COLOURS,
    EYES,
    NECK,
    Ancestry,
    Backdrop,
    Background,
    Build,
    CameraSpec,
    Clothes,
    Cover,
    EyeColour,
    Framing,
    GarmentName,
    Gaze,
    Glasses,
    Hair,
    HairColour,
    HairStyle,
    LightKind,
    LightSpec,
    Occluder,
    Person,
    Place,
    Region,
    SceneSpec,
    Sign,
    Turn,
    wrapped,
)
from facereason.types import EmotionLabel, UsageError

Looks = Literal["camera", "ahead", "other", "free"]
Range = tuple[float, float]
T = TypeVar("T")

TEST_IDENTITIES = 900_000_000
"""Identities from here on belong to frozen test sets; nothing trains on them."""

SHARES = (
    "linked", "moving", "smiling", "slack", "asked", "turned", "away", "sitting", "glasses", "beards", "covered",
    "signs",
)  # fmt: skip
SIGNS = ("HELLO", "THE END", "HAPPY", "SAD", "AU12", "NEUTRAL", "ASK ME", "EXIT", "LOVE", "NO 4")
CLOTHES_COLOURS = tuple(COLOURS)
SKINS = ("#f0d3bd", "#d8a887", "#b07d56", "#7d5237", "#4a3024")


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Ranges are uniform, shares 0 to 1; a table of shares is scaled to add to 1, and an empty one takes all alike.

    `people`: fewest and most; `identities`: from, up to and without; `moving`: share of people whose face acts at all;
    `smiling`: share of those whose units are a smile's; `slack`: how far faces rest unlike each other and units pull
    along shapes and folds that no label tells of, 0 (nothing) to 1;
    `asked`: share whose units are an emotion's prototype, by the emotion's name, at full strength; `turned`: share
    whose body is turned on its own instead of following the head; `away`: share seen from behind in groups;
    `linked`: share whose skin tone goes with their ancestry, the others' being any; `looks`: at what eyes look;
    `covered`, `signs`, `glasses`, `beards`: shares; `blur` in pixels, `noise` as in a spec.
    """

    name: str
    seed: int = 0
    width: int = 224
    height: int = 224
    people: tuple[int, int] = (1, 1)
    identities: tuple[int, int] = (0, TEST_IDENTITIES)
    yaw: Range = (-60.0, 60.0)
    pitch: Range = (-30.0, 30.0)
    roll: Range = (-25.0, 25.0)
    azimuth: Range = (0.0, 0.0)
    elevation: Range = (-10.0, 15.0)
    camera_roll: Range = (0.0, 0.0)
    fov: Range = (14.0, 40.0)
    years: Range = (4.0, 88.0)
    skin: Range = (1.0, 10.0)
    linked: float = 0.7
    moving: float = 1.0
    smiling: float = 0.0
    slack: float = 0.0
    asked: float = 0.0
    turned: float = 0.3
    away: float = 0.0
    sitting: float = 0.0
    looks: Mapping[Looks, float] = field(default_factory=lambda: {"camera": 0.35, "ahead": 0.25, "free": 0.4})
    glasses: float = 0.2
    sunglasses: float = 0.02
    beards: float = 0.4
    covered: float = 0.0
    signs: float = 0.0
    framings: Mapping[Framing, float] = field(default_factory=lambda: {"face": 0.5, "bust": 0.5})
    lights: Mapping[LightKind, float] = field(default_factory=dict)
    backgrounds: Mapping[Backdrop, float] = field(default_factory=dict)
    blur: Range = (0.0, 0.0)
    noise: Range = (0.0, 0.0)

    def __post_init__(self) -> None:
        for name in ("yaw", "pitch", "roll", "years", "skin", "fov", "blur", "noise", "elevation", "identities"):
            low, high = getattr(self, name)
            if low > high:
                raise UsageError(f"{name}: {low:g} is above {high:g}")
        for name in SHARES:
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"{name}: {getattr(self, name):g} is not in 0..1")
        if not 1 <= self.people[0] <= self.people[1] <= 12:
            raise UsageError(f"people: {self.people[0]} to {self.people[1]} is not within 1 to 12")
        if self.identities[0] == self.identities[1]:
            raise UsageError("identities: an empty range")
        if self.identities[0] < TEST_IDENTITIES < self.identities[1]:
            raise UsageError(f"identities: from {TEST_IDENTITIES} on they are kept for test sets; use one side of it")
        for name in ("looks", "framings", "lights", "backgrounds"):
            if any(share < 0 for share in getattr(self, name).values()):
                raise UsageError(f"{name}: a share below 0")

    @property
    def for_tests(self) -> bool:
        """Whether its people belong to frozen test sets."""
        return self.identities[0] >= TEST_IDENTITIES


def drawn(profile: Profile, number: int) -> SceneSpec:
    """Scene `number` of a profile."""
    rng = np.random.Generator(np.random.PCG64([profile.seed, 11, number]))
    count = int(rng.integers(profile.people[0], profile.people[1] + 1))
    framing: Framing = _one(rng, profile.framings, get_args(Framing))
    sitting = rng.random() < profile.sitting
    people = [_person(profile, rng, count, sitting) for _ in range(count)]
    if count > 1:
        people = _placed(people, rng)
    people = [_looking(profile, rng, people, index) for index in range(count)]
    if count > 1:  # now that everybody has turned
        free = layout.apart(people, [person.at for person in people if person.at])
        people = [replace(person, at=at) for person, at in zip(people, free, strict=True)]
    return SceneSpec(
        people=tuple(people),
        seed=int(rng.integers(2**31)),
        width=profile.width,
        height=profile.height,
        camera=CameraSpec(
            framing=framing,
            azimuth=_within(rng, profile.azimuth),
            elevation=_within(rng, profile.elevation),
            roll=_within(rng, profile.camera_roll),
            fov=_within(rng, profile.fov),
        ),
        light=LightSpec(
            kind=_one(rng, profile.lights, get_args(LightKind)),
            azimuth=_within(rng, (-40, 40)),
            elevation=_within(rng, (-15, 15)),
            strength=_within(rng, (0.7, 1.3)),
            warmth=_within(rng, (-0.4, 0.4)),
        ),
        background=Background(
            kind=_one(rng, profile.backgrounds, get_args(Backdrop)),
            colour=_muted(rng),
            seed=int(rng.integers(2**31)),
        ),
        blur=_within(rng, profile.blur),
        noise=_within(rng, profile.noise),
        occluders=tuple(_covers(profile, rng, count)),
        sign=Sign(text=_choice(rng, SIGNS), person=int(rng.integers(count)) + 1)
        if rng.random() < profile.signs
        else None,
    )


def scenes(profile: Profile, count: int) -> Iterator[SceneSpec]:
    """The first `count` scenes of a profile."""
    return (drawn(profile, number) for number in range(count))


def _person(profile: Profile, rng: np.random.Generator, count: int, sitting: bool) -> Person:
    years, gender = _within(rng, profile.years), float(np.round(rng.beta(0.45, 0.45), 2))
    ancestry = rng.dirichlet([0.5, 0.5, 0.5])
    away = count > 1 and rng.random() < profile.away
    yaw = round(wrapped(180 + _within(rng, (-70, 70))), 2) if away else _within(rng, profile.yaw)
    head = Turn(yaw=yaw, pitch=_within(rng, profile.pitch), roll=_within(rng, profile.roll))
    body = None
    if rng.random() < profile.turned:
        body = wrapped(float(np.round(yaw + rng.uniform(-0.9, 0.9) * NECK["yaw"])))
    emotion, units = None, {}
    if rng.random() < profile.asked:
        emotion = EmotionLabel(str(rng.choice([label.value for label in facs.PROTOTYPES])))
    elif rng.random() < profile.moving:
        units = rig_units.sample(rng)
    unlabelled: dict[str, float] = {}
    folds: dict[int, rig_units.Sides] = {}
    if profile.smiling or profile.slack:
        own = np.random.Generator(np.random.PCG64([profile.seed, 12, int(rng.integers(2**31))]))
        if units and own.random() < profile.smiling:
            units = slack.smile(own)
        unlabelled = slack.sample(own, rig_units.checked(units), profile.slack)
        folds = slack.folds(own, rig_units.checked(units), profile.slack)
    style: HairStyle = _hair(rng, years, gender)
    return Person(
        identity=int(rng.integers(*profile.identities)),
        years=years,
        gender=gender,
        ancestry=Ancestry(
            african=float(np.round(ancestry[0], 2)) + 0.01,
            asian=float(np.round(ancestry[1], 2)),
            caucasian=float(np.round(ancestry[2], 2)),
        ),
        build=Build(weight=_share(rng), muscle=_share(rng), height=_share(rng)),
        skin=_tone(profile, rng, ancestry),
        hair=Hair(style=style, colour=_hair_colour(rng, years)),
        beard=_choice(rng, ("stubble", "moustache", "full"))
        if years > 18 and gender > 0.6 and rng.random() < profile.beards
        else "none",
        eyes=_choice(rng, get_args(EyeColour)),
        clothes=Clothes(
            top=_choice(rng, get_args(GarmentName)),
            colour=_choice(rng, CLOTHES_COLOURS),
            trousers=_choice(rng, CLOTHES_COLOURS),
        ),
        glasses=_glasses(profile, rng),
        units=units,
        emotion=emotion,
        unlabelled=unlabelled,
        folds=folds,
        head=head,
        body=body,
        posture="sitting" if sitting and rng.random() < 0.6 else "standing",
    )


def _looking(profile: Profile, rng: np.random.Generator, people: list[Person], index: int) -> Person:
    """The person with eyes that look somewhere; at somebody else, most of the turn is the head's."""
    person, looks = people[index], _one(rng, profile.looks, get_args(Looks))
    if looks == "free":
        yaw = wrapped(person.head.yaw + float(np.round(rng.uniform(-0.9, 0.9) * EYES["yaw"], 1)))
        pitch = float(np.round(person.head.pitch + rng.uniform(-0.9, 0.9) * EYES["pitch"], 1))
        return replace(person, gaze=Gaze(yaw=round(yaw, 1), pitch=round(pitch, 1)))
    if looks != "other" or len(people) < 2:
        return replace(person, gaze="camera" if looks == "camera" else "ahead")
    number = int(rng.integers(len(people) - 1))
    number += number >= index
    here, there = person.at or Place(right=0), people[number].at or Place(right=0)
    way = float(np.degrees(np.arctan2(there.right - here.right, here.depth - there.depth)))
    yaw = wrapped(float(np.round(way + rng.uniform(-25, 25))))
    return replace(person, gaze=number + 1, head=replace(person.head, yaw=yaw), body=None)


def _placed(people: list[Person], rng: np.random.Generator) -> list[Person]:
    """In one row or two, those that sit in front; close together, so that they overlap as the camera sees them."""
    rows = 1 if len(people) <= 3 or (len(people) <= 5 and rng.random() < 0.5) else 2
    order = sorted(people, key=lambda person: person.posture == "standing")
    ahead = -(-len(people) // rows)
    out = []
    for row, members in enumerate((order[:ahead], order[ahead:])):
        gaps = rng.uniform(0.45, 0.75, len(members))
        right = np.cumsum(gaps) - gaps[:1]
        right = right - right.mean() + rng.uniform(-0.15, 0.15) if len(members) else right
        depths = 0.6 * row + rng.uniform(0, 0.25, len(members))
        out += [
            replace(person, at=Place(right=round(float(x), 3), depth=round(float(y), 3)))
            for person, x, y in zip(members, right, depths, strict=True)
        ]
    return [out[i] for i in rng.permutation(len(out))]


def _covers(profile: Profile, rng: np.random.Generator, count: int) -> Iterator[Occluder]:
    for number in range(count):
        if rng.random() < profile.covered:
            kind: Cover = _choice(rng, get_args(Cover))
            yield Occluder(
                kind=kind,
                person=number + 1,
                region=_choice(rng, get_args(Region)),
                size=_within(rng, (0.7, 1.2)),
                colour=_choice(rng, SKINS if kind == "hand" else CLOTHES_COLOURS),
            )


def _hair(rng: np.random.Generator, years: float, gender: float) -> HairStyle:
    long_: tuple[HairStyle, ...] = ("bob", "long", "bun", "curly", "short")
    short: tuple[HairStyle, ...] = ("short", "short", "curly", "buzz", "bald")
    if rng.random() < 0.1:
        return _choice(rng, get_args(HairStyle))
    style: HairStyle = _choice(rng, short if rng.random() < gender else long_)
    return "short" if style == "bald" and years < 25 else style


def _hair_colour(rng: np.random.Generator, years: float) -> HairColour:
    if rng.random() < np.interp(years, [38, 75], [0.01, 0.8]):
        return _choice(rng, ("grey", "white"))
    return _choice(rng, ("black", "black", "brown", "brown", "blond", "red"))


def _tone(profile: Profile, rng: np.random.Generator, ancestry: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    if rng.random() >= profile.linked:
        return _within(rng, profile.skin)
    middle = float(ancestry @ np.array([8.0, 4.0, 2.5])) + rng.normal(0, 1.0)
    return round(float(np.clip(middle, *profile.skin)), 1)


def _glasses(profile: Profile, rng: np.random.Generator) -> Glasses:
    at = rng.random()
    if at < profile.sunglasses:
        return "sunglasses"
    return _choice(rng, ("round", "square")) if at < profile.sunglasses + profile.glasses else "none"


def _one(rng: np.random.Generator, shares: Mapping[T, float], known: tuple[T, ...]) -> T:
    table = dict(shares) or dict.fromkeys(known, 1.0)
    weights = np.array(list(table.values()), float)
    return list(table)[int(rng.choice(len(table), p=weights / weights.sum()))]


def _muted(rng: np.random.Generator) -> str:
    """A wall's colour: any hue, little of it."""
    value, hue, amount = rng.uniform(50, 225), rng.uniform(0, 2 * np.pi), rng.uniform(0, 0.35)
    turns = hue + np.array([0, 2, 4]) * np.pi / 3
    red, green, blue = np.clip(value * (1 + amount * np.cos(turns)), 0, 255).astype(int).tolist()
    return f"#{red:02x}{green:02x}{blue:02x}"


def _choice(rng: np.random.Generator, options: tuple[T, ...]) -> T:
    return options[int(rng.integers(len(options)))]


def _within(rng: np.random.Generator, span: Range) -> float:
    return round(float(rng.uniform(*span)), 2)


def _share(rng: np.random.Generator) -> float:
    return round(float(rng.beta(2.5, 2.5)), 2)
