"""Many scenes as Parquet shards that `datasets` loads, rendered in parallel; a stopped run goes on where it was."""

from __future__ import annotations

import contextlib
import functools
import hashlib
import io
import json
import multiprocessing
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeVar

import numpy as np
from PIL import Image

from facereason import facs
from facereason.processes import end_with_parent
from facereason.studio import frozen, rig_files
from facereason.studio import profile as profiles
from facereason.studio import scene as scenes
from facereason.studio.profile import Profile
from facereason.studio.truth import Masks, PersonTruth
from facereason.types import FaceReasonError, UsageError

T = TypeVar("T")
ImageFormat = Literal["png", "jpeg"]
SHARD = 256
LICENSE = "CC0-1.0"
PARTS = ("person", "skin", "hair", "eyes", "lips")
"""Bit by bit, the lowest first, what a pixel of a parts mask shows."""

Step = Callable[[int, int], None]
"""Called with the scenes done and all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Scenes to render: drawn from a profile, or read from a frozen set. `name` goes into ids; `key` tells whether a
    folder holds the same."""

    name: str
    split: str
    key: str
    count: int
    profile: Profile | None
    kept: tuple[frozen.Scene, ...] = ()

    def scene(self, number: int) -> frozen.Scene:
        """Scene `number`, counted from 0."""
        if self.profile is None:
            return self.kept[number]
        return frozen.Scene(id=f"{self.name}-{number:07d}", spec=profiles.drawn(self.profile, number))


def from_profile(profile: Profile, count: int) -> Source:
    """The first `count` scenes of a profile; UsageError where there are none."""
    if count < 1:
        raise UsageError(f"--count {count}: 1 or more")
    from facereason.records import plain

    key = hashlib.sha256(json.dumps(plain(profile), sort_keys=True).encode()).hexdigest()
    return Source(
        name=profile.name,
        split="test" if profile.for_tests else "train",
        key=key,
        count=count,
        profile=profile,
    )


def from_frozen(path: str | Path, count: int | None = None) -> Source:
    """The first scenes of a frozen set, or all; UsageError where it is none."""
    scenes_there = frozen.read(path)
    return Source(
        name=Path(path).name.removesuffix(frozen.SUFFIX),
        split="test",
        key=hashlib.sha256(Path(path).read_bytes()).hexdigest(),
        count=min(count or len(scenes_there), len(scenes_there)),
        profile=None,
        kept=scenes_there,
    )


def build(
    source: Source,
    out: str | Path,
    *,
    shard: int = SHARD,
    workers: int | None = None,
    image_format: ImageFormat = "png",
    masks: bool = False,
    step: Step = lambda done, total: None,
) -> list[Path]:
    """Render what is not in `out` yet, shard after shard, and return all shards.

    A shard is written under another name and renamed when it is whole, so that a kill or a full disk costs the one in
    the making. UsageError where `out` holds another data set; FaceReasonError where it cannot be written.
    """
    folder = Path(out)
    told = {
        "name": source.name, "key": source.key, "shard": shard, "image_format": image_format, "masks": masks,
        "renderer": scenes.RENDERER,
    }  # fmt: skip
    try:
        _claim(folder, told)
        ends = [min(start + shard, source.count) for start in range(0, source.count, shard)]
        paths = [folder / f"{source.split}-{i:05d}.parquet" for i in range(len(ends))]
        missing = [i for i, path in enumerate(paths) if _rows(path) < ends[i] - i * shard]
        done = source.count - sum(ends[i] - i * shard for i in missing)
        step(done, source.count)
        numbers = (number for i in missing for number in range(i * shard, ends[i]))
        work = functools.partial(row, image_format=image_format, masks=masks)
        with contextlib.closing(_mapped(source, numbers, workers, work)) as made:
            for i in missing:
                rows: list[dict[str, Any]] = []
                for one in islice(made, ends[i] - i * shard):
                    rows.append(one)
                    done += 1
                    step(done, source.count)
                _write(rows, paths[i], masks)
        _datasheet(source, folder, paths, image_format)
    except OSError as error:
        raise FaceReasonError(
            f"cannot write to {folder} ({error.strerror or error}): make room and call it again; whole shards are kept"
        ) from error
    return paths


