"""Hair as closed shapes with the fall of strands on them: a cap over the scalp and, for longer hair, locks that hang.

Everything is built on the unposed head and then carried along by head and chest. `coords` of a hair part: x and z run
across the strands, y along them, in decimetres; `along`: the direction in which the strands fall.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from facereason.studio import body, clothes, mesh
from facereason.studio.figure import Material, Part
from facereason.studio.mesh import Float, Ints, f32
from facereason.studio.noise import noise, smooth
from facereason.studio.rig import Posed, Rest, RestKey, shared
from facereason.studio.trace import Solid

CROWN = np.array([0.02, 8.32, -0.25])  # template place of the whorl


@dataclass(frozen=True, slots=True, kw_only=True)
class Style:
    """Thickness of the cap in metres on `top` and at the `sides`, and how steeply it rises from the hairline
    (`edge`, decimetres); `lumps`: height of clumps; `curl`: of curls; `loose`: share of single
    locks that lie on it, beside those along its edge; `hang`: how far below the ears locks reach, metres; `fringe`: how
    far down the forehead, metres; `bun`: its radius."""

    top: float
    sides: float
    edge: float
    lumps: float = 0.0
    curl: float = 0.0
    loose: float = 1.0
    hang: float = 0.0
    fringe: float = 0.0
    bun: float = 0.0


STYLES: Mapping[str, Style] = {
    "buzz": Style(top=0.0035, sides=0.0025, edge=0.25, loose=0.0),
    "short": Style(top=0.020, sides=0.009, edge=0.22, lumps=0.0045),
    "curly": Style(top=0.030, sides=0.024, edge=0.22, lumps=0.004, curl=0.010, loose=0.0),
    "bob": Style(top=0.020, sides=0.014, edge=0.16, lumps=0.0025, hang=0.10, fringe=0.045),
    "long": Style(top=0.018, sides=0.015, edge=0.16, lumps=0.0025, hang=0.30),
    "bun": Style(top=0.009, sides=0.006, edge=0.20, lumps=0.0012, bun=0.038, loose=0.2),
}


def parts(rest: Rest, posed: Posed, style: str, colour: str, seed: int, garment: str) -> list[Part]:
    """The hair of a person; none for `bald`. It falls on the `garment`."""
    if style == "bald":
        return []
    made = _built(RestKey(rest), style, seed, garment)
    look = {"colour": colour, "style": style}
    out = []
    for piece in made:
        weight = _with_head(rest, piece.vertices)
        out.append(
            Part(
                material=Material.HAIR,
                vertices=_carried(posed, weight, piece.vertices, shift=True),
                faces=piece.faces,
                coords=piece.coords,
                normals=None if piece.out is None else _carried(posed, weight, piece.out),
                along=_carried(posed, weight, piece.along),
                look=look,
                solid=piece.solid,
            )
        )
    return out


def scalp(coords: Float) -> Float:
    """Above 0 where hair grows, in decimetres above the hairline, at template places."""
    x, y, z = np.abs(coords[:, 0]), coords[:, 1], coords[:, 2]
    line = np.interp(
        z, [-0.5, 0.2, 0.42, 0.62, 0.80, 0.95, 1.10, 1.30, 1.55], [6.66, 6.76, 7.02, 7.06, 7.20, 7.62, 7.86, 7.97, 8.02]
    )
    field = np.minimum(y - line + 0.02 * np.sin(9 * x), np.where(x > 0.5, 0.2 * (body.round_ear(coords) - 1), 1.0))
    return f32(np.where(y < 6.4, -0.3, field))


@dataclass(frozen=True, slots=True)
class Made:
    """A piece of hair on the unposed head; `out`: its normals where its mesh is too thin to say; `solid`:
    triangles that cast its shadow, where they are others."""

    vertices: Float
    faces: Ints
    coords: Float
    along: Float
    out: Float | None = None
    solid: Ints | None = None


HIGH = 0.155
"""Metres from the ears to the top of a grown person's hair."""


