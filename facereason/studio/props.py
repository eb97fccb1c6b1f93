"""Things before people: what covers a face, a board with a text, seats and the floor."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from facereason.studio import mesh
from facereason.studio.body import mould, round_ear
from facereason.studio.figure import Material, Part
from facereason.studio.mesh import Float, Ints, f32, unit
from facereason.studio.noise import smooth
from facereason.studio.person import Body, Grip
from facereason.studio.spec import Occluder, Sign, linear

Vector = npt.NDArray[np.float64]
WOODS = ((0.30, 0.21, 0.13), (0.42, 0.30, 0.18), (0.10, 0.065, 0.045), (0.20, 0.20, 0.20), (0.62, 0.58, 0.52))
"""Linear RGB of chairs."""

REGIONS: Mapping[str, tuple[float, float, float, float]] = {
    "eyes": (0.0, 0.0, 0.155, 0.045),
    "nose": (0.0, -0.035, 0.05, 0.055),
    "mouth": (0.0, -0.070, 0.085, 0.050),
    "left half": (0.045, -0.03, 0.085, 0.21),
    "right half": (-0.045, -0.03, 0.085, 0.21),
    "forehead": (0.0, 0.050, 0.15, 0.06),
    "lower face": (0.0, -0.068, 0.15, 0.085),
}
"""Middle (right, up) and size (wide, tall) in metres from between the eyes, in the head's own axes."""
EYES_AT = 7.28  # template height of the eyes, decimetres
BOARD, BOARD_AT = (0.42, 0.16), (0.0, -0.24, -0.34)
"""Size of a sign, and its middle from between the eyes, in the body's axes."""


def occluder(thing: Occluder, body: Body, seed: int) -> list[Part]:
    """What covers a region of one person's face."""
    middle = np.mean(body.eye_centres, axis=0)
    x, z, wide, tall = REGIONS[thing.region]
    colour = np.array(linear(thing.colour), np.float32)
    wide, tall = wide * thing.size, tall * thing.size
    if thing.kind == "hand":
        parts = _hand(x, z, wide, tall)
    elif thing.kind in ("mask", "scarf"):
        return [_wrap(body, x, z, max(wide, 0.155), tall, thing.kind, colour)]
    elif thing.kind == "disc":
        parts = [_plate(x, z, wide, tall, 2.0, 0.006)]
    else:
        book = thing.kind == "book"
        parts = [_plate(x, z, wide, tall * (1.25 if book else 1.0), 12.0, 0.018 if book else 0.006)]
    out = []
    for vertices, faces in parts:
        placed = (vertices @ body.frame.T + middle).astype(np.float32)
        look = {"colour": colour, "weave": 0.6, "garment": thing.kind}
        coords = (vertices * 10).astype(np.float32)
        out.append(Part(material=Material.PLAIN, vertices=placed, faces=faces, coords=coords, look=look))
    return out


def grips(things: Sequence[Occluder], board: Sign | None, person: int) -> tuple[Grip, ...]:
    """Where the hands of person `person`, counted from 1, hold what covers the face or the board; nothing holds a mask
    or a scarf."""
    if board and board.person == person:
        wide, tall = BOARD
        return tuple(
            Grip(side, (way * (wide / 2 - 0.01), -0.222, BOARD_AT[2] - tall / 2 - 0.025), head=False)
            for side, way in (("L", 1.0), ("R", -1.0))
        )
    for thing in things:
        if thing.person == person and thing.kind not in ("mask", "scarf"):
            x, z, wide, tall = REGIONS[thing.region]
            tall = tall * thing.size * (1.25 if thing.kind == "book" else 1.0)
            way = 1.0 if thing.region == "left half" else -1.0
            if thing.kind == "hand":
                return (Grip("R", (x - max(wide * thing.size, 0.07) * 0.95, -0.085, z - 0.055), head=True),)
            held = min(wide * thing.size * 0.3, 0.035)
            return (Grip("L" if way > 0 else "R", (x + way * held, -0.10, z - tall / 2 - 0.075), head=True),)
    return ()


