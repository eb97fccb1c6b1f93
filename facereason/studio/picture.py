"""Parts, a camera and light to a picture, and what each pixel shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from facereason.studio.figure import Material, Part, with_normals
from facereason.studio.light import Placed, Seen
from facereason.studio.mesh import Float, f32
from facereason.studio.shade import shaded
from facereason.studio.trace import Solid

SAMPLES = 2  # rays a pixel and axis
SKY_RAYS = 2  # rays towards the open a sample
REACH = 0.12  # metres within which something darkens what is behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """`position` and `target` in metres, z up; `fov`: degrees across the longer side; `roll`: degrees the picture's
    content turns clockwise."""

    position: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]
    fov: float
    roll: float = 0.0

    @property
    def axes(self) -> npt.NDArray[np.float64]:
        """Rows: to the picture's right, towards the scene, up."""
        ahead = self.target - self.position
        ahead = ahead / np.linalg.norm(ahead)
        right = np.cross(ahead, [0, 0, 1.0])
        right /= np.linalg.norm(right)
        up = np.cross(right, ahead)
        c, s = np.cos(np.radians(self.roll)), np.sin(np.radians(self.roll))
        return np.stack([c * right + s * up, ahead, -s * right + c * up])

    def rays(self, width: int, height: int) -> Float:
        """Unit directions `(height * width, 3)`, row by row."""
        reach = np.tan(np.radians(self.fov / 2)) / max(width, height)
        x = (2 * np.arange(width) + 1 - width) * reach
        y = (height - 1 - 2 * np.arange(height)) * reach
        right, ahead, up = self.axes
        ways = ahead + x[None, :, None] * right + y[:, None, None] * up
        ways = ways.reshape(-1, 3)
        return f32(ways / np.linalg.norm(ways, axis=1, keepdims=True))

    def project(self, points: npt.NDArray[np.floating], width: int, height: int) -> npt.NDArray[np.float64]:
        """Pixels `(n, 2)` of points `(n, 3)`, and NaN behind the camera."""
        local = (points - self.position) @ self.axes.T
        depth = np.where(local[:, 1] > 1e-6, local[:, 1], np.nan)
        scale = max(width, height) / 2 / np.tan(np.radians(self.fov / 2))
        return np.stack([width / 2 + local[:, 0] / depth * scale, height / 2 - local[:, 2] / depth * scale], 1)


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
    inside: Sequence[Float | None],
    camera: Camera,
    light: Placed,
    width: int,
    height: int,
    seed: int,
) -> Picture:
    """Trace a picture. `inside`: for each skin part what of it lies within the mouth, one value a vertex."""
    wide, high = width * SAMPLES, height * SAMPLES
    starts = np.cumsum([0] + [len(part.vertices) for part in parts])
    ends = np.cumsum([len(part.faces) for part in parts])
    vertices = np.concatenate([part.vertices for part in parts]).astype(np.float32)
    faces = np.concatenate([part.faces + start for part, start in zip(parts, starts, strict=False)]).astype(np.int32)
    solid = Solid(vertices, faces)
    ways = camera.rays(wide, high)
    origin = np.broadcast_to(camera.position.astype(np.float32), ways.shape)
    hits = solid.first(origin, ways)
    owner = np.searchsorted(ends, hits.face, side="right")
    colour = np.zeros((len(hits.ray), 3), np.float32)
    places = np.zeros((len(hits.ray), 3), np.float32)
    rng = np.random.Generator(np.random.PCG64([seed, 3]))
    points = origin[hits.ray] + ways[hits.ray] * hits.distance[:, None]
    view = -ways[hits.ray]
    normals = np.zeros_like(points)
    for number, part in enumerate(parts):
        rows = np.nonzero(owner == number)[0]
        if len(rows):
            corners = part.faces[hits.face[rows] - (ends[number] - len(part.faces))]
            normals[rows] = _blend(with_normals(part), corners, hits.corner[rows])
            places[rows] = _blend(part.coords, corners, hits.corner[rows])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-9
    away = (normals * view).sum(1, keepdims=True) < 0
    normals = np.where(away, -normals, normals).astype(np.float32)
    lit, sky = _reached(solid, points, normals, light, rng)
    grid = np.full(high * wide, -1, np.int64)
    grid[hits.ray] = np.arange(len(hits.ray))
    lit, sky = _calmed(np.stack([lit, sky], 1), grid.reshape(high, wide), owner, hits.distance, normals).T
    for number, part in enumerate(parts):
        rows = np.nonzero(owner == number)[0]
        if not len(rows):
            continue
        corners = part.faces[hits.face[rows] - (ends[number] - len(part.faces))]
        along = normals[rows] if part.along is None else _blend(part.along, corners, hits.corner[rows])
        seen = Seen(normals[rows], view[rows], lit[rows], sky[rows], places[rows], along)
        mouth = inside[number]
        within = None if mouth is None else (_blend(mouth[:, None], corners, hits.corner[rows])[:, 0] > 0.5)
        colour[rows] = shaded(part, seen, light, None if within is None else within.astype(np.float32))
    full = np.zeros((high * wide, 4), np.float32)
    full[hits.ray, :3], full[hits.ray, 3] = colour, 1
    mean = full.reshape(height, SAMPLES, width, SAMPLES, 4).mean((1, 3))
    number_at = np.full(high * wide, -1, np.int16)
    number_at[hits.ray] = owner
    place_at, depth_at = np.zeros((high * wide, 3), np.float32), np.full(high * wide, np.inf, np.float32)
    place_at[hits.ray], depth_at[hits.ray] = places, hits.distance
    pick = (slice(None, None, SAMPLES), slice(None, None, SAMPLES))
    return Picture(
        mean[..., :3],
        mean[..., 3],
        number_at.reshape(high, wide)[pick],
        place_at.reshape(high, wide, 3)[pick],
        depth_at.reshape(high, wide)[pick],
    )


