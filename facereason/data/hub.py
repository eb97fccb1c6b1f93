"""Rows of a data set on the Hugging Face hub, streamed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from facereason.data.declaring import BadRow, DataError, DataSet, record
from facereason.data.records import Record

PREFIX = "hf/"
"""Begins the name of a copy on the hub where a folder could stand: hf/ORG/NAME."""


def scan(dataset: DataSet, split: str, name: str | None = None) -> Iterator[Record | BadRow]:
    """Records of a split from the hub; `name`: of another copy with the same columns. Images stay encoded, one row is
    held at a time. DataError where it is not on the hub, or cannot be reached."""
    hub = dataset.hub
    if hub is None or split not in hub.splits:
        raise DataError(
            f"{dataset.name} {split} is not read from the hub: get it ({dataset.obtain}), and name its folder "
            "with --data"
        )
    try:
        from datasets import Image, load_dataset
    except ImportError:
        raise DataError('reading from the hub needs datasets: pip install "facereason[train]"') from None
    where = name or hub.name
    try:
        rows = load_dataset(where, hub.config if name is None else None, split=hub.splits[split], streaming=True)
        for column, feature in (rows.features or {}).items():
            if isinstance(feature, Image):
                rows = rows.cast_column(column, Image(decode=False))
        for number, row in enumerate(rows):
            for each in hub.expand({"id": f"{split}/{number}", **row}):
                yield record(dataset, hub.fields, split, Path(f"{PREFIX}{where}"), each)
    except (OSError, ValueError) as error:  # datasets' own errors are kinds of these
        why = " ".join(str(error).split())[:200]
        raise DataError(
            f"{where} cannot be read from the hub ({why}): name a local folder with --data instead"
        ) from None