@functools.lru_cache(maxsize=64)
def _built(key: RestKey, name: str, seed: int, garment: str) -> tuple[Made, ...]:
    style, rest = STYLES[name], key.rest
    cap = _cap(rest, style, seed)
    made = [cap, _wisps(cap, style, seed)]
    if style.hang or style.fringe:
        made += _hanging(key, cap, style, seed, garment)
    if style.bun:
        made.append(_bun(cap, style, seed))
    return tuple(made)


@functools.cache
def _torso() -> Ints:
    """Triangles of head, neck and trunk, not subdivided."""
    rig = shared()
    faces = mesh.triangles(rig.groups["body"])
    places = rig.template[faces].mean(1)
    inside = np.asarray((places[:, 1] > 2.0) & (np.abs(places[:, 0]) < 2.6))
    trunk: Ints = faces[inside]
    return trunk


@functools.cache
def _scalp_patch() -> tuple[mesh.Patch, Float, Float, mesh.Sparse]:
    form = body.mould()
    field = scalp(form.coords) + 0.05 * noise(form.coords, (8, 2.5, 8), 2)
    head = (form.coords[form.faces][:, :, 1] > 6.3).all(1) & (np.abs(form.coords[form.faces][:, :, 0]) < 1.3).all(1)
    patch = mesh.clipped(form.faces, field, np.asarray(head))
    height = np.maximum(patch.matrix @ field, 0).astype(np.float32)
    coords = (patch.matrix @ form.coords).astype(np.float32)
    return patch, height, coords, mesh.smoothing(patch.faces, len(coords), 10)


def _cap(rest: Rest, style: Style, seed: int) -> Made:
    patch, height, coords, even = _scalp_patch()
    base = (patch.matrix @ (body.mould().skin.matrix @ rest.vertices)).astype(np.float32)
    out = even @ mesh.normals(base, patch.faces)
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    strand = _strand_coords(coords)
    rise = np.sqrt(smooth(-0.0, style.edge, height) + 1e-6)
    upper = smooth(7.35, 8.0, coords[:, 1])
    thick = (style.sides + (style.top - style.sides) * upper) * rise
    shift = np.array([seed * 0.37, seed * 0.11, 0])
    clumps = noise(strand + shift, (2.6, 0.7, 2.6), 2) * style.lumps * 2 * rise
    curls = (np.abs(noise(coords + shift, 7.0)) * 2 - 0.3) * style.curl * 1.6 * rise
    vertices = base + out * (thick + clumps + curls)[:, None] + 0.0006 * out
    fall = _falling(base, out, base[np.argmin(np.linalg.norm(coords - CROWN, axis=1))])
    return Made(vertices.astype(np.float32), patch.faces, strand, fall)