def row(source: Source, number: int, image_format: ImageFormat, masks: bool) -> dict[str, Any]:
    """Scene `number` rendered, as a row of the table."""
    scene = source.scene(number)
    made = scenes.render(scene.spec)
    people = []
    for person in made.people:
        entry = _person(person)
        if masks:
            entry["parts"], entry["regions"] = packed(made.masks(person.number))
        people.append(entry)
    suffix = {"png": "png", "jpeg": "jpg"}[image_format]
    return {
        "id": scene.id,
        "dataset": f"studio/{source.name}",
        "split": source.split,
        "license": LICENSE,
        "image": {"bytes": _encoded(made.image, image_format), "path": f"{scene.id}.{suffix}"},
        "people": people,
        "spec": json.dumps(made.spec.to_dict(), separators=(",", ":")),
        "sweep": json.dumps(scene.sweep) if scene.sweep else None,
    }


def packed(masks: Masks) -> tuple[bytes, bytes]:
    """Two PNG files: parts, grey, a bit each in the order of `PARTS`; and regions, RGB, where bit `i` of the 24 (red
    lowest) is the `i`th unit of `facs.UNITS`."""
    parts = sum(getattr(masks, name).astype(np.uint8) << bit for bit, name in enumerate(PARTS))
    bits = sum(masks.regions[unit].astype(np.uint32) << i for i, unit in enumerate(facs.UNITS))
    colours = np.stack([(np.asarray(bits) >> shift) & 255 for shift in (0, 8, 16)], -1).astype(np.uint8)
    return _encoded(np.asarray(parts, np.uint8), "png"), _encoded(colours, "png")


def unpacked(parts: bytes, regions: bytes) -> Masks:
    """The masks in two files of `packed`."""
    grey = np.asarray(Image.open(io.BytesIO(parts)))
    colours = np.asarray(Image.open(io.BytesIO(regions))).astype(np.uint32)
    bits = colours[..., 0] | colours[..., 1] << 8 | colours[..., 2] << 16
    named = {name: (grey >> bit & 1).astype(bool) for bit, name in enumerate(PARTS)}
    return Masks(**named, regions={unit: (bits >> i & 1).astype(bool) for i, unit in enumerate(facs.UNITS)})


def _claim(folder: Path, told: dict[str, Any]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / "studio.json"
    if note.is_file():
        held = json.loads(note.read_text(encoding="utf-8"))
        other = [key for key in told if held.get(key) != told[key]]
        if other:
            raise UsageError(f"{folder} holds another data set (its {', '.join(other)} differs): choose another --out")
    elif any(folder.iterdir()):
        raise UsageError(f"{folder} is not empty and no studio data set: choose another --out")
    else:
        _renamed(note, json.dumps(told, indent=1).encode())


def _rows(path: Path) -> int:
    import pyarrow.parquet as parquet
    from pyarrow import ArrowInvalid

    if not path.is_file():
        return -1
    try:
        return int(parquet.read_metadata(path).num_rows)
    except ArrowInvalid as error:
        raise FaceReasonError(f"{path} is damaged ({error}): delete it and call this again") from None


def pictures(source: Source, workers: int | None = None) -> Iterator[np.ndarray[Any, np.dtype[np.uint8]]]:
    """Only the pictures of a source, `(height, width, 3)` each, in order."""
    yield from _mapped(source, iter(range(source.count)), workers, _picture)


def _picture(source: Source, number: int) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return scenes.render(source.scene(number).spec).image


def _mapped(
    source: Source, numbers: Iterator[int], workers: int | None, work: Callable[[Source, int], T]
) -> Generator[T, None, None]:
    """What `work` makes of each scene, in order; so many are under way that no worker waits, and no more."""
    count = workers or os.cpu_count() or 1
    if count == 1:
        yield from (work(source, number) for number in numbers)
        return
    rig_files.files()  # once, before every process looks for them
    with (
        _single_threaded(),
        ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), _start, (source,)) as pool,
    ):
        waiting: deque[tuple[int, Future[T]]] = deque()
        try:
            for number in numbers:
                waiting.append((number, pool.submit(_work, work, number)))
                if len(waiting) > 4 * count:
                    yield _result(*waiting.popleft())
            while waiting:
                yield _result(*waiting.popleft())
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _result(number: int, made: Future[T]) -> T:
    try:
        return made.result()
    except BrokenProcessPool:
        raise FaceReasonError(
            f"a process that rendered was killed near scene {number}: give it fewer --workers, and call it again"
        ) from None


_source: Source


def _start(source: Source) -> None:
    global _source
    _source = source
    end_with_parent()


def _work(work: Callable[[Source, int], T], number: int) -> T:
    return work(_source, number)


