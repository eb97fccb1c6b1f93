"""Meshes: Catmull-Clark subdivision as one sparse matrix, vertex normals, tubes and spheres."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

Float = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Sparse = sparse.csr_matrix


def f32(values: npt.ArrayLike) -> Float:
    """As single precision, which everything that is traced and shaded is in."""
    return np.asarray(values, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Subdivision:
    """`matrix @ vertices` are the vertices of the finer mesh, `(m, 3)`; `quads`: its faces `(q, 4)`. The first
    `used` rows are the old vertices, moved."""

    matrix: sparse.csr_matrix
    quads: Ints


def subdivided(count: int, quads: npt.ArrayLike) -> Subdivision:
    """One level of Catmull and Clark (1978) on a mesh of quads over `count` vertices, borders kept as curves."""
    faces = np.asarray(quads, np.int64)
    n_faces = len(faces)
    edges = np.sort(np.concatenate([faces[:, [i, (i + 1) % 4]] for i in range(4)]), axis=1)
    unique, which, uses = np.unique(edges, axis=0, return_inverse=True, return_counts=True)
    which, n_edges = which.ravel(), len(unique)
    owner = np.tile(np.arange(n_faces), 4)

    def matrix(
        values: npt.NDArray[np.float64], rows: object, columns: object, shape: tuple[int, int]
    ) -> sparse.csr_matrix:
        return sparse.csr_matrix((values, (rows, columns)), shape=shape)

    centre = matrix(np.full(n_faces * 4, 0.25), np.repeat(np.arange(n_faces), 4), faces.ravel(), (n_faces, count))
    middle = matrix(np.full(n_edges * 2, 0.5), np.repeat(np.arange(n_edges), 2), unique.ravel(), (n_edges, count))
    beside = matrix(np.ones(len(which)), which, owner, (n_edges, n_faces))
    border = uses == 1
    inner, outer = sparse.diags((~border).astype(float)), sparse.diags(border.astype(float))
    edge_points = inner @ (0.5 * middle + 0.25 * (beside @ centre)) + outer @ middle
    vertex_faces = matrix(np.ones(n_faces * 4), faces.ravel(), np.repeat(np.arange(n_faces), 4), (count, n_faces))
    vertex_edges = matrix(np.ones(n_edges * 2), unique.ravel(), np.repeat(np.arange(n_edges), 2), (count, n_edges))
    n = np.maximum(np.asarray(vertex_faces.sum(1)).ravel(), 1)
    n_e = np.maximum(np.asarray(vertex_edges.sum(1)).ravel(), 1)
    inside = (
        sparse.diags(1 / n**2) @ (vertex_faces @ centre)
        + sparse.diags(2 / (n * n_e)) @ (vertex_edges @ middle)
        + sparse.diags((n - 3) / n)
    )
    at_border = vertex_edges @ outer
    n_border = np.asarray(at_border.sum(1)).ravel()
    on_border = n_border > 0
    along = sparse.diags(np.where(on_border, 0.5 / np.maximum(n_border, 1), 0)) @ (at_border @ middle)
    along = along + sparse.diags(np.where(on_border, 0.5, 0))
    vertex_points = sparse.diags((~on_border).astype(float)) @ inside + along
    edge_of = which.reshape(4, n_faces).T + count
    face_point = np.arange(n_faces) + count + n_edges
    finer = [np.stack([faces[:, i], edge_of[:, i], face_point, edge_of[:, (i + 3) % 4]], axis=1) for i in range(4)]
    stacked = sparse.vstack([vertex_points, edge_points, centre]).tocsr().astype(np.float32)
    return Subdivision(stacked, np.concatenate(finer).astype(np.int32))


def compact(subdivision: Subdivision) -> Subdivision:
    """The same without vertices that no face uses."""
    used, quads = np.unique(subdivision.quads, return_inverse=True)
    return Subdivision(subdivision.matrix[used], quads.reshape(-1, 4).astype(np.int32))


def triangles(quads: npt.ArrayLike) -> Ints:
    """Two triangles `(2 q, 3)` a quad."""
    q = np.asarray(quads, np.int32)
    return np.concatenate([q[:, [0, 1, 2]], q[:, [0, 2, 3]]])


def normals(vertices: Float, faces: Ints) -> Float:
    """Unit normals `(n, 3)` of the vertices of a mesh of triangles, weighted by area."""
    out: Float = _normals(np.ascontiguousarray(vertices, np.float32), faces)
    return out


def unit(vectors: npt.NDArray[np.floating]) -> Float:
    """Each row `(n, 3)` divided by its length; rows of no length stay."""
    out: Float = _unit(np.ascontiguousarray(vectors, np.float32))
    return out


def dots(a: Float, b: Float) -> Float:
    """Scalar products `(n,)` of rows `(n, 3)`."""
    return f32(np.einsum("ij,ij->i", a, b))


def any_corner(chosen: npt.NDArray[np.bool_], faces: Ints) -> npt.NDArray[np.bool_]:
    """Triangles with a corner among the chosen vertices."""
    out: npt.NDArray[np.bool_] = chosen[faces[:, 0]] | chosen[faces[:, 1]] | chosen[faces[:, 2]]
    return out


def blended(values: Float, corners: Ints, weights: Float) -> Float:
    """Vertices' `values` `(v, k)` at points of triangles: `corners` and `weights` `(n, 3)`."""
    out: Float = _blended(np.ascontiguousarray(values, np.float32), corners, weights)
    return out