def developed(light: Float) -> npt.NDArray[np.uint8]:
    """Linear light to sRGB bytes, highlights rolled off (Reinhard et al. 2002)."""
    rolled = np.clip(light, 0, None)
    rolled = rolled * (1 + rolled / 4.0) / (1 + rolled * 0.62)
    out: npt.NDArray[np.uint8] = (np.clip(rolled, 0, 1) ** (1 / 2.2) * 255 + 0.5).astype(np.uint8)
    return out


def _blend(values: Float, corners: npt.NDArray[np.int32], weights: Float) -> Float:
    first, second, third = (values[corners[:, i]] * weights[:, i : i + 1] for i in range(3))
    return f32(first + second + third)


def _reached(
    solid: Solid, points: Float, normals: Float, light: Placed, rng: np.random.Generator
) -> tuple[Float, Float]:
    """Share of the key light that arrives, and openness to the sky, by jittered rays."""
    start = points + normals * 0.0022
    way = light.key + light.softness * rng.standard_normal(points.shape, np.float32)
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    lit = solid.open(start, way)
    sky = np.zeros(len(points), np.float32)
    for _ in range(SKY_RAYS):
        ray = rng.standard_normal(points.shape, np.float32)
        ray = normals * 1.02 + ray / np.linalg.norm(ray, axis=1, keepdims=True)
        ray /= np.linalg.norm(ray, axis=1, keepdims=True)
        sky += np.clip(solid.distance(start, ray) / REACH, 0, 1)
    return lit, f32(sky / SKY_RAYS)


@numba.njit(cache=True, nogil=True)
def _calmed(
    values: Float, grid: npt.NDArray[np.int64], owner: npt.NDArray[np.int64], depth: Float, normals: Float
) -> Float:
    """Jittered values averaged over 5 x 5 samples of the same surface, as grain would show."""
    out = np.zeros_like(values)
    high, wide = grid.shape
    for y in range(high):
        for x in range(wide):
            here = grid[y, x]
            if here < 0:
                continue
            total = np.float32(0.0)
            for j in range(max(0, y - 2), min(high, y + 3)):
                for i in range(max(0, x - 2), min(wide, x + 3)):
                    there = grid[j, i]
                    if there < 0 or owner[there] != owner[here] or abs(depth[there] - depth[here]) > 0.01:
                        continue
                    alike = np.float32(0.0)
                    for axis in range(3):
                        alike += normals[here, axis] * normals[there, axis]
                    if alike > 0.85:
                        total += 1
                        for k in range(values.shape[1]):
                            out[here, k] += values[there, k]
            for k in range(values.shape[1]):
                out[here, k] /= max(total, np.float32(1.0))
    return out


PEOPLE = (Material.SKIN, Material.EYE, Material.TEETH, Material.TONGUE, Material.HAIR, Material.LASH, Material.CLOTH)
