"""Where arms and hands are: they rest somewhere, or reach for something, as what covers a face or a sign before the
chest."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from facereason.studio.rig import Posed, Rest, shared

Vector = npt.NDArray[np.float64]
REACH = 0.985  # share of an arm's length that is used at most: a stretched arm looks stiff


def resting(rest: Rest, posed: Posed, sitting: bool, seed: int) -> dict[str, Vector]:
    """Wrists by side, "L" and "R", in the body's frame, metres, of somebody whose hands have nothing to do: at the
    sides, together before the body or behind it, one on the hip; sitting, on the thighs or in the lap."""
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    heads = dict(zip(shared().bones, rest.heads, strict=True))
    kind, loose, out = rng.random(), rng.random((2, 3)), {}
    for k, (side, way) in enumerate((("L", 1.0), ("R", -1.0))):
        shoulder, hip, knee = (posed.heads[f"{bone}.{side}"] for bone in ("upperarm01", "upperleg01", "lowerleg01"))
        joints = [heads[f"{bone}.{side}"] for bone in ("upperarm01", "lowerarm01", "wrist")]
        arm = sum(float(np.linalg.norm(b - a)) for a, b in itertools.pairwise(joints))
        size, free = arm / 0.5, loose[k]
        if sitting and kind < 0.65:
            at = hip + (knee - hip) * (0.50 + 0.22 * free[0]) + size * np.array([0.0, 0.03, 0.095])
        elif sitting:
            at = (hip + (knee - hip) * (0.26 + 0.1 * k)) * [0.45, 1, 1] + size * np.array([0.0, 0.0, 0.10 + 0.035 * k])
        elif kind < 0.6 or (kind >= 0.9 and k == int(kind * 1000) % 2):
            at = shoulder + size * np.array([way * (0.035 + 0.03 * free[0]), -0.05 * free[1] - 0.01, -0.475])
        elif kind < 0.75:
            at = np.array([way * 0.10 * size, hip[1] - size * (0.215 + 0.02 * k), hip[2] + size * (0.09 + 0.03 * k)])
        elif kind < 0.9:
            at = np.array([way * 0.10 * size, hip[1] + size * (0.19 + 0.02 * k), hip[2] + size * (0.05 + 0.03 * k)])
        else:
            at = hip + size * np.array([way * 0.115, 0.01, 0.155])
        out[side] = _outside(np.asarray(at), posed, size, way)
    return out


def _outside(at: Vector, posed: Posed, size: float, way: float) -> Vector:
    """A place of a wrist moved out of trunk and legs: forwards, backwards or upwards where it is between or over them,
    else to its side."""
    rows, legs = _trunk_rows()
    trunk, thighs = posed.vertices[rows], posed.vertices[legs]
    out: Vector = at.copy()
    below = thighs[np.hypot(thighs[:, 0] - at[0], thighs[:, 1] - at[1]) < 0.05 * size]
    hip, knee = (posed.heads[f"{bone}.L"] for bone in ("upperleg01", "lowerleg01"))
    sitting = abs(knee[1] - hip[1]) > 0.15 * size
    if sitting and len(below):
        out[2] = max(out[2], float(below[:, 2].max()) + 0.045 * size)
    level = trunk[np.abs(trunk[:, 2] - out[2]) < 0.06 * size]
    near = level[np.abs(level[:, 0] - at[0]) < 0.07 * size]
    if abs(at[0]) < 0.13 * size and len(near):
        front, back = float(near[:, 1].min()), float(near[:, 1].max())
        if sitting or at[1] < (front + back) / 2:
            out[1] = min(out[1], front - 0.05 * size)
        else:
            out[1] = max(out[1], back + 0.05 * size)
    elif len(level):
        out[0] = way * max(way * out[0], float((way * level[:, 0]).max()) + 0.03 * size)
    return out


@functools.cache
def _trunk_rows() -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Vertices of the body without the arms, and of the thighs."""
    rig = shared()
    rows = np.unique(rig.groups["body"])
    x, y = np.abs(rig.template[rows, 0]), rig.template[rows, 1]
    return rows[(x < 1.75) & (y < 5.0) & ((x < 1.4) | (y < 3.0))], rows[(y < -0.6) & (y > -3.5)]


