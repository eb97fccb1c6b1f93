"""What a picture is made of before light falls on it: parts, each a mesh of one material."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import Any

from facereason.studio.mesh import Float, Ints, normals


class Material(enum.IntEnum):
    """What a surface is of; one shader each."""

    SKIN = 0
    EYE = 1
    TEETH = 2
    TONGUE = 3
    HAIR = 4
    LASH = 5
    CLOTH = 6
    FRAME = 7
    LENS = 8
    PLAIN = 9
    SIGN = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A mesh. `coords`: `(v, 3)` where its texture is looked up; `along`: `(v, 3)` unit directions that a shader needs
    (the fall of hair, where an eye looks); `look`: what else its shader needs; `solid`: triangles
    that cast its shadow, where they are not `faces`."""

    material: Material
    vertices: Float
    faces: Ints
    coords: Float
    normals: Float | None = None
    along: Float | None = None
    look: dict[str, Any] = field(default_factory=dict)
    solid: Ints | None = None


def with_normals(part: Part) -> Float:
    """The part's own normals, or those of its mesh."""
    return part.normals if part.normals is not None else normals(part.vertices, part.faces)
