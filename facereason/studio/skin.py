"""What skin looks like at a place of the face: colour, fine relief and gloss, painted on the rig's template.

Places are template coordinates: x to the person's left, y up, z to the front, decimetres; the eyes lie at y 7.29,
the mouth's corners at (.25, 6.61).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facereason.studio.hair import scalp
from facereason.studio.mesh import Float, f32
from facereason.studio.noise import noise, smooth
from facereason.studio.units import Sides

# Ten steps from light to dark in the order of the Monk Skin Tone scale (Monk 2019), as sRGB of evenly lit living skin:
# the scale's own swatches are flat colours and hold less red than a face does.
TONES = np.array(
    [
        (0.95, 0.81, 0.73), (0.93, 0.77, 0.67), (0.90, 0.72, 0.60), (0.85, 0.65, 0.52), (0.78, 0.57, 0.43),
        (0.66, 0.46, 0.33), (0.55, 0.36, 0.25), (0.43, 0.275, 0.19), (0.325, 0.205, 0.145), (0.245, 0.155, 0.115),
    ],
    np.float32,
)  # fmt: skip
HAIR_COLOURS: Mapping[str, tuple[float, float, float]] = {
    "black": (0.022, 0.018, 0.017),
    "brown": (0.105, 0.055, 0.030),
    "blond": (0.50, 0.34, 0.16),
    "red": (0.34, 0.105, 0.035),
    "grey": (0.36, 0.35, 0.34),
    "white": (0.74, 0.73, 0.71),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SkinLook:
    """What the skin of one person needs: `tone` 1 to 10, `years`, the strength of each unit (left, right), hair colour,
    `beard` (none, stubble, moustache, full), `hair` style, how much it is a man's brow (`gender`, 0 to 1)."""

    tone: float
    years: float
    units: Mapping[int, Sides]
    hair_colour: str
    hair: str
    beard: str
    gender: float
    seed: int

    @property
    def age(self) -> float:
        """0 up to 30 years, 1 at 80."""
        return float(np.clip((self.years - 30) / 50, 0, 1))


@dataclass(frozen=True, slots=True)
class Painted:
    """`albedo`: `(n, 3)` linear; `relief`: `(n, 2)` slopes of the surface along template x and y; `gloss`: `(n,)`;
    `lips`: `(n,)`, 1 on them."""

    albedo: Float
    relief: Float
    gloss: Float
    lips: Float


def base_colour(tone: float) -> Float:
    """Linear RGB of a tone between 1 and 10."""
    steps = np.arange(1, 11)
    srgb = np.array([np.interp(tone, steps, TONES[:, channel]) for channel in range(3)], np.float32)
    return f32(srgb**2.2)


def painted(places: Float, inside: Float, look: SkinLook) -> Painted:
    """Skin at `places` `(n, 3)`; `inside`: 1 within the mouth."""
    x, y, z = places.T
    across = np.abs(x)
    face = ((z > 0.85) & (y > 6.1)).astype(np.float32)
    albedo = _blotched(places, look) * _reddened(across, y, face, look)
    lips = _lips(across, y, z)
    albedo = _mixed(albedo, _lip_colour(places, look), lips * (1 - inside))
    albedo = _mixed(albedo, np.array(HAIR_COLOURS[look.hair_colour], np.float32) * 0.8, _beard(places, face, look))
    albedo = _mixed(albedo, _brow_colour(look), _brows(x, y, z, look))
    albedo *= 1 - 0.55 * _lid_line(across, y, z)[:, None]
    if look.hair != "bald":
        root = smooth(-0.07, 0.06, scalp(places) + 0.16 * noise(places, (9, 3, 9), 2))
        albedo = _mixed(albedo, np.array(HAIR_COLOURS[look.hair_colour], np.float32) * 0.7, 0.93 * root)
    albedo = _mixed(albedo, np.array([0.20, 0.045, 0.045], np.float32), inside)
    height, slope = _furrows(x, y, look)
    albedo = albedo * (1 + 0.20 * np.clip(height * face, -2.0, 0))[:, None]
    fine = 0.06 * np.stack([noise(places, 95.0), noise(places + 7, 95.0)], 1) * (1 + 0.8 * look.age)
    chin = 1.2 * _chin(across, y, look) * face
    albedo = albedo * (1 - 0.45 * chin * np.clip(noise(places, 24.0), 0, 1))[:, None]
    fine += chin[:, None] * np.stack([noise(places + 3, 24.0), noise(places + 11, 24.0)], 1)
    relief = (slope * face[:, None] + fine).astype(np.float32)
    oily = 0.55 + 0.45 * np.exp(-((across / 0.28) ** 2) - ((y - 7.1) / 0.75) ** 2)
    gloss = (oily * (1 - inside) + 0.9 * lips).astype(np.float32)
    return Painted(albedo.astype(np.float32), relief, gloss, lips.astype(np.float32))


