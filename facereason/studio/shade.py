"""One shader a material: surface points to linear RGB."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from facereason.studio.figure import Material, Part
from facereason.studio.light import Placed, Seen, matte, shine
from facereason.studio.mesh import Float, dots, f32, unit
from facereason.studio.noise import noise, smooth
from facereason.studio.skin import HAIR_COLOURS, painted

IRIS = 24.0  # degrees from the eye's axis
PUPIL = 8.5
EYE_COLOURS: Mapping[str, tuple[float, float, float]] = {
    "brown": (0.16, 0.075, 0.030),
    "hazel": (0.24, 0.16, 0.065),
    "green": (0.17, 0.25, 0.13),
    "blue": (0.16, 0.29, 0.46),
    "grey": (0.26, 0.31, 0.34),
}


def shaded(part: Part, seen: Seen, light: Placed, inside: Float | None) -> Float:
    """Linear RGB `(n, 3)`; `inside`: for skin, 1 within the mouth."""
    look = part.look
    if part.material is Material.SKIN:
        assert inside is not None
        return _skin(seen, light, look, inside)
    return SHADERS[part.material](seen, light, look)


def _skin(seen: Seen, light: Placed, look: Mapping[str, Any], inside: Float) -> Float:
    paint = painted(seen.places, inside, look["skin"])
    head = look["head"].astype(np.float32)
    right, up = head @ np.array([1, 0, 0], np.float32), head @ np.array([0, 0, 1], np.float32)
    normals = seen.normals - paint.relief[:, :1] * right - paint.relief[:, 1:] * up
    normals = unit(normals)
    open_ = np.where(inside > 0.5, np.maximum(seen.open, 0.15), seen.open)
    seen = Seen(normals, seen.view, seen.lit, open_.astype(np.float32), seen.places, seen.along)
    deep = float(np.clip((look["skin"].tone - 4) / 6, 0, 1))
    wrap = (0.34 - 0.14 * deep, 0.15 - 0.03 * deep, 0.09)
    colour = matte(seen, light, paint.albedo, normals, wrap)
    broad, tight = shine(seen, light, normals, 9.0, 0.028), shine(seen, light, normals, 38.0, 0.028)
    gloss = (0.75 * broad + 0.25 * tight * (1 - 0.5 * deep)) * paint.gloss * (0.85 - 0.25 * deep)
    return colour + gloss[:, None] * np.array([1.0, 0.97, 0.94], np.float32)


def _eye(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    axis = unit(seen.along)
    angle = np.degrees(np.arccos(np.clip(dots(seen.normals, axis), -1, 1)))
    side = np.cross(np.array([0, 0, 1], np.float32), axis)
    turn = np.arctan2(dots(seen.normals, np.cross(axis, side)), dots(seen.normals, side))
    ring = np.stack([np.cos(turn) * 5, np.sin(turn) * 5, angle / 30], 1)
    fibres = 1 + 0.9 * noise(ring, (1.8, 1.8, 1.0), 2)
    white = np.array([0.70, 0.67, 0.645], np.float32) * (
        1 - smooth(35, 62, angle)[:, None] * np.array([0.06, 0.22, 0.22])
    )
    iris = np.array(EYE_COLOURS[look["eyes"]], np.float32) * (fibres * (0.75 + 0.8 * smooth(23, 10, angle)))[:, None]
    iris = (
        iris
        * (1 - 0.75 * smooth(19.5, IRIS, angle))[:, None]
        * (0.03 + 0.97 * smooth(PUPIL, PUPIL + 1.6, angle))[:, None]
    )
    share = smooth(IRIS + 1.5, IRIS - 0.8, angle)[:, None]
    albedo = (white * (1 - share) + iris * share).astype(np.float32)
    colour = matte(seen, light, albedo, seen.normals, (0.25, 0.25, 0.25))
    half = seen.view + light.key
    half = unit(half)
    spark = 1.2 * np.clip(dots(seen.normals, half), 0, 1) ** 320 * float(light.key_colour.mean())
    return f32(colour + (spark * np.clip(seen.lit + 0.5, 0, 1) + 0.02 * seen.open)[:, None])


def _teeth(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    bulge, height = seen.places[:, 0], seen.places[:, 1]
    ivory = np.array([0.84, 0.78, 0.66], np.float32) * (0.62 + 0.38 * smooth(0.03, 0.30, bulge))[:, None]
    gum = smooth(0.55, 0.66, height + 0.10 * bulge)[:, None]
    albedo = ivory * (1 - gum) + np.array([0.42, 0.14, 0.13], np.float32) * gum
    open_ = np.maximum(seen.open, 0.55)
    dim = Seen(seen.normals, seen.view, np.maximum(seen.lit, 0.6), open_, seen.places, seen.along)
    return (
        matte(dim, light, albedo.astype(np.float32), seen.normals, (0.3, 0.3, 0.3))
        + 0.25 * shine(dim, light, seen.normals, 60.0)[:, None]
    )


def _tongue(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    dim = Seen(seen.normals, seen.view, np.maximum(seen.lit, 0.3), np.maximum(seen.open, 0.3), seen.places, seen.along)
    albedo = np.tile(np.array([[0.36, 0.12, 0.115]], np.float32), (len(seen.places), 1))
    return (
        matte(dim, light, albedo, seen.normals, (0.3, 0.15, 0.1))
        + 0.15 * shine(dim, light, seen.normals, 25.0)[:, None]
    )


def _hair(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    """Strands as thin cylinders: the two highlights of Kajiya and Kay (1989), the second in the hair's colour, shifted
    strand by strand."""
    colour = np.array(HAIR_COLOURS[look["colour"]], np.float32)
    curly = look["style"] == "curly"
    fine = noise(seen.places, (46, 2.2, 46) if not curly else (20, 14, 20))
    broad = noise(seen.places, (11, 0.8, 11) if not curly else (7, 6, 7), 2) * (0.4 if look["style"] == "buzz" else 0.8)
    value = 1 + 0.75 * broad + 0.45 * fine
    tangent = unit(seen.along + (0.38 * broad + 0.22 * fine)[:, None] * seen.normals)
    across = np.cross(seen.along, seen.normals)
    normals = unit(seen.normals + (0.55 * broad + 0.5 * fine)[:, None] * across)
    base = matte(seen, light, f32(colour * value[:, None]), normals, (0.2, 0.2, 0.2))
    total = np.zeros((len(base), 3), np.float32)
    for way, strength, shadow in (
        (light.key, light.key_colour, seen.lit),
        (light.fill, light.fill_colour, seen.open),
        (light.rim, light.rim_colour, seen.open),
    ):
        half = seen.view + way
        half = unit(half)
        facing = smooth(-0.2, 0.6, seen.normals @ way)

        def ring(shift: float, power: float, half: Float = half) -> Float:
            th = dots(tangent, half) + shift
            return f32(np.clip(1 - th * th, 0, 1) ** (power / 2))

        white = 0.028 * ring(0.06, 130.0)
        tinted = 0.34 * ring(-0.12, 22.0)
        total += ((white[:, None] + tinted[:, None] * np.sqrt(colour) * 0.42) * (facing * shadow)[:, None]) * strength
    return base + total * seen.open[:, None] ** 0.5


def _lash(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    return np.tile(np.array([[0.012, 0.009, 0.008]], np.float32), (len(seen.places), 1))


def _cloth(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    weave, places = float(look["weave"]), seen.places
    threads = noise(places, (34 / (0.4 + weave), 34 / (0.4 + weave), 34 / (0.4 + weave)))
    soft = noise(places, 3.0, 2)
    albedo = look["colour"][None] * (1 + 0.16 * weave * threads + 0.12 * soft)[:, None]
    if look["garment"] == "shirt":
        albedo = _buttons(albedo, places)
    bend = 0.28 * np.stack([noise(places, 1.8), noise(places + 5, 1.8), noise(places + 9, 1.8)], 1)
    normals = seen.normals + bend + 0.10 * weave * threads[:, None]
    normals = unit(normals)
    colour = matte(seen, light, albedo.astype(np.float32), normals, (0.12, 0.12, 0.12))
    facing = np.clip(dots(normals, seen.view), 0, 1)
    fuzz = 0.10 * weave * (1 - facing) ** 3 * seen.open
    return f32(colour + fuzz[:, None] * (0.5 * look["colour"] + 0.15))


def _buttons(albedo: Float, places: Float) -> Float:
    front = places[:, 2] > 0.6
    placket = front * np.exp(-((np.abs(places[:, 0] - 0.12) / 0.012) ** 2))
    albedo = albedo * (1 - 0.35 * placket)[:, None]
    row = (places[:, 1] + 100) % 0.95 - 0.475
    button = front * smooth(0.062, 0.050, np.hypot(places[:, 0], row))
    return f32(albedo * (1 - 0.5 * button)[:, None] + 0.16 * button[:, None])


def _frame(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    albedo = np.tile(look["colour"][None], (len(seen.places), 1)).astype(np.float32)
    return matte(seen, light, albedo, seen.normals, (0, 0, 0)) + 0.9 * shine(seen, light, seen.normals, 90.0)[:, None]


def _plain(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    albedo = np.tile(look["colour"][None], (len(seen.places), 1)).astype(np.float32)
    return matte(seen, light, albedo, seen.normals, (0.1, 0.1, 0.1))


def _sign(seen: Seen, light: Placed, look: Mapping[str, Any]) -> Float:
    text = look["text"]
    row = np.clip((seen.places[:, 1] * text.shape[0]).astype(int), 0, text.shape[0] - 1)
    column = np.clip((seen.places[:, 0] * text.shape[1]).astype(int), 0, text.shape[1] - 1)
    ink = text[row, column][:, None]
    albedo = look["colour"][None] * (1 - ink) + 0.02 * ink
    return matte(seen, light, albedo.astype(np.float32), seen.normals, (0.1, 0.1, 0.1))


SHADERS: Mapping[Material, Callable[[Seen, Placed, Mapping[str, Any]], Float]] = {
    Material.EYE: _eye,
    Material.TEETH: _teeth,
    Material.TONGUE: _tongue,
    Material.HAIR: _hair,
    Material.LASH: _lash,
    Material.CLOTH: _cloth,
    Material.FRAME: _frame,
    Material.LENS: _frame,
    Material.PLAIN: _plain,
    Material.SIGN: _sign,
}
