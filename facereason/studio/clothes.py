"""Garments cut from the rig's garment form: smoothed, given thickness and folds, with collars and hems.

`coords` of a garment are template places, decimetres. `along` is not used.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facereason.studio import body, mesh
from facereason.studio.figure import Material, Part
from facereason.studio.mesh import Float, f32, unit
from facereason.studio.noise import noise, smooth
from facereason.studio.rig import Posed

WAIST = 0.25  # template height where tops end and trousers begin, decimetres
CUFF, SHAFT, SOLE = -7.50, -7.15, -8.03  # where trousers end, shoes begin, and their soles
SHOES: tuple[tuple[tuple[float, float, float], tuple[float, float, float]], ...] = (
    ((0.020, 0.018, 0.017), (0.012, 0.011, 0.011)),
    ((0.105, 0.052, 0.026), (0.035, 0.022, 0.015)),
    ((0.300, 0.190, 0.100), (0.080, 0.055, 0.035)),
    ((0.600, 0.590, 0.560), (0.450, 0.440, 0.420)),
    ((0.060, 0.075, 0.120), (0.550, 0.540, 0.520)),
)
"""Linear RGB of uppers and soles."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Garment:
    """`gap`: metres it stands off the body; `sleeve`: template width it reaches out to along the arm; `neck`: template
    height of its neckline in front, and `nape` behind; `vee`: how far a front opening reaches down; `low`: template
    height of its hem; `collar`: round (a rolled band), roll (a high one), shirt or lapel; `folds`: height of folds,
    metres; `weave`: how coarse the cloth is; `under`: what is worn
    below; `tail`: template height that it reaches down to about both legs, where it does."""

    gap: float
    sleeve: float
    neck: float
    nape: float
    low: float
    collar: str
    folds: float
    weave: float
    vee: float = 0.0
    under: str | None = None
    tail: float | None = None


GARMENTS: Mapping[str, Garment] = {
    "t-shirt": Garment(gap=0.007, sleeve=2.55, neck=5.72, nape=6.02, low=-0.35, collar="round", folds=0.005, weave=0.4),
    "shirt": Garment(gap=0.008, sleeve=4.42, neck=5.70, nape=6.04, low=-0.35, collar="shirt", folds=0.006, weave=0.3),
    "jumper": Garment(gap=0.014, sleeve=4.42, neck=5.90, nape=6.06, low=-0.45, collar="roll", folds=0.008, weave=1.0),
    "jacket": Garment(
        gap=0.017,
        sleeve=4.40,
        neck=5.95,
        nape=6.05,
        low=-0.36,
        collar="lapel",
        folds=0.006,
        weave=0.5,
        vee=2.9,
        under="shirt",
    ),
    "coat": Garment(
        gap=0.022,
        sleeve=4.42,
        neck=5.98,
        nape=6.06,
        low=-0.36,
        collar="lapel",
        folds=0.008,
        weave=0.8,
        vee=2.0,
        under="jumper",
        tail=-2.4,
    ),
}


def parts(
    posed: Posed, garment: str, colour: Float, trousers: Float | None, seed: int, under: Float | None = None
) -> list[Part]:
    """A top with what is worn under it, and trousers where they have a colour. Colours are linear RGB `(3,)`."""
    kind = GARMENTS[garment]
    out = []
    if kind.under:
        pale = np.array([0.82, 0.82, 0.80], np.float32) if under is None else under
        out += _top(posed, kind.under, pale, seed + 1, thin=True)
    out += _top(posed, garment, colour, seed)
    if trousers is not None and kind.tail is not None:
        out.append(_tail(posed, garment, colour, seed))
    if trousers is not None:
        out += [*_trousers(posed, trousers, seed), *_shoes(posed, seed)]
    return out


def covered(coords: Float, garment: str) -> Float:
    """Above 0 at template places of the body that a garment covers."""
    return f32(np.maximum(_field(coords, GARMENTS[garment], open_front=False), -0.2 - coords[:, 1]))


