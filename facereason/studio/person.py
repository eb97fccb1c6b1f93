"""A person of a scene as parts: the spec's words turned into sliders, shapes, bones and garments."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from facereason.studio import accessories, arms, body, clothes, hair
from facereason.studio.figure import Material, Part
from facereason.studio.mesh import any_corner, f32
from facereason.studio.rig import Rest, shared
from facereason.studio.skin import SkinLook
from facereason.studio.spec import EYES, Person, linear
from facereason.studio.units import shapes

Vector = npt.NDArray[np.float64]

Turns = tuple[tuple[str, float], ...]  # about an axis, degrees, the last first

STANDING: Mapping[str, Turns] = {
    "shoulder01.L": (("y", 12),), "shoulder01.R": (("y", -12),),
    "upperarm01.L": (("y", 33),), "upperarm01.R": (("y", -33),),
    "lowerarm01.L": (("x", 12),), "lowerarm01.R": (("x", 12),),
    "upperleg01.L": (("y", 4),), "upperleg01.R": (("y", -4),), "foot.L": (("y", -4),), "foot.R": (("y", 4),),
}  # fmt: skip
SITTING: Mapping[str, Turns] = {
    "upperleg01.L": (("x", -84),), "upperleg01.R": (("x", -84),),
    "lowerleg01.L": (("x", 82),), "lowerleg01.R": (("x", 82),), "foot.L": (), "foot.R": (),
    "upperarm01.L": (("y", 36),), "upperarm01.R": (("y", -36),),
    "lowerarm01.L": (("z", -32), ("x", -22)), "lowerarm01.R": (("z", 32), ("x", -22)),
}  # fmt: skip
ACROSS = 0.06  # metres from the body's middle to which an arm reaches across it
VARIED = ("cheek", "chin", "ear", "eye", "forehead", "head-", "mouth", "neck-scale", "nose")


@dataclass(frozen=True, slots=True)
class Stand:
    """Where and how a person stands: `turn`: the body's rotation, `head`: the head's, in the world; `eyes`: where the
    person stands, the middle between the eyes, metres; `looks_at`: a point, or a direction of the eyes."""

    turn: Vector
    head: Vector
    eyes: Vector
    looks_at: Vector
    is_point: bool


@dataclass(frozen=True, slots=True)
class Body:
    """A person in the world. `landmarks`: `(68, 3)`; `eye_centres` and `gazes`: left, right; `frame`: the head's
    rotation."""

    parts: tuple[Part, ...]
    landmarks: npt.NDArray[np.float32]
    head_points: npt.NDArray[np.float32]
    face_points: npt.NDArray[np.float32]
    eye_centres: tuple[Vector, Vector]
    gazes: tuple[Vector, Vector]
    frame: Vector


def rotation(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> Vector:
    """The rotation `(3, 3)` of something that faced the camera, by the conventions: yaw, then pitch, then roll."""
    return about("z", yaw) @ about("x", -pitch) @ about("y", roll)


def angles(turn: Vector) -> tuple[float, float, float]:
    """Yaw, pitch and roll of a rotation, degrees: the inverse of `rotation`."""
    ahead = turn @ np.array([0.0, -1.0, 0.0])
    yaw = float(np.degrees(np.arctan2(ahead[0], -ahead[1])))
    pitch = float(np.degrees(np.arcsin(np.clip(ahead[2], -1, 1))))
    level = rotation(yaw, pitch).T @ turn
    return yaw, pitch, float(np.degrees(np.arctan2(level[0, 2], level[0, 0])))


def about(axis: str, degrees: float) -> Vector:
    """The rotation about one axis."""
    a = np.radians(degrees)
    c, s = np.cos(a), np.sin(a)
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def rest_of(person: Person) -> Rest:
    """The person's form before any expression."""
    return _rest(_frozen(person))


def eye_height(person: Person) -> float:
    """Metres of the eyes above the floor, standing or sitting upright."""
    rest = rest_of(person)
    posed = shared().posed(rest, {}, _limbs(person))
    eyes = np.mean([centre for centre, _ in body.eyeballs(posed)], axis=0)
    feet = posed.vertices[np.unique(shared().groups["body"]), 2].min()
    return float(eyes[2] - feet)


@dataclass(frozen=True, slots=True)
class Grip:
    """Where a hand is wanted: `at`, metres from between the eyes, in the head's frame where it goes with the `head`,
    else in the body's; the wrist is brought there. `side`: "L" or "R"."""

    side: str
    at: tuple[float, float, float]
    head: bool