def sign(board: Sign, body: Body, turn: Vector) -> list[Part]:
    """A board before the chest, blank behind; its text is painted by `text_on`."""
    middle = np.mean(body.eye_centres, axis=0)
    wide, tall = BOARD
    corners = np.array(
        [[-wide / 2, 0, tall / 2], [wide / 2, 0, tall / 2], [wide / 2, 0, -tall / 2], [-wide / 2, 0, -tall / 2]]
    )
    placed = (corners + np.array(BOARD_AT)) @ turn.T + middle
    coords = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)
    look = {"colour": np.array(linear(board.colour), np.float32), "text": text_on(board.text)}
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    front = Part(material=Material.SIGN, vertices=placed.astype(np.float32), faces=faces, coords=coords, look=look)
    behind = (placed + turn @ np.array([0, 0.004, 0])).astype(np.float32)
    return [front, Part(material=Material.PLAIN, vertices=behind, faces=faces, coords=coords, look=look)]


@functools.lru_cache(maxsize=64)
def text_on(text: str) -> npt.NDArray[np.float32]:
    """How dark each place of a board is, `(h, w)`, 0 to 1, with Pillow's own font."""
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("L", (630, 240), 0)
    draw = ImageDraw.Draw(image)
    size = 150.0
    while size > 20 and draw.textlength(text, font=ImageFont.load_default(size)) > 560:
        size -= 5
    draw.text((315, 120), text, fill=255, font=ImageFont.load_default(size), anchor="mm")
    return f32(np.asarray(image, np.float32) / 255)


def _plate(x: float, z: float, wide: float, tall: float, power: float, deep: float) -> tuple[Vector, Ints]:
    """A slab before the face, its corners as round as `power` says."""
    count = 40
    turn = np.linspace(0, 2 * np.pi, count, endpoint=False)
    c, s = np.cos(turn), np.sin(turn)
    reach = (np.abs(c) ** power + np.abs(s) ** power) ** (-1 / power)
    rim = np.stack([x + c * reach * wide / 2, np.full(count, -0.075), z + s * reach * tall / 2], 1)
    front = rim - [0, deep, 0]
    i, nxt = np.arange(count), (np.arange(count) + 1) % count
    edge = 2 * count + 2  # the same rims again, so that the edge is sharp
    faces = [np.stack([0 * i, i + 1, nxt + 1], 1), np.stack([0 * i + count + 1, nxt + count + 2, i + count + 2], 1)]
    faces += [np.stack([edge + i, edge + count + i, edge + nxt], 1)]
    faces += [np.stack([edge + nxt, edge + count + i, edge + count + nxt], 1)]
    rows = [front.mean(0, keepdims=True), front, rim.mean(0, keepdims=True), rim, front, rim]
    return np.concatenate(rows), np.concatenate(faces).astype(np.int32)


def _wrap(body: Body, x: float, z: float, wide: float, tall: float, kind: str, colour: Float) -> Part:
    """Cloth that lies on a region of the face."""
    skin = next(part for part in body.parts if part.material is Material.SKIN)
    patch, even, edge = _worn(*(10 * value for value in (x, z, wide, tall)), 0.25 if kind == "scarf" else 0.64)
    base = even @ (patch.matrix @ skin.vertices)
    out = unit(even @ mesh.normals(f32(base), patch.faces))
    thick = (0.020 if kind == "scarf" else 0.016) * smooth(-0.1, 0.25, edge)[:, None] + 0.003
    look = {"colour": colour, "weave": 0.9 if kind == "scarf" else 0.3, "garment": kind}
    coords = f32(patch.matrix @ skin.coords)
    return Part(material=Material.CLOTH, vertices=f32(base + out * thick), faces=patch.faces, coords=coords, look=look)


