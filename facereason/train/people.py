"""Train the detector of people: studio groups, and mosaics of single figures and of photos of faces."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as functional
from torch import Tensor

from facereason import resources
from facereason.faces import people
from facereason.faces.detect import Detector
from facereason.faces.people import STRIDE
from facereason.train import augment, exporting, loop, people_data
from facereason.train.blocks import on_device
from facereason.train.people_data import HELD_OUT, MOST, STAGES, Pictures
from facereason.train.people_model import MAPS, ExportedPeople, PeopleModel, PeopleNet
from facereason.types import Box, UsageError

Say = Callable[[str], None]

WIDTH, HEIGHT = 320, 240  # of what is trained on
GRIDS = ((1, 1), (1, 2), (2, 2), (2, 3), (2, 4))  # rows and columns of mosaics
RIGHT = 0.4  # overlap from which a head counts as found
BEHIND = 110.0  # degrees of body orientation from which somebody counts as seen from behind
TOLERANCE = 2e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Pictures a step: of groups, and mosaics of figures and photos."""

    groups: int
    mosaics: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleRecipe:
    """One run, of `epochs` of `steps`. `groups` and `figures`: names of folders with renders of many people and of one;
    the rest as of the reader's `Recipe`. `strength`, 0 to 1: of the augmentation. `loss`: weight of each map. `begin`:
    a checkpoint of another run of such a model to go on from."""

    name: str
    model: PeopleModel
    groups: tuple[str, ...]
    figures: tuple[str, ...]
    epochs: int
    steps: int
    batch: Batch
    strength: float
    learning_rate: float
    weight_decay: float
    warmup_epochs: float
    ema: float
    seed: int
    loss: Mapping[str, float]
    begin: str | None = None
    limit: int | None = None  # pictures a source, to try a recipe out

    def __post_init__(self) -> None:
        if set(self.loss) != set(MAPS):
            raise UsageError(f"loss: a weight for each of {', '.join(MAPS)}, and for nothing else")
        if not (self.groups and self.figures):
            raise UsageError("groups and figures: name at least one folder of renders each")
        if min(self.epochs, self.steps, self.batch.groups) < 1 or self.batch.mosaics < 0:
            raise UsageError("epochs, steps and batch.groups must be 1 or more")
        if not 0 <= self.strength <= 1:
            raise UsageError("strength must be from 0 to 1")


def train(
    recipe: PeopleRecipe,
    folder: str | Path | None,
    out: str | Path,
    *,
    made: str | Path = "out",
    device: str | None = None,
    say: Say = print,
    progress: loop.Progress | None = None,
) -> Path:
    """Train by `recipe`, renders in `made`, FairFace in `folder`; returns the checkpoint, `out/last.pt`. A run that was
    cut goes on from there; beside it lie `curve.jsonl` and `recipe.json`."""
    home, out = loop.device_of(device), loop.folder_of(out)
    torch.manual_seed(recipe.seed)
    run = loop.Loop(recipe, on_device(PeopleNet(recipe.model), home), home, out)
    say(f"{recipe.name}: {sum(p.numel() for p in run.net.parameters()) / 1e6:.2f} M parameters on {home}")
    if recipe.begin and not run.path.is_file():
        for net in (run.net, run.mean):
            net.load_state_dict(begun(recipe.begin, net))
    run.resume(say)
    groups = _renders(made, recipe.groups, (400, 300), recipe.limit)
    kept = np.arange(len(groups)) % HELD_OUT == 0
    figures = _renders(made, recipe.figures, (160, 160), recipe.limit)
    head = people_data.head_box(Path(made) / recipe.groups[0])
    faces = people_data.photos(folder, head, lambda: Detector(resources.weights("detector.onnx")), limit=recipe.limit)
    say(f"{len(groups)} groups, {len(figures)} figures, {len(faces)} photos")
    learnt, held_out = groups.take(~kept), groups.take(kept)
    shown: loop.Progress = progress or loop.Silent()
    shown.start(recipe.epochs * recipe.steps, run.epoch * recipe.steps)
    began, first = time.monotonic(), run.epoch
    while run.epoch < recipe.epochs:
        draw = np.random.default_rng([recipe.seed, run.epoch])

        def loss_of(step: int, draw: np.random.Generator = draw) -> Tensor:
            rows = draw.integers(len(learnt), size=recipe.batch.groups)
            batch = [_example(learnt, int(row)) for row in rows]
            batch += [_mosaic(figures if draw.random() < 0.5 else faces, draw) for _ in range(recipe.batch.mosaics)]
            return _loss(run, batch, draw)

        loss = run.epoch_of(recipe.steps, loss_of, shown)
        told = run.record(loss, measured(run.mean, held_out, 0.3))
        pace = (time.monotonic() - began) / (run.epoch - first)
        say(f"epoch {run.epoch} of {recipe.epochs}: loss {loss:.3f}; {told}; {pace:.0f} s an epoch")
        run.save(None)
    if not run.ended:
        run.save({"score": best_score(run.mean, held_out)})
    return out / "last.pt"


