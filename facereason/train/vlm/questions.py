"""From faces to the questions that are trained on: drawn once, by seed, into a file that is read as it is needed."""

from __future__ import annotations

import hashlib
import itertools
import json
import random
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason.data import DataError, copies, hashing
from facereason.data import read as read_records
from facereason.data.own import ALL, is_own
from facereason.records import plain
from facereason.train import crops, tasks
from facereason.train.crops import Crop
from facereason.train.tasks import Sample
from facereason.train.vlm.batches import PictureError
from facereason.train.vlm.recipe import Part
from facereason.types import FaceReasonError, UsageError

if TYPE_CHECKING:
    from datasets import Dataset


def faces(part: Part, folder: str | Path | None, *, labels: bool = True) -> Iterator[Crop]:
    """The faces of a part, in their order; without `labels` those of crops come without, which is quicker.

    DataError where they are missing, or a record is none that can be asked.
    """
    path = Path(part.data)
    path = path if path.is_absolute() or folder is None else Path(folder) / path
    if path.suffix == ".parquet" and (crops.holds(path) or not path.is_file()):
        found: Iterator[Crop] = crops.read(path, labels=labels)
    elif is_own(part.data):
        found = map(crops.of_record, read_records(str(path), ALL))
    else:
        name, colon, split = part.data.partition(":")
        if not colon:
            raise UsageError(f"data: {part.data}: write a data set with its split, as in ferplus:train, or a file")
        found = map(crops.of_record, read_records(name, split, folder))
    left_out = copies.Index[str]()
    for other in part.without:
        for crop in faces(Part(data=other, ask=part.ask), folder, labels=False):
            left_out.add(looks(crop), crop.id)
    if part.without:
        found = (crop for crop in found if left_out.find(looks(crop)) is None)
    yield from itertools.islice(found, part.limit)


def looks(crop: Crop) -> copies.Looks:
    """What tells copies of a face's picture. PictureError where it cannot be decoded."""
    try:
        return copies.looks(crop.image)
    except hashing.UnreadableError as error:
        raise PictureError(f"{crop.id}: its image cannot be read ({error}); facereason data check finds such") from None


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
    from datasets.exceptions import DatasetGenerationError

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
            named = ", ".join(part.data for part in parts)
            raise DataError(f"the recipe's data has nothing to ask: no face of {named} has a label for its tasks")
        try:
            rows = datasets.Dataset.from_generator(
                drawn, features=Features(columns), cache_dir=str(cache / "parts"), fingerprint=name
            )
            rows.save_to_disk(str(place))
        except DatasetGenerationError as error:  # hides what went wrong in the middle
            if isinstance(error.__cause__, FaceReasonError):
                raise error.__cause__ from None
            raise
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
    for name in (each for part in parts for each in (part.data, *part.without)):
        path = Path(folder or ".") / name
        if name.endswith(".parquet") and path.is_file():
            told.append(f"{path.stat().st_size} {path.stat().st_mtime_ns}")
    return " ".join(told)


def limited(parts: Sequence[Part], limit: int) -> tuple[Part, ...]:
    """The parts with at most so many faces each."""
    return tuple(replace(part, limit=min(limit, part.limit or limit)) for part in parts)