def _wisps(cap: Made, style: Style, seed: int) -> Made:
    """Single locks over the cap and across the hairline, which it would otherwise end in one clean step."""
    vertices, faces, coords, fall = cap.vertices, cap.faces, cap.coords, cap.along
    _, height, _, _ = _scalp_patch()
    rng = np.random.Generator(np.random.PCG64([seed, 11]))
    corners = vertices[faces]
    size = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    near_edge = np.exp(-((height[faces].mean(1) / 0.10) ** 2))
    odds = size * (style.loose + 9 * near_edge)
    count = 1000 + int(1600 * style.loose)
    chosen = rng.choice(len(faces), count, p=odds / odds.sum())
    share = rng.dirichlet((1, 1, 1), count).astype(np.float32)[:, :, None]
    root, way = (vertices[faces[chosen]] * share).sum(1), (fall[faces[chosen]] * share).sum(1)
    texture, out = (coords[faces[chosen]] * share).sum(1), mesh.normals(vertices, faces)
    lift = (out[faces[chosen]] * share).sum(1)
    edge = (near_edge[chosen] > 0.2)[:, None]
    length = np.where(edge, 0.006, 0.020) * min(1.0, 30 * style.top) * (0.6 + 0.8 * rng.random((count, 1)))
    way = way + (0.22 + 12 * style.curl) * rng.standard_normal((count, 3))
    way = way - (way * lift).sum(1, keepdims=True) * lift
    way /= np.linalg.norm(way, axis=1, keepdims=True)
    steps = np.array([-0.45, 0.0, 0.55, 1.0])
    rise = np.array([-0.0010, 0.0006, 0.0004, -0.0004]) + 0.0012 * rng.random((count, 1)) * np.array([0, 1, 1, 0])
    rise = 0.5 * rise
    line = root[:, None] + way[:, None] * (length * steps[None])[:, :, None] + lift[:, None] * rise[:, :, None]
    across = np.cross(way, lift)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    width = np.array([0.2, 1.0, 0.7, 0.05]) * np.where(edge, 0.0005, 0.0011)
    sides = [line - across[:, None] * width[:, :, None], line + across[:, None] * width[:, :, None]]
    strip = np.stack(sides, 2).reshape(count, 8, 3)
    pattern = np.array([[0, 1, 2], [1, 3, 2], [2, 3, 4], [3, 5, 4], [4, 5, 6], [5, 7, 6]])
    made = (np.arange(count)[:, None, None] * 8 + pattern[None]).reshape(-1, 3).astype(np.int32)
    flow = np.repeat(way, 8, 0).astype(np.float32)
    jitter = np.repeat(texture + 0.05 * rng.standard_normal((count, 3)).astype(np.float32), 8, 0)
    return Made(
        strip.reshape(-1, 3).astype(np.float32),
        made,
        jitter.astype(np.float32),
        flow,
        np.repeat(lift, 8, 0),
        solid=made[:0],
    )


def _strand_coords(coords: Float) -> Float:
    """Across and along strands that run from the crown down."""
    rel = coords - CROWN.astype(np.float32)
    middle = coords - np.array([0, 7.45, 0.25], np.float32)
    unit = middle / np.linalg.norm(middle, axis=1, keepdims=True)
    axis = (CROWN - np.array([0, 7.45, 0.25])).astype(np.float32)
    axis /= np.linalg.norm(axis)
    polar = np.arccos(np.clip(unit @ axis, -1, 1))
    side = np.array([1, 0, 0], np.float32)
    front = np.cross(side, axis)
    turn = np.arctan2(unit @ side, unit @ front)
    reach = np.minimum(np.linalg.norm(rel, axis=1), 1.0)
    return f32(np.stack([np.cos(turn) * 1.2, polar, np.sin(turn) * 1.2 + 0 * reach], 1))


def _falling(vertices: Float, out: Float, crown: Float) -> Float:
    way = vertices - crown
    way = way - (way * out).sum(1, keepdims=True) * out
    return f32(way / np.maximum(np.linalg.norm(way, axis=1, keepdims=True), 1e-6))