def _field(coords: Float, kind: Garment, open_front: bool = True) -> Float:
    """Above 0 within the garment: decimetres from its nearest edge."""
    x, y, z = np.abs(coords[:, 0]), coords[:, 1], coords[:, 2]
    front = smooth(0.1, 0.9, z)
    line = kind.nape + (kind.neck - kind.nape) * front - 0.10 * np.maximum(0, 0.55 - x) * front
    shoulder = np.where(y > 4.6, 9.0, 9.0)
    inside = np.minimum(np.minimum(line - y, shoulder), np.minimum(y - kind.low, kind.sleeve - x))
    if kind.vee and open_front:
        wide = 0.66 * np.clip((y - (kind.neck - kind.vee)) / kind.vee, -0.3, 1.2)
        inside = np.where(z > 0.25, np.minimum(inside, x - wide), inside)
    return f32(inside)


@functools.cache
def _cut(garment: str) -> tuple[mesh.Patch, Float, Float, mesh.Sparse]:
    form, kind = body.mould(), GARMENTS[garment]
    field = _field(form.tights_coords, kind)
    patch = mesh.clipped(form.tights_faces, field)
    coords = (patch.matrix @ form.tights_coords).astype(np.float32)
    edge = np.maximum(patch.matrix @ field, 0).astype(np.float32)
    return patch, coords, edge, mesh.smoothing(patch.faces, len(coords), 6, 0.6)


def _top(posed: Posed, garment: str, colour: Float, seed: int, thin: bool = False) -> list[Part]:
    patch, coords, edge, even = _cut(garment)
    kind = GARMENTS[garment]
    base = (patch.matrix @ (body.mould().tights.matrix @ posed.vertices)).astype(np.float32)
    base = (even @ base).astype(np.float32)
    out = even @ mesh.normals(base, patch.faces)
    out /= np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-6)
    folds = _folds(coords, seed) * kind.folds * 2 * smooth(0.0, 0.5, edge)
    gap = (0.005 if thin else kind.gap) + 0.010 * smooth(0.6, -0.3, coords[:, 1]) * (np.abs(coords[:, 0]) < 2.2)
    vertices = (base + out * (gap + folds)[:, None]).astype(np.float32)
    look = {"colour": colour, "weave": kind.weave, "garment": garment}
    made = [Part(material=Material.CLOTH, vertices=vertices, faces=patch.faces, coords=coords, look=look)]
    for ring in patch.loops:
        if len(ring) < 12:
            continue
        where = coords[ring].mean(0)
        neck = where[1] > 4.5 and abs(where[0]) < 0.8
        made += _edge(vertices[ring], out[ring], coords[ring], kind.collar if neck else "hem", look, kind)
    return made


def _folds(coords: Float, seed: int) -> Float:
    """Soft folds that run down the body and round the arms."""
    arm = smooth(1.7, 2.2, np.abs(coords[:, 0]))
    down = noise(coords + seed, (1.3, 0.45, 1.3), 2)
    round_ = noise(coords + seed + 40, (2.2, 1.1, 1.1), 2)
    return f32(down * (1 - arm) + round_ * arm)


def _edge(ring: Float, out: Float, coords: Float, kind: str, look: dict[str, object], garment: Garment) -> list[Part]:
    """What finishes a border: a rolled hem, a band, a turned collar or lapels."""
    line = _rounded(ring, 3)
    if kind in ("hem", "round", "lapel"):
        radius = {"hem": 0.0022, "round": 0.0062, "lapel": 0.0032}[kind]
        tubes = [_tube(line, radius, coords, look)]
        if kind == "hem":
            tubes.append(_lining(line, out, coords, look, garment.gap))
        return tubes + ([_lapels(line, out, coords, look, garment)] if kind == "lapel" else [])
    tall = {"roll": 0.030, "shirt": 0.034}[kind]
    made = [_band(line, out, coords, look, tall)]
    if kind == "shirt":
        made = [_collar(line, out, coords, look)]
    return made


def _tube(line: Float, radius: float, coords: Float, look: dict[str, object]) -> Part:
    vertices, faces = mesh.tube(line, radius, 8, closed=True)
    return Part(material=Material.CLOTH, vertices=vertices, faces=faces, coords=np.repeat(coords, 8, 0), look=look)


def _lining(line: Float, out: Float, coords: Float, look: dict[str, object], gap: float) -> Part:
    """The cloth turned in at a hem, to below the skin: nobody looks into a hollow garment."""
    up = np.array(0.012, np.float32) * unit(line.mean(0) - line)
    rows = [line, line - out * (gap + 0.012) + up, line - out * (gap + 0.030) + 2 * up]
    return _grid(np.stack(rows), np.stack([coords] * len(rows)), look, closed=True)