def _renders(made: str | Path, names: tuple[str, ...], size: tuple[int, int], limit: int | None) -> Pictures:
    return Pictures.joined([people_data.renders(Path(made) / name, size, limit=limit) for name in names])


def begun(path: str | Path, net: PeopleNet) -> Mapping[str, Tensor]:
    """The averaged weights of another run's checkpoint. UsageError where there is none, or it is of another model."""
    if not Path(path).is_file():
        raise UsageError(f"begin: no checkpoint {path}: train it first")
    found: Mapping[str, Tensor] = loop.stored(path, "cpu")["mean"]
    own = net.state_dict()
    odd = [name for name in own.keys() | found.keys() if name not in found or name not in own]
    odd = odd or [name for name in own if own[name].shape != found[name].shape]
    if odd:
        raise UsageError(f"begin: {path} is of another model ({min(odd)} does not fit)")
    return found


def export(checkpoint: str | Path, path: str | Path) -> Path:
    """Write the ONNX file that `faces.people` reads. UsageError where the run has not ended."""
    state = loop.stored(checkpoint, "cpu")
    if not state["ended"]:
        raise UsageError(f"{checkpoint}: epoch {state['epoch']}, the run has not ended: call train again to go on")
    net = PeopleNet(PeopleModel(**state["recipe"]["model"]))
    net.load_state_dict(state["mean"])
    side = torch.export.Dim("rows", min=2, max=256), torch.export.Dim("columns", min=2, max=256)
    return exporting.export(
        ExportedPeople(net),
        torch.randint(0, 256, (1, 96, 128, 3), dtype=torch.uint8),
        path,
        names=("picture", list(MAPS)),
        dynamic={1: people.MULTIPLE * side[0], 2: people.MULTIPLE * side[1]},
        metadata={"recipe": state["recipe"], "score": state["score"]},
        tolerances=dict.fromkeys(MAPS, TOLERANCE),
    )


@dataclass(slots=True)
class _Example:
    """One picture on its way to a batch: as a row of `people_data.Pictures`."""

    image: Tensor
    heads: Tensor
    bodies: Tensor
    orientation: Tensor
    sitting: Tensor
    stage: Tensor
    clear: Tensor


def _example(pictures: Pictures, row: int) -> _Example:
    parts = {name: torch.from_numpy(np.asarray(getattr(pictures, name)[row])) for name in Pictures.__slots__[1:]}
    image = torch.from_numpy(pictures.images[row]).permute(2, 0, 1)
    return _Example(image, **parts)


def _mosaic(pictures: Pictures, draw: np.random.Generator) -> _Example:
    """Several pictures of one person side by side, each cut to its cell."""
    rows, columns = GRIDS[int(draw.integers(len(GRIDS)))]
    width, height = 400 // columns, 300 // rows
    canvas = torch.zeros(3, height * rows, width * columns, dtype=torch.uint8)
    heads, bodies = torch.full((2, MOST, 4), torch.nan)
    orientation, sitting, stage = torch.full((3, MOST), torch.nan)
    made = _Example(canvas, heads, bodies, orientation, sitting, stage, torch.zeros(MOST, dtype=torch.bool))
    for cell in range(rows * columns):
        one = _example(pictures, int(draw.integers(len(pictures))))
        side = max(width, height)
        scale = side / one.image.shape[1]
        image = functional.interpolate(one.image[None].float(), size=(side, side), mode="bilinear")[0]
        x, y = (side - width) // 2, (side - height) // 2
        left, top = cell % columns * width, cell // columns * height
        canvas[:, top : top + height, left : left + width] = image[:, y : y + height, x : x + width].byte()
        shift = torch.tensor([left - x, top - y] * 2)
        cut = torch.tensor([left, top, left, top]), torch.tensor([left + width, top + height] * 2)
        made.heads[cell] = one.heads[0] * scale + shift
        made.bodies[cell] = (one.bodies[0] * scale + shift).clamp(*cut)
        made.orientation[cell], made.sitting[cell] = one.orientation[0], one.sitting[0]
        made.stage[cell] = one.stage[0]
        middle = (made.heads[cell, :2] + made.heads[cell, 2:]) / 2
        inside = bool((middle >= cut[0][:2]).all() and (middle <= cut[1][:2]).all())
        made.clear[cell] = bool(one.clear[0]) and inside
        if not inside:
            made.heads[cell] = torch.nan
    return made


