"""How a data set is declared: where its files lie, which column becomes which field, and on what terms it may be used.

An adapter is such a declaration. Rows are read one at a time; each becomes a `Record`, or a `BadRow` that says what is
wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason.data.records import Record
from facereason.types import FaceReasonError

Row = Mapping[str, Any]
Found = Iterator[tuple[Path, Row]]
"""Rows with the file that each stands in."""


class DataError(FaceReasonError):
    """Labelled data is missing or not as declared."""


class ImageMissingError(Exception):
    """The image that a row names cannot be read: where it was looked for, and why not."""


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that is no record. `kind`: "label" (not one that the data set declares) or "image" (not found)."""

    dataset: str
    split: str
    id: str
    kind: str
    why: str

    def __str__(self) -> str:
        return self.why


@dataclass(frozen=True, slots=True)
class Field:
    """Which columns make a field of the record, and how; several are given to `convert` one after the other.

    `optional`: a row may lack them, or hold nothing there: the field is then not known.
    """

    columns: tuple[str, ...]
    convert: Callable[..., Any]
    optional: bool = False

    def value(self, row: Row) -> Any:
        """What the row says; KeyError, ValueError or FaceReasonError where that is not as declared."""
        if self.optional and any(row.get(column) is None for column in self.columns):
            return None
        missing = [column for column in self.columns if column not in row]
        if missing:
            raise ValueError(f"no column {', '.join(missing)}")
        return self.convert(*(row[column] for column in self.columns))


def of(*columns: str, to: Callable[..., Any] = lambda value: value, optional: bool = False) -> Field:
    """A field of these columns: `of("label", to=emotion)`."""
    return Field(columns, to, optional)


IMAGE = of("image")
"""Of a column that holds bytes, a mapping with "bytes" as Parquet files of images have it, or a path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One way in which a data set lies on a disk. `files`: for each split patterns of the files that hold its labels,
    below the folder; `rows`: reads them; `says`: the folder in words, for a reader who has to unpack it."""

    files: Mapping[str, tuple[str, ...]]
    rows: Callable[[Place], Found]
    fields: Mapping[str, Field]
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A copy on the Hugging Face hub: its name, its configuration, our splits to its own, and its columns. `expand`:
    what rows become of a row there, where that is more than itself."""

    name: str
    splits: Mapping[str, str]
    fields: Mapping[str, Field]
    config: str | None = None
    expand: Callable[[Row], Sequence[Row]] = lambda row: (row,)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataSet:
    """`license` in a few words, `terms` in a sentence or two; `source`: whose it is; `obtain`: where it is to be had.
    The first layout whose files are there is read.
    `says`: what about the labels needs saying."""

    name: str
    layouts: tuple[Layout, ...]
    license: str
    terms: str
    source: str
    obtain: str
    precropped: bool = False
    hub: Hub | None = None
    says: str = ""

    @property
    def splits(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(split for layout in self.layouts for split in layout.files))


@dataclass(frozen=True, slots=True)
class Place:
    """Where a split is read from."""

    dataset: DataSet
    layout: Layout
    split: str
    root: Path

    def paths(self) -> Iterator[Path]:
        """The files of the split, in their order; DataError where one is not there."""
        for pattern in self.layout.files[self.split]:
            found = matches(self.root, pattern)
            if not found:
                raise self.missing(self.root / pattern)
            yield from found

    def missing(self, path: Path) -> DataError:
        return DataError(
            f"{self.dataset.name} {self.split}: no file {path}; name its folder with --data or FACEREASON_DATA, "
            f"or get it: {self.dataset.obtain} ({self.dataset.license})"
        )


def matches(root: Path, pattern: str) -> list[Path]:
    """Files below `root` that a pattern names, by name."""
    if not any(sign in pattern for sign in "*?["):
        return [root / pattern] if (root / pattern).is_file() else []
    return sorted(path for path in root.glob(pattern) if path.is_file())


def record(dataset: DataSet, fields: Mapping[str, Field], split: str, path: Path, row: Row) -> Record | BadRow:
    """The row as a record, or what is wrong with it."""
    name = row.get("id")
    told: dict[str, Any] = {
        "dataset": dataset.name,
        "split": split,
        "license": dataset.license,
        "precropped": dataset.precropped,
    }
    try:
        values = {field: rule.value(row) for field, rule in fields.items()}
        known = {field: value for field, value in values.items() if value is not None}
        return Record(**(told | known | {"id": str(known["id"]), "image": encoded(known.get("image"))}))
    except ImageMissingError as error:
        why = f"{path}: row {name!r}: {error}; unpack the images of {dataset.name} there"
        return BadRow(dataset.name, split, str(name), "image", why)
    except (KeyError, ValueError, TypeError, FaceReasonError) as error:
        why = f"{path}: row {name!r} is not as {dataset.name} declares: {error}"
        return BadRow(dataset.name, split, str(name), "label", why)


def encoded(value: Any) -> bytes:
    """The bytes of an image that is given as such, as a mapping with "bytes", or as a path. ImageMissingError where the
    path leads nowhere, ValueError where there is no image at all."""
    if isinstance(value, Mapping):
        value = value.get("bytes")
    if isinstance(value, bytes):
        return value
    if not isinstance(value, Path):
        raise ValueError(f"no image, but {value!r:.40}")
    try:
        return value.read_bytes()
    except OSError as error:
        raise ImageMissingError(f"no image {value} ({error.strerror or error})") from None
