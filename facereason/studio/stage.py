"""A spec on the stage: who stands where, which way bodies, heads and eyes turn, and where the camera is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facereason.studio import layout, props
from facereason.studio.person import Body, Stand, about, embodied, eye_height, rotation
from facereason.studio.picture import Camera
from facereason.studio.spec import Gaze, Person, Place, SceneSpec

Vector = npt.NDArray[np.float64]
SHOWN = {
    "face": (0.32, -0.005),
    "bust": (0.60, -0.095),
    "half": (1.05, -0.30),
}  # metres shown, and where the middle lies
ELBOW_ROOM = 0.50  # metres from person to person


@dataclass(frozen=True, slots=True)
class Staged:
    """Bodies in the world and the camera that sees them; `turns`: the orientation of each body, degrees, as the camera
    at azimuth 0 sees it, and `facings` as a rotation in the world."""

    bodies: tuple[Body, ...]
    turns: tuple[float, ...]
    facings: tuple[Vector, ...]
    camera: Camera
    floor: float


def staged(spec: SceneSpec) -> Staged:
    """Place everybody. The spec's angles are meant for a camera at azimuth and elevation 0."""
    places = _places(spec)
    heights = [eye_height(person) for person in spec.people]
    eyes = [np.array([at.right, at.depth, height]) for at, height in zip(places, heights, strict=True)]
    front = _camera(spec, eyes, azimuth=0.0, elevation=0.0)
    camera = _camera(spec, eyes, spec.camera.azimuth, spec.camera.elevation)
    bodies, turns, facings = [], [], []
    for number, (person, at) in enumerate(zip(spec.people, eyes, strict=True)):
        sight = _sight(at, front.position)
        head = sight @ rotation(person.head.yaw, person.head.pitch, person.head.roll)
        turn = layout.turn(person)
        level = np.degrees(np.arctan2(*((front.position - at)[:2] * [1, -1])))
        looks_at, is_point = _looked_at(person, head, sight, eyes, camera)
        facing = about("z", float(level) + turn)
        stand = Stand(facing, head, at, looks_at, is_point)
        close = len(spec.people) == 1 and spec.camera.framing in ("face", "bust") and person.posture == "standing"
        grips = props.grips(spec.occluders, spec.sign, number + 1)
        bodies.append(embodied(person, stand, spec.seed + number, legs=not close, grips=grips))
        turns.append(turn)
        facings.append(facing)
    return Staged(tuple(bodies), tuple(turns), tuple(facings), camera, 0.0)


def _looked_at(person: Person, head: Vector, sight: Vector, eyes: list[Vector], camera: Camera) -> tuple[Vector, bool]:
    ahead = np.array([0.0, -1.0, 0.0])
    if isinstance(person.gaze, Gaze):
        return sight @ rotation(person.gaze.yaw, person.gaze.pitch) @ ahead, False
    if isinstance(person.gaze, int):
        return eyes[person.gaze - 1], True
    return (camera.position, True) if person.gaze == "camera" else (head @ ahead, False)


def _sight(at: Vector, camera: Vector) -> Vector:
    """The rotation of a head at `at` that looks straight into the camera."""
    way = (camera - at) / np.linalg.norm(camera - at)
    yaw = float(np.degrees(np.arctan2(way[0], -way[1])))
    return rotation(yaw, float(np.degrees(np.arcsin(way[2]))))


def _places(spec: SceneSpec) -> list[Place]:
    """Given places, and for the others one row up to four people, two rows above, nobody inside anybody else."""
    rng = np.random.Generator(np.random.PCG64([spec.seed, 2]))
    count = len(spec.people)
    rows = 1 if count <= 4 else 2
    ahead = -(-count // rows)
    out = []
    for number, person in enumerate(spec.people):
        row, slot = divmod(number, ahead)
        there = ahead if row == 0 else count - ahead
        jitter = rng.uniform(-0.05, 0.05, 2) if count > 1 else np.zeros(2)
        right = (slot - (there - 1) / 2) * ELBOW_ROOM + (0.1 if row else 0.0) + jitter[0]
        out.append(person.at or Place(right=float(right), depth=float(0.55 * row + abs(jitter[1]))))
    return layout.apart(spec.people, out, [n for n, person in enumerate(spec.people) if person.at])


def _camera(spec: SceneSpec, eyes: list[Vector], azimuth: float, elevation: float) -> Camera:
    points = np.array(eyes)
    middle = points.mean(0)
    wide = np.ptp(points[:, 0])
    tall = np.ptp(points[:, 2])
    if spec.camera.framing == "full":
        shown, shift = float(points[:, 2].max()) + 0.30, 0.0
        middle[2] = shown / 2 - 0.05
    else:
        shown, shift = SHOWN[spec.camera.framing]
    longer = max(spec.width, spec.height)
    across = max(
        shown * longer / spec.height, (wide + shown) * longer / spec.width, (tall + shown) * longer / spec.height
    )
    distance = across / 2 / np.tan(np.radians(spec.camera.fov / 2)) - float(points[:, 1].min() - middle[1])
    target = middle + np.array([0, 0, shift])
    a, e = np.radians(azimuth), np.radians(elevation)
    way = np.array([-np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
    return Camera(position=target + distance * way, target=target, fov=spec.camera.fov, roll=spec.camera.roll)
