"""What a run may not learn from: pictures that it, or this project, measures models on.

The picture of every face is looked at once: half a millisecond for an aligned crop. What was seen is kept beside the
questions that were drawn.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason.data import DATASETS, DataError, copies, held_out, is_here
from facereason.records import plain
from facereason.train import crops
from facereason.train.vlm import questions
from facereason.train.vlm.recipe import Part

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Learnt:
    """How many faces a run learns from: dataset, split and license to their number; `against`: the held-out data that
    none of them is in, as the recipe or the folder names it."""

    faces: Counter[tuple[str, str, str]]
    against: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Where a face comes from, and the looks of its picture."""

    id: str
    dataset: str
    split: str
    license: str
    looks: copies.Looks

    def __str__(self) -> str:
        return f"{self.dataset} {self.split} {self.id}"


def refuse(
    parts: Sequence[Part],
    valid: Sequence[Part],
    folder: str | Path | None,
    cache: Path,
    say: Callable[[str], None] = lambda text: None,
) -> Learnt:
    """DataError where a face of `parts` is of a held-out split by its name, or its picture is one of `valid` or of a
    held-out split that lies in `folder`, pixel for pixel or by its looks. It says how many there are, and names the
    first.

    Held-out splits are those of `data.held_out`: files of crops of them, and, of data sets that are trained on as they
    are, their own. Whole photos are not compared with crops. `cache`: the folder where what was seen is kept.
    PictureError for a picture that cannot be read.
    """
    known = copies.Index[Face]()
    against = (*valid, *_held_out(parts, valid, folder))
    for part in against:
        for face in _seen(part, folder, cache, say):
            known.add(face.looks, face)
    count: Counter[tuple[str, str, str]] = Counter()
    found: list[tuple[Face, copies.Match[Face]]] = []
    for part in parts:
        for face in _seen(part, folder, cache, say):
            count[face.dataset, face.split, face.license] += 1
            if face.split in held_out(face.dataset):
                raise DataError(
                    f"{part.data}: {face.dataset} {face.split} is what models are measured on: train on another split"
                )
            copy = known.find(face.looks)
            if copy is not None:
                found.append((face, copy))
    if found:
        exact = sum(copy.exact for _, copy in found)
        first = "; ".join(f"{face} {'is' if copy.exact else 'looks like'} {copy.of}" for face, copy in found[:SHOWN])
        raise DataError(
            f"{len(found):,} of {count.total():,} faces to train on are held out, {exact:,} pixel for pixel, others "
            f"by looks ({first}): leave them out with `without` in the recipe's data"
        )
    return Learnt(count, tuple(Path(part.data).name for part in against))


def _held_out(parts: Sequence[Part], valid: Sequence[Part], folder: str | Path | None) -> Iterator[Part]:
    """Held-out splits that lie in the folder of the data, apart from what the recipe names itself."""
    named = {part.data for part in (*parts, *valid)}
    for part in parts:
        name, _, split = part.data.partition(":")
        for other in held_out(name) if split and name in DATASETS else ():
            if f"{name}:{other}" not in named and is_here(name, other, folder):
                named.add(f"{name}:{other}")
                yield Part(data=f"{name}:{other}", ask={"label": 1})
    for path in sorted(Path(folder).glob("*.parquet")) if folder is not None and Path(folder).is_dir() else ():
        if path.name not in named and str(path) not in named and crops.holds(path):
            first = next(crops.read(path, labels=False), None)
            if first is not None and (first.split in held_out(first.dataset) or path.stem.endswith("-test")):
                yield Part(data=path.name, ask={"label": 1})


def _seen(part: Part, folder: str | Path | None, cache: Path, say: Callable[[str], None]) -> Iterator[Face]:
    """The faces of a part, with the looks of their pictures, from the cache where they were seen before."""
    import pyarrow
    import pyarrow.parquet as parquet

    told: dict[str, Any] = {key: value for key, value in plain(part).items() if key not in ("ask", "words")}
    key = f"{json.dumps(told)} {_stamp(part, folder)}"
    path = cache / f"seen-{hashlib.sha256(key.encode()).hexdigest()[:16]}.parquet"
    if not path.is_file():
        say(f"looking for copies: {part.data}")
        columns: dict[str, list[Any]] = {name: [] for name in ("id", "dataset", "split", "license")}
        columns |= {"exact": [], "near": [], "blank": []}
        for crop in questions.faces(part, folder, labels=False):
            looks = questions.looks(crop)
            for name in ("id", "dataset", "split", "license"):
                columns[name].append(getattr(crop, name))
            columns["exact"].append(looks.exact)
            columns["near"].append(looks.near.to_bytes(8, "big"))
            columns["blank"].append(looks.blank)
        if not columns["id"]:
            raise DataError(f"{part.data}: has no faces")
        cache.mkdir(parents=True, exist_ok=True)
        parquet.write_table(pyarrow.table(columns), path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
    for row in parquet.read_table(path).to_pylist():
        looks = copies.Looks(row.pop("exact"), int.from_bytes(row.pop("near"), "big"), row.pop("blank"))
        yield Face(**row, looks=looks)


def _stamp(part: Part, folder: str | Path | None) -> str:
    """Size and time of the files that a part is read from, where it names them."""
    files = []
    for name in (part.data, *part.without):
        path = Path(folder or ".") / name  # an absolute one stays
        files += sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]
    return " ".join(f"{each} {each.stat().st_size} {each.stat().st_mtime_ns}" for each in files if each.is_file())