def embodied(person: Person, stand: Stand, seed: int, legs: bool = True, grips: Sequence[Grip] = ()) -> Body:
    """The person's parts, placed; `legs`: whether they are in the picture and need trousers; `grips`: of hands."""
    rig, rest = shared(), rest_of(person)
    within = stand.turn.T @ stand.head
    third = _fraction(within, 1 / 3)
    pose = {**_limbs(person), "neck01": third, "neck02": third, "head": third}
    face = shapes(person.driven(), person.unlabelled)
    looks = _gazes(stand)
    lifted = float(np.degrees(np.arcsin(np.clip((stand.head.T @ looks)[2], -1, 1))))
    lid, most = ("Down", min(1.0, -lifted / 30)) if lifted < 0 else ("Up", min(1.8, lifted / 13))  # Up is a weak shape
    for side in ("Left", "Right"):
        face[f"eyeLook{lid}{side}"] = most
    posed = rig.posed(rest, face, pose)
    eyes = body.eyeballs(posed)
    between = np.mean([centre for centre, _ in eyes], axis=0)
    sitting = person.posture == "sitting"
    wanted = arms.resting(rest, posed, sitting, person.identity)
    for grip in grips:
        at = between + (within if grip.head else np.eye(3)) @ np.array(grip.at)
        across = grip.head and abs(at[0]) > ACROSS
        wanted[("L" if at[0] > 0 else "R") if across else grip.side] = at
    hands = arms.reaching(rest, posed, wanted) | arms.relaxed(rest, person.identity)
    posed = rig.posed(rest, face, pose | hands)
    shift = stand.eyes - stand.turn @ between
    local = stand.turn.T @ looks
    top = person.clothes.top
    skin = _skin_part(person, posed, within, stand.head, seed, top)
    parts = [skin]
    for part in body.eyes(posed, (local, local)):
        parts.append(replace(part, look={"eyes": person.eyes}))
    parts += [body.lashes(posed, person.identity), *body.teeth(posed)]
    parts += hair.parts(rest, posed, person.hair.style, person.hair.colour, person.identity % 97, top)
    trousers = _rgb(person.clothes.trousers) if legs else None
    parts += clothes.parts(posed, top, _rgb(person.clothes.colour), trousers, person.identity % 89, sitting)
    parts += accessories.glasses(person.glasses, posed, within, between)
    rows = body.mould().coords
    head_rows = rows[:, 1] > 6.25
    face_rows = (rows[:, 2] > 0.85) & (rows[:, 1] > 6.2) & (rows[:, 1] < 8.0) & (np.abs(rows[:, 0]) < 0.75)
    cap = [part.vertices for part in parts if part.material is Material.HAIR]
    head_points = np.concatenate([skin.vertices[head_rows], *(c[c[:, 2] > between[2] - 0.12] for c in cap)])

    def world(points: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        return f32(points @ stand.turn.T + shift)

    return Body(
        tuple(_moved(part, stand.turn, shift) for part in parts),
        world(skin.vertices[landmark_rows()]),
        world(head_points),
        world(skin.vertices[face_rows]),
        (stand.turn @ eyes[0][0] + shift, stand.turn @ eyes[1][0] + shift),
        (looks, looks),
        stand.head,
    )


def _skin_part(person: Person, posed: object, within: Vector, frame: Vector, seed: int, top: str) -> Part:
    part = body.skin(posed, within)  # type: ignore[arg-type]
    hidden = clothes.covered(part.coords, top) > 0.12
    look = SkinLook(
        tone=person.skin,
        years=person.years,
        units=person.folded(),
        hair_colour=person.hair.colour,
        hair=person.hair.style,
        beard=person.beard,
        gender=person.gender,
        seed=person.identity % 101,
    )
    keep, cast = (faces[any_corner(~hidden, faces)] for faces in (part.faces, body.mould().coarse))
    return replace(part, faces=keep, solid=cast, look={"skin": look, "head": frame})


def _gazes(stand: Stand) -> Vector:
    """Where both eyes look: as wanted, as far as eyes turn in a head."""
    wanted = stand.looks_at - stand.eyes if stand.is_point else stand.looks_at
    local = stand.head.T @ (wanted / np.linalg.norm(wanted))
    yaw = np.degrees(np.arctan2(local[0], -local[1]))
    pitch = np.degrees(np.arcsin(np.clip(local[2], -1, 1)))
    kept = rotation(
        float(np.clip(yaw, -EYES["yaw"], EYES["yaw"])), float(np.clip(pitch, -EYES["pitch"], EYES["pitch"]))
    )
    out: Vector = stand.head @ kept @ np.array([0.0, -1.0, 0.0])
    return out


def _fraction(turn: Vector, share: float) -> Vector:
    from scipy.spatial.transform import Rotation

    out: Vector = Rotation.from_rotvec(Rotation.from_matrix(turn).as_rotvec() * share).as_matrix()
    return out


def _limbs(person: Person) -> dict[str, Vector]:
    bones = {**STANDING, **(SITTING if person.posture == "sitting" else {})}
    return {
        bone: functools.reduce(np.matmul, (about(*turn) for turn in turns), np.eye(3)) for bone, turns in bones.items()
    }


def _frozen(person: Person) -> tuple[object, ...]:
    a, b = person.ancestry, person.build
    return (
        person.identity, person.years, person.gender, a.african, a.asian, a.caucasian, b.weight, b.muscle, b.height,
    )  # fmt: skip


@functools.lru_cache(maxsize=64)
def _rest(form: tuple[float, ...]) -> Rest:
    identity, years, gender, african, asian, caucasian, weight, muscle, height = form
    rng = np.random.Generator(np.random.PCG64([int(identity), 1]))
    age = float(np.interp(years, [1, 11, 25, 90], [0.0, 1 / 3, 2 / 3, 1.0]))
    sliders = {
        "age": age, "gender": 1 - gender, "african": african, "asian": asian, "caucasian": caucasian,
        "weight": 0.15 + 0.7 * weight, "muscle": 0.2 + 0.6 * muscle, "height": 0.25 + 0.5 * height,
        "proportions": float(rng.uniform(0.4, 0.9)),
    }  # fmt: skip
    local: dict[str, float] = {}
    rig = shared()
    names = [name for name in rig.local if name.startswith(VARIED) or name[2:].startswith(VARIED)]
    for name in sorted({_unsided(name) for name in names}):
        value = float(np.clip(rng.normal(0, 0.22), -0.6, 0.6))
        for sided in (name, f"l-{name}", f"r-{name}"):
            if sided in rig.local:
                local[sided] = value
    return rig.rest(sliders, local)


def _unsided(name: str) -> str:
    return name[2:] if name[:2] in ("l-", "r-") else name


def _rgb(colour: str) -> npt.NDArray[np.float32]:
    return np.array(linear(colour), np.float32)


def _moved(part: Part, turn: Vector, shift: Vector) -> Part:
    spin = turn.astype(np.float32)
    return replace(
        part,
        vertices=(part.vertices @ spin.T + shift.astype(np.float32)).astype(np.float32),
        normals=None if part.normals is None else (part.normals @ spin.T).astype(np.float32),
        along=None if part.along is None else (part.along @ spin.T).astype(np.float32),
    )


# Template places (x, y) of the 68 points of iBUG 300-W (Sagonas et al. 2013), one half; the other is its mirror image.
_JAW = [
    (0.735, 7.30),
    (0.73, 7.12),
    (0.71, 6.94),
    (0.67, 6.77),
    (0.60, 6.61),
    (0.49, 6.47),
    (0.345, 6.36),
    (0.18, 6.295),
]
_BROW = [(0.57, 7.42), (0.46, 7.50), (0.35, 7.505), (0.22, 7.475), (0.115, 7.43)]
_BRIDGE = [7.30, 7.19, 7.08, 6.965]
_NOSTRIL = [(0.125, 6.855), (0.065, 6.835)]
_EYE = [(0.462, 7.285), (0.39, 7.337), (0.27, 7.337), (0.192, 7.27), (0.27, 7.247), (0.39, 7.25)]
_LIP = [(0.250, 6.612), (0.165, 6.660), (0.055, 6.694)]
_LOWER = [(0.165, 6.545), (0.065, 6.512)]


def _mirrored(points: Iterable[tuple[float, float]]) -> list[tuple[float, float]]:
    return [(-x, y) for x, y in points]


@functools.cache
def landmark_rows() -> npt.NDArray[np.int64]:
    """Vertices of the skin that are the 68 landmarks, in their order, from the image's left for a face in front
    view."""
    places: list[tuple[float, float]] = [*_mirrored(_JAW), (0.0, 6.275), *reversed(_JAW)]
    places += [*_mirrored(_BROW), *reversed(_BROW)]
    places += [(0.0, y) for y in _BRIDGE] + [*_mirrored(_NOSTRIL), (0.0, 6.83), *reversed(_NOSTRIL)]
    left_eye = [_EYE[3], _EYE[2], _EYE[1], _EYE[0], _EYE[5], _EYE[4]]
    places += [*_mirrored(_EYE), *left_eye]
    places += [*_mirrored(_LIP), (0.0, 6.683), *reversed(_LIP), *_LOWER, (0.0, 6.508), *_mirrored(reversed(_LOWER))]
    inner = [(-0.215, 6.612), (-0.075, 6.622), (0.0, 6.622), (0.075, 6.622), (0.215, 6.612)]
    places += [*inner, (0.075, 6.596), (0.0, 6.596), (-0.075, 6.596)]
    form = body.mould()
    rows = np.nonzero((form.coords[:, 2] > 0.3) & (form.coords[:, 1] > 6.1) & (form.inside < 0.5))[0]
    near = form.coords[rows]
    found = []
    for number, (x, y) in enumerate(places):
        flat = (near[:, 0] - x) ** 2 + (near[:, 1] - y) ** 2
        outermost = 0.004 if number >= 17 else 0.0004
        found.append(rows[np.argmin(flat - outermost * near[:, 2])])
    return np.array(found)