def on_lips(places: Float) -> Float:
    """1 at places `(n, 3)` of the lips, 0 elsewhere."""
    return _lips(np.abs(places[:, 0]), places[:, 1], places[:, 2])


def _mixed(under: Float, over: Float, share: npt.NDArray[np.floating]) -> Float:
    weight = np.clip(share, 0, 1)[:, None]
    return f32(under * (1 - weight) + over * weight)


def _blotched(places: Float, look: SkinLook) -> Float:
    rough = 0.16 * noise(places + look.seed, 4.5) + 0.10 * noise(places, 20.0) + 0.10 * noise(places, 60.0)
    spots = smooth(0.27, 0.36, noise(places + 3 * look.seed, 17.0)) * 0.16 * look.age
    freckles = smooth(0.25, 0.33, noise(places - look.seed, 34.0)) * (
        0.09 if look.seed % 7 == 3 and look.tone < 5 else 0
    )
    shade = 1 + rough - spots - freckles
    return f32(base_colour(look.tone)[None] * shade[:, None])


def _reddened(across: Float, y: Float, face: Float, look: SkinLook) -> Float:
    """Blood in cheeks, nose, chin and ears; shade round the eyes."""

    def spot(cx: float, cy: float, wx: float, wy: float) -> Float:
        return f32(np.exp(-(((across - cx) / wx) ** 2) - ((y - cy) / wy) ** 2))

    red = 0.55 * spot(0.42, 6.95, 0.18, 0.15) + 0.5 * spot(0.0, 6.93, 0.13, 0.12) + 0.25 * spot(0.0, 6.34, 0.25, 0.12)
    red = red * face + 0.35 * ((across > 0.74) & (y > 6.8) & (y < 7.6))
    dark = spot(0.33, 7.30, 0.19, 0.12) * face * (0.8 + 0.5 * look.age)
    light = 1 - 0.04 * look.tone
    tint = 1 - red[:, None] * np.array([0.02, 0.22, 0.19], np.float32) * light
    return f32(tint * (1 - dark[:, None] * np.array([0.15, 0.22, 0.20], np.float32)))


def _lips(across: Float, y: Float, z: Float) -> Float:
    upper = np.interp(across, [0, 0.045, 0.10, 0.18, 0.25], [6.672, 6.694, 6.688, 6.655, 6.612])
    lower = np.interp(across, [0, 0.10, 0.18, 0.25], [6.508, 6.518, 6.555, 6.608])
    return f32(smooth(0, 0.022, upper - y) * smooth(0, 0.024, y - lower) * (across < 0.252) * (z > 1.3))


def _lip_colour(places: Float, look: SkinLook) -> Float:
    tint = base_colour(look.tone) * np.array([0.88, 0.52, 0.52], np.float32) + np.array([0.03, 0.0, 0.005], np.float32)
    grain = 1 - 0.22 * (noise(places, (70, 9, 20)) + 0.5)
    return f32(tint[None] * grain[:, None])


def _beard(places: Float, face: Float, look: SkinLook) -> Float:
    if look.beard == "none":
        return np.zeros(len(places), np.float32)
    across, y, z = np.abs(places[:, 0]), places[:, 1], places[:, 2]
    jaw = smooth(6.76, 6.56, y - 0.10 * smooth(0.35, 0.6, across)) * smooth(0.80, 0.60, across) * smooth(0.35, 0.65, z)
    jaw = np.maximum(jaw, smooth(0.45, 0.55, across) * smooth(7.0, 6.7, y) * smooth(0.82, 0.72, across) * (z > 0.7))
    under = smooth(5.95, 6.15, y)
    lip = np.exp(-((across / 0.23) ** 4)) * smooth(6.68, 6.71, y) * smooth(6.84, 6.79, y)
    area = {"moustache": lip, "stubble": np.maximum(jaw * under, lip), "full": np.maximum(jaw * under, lip)}[look.beard]
    grain = noise(places, (60, 22, 60), 2)
    strength, cover = {"stubble": (0.55, 0.35), "moustache": (0.95, 0.85), "full": (0.97, 0.9)}[look.beard]
    outside_lips = 1 - 0.9 * _lips(across, y, z)
    return f32(strength * area * np.clip(cover + 1.1 * grain, 0, 1) * outside_lips * (z > 0.3))


