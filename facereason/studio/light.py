"""Light and what surfaces make of it. Directions are unit vectors towards the light, colours linear RGB."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facereason.studio.mesh import Float, dots, f32, unit
from facereason.studio.noise import smooth


@dataclass(frozen=True, slots=True, kw_only=True)
class Lamp:
    """`direction` in the camera's axes: right, towards the scene, up."""

    direction: tuple[float, float, float]
    colour: tuple[float, float, float]
    softness: float = 0.08


@dataclass(frozen=True, slots=True, kw_only=True)
class Lighting:
    """One lamp that throws shadows, two that do not, and light from above and below."""

    key: Lamp
    fill: Lamp
    rim: Lamp
    sky: tuple[float, float, float]
    ground: tuple[float, float, float]


LIGHTINGS: Mapping[str, Lighting] = {
    "studio": Lighting(
        key=Lamp(direction=(-0.70, -0.70, 0.65), colour=(1.45, 1.38, 1.30), softness=0.12),
        fill=Lamp(direction=(0.80, -0.60, 0.10), colour=(0.20, 0.21, 0.23)),
        rim=Lamp(direction=(0.55, 0.75, 0.40), colour=(0.50, 0.51, 0.54)),
        sky=(0.33, 0.34, 0.36),
        ground=(0.17, 0.155, 0.15),
    ),
    "window": Lighting(
        key=Lamp(direction=(-0.95, -0.35, 0.30), colour=(1.08, 1.06, 1.04), softness=0.22),
        fill=Lamp(direction=(0.70, -0.70, 0.00), colour=(0.16, 0.15, 0.14)),
        rim=Lamp(direction=(-0.50, 0.80, 0.30), colour=(0.25, 0.26, 0.28)),
        sky=(0.34, 0.34, 0.35),
        ground=(0.24, 0.22, 0.20),
    ),
    "overcast": Lighting(
        key=Lamp(direction=(-0.10, -0.60, 0.90), colour=(0.62, 0.64, 0.68), softness=0.45),
        fill=Lamp(direction=(0.30, -0.90, 0.10), colour=(0.22, 0.23, 0.24)),
        rim=Lamp(direction=(0.30, 0.80, 0.50), colour=(0.22, 0.23, 0.25)),
        sky=(0.66, 0.68, 0.72),
        ground=(0.28, 0.27, 0.25),
    ),
    "sun": Lighting(
        key=Lamp(direction=(0.55, -0.60, 0.75), colour=(1.45, 1.32, 1.12), softness=0.03),
        fill=Lamp(direction=(-0.60, -0.70, 0.10), colour=(0.20, 0.22, 0.27)),
        rim=Lamp(direction=(0.30, 0.80, 0.60), colour=(0.40, 0.38, 0.32)),
        sky=(0.40, 0.46, 0.56),
        ground=(0.30, 0.27, 0.22),
    ),
    "evening": Lighting(
        key=Lamp(direction=(0.85, -0.45, 0.25), colour=(1.15, 0.86, 0.58), softness=0.08),
        fill=Lamp(direction=(-0.80, -0.50, 0.20), colour=(0.20, 0.22, 0.30)),
        rim=Lamp(direction=(0.70, 0.70, 0.20), colour=(0.60, 0.42, 0.25)),
        sky=(0.32, 0.33, 0.40),
        ground=(0.24, 0.20, 0.17),
    ),
    "side": Lighting(
        key=Lamp(direction=(-1.00, -0.10, 0.20), colour=(1.15, 1.10, 1.05), softness=0.10),
        fill=Lamp(direction=(0.60, -0.80, 0.10), colour=(0.14, 0.14, 0.15)),
        rim=Lamp(direction=(0.80, 0.60, 0.30), colour=(0.35, 0.36, 0.40)),
        sky=(0.26, 0.27, 0.29),
        ground=(0.17, 0.16, 0.15),
    ),
    "back": Lighting(
        key=Lamp(direction=(0.45, 0.80, 0.55), colour=(1.25, 1.18, 1.05), softness=0.08),
        fill=Lamp(direction=(-0.30, -0.90, 0.20), colour=(0.42, 0.42, 0.44)),
        rim=Lamp(direction=(-0.60, 0.70, 0.40), colour=(0.50, 0.48, 0.45)),
        sky=(0.48, 0.49, 0.52),
        ground=(0.30, 0.28, 0.26),
    ),
}


