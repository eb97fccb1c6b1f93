"""Value noise over space (Perlin 1985's lattice with smooth interpolation), compiled; the same on every run."""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float32]
LATTICE = np.random.Generator(np.random.PCG64(20)).random((64, 64, 64)).astype(np.float32)


def noise(points: npt.NDArray[np.floating], frequency: float | tuple[float, float, float], octaves: int = 1) -> Float:
    """Values `(n,)` about 0, within -.5 to .5, of points `(n, 3)`; each further octave at twice the frequency and half
    the weight."""
    scale = np.broadcast_to(np.asarray(frequency, np.float32), 3)
    found: Float = _noise(np.ascontiguousarray(points * scale, dtype=np.float32), LATTICE, octaves)
    return found


@numba.njit(cache=True, nogil=True)
def _noise(points: Float, lattice: Float, octaves: int) -> Float:
    out = np.zeros(len(points), np.float32)
    for n in range(len(points)):
        weight, total, scale = np.float32(1.0), np.float32(0.0), np.float32(1.0)
        for octave in range(octaves):
            x = points[n, 0] * scale + octave * 17.3
            y = points[n, 1] * scale + octave * 5.7
            z = points[n, 2] * scale + octave * 11.1
            i, j, k = int(np.floor(x)), int(np.floor(y)), int(np.floor(z))
            u, v, w = x - i, y - j, z - k
            u, v, w = u * u * (3 - 2 * u), v * v * (3 - 2 * v), w * w * (3 - 2 * w)
            i, j, k = i & 63, j & 63, k & 63
            i1, j1, k1 = (i + 1) & 63, (j + 1) & 63, (k + 1) & 63
            near = (lattice[i, j, k] * (1 - u) + lattice[i1, j, k] * u) * (1 - v) + (
                lattice[i, j1, k] * (1 - u) + lattice[i1, j1, k] * u
            ) * v
            far = (lattice[i, j, k1] * (1 - u) + lattice[i1, j, k1] * u) * (1 - v) + (
                lattice[i, j1, k1] * (1 - u) + lattice[i1, j1, k1] * u
            ) * v
            out[n] += weight * (near * (1 - w) + far * w - np.float32(0.5))
            total += weight
            weight *= np.float32(0.5)
            scale *= np.float32(2.0)
        out[n] /= total
    return out


def smooth(low: float, high: float, x: npt.ArrayLike) -> npt.NDArray[np.float32]:
    """0 below `low`, 1 above `high` (or the other way round), smooth between."""
    t = np.clip((np.asarray(x, np.float32) - low) / (high - low), 0, 1)
    out: npt.NDArray[np.float32] = (t * t * (3 - 2 * t)).astype(np.float32)
    return out
