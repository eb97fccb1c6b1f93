"""The naked parts of a person: skin, eyes, lashes, teeth, tongue, from the rig's mesh."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import scipy.sparse as sparse

from facereason.studio import mesh
from facereason.studio.figure import Material, Part
from facereason.studio.mesh import Float, Ints, f32
from facereason.studio.rig import Posed, Rig, shared

LID_GAP = 1.03  # how far outside the eyeball a lid stays, in radii


@dataclass(frozen=True, slots=True)
class Mould:
    """What of the body is the same for everybody. `skin`: the subdivided body; `coarse`: triangles of the
    body before, over the same vertices; `coords`: its places on the unposed
    template, decimetres, where textures are painted; `inside`: 1 within the mouth; `lids`: rows of the skin round each
    eye; `tights` and `skirt`: the subdivided garment forms."""

    skin: mesh.Subdivision
    faces: Ints
    coarse: Ints
    coords: Float
    inside: Float
    lids: tuple[Ints, Ints]
    tights: mesh.Subdivision
    tights_faces: Ints
    tights_coords: Float
    skirt: mesh.Subdivision
    skirt_faces: Ints
    skirt_coords: Float


@functools.cache
def mould() -> Mould:
    """Made once a process."""
    rig = shared()
    skin = mesh.compact(mesh.subdivided(len(rig.template), rig.groups["body"]))
    coords = (skin.matrix @ rig.template).astype(np.float32)
    tights = mesh.compact(mesh.subdivided(len(rig.template), rig.groups["helper-tights"]))
    skirt = mesh.compact(mesh.subdivided(len(rig.template), rig.groups["helper-skirt"]))
    lids = []
    for name in ("helper-l-eye", "helper-r-eye"):
        ball = rig.template[np.unique(rig.groups[name])]
        centre, radius = ball.mean(0), float(np.linalg.norm(ball - ball.mean(0), axis=1).mean())
        near = np.linalg.norm(coords - centre, axis=1) < 1.9 * radius
        lids.append(np.nonzero(near & (coords[:, 2] > centre[2] - 0.3 * radius))[0].astype(np.int32))
    return Mould(
        skin,
        mesh.triangles(skin.quads),
        mesh.triangles(np.searchsorted(np.unique(rig.groups["body"]), rig.groups["body"])),
        coords,
        (skin.matrix @ _mouth(rig)).astype(np.float32),
        (lids[0], lids[1]),
        tights,
        mesh.triangles(tights.quads),
        (tights.matrix @ rig.template).astype(np.float32),
        skirt,
        mesh.triangles(skirt.quads),
        (skirt.matrix @ rig.template).astype(np.float32),
    )


def round_ear(coords: Float) -> Float:
    """Below 1 on the ear and where it is fixed to the head, at template places of the head's sides."""
    y, z = coords[:, 1], coords[:, 2]
    across, along = z - 0.52 + 0.12 * (y - 7.09), y - 7.09
    return f32(np.sqrt((across / 0.185) ** 2 + (along / 0.285) ** 2))


def eyeballs(posed: Posed) -> tuple[tuple[npt.NDArray[np.float64], float], ...]:
    """Centre and radius, in metres, of the person's left eyeball and of the right one."""
    rig, found = shared(), []
    for name in ("helper-l-eye", "helper-r-eye"):
        ball = posed.vertices[np.unique(rig.groups[name])].astype(np.float64)
        found.append((ball.mean(0), float(np.linalg.norm(ball - ball.mean(0), axis=1).mean())))
    return tuple(found)


def skin(posed: Posed, head: npt.NDArray[np.float64]) -> Part:
    """The whole skin, lids kept outside the eyeballs."""
    form = mould()
    vertices = (form.skin.matrix @ posed.vertices).astype(np.float32)
    forward = head @ np.array([0.0, -1.0, 0.0])
    for (centre, radius), rows in zip(eyeballs(posed), form.lids, strict=True):
        away = vertices[rows] - centre
        distance = np.linalg.norm(away, axis=1)
        front = (away @ forward) > 0.15 * radius
        inside = front & (distance < radius * LID_GAP)
        vertices[rows[inside]] = centre + away[inside] / distance[inside, None] * radius * LID_GAP
    return Part(material=Material.SKIN, vertices=vertices, faces=form.faces, coords=form.coords, solid=form.coarse)


def eyes(posed: Posed, looks: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]) -> list[Part]:
    """Two balls; `looks`: unit directions of the left and the right eye."""
    ball, faces = _ball()
    return [
        Part(
            material=Material.EYE,
            vertices=(ball * radius * 0.995 + centre).astype(np.float32),
            faces=faces,
            coords=ball,
            normals=ball,
            along=np.repeat(look[None].astype(np.float32), len(ball), 0),
        )
        for (centre, radius), look in zip(eyeballs(posed), looks, strict=True)
    ]


def lashes(posed: Posed, seed: int) -> Part:
    """Hairs along both lids of both eyes: thin bent triangles from the root edge of the rig's lash strips to the tip
    edge."""
    rig = shared()
    rng = np.random.Generator(np.random.PCG64(seed))
    corners = []
    for side in "lr":
        for row, count, length in (("2", 46, 1.0), ("1", 26, 0.6)):
            vertices = np.unique(rig.groups[f"helper-{side}-eyelashes-{row}"])
            template, placed = rig.template[vertices], posed.vertices[vertices].astype(np.float64)
            roots, tips = _strip_edges(template, upper=row == "2")
            at = np.linspace(0.02, 0.98, count) + 0.006 * rng.standard_normal(count)
            root, tip = _along(placed[roots], at), _along(placed[tips], at + 0.02 * rng.standard_normal(count))
            reach = length * (0.75 + 0.25 * rng.random(count))[:, None]
            tip = root + (tip - root) * reach
            side_way = np.gradient(root, axis=0)
            side_way /= np.linalg.norm(side_way, axis=1, keepdims=True) + 1e-9
            wide = side_way * 0.00022
            corners.append(np.stack([root - wide, root + wide, tip], 1))
    flat = np.concatenate(corners).reshape(-1, 3).astype(np.float32)
    faces = np.arange(len(flat), dtype=np.int32).reshape(-1, 3)
    return Part(material=Material.LASH, vertices=flat, faces=faces, coords=flat)