@dataclass(frozen=True, slots=True)
class Placed:
    """Lighting in the world's axes. `strength` and `warmth` are applied."""

    key: Float
    key_colour: Float
    softness: float
    fill: Float
    fill_colour: Float
    rim: Float
    rim_colour: Float
    sky: Float
    ground: Float


def placed(
    kind: str, axes: npt.NDArray[np.float64], azimuth: float, elevation: float, strength: float, warmth: float
) -> Placed:
    """The lighting of that kind for a camera with rows right, towards the scene, up in `axes` `(3, 3)`; the key lamp
    turned by `azimuth` and raised by `elevation` degrees; `warmth`: -1 cold to 1 warm."""
    chosen = LIGHTINGS[kind]
    tint = np.array([1 + 0.16 * warmth, 1.0, 1 - 0.20 * warmth])

    def way(lamp: Lamp, turn: float = 0.0, lift: float = 0.0) -> Float:
        x, y, z = lamp.direction
        a = np.radians(turn)
        x, y = x * np.cos(a) + y * np.sin(a), -x * np.sin(a) + y * np.cos(a)
        flat = np.hypot(x, y)
        high = np.arctan2(z, flat) + np.radians(lift)
        local = np.array([x / flat * np.cos(high), y / flat * np.cos(high), np.sin(high)])
        return f32(local @ axes)

    def glow(colour: tuple[float, float, float]) -> Float:
        return f32(np.array(colour) * tint * strength)

    return Placed(
        way(chosen.key, azimuth, elevation), glow(chosen.key.colour), chosen.key.softness,
        way(chosen.fill), glow(chosen.fill.colour), way(chosen.rim), glow(chosen.rim.colour),
        glow(chosen.sky), glow(chosen.ground),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """Surface points as shaders take them, all `(n, ...)`: unit normals and directions to the eye, the share of key
    light that arrives, openness to the sky, texture places, strand or eye directions."""

    normals: Float
    view: Float
    lit: Float
    open: Float
    places: Float
    along: Float

    def only(self, rows: npt.NDArray[np.int64]) -> Seen:
        """These points alone."""
        return Seen(
            *(values[rows] for values in (self.normals, self.view, self.lit, self.open, self.places, self.along))
        )


def matte(seen: Seen, light: Placed, albedo: Float, normals: Float, wrap: tuple[float, float, float]) -> Float:
    """Light that enters and comes out again: `wrap` lets it reach round the edge by colour, as it does in skin."""
    w = np.array(wrap, np.float32)
    nl = (normals @ light.key)[:, None]
    direct = np.clip((nl + w) / (1 + w), 0, 1)
    passed = seen.lit[:, None] * (1 - 0.5 * w) + 0.5 * w * smooth(-0.3, 0.4, nl)
    occluded = seen.open[:, None]
    from_sky = 0.5 + 0.5 * normals[:, 2:3]
    ambient = (light.sky * from_sky + light.ground * (1 - from_sky)) * occluded ** np.array(
        [0.75, 1.0, 1.05], np.float32
    )
    fill = np.clip(normals @ light.fill * 0.8 + 0.2, 0, 1)[:, None] * light.fill_colour * occluded
    rim = np.clip(normals @ light.rim, 0, 1)[:, None] * light.rim_colour * occluded * 0.5
    out: Float = (albedo * (direct * passed * light.key_colour + ambient + fill + rim)).astype(np.float32)
    return out


def shine(seen: Seen, light: Placed, normals: Float, power: float, base: float = 0.04) -> Float:
    """Gloss `(n,)`: a normalised Blinn highlight of the key and the fill lamp, and the sky at grazing angles
    (Schlick 1994)."""
    facing = np.clip(dots(normals, seen.view), 0, 1)
    fresnel = base + (1 - base) * (1 - facing) ** 5
    total = np.zeros(len(normals), np.float32)
    for way, strength, shadow in (
        (light.key, float(light.key_colour.mean()), seen.lit),
        (light.fill, float(light.fill_colour.mean()), seen.open),
    ):
        half = unit(seen.view + way)
        lobe = (power + 8) / 25 * np.clip(dots(normals, half), 0, 1) ** power
        total += strength * lobe * np.clip(normals @ way, 0, 1) * shadow
    sky = float(light.sky.mean()) * np.clip(0.5 + 0.5 * normals[:, 2], 0, 1) * seen.open
    return f32(fresnel * (total + sky))