def averaged(values: Float, group: npt.NDArray[np.int64], count: int) -> Float:
    """The mean `(count, k)` of the rows of `values` `(n, k)` in each group."""
    out: Float = _averaged(np.ascontiguousarray(values, np.float32), group, count)
    return out


@numba.njit(cache=True, nogil=True)
def _normals(vertices: Float, faces: Ints) -> Float:
    total = np.zeros((len(vertices), 3), np.float64)
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        vx, vy, vz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        for corner in (a, b, c):
            total[corner, 0] += x
            total[corner, 1] += y
            total[corner, 2] += z
    return _unit(total.astype(np.float32))


@numba.njit(cache=True, nogil=True)
def _unit(vectors: Float) -> Float:
    out = np.empty_like(vectors)
    for n in range(len(vectors)):
        x, y, z = vectors[n, 0], vectors[n, 1], vectors[n, 2]
        length = np.sqrt(np.float64(x) * x + np.float64(y) * y + np.float64(z) * z)
        share = np.float32(1 / length) if length > 1e-20 else np.float32(1)
        out[n, 0], out[n, 1], out[n, 2] = x * share, y * share, z * share
    return out


@numba.njit(cache=True, nogil=True)
def _blended(values: Float, corners: Ints, weights: Float) -> Float:
    out = np.zeros((len(corners), values.shape[1]), np.float32)
    for n in range(len(corners)):
        for i in range(3):
            for k in range(values.shape[1]):
                out[n, k] += values[corners[n, i], k] * weights[n, i]
    return out


@numba.njit(cache=True, nogil=True)
def _averaged(values: Float, group: npt.NDArray[np.int64], count: int) -> Float:
    out = np.zeros((count, values.shape[1]), np.float32)
    size = np.zeros(count, np.float32)
    for n in range(len(values)):
        size[group[n]] += np.float32(1)
        for k in range(values.shape[1]):
            out[group[n], k] += values[n, k]
    for m in range(count):
        for k in range(values.shape[1]):
            out[m, k] /= max(size[m], np.float32(1))
    return out


def sphere(rings: int = 32, sectors: int = 48) -> tuple[Float, Ints]:
    """A unit sphere: vertices (which are its normals) and triangles."""
    theta, phi = np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, sectors, endpoint=False)
    vertices = np.stack(
        [
            np.outer(np.sin(theta), np.cos(phi)),
            np.outer(np.sin(theta), np.sin(phi)),
            np.outer(np.cos(theta), np.ones(sectors)),
        ],
        axis=-1,
    ).reshape(-1, 3)
    i, j = np.arange(rings)[:, None] * sectors, np.arange(sectors)[None]
    a, b = i + j, i + (j + 1) % sectors
    upper = np.stack([a, a + sectors, b], -1).reshape(-1, 3)
    lower = np.stack([b, a + sectors, b + sectors], -1).reshape(-1, 3)
    return vertices.astype(np.float32), np.concatenate([upper, lower]).astype(np.int32)


def tube(path: npt.ArrayLike, radius: npt.ArrayLike, sides: int = 8, closed: bool = False) -> tuple[Float, Ints]:
    """A round tube along a path `(n, 3)`, of one radius or one a point: vertices and triangles."""
    points = np.asarray(path, float)
    radii = np.broadcast_to(np.asarray(radius, float), len(points))
    along = np.roll(points, -1, 0) - np.roll(points, 1, 0) if closed else np.gradient(points, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True) + 1e-12
    helper = np.where(np.abs(along[:, 2:3]) < 0.9, [[0.0, 0, 1]], [[1.0, 0, 0]])
    side = np.cross(along, helper)
    side /= np.linalg.norm(side, axis=1, keepdims=True)
    up = np.cross(side, along)
    angle = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    ring = np.cos(angle)[None, :, None] * side[:, None] + np.sin(angle)[None, :, None] * up[:, None]
    vertices = (points[:, None] + radii[:, None, None] * ring).reshape(-1, 3)
    count = len(points) if closed else len(points) - 1
    i, j = np.arange(count)[:, None], np.arange(sides)[None]
    here, there = i * sides, ((i + 1) % len(points)) * sides
    a, b, c, d = here + j, here + (j + 1) % sides, there + (j + 1) % sides, there + j
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return vertices.astype(np.float32), faces.astype(np.int32)