def _loss(run: loop.Loop[PeopleNet], batch: list[_Example], draw: np.random.Generator) -> Tensor:
    recipe: Any = run.recipe
    seen = [_view(one, draw, recipe.strength) for one in batch]
    images = torch.stack([one.image for one in seen]).to(run.device)
    images = augment.degraded(images, recipe.strength, run.generator, coarse=(60, 200), covered=0.0)
    images = images.contiguous(memory_format=torch.channels_last)
    with run.precision():
        said = run.learner(images)
    parts = losses({name: values.float() for name, values in said.items()}, *_joined(seen, run.device))
    return torch.stack([recipe.loss[name] * value for name, value in parts.items()]).sum()


def _joined(seen: list[_Example], device: torch.device) -> tuple[Tensor, ...]:
    names = Pictures.__slots__[1:]
    return tuple(torch.stack([getattr(one, name) for one in seen]).to(device) for name in names)


def _view(one: _Example, draw: np.random.Generator, strength: float) -> _Example:
    """A cut-out of a picture, zoomed and perhaps mirrored, at the size that is trained on."""
    height, width = one.image.shape[1:]
    zoom = min(WIDTH / width, HEIGHT / height) * float(np.exp(draw.uniform(-0.5, 0.6) * strength))
    x, y = (
        float(draw.uniform(min(0.0, size * zoom - shown), max(0.0, size * zoom - shown)))
        for size, shown in ((width, WIDTH), (height, HEIGHT))
    )
    mirrored = bool(draw.random() < 0.5 * min(1.0, 2 * strength))
    sign = -1.0 if mirrored else 1.0
    theta = torch.tensor(
        [
            [sign * WIDTH / (width * zoom), 0.0, (2 * x + WIDTH) / (width * zoom) - 1],
            [0.0, HEIGHT / (height * zoom), (2 * y + HEIGHT) / (height * zoom) - 1],
        ]
    )
    grid = functional.affine_grid(theta[None], [1, 3, HEIGHT, WIDTH], align_corners=False)
    image = functional.grid_sample(one.image[None].float() / 255, grid, align_corners=False)[0]

    def boxes(values: Tensor, inside: bool) -> Tensor:
        moved = values * zoom - torch.tensor([x, y, x, y])
        if mirrored:
            moved = torch.stack([WIDTH - moved[:, 2], moved[:, 1], WIDTH - moved[:, 0], moved[:, 3]], 1)
        return moved.clamp(torch.zeros(4), torch.tensor([WIDTH, HEIGHT] * 2)) if inside else moved

    heads = boxes(one.heads, inside=False)
    middle = (heads[:, :2] + heads[:, 2:]) / 2
    out = ~((middle > 0) & (middle < torch.tensor([WIDTH, HEIGHT]))).all(1)
    heads = torch.where(out[:, None], torch.nan, heads)
    return replace(
        one,
        image=image,
        heads=heads,
        bodies=boxes(one.bodies, inside=True),
        orientation=one.orientation * sign,
        clear=one.clear & ~out,
    )


def losses(
    said: Mapping[str, Tensor],
    heads: Tensor,
    bodies: Tensor,
    orientation: Tensor,
    sitting: Tensor,
    stage: Tensor,
    clear: Tensor,
) -> dict[str, Tensor]:
    """Loss of each map, over people `(n, k)` whose boxes are `(n, k, 4)` pixels of the picture, nan where there is
    nobody: focal loss of middles (Zhou et al. 2019), none inside heads that are not clear, and distances of the rest
    where they are known."""
    rows, columns = said["middle"].shape[2:]
    there = torch.isfinite(heads).all(-1)
    boxes = torch.nan_to_num(heads) / STRIDE
    middle, size = (boxes[..., :2] + boxes[..., 2:]) / 2, (boxes[..., 2:] - boxes[..., :2]).clamp_min(0.5)
    cell = middle.floor().long()
    cell = torch.stack([cell[..., 0].clamp(0, columns - 1), cell[..., 1].clamp(0, rows - 1)], -1)
    y, x = (torch.arange(count, device=heads.device) for count in (rows, columns))
    off_x, off_y = x - cell[..., :1].float(), y - cell[..., 1:].float()
    spread = (0.12 * size.prod(-1).sqrt()).clamp_min(0.8)
    near = (-0.5 * (off_y[..., :, None] ** 2 + off_x[..., None, :] ** 2) / spread[..., None, None] ** 2).exp()
    heat = (near * (there & clear)[..., None, None]).amax(1)
    inside = (off_y[..., :, None].abs() <= size[..., 1, None, None] / 2) & (
        off_x[..., None, :].abs() <= size[..., 0, None, None] / 2
    )
    counted = ~(inside & (there & ~clear)[..., None, None]).any(1) | (heat == 1)
    chance = torch.sigmoid(said["middle"][:, 0]).clamp(1e-5, 1 - 1e-5)
    yes = heat == 1
    focal = torch.where(yes, (1 - chance) ** 2 * chance.log(), (1 - heat) ** 4 * chance**2 * (1 - chance).log())
    out = {"middle": -(focal * counted).sum() / yes.sum().clamp_min(1)}
    picture, person = (there & clear).nonzero(as_tuple=True)
    column, row = cell[picture, person].unbind(-1)
    own = {name: values[picture, :, row, column] for name, values in said.items()}
    at, wide = middle[picture, person], size[picture, person]
    offset = at - cell[picture, person] - 0.5
    out["head"] = _mean(functional.smooth_l1_loss(own["head"], torch.cat([offset, wide.log()], 1), reduction="none"))
    body = (bodies[picture, person] / STRIDE - at.repeat(1, 2)) / wide[:, 1:]
    out["body"] = _mean(functional.smooth_l1_loss(own["body"], torch.nan_to_num(body), reduction="none"), body)
    angle = torch.deg2rad(orientation[picture, person])
    facing = torch.stack([angle.sin(), angle.cos()], 1)
    out["facing"] = _mean((own["facing"] - torch.nan_to_num(facing)) ** 2, facing)
    posture = sitting[picture, person]
    each = functional.binary_cross_entropy_with_logits(
        own["sitting"][:, 0], torch.nan_to_num(posture), reduction="none"
    )
    out["sitting"] = _mean(each, posture)
    known = stage[picture, person]
    out["stage"] = _mean(
        functional.cross_entropy(own["stage"], torch.nan_to_num(known).long(), reduction="none"), known
    )
    return out