@functools.lru_cache(maxsize=32)
def _worn(x: float, z: float, wide: float, tall: float, back: float) -> tuple[mesh.Patch, mesh.Sparse, Float]:
    """The skin of a region before the ears, without the mouth, what evens it, and how far its edge is; in template
    decimetres from between the eyes. `back`: how far back it reaches, template depth."""
    form = mould()
    across, up = form.coords[:, 0] - x, form.coords[:, 1] - EYES_AT - z
    field = np.minimum(np.minimum(wide / 2 - np.abs(across), tall / 2 - np.abs(up)), 0.3 * (form.coords[:, 2] - back))
    field = np.where(np.abs(form.coords[:, 0]) > 0.5, np.minimum(field, 0.2 * (round_ear(form.coords) - 1.05)), field)
    front = (form.coords[form.faces][:, :, 2] > back - 0.05).all(1) & (form.inside[form.faces] < 0.5).all(1)
    patch = mesh.clipped(form.faces, f32(field), np.asarray(front))
    edge = f32(patch.matrix @ field)
    return patch, mesh.smoothing(patch.faces, patch.matrix.shape[0], 24), edge


def _hand(x: float, z: float, wide: float, tall: float) -> list[tuple[Vector, Ints]]:
    """Four fingers side by side and a palm, as rounded tubes."""
    out = []
    size = max(wide, 0.07)
    for i in range(4):
        offset = (i - 1.5) * size / 4
        reach = tall * (0.55 + 0.1 * (1.5 - abs(i - 1.5)))
        line = np.array(
            [
                [x - size * 0.4, -0.078, z + offset * 1.0],
                [x, -0.088, z + offset],
                [x + reach, -0.074, z + offset * 1.05],
            ]
        )
        fine = np.stack([np.interp(np.linspace(0, 2, 14), [0, 1, 2], line[:, k]) for k in range(3)], 1)
        radius = size / 8.2 * np.sqrt(np.clip(1 - np.linspace(-0.2, 0.98, 14) ** 6, 0.05, 1))
        vertices, faces = mesh.tube(fine, radius, 10)
        out.append((vertices.astype(np.float64), faces))
    ball, faces = mesh.sphere(18, 24)
    out.append((ball * [size * 0.42, 0.016, size * 0.52] + [x - size * 0.62, -0.078, z - 0.01], faces))
    return out


def seat(floor: float, body: Body, turn: Vector, seed: int) -> Part:
    """A wooden chair as high as the person's bottom."""
    middle = np.mean(body.eye_centres, axis=0)
    skin = next(part for part in body.parts if part.material is Material.SKIN)
    bottom = (np.abs(skin.coords[:, 0]) < 1.3) & (np.abs(skin.coords[:, 1] + 0.15) < 0.3)
    placed = (skin.vertices[bottom] - middle) @ turn
    height = float(skin.vertices[bottom, 2].min()) - floor
    size = min(1.0, height / 0.42)
    back = float(placed[:, 1].max()) + 0.075 * size
    boxes = [
        ((0.0, back - 0.19 * size, height - 0.017), (0.215 * size, 0.205 * size, 0.017)),
        *(
            ((side * 0.19 * size, back - far * size, tall / 2), (0.018 * size, 0.018 * size, tall / 2))
            for side in (-1, 1)
            for far, tall in ((0.37, height - 0.03), (0.0, height + 0.34 * size))
        ),
        *(((0.0, back, height + up * size), (0.175 * size, 0.010 * size, 0.030 * size)) for up in (0.17, 0.29)),
        *(((side * 0.19 * size, back - 0.19 * size, 0.45 * height), (0.010, 0.17 * size, 0.012)) for side in (-1, 1)),
    ]
    corners = np.concatenate([_box(np.array(at), np.array(half)) for at, half in boxes])
    vertices = f32(corners @ turn.T + np.array([middle[0], middle[1], floor]))
    faces = np.arange(len(vertices), dtype=np.int32).reshape(-1, 3)
    look = {"colour": np.array(WOODS[seed % len(WOODS)], np.float32)}
    return Part(material=Material.PLAIN, vertices=vertices, faces=faces, coords=f32(corners * 10), look=look)


def _box(at: Vector, half: Vector) -> Vector:
    """Corners of the 12 triangles of a box, `(36, 3)`, none shared, so that its edges are sharp."""
    low = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)], np.float64)
    sides = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    rows = [side[k] for side in sides for k in (0, 1, 2, 0, 2, 3)]
    out: Vector = low[rows] * half + at
    return out
