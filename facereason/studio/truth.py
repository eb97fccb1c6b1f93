"""What is true of a rendered picture, since it was made so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason.studio import units as rig_units
from facereason.studio.figure import Material, Part
from facereason.studio.person import Body, angles
from facereason.studio.picture import Picture
from facereason.studio.spec import Person, SceneSpec, wrapped
from facereason.studio.stage import Staged
from facereason.types import Box, HeadPose

Mask = npt.NDArray[np.bool_]
MEETS = 6.0  # degrees within which a gaze meets somebody

# Where each unit shows on the template: middles (|x|, y) and half sizes, decimetres, after the appearance changes that
# Ekman, Friesen and Hager (2002) list for it.
UNIT_REGIONS: Mapping[int, tuple[tuple[float, float, float, float], ...]] = {
    1: ((0.13, 7.60, 0.22, 0.26),),
    2: ((0.46, 7.58, 0.20, 0.24),),
    4: ((0.0, 7.45, 0.30, 0.16), (0.25, 7.47, 0.20, 0.12)),
    5: ((0.325, 7.36, 0.19, 0.10),),
    6: ((0.44, 7.12, 0.24, 0.20), (0.56, 7.27, 0.12, 0.12)),
    7: ((0.325, 7.27, 0.20, 0.12),),
    9: ((0.0, 7.15, 0.22, 0.20),),
    10: ((0.12, 6.76, 0.20, 0.13),),
    12: ((0.29, 6.66, 0.16, 0.18),),
    14: ((0.31, 6.60, 0.11, 0.13),),
    15: ((0.28, 6.52, 0.14, 0.14),),
    16: ((0.10, 6.47, 0.20, 0.10),),
    17: ((0.0, 6.33, 0.24, 0.17),),
    18: ((0.0, 6.60, 0.24, 0.17),),
    20: ((0.27, 6.56, 0.19, 0.16),),
    22: ((0.0, 6.60, 0.26, 0.18),),
    23: ((0.0, 6.60, 0.27, 0.14),),
    24: ((0.0, 6.60, 0.27, 0.14),),
    25: ((0.0, 6.60, 0.26, 0.14),),
    26: ((0.0, 6.45, 0.34, 0.32),),
    27: ((0.0, 6.42, 0.36, 0.38),),
    28: ((0.0, 6.60, 0.26, 0.15),),
    43: ((0.325, 7.29, 0.19, 0.11),),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonTruth:
    """One person; boxes as x, y, width, height in pixels, none where nothing of it is in the picture. `visible`:
    share of the person's own pixels that nothing covers; `units`: both sides, driven and, in `implied`, brought
    along; `gaze`: yaw and pitch as seen from the camera; `meets`: "camera", a person's number, or none; `body`:
    orientation; `landmarks` `(68, 2)` pixels and `landmark_visible`."""

    number: int
    spec: Person
    face: Box | None
    head: Box | None
    body_box: Box | None
    visible: float
    units: Mapping[int, rig_units.Sides]
    implied: Mapping[int, rig_units.Sides]
    head_pose: HeadPose
    gaze: tuple[float, float]
    meets: str | int | None
    body: float
    landmarks: npt.NDArray[np.float32]
    landmark_visible: Mask

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON, pixels and degrees to two decimals."""
        from facereason.records import plain

        def box(found: Box | None) -> list[float] | None:
            return None if found is None else [round(v, 2) for v in (found.x, found.y, found.width, found.height)]

        pose = self.head_pose
        return {
            "number": self.number,
            "face": box(self.face),
            "head": box(self.head),
            "body_box": box(self.body_box),
            "visible": round(self.visible, 4),
            "units": {str(unit): list(sides) for unit, sides in self.units.items()},
            "implied": {str(unit): list(sides) for unit, sides in self.implied.items()},
            "emotion_asked": self.spec.emotion.value if self.spec.emotion else None,
            "head_pose": {"yaw": round(pose.yaw, 2), "pitch": round(pose.pitch, 2), "roll": round(pose.roll, 2)},
            "gaze": {"yaw": round(self.gaze[0], 2), "pitch": round(self.gaze[1], 2)},
            "meets": self.meets,
            "body_orientation": round(self.body, 2),
            "posture": self.spec.posture,
            "attributes": plain(self.spec),
            "landmarks": [[round(float(x), 2), round(float(y), 2)] for x, y in self.landmarks],
            "landmark_visible": [bool(seen) for seen in self.landmark_visible],
        }


@dataclass(frozen=True, slots=True)
class Masks:
    """Of one person, `(h, w)` each; `regions`: one a unit, whether it acts or not."""

    person: Mask
    skin: Mask
    hair: Mask
    eyes: Mask
    lips: Mask
    regions: Mapping[int, Mask]