@contextlib.contextmanager
def _single_threaded() -> Iterator[None]:
    """One thread a process, since the processes share the cores."""
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _encoded(image: np.ndarray[Any, np.dtype[np.uint8]], image_format: ImageFormat) -> bytes:
    buffer = io.BytesIO()
    options = {"quality": 93, "subsampling": 0} if image_format == "jpeg" else {"compress_level": 4}
    Image.fromarray(image).save(buffer, image_format.upper(), **options)
    return buffer.getvalue()


def _person(person: PersonTruth) -> dict[str, Any]:
    told = person.to_dict()
    spec = person.spec
    return {
        **{key: told[key] for key in ("number", "face", "head", "body_box", "visible", "emotion_asked", "posture")},
        "AUs": _units(told["units"]),
        "implied": _units(told["implied"]),
        "head_pose": told["head_pose"],
        "gaze": told["gaze"],
        "meets": None if person.meets is None else str(person.meets),
        "body_orientation": told["body_orientation"],
        "landmarks": told["landmarks"],
        "landmark_visible": told["landmark_visible"],
        "attributes": {
            "identity": spec.identity,
            "years": spec.years,
            "gender": spec.gender,
            "skin": spec.skin,
            "hair_style": spec.hair.style,
            "hair_colour": spec.hair.colour,
            "beard": spec.beard,
            "eyes": spec.eyes,
            "glasses": spec.glasses,
            "top": spec.clothes.top,
            "top_colour": spec.clothes.colour,
        },
    }


def _units(sides: dict[str, list[float]]) -> list[dict[str, Any]]:
    return [{"unit": int(unit), "left": left, "right": right} for unit, (left, right) in sides.items()]


def schema(masks: bool) -> Any:
    """The Arrow schema of a shard, with the note from which `datasets` knows that `image` holds images."""
    import pyarrow as pa

    single, text, box = pa.float32(), pa.string(), pa.list_(pa.float32())
    unit = pa.list_(pa.struct([("unit", pa.int32()), ("left", single), ("right", single)]))
    attributes = [("identity", pa.int64()), ("years", single), ("gender", single), ("skin", single)]
    attributes += [
        (name, text) for name in ("hair_style", "hair_colour", "beard", "eyes", "glasses", "top", "top_colour")
    ]
    person = [
        ("number", pa.int32()), ("face", box), ("head", box), ("body_box", box), ("visible", single),
        ("emotion_asked", text), ("posture", text), ("AUs", unit), ("implied", unit),
        ("head_pose", pa.struct([("yaw", single), ("pitch", single), ("roll", single)])),
        ("gaze", pa.struct([("yaw", single), ("pitch", single)])), ("meets", text), ("body_orientation", single),
        ("landmarks", pa.list_(pa.list_(single))), ("landmark_visible", pa.list_(pa.bool_())),
        ("attributes", pa.struct(attributes)),
    ]  # fmt: skip
    if masks:
        person += [("parts", pa.binary()), ("regions", pa.binary())]
    table = pa.schema(
        [
            *((name, text) for name in ("id", "dataset", "split", "license")),
            ("image", pa.struct([("bytes", pa.binary()), ("path", text)])),
            ("people", pa.list_(pa.struct(person))),
            ("spec", text),
            ("sweep", text),
        ]
    )
    features = {field.name: _feature(field.type) for field in table} | {"image": {"_type": "Image"}}
    return table.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})


def _feature(kind: Any) -> Any:
    """An Arrow type as `datasets` writes it down."""
    import pyarrow as pa

    if pa.types.is_struct(kind):
        return {kind.field(i).name: _feature(kind.field(i).type) for i in range(kind.num_fields)}
    if pa.types.is_list(kind):
        return {"feature": _feature(kind.value_type), "_type": "List"}
    names = {"float": "float32", "double": "float64"}
    return {"dtype": names.get(str(kind), str(kind)), "_type": "Value"}


def _write(rows: Sequence[dict[str, Any]], path: Path, masks: bool) -> None:
    import pyarrow as pa
    import pyarrow.parquet as parquet

    buffer = io.BytesIO()
    parquet.write_table(pa.Table.from_pylist(list(rows), schema(masks)), buffer, compression="zstd")
    _renamed(path, buffer.getvalue())


def _renamed(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    try:
        part.write_bytes(content)
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise


def _datasheet(source: Source, folder: Path, paths: Sequence[Path], image_format: ImageFormat) -> None:
    from facereason.studio import datasheet

    _renamed(folder / "README.md", datasheet.written(source, paths, image_format).encode())
