"""Rays against triangles, by Intel's Embree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh

from facereason.studio.mesh import Float, Ints, f32

AWAY = np.float32(1e30)


@dataclass(frozen=True, slots=True)
class Hits:
    """Of the rays that met something. `ray`: which, `(h,)`; `face`: the triangle; `corner`: `(h, 3)` weights of its
    corners; `distance`: along the ray."""

    ray: npt.NDArray[np.int64]
    face: npt.NDArray[np.int64]
    corner: Float
    distance: Float


class Solid:
    """Triangles to shoot rays at."""

    def __init__(self, vertices: Float, faces: Ints) -> None:
        self._scene = rtcore_scene.EmbreeScene()
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(vertices), np.ascontiguousarray(faces))

    def first(self, origins: Float, directions: Float) -> Hits:
        """What each ray meets first."""
        out = self._scene.run(_packed(origins), _packed(directions), query="INTERSECT", output=True)
        ray = np.nonzero(out["primID"] >= 0)[0]
        u, v = out["u"][ray], out["v"][ray]
        return Hits(ray, out["primID"][ray].astype(np.int64), np.stack([1 - u - v, u, v], 1), out["tfar"][ray])

    def open(self, origins: Float, directions: Float) -> Float:
        """1 where a ray meets nothing, else 0."""
        blocked = self._scene.run(_packed(origins), _packed(directions), query="OCCLUDED")
        return f32(blocked < 0)

    def distance(self, origins: Float, directions: Float) -> Float:
        """How far each ray goes before it meets something; very far where it meets nothing."""
        found: Float = self._scene.run(_packed(origins), _packed(directions), query="DISTANCE")
        return found


def _packed(rows: Float) -> Float:
    return np.ascontiguousarray(rows, dtype=np.float32)
