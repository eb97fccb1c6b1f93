"""What rays meet on their way: shadows and openness, by Intel's Embree."""

from __future__ import annotations

import numpy as np
from embreex import rtcore_scene
from embreex.mesh_construction import TriangleMesh

from facereason.studio.mesh import Float, Ints, f32


class Solid:
    """Triangles to shoot rays at."""

    def __init__(self, vertices: Float, faces: Ints) -> None:
        self._scene = rtcore_scene.EmbreeScene()
        self._mesh = TriangleMesh(self._scene, np.ascontiguousarray(vertices), np.ascontiguousarray(faces))

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
