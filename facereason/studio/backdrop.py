"""What lies behind the people: out-of-focus places, painted in the picture's plane."""

from __future__ import annotations

import numpy as np

from facereason.studio.mesh import Float, f32
from facereason.studio.spec import Background, linear


def painted(background: Background, width: int, height: int) -> Float:
    """Linear RGB `(height, width, 3)`."""
    from scipy.ndimage import gaussian_filter

    rng = np.random.Generator(np.random.PCG64([background.seed, 5]))
    base = np.array(linear(background.colour), np.float32)
    u = np.arange(width, dtype=np.float32)[None] / max(width, height)
    v = np.arange(height, dtype=np.float32)[:, None] / (max(width, height) if background.kind == "wall" else height)
    out = np.empty((height, width, 3), np.float32)
    if background.kind == "plain":
        out[:] = base * (1.10 - 0.25 * np.hypot(u - 0.5, v - 0.4))[..., None]
    elif background.kind == "gradient":
        out[:] = base * (1.35 - 0.95 * v + 0 * u)[..., None]
    else:
        out[:] = base
        for kind, colour, left, top, wide, tall in _things(background.kind, rng, base):
            if kind == "disc":
                out[np.hypot((u - left) / wide, (v - top) / tall) < 0.5] = colour
            else:
                columns = np.nonzero(np.abs(u[0] - left - wide / 2) < wide / 2)[0]
                rows = np.nonzero(np.abs(v[:, 0] - top - tall / 2) < tall / 2)[0]
                if len(rows) and len(columns):
                    out[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = colour
        soft = (
            max(width, height)
            * {"wall": 0.004, "room": 0.010, "office": 0.012, "park": 0.018, "street": 0.014}[background.kind]
        )
        out = gaussian_filter(out, (soft, soft, 0), mode="nearest")
        out *= (1.05 - 0.2 * v + 0 * u)[..., None]
    return np.clip(out, 0, None)


Thing = tuple[str, Float, float, float, float, float]


def _things(kind: str, rng: np.random.Generator, base: Float) -> list[Thing]:
    def colour(*rgb: float) -> Float:
        return f32(np.array(rgb) * rng.uniform(0.75, 1.25))

    out: list[Thing] = []
    if kind == "wall":
        row = 0.045
        for i in range(int(1 / row) + 1):
            for j in range(-1, 9):
                left = j * 0.13 + (i % 2) * 0.065
                brick = (base * rng.uniform(0.75, 1.2)).astype(np.float32)
                out.append(("box", brick, left + 0.003, i * row + 0.003, 0.124, row - 0.006))
        return [("box", (base * 0.45).astype(np.float32), 0, 0, 1.2, 1.2), *out]
    if kind == "room":
        out += [
            ("box", colour(0.30, 0.20, 0.12), -0.1, 0.78, 1.3, 0.4),
            ("box", colour(0.55, 0.52, 0.46), -0.1, 0.76, 1.3, 0.025),
        ]
        left = rng.uniform(0.05, 0.6)
        out += [
            ("box", colour(0.8, 0.8, 0.78), left, 0.10, 0.30, 0.42),
            ("box", colour(0.75, 0.9, 1.1), left + 0.02, 0.12, 0.12, 0.38),
        ]
        out += [("box", colour(0.75, 0.9, 1.1), left + 0.16, 0.12, 0.12, 0.38)]
        out += [("disc", colour(0.06, 0.20, 0.07), (left + 0.5) % 1, 0.62, 0.2, 0.3)]
        return out
    if kind == "office":
        out.append(("box", colour(0.22, 0.21, 0.20), -0.1, 0.80, 1.3, 0.4))
        for _ in range(3):
            left = rng.uniform(-0.1, 0.9)
            out.append(("box", colour(0.35, 0.27, 0.20), left, 0.15, 0.22, 0.6))
            for row in range(4):
                for book in range(8):
                    shade = colour(*rng.uniform(0.05, 0.5, 3))
                    out.append(("box", shade, left + 0.01 + book * 0.025, 0.17 + row * 0.14, 0.02, 0.11))
        return out
    if kind == "park":
        out.append(("box", colour(0.55, 0.72, 0.95), -0.1, -0.1, 1.3, 0.5))
        out.append(("box", colour(0.16, 0.30, 0.08), -0.1, 0.62, 1.3, 0.6))
        for _ in range(26):
            out.append(
                (
                    "disc",
                    colour(0.07, 0.19, 0.05),
                    rng.uniform(-0.1, 1.1),
                    rng.uniform(0.15, 0.62),
                    *rng.uniform(0.1, 0.32, 2),
                )
            )
        for _ in range(14):
            size = rng.uniform(0.02, 0.06)
            out.append(("disc", colour(0.5, 0.65, 0.3), rng.uniform(0, 1), rng.uniform(0.1, 0.6), size, size))
        return out
    out.append(("box", colour(0.6, 0.68, 0.8), -0.1, -0.1, 1.3, 0.35))
    out.append(("box", colour(0.20, 0.20, 0.21), -0.1, 0.8, 1.3, 0.4))
    left = -0.1
    while left < 1.1:
        wide, top = rng.uniform(0.14, 0.28), rng.uniform(-0.05, 0.25)
        house = colour(0.38, 0.30, 0.25)
        out.append(("box", house, left, top, wide, 0.85 - top))
        for i in range(7):
            for j in range(int(wide / 0.055)):
                pane = colour(0.30, 0.36, 0.44) if rng.random() < 0.7 else colour(0.9, 0.75, 0.45)
                out.append(("box", pane, left + 0.015 + j * 0.055, top + 0.04 + i * 0.11, 0.03, 0.06))
        left += wide
    return out