def _band(line: Float, out: Float, coords: Float, look: dict[str, object], tall: float) -> Part:
    """A band that stands up from the border and rolls over outwards."""
    up = np.array([0, 0, 1.0], np.float32)
    profile = [(0.0, -0.006), (0.35, 0.000), (0.8, -0.001), (1.0, 0.003), (0.95, 0.008), (0.6, 0.010), (0.1, 0.010)]
    flat = out * [1, 1, 0]
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    rows = np.stack([line + up * tall * high + flat * aside for high, aside in profile])
    return _grid(rows, np.stack([coords] * len(profile)), look, closed=True)


def _collar(line: Float, out: Float, coords: Float, look: dict[str, object]) -> Part:
    """A shirt collar: a stand, and leaves that fall over it and end in points in front."""
    up = np.array([0, 0, 1.0], np.float32)
    flat = out * [1, 1, 0]
    flat /= np.maximum(np.linalg.norm(flat, axis=1, keepdims=True), 1e-6)
    gap = np.abs(coords[:, 0:1]) * (coords[:, 2:3] > 0.5) + 9.0 * (coords[:, 2:3] <= 0.5)
    open_ = smooth(0.05, 0.20, gap)
    point = 1 + 1.1 * (1 - smooth(0.15, 0.70, gap)) * open_
    tall = 0.3 + 0.7 * open_
    rows = [line - 0.004 * flat, line + up * 0.010 * tall - 0.006 * flat, line + up * 0.019 * tall - 0.006 * flat]
    rows.append(line + up * 0.020 * tall - 0.002 * flat)
    rows.append(line + up * 0.006 * open_ + flat * (0.003 + 0.003 * open_))
    rows.append(line + (-up * 0.012 * point + flat * (0.006 + 0.005 * point)) * open_)
    return _grid(np.stack(rows), np.stack([coords] * len(rows)), look, closed=True)


def _lapels(line: Float, out: Float, coords: Float, look: dict[str, object], garment: Garment) -> Part:
    """Lapels: the border turned outwards over the chest, widest below the collar."""
    y = coords[:, 1:2]
    top, low = garment.neck, garment.neck - garment.vee
    share = np.clip((y - low) / (top - low), 0, 1)
    front = smooth(0.2, 0.6, coords[:, 2:3])
    wide = (0.062 * np.minimum(share * 1.6, 1.25 - 0.55 * share) * front + 0.030 * (1 - front)).astype(np.float32)
    side = np.sign(coords[:, 0:1]) * np.array([1.0, 0, 0], np.float32)
    aside = np.where(front > 0.5, side - 0.25 * np.array([0, 0, 1.0]), out * [1, 1, 0] - np.array([0, 0, 0.8]))
    aside = aside - (aside * out).sum(1, keepdims=True) * out * (front > 0.5)
    aside /= np.maximum(np.linalg.norm(aside, axis=1, keepdims=True), 1e-6)
    lift = out * np.array(0.004, np.float32)
    rows = [line + lift * 0.3, line + aside * wide * 0.15 + lift * 2.2, line + aside * wide * 0.6 + lift * 1.8]
    rows.append(line + aside * wide + lift * 0.9)
    return _grid(np.stack(rows), np.stack([coords] * len(rows)), look, closed=True)


def _grid(rows: npt.NDArray[np.float64], coords: Float, look: dict[str, object], closed: bool) -> Part:
    count, across = rows.shape[0], rows.shape[1]
    i, j = np.arange(count - 1)[:, None] * across, np.arange(across if closed else across - 1)[None]
    nxt = (j + 1) % across
    a, b, c, d = i + j, i + nxt, i + across + nxt, i + across + j
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([a, c, d], -1).reshape(-1, 3)])
    return Part(
        material=Material.CLOTH,
        vertices=rows.reshape(-1, 3).astype(np.float32),
        faces=faces.astype(np.int32),
        coords=coords.reshape(-1, 3).astype(np.float32),
        look=look,
    )


def _rounded(line: Float, rounds: int) -> Float:
    for _ in range(rounds):
        line = 0.5 * line + 0.25 * (np.roll(line, 1, 0) + np.roll(line, -1, 0))
    return line.astype(np.float32)


