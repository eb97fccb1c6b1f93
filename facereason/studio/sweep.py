"""Controlled variants: one thing about the first person, or about the picture, changes, and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_args

import numpy as np

from facereason import facs
from facereason.studio import spec as specs
from facereason.studio.spec import Ancestry, Gaze, Hair, Person, SceneSpec, Turn, wrapped
from facereason.types import EmotionLabel, FaceReasonError, UsageError

Values = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Variant:
    """`label`: the value, as one would write it."""

    label: str
    spec: SceneSpec


@dataclass(frozen=True, slots=True)
class _Dial:
    """Something that can be varied: `values`: from and to, or every value there is; `turned`: the scene with one."""

    values: Values
    turned: Callable[[SceneSpec, Any], SceneSpec]
    unit: str = ""


def _person(change: Callable[[Person, Any], Person]) -> Callable[[SceneSpec, Any], SceneSpec]:
    def turned(scene: SceneSpec, value: Any) -> SceneSpec:
        first, *others = scene.people
        return replace(scene, people=(change(first, value), *others))

    return turned


def _head(axis: str) -> Callable[[Person, Any], Person]:
    def change(person: Person, value: Any) -> Person:
        turned = {"yaw": person.head.yaw, "pitch": person.head.pitch, "roll": person.head.roll, axis: value}
        gaze = "ahead" if isinstance(person.gaze, Gaze) else person.gaze
        return replace(person, head=Turn(**turned), gaze=gaze)

    return change


def _gaze(axis: str) -> Callable[[Person, Any], Person]:
    def change(person: Person, value: Any) -> Person:
        angles = {"yaw": person.head.yaw, "pitch": person.head.pitch}
        angles[axis] = wrapped(angles[axis] + value)
        return replace(person, gaze=Gaze(**angles))

    return change


def _feature(name: str) -> Callable[[Person, Any], Person]:
    return lambda person, value: replace(person, **{name: value})


def _of_hair(name: str) -> Callable[[Person, Any], Person]:
    return lambda person, value: replace(
        person, hair=Hair(**{"style": person.hair.style, "colour": person.hair.colour, name: value})
    )


def _ancestry(person: Person, value: str) -> Person:
    shares = {name: 1.0 if name == value else 0.0 for name in ("african", "asian", "caucasian")}
    return replace(person, ancestry=Ancestry(**shares))


def _kind(part: str) -> Callable[[SceneSpec, Any], SceneSpec]:
    return lambda scene, value: replace(scene, **{part: replace(getattr(scene, part), kind=value)})


DIALS: Mapping[str, _Dial] = {
    "yaw": _Dial((-90.0, 90.0), _person(_head("yaw")), "°"),
    "pitch": _Dial((-40.0, 40.0), _person(_head("pitch")), "°"),
    "roll": _Dial((-30.0, 30.0), _person(_head("roll")), "°"),
    "gaze_yaw": _Dial((-30.0, 30.0), _person(_gaze("yaw")), "°"),
    "gaze_pitch": _Dial((-20.0, 20.0), _person(_gaze("pitch")), "°"),
    "age": _Dial((6.0, 86.0), _person(_feature("years")), " years"),
    "gender": _Dial((0.0, 1.0), _person(_feature("gender"))),
    "skin_tone": _Dial((1.0, 10.0), _person(_feature("skin"))),
    "ancestry": _Dial(("african", "asian", "caucasian"), _person(_ancestry)),
    "hair": _Dial(get_args(specs.HairStyle), _person(_of_hair("style"))),
    "hair_colour": _Dial(get_args(specs.HairColour), _person(_of_hair("colour"))),
    "beard": _Dial(get_args(specs.Beard), _person(_feature("beard"))),
    "glasses": _Dial(get_args(specs.Glasses), _person(_feature("glasses"))),
    "emotion": _Dial(tuple(EmotionLabel), _person(_feature("emotion"))),
    "identity": _Dial((0, 1_000_000), _person(lambda person, value: replace(person, identity=round(value)))),
    "light": _Dial(get_args(specs.LightKind), _kind("light")),
    "background": _Dial(get_args(specs.Backdrop), _kind("background")),
    "camera": _Dial(
        (-60.0, 60.0), lambda scene, value: replace(scene, camera=replace(scene.camera, azimuth=value)), "°"
    ),
    "blur": _Dial((0.0, 6.0), lambda scene, value: replace(scene, blur=value), " px"),
    "noise": _Dial((0.0, 0.2), lambda scene, value: replace(scene, noise=value)),
}


def variants(
    scene: SceneSpec, vary: str, steps: int = 7, low: float | None = None, high: float | None = None
) -> list[Variant]:
    """The scene with `vary` (a name of `DIALS`, or AU12 and the like) at `steps` even values from `low` to `high`, or
    at every value where it has names. UsageError: no such thing, or a value that the scene cannot have."""
    dial = _dial(vary)
    if isinstance(dial.values[0], str):
        if low is not None or high is not None:
            raise UsageError(f"--vary {vary}: it has names, not numbers: leave --from and --to out")
        return [Variant(str(value), dial.turned(scene, value)) for value in dial.values]
    if not 2 <= steps <= 25:
        raise UsageError(f"--steps {steps}: 2 to 25")
    start, end = dial.values
    values = np.linspace(start if low is None else low, end if high is None else high, steps)
    return [Variant(f"{value:.3g}{dial.unit}", dial.turned(scene, round(float(value), 4))) for value in values]


def _dial(vary: str) -> _Dial:
    if vary in DIALS:
        return DIALS[vary]
    try:
        code = facs.parse_code(vary)
    except FaceReasonError:
        raise UsageError(f"--vary {vary!r}: an action unit such as AU12, or one of {', '.join(DIALS)}") from None
    sides = {None: (1.0, 1.0), facs.Side.LEFT: (1.0, 0.0), facs.Side.RIGHT: (0.0, 1.0)}[code.side]

    def change(person: Person, value: float) -> Person:
        return replace(person, units={**person.units, code.unit: (sides[0] * value, sides[1] * value)})

    return _Dial((0.0, 1.0), _person(change))
