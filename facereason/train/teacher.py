"""The landmark teacher: what a face mesh that was fitted to a photo (`training/landmarker.py`) says of pose, landmarks,
gaze and the geometric strength of action units.

The mesh knows nothing of action units. Renders do: their truth and the meshes that the same landmarker fits to them
give linear maps from the shape of a mesh to units and gaze, which then hold for meshes of photos as well. No label of a
photo takes part. How strong a unit shows is regressed with a strong ridge, since people's shapes differ in more ways
than the renders'. A ridge takes units for one another: a smile looks like AU14 and AU24 to it, and a dropped jaw like
raised brows. So from the strengths of all units, and their products, each unit's is regressed once more. What comes out
ranks faces, but its scale means nothing, so a network is taught to rank them alike.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason import scoring
from facereason.data import DataError
from facereason.faces import geometry, pose
from facereason.faces.geometry import LANDMARKS, MIRRORED_LANDMARKS, MIRRORED_SLOTS, SLOTS
from facereason.train.reader_data import Faces, Geometry
from facereason.train.render_data import PRESENT, gaze_seen, intensity

Array = npt.NDArray[np.float64]

MESHES = "landmarks.jsonl"  # what `training/landmarker.py` writes beside the images
MESH = 478
IRISES = slice(468, 478)
RIDGE = 0.01  # per sample
GAZE_RIDGE = 1e-5
APART_RIDGE = 0.01
FARTHEST = 3.0  # deviations from the usual up to which a strength counts
_LEAST = 1e-9
UNIT_YAW = 40.0  # degrees: beyond it half of a mesh is guessed
FITTED_YAW = 45.0
COMPONENTS = 150
HELD_BACK = 5  # of so many faces one is held back to measure


@dataclass(frozen=True, slots=True)
class Teacher:
    """`mean`: the mean mesh `(478, 3)` of a face in front, image axes, and `rigid` `(478,)` how still each of its
    points is; `landmarks` `(68,)`: which of its points they are; `units` `(1434 + 1, 25)` and `gazes` `(1434 + 1, 3)`:
    linear maps from the upright mesh less its mean; `apart` `(25 + 325 + 1, 25)`: from strengths of all units, in
    deviations from the `usual` (mean and deviation, `(2, 25)`), and their products to what each shows by itself;
    `trust` `(25,)` from 0 to 1: how well held-back renders are ranked by each unit, 2 AUC - 1."""

    mean: Array
    rigid: Array
    landmarks: npt.NDArray[np.int64]
    units: Array
    gazes: Array
    usual: Array
    apart: Array
    trust: Array

    def label(self, meshes: Array) -> Geometry:
        """What meshes `(n, 478, 3)`, pixels of the photo, z to the viewer, say; rows of nan give nothing."""
        out = Geometry.nothing(len(meshes))
        rows = np.nonzero(np.isfinite(meshes).all((1, 2)))[0]
        if not len(rows):
            return out
        upright, rotation = _upright(meshes[rows], self.mean, self.rigid)
        flat = _with_one(upright - self.mean)
        out.rotation[rows] = rotation
        out.landmarks[rows] = meshes[rows][:, self.landmarks, :2]
        turned = np.abs([pose.angles(r)[0] for r in rotation])
        gaze = rotation @ (flat @ self.gazes)[:, :, None]
        out.gaze[rows] = np.where(turned[:, None] <= UNIT_YAW, _unit(gaze[:, :, 0]), np.nan)
        told = _products(flat @ self.units, self.usual) @ self.apart
        out.strength[rows] = np.where(turned[:, None] <= UNIT_YAW, told, np.nan)
        return out


def read_meshes(path: str | Path) -> dict[str, Array | None]:
    """Meshes `(478, 3)` by record, z to the viewer, None where no face was found, from a file of
    `training/landmarker.py`. DataError where it is missing or damaged."""
    if not Path(path).is_file():
        raise DataError(f"no {path}: run training/landmarker.py on that folder")
    out = {}
    for number, line in enumerate(Path(path).read_text(encoding="utf-8").splitlines(), 1):
        try:
            told = json.loads(line)
            points = told["points"]
            mesh = None if points is None else np.array(points, np.float64).reshape(MESH, 3) * [1, 1, -1]
        except (ValueError, KeyError, TypeError) as error:
            raise DataError(f"{path}, line {number}: no line of a landmarker ({error})") from None
        out[str(told["id"])] = mesh
    return out


def taught(faces: Faces, teacher: Teacher, path: str | Path) -> Faces:
    """The faces with what the teacher says of them, by the meshes in `path`; faces without a mesh stay as they are."""
    return replace(faces, geometry=teacher.label(_meshes(faces, read_meshes(path))))


def ranked(faces: Faces, teacher: Teacher, path: str | Path) -> Faces:
    """Renders of one set with the strength of units that the teacher sees, by the meshes in `path`, beside their own
    truth. (Sets drawn by one recipe with different seeds number their pictures alike.)"""
    told = teacher.label(_meshes(faces, read_meshes(path)))
    return replace(faces, geometry=replace(faces.geometry, strength=told.strength))


def _meshes(faces: Faces, meshes: Mapping[str, Array | None]) -> Array:
    none = np.full((MESH, 3), np.nan)
    found = [meshes.get(name) for name in faces.ids.tolist()]
    return np.stack([none if mesh is None else mesh for mesh in found])


def fit(folders: Sequence[str | Path]) -> Teacher:
    """A teacher from folders of single-face renders, each with its `landmarks.jsonl`. One face in `HELD_BACK` is held
    back to measure. DataError where nothing is to be had there."""
    meshes, people = [], []
    for folder in folders:
        for mesh, person in _rendered(Path(folder)):
            meshes.append(mesh)
            people.append(person)
    if len(meshes) < 100:
        raise DataError(f"{', '.join(map(str, folders))}: {len(meshes)} faces with a mesh; a teacher needs 100")
    points = np.stack(meshes)
    angles = np.array([[p["head_pose"][axis] for axis in ("yaw", "pitch", "roll")] for p in people])
    mean, rigid = _mean_mesh(points, np.stack([pose.matrix(*a) for a in angles]))
    upright, rotation = _upright(points, mean, rigid)
    front = np.abs(angles[:, 0]) <= FITTED_YAW
    levels = np.stack([intensity(p) for p in people])
    looks = np.stack([geometry.direction(p["gaze"]["yaw"], p["gaze"]["pitch"]) for p in people])
    looks = (rotation.transpose(0, 2, 1) @ looks[:, :, None])[:, :, 0]
    seen = np.array([gaze_seen(p) for p in people]) & front
    held = np.arange(len(people)) % HELD_BACK == 0
    other = _other_side(mean)

    def both(rows: npt.NDArray[np.bool_]) -> Array:
        return np.concatenate([upright[rows], upright[rows][:, other] * [-1, 1, 1]]) - mean

    rows = front & ~held
    wanted = np.concatenate([levels[rows], levels[rows][:, list(MIRRORED_SLOTS)]])
    units = _ridge(both(rows), wanted, RIDGE)
    usual, apart = _told_apart(_with_one(both(rows)) @ units, wanted)
    rows = seen & ~held
    gazes = _ridge(both(rows), np.concatenate([looks[rows], looks[rows] * [-1, 1, 1]]), GAZE_RIDGE)
    rows = front & held
    told, truth = _products(_with_one(upright[rows] - mean) @ units, usual) @ apart, levels[rows]
    auc = np.array([scoring.auc(told[:, i], truth[:, i] >= PRESENT) for i in range(len(SLOTS))])
    trust = np.clip(2 * np.nan_to_num(auc, nan=0.5) - 1, 0, 1)
    return Teacher(mean, rigid, _landmarks(points, people, other), units, gazes, usual, apart, trust)


def _told_apart(strengths: Array, wanted: Array) -> tuple[Array, Array]:
    """What strengths `(n, 25)` usually are, and weights of their products that give each unit by itself."""
    usual = np.stack([strengths.mean(0), strengths.std(0) + _LEAST])
    products = _products(strengths, usual)
    inner = products.T @ products + APART_RIDGE * len(products) * np.eye(products.shape[1])
    return usual, np.asarray(np.linalg.solve(inner, products.T @ wanted), np.float64)


def _products(strengths: Array, usual: Array) -> Array:
    """Strengths `(n, 25)` in deviations from the usual, their products, and a one."""
    told = np.clip((strengths - usual[0]) / usual[1], -FARTHEST, FARTHEST)
    rows, columns = np.triu_indices(told.shape[1])
    return np.hstack([told, told[:, rows] * told[:, columns], np.ones((len(told), 1))])


def _rendered(folder: Path) -> list[tuple[Array, Mapping[str, Any]]]:
    import pyarrow.parquet as parquet

    meshes = read_meshes(folder / MESHES)
    out = []
    for path in sorted(folder.glob("*.parquet")):
        for row in parquet.read_table(path, columns=["id", "people"]).to_pylist():
            mesh = meshes.get(row["id"])
            if mesh is not None and len(row["people"]) == 1:
                out.append((mesh, row["people"][0]))
    return out


def _mean_mesh(points: Array, rotations: Array) -> tuple[Array, Array]:
    """The mean mesh, of root mean square size 1, and how still each point of it is: one over its variance."""
    upright = np.einsum("nij,nkj->nki", rotations.transpose(0, 2, 1), points)
    upright -= upright.mean(1, keepdims=True)
    upright /= np.sqrt((upright**2).sum(2).mean(1))[:, None, None]
    mean, still = np.median(upright, axis=0), 1 / upright.var(0).sum(1)
    for _ in range(3):
        around, _ = _upright(points, mean, still)
        still = 1 / ((around - np.median(around, axis=0)) ** 2).sum(2).mean(0)
    return mean, still / still.sum()


def _upright(points: Array, mean: Array, rigid: Array) -> tuple[Array, Array]:
    """Meshes turned, scaled and shifted onto the mean one, and their rotations (Kabsch 1976, weighted)."""
    weights = rigid / rigid.sum()
    centre = weights @ mean
    a, b = mean - centre, points - np.einsum("k,nkj->nj", weights, points)[:, None]
    u, s, vt = np.linalg.svd(np.einsum("k,kj,nki->nij", weights, a, b))
    signs = np.ones((len(points), 3))
    signs[:, 2] = np.sign(np.linalg.det(u @ vt))
    rotation = (u * signs[:, None]) @ vt
    scale = (s * signs).sum(1) / (weights[:, None] * a * a).sum()
    upright = np.einsum("nji,nkj->nki", rotation, b) / scale[:, None, None] + centre
    return np.asarray(upright, np.float64), np.asarray(rotation, np.float64)


def _other_side(mean: Array) -> npt.NDArray[np.int64]:
    """Which point of the mesh mirrors each."""
    centred = mean - mean.mean(0)
    apart = ((centred[:, None] * [-1, 1, 1] - centred[None]) ** 2).sum(2)
    return np.asarray(apart.argmin(1), np.int64)


def _landmarks(points: Array, people: Sequence[Mapping[str, Any]], other: npt.NDArray[np.int64]) -> Any:
    """The point of the mesh that lies nearest to each landmark over all renders, alike on both sides."""
    size = np.array([np.sqrt(p["face"][2] * p["face"][3]) for p in people])
    seen = np.array([p["landmark_visible"] for p in people])
    places = np.array([p["landmarks"] for p in people], np.float64)
    off = np.empty((LANDMARKS, MESH))
    for i in range(LANDMARKS):
        rows = seen[:, i]
        off[i] = np.mean(np.linalg.norm(points[rows, :, :2] - places[rows, i, None], axis=2) / size[rows, None], axis=0)
    best = np.empty(LANDMARKS, np.int64)
    for i, mirrored in enumerate(MIRRORED_LANDMARKS):
        if i <= mirrored:
            both = off[i] + off[mirrored][other]
            if i == mirrored:
                both = np.where(other == np.arange(MESH), both, np.inf)
            best[i] = int(both.argmin())
            best[mirrored] = other[best[i]]
    return best


def _ridge(shapes: Array, wanted: Array, strength: float) -> Array:
    """Weights `(1434 + 1, k)`, the last row being the offset, of a ridge regression on principal components."""
    flat = shapes.reshape(len(shapes), -1)
    middle, target = flat.mean(0), wanted.mean(0)
    basis = np.linalg.svd((flat - middle)[:: max(1, len(flat) // 3000)], full_matrices=False)[2][:COMPONENTS].T
    parts = (flat - middle) @ basis
    inner = parts.T @ parts + strength * len(flat) * np.eye(basis.shape[1])
    weights = basis @ np.linalg.solve(inner, parts.T @ (wanted - target))
    return np.vstack([weights, target - middle @ weights])


def _with_one(shapes: Array) -> Array:
    flat = shapes.reshape(len(shapes), -1)
    return np.hstack([flat, np.ones((len(flat), 1))])


def _unit(vectors: Array) -> Array:
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True), np.float64)