def _hanging(key: RestKey, cap: Made, style: Style, seed: int, garment: str) -> list[Made]:
    """Locks from the cap's sides and back down, outside the head, neck, shoulders and what is worn there."""
    rest = key.rest
    skin = (body.mould().skin.matrix @ rest.vertices).astype(np.float32)
    cloth, woven = clothes.at_rest(key, garment)
    pieces = [(rest.vertices, _torso()), (cap.vertices, cap.faces), (cloth, woven)]
    starts = np.cumsum([0, *(len(vertices) for vertices, _ in pieces)])
    faces = [faces + start for (_, faces), start in zip(pieces, starts[:-1], strict=True)]
    solid = Solid(np.concatenate([vertices for vertices, _ in pieces]), np.concatenate(faces).astype(np.int32))
    coords = body.mould().coords
    ear = skin[(np.abs(coords[:, 0]) > 0.7) & (np.abs(coords[:, 1] - 7.2) < 0.1)].mean(0)
    forehead = skin[np.argmin(np.linalg.norm(coords - [0, 7.75, 1.45], axis=1))]
    axis = np.array([0.0, float(ear[1]) - 0.005])
    size = float(cap.vertices[:, 2].max() - ear[2]) / HIGH
    rng = np.random.Generator(np.random.PCG64([seed, 7]))
    made = []
    if style.hang:
        for layer in range(2):
            azimuth = np.linspace(-118, 118, 150)
            parting = noise(np.stack([azimuth / 4, 0 * azimuth + seed, 0 * azimuth + layer], 1), 1.0, 2)
            top = ear[2] + size * (0.118 + 0.022 * parting - 0.012 * layer)
            aside = 1 - 0.55 * smooth(38, 72, np.abs(azimuth)) * (style.hang > 0.2)
            bottom = (
                ear[2]
                - size * style.hang * aside * (1 + 0.05 * layer)
                + 0.012 * noise(np.stack([azimuth / 9 + seed, 0 * azimuth, 0 * azimuth + layer], 1), 1.0, 2)
            )
            ends = smooth(0.0, 0.10, np.linspace(0, 1, len(azimuth))) * smooth(
                1.0, 0.90, np.linspace(0, 1, len(azimuth))
            )
            bottom = top + (bottom - top) * (0.62 + 0.38 * ends)
            made.append(_curtain(solid, axis, azimuth, top, bottom, 0.006 + 0.003 * layer, seed + layer, rng))
    if style.fringe:
        azimuth = np.linspace(126, 234, 90)
        parted = noise(np.stack([azimuth / 3, 0 * azimuth + seed, 0 * azimuth], 1), 1.0, 2)
        top = float(forehead[2]) + size * (0.052 + 0.022 * parted)
        bottom = (
            forehead[2]
            + size * (0.012 - style.fringe)
            + 0.014 * noise(np.stack([azimuth / 6 + seed, 0 * azimuth, 0 * azimuth], 1), 1.0, 2)
            + 0.006 * noise(np.stack([azimuth / 1.6 + seed, 0 * azimuth, 0 * azimuth + 3], 1), 1.0)
        )
        made.append(_curtain(solid, axis, azimuth, top, bottom, 0.004, seed + 5, rng))
    return made


def _curtain(
    solid: Solid,
    axis: npt.NDArray[np.float64],
    azimuth: npt.NDArray[np.float64],
    top: npt.NDArray[np.floating],
    bottom: npt.NDArray[np.floating],
    margin: float,
    seed: int,
    rng: np.random.Generator,
) -> Made:
    """A sheet that hangs round the head: at each azimuth (degrees from the back) it follows what is there from `top` to
    `bottom`, `margin` outside it, and hangs freely where that falls back."""
    rows = 40
    share = np.linspace(0, 1, rows)
    angle, edge = np.radians(azimuth), np.linspace(0, 1, len(azimuth))
    out = np.stack([np.sin(angle), np.cos(angle), 0 * angle], 1)
    z = top[None] + (bottom - top)[None] * share[:, None]
    far = 0.35
    start = np.concatenate([np.broadcast_to(axis, (rows, len(angle), 2)), z[..., None]], -1) + far * out[None]
    rays = np.broadcast_to(-out, (rows, len(angle), 3))
    hit = solid.distance(start.reshape(-1, 3).astype(np.float32), rays.reshape(-1, 3).astype(np.float32))
    widest = (
        0.115 + 0.085 * smooth(-0.15, -0.75, np.cos(angle + np.pi)) + 0.06 * smooth(0.1, 0.5, np.cos(angle + np.pi))
    )
    surface = np.clip(far - hit.reshape(rows, -1), 0.02, widest[None])
    below = z[0][None] - z
    inset = (
        smooth(0.0, min(0.055, 0.25 * float(below[-1].mean())), below)
        * smooth(0.0, 0.10, np.minimum(edge, 1 - edge))[None]
    )
    radius = surface - 0.006 + (margin + 0.006) * inset + 0.006 * smooth(0.10, 0.185, below)
    drop = np.abs(np.diff(z, axis=0))
    for k in range(1, rows):
        radius[k] = np.maximum(radius[k], radius[k - 1] - 0.30 * drop[k - 1])
    from scipy.ndimage import gaussian_filter

    radius = gaussian_filter(radius, (1.2, 2.2), mode="nearest")
    lock = np.stack(
        np.broadcast_arrays(azimuth[None] / 14 + seed * 3.1, share[:, None] * 0.5, np.float64(seed * 1.3)), -1
    )
    wave = noise(lock.reshape(-1, 3), 1.0, 3).reshape(rows, -1)
    radius = radius + (0.010 * wave) * inset * smooth(0.1, 0.5, share)[:, None]
    sway = 0.06 * noise((lock * [0.6, 2.0, 1]).reshape(-1, 3) + 31, 1.0).reshape(rows, -1) * share[:, None]
    swayed = angle[None] * (1 - 0.42 * smooth(0.13, 0.26, below) * (np.abs(angle) < 2)[None]) + sway
    place = np.stack([np.sin(swayed) * radius, np.cos(swayed) * radius, z], -1)
    place[..., :2] += axis
    number = np.arange(rows * len(angle)).reshape(rows, -1)
    every_other = [np.unique([*range(0, size, 2), size - 1]) for size in number.shape]
    along = np.gradient(place, axis=0)
    along /= np.linalg.norm(along, axis=-1, keepdims=True)
    length = np.cumsum(np.concatenate([np.zeros((1, len(angle))), np.linalg.norm(np.diff(place, axis=0), axis=-1)]), 0)
    coords = np.stack(np.broadcast_arrays(angle[None] * 1.0, length * 10, np.float64(seed * 7.3)), -1)
    flat = [array.reshape(-1, 3).astype(np.float32) for array in (place, coords, along)]
    return Made(flat[0], _woven(number), flat[1], flat[2], solid=_woven(number[np.ix_(*every_other)]))


