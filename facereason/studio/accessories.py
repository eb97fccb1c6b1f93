"""Glasses, and things before a face: parts built in the head's frame."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from facereason.studio import body, mesh
from facereason.studio.body import eyeballs
from facereason.studio.figure import Material, Part
from facereason.studio.rig import Posed

Vector = npt.NDArray[np.float64]
WIDE = 0.160  # metres between the tops of a grown person's ears
DARK, METAL = (0.015, 0.013, 0.012), (0.30, 0.27, 0.20)


def glasses(kind: str, posed: Posed, head: Vector, between: Vector) -> list[Part]:
    """Frames on the nose and behind the ears, and dark lenses for sunglasses; none for `none`."""
    if kind == "none":
        return []
    size, ears = _ears(posed, head, between)
    apart = float(np.linalg.norm(eyeballs(posed)[0][0] - eyeballs(posed)[1][0])) / 2 / size
    look = {"colour": np.array(METAL if kind == "round" else DARK, np.float32)}
    lines: list[tuple[Vector, bool]] = []
    for side in (-1.0, 1.0):
        lines.append((_rim(kind, side * apart * 1.02), True))
        outer = np.array([side * (apart + 0.026), -0.024, 0.004])
        ear = ears[side] / size + np.array([side * 0.003, 0.004, 0.002])
        bow = (outer + ear) / 2 + np.array([side * 0.007, 0, 0])
        lines.append((np.stack([outer, bow, ear, ear + np.array([-side * 0.002, 0.012, -0.012])]), False))
    bridge = np.linspace(-1, 1, 9)[:, None] * [apart - 0.023, 0, 0]
    lines.append(
        (
            bridge + np.stack([0 * bridge[:, 0], -0.034 - 0 * bridge[:, 0], 0.006 - 300 * bridge[:, 0] ** 2 * 0.02], 1),
            False,
        )
    )
    parts = []
    thick = {"round": 0.0010, "square": 0.0016, "sunglasses": 0.0017}[kind]
    for line, closed in lines:
        vertices, faces = mesh.tube(size * line @ head.T + between, thick * size, 7, closed)
        parts.append(Part(material=Material.FRAME, vertices=vertices, faces=faces, coords=vertices, look=look))
    if kind == "sunglasses":
        for side in (-1.0, 1.0):
            rim = _rim(kind, side * apart * 1.02)
            fan = size * np.concatenate([rim.mean(0, keepdims=True), rim]) @ head.T + between
            count = len(rim)
            faces = np.stack([np.zeros(count, int), np.arange(count) + 1, (np.arange(count) + 1) % count + 1], 1)
            parts.append(
                Part(
                    material=Material.LENS,
                    vertices=fan.astype(np.float32),
                    faces=faces.astype(np.int32),
                    coords=fan.astype(np.float32),
                    look={"colour": np.array((0.012, 0.012, 0.014), np.float32)},
                )
            )
    return parts


def _ears(posed: Posed, head: Vector, between: Vector) -> tuple[float, dict[float, Vector]]:
    """How large the head is beside a grown person's, and where its ears are fixed above, in its frame, metres."""
    form = body.mould()
    across = np.abs(form.coords[:, 0])
    above = (across > 0.70) & (across < 0.80) & (np.abs(form.coords[:, 1:] - [7.36, 0.50]).max(1) < 0.05)
    rows = np.nonzero(above)[0]
    local = ((form.skin.matrix @ posed.vertices)[rows] - between) @ head
    ears = {side: local[np.sign(form.coords[rows, 0]) == side].mean(0) for side in (-1.0, 1.0)}
    return float(ears[1.0][0] - ears[-1.0][0]) / WIDE, ears


def _rim(kind: str, x: float) -> Vector:
    """A lens's outline in the head's frame, metres, the origin between the eyes."""
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    power = {"round": 2.0, "square": 4.0, "sunglasses": 3.0}[kind]
    c, s = np.cos(turn), np.sin(turn)
    reach = (np.abs(c) ** power + np.abs(s) ** power) ** (-1 / power)
    wide, tall = {"round": (0.0235, 0.0225), "square": (0.0265, 0.0195), "sunglasses": (0.0285, 0.0235)}[kind]
    px, pz = c * reach * wide, s * reach * tall
    y = -0.030 + 4.5 * (np.abs(x + px) - 0.03).clip(0) ** 2
    return np.stack([x + px, y, pz - 0.003], 1)