def measured(
    spec: SceneSpec, stage: Staged, picture: Picture, owners: npt.NDArray[np.int16], alone: list[Mask]
) -> tuple[PersonTruth, ...]:
    """The truth of everybody. `owners`: the person of each part, -1 for props; `alone`: each person's pixels with
    nothing else in the picture."""
    size = (spec.width, spec.height)
    who = np.where(picture.part >= 0, owners[picture.part], -1)
    out = []
    for number, (person, body) in enumerate(zip(spec.people, stage.bodies, strict=True)):
        seen = who == number
        full = alone[number]
        landmarks = stage.camera.project(body.landmarks, *size)
        turned = stage.camera.axes
        middle = np.mean(body.eye_centres, axis=0)
        sight = _sight_frame(middle, stage.camera.position, turned)
        yaw, pitch, roll = angles(sight.T @ body.frame)
        look = sight.T @ np.mean(body.gazes, axis=0)
        gaze = (float(np.degrees(np.arctan2(look[0], -look[1]))), float(np.degrees(np.arcsin(np.clip(look[2], -1, 1)))))
        out.append(
            PersonTruth(
                number=number + 1,
                spec=person,
                face=_box(stage.camera.project(body.face_points, *size), size),
                head=_box(stage.camera.project(body.head_points, *size), size),
                body_box=_mask_box(full),
                visible=float(seen[full].mean()) if full.any() else 0.0,
                units=person.driven(),
                implied=rig_units.implied(person.driven()),
                head_pose=HeadPose(yaw=yaw, pitch=pitch, roll=roll, confidence=1.0),
                gaze=gaze,
                meets=_met(number, stage),
                body=wrapped(stage.turns[number] + _azimuth(spec)),
                landmarks=landmarks.astype(np.float32),
                landmark_visible=_landmarks_seen(body, stage, picture, landmarks),
            )
        )
    return tuple(out)


def masks(number: int, parts: list[Part], owners: npt.NDArray[np.int16], picture: Picture) -> Masks:
    """What each pixel shows of person `number`, counted from 1."""
    mine = np.array([owner == number - 1 for owner in owners])
    material = np.array([part.material for part in parts])
    seen = picture.part >= 0
    part = np.where(seen, picture.part, 0)

    def of(*kinds: Material) -> Mask:
        found: Mask = seen & mine[part] & np.isin(material[part], kinds)
        return found

    from facereason.studio.skin import on_lips

    skin = of(Material.SKIN)
    places = picture.places
    lips = np.zeros_like(skin)
    lips[skin] = on_lips(places[skin]) > 0.5
    across, y, z = np.abs(places[..., 0]), places[..., 1], places[..., 2]
    regions = {}
    for unit, spots in UNIT_REGIONS.items():
        near = np.zeros_like(skin)
        for cx, cy, wx, wy in spots:
            near |= ((across - cx) / wx) ** 2 + ((y - cy) / wy) ** 2 < 1
        regions[unit] = near & skin & (z > 0.6)
    return Masks(seen & mine[part], skin & ~lips, of(Material.HAIR), of(Material.EYE), lips, regions)


def _azimuth(spec: SceneSpec) -> float:
    """A camera moved to the people's left sees them turned to the image's right by as much."""
    return spec.camera.azimuth


def _sight_frame(at: npt.NDArray[np.float64], eye: npt.NDArray[np.float64], axes: npt.NDArray[np.float64]) -> Any:
    """The rotation of something at `at` that faces the camera upright in the picture."""
    ahead = (at - eye) / np.linalg.norm(at - eye)
    up = axes[2] - (axes[2] @ ahead) * ahead
    up /= np.linalg.norm(up)
    return np.stack([np.cross(ahead, up), ahead, up], axis=1)


def _box(points: npt.NDArray[np.float64], size: tuple[int, int]) -> Box | None:
    columns = [column[~np.isnan(column)] for column in points.T]
    if not len(columns[0]):
        return None
    low = np.maximum([column.min() for column in columns], 0)
    high = np.minimum([column.max() for column in columns], size)
    if (high - low <= 1).any():
        return None
    return Box(x=float(low[0]), y=float(low[1]), width=float(high[0] - low[0]), height=float(high[1] - low[1]))


def _mask_box(mask: Mask) -> Box | None:
    if not mask.any():
        return None
    rows, columns = np.nonzero(mask.any(1))[0], np.nonzero(mask.any(0))[0]
    return Box(
        x=float(columns[0]),
        y=float(rows[0]),
        width=float(columns[-1] - columns[0] + 1),
        height=float(rows[-1] - rows[0] + 1),
    )


def _met(number: int, stage: Staged) -> str | int | None:
    body = stage.bodies[number]
    origin, look = np.mean(body.eye_centres, axis=0), np.mean(body.gazes, axis=0)
    look = look / np.linalg.norm(look)

    def off(target: npt.NDArray[np.float64]) -> float:
        way = (target - origin) / np.linalg.norm(target - origin)
        return float(np.degrees(np.arccos(np.clip(way @ look, -1, 1))))

    met: list[tuple[float, str | int]] = [(off(stage.camera.position), "camera")]
    met += [(off(np.mean(b.eye_centres, axis=0)), i + 1) for i, b in enumerate(stage.bodies) if i != number]
    best = min(met, key=lambda pair: pair[0])
    return best[1] if best[0] <= MEETS else None


def _landmarks_seen(body: Body, stage: Staged, picture: Picture, pixels: npt.NDArray[np.float64]) -> Mask:
    """Landmarks within the picture with nothing nearer to the camera at their pixel than 12 mm before them."""
    height, width = picture.depth.shape
    inside = ~np.isnan(pixels).any(1) & (pixels >= 0).all(1) & (pixels < [width, height]).all(1)
    rows = np.clip(np.nan_to_num(pixels[:, 1]).astype(int), 0, height - 1)
    columns = np.clip(np.nan_to_num(pixels[:, 0]).astype(int), 0, width - 1)
    depth = np.linalg.norm(body.landmarks - stage.camera.position, axis=1)
    seen: Mask = inside & (picture.depth[rows, columns] > depth - 0.012)
    return seen