@dataclass(frozen=True, slots=True)
class Patch:
    """A part of a mesh cut out along a line: `matrix @ vertices` are its vertices, `faces` its triangles, `loops` its
    borders, each an ordered ring of its vertices."""

    matrix: sparse.csr_matrix
    faces: Ints
    loops: tuple[Ints, ...]


def clipped(faces: Ints, field: Float, keep: npt.NDArray[np.bool_] | None = None) -> Patch:
    """The part of a mesh of triangles where `field`, one value a vertex, is above 0, cut along its zero line.

    `keep`: triangles to look at at all. Marching triangles: a cut edge gives one new vertex, by linear interpolation.
    """
    count, faces = len(field), faces if keep is None else faces[keep]
    above = field > 0
    kind = above[faces].sum(1)
    whole = faces[kind == 3].astype(np.int64)
    pieces = [whole]
    cut: dict[tuple[int, int], int] = {}

    def crossing(a: int, b: int) -> int:
        return cut.setdefault((a, b) if a < b else (b, a), count + len(cut))

    rest: list[tuple[int, int, int]] = []
    for face in faces[(kind == 1) | (kind == 2)].tolist():
        flags = above[face]
        lone = int(np.argmax(flags)) if flags.sum() == 1 else int(np.argmin(flags))
        a, b, c = face[lone], face[(lone + 1) % 3], face[(lone + 2) % 3]
        ab, ac = crossing(a, b), crossing(a, c)
        if flags.sum() == 1:
            rest.append((a, ab, ac))
        else:
            rest += [(ab, b, c), (ab, c, ac)]
    if rest:
        pieces.append(np.array(rest, np.int64))
    joined = np.concatenate(pieces)
    used, renumbered = np.unique(joined, return_inverse=True)
    old = used[used < count]
    ends = np.array(list(cut), np.int64).reshape(-1, 2)[used[used >= count] - count]
    share = field[ends[:, 0]] / (field[ends[:, 0]] - field[ends[:, 1]]) if len(ends) else np.zeros(0)
    rows = np.concatenate([np.arange(len(old)), np.repeat(np.arange(len(ends)) + len(old), 2)])
    columns = np.concatenate([old, ends.ravel()])
    values = np.concatenate([np.ones(len(old)), np.stack([1 - share, share], 1).ravel()]).astype(np.float32)
    matrix = sparse.csr_matrix((values, (rows, columns)), shape=(len(used), count))
    out = renumbered.reshape(-1, 3).astype(np.int32)
    return Patch(matrix, out, borders(out))


def borders(faces: Ints) -> tuple[Ints, ...]:
    """The border lines of a mesh of triangles as ordered rings of vertices, the longest first."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]]).astype(np.int64)
    size = int(faces.max()) + 1 if len(faces) else 1
    there, back = edges[:, 0] * size + edges[:, 1], edges[:, 1] * size + edges[:, 0]
    following = {int(a): int(b) for a, b in edges[~np.isin(there, back)]}
    rings = []
    while following:
        start, at = next(iter(following.items()))
        ring = [start]
        del following[start]
        while at in following:
            ring.append(at)
            at = following.pop(at)
        rings.append(np.array(ring, np.int32))
    return tuple(sorted(rings, key=len, reverse=True))


def smoothing(faces: Ints, count: int, rounds: int, strength: float = 0.5) -> sparse.csr_matrix:
    """`matrix @ values` averages values over neighbouring vertices, `rounds` times; borders stay."""
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]], faces[:, [2, 0]]])
    near = sparse.csr_matrix((np.ones(len(edges)), (edges[:, 0], edges[:, 1])), shape=(count, count))
    near = ((near + near.T) > 0).astype(float)
    mean = sparse.diags(1 / np.maximum(np.asarray(near.sum(1)).ravel(), 1)) @ near
    fixed = np.zeros(count, bool)
    for ring in borders(faces):
        fixed[ring] = True
    weight = np.where(fixed, 0.0, strength)
    step = (sparse.diags(1 - weight) + sparse.diags(weight) @ mean).tocsr()
    out = sparse.identity(count, format="csr")
    for _ in range(rounds):
        out = step @ out
    return out.astype(np.float32)