@functools.cache
def _legs() -> tuple[mesh.Patch, Float, mesh.Sparse]:
    form = body.mould()
    y, x = form.tights_coords[:, 1], np.abs(form.tights_coords[:, 0])
    field = np.minimum(np.minimum(WAIST - y, y - CUFF), 2.7 - x).astype(np.float32)
    patch = mesh.clipped(form.tights_faces, field)
    coords = (patch.matrix @ form.tights_coords).astype(np.float32)
    return patch, coords, mesh.smoothing(patch.faces, len(coords), 5, 0.6)


@functools.cache
def _about_legs(tail: float) -> tuple[mesh.Patch, Float, mesh.Sparse]:
    form = body.mould()
    field = np.minimum(0.45 - form.skirt_coords[:, 1], form.skirt_coords[:, 1] - tail).astype(np.float32)
    patch = mesh.clipped(form.skirt_faces, field)
    coords = (patch.matrix @ form.skirt_coords).astype(np.float32)
    return patch, coords, mesh.smoothing(patch.faces, len(coords), 8, 0.6)


def _tail(posed: Posed, garment: str, colour: Float, seed: int) -> Part:
    """The part of a garment that hangs round both legs."""
    kind = GARMENTS[garment]
    assert kind.tail is not None
    patch, coords, even = _about_legs(kind.tail)
    base = even @ (patch.matrix @ (body.mould().skirt.matrix @ posed.vertices))
    out = unit(even @ mesh.normals(base.astype(np.float32), patch.faces))
    stand_off = (
        kind.gap
        + 0.004
        + 0.012 * smooth(0.3, -0.4, coords[:, 1])
        + _folds(coords, seed) * kind.folds * 3 * smooth(0.2, -1.2, coords[:, 1])
    )
    vertices = (base + out * stand_off[:, None]).astype(np.float32)
    look = {"colour": colour, "weave": kind.weave, "garment": garment}
    return Part(material=Material.CLOTH, vertices=vertices, faces=patch.faces, coords=coords, look=look)


def _trousers(posed: Posed, colour: Float, seed: int) -> list[Part]:
    patch, coords, even = _legs()
    base = even @ (patch.matrix @ (body.mould().tights.matrix @ posed.vertices))
    out = unit(even @ mesh.normals(base.astype(np.float32), patch.faces))
    folds = noise(coords + seed + 80, (1.2, 0.6, 1.2), 2) * 0.012
    below = smooth(WAIST, WAIST - 1.1, coords[:, 1])
    flare = 0.012 * smooth(CUFF + 1.6, CUFF, coords[:, 1])
    vertices = (base + out * (0.002 + (0.006 + folds) * below + flare)[:, None]).astype(np.float32)
    look = {"colour": colour, "weave": 0.5, "garment": "trousers"}
    made = [Part(material=Material.CLOTH, vertices=vertices, faces=patch.faces, coords=coords, look=look)]
    for ring in patch.loops:
        if len(ring) >= 12 and coords[ring, 1].mean() < CUFF + 0.5:
            line = _rounded(vertices[ring], 2)
            made.append(_tube(line, 0.0030, coords[ring], look))
    return made


@functools.cache
def _feet(sole: bool) -> tuple[mesh.Patch, Float, mesh.Sparse]:
    form = body.mould()
    y = form.tights_coords[:, 1]
    field = (SOLE - y if sole else np.minimum(SHAFT - y, y - SOLE + 0.06)).astype(np.float32)
    patch = mesh.clipped(form.tights_faces, field)
    coords = (patch.matrix @ form.tights_coords).astype(np.float32)
    return patch, coords, mesh.smoothing(patch.faces, len(coords), 8, 0.6)


def _shoes(posed: Posed, seed: int) -> list[Part]:
    """Uppers round the form's feet, and soles that stand out under them."""
    made = []
    for sole, colour in zip((False, True), SHOES[seed % len(SHOES)], strict=True):
        patch, coords, even = _feet(sole)
        base = even @ (patch.matrix @ (body.mould().tights.matrix @ posed.vertices))
        out = unit(even @ mesh.normals(base.astype(np.float32), patch.faces))
        stand_off = 0.009 if sole else 0.005 * smooth(SHAFT, CUFF - 0.1, coords[:, 1])
        vertices = base + out * np.reshape(stand_off, (-1, 1)) * (np.array([1, 1, 0.2]) if sole else 1.0)
        look = {"colour": np.array(colour, np.float32)}
        made.append(Part(material=Material.PLAIN, vertices=f32(vertices), faces=patch.faces, coords=coords, look=look))
    return made
