"""From a spec to a picture and its truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason.studio import backdrop, body, ground, light, picture, props, raster, truth
from facereason.studio.figure import Material, Part
from facereason.studio.mesh import any_corner
from facereason.studio.spec import SceneSpec
from facereason.studio.stage import Staged, staged

Mask = npt.NDArray[np.bool_]

RENDERER = 7
"""Goes up whenever the same spec gives other pixels."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """`image`: `(height, width, 3)` uint8 RGB; `people`: the truth of each, in the spec's order."""

    spec: SceneSpec
    image: npt.NDArray[np.uint8]
    people: tuple[truth.PersonTruth, ...]
    _parts: list[Part]
    _owners: npt.NDArray[np.int16]
    _picture: picture.Picture

    def masks(self, number: int) -> truth.Masks:
        """Masks of person `number`, counted from 1."""
        return truth.masks(number, self._parts, self._owners, self._picture)

    def to_dict(self) -> dict[str, Any]:
        """The truth and the spec that made it, as plain data for JSON."""
        return {
            "width": self.spec.width,
            "height": self.spec.height,
            "people": [person.to_dict() for person in self.people],
            "spec": self.spec.to_dict(),
        }


def render(spec: SceneSpec) -> Rendered:
    """The picture of a scene; the same spec gives the same bytes."""
    stage = staged(spec)
    parts, owners = _gathered(spec, stage)
    parts = [_near_view(part, stage.camera, spec) for part in parts]
    lamps = light.placed(
        spec.light.kind,
        stage.camera.axes,
        spec.light.azimuth,
        spec.light.elevation,
        spec.light.strength,
        spec.light.warmth,
    )
    mouths = [body.mould().inside if part.material is Material.SKIN else None for part in parts]
    solid = picture.solid_of(parts)
    drawn = picture.drawn(parts, solid, mouths, stage.camera, lamps, spec.width, spec.height, spec.seed)
    behind = backdrop.painted(spec.background, spec.width, spec.height) * (0.55 + 0.45 * spec.light.strength)
    feet = [np.mean(made.eye_centres, axis=0) for made in stage.bodies]
    kept = ground.lightness(solid, feet, stage.floor, stage.camera, lamps, spec.width, spec.height, spec.seed)
    behind = behind * kept[..., None]
    mixed = drawn.light + (1 - drawn.cover[..., None]) * behind
    image = _photographed(mixed, spec)
    alone = [_alone(parts, owners, number, stage, spec, drawn) for number in range(len(spec.people))]
    return Rendered(spec, image, truth.measured(spec, stage, drawn, owners, alone), parts, owners, drawn)


def _gathered(spec: SceneSpec, stage: Staged) -> tuple[list[Part], npt.NDArray[np.int16]]:
    parts: list[Part] = []
    owners: list[int] = []
    for number, made in enumerate(stage.bodies):
        parts += made.parts
        owners += [number] * len(made.parts)
    things: list[Part] = []
    for thing in spec.occluders:
        things += props.occluder(thing, stage.bodies[thing.person - 1], spec.seed)
    for number, person in enumerate(spec.people):
        if person.posture == "sitting":
            facing = stage.facings[number]
            things.append(props.seat(stage.floor, stage.bodies[number], facing, person.identity))
    if spec.sign:
        number = spec.sign.person - 1
        things += props.sign(spec.sign, stage.bodies[number], stage.facings[number])
    return parts + things, np.array(owners + [-1] * len(things), np.int16)


def _near_view(part: Part, camera: picture.Camera, spec: SceneSpec) -> Part:
    """The part without what lies outside the picture; what lies beside it still casts its shadow."""
    there, near = (camera.sees(part.vertices, spec.width, spec.height, margin) for margin in (1.02, 1.4))
    solid = part.faces if part.solid is None else part.solid
    return replace(part, faces=part.faces[any_corner(there, part.faces)], solid=solid[any_corner(near, solid)])


def _photographed(mixed: npt.NDArray[np.float32], spec: SceneSpec) -> npt.NDArray[np.uint8]:
    from scipy.ndimage import gaussian_filter

    if spec.blur:
        mixed = gaussian_filter(mixed, (spec.blur, spec.blur, 0), mode="nearest")
    image = picture.developed(mixed)
    if spec.noise:
        rng = np.random.Generator(np.random.PCG64([spec.seed, 9]))
        grain = spec.noise * 255 * rng.standard_normal(image.shape, np.float32)
        image = np.clip(image + grain + 0.5, 0, 255).astype(np.uint8)
    return image


def _alone(
    parts: list[Part],
    owners: npt.NDArray[np.int16],
    number: int,
    stage: Staged,
    spec: SceneSpec,
    drawn: picture.Picture,
) -> Mask:
    """The pixels of one person if nothing were before them."""
    if len(set(owners.tolist())) == 1:
        return drawn.part >= 0
    mine = [part for part, owner in zip(parts, owners, strict=True) if owner == number]
    starts = np.cumsum([0] + [len(part.vertices) for part in mine])
    vertices = np.concatenate([part.vertices for part in mine])
    faces = np.concatenate([part.faces + start for part, start in zip(mine, starts, strict=False)]).astype(np.int32)
    size = (spec.width * picture.SAMPLES, spec.height * picture.SAMPLES)
    hits = raster.first(*stage.camera.placed(vertices, *size), faces, *size)
    seen = np.zeros(size[0] * size[1], np.bool_)
    seen[hits.sample] = True
    return seen.reshape(size[::-1])[:: picture.SAMPLES, :: picture.SAMPLES]