def relaxed(rest: Rest, seed: int) -> dict[str, Vector]:
    """Rotations of the fingers' bones that close two hands a little."""
    from scipy.spatial.transform import Rotation

    rng = np.random.Generator(np.random.PCG64([seed, 4]))
    heads = dict(zip(shared().bones, rest.heads, strict=True))
    pose: dict[str, Vector] = {}
    for side, way in (("L", 1.0), ("R", -1.0)):
        bone = {(finger, k): heads[f"finger{finger}-{k}.{side}"] for finger in range(1, 6) for k in (1, 2, 3)}
        ahead = _unit(bone[3, 1] - heads[f"wrist.{side}"])
        palm = _unit(way * np.cross(ahead, bone[2, 1] - bone[5, 1]))
        axis, curl = np.cross(ahead, palm), 14 + 14 * rng.random()
        middle = bone[3, 2] - bone[3, 1]
        for finger in range(2, 6):
            reach = bone[finger, 2] - bone[finger, 1]
            spread = np.arctan2(np.cross(reach, middle) @ palm, reach @ middle)
            closing = Rotation.from_rotvec(palm * 0.75 * spread)
            for k, share in ((1, 0.8), (2, 1.5), (3, 1.0)):
                bent = Rotation.from_rotvec(axis * np.radians(curl * share * (0.85 + 0.12 * finger / 5)))
                pose[f"finger{finger}-{k}.{side}"] = (bent * closing if k == 1 else bent).as_matrix()
        thumb = Rotation.from_rotvec(axis * np.radians(0.5 * curl))
        pose |= {f"finger1-{k}.{side}": thumb.as_matrix() for k in (2, 3)}
    return pose


def _unit(vector: Vector) -> Vector:
    out: Vector = vector / np.linalg.norm(vector)
    return out


def reaching(rest: Rest, posed: Posed, targets: Mapping[str, Vector]) -> dict[str, Vector]:
    """Rotations of bones that bring wrists to points. `posed`: the person with arms hanging; `targets`: by side, "L" or
    "R", in the body's frame, metres. The elbow hangs outwards, as far as two straight bones allow."""
    pose: dict[str, Vector] = {}
    heads = dict(zip(shared().bones, rest.heads, strict=True))
    for side, target in targets.items():
        shoulder, elbow, wrist = (heads[f"{bone}.{side}"] for bone in ("upperarm01", "lowerarm01", "wrist"))
        above = posed.bones[f"shoulder01.{side}"]
        wanted = np.linalg.inv(above) @ np.append(target, 1.0)
        upper, lower = elbow - shoulder, wrist - elbow
        a, b = float(np.linalg.norm(upper)), float(np.linalg.norm(lower))
        way = wanted[:3] - shoulder
        far = float(np.clip(np.linalg.norm(way), abs(a - b) + 0.01, REACH * (a + b)))
        way = way / np.linalg.norm(way)
        along = (a * a - b * b + far * far) / (2 * far)
        aside = np.array([0.8 if side == "L" else -0.8, 0.25, -1.0])
        aside = aside - (aside @ way) * way
        bent = along * way + np.sqrt(max(a * a - along * along, 0.0)) * aside / np.linalg.norm(aside)
        turn = _between(upper, bent)
        pose[f"upperarm01.{side}"] = turn
        pose[f"lowerarm01.{side}"] = _between(lower, turn.T @ (far * way - bent))
    return pose


def _between(one: Vector, other: Vector) -> Vector:
    """The shortest rotation of one direction into another."""
    a, b = one / np.linalg.norm(one), other / np.linalg.norm(other)
    axis, c = np.cross(a, b), float(a @ b)
    if c < -0.9999:
        raise ValueError("no shortest rotation between opposite directions")
    k = np.array([[0, -axis[2], axis[1]], [axis[2], 0, -axis[0]], [-axis[1], axis[0], 0]])
    out: Vector = np.eye(3) + k + k @ k / (1 + c)
    return out
