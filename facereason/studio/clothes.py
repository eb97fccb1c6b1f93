"""Garments cut from the rig's garment form: smoothed, given thickness and folds, with collars and hems.

`coords` of a garment are template places, decimetres. `along` is not used.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from facereason.studio import body, mesh
from facereason.studio.figure import Material, Part
from facereason.studio.mesh import Float, Ints, f32, unit
from facereason.studio.noise import noise, smooth
from facereason.studio.rig import Posed, RestKey, shared

WAIST = 0.25  # template height where tops end and trousers begin, decimetres
WRIST, SHOULDER = 4.42, (1.68, 5.25)  # template width of the wrist; width and height of the shoulder's joint
ARM = (0.638, 0.770)  # which way the template's upper arm reaches from there: out, and down
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
    """`gap`: metres it stands off the body; `sleeve`: template length it covers of the arm, from the shoulder's joint;
    `neck`: template height of its neckline in front, and `nape` behind; `vee`: how far a front opening reaches down;
    `low`: template height of its hem; `collar`: round (a rolled band), roll (a high one), shirt or lapel; `folds`:
    height of folds, metres; `weave`: how coarse the cloth is; `under`: what is worn below; `tail`: template height that
    it reaches down to about both legs, where it does."""

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
    "t-shirt": Garment(gap=0.007, sleeve=1.30, neck=5.52, nape=5.84, low=-0.35, collar="round", folds=0.005, weave=0.4),
    "shirt": Garment(gap=0.008, sleeve=9.0, neck=5.70, nape=6.04, low=-0.35, collar="shirt", folds=0.006, weave=0.3),
    "jumper": Garment(gap=0.014, sleeve=9.0, neck=5.78, nape=5.98, low=-0.45, collar="roll", folds=0.008, weave=1.0),
    "jacket": Garment(
        gap=0.017,
        sleeve=9.0,
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
        sleeve=9.0,
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
    posed: Posed, garment: str, colour: Float, trousers: Float | None, seed: int, sitting: bool = False
) -> list[Part]:
    """A top with what is worn under it, and trousers where they have a colour. Colours are linear RGB `(3,)`. The tail
    of who is `sitting` is left out: it would stand off the lap."""
    kind = GARMENTS[garment]
    out = []
    if kind.under:
        out += _top(posed, kind.under, np.array([0.82, 0.82, 0.80], np.float32), seed + 1, thin=True)
    out += _top(posed, garment, colour, seed)
    if trousers is not None and kind.tail is not None and not sitting:
        out.append(_tail(posed, garment, colour, seed))
    if trousers is not None:
        out += [*_trousers(posed, trousers, seed), *_shoes(posed, seed)]
    return out


@functools.lru_cache(maxsize=8)
def at_rest(key: RestKey, garment: str) -> tuple[Float, Ints]:
    """What is worn about neck and trunk by somebody who has not moved: vertices and triangles, for hair to fall on."""
    posed = shared().posed(key.rest, {}, {})
    vertices, faces, count = [], [], 0
    for part in parts(posed, garment, np.zeros(3, np.float32), None, 0):
        places = part.coords[part.faces].mean(1)
        faces.append(part.faces[(places[:, 1] > 2.0) & (np.abs(places[:, 0]) < 2.2)] + count)
        vertices.append(part.vertices)
        count += len(part.vertices)
    return np.concatenate(vertices), np.concatenate(faces).astype(np.int32)


def covered(coords: Float, garment: str) -> Float:
    """Above 0 at template places of the body that a garment covers."""
    return f32(np.maximum(_field(coords, GARMENTS[garment], open_front=False), -0.2 - coords[:, 1]))


def _field(coords: Float, kind: Garment, open_front: bool = True) -> Float:
    """Above 0 within the garment: decimetres from its nearest edge."""
    x, y, z = np.abs(coords[:, 0]), coords[:, 1], coords[:, 2]
    front = smooth(0.1, 0.9, z)
    line = kind.nape + (kind.neck - kind.nape) * front - 0.10 * np.maximum(0, 0.55 - x) * front
    line = line + 3 * np.maximum(0, x - 0.75)  # shoulders stay covered
    arm = np.where(
        (x > 2.2) | ((x > 1.7) & (y > 2.4)), kind.sleeve - ARM[0] * (x - SHOULDER[0]) + ARM[1] * (y - SHOULDER[1]), 9.0
    )
    inside = np.minimum(np.minimum(line - y, arm), np.minimum(y - kind.low, WRIST - x))
    if kind.vee and open_front:
        wide = 0.66 * np.clip((y - (kind.neck - kind.vee)) / kind.vee, -0.3, 1.2)
        inside = np.where(z > 0.25, np.minimum(inside, x - wide), inside)
    return f32(inside)


@functools.cache
def _cut(garment: str, under: bool) -> tuple[mesh.Patch, Float, Float, mesh.Sparse]:
    form, kind = body.mould(), GARMENTS[garment]
    field = _field(form.tights_coords, kind)
    if under:  # what an opening shows, and no more: hems and cuffs of it would come through
        field = np.minimum(field, np.minimum(1.0 - np.abs(form.tights_coords[:, 0]), form.tights_coords[:, 1] - 2.4))
    patch = mesh.clipped(form.tights_faces, field)
    coords = (patch.matrix @ form.tights_coords).astype(np.float32)
    edge = np.maximum(patch.matrix @ field, 0).astype(np.float32)
    return patch, coords, edge, mesh.smoothing(patch.faces, len(coords), 6, 0.6)


def _top(posed: Posed, garment: str, colour: Float, seed: int, thin: bool = False) -> list[Part]:
    patch, coords, edge, even = _cut(garment, thin)
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
        if thin and not neck:
            continue
        finish = kind.collar if neck else "hem"
        made += _edge(vertices[ring], out[ring], coords[ring], finish, look, kind, _Neck(posed))
    return made


def _folds(coords: Float, seed: int) -> Float:
    """Soft folds that run down the body and round the arms."""
    arm = smooth(1.7, 2.2, np.abs(coords[:, 0]))
    down = noise(coords + seed, (1.3, 0.45, 1.3), 2)
    round_ = noise(coords + seed + 40, (2.2, 1.1, 1.1), 2)
    return f32(down * (1 - arm) + round_ * arm)


class _Neck:
    """The skin of the neck, for what lies round it."""

    def __init__(self, posed: Posed) -> None:
        self._posed = posed

    @functools.cached_property
    def _skin(self) -> tuple[cKDTree, Float, Float]:
        form = body.mould()
        rows, faces = _neck_rows()
        skin = (form.skin.matrix @ self._posed.vertices).astype(np.float32)
        return cKDTree(skin[rows]), skin[rows], mesh.normals(skin, faces)[rows]

    def outside(self, points: Float, metres: float) -> Float:
        """The points moved, level, to where they are so far from the skin."""
        tree, skin, out = self._skin
        apart, near = tree.query(points, k=5)
        share = (1 / (apart + 0.002))[..., None]
        share = share / share.sum(1, keepdims=True)
        off = (((points[:, None] - skin[near]) * out[near]).sum(-1, keepdims=True) * share).sum(1)
        flat = (out[near] * share).sum(1) * np.array([1, 1, 0])
        return f32(points + (metres - off) * unit(flat))

    def room(self, line: Float, tall: float) -> Float:
        """The share, `(n, 1)`, of a height above the line, metres, that the jaw leaves free."""
        form = body.mould()
        skin = (form.skin.matrix @ self._posed.vertices)[_jaw_rows()]
        apart, near = cKDTree(skin[:, :2]).query(line[:, :2])
        free = np.where(apart < 0.02, (skin[near, 2] - 0.004 - line[:, 2]) / tall, 1.0)
        return _rounded(f32(np.clip(free, 0.1, 1.0))[:, None], 12)


@functools.cache
def _jaw_rows() -> npt.NDArray[np.int64]:
    coords = body.mould().coords
    jaw = (coords[:, 1] > 6.1) & (coords[:, 1] < 6.45) & (coords[:, 2] > 0.55) & (body.mould().inside < 0.5)
    return np.nonzero(jaw)[0]


@functools.cache
def _neck_rows() -> tuple[npt.NDArray[np.int64], Ints]:
    form = body.mould()
    x, y = np.abs(form.coords[:, 0]), form.coords[:, 1]
    inside = (y > 5.2) & (y < 6.75) & (x < 1.0) & (form.inside < 0.5)
    return np.nonzero(inside)[0], form.faces[inside[form.faces].any(1)]


def _edge(
    ring: Float, out: Float, coords: Float, kind: str, look: dict[str, object], garment: Garment, skin: _Neck
) -> list[Part]:
    """What finishes a border: a rolled hem, a band, a turned collar or lapels."""
    line = _rounded(ring, 3)
    if kind in ("hem", "round", "lapel"):
        radius = {"hem": 0.0022, "round": 0.0062, "lapel": 0.0032}[kind]
        tubes = [_tube(line, radius, coords, look)]
        if kind == "hem":
            tubes.append(_lining(line, out, coords, look, garment.gap))
        return tubes + ([_lapels(line, out, coords, look, garment)] if kind == "lapel" else [])
    return [(_band if kind == "roll" else _collar)(line, out, coords, look, skin)]


def _tube(line: Float, radius: float, coords: Float, look: dict[str, object]) -> Part:
    vertices, faces = mesh.tube(line, radius, 8, closed=True)
    return Part(material=Material.CLOTH, vertices=vertices, faces=faces, coords=np.repeat(coords, 8, 0), look=look)


def _lining(line: Float, out: Float, coords: Float, look: dict[str, object], gap: float) -> Part:
    """The cloth turned in at a hem, to below the skin: nobody looks into a hollow garment."""
    up = np.array(0.012, np.float32) * unit(line.mean(0) - line)
    rows = [line, line - out * (gap + 0.012) + up, line - out * (gap + 0.030) + 2 * up]
    return _grid(np.stack(rows), np.stack([coords] * len(rows)), look, closed=True)


def _band(line: Float, out: Float, coords: Float, look: dict[str, object], skin: _Neck) -> Part:
    """A band that lies round the neck and is turned over, down to the border."""
    up = np.array([0, 0, 0.034], np.float32) * skin.room(line, 0.034)
    profile = [(-0.1, 0.002), (0.5, 0.002), (0.92, 0.002), (1.0, 0.005), (0.95, 0.0085), (0.6, 0.012), (0.2, 0.014)]
    rows: list[Float] = [_rounded(skin.outside(line + up * high, off), 6) for high, off in profile]
    rows += [0.5 * (rows[-1] + line) + 0.004 * out, line + 0.004 * out - 0.20 * up, line - 0.004 * out - 0.35 * up]
    return _grid(np.stack(rows), np.stack([coords] * len(rows)), look, closed=True)


def _collar(line: Float, out: Float, coords: Float, look: dict[str, object], skin: _Neck) -> Part:
    """A shirt collar: a stand round the neck, and leaves that fall over it and end in points in front."""
    up = np.array([0, 0, 1.0], np.float32)
    flat = unit(out * np.array([1, 1, 0], np.float32))
    gap = np.abs(coords[:, 0:1]) * (coords[:, 2:3] > 0.5) + 9.0 * (coords[:, 2:3] <= 0.5)
    open_ = smooth(0.05, 0.20, gap)
    point = 1 + 1.1 * (1 - smooth(0.15, 0.70, gap)) * open_
    tall = (0.3 + 0.7 * open_) * skin.room(line, 0.028)
    stand = _rounded(skin.outside(line + up * 0.028 * tall, 0.005), 6)
    stand = line + (stand - line) * (0.35 + 0.65 * open_)
    rows = [line - 0.004 * flat, 0.5 * (line + stand) - 0.002 * flat, stand, stand + 0.003 * flat + 0.002 * up]
    rows.append(stand + 0.006 * flat - 0.006 * up * tall)
    rows.append(0.4 * stand + 0.6 * line + flat * (0.005 + 0.003 * open_))
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
    turned, fallen = side - 0.25 * np.array([0, 0, 1.0]), out * [1, 1, 0] - np.array([0, 0, 0.8])
    along = unit(turned - (turned * out).sum(1, keepdims=True) * out)
    aside = unit(front * along + (1 - front) * unit(fallen))
    lift = out * np.array(0.004, np.float32)
    stand = line + np.array([0, 0, 0.014], np.float32) * (1 - front) * smooth(0.5, 0.8, share)
    rows = [line + lift * 0.3, stand + lift * 0.3, stand + aside * wide * 0.15 + lift * 2.2]
    rows += [stand + aside * wide * 0.6 + lift * 1.8, stand + aside * wide + lift * 0.9]
    rows = [row if row is rows[0] else np.asarray(_rounded(row, 9)) for row in rows]
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
        - 0.022 * smooth(0.10, 0.40, coords[:, 1])  # its upper edge lies under the top
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
