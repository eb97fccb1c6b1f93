"""The data sets the project reads: where their files lie, what their columns mean, and on what terms they may be
used."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason.data.records import Record
from facereason.types import AgeGroup, EmotionLabel, FaceReasonError, Gender, Race

Row = Mapping[str, Any]


class DataError(FaceReasonError):
    """Labelled data is missing or not as declared."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """`files`: split to the Parquet files that hold it; `record`: a row of them to a `Record`."""

    name: str
    files: Mapping[str, tuple[str, ...]]
    columns: tuple[str, ...]
    record: Callable[[Row, str], Record]
    license: str
    source: str


def read(name: str, split: str, folder: str | Path | None = None) -> Iterator[Record]:
    """Records of one split, in the order of the files, in constant memory.

    `folder`: where the Parquet files lie, else `FACEREASON_DATA`. Raises DataError where the data set, the split, a
    file or a column is not there, or a row's label is not one the data set declares.
    """
    dataset = DATASETS.get(name)
    if dataset is None:
        raise DataError(f"no data set {name!r}: known are {', '.join(DATASETS)}")
    if split not in dataset.files:
        raise DataError(f"{name} has no split {split!r}: it has {', '.join(dataset.files)}")
    root = folder or os.environ.get("FACEREASON_DATA")
    if not root:
        raise DataError(f"where is {name}? Name its folder with --data or FACEREASON_DATA ({dataset.source})")
    for file in dataset.files[split]:
        yield from _rows(dataset, split, Path(root) / file)


def _rows(dataset: DataSet, split: str, path: Path) -> Iterator[Record]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ImportError:
        raise DataError('reading data sets needs pyarrow: pip install "facereason[bench]"') from None
    if not path.is_file():
        raise DataError(f"{dataset.name} {split}: no file {path}; name its folder with --data or FACEREASON_DATA")
    try:
        file = parquet.ParquetFile(path)
        missing = [column for column in dataset.columns if column not in file.schema_arrow.names]
        if missing:
            raise DataError(f"{path}: no column {', '.join(missing)}; is it {dataset.name} ({dataset.source})?")
        for batch in file.iter_batches(batch_size=512, columns=list(dataset.columns)):
            for row in batch.to_pylist():
                yield _record(dataset, row, split, path)
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(
            f"{path}: no Parquet file, or damaged ({' '.join(str(error).split())}); fetch it again"
        ) from None


def _record(dataset: DataSet, row: Row, split: str, path: Path) -> Record:
    try:
        return dataset.record(row, split)
    except (KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path}: row {row.get('id')!r} is not as {dataset.name} declares: {error}") from None


_NO_EMOTION = ("unknown", "not_face")


def _ferplus(row: Row, split: str) -> Record:
    label = row["label"]
    return Record(
        id=row["id"],
        dataset="ferplus",
        split=split,
        license=DATASETS["ferplus"].license,
        image=row["image"]["bytes"],
        precropped=True,
        labels=None if label in _NO_EMOTION else (EmotionLabel(label),),
        votes={emotion: int(row["votes"][emotion.value]) for emotion in EmotionLabel},
        other_votes=tuple(int(row["votes"][name]) for name in _NO_EMOTION),
    )


def _fairface(row: Row, split: str) -> Record:
    return Record(
        id=row["id"],
        dataset="fairface",
        split=split,
        license=DATASETS["fairface"].license,
        image=row["image"]["bytes"],
        precropped=True,
        gender=Gender(row["gender"]),
        age_group=AgeGroup(row["age_group"]),
        race=Race(row["race"]),
    )


DATASETS: dict[str, DataSet] = {
    "ferplus": DataSet(
        name="ferplus",
        files={
            "train": ("ferplus-train-0.parquet", "ferplus-train-1.parquet"),
            "valid": ("ferplus-valid.parquet",),
            "test": ("ferplus-test.parquet",),
        },
        columns=("image", "id", "votes", "label"),
        record=_ferplus,
        license="labels MIT; FER2013 images for research, rights not stated",
        source="FER+ (Barsoum et al. 2016) on FER2013 (Goodfellow et al. 2013)",
    ),
    "fairface": DataSet(
        name="fairface",
        files={
            "train": tuple(f"fairface-train-{i}.parquet" for i in range(4)),
            "val": ("fairface-val.parquet",),
        },
        columns=("image", "id", "age_group", "gender", "race"),
        record=_fairface,
        license="CC BY 4.0",
        source="FairFace (Karkkainen and Joo 2021)",
    ),
}