def _brow_colour(look: SkinLook) -> Float:
    own = np.array(HAIR_COLOURS[look.hair_colour], np.float32)
    return f32(0.75 * own if look.hair_colour in ("black", "brown") else 0.45 * own)


def _brows(x: Float, y: Float, z: Float, look: SkinLook) -> Float:
    line = [(0.105, 7.425), (0.22, 7.475), (0.36, 7.50), (0.46, 7.485), (0.555, 7.43)]
    distance, share = _to_line(np.abs(x), y, line)
    width = np.interp(share, [0, 0.15, 0.6, 1], [0.028, 0.036, 0.028, 0.008]) * (0.85 + 0.4 * look.gender)
    hairs = noise(np.stack([np.abs(x) + y * 0.9, y * 0.3 - np.abs(x) * 0.25, 0 * x], 1), 120.0, 2)
    return f32(smooth(1.2, 0.5, distance / width) * np.clip(0.80 + 0.9 * hairs, 0, 1) * (z > 0.9) * 0.92)


def _lid_line(across: Float, y: Float, z: Float) -> Float:
    ring = np.sqrt(((across - 0.325) / 0.134) ** 2 + ((y - 7.290) / 0.062) ** 2)
    edge = np.exp(-(((ring - 1.0) / 0.09) ** 2)) * np.where(y > 7.285, 1.0, 0.45)
    return f32(edge * (z > 1.1))


Line = Sequence[tuple[float, float]]
Depths = npt.NDArray[np.float64]


def _furrow_lines(look: SkinLook) -> list[tuple[Line, float, Depths]]:
    """Lines of the left half, width, and depth on the left and on the right: what each unit folds (Ekman, Friesen and
    Hager 2002, appearance changes) and what age leaves."""
    age, units = look.age, look.units

    def unit(number: int) -> Depths:
        return np.array(units.get(number, (0.0, 0.0)))

    fold = np.maximum.reduce([unit(12), unit(9) * 0.7, unit(10) * 0.7, unit(6) * 0.6])
    squint = np.maximum(unit(6), unit(7))
    puckered = np.maximum(unit(18), 0.9 * unit(23))
    lines: list[tuple[Line, float, Depths | float]] = [
        ([(0.155, 6.93), (0.215, 6.80), (0.275, 6.62)], 0.020, 0.15 + 1.1 * fold + 0.6 * age),
        ([(0.125, 7.03), (0.165, 6.95), (0.235, 6.86)], 0.022, 1.2 * np.maximum(unit(10), 0.8 * unit(9))),
        # The forehead: its middle by AU1, its sides by AU2.
        *(
            line
            for y, wears in ((7.66, 0.40), (7.76, 0.40), (7.86, 0.30))
            for line in (
                ([(0, y), (0.11, y + 0.006), (0.24, y - 0.004)], 0.015, 1.2 * unit(1) + wears * age),
                ([(0.20, y), (0.33, y - 0.008), (0.46, y - 0.05)], 0.015, 1.15 * unit(2) + wears * age),
            )
        ),
        ([(0.055, 7.40), (0.065, 7.55)], 0.016, 1.5 * unit(4) + 0.35 * age),
        ([(0.0, 7.335), (0.075, 7.335)], 0.015, 0.9 * unit(4)),
        *(
            ([(0.485, y), (0.60, end)], 0.011, 1.4 * unit(6) + 0.4 * age)
            for y, end in ((7.29, 7.33), (7.265, 7.26), (7.24, 7.19))
        ),
        ([(0, 7.27), (0.08, 7.25)], 0.014, 1.6 * unit(9)),
        ([(0, 7.22), (0.09, 7.19)], 0.014, 1.4 * unit(9)),
        ([(0.05, 7.17), (0.115, 7.08)], 0.014, 1.3 * unit(9)),
        ([(0.21, 7.21), (0.32, 7.165), (0.42, 7.19)], 0.015, 0.2 + 1.1 * squint + 0.55 * age),
        ([(0.25, 7.115), (0.36, 7.075), (0.46, 7.12)], 0.018, 1.1 * unit(6)),  # under the cheek that is raised
        ([(0.26, 6.58), (0.295, 6.50), (0.30, 6.40)], 0.016, 1.2 * unit(15) + 0.35 * age),
        ([(0, 6.43), (0.1, 6.425), (0.18, 6.45)], 0.022, 1.5 * unit(17) + 0.7 * unit(16)),
        ([(0.10, 6.30), (0.17, 6.36), (0.19, 6.43)], 0.020, 0.8 * unit(17)),  # round the chin's boss
        ([(0.30, 6.66), (0.315, 6.58)], 0.016, 1.5 * unit(14)),
        ([(0.335, 6.69), (0.355, 6.60), (0.335, 6.53)], 0.016, 1.0 * np.maximum(unit(14), unit(20))),
        ([(0.36, 6.70), (0.385, 6.60), (0.365, 6.50)], 0.016, 1.2 * unit(20)),
        *(([(x, 6.70), (1.12 * x + 0.005, 6.80)], 0.016, 0.55 * puckered) for x in (0.05, 0.115, 0.18)),
        *(([(x, 6.50), (1.12 * x, 6.43)], 0.016, 0.55 * puckered) for x in (0.06, 0.14)),
        ([(0, 6.715), (0.1, 6.712), (0.2, 6.672)], 0.013, 0.8 * unit(24) + 0.4 * unit(28)),
        ([(0, 6.487), (0.1, 6.492), (0.2, 6.535)], 0.013, 0.8 * unit(24) + 0.4 * unit(28)),
    ]
    return [(line, width, np.broadcast_to(np.asarray(depth, float), 2)) for line, width, depth in lines]