def _woven(number: npt.NDArray[np.int64]) -> Ints:
    """Two triangles for each square of a grid of vertices."""
    a, b, c, d = number[:-1, :-1], number[:-1, 1:], number[1:, :-1], number[1:, 1:]
    return np.concatenate([np.stack([a, c, b], -1), np.stack([b, c, d], -1)]).reshape(-1, 3).astype(np.int32)


def _bun(cap: Made, style: Style, seed: int) -> Made:
    ball, faces = mesh.sphere(28, 40)
    back = cap.vertices[np.argmax(cap.vertices[:, 1] + 0.35 * cap.vertices[:, 2])]
    twist = np.arctan2(ball[:, 0], ball[:, 2]) + 2.5 * ball[:, 1]
    coords = np.stack([np.cos(twist), ball[:, 1] * 1.2, np.sin(twist)], 1).astype(np.float32)
    size = style.bun * (1 + 0.10 * noise(coords + seed, (2.5, 0.8, 2.5), 2))
    vertices = ball * size[:, None] * [1.0, 0.85, 1.0] + back + [0, 0.5 * style.bun, 0]
    along = np.cross(ball, [0, 1.0, 0])
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-6)
    return Made(vertices.astype(np.float32), faces, coords, along.astype(np.float32))


def _with_head(rest: Rest, vertices: Float) -> Float:
    """Hair above the jaw goes with the head, 1; what hangs below goes over to the chest, 0."""
    jaw = rest.heads[_bone_numbers()["head"]][2]
    return smooth(jaw - 0.16, jaw - 0.01, vertices[:, 2])[:, None]


def _carried(posed: Posed, weight: Float, rows: Float, shift: bool = False) -> Float:
    head, chest = (posed.bones[name].astype(np.float32) for name in ("head", "spine01"))
    with_head, with_chest = rows @ head[:3, :3].T, rows @ chest[:3, :3].T
    if shift:
        with_head, with_chest = with_head + head[:3, 3], with_chest + chest[:3, 3]
    return f32(weight * with_head + (1 - weight) * with_chest)


@functools.cache
def _bone_numbers() -> dict[str, int]:
    """Numbers of the rig's bones."""
    return {name: i for i, name in enumerate(shared().bones)}
