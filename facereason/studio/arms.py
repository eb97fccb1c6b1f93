"""Arms that reach for something: what covers a face is held there, and a sign before the chest."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from facereason.studio.rig import Posed, Rest, shared

Vector = npt.NDArray[np.float64]
REACH = 0.985  # share of an arm's length that is used at most: a stretched arm looks stiff


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