def _furrows(x: Float, y: Float, look: SkinLook) -> tuple[Float, Float]:
    """Height below the skin, and its slope `(n, 2)` along x and y."""
    height, slope, across = np.zeros(len(y), np.float32), np.zeros((len(y), 2), np.float32), f32(np.abs(x))
    for line, width, depths in _furrow_lines(look):
        near = (across < max(p[0] for p in line) + 0.08) & (y > min(p[1] for p in line) - 0.08)
        near &= (y < max(p[1] for p in line) + 0.08) & (across > min(p[0] for p in line) - 0.08)
        rows = np.nonzero(near)[0]
        if depths.max() < 0.03 or not len(rows):
            continue
        depth = depths[(x[rows] < 0).astype(int)]

        def cut(px: Float, py: Float, line: Line = line, width: float = width, depth: Depths = depth) -> Float:
            distance, share = _to_line(px, py, line)
            along = np.sin(np.pi * np.clip(0.12 + 0.76 * share, 0, 1))
            return f32(-depth * np.exp(-((distance / width) ** 2)) * along)

        step, a, b = 0.004, across[rows], y[rows]
        here = cut(a, b)
        height[rows] += here
        slope[rows, 0] += 0.012 * (cut(a + step, b) - here) / step
        slope[rows, 1] += 0.012 * (cut(a, b + step) - here) / step
    slope[:, 0] *= np.sign(x)
    return height, slope


def _chin(across: Float, y: Float, look: SkinLook) -> Float:
    """How much the chin's boss is pitted, 0 to 1: as the chin is pushed up (AU17)."""
    pushed = max(look.units.get(17, (0.0, 0.0)))
    return f32(pushed * np.exp(-((across / 0.17) ** 2) - ((y - 6.33) / 0.085) ** 2))


def _to_line(x: Float, y: Float, line: Line) -> tuple[Float, Float]:
    """Distance to a line of points, and how far along it, 0 to 1."""
    distance, share = np.full(len(x), 9.0, np.float32), np.zeros(len(x), np.float32)
    for k, ((x0, y0), (x1, y1)) in enumerate(itertools.pairwise(line)):
        dx, dy = x1 - x0, y1 - y0
        t = np.clip(((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy), 0, 1)
        away = np.hypot(x - x0 - t * dx, y - y0 - t * dy)
        nearer = away < distance
        distance, share = np.where(nearer, away, distance), np.where(nearer, (k + t) / (len(line) - 1), share)
    return distance.astype(np.float32), share.astype(np.float32)
