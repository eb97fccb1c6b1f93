"""What a camera sees first: triangles drawn into a depth buffer, compiled; the same on every run."""

from __future__ import annotations

from dataclasses import dataclass

import numba
import numpy as np
import numpy.typing as npt

from facereason.studio.mesh import Float, Ints

NEAR = 1e-3  # metres before the camera


@dataclass(frozen=True, slots=True)
class Hits:
    """Of the samples that show something. `sample`: which, row by row; `face`: the triangle; `corner`: `(h, 3)`
    weights of its corners."""

    sample: npt.NDArray[np.int64]
    face: npt.NDArray[np.int64]
    corner: Float


def first(
    places: npt.NDArray[np.float64], depth: npt.NDArray[np.float64], faces: Ints, width: int, height: int
) -> Hits:
    """The nearest triangle at the middle of each of `width * height` samples. `places`: where vertices fall, in
    samples; `depth`: metres before the camera. Triangles that reach behind it are left out."""
    nearness = np.where(depth > NEAR, 1 / np.maximum(depth, NEAR), 0.0)
    face, corner = _drawn(np.nan_to_num(places), nearness, faces, width, height)
    seen = np.nonzero(face.ravel() >= 0)[0]
    return Hits(seen, face.ravel()[seen], corner.reshape(-1, 3)[seen])


@numba.njit(cache=True, nogil=True)
def _drawn(
    places: npt.NDArray[np.float64], nearness: npt.NDArray[np.float64], faces: Ints, width: int, height: int
) -> tuple[npt.NDArray[np.int64], Float]:
    best = np.zeros((height, width), np.float64)
    face = np.full((height, width), -1, np.int64)
    corner = np.zeros((height, width, 3), np.float32)
    for f in range(len(faces)):
        a, b, c = faces[f, 0], faces[f, 1], faces[f, 2]
        na, nb, nc = nearness[a], nearness[b], nearness[c]
        if na <= 0 or nb <= 0 or nc <= 0:
            continue
        ax, ay, bx, by, cx, cy = places[a, 0], places[a, 1], places[b, 0], places[b, 1], places[c, 0], places[c, 1]
        area = (bx - ax) * (cy - ay) - (by - ay) * (cx - ax)
        if abs(area) < 1e-12:
            continue
        x0, x1 = max(0, int(np.ceil(min(ax, bx, cx) - 0.5))), min(width - 1, int(np.floor(max(ax, bx, cx) - 0.5)))
        y0, y1 = max(0, int(np.ceil(min(ay, by, cy) - 0.5))), min(height - 1, int(np.floor(max(ay, by, cy) - 0.5)))
        across_u, across_v = (by - cy) / area, (cy - ay) / area
        for y in range(y0, y1 + 1):
            px, py = x0 + 0.5, y + 0.5
            start_u = ((bx - px) * (cy - py) - (by - py) * (cx - px)) / area
            start_v = ((cx - px) * (ay - py) - (cy - py) * (ax - px)) / area
            for x in range(x0, x1 + 1):
                u, v = start_u + (x - x0) * across_u, start_v + (x - x0) * across_v
                w = 1 - u - v
                if u < 0 or v < 0 or w < 0:
                    continue
                near = u * na + v * nb + w * nc
                if near > best[y, x]:
                    best[y, x] = near
                    face[y, x] = f
                    corner[y, x, 0] = u * na / near
                    corner[y, x, 1] = v * nb / near
                    corner[y, x, 2] = w * nc / near
    return face, corner