def teeth(posed: Posed) -> list[Part]:
    """Two arches, placed where the rig's teeth are, and the tongue."""
    rig, parts = shared(), []
    for (form, faces, coords), name in zip(_arches(), ("helper-upper-teeth", "helper-lower-teeth"), strict=True):
        rows = np.unique(rig.groups[name])
        turn, shift = _fitted(rig.template[rows].astype(np.float64), posed.vertices[rows].astype(np.float64))
        vertices = (form @ turn.T + shift).astype(np.float32)
        out = mesh.normals(vertices, faces)
        out = out * np.sign(((vertices - posed.vertices[rows].mean(0)) * out).sum(1, keepdims=True) + 1e-9)
        parts.append(
            Part(material=Material.TEETH, vertices=vertices, faces=faces, coords=coords, normals=out.astype(np.float32))
        )
    rows, quads = np.unique(rig.groups["helper-tongue"], return_inverse=True)
    parts.append(
        Part(
            material=Material.TONGUE,
            vertices=posed.vertices[rows],
            faces=mesh.triangles(quads.reshape(-1, 4)),
            coords=rig.template[rows],
        )
    )
    return parts


def _mouth(rig: Rig) -> Float:
    """1 for the vertices of the mouth's inside: of the islands of the texture whose centre lies in the mouth, all but
    the largest, the skin."""
    from scipy.sparse.csgraph import connected_components

    quads, table = rig.groups["body"], rig.group_uv["body"]
    links = sparse.coo_matrix(
        (np.ones(table.size), (table.ravel(), np.roll(table, 1, 1).ravel())), shape=(len(rig.uv),) * 2
    )
    island = connected_components(links, False)[1][table[:, 0]]
    skin_island, inside = np.bincount(island).argmax(), np.zeros(len(rig.template), np.float32)
    for number in np.unique(island):
        rows = np.unique(quads[island == number])
        centre = rig.template[rows].mean(0)
        if number != skin_island and 6.2 < centre[1] < 6.9 and abs(centre[0]) < 0.1:
            inside[rows] = 1
    return inside


@functools.cache
def _ball() -> tuple[Float, Ints]:
    return mesh.sphere(30, 44)


def _strip_edges(strip: Float, upper: bool) -> tuple[Ints, Ints]:
    """Rows of a lash strip's vertices at the lid and at the tips, from the inner corner of the eye to the outer: the
    tips stand out in front."""
    across = np.abs(strip[:, 0])
    bins = np.digitize(across, np.linspace(across.min(), across.max(), 14))
    roots, tips = [], []
    for number in np.unique(bins):
        rows = np.nonzero(bins == number)[0]
        roots.append(rows[np.argmin(strip[rows, 2])])
        tips.append(rows[np.argmax(strip[rows, 1] if upper else -strip[rows, 1])])
    return np.array(roots, np.int32), np.array(tips, np.int32)


def _along(line: npt.NDArray[np.float64], at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    place = np.linspace(0, 1, len(line))
    return np.stack([np.interp(at, place, line[:, axis]) for axis in range(3)], 1)


@functools.cache
def _arches() -> tuple[tuple[npt.NDArray[np.float64], Ints, Float], ...]:
    return _arch(6.612, 6.80, 1.0), _arch(6.60, 6.49, 0.92)


def _arch(edge: float, gum: float, scale: float) -> tuple[npt.NDArray[np.float64], Ints, Float]:
    """A row of teeth in template places: `coords` x is the bulge of a tooth, y runs from the edge to the gum."""
    angle, height = np.linspace(-1.35, 1.35, 72), np.linspace(edge, gum, 8)
    bulge = np.abs(np.cos(angle * 5.2))
    a, y = np.meshgrid(angle, height)
    wide = 1 + 0.012 * np.repeat(bulge[None], 8, 0)
    share = (y - edge) / (gum - edge)
    x = 0.275 * scale * np.sin(a) * wide
    z = 1.00 + 0.47 * scale * np.cos(a) ** 0.85 * wide - 0.03 * (share - 0.3) ** 2 - 0.10 * np.clip(share - 0.4, 0, 1)
    i, j = np.arange(7)[:, None] * 72, np.arange(71)[None]
    q = i + j
    faces = np.concatenate(
        [np.stack([q, q + 1, q + 72], -1).reshape(-1, 3), np.stack([q + 1, q + 73, q + 72], -1).reshape(-1, 3)]
    ).astype(np.int32)
    coords = np.stack([np.repeat(bulge[None], 8, 0), share, 0 * y], -1).reshape(-1, 3).astype(np.float32)
    return np.stack([x, y, z], -1).reshape(-1, 3), faces, coords


def _fitted(
    source: npt.NDArray[np.float64], target: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Similarity that brings `source` nearest to `target` (Kabsch 1976, with scale)."""
    a, b = source.mean(0), target.mean(0)
    scale = np.sqrt(((target - b) ** 2).sum() / ((source - a) ** 2).sum())
    u, _, vt = np.linalg.svd((source - a).T @ (target - b))
    turn = scale * (u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt).T
    return turn, b - turn @ a
