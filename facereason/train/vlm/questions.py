"""From faces to the questions that are trained on: drawn once, by seed, into a file that is read as it is needed."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason.data import DataError
from facereason.data import read as read_records
from facereason.data.own import ALL, is_own
from facereason.records import plain
from facereason.train import crops, tasks
from facereason.train.crops import Crop
from facereason.train.tasks import Sample
from facereason.train.vlm.recipe import Part
from facereason.types import UsageError

if TYPE_CHECKING:
    from datasets import Dataset


def faces(part: Part, folder: str | Path | None) -> Iterator[Crop]:
    """The faces of a part, in their order. DataError where they are missing, or a record is none that can be asked."""
    path = Path(part.data)
    path = path if path.is_absolute() or folder is None else Path(folder) / path
    if path.suffix == ".parquet" and (crops.holds(path) or not path.is_file()):
        found: Iterator[Crop] = crops.read(path)
    elif is_own(part.data):
        found = map(crops.of_record, read_records(str(path), ALL))
    else:
        name, colon, split = part.data.partition(":")
        if not colon:
            raise UsageError(f"data: {part.data}: write a data set with its split, as in ferplus:train, or a file")
        found = map(crops.of_record, read_records(name, split, folder))
    for number, crop in enumerate(found):
        if part.limit is not None and number >= part.limit:
            return
        yield crop


def samples(parts: Sequence[Part], folder: str | Path | None, seed: int) -> Iterator[Sample]:
    """The questions of all parts. How a face is asked depends on the seed and its name alone, not on its place."""
    for part in parts:
        for crop in faces(part, folder):
            rng = chance(crop, seed)
            for task, often in part.ask.items():
                times = int(often) + (rng.random() < often - int(often))
                for _ in range(times):
                    asked = tasks.sample(task, crop, rng, part.words)
                    if asked is not None:
                        yield asked


def chance(crop: Crop, seed: int) -> random.Random:
    """Of one face in a run with this seed, wherever it stands."""
    return random.Random(zlib.crc32(f"{seed} {crop.dataset} {crop.split} {crop.id}".encode()))


def dataset(
    parts: Sequence[Part], folder: str | Path | None, seed: int, cache: Path, say: Callable[[str], None]
) -> Dataset:
    """Columns `image` (encoded), `question`, `answer`, `task`, `id`, on disk below `cache`, where it is found again.

    DataError where no part has anything to ask.
    """
    return kept(samples, ("question", "answer", "task", "id"), parts, folder, seed, cache, say)


Draw = Callable[[Sequence[Part], str | Path | None, int], Iterator[Any]]
"""From parts, the folder of the data and a seed to records with an `image`."""


def kept(
    draw: Draw,
    texts: Sequence[str],
    parts: Sequence[Part],
    folder: str | Path | None,
    seed: int,
    cache: Path,
    say: Callable[[str], None],
) -> Dataset:
    """What `draw` gives, with its `image` and its `texts` as columns, drawn once into a file below `cache`."""
    import datasets
    from datasets import Features, Value

    key = json.dumps([plain(part) for part in parts]) + f" {seed} {_stamp(parts, folder)} {draw.__qualname__}"
    name = hashlib.sha256(key.encode()).hexdigest()[:16]
    place = cache / name
    if not (place / "state.json").is_file():
        say("drawing questions")
        columns: dict[str, Any] = {"image": Value("binary")}
        columns |= {each: Value("string") for each in texts}
        datasets.disable_progress_bars()
        drawn = _Rows(draw, tuple(columns), tuple(parts), None if folder is None else str(folder), seed)
        if next(iter(drawn()), None) is None:
            raise DataError("the recipe's data has nothing to ask: no face has a label for its tasks")
        rows = datasets.Dataset.from_generator(
            drawn, features=Features(columns), cache_dir=str(cache / "parts"), fingerprint=name
        )
        rows.save_to_disk(str(place))
    return datasets.load_from_disk(str(place))


class _Rows:
    """A generator that `datasets` can hash."""

    def __init__(
        self, draw: Draw, columns: tuple[str, ...], parts: tuple[Part, ...], folder: str | None, seed: int
    ) -> None:
        self.draw, self.columns, self.parts, self.folder, self.seed = draw, columns, parts, folder, seed

    def __call__(self) -> Iterator[Mapping[str, Any]]:
        for each in self.draw(self.parts, self.folder, self.seed):
            yield {name: getattr(each, name) for name in self.columns}


def _stamp(parts: Sequence[Part], folder: str | Path | None) -> str:
    """Size and time of the files of crops, so that new ones are drawn from anew; and of the ways to ask."""
    told = [hashlib.sha256(json.dumps(dict(tasks.wordings())).encode()).hexdigest()]
    for part in parts:
        path = Path(folder or ".") / part.data
        if part.data.endswith(".parquet") and path.is_file():
            told.append(f"{path.stat().st_size} {path.stat().st_mtime_ns}")
    return " ".join(told)


def limited(parts: Sequence[Part], limit: int) -> tuple[Part, ...]:
    """The parts with at most so many faces each."""
    return tuple(replace(part, limit=min(limit, part.limit or limit)) for part in parts)