def _mean(values: Tensor, known: Tensor | None = None) -> Tensor:
    mask = torch.ones_like(values) if known is None else torch.isfinite(known).to(values.dtype)
    return (values * mask).sum() / mask.sum().clamp_min(1)


@torch.no_grad()
def _found(net: PeopleNet, pictures: Pictures, score: float) -> list[list[people.Found]]:
    exported, out = ExportedPeople(net).cpu(), []
    for image in pictures.images:
        height, width = (size // people.MULTIPLE * people.MULTIPLE for size in image.shape[:2])
        maps = exported(torch.from_numpy(image[:height, :width])[None])
        out.append(people.decoded(*(each.numpy() for each in maps), score=score, size=(width, height)))
    return out


def measured(net: PeopleNet, pictures: Pictures, score: float) -> dict[str, float]:
    """On pictures at the size they have: shares of clear people that are found, `found`, and of those whose bodies are
    turned away, `behind`; heads found where nobody is, a picture, `false`; mean error of body orientation, `facing`,
    degrees; and shares of postures, and of who is a child and who is not, that are right, `sitting`,
    `child`."""
    return _compared(_found(net, pictures, score), pictures)


def _compared(seen: list[list[people.Found]], pictures: Pictures) -> dict[str, float]:
    hits: list[float] = []
    behind: list[float] = []
    turned: list[float] = []
    sat: list[float] = []
    children: list[float] = []
    false = 0
    for number, found in enumerate(seen):
        free = list(found)
        for k in range(MOST):
            box = pictures.heads[number, k]
            if not np.isfinite(box).all():
                continue
            head = Box(*(float(v) for v in box[:2]), *(float(v) for v in box[2:] - box[:2]))
            best = max(free, key=lambda each: each.head.iou(head), default=None)
            hit = best is not None and best.head.iou(head) >= RIGHT
            if hit and best is not None:
                free.remove(best)
            if not pictures.clear[number, k]:
                continue
            hits.append(hit)
            angle = float(pictures.orientation[number, k])
            if abs(angle) >= BEHIND:
                behind.append(hit)
            if hit and best is not None:
                off = abs(best.orientation - angle) % 360
                turned.append(min(off, 360 - off))
                sat.append((best.sitting >= 0.5) == bool(pictures.sitting[number, k]))
                stage = pictures.stage[number, k]
                if np.isfinite(stage):
                    children.append((best.child >= 0.5) == (stage == STAGES.index("child")))
        false += len(free)
    parts = {"found": hits, "behind": behind, "facing": turned, "sitting": sat, "child": children}
    figures = {name: float(np.mean(values)) for name, values in parts.items() if values}
    return {**figures, "false": false / max(1, len(pictures))}


def best_score(net: PeopleNet, pictures: Pictures) -> float:
    """The score from which finding heads has the best F1."""
    people_there = float((pictures.clear & np.isfinite(pictures.heads).all(-1)).sum())
    best, kept = -1.0, 0.3
    seen = _found(net, pictures, 0.15)
    for score in np.arange(0.15, 0.65, 0.05):
        figures = _compared([[each for each in found if each.score >= score] for found in seen], pictures)
        right = figures.get("found", 0.0) * people_there
        f1 = 2 * right / max(1.0, people_there + right + figures["false"] * len(pictures))
        if f1 > best:
            best, kept = f1, round(float(score), 2)
    return kept
