"""Records of one's own: a file of JSON lines or Parquet with the fields of a record, or a folder of folders of photos.

The fields are those of FEA-20K's records and more: `id`, `image` (a path from the file's folder, or bytes in Parquet),
`dataset`, `split`, `license`, `question`, `options`, `answer`, `AUs`, `labels`, `description`, `person` and `body`
(x, y, width, height), `reference`, `pose` (yaw, pitch, roll), `body_orientation`, `gender`, `age_group`, `race`,
`attributes`, `precropped`, `meta_info`. Only `image` is needed. A field that is not known is left out; an empty `AUs`
says that no unit acts.

In a folder, the folders in it are named by emotions: happiness/*.jpg.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from facereason import facs
from facereason.data import labels, tables
from facereason.data.declaring import BadRow, DataError, DataSet, Field, Row, of, record
from facereason.data.records import Pose, Record
from facereason.types import FaceReasonError

ALL = "all"
"""The split of records that name none."""
SUFFIXES = (".jsonl", ".json", ".parquet")


def is_own(name: str) -> bool:
    """Whether a name of a data set is rather a path of records: by its ending, or because such a folder is there."""
    return name.endswith(SUFFIXES) or Path(name).is_dir()


def scan(path: Path, split: str = ALL) -> Iterator[Record | BadRow]:
    """Records of a file or a folder, of one split or of all, in constant memory. DataError where there are none, or
    where a record has a field that none of ours is."""
    dataset = _dataset(path)
    found = _classes(path) if path.is_dir() else _file(path)
    empty = True
    for row in found:
        empty = False
        there = str(row.get("split") or ALL)
        if split in (ALL, there):
            yield record(dataset, FIELDS, there, path, row)
    if empty:
        raise DataError(
            f"{path}: no records; expected a file with a record a line, or folders of photos named by emotions"
        )


def _dataset(path: Path) -> DataSet:
    return DataSet(name=path.stem, layouts=(), license="not stated", terms="", source=str(path), obtain="")


def _file(path: Path) -> Iterator[Row]:
    if not path.is_file():
        raise DataError(f"no file {path}; check the path")
    rows: Iterator[tuple[int, Mapping[str, Any]]]
    rows = enumerate(tables.parquet_rows(path), 1) if path.suffix == ".parquet" else iter(tables.json_rows(path))
    for number, row in rows:
        unknown = [name for name in row if name not in COLUMNS]
        if unknown:
            raise DataError(
                f"{path}: record {number} has an unknown field {', '.join(unknown)}; known are {', '.join(COLUMNS)}. "
                "Put what is your own into meta_info"
            )
        image = row.get("image")
        yield {
            **row,
            "id": row.get("id") or str(number),
            "image": path.parent / image if isinstance(image, str) else image,
        }


def _classes(folder: Path) -> Iterator[Row]:
    """Photos in folders that emotions name; DataError for a folder that none does."""
    for below in sorted(each for each in folder.iterdir() if each.is_dir() and not each.name.startswith(".")):
        try:
            label = facs.emotion(below.name)
        except FaceReasonError as error:
            raise DataError(f"{below}: {error}") from None
        for path in tables.pictures(below):
            yield {"id": f"{below.name}/{path.name}", "image": path, "labels": [label.value]}


def _pose(value: Mapping[str, Any]) -> Pose:
    if set(value) != {"yaw", "pitch", "roll"}:
        raise ValueError(f"a pose is yaw, pitch and roll, not {', '.join(value)}")
    return Pose(float(value["yaw"]), float(value["pitch"]), float(value["roll"]))


def _known(value: Mapping[str, Any]) -> dict[str, Any]:
    return {name: each for name, each in value.items() if each is not None}


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{value!r:.40} is no text")
    return value


def _answer(value: Any, options: Any) -> str:
    if value not in options:
        raise ValueError(f"the answer {value!r:.40} is not among the options")
    return _text(value)


FIELDS: Mapping[str, Field] = {
    "id": of("id"),
    "image": of("image"),
    "dataset": of("dataset", to=_text, optional=True),
    "license": of("license", to=_text, optional=True),
    "precropped": of("precropped", to=bool, optional=True),
    "person": of("person", to=labels.box, optional=True),
    "body": of("body", to=labels.box, optional=True),
    "reference": of("reference", to=_text, optional=True),
    "labels": of("labels", to=labels.emotions, optional=True),
    "action_units": of("AUs", to=labels.units, optional=True),
    "gender": of("gender", to=labels.gender, optional=True),
    "age_group": of("age_group", to=labels.age_group, optional=True),
    "race": of("race", to=labels.race, optional=True),
    "pose": of("pose", to=_pose, optional=True),
    "body_orientation": of("body_orientation", to=float, optional=True),
    "attributes": of("attributes", to=_known, optional=True),
    "question": of("question", to=_text, optional=True),
    "options": of("options", to=tuple[str, ...], optional=True),
    "answer": of("answer", "options", to=_answer, optional=True),
    "description": of("description", to=_text, optional=True),
    "meta": of("meta_info", to=_known, optional=True),
}
COLUMNS = (*dict.fromkeys(column for field in FIELDS.values() for column in field.columns), "split")
