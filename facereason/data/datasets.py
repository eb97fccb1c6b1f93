"""Reading labelled data: a data set that is known, from a folder or the hub, or a file of one's own records."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from facereason.data import hub, own, terms
from facereason.data.adapters import DATASETS
from facereason.data.declaring import BadRow, DataError, DataSet, Layout, Place, matches, record
from facereason.data.records import Record

Folder = str | Path | None


def read(name: str, split: str, folder: Folder = None) -> Iterator[Record]:
    """Records of one split, in a fixed order, one image in memory at a time.

    `name`: a data set, or the path of one's own records (`data.own`). `folder`: where the data set lies, else
    `FACEREASON_DATA`, else the hub where it is there; hf/ORG/NAME names a copy on the hub. Raises DataError where the
    data set, the split, a file, a column or an image is not there, or a row's label is not one the data set declares.
    """
    for found in scan(name, split, folder):
        if isinstance(found, BadRow):
            raise DataError(str(found))
        yield found


def scan(name: str, split: str, folder: Folder = None) -> Iterator[Record | BadRow]:
    """As `read`, with a row that is no record given as what is wrong with it."""
    if name not in DATASETS and own.is_own(name):
        return own.scan(Path(name), split)
    return _known(name, split, folder)


def splits(name: str) -> tuple[str, ...]:
    """The splits of a data set, or of a path; DataError for neither."""
    if name in DATASETS:
        return DATASETS[name].splits
    if own.is_own(name):
        return (own.ALL,)
    raise DataError(f"no data set {name!r}: known are {', '.join(DATASETS)}; or the path of a .jsonl or .parquet")


def held_out(name: str) -> tuple[str, ...]:
    """Splits of a data set that models are measured on, and none is trained on: the test, else val or valid; all of one
    that has nothing to train on. None of a data set that is not known, or is not split."""
    there = DATASETS[name].splits if name in DATASETS else ()
    if "train" not in there:
        return () if own.ALL in there else there
    return next(((split,) for split in ("test", "val", "valid") if split in there), ())


def is_here(name: str, split: str, folder: Folder = None) -> bool:
    """Whether files of a split of a data set lie in the folder, or in `FACEREASON_DATA`; the hub is not asked."""
    root = folder or os.environ.get("FACEREASON_DATA")
    if not root or str(root).startswith(hub.PREFIX) or name not in DATASETS:
        return False
    patterns = [each for layout in DATASETS[name].layouts for each in layout.files.get(split, ())]
    return any(matches(Path(root), pattern) for pattern in patterns)


def _known(name: str, split: str, folder: Folder) -> Iterator[Record | BadRow]:
    there = splits(name)
    dataset = DATASETS[name]
    if split not in there:
        raise DataError(f"{name} has no split {split!r}: it has {', '.join(there)}")
    root = folder or os.environ.get("FACEREASON_DATA")
    if not root and (dataset.hub is None or split not in dataset.hub.splits):
        raise DataError(
            f"where is {name}? Name its folder with --data or FACEREASON_DATA. {dataset.source}, to be had at "
            f"{dataset.obtain}; {dataset.license}"
        )
    if not root or str(root).startswith(hub.PREFIX):
        terms.used(dataset)  # before anything is fetched
        yield from hub.scan(dataset, split, str(root).removeprefix(hub.PREFIX) if root else None)
        return
    place = Place(dataset, _layout(dataset, split, Path(root)), split, Path(root))
    for number, (path, row) in enumerate(place.layout.rows(place)):
        if number == 0:
            terms.used(dataset)
        yield record(dataset, place.layout.fields, split, path, row)


def _layout(dataset: DataSet, split: str, root: Path) -> Layout:
    """The first layout of which a file is there, else the first."""
    fitting = [layout for layout in dataset.layouts if split in layout.files]
    for layout in fitting:
        if any(matches(root, pattern) for pattern in layout.files[split]):
            return layout
    return fitting[0]
