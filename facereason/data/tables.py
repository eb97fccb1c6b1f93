"""Readers of the files that labels come in, a row at a time: Parquet, CSV, JSON, and folders of images.

Each takes the files of a `Place` and gives rows with the file they stand in. DataError where a file is not there or
damaged.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from facereason.data.declaring import DataError, Found, Place, Row

PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")
BATCH = 64
_CHUNK = 1 << 16
_BETWEEN = re.compile(r"[\s,]*")


def parquet(place: Place) -> Found:
    """Rows of Parquet files, only the columns that are declared."""
    fields = place.layout.fields.values()
    wanted = list(dict.fromkeys(column for field in fields for column in field.columns))
    needed = {column for field in fields if not field.optional for column in field.columns}
    for path in place.paths():
        try:
            yield from ((path, row) for row in parquet_rows(path, wanted, needed))
        except KeyError as error:
            raise DataError(
                f"{path}: no column {error.args[0]}; is it {place.dataset.name} ({place.dataset.source})?"
            ) from None


def parquet_rows(path: Path, wanted: list[str] | None = None, needed: set[str] | None = None) -> Iterator[Row]:
    """Rows of one file: all columns, or those `wanted` that are there; KeyError with the names of those `needed` that
    are not."""
    try:
        import pyarrow
        import pyarrow.parquet as files
    except ImportError:
        raise DataError('reading Parquet files needs pyarrow: pip install "facereason[bench]"') from None
    try:
        file = files.ParquetFile(path)
        there = file.schema_arrow.names
        missing = [column for column in wanted or () if column in (needed or ()) and column not in there]
        if missing:
            raise KeyError(", ".join(missing))
        columns = None if wanted is None else [column for column in wanted if column in there]
        for batch in file.iter_batches(batch_size=BATCH, columns=columns):
            yield from batch.to_pylist()
    except (OSError, pyarrow.ArrowException) as error:
        raise DataError(
            f"{path}: no Parquet file, or damaged ({' '.join(str(error).split())}); fetch it again"
        ) from None


def table(image: Callable[[Path, Row], Path] | None = None) -> Callable[[Place], Found]:
    """A reader of CSV files with a head; `image` tells the path of a row's image from the folder."""

    def rows(place: Place) -> Found:
        for path in place.paths():
            for row in csv_rows(path):
                yield path, row if image is None else {**row, "image": image(place.root, row)}

    return rows


def csv_rows(path: Path) -> Iterator[dict[str, Any]]:
    """Rows of one CSV file with a head; blanks around names and values are dropped, empty values are not known."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                yield {str(key).strip(): str(value).strip() or None for key, value in row.items() if value is not None}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: no CSV file, or damaged ({error}); fetch it again") from None


def lines(path: Path) -> Iterator[str]:
    """Lines of a text file without their ends, empty ones left out."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            yield from (line.strip() for line in file if line.strip())
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: no text file, or damaged ({error}); fetch it again") from None


def json_rows(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    """Records of a file of JSON lines, or of a JSON list where its name ends so, each with its number from 1."""
    items = json_items(path) if path.suffix == ".json" else (_parsed(line, path, n) for n, line in _numbered(path))
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise DataError(f"{path}: record {number} is no JSON object; one object a record is expected")
        yield number, item


def json_items(path: Path, key: str | None = None) -> Iterator[Any]:
    """Elements of the list that a JSON file holds, at the top or under a top-level `key`, without reading it whole."""
    decoder = json.JSONDecoder()
    try:
        with path.open(encoding="utf-8") as file:
            text, at = _list_start(file.read, key), 0
            while True:
                at = _BETWEEN.match(text, at).end()  # type: ignore[union-attr]  # it matches nothing at all as well
                if text.startswith("]", at):
                    return
                try:
                    item, end = decoder.raw_decode(text, at)
                    if end == len(text):  # a number may go on in what was not read yet
                        raise json.JSONDecodeError("cut short", text[-40:], 40)
                except json.JSONDecodeError:
                    # Reading as much again keeps the cost of a long element linear.
                    more = file.read(max(_CHUNK, len(text) - at))
                    if not more:
                        raise
                    text, at = text[at:] + more, 0
                    continue
                yield item
                at = end
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise DataError(f"{path}: no JSON list, or damaged ({error}); fetch it again") from None


def _list_start(read: Callable[[int], str], key: str | None) -> str:
    """What was read so far after the "[" that opens the list."""
    text = ""
    mark = "[" if key is None else f'"{key}"'
    while True:
        more = read(_CHUNK)
        text += more
        start = text.find(mark)
        opened = text.find("[", start) if start >= 0 else -1
        if opened >= 0:
            return text[opened + 1 :]
        if not more:
            raise json.JSONDecodeError(f"no list{'' if key is None else f' under {key}'}", text[:40], 0)
        if start < 0:
            text = text[-len(mark) :]


def _numbered(path: Path) -> Iterator[tuple[int, str]]:
    return enumerate(lines(path), 1)


def _parsed(line: str, path: Path, number: int) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(f"{path}: line {number} is no JSON ({error}); mend it or take it out") from None


def pictures(folder: Path) -> list[Path]:
    """The images in a folder, by name."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)


def folder(row: Callable[[Path], Mapping[str, Any]]) -> Callable[[Place], Found]:
    """A reader of images whose names or neighbours say what they show; names are held, to sort them, images are not."""

    def rows(place: Place) -> Found:
        for path in place.paths():
            if path.suffix.lower() in PICTURES:
                yield path, row(path)

    return rows
