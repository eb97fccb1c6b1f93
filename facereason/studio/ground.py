"""The floor takes light as the people on it let it: a soft shade under feet and seats, and the start of a cast shadow.

The floor itself is not drawn: what is painted behind (`backdrop`) is darkened where a pixel looks at it near somebody.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from facereason.studio.light import Placed
from facereason.studio.mesh import Float, f32, unit
from facereason.studio.picture import Camera
from facereason.studio.trace import Solid

COARSE = 2  # pixels a side that are looked at as one
AROUND = 1.4  # metres from somebody
NEAR, LONG = 0.45, 1.5  # metres within which something takes the sky's light, and the key lamp's
SKY, KEY = 6, 4  # rays
DEEPEST = 0.85  # share of the light that is taken at most


def lightness(
    solid: Solid,
    feet: Sequence[npt.NDArray[np.float64]],
    floor: float,
    camera: Camera,
    light: Placed,
    width: int,
    height: int,
    seed: int,
) -> Float:
    """What each pixel's background keeps of its light, `(height, width)`, 1 away from everybody. `feet`: where people
    stand, metres."""
    from scipy.ndimage import gaussian_filter

    wide, high = -(-width // COARSE), -(-height // COARSE)
    points, rows = _looked_at(camera, floor, width, height, wide, high)
    beside = np.min([np.hypot(*(points[:, :2] - place[:2]).T) for place in feet], axis=0)
    points, rows, beside = (values[beside < AROUND] for values in (points, rows, beside))
    kept = np.ones(high * wide, np.float32)
    if len(rows):
        up = np.array([0, 0, 1], np.float32)
        rng = np.random.Generator(np.random.PCG64([seed, 7]))
        start = f32(points + 0.002 * up)

        def reached(ways: Float, reach: float) -> Float:
            return f32(np.clip(solid.distance(start, unit(ways)) / reach, 0, 1))

        def jitter() -> Float:
            return f32(rng.standard_normal(start.shape, np.float32))

        open_ = sum(reached(f32(up * 1.02 + unit(jitter())), NEAR) for _ in range(SKY)) / SKY
        lit = sum(reached(f32(light.key + max(light.softness, 0.06) * jitter()), LONG) for _ in range(KEY)) / KEY
        key, sky = float(light.key_colour.mean() * max(0.0, light.key[2])), float(light.sky.mean())
        there = f32((key * lit + sky * open_) / max(key + sky, 1e-6))
        fade = f32(np.clip((AROUND - beside) / 0.4, 0, 1))
        kept[rows] = 1 - DEEPEST * (1 - there) * fade
    soft = gaussian_filter(kept.reshape(high, wide), max(width, height) / COARSE / 250, mode="nearest")
    return f32(np.repeat(np.repeat(soft, COARSE, 0), COARSE, 1)[:height, :width])


def _looked_at(
    camera: Camera, floor: float, width: int, height: int, wide: int, high: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
    """Where the rays of coarse pixels meet the floor, and which pixels they are."""
    scale = max(width, height) / 2 / np.tan(np.radians(camera.fov / 2))
    y, x = np.divmod(np.arange(high * wide), wide)
    right = ((x + 0.5) * COARSE - width / 2) / scale
    down = ((y + 0.5) * COARSE - height / 2) / scale
    ways = camera.axes[1] + right[:, None] * camera.axes[0] - down[:, None] * camera.axes[2]
    falls = ways[:, 2] < -1e-3
    far = (floor - camera.position[2]) / np.where(falls, ways[:, 2], -1.0)
    meets = np.nonzero(falls & (far > 0))[0]
    return camera.position + far[meets, None] * ways[meets], meets
