"""Parts, a camera and light to a picture, and what each pixel shows."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from facereason.studio import raster
from facereason.studio.figure import Part, with_normals
from facereason.studio.light import Placed, Seen
from facereason.studio.mesh import Float, averaged, blended, dots, f32, unit
from facereason.studio.shade import shaded
from facereason.studio.trace import Solid

SAMPLES = 2  # rays a pixel and axis
SKY_RAYS = 2  # rays towards the open a sample
TILE = 5  # pixels a side that jitter their rays each differently, and over which what they found is averaged
CALM = TILE // 2 * SAMPLES  # the same, samples to each side
REACH = 0.12  # metres within which something darkens what is behind it


@dataclass(frozen=True, kw_only=True)
class Camera:
    """`position` and `target` in metres, z up; `fov`: degrees across the longer side; `roll`: degrees the picture's
    content turns clockwise."""

    position: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]
    fov: float
    roll: float = 0.0

    @functools.cached_property
    def axes(self) -> npt.NDArray[np.float64]:
        """Rows: to the picture's right, towards the scene, up."""
        ahead = self.target - self.position
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, ahead)
        c, s = np.cos(np.radians(self.roll)), np.sin(np.radians(self.roll))
        return np.stack([c * right + s * up, ahead, -s * right + c * up])

    def project(self, points: npt.NDArray[np.floating], width: int, height: int) -> npt.NDArray[np.float64]:
        """Pixels `(n, 2)` of points `(n, 3)`, and NaN behind the camera."""
        return self.placed(points, width, height)[0]

    def placed(
        self, points: npt.NDArray[np.floating], width: int, height: int
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        """Pixels as `project` gives them, and metres before the camera."""
        scale = max(width, height) / 2 / np.tan(np.radians(self.fov / 2))
        where = np.ascontiguousarray(points, np.float64)
        places, depth = _placed(where, self.position, self.axes, float(scale), width / 2, height / 2)
        return places, depth

    def sees(
        self, points: npt.NDArray[np.floating], width: int, height: int, margin: float = 1.0
    ) -> npt.NDArray[np.bool_]:
        """Whether points fall into a picture `margin` times as wide and high."""
        reach = np.array([width, height]) / 2
        off = np.abs(self.placed(points, width, height)[0] - reach)
        seen: npt.NDArray[np.bool_] = (off[:, 0] < reach[0] * margin) & (off[:, 1] < reach[1] * margin)
        return seen


@numba.njit(cache=True, nogil=True)
def _placed(
    points: npt.NDArray[np.float64],
    eye: npt.NDArray[np.float64],
    axes: npt.NDArray[np.float64],
    scale: float,
    middle: float,
    level: float,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    places, depth = np.full((len(points), 2), np.nan), np.zeros(len(points))
    for n in range(len(points)):
        x, y, z = points[n, 0] - eye[0], points[n, 1] - eye[1], points[n, 2] - eye[2]
        ahead = axes[1, 0] * x + axes[1, 1] * y + axes[1, 2] * z
        if ahead > 1e-6:
            depth[n] = ahead
            places[n, 0] = middle + (axes[0, 0] * x + axes[0, 1] * y + axes[0, 2] * z) / ahead * scale
            places[n, 1] = level - (axes[2, 0] * x + axes[2, 1] * y + axes[2, 2] * z) / ahead * scale
    return places, depth


@dataclass(frozen=True, slots=True)
class Picture:
    """`light`: `(h, w, 3)` linear RGB; `cover`: `(h, w)` share of the pixel that is no background; `part` `(h, w)`:
    number of the part at the pixel's middle, -1 for none; `places` `(h, w, 3)`: its texture place; `depth` in
    metres."""

    light: Float
    cover: Float
    part: npt.NDArray[np.int16]
    places: Float
    depth: Float


def drawn(
    parts: Sequence[Part],
    solid: Solid,
    inside: Sequence[Float | None],
    camera: Camera,
    light: Placed,
    width: int,
    height: int,
    seed: int,
) -> Picture:
    """Draw a picture. `solid`: what casts shadows (`solid_of`); `inside`: for each skin part what of it lies within the
    mouth, one value a vertex."""
    wide, high = width * SAMPLES, height * SAMPLES
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    vertices = np.concatenate([part.vertices for part in parts]).astype(np.float32)
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)]).astype(np.int32)
    hits = raster.first(*camera.placed(vertices, wide, high), faces, wide, high)
    owner = np.repeat(np.arange(len(parts)), [len(part.faces) for part in parts])[hits.face]
    corners = faces[hits.face]

    def over(values: Sequence[Float]) -> Float:
        return blended(np.concatenate(values), corners, hits.corner)

    points = over([vertices])
    normals = unit(over([with_normals(part) for part in parts]))
    places = over([part.coords for part in parts])
    along = over([part.coords * 0 if part.along is None else part.along for part in parts])
    mouth = over(
        [
            np.zeros((len(p.vertices), 1), np.float32) if m is None else m[:, None]
            for p, m in zip(parts, inside, strict=True)
        ]
    )
    away = camera.position.astype(np.float32) - points
    distance = np.sqrt(dots(away, away))
    view = f32(away / distance[:, None])
    normals = _facing(normals, view, vertices, corners, np.array([part.normals is None for part in parts])[owner])
    grid = np.full(high * wide, -1, np.int64)
    grid[hits.sample] = np.arange(len(hits.sample))
    group, count = _grouped(grid.reshape(high, wide), owner, normals, SAMPLES)

    def once(values: Float) -> Float:
        return averaged(values, group, count)

    spots = Spots(once(points), unit(once(normals)))
    first = np.zeros(count, np.int64)
    first[group[::-1]] = hits.sample[::-1]
    row, column = np.divmod(first, wide)
    reached = _reached(solid, spots, light, row // SAMPLES % TILE * TILE + column // SAMPLES % TILE, seed)
    across = 2 * float(np.tan(np.radians(camera.fov / 2))) / max(wide, high)
    reached = _calmed(reached, group, grid.reshape(high, wide), owner, distance, normals, across)
    seen = Seen(spots.normals, unit(once(view)), reached[:, 0], reached[:, 1], once(places), once(along))
    within = (once(mouth)[:, 0] > 0.5).astype(np.float32)
    whose = np.zeros(count, np.int64)
    whose[group] = owner
    shade = np.zeros((count, 3), np.float32)
    for number, part in enumerate(parts):
        rows = np.nonzero(whose == number)[0]
        if len(rows):
            shade[rows] = shaded(part, seen.only(rows), light, None if inside[number] is None else within[rows])
    colour = shade[group]
    full = np.zeros((high * wide, 4), np.float32)
    full[hits.sample, :3], full[hits.sample, 3] = colour, 1
    fine = full.reshape(high, wide, 4)
    mean = np.zeros((height, width, 4), np.float32)
    for j, i in np.ndindex(SAMPLES, SAMPLES):
        mean += fine[j::SAMPLES, i::SAMPLES] / SAMPLES**2
    at = grid.reshape(high, wide)[::SAMPLES, ::SAMPLES]
    seen_at = at >= 0
    number_at, place_at = np.full(at.shape, -1, np.int16), np.zeros((*at.shape, 3), np.float32)
    depth_at = np.full(at.shape, np.inf, np.float32)
    number_at[seen_at], place_at[seen_at], depth_at[seen_at] = (
        owner[at[seen_at]],
        places[at[seen_at]],
        distance[at[seen_at]],
    )
    return Picture(mean[..., :3], mean[..., 3], number_at, place_at, depth_at)


def developed(light: Float) -> npt.NDArray[np.uint8]:
    """Linear light to sRGB bytes, highlights rolled off (Reinhard et al. 2002)."""
    rolled = np.clip(light, 0, None)
    rolled = rolled * (1 + rolled / 4.0) / (1 + rolled * 0.62)
    out: npt.NDArray[np.uint8] = (np.clip(rolled, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)
    return out


@dataclass(frozen=True, slots=True)
class Spots:
    """Where light is looked at: `(n, 3)` points and unit normals."""

    points: Float
    normals: Float


def solid_of(parts: Sequence[Part]) -> Solid:
    """What casts shadows."""
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    cast = [part.faces if part.solid is None else part.solid for part in parts]
    faces = np.concatenate([own + start for own, start in zip(cast, starts, strict=False)]).astype(np.int32)
    used = np.zeros(starts[-1], np.int32)
    used[faces] = 1
    vertices = np.concatenate([part.vertices for part in parts])[used > 0]
    return Solid(vertices, (np.cumsum(used, dtype=np.int32) - 1)[faces])


def _reached(solid: Solid, spots: Spots, light: Placed, tile: npt.NDArray[np.int64], seed: int) -> Float:
    """Share of the key light that arrives, and openness to the sky, `(n, 2)`, by jittered rays: each place of a `tile`
    has its own jitter, and all of them together fill the lamp and the sky evenly (interleaved sampling, Keller and
    Heidrich 2001)."""
    start = spots.points + spots.normals * 0.0022
    lamp, *skies = _spread(1 + SKY_RAYS, seed)
    lit = solid.open(start, unit(light.key + f32(light.softness * lamp[tile])))
    sky = np.zeros(len(start), np.float32)
    for jitter in skies:
        ray = unit(spots.normals * 1.02 + unit(jitter[tile]))
        sky += np.clip(solid.distance(start, ray) / REACH, 0, 1)
    return f32(np.stack([lit, sky / SKY_RAYS], 1))


def _spread(count: int, seed: int) -> list[Float]:
    """So many sets of normally distributed `(TILE ** 2, 3)`, each spread evenly: a lattice of rank 1 (Korobov 1959) in
    the unit cube, shifted at random."""
    from scipy.special import ndtri

    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    lattice = np.arange(TILE**2)[:, None] * np.array([1, 9, 6]) / TILE**2
    return [f32(ndtri(np.clip((lattice + rng.random(3)) % 1, 0.01, 0.99))) for _ in range(count)]


@numba.njit(cache=True, nogil=True)
def _facing(
    normals: Float, view: Float, vertices: Float, corners: npt.NDArray[np.int32], has_back: npt.NDArray[np.bool_]
) -> Float:
    """Normals on the side that is seen: turned about on the back of a mesh, and bent into view where the smooth normal
    points away though the triangle does not, as at outlines."""
    out = normals.copy()
    for n in range(len(normals)):
        a, b, c = corners[n, 0], corners[n, 1], corners[n, 2]
        ux, uy, uz = vertices[b, 0] - vertices[a, 0], vertices[b, 1] - vertices[a, 1], vertices[b, 2] - vertices[a, 2]
        vx, vy, vz = vertices[c, 0] - vertices[a, 0], vertices[c, 1] - vertices[a, 1], vertices[c, 2] - vertices[a, 2]
        x, y, z = uy * vz - uz * vy, uz * vx - ux * vz, ux * vy - uy * vx
        if has_back[n] and x * view[n, 0] + y * view[n, 1] + z * view[n, 2] < 0:
            for k in range(3):
                out[n, k] = -out[n, k]
        facing = out[n, 0] * view[n, 0] + out[n, 1] * view[n, 1] + out[n, 2] * view[n, 2]
        if facing < 0:
            length = np.float32(0.0)
            for k in range(3):
                out[n, k] -= facing * view[n, k]
                length += out[n, k] * out[n, k]
            for k in range(3):
                out[n, k] /= max(np.sqrt(length), np.float32(1e-9))
    return out


@numba.njit(cache=True, nogil=True)
def _grouped(
    grid: npt.NDArray[np.int64], owner: npt.NDArray[np.int64], normals: Float, side: int
) -> tuple[npt.NDArray[np.int64], int]:
    """Samples that are shaded as one: those of a pixel where it shows one smooth surface; which group each is in, and
    how many there are."""
    group = np.zeros(len(owner), np.int64)
    count = 0
    high, wide = grid.shape
    for y in range(0, high, side):
        for x in range(0, wide, side):
            lead = grid[y, x]
            alike = lead >= 0
            for j in range(side):
                for i in range(side):
                    here = grid[y + j, x + i]
                    if not alike or here < 0 or owner[here] != owner[lead]:
                        alike = False
                        continue
                    facing = np.float32(0.0)
                    for k in range(3):
                        facing += normals[here, k] * normals[lead, k]
                    alike = facing > 0.97
            for j in range(side):
                for i in range(side):
                    here = grid[y + j, x + i]
                    if here >= 0:
                        group[here] = count
                        if not alike:
                            count += 1
            if alike:
                count += 1
    return group, count


@numba.njit(cache=True, nogil=True)
def _calmed(
    values: Float,
    group: npt.NDArray[np.int64],
    grid: npt.NDArray[np.int64],
    owner: npt.NDArray[np.int64],
    depth: Float,
    normals: Float,
    across: float,
) -> Float:
    """Jittered values, one row a group, averaged over every other sample of the same surface about the group's first
    one, as grain would show. `across`: of a sample, metres a metre away."""
    out = np.zeros_like(values)
    done = np.zeros(len(values), np.bool_)
    high, wide = grid.shape
    for y in range(high):
        for x in range(wide):
            here = grid[y, x]
            if here < 0 or done[group[here]]:
                continue
            mine = group[here]
            done[mine] = True
            total, reach = np.float32(0.0), max(np.float32(0.01), 8 * across * depth[here])
            for j in range(max(y % 2, y - CALM), min(high, y + CALM + 1), 2):
                for i in range(max(x % 2, x - CALM), min(wide, x + CALM + 1), 2):
                    there = grid[j, i]
                    if there < 0 or owner[there] != owner[here] or abs(depth[there] - depth[here]) > reach:
                        continue
                    alike = np.float32(0.0)
                    for axis in range(3):
                        alike += normals[here, axis] * normals[there, axis]
                    if alike > 0.85:
                        total += 1
                        for k in range(values.shape[1]):
                            out[mine, k] += values[group[there], k]
            for k in range(values.shape[1]):
                out[mine, k] /= max(total, np.float32(1.0))
    return out
