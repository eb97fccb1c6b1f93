"""Faces as a small model is shown them: the aligned crop of each, with its labels and what the reader reads off it.

`write` makes Parquet files of them once, so that training does not look for faces again. Action units come from the
truth of renders, of photos from the reader's readings that are reliable on such a photo, and never from a label of
emotion (docs/decisions.md).
"""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from facereason import facs, records
from facereason.data import DataError, Record
from facereason.faces import align, geometry, pose, quality, reliability, units
from facereason.faces.precropped import find_points
from facereason.images import crop as cut_out
from facereason.types import ActionUnit, AgeGroup, Box, EmotionLabel, Gender, Race, UnitState, to_dict

if TYPE_CHECKING:
    from facereason.faces.detect import Detector
    from facereason.faces.reader import Reader
    from facereason.images import Pixels
    from facereason.train.reader_data import Faces

SHARD = 2000
BATCH = 64
PRESENT, ABSENT = 0.3, 0.1
"""Intensity from which a rendered unit is there, and up to which it is not; between them it is left open."""


class UnitsFrom(StrEnum):
    """Where a face's units come from."""

    RENDERED = "rendered"
    LABELLED = "labelled"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Crop:
    """One face. `image`: PNG of the aligned crop, 112 pixels. `units`: active ones, number to intensity; `absent`:
    those that are known not to act; both None where nothing is known. `readings`: the reader's, of all units;
    `units_from`: where `units` come from, see `source`;
    `turn`: yaw, pitch and roll of the head in degrees, in the crop's frame; `asked`: the data set's own question and
    answer; `place`, of whole photos: words that fit one person alone, and the box of that person in pixels."""

    id: str
    dataset: str
    split: str
    license: str
    image: bytes
    label: EmotionLabel | None = None
    votes: Mapping[EmotionLabel, float] | None = None
    gender: Gender | None = None
    age_group: AgeGroup | None = None
    race: Race | None = None
    units: Mapping[int, float] | None = None
    absent: frozenset[int] | None = None
    readings: tuple[ActionUnit, ...] | None = None
    turn: tuple[float, float, float] | None = None
    asked: tuple[str, str] | None = None
    place: tuple[str, Box] | None = None
    units_from: UnitsFrom | None = None

    @property
    def source(self) -> UnitsFrom | None:
        """Where the units come from, None where there are none. Files that were written before this was kept do not
        say: there, units beside readings count as read, which may not be so but claims no more than is known."""
        if self.units is None:
            return None
        if self.units_from is not None:
            return self.units_from
        if self.readings is not None:
            return UnitsFrom.READ
        return UnitsFrom.RENDERED if self.dataset == STUDIO else UnitsFrom.LABELLED


STUDIO = "studio"


def of_record(record: Record) -> Crop:
    """A record's whole image with its labels, for models that look at photos."""
    acting = record.action_units
    said, where = record.description or record.answer, record.body or record.person
    return Crop(
        id=record.id,
        dataset=record.dataset,
        split=record.split,
        license=record.license,
        image=record.image,
        units={unit: PRESENT if level is None else level for unit, level in acting.items()} if acting else acting,  # type: ignore[arg-type]
        turn=(record.pose.yaw, record.pose.pitch, record.pose.roll) if record.pose else None,
        **_labels(record),
        asked=(record.question, said) if record.question and said else None,
        place=(record.reference, where) if record.reference and where else None,
        units_from=None if acting is None else UnitsFrom.RENDERED if record.dataset == STUDIO else UnitsFrom.LABELLED,
    )


def of_photos(records: Iterable[Record], detector: Detector, reader: Reader) -> Iterator[Crop]:
    """Faces of photos, cut and read: of a record with a box the one in it, of others the one nearest to the middle.
    Units that a record is labelled with take the place of readings. DataError where an image cannot be decoded."""
    records = iter(records)
    while batch := list(itertools.islice(records, BATCH)):
        pixels = [_decoded(record) for record in batch]
        cut = [align.aligned(each, find_points(each, detector)[0]) for each in pixels]
        read = reader.read(cut)
        for i, record in enumerate(batch):
            turn = pose.angles(np.asarray(read.shapes.rotation[i], np.float64))
            sharp = quality.sharpness(cut[i].astype(np.float32).mean(axis=2))
            kind = reliability.kind(turn[0], IN_CROP * min(pixels[i].shape[:2]), sharp)
            told = units.read(
                read.shapes.present[i], read.shapes.intensity[i], reader.thresholds, reader.reliability, kind, ""
            )
            acting = _acting(record, told)
            yield Crop(
                id=record.id,
                dataset=record.dataset,
                split=record.split,
                license=record.license,
                image=_encoded(cut[i]),
                **_labels(record),
                units=acting,
                absent=frozenset(each.unit for each in told if each.state is UnitState.ABSENT) - set(acting),
                readings=told,
                turn=turn,
                units_from=UnitsFrom.READ if record.action_units is None else UnitsFrom.LABELLED,
            )


def split_of_renders(folder: Path) -> str:
    """The split that the files in a folder of renders are named by, as `facereason studio dataset` names them.
    DataError where there are none, or of two splits."""
    splits = sorted({path.name.partition("-")[0] for path in folder.glob("*.parquet")})
    if len(splits) != 1:
        there = (
            f"files of {' and '.join(splits)}: put each split" if splits else "no Parquet files: put those of one split"
        )
        raise DataError(f"{folder}: {there} into a folder of its own")
    return splits[0]


def of_renders(faces: Faces, split: str) -> Iterator[Crop]:
    """Studio renders (`render_data.load`): units and pose are the truth."""
    known = faces.geometry
    for i in range(len(faces)):
        turn = pose.angles(np.asarray(known.rotation[i], np.float64))
        levels = geometry.units_of(known.intensity[i])
        seen = not bool(np.isnan(levels).any())
        by_unit = dict(zip(facs.UNITS, levels.tolist(), strict=True)) if seen else {}
        yield Crop(
            id=str(faces.ids[i]),
            dataset=STUDIO,
            split=split,
            license="Apache-2.0",
            image=_encoded(align.aligned(faces.images[i], faces.points[i])),
            units={unit: level for unit, level in by_unit.items() if level >= PRESENT} if seen else None,
            absent=frozenset(unit for unit, level in by_unit.items() if level <= ABSENT) if seen else None,
            turn=turn,
            units_from=UnitsFrom.RENDERED if seen else None,
        )


def write(crops: Iterable[Crop], path: Path, step: Callable[[], None] = lambda: None) -> int:
    """Write a Parquet file, whole or not at all; how many rows. DataError where there is none."""
    import pyarrow
    import pyarrow.parquet as parquet

    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    count = 0
    writer = None
    try:
        crops = iter(crops)
        while batch := list(itertools.islice(crops, SHARD)):
            table = pyarrow.Table.from_pylist([_row(crop) for crop in batch], schema=_schema())
            writer = writer or parquet.ParquetWriter(part, table.schema)
            writer.write_table(table)
            count += len(batch)
            step()
    except OSError as error:
        raise DataError(f"{path}: cannot be written ({error.strerror}); make room, or name another place") from None
    finally:
        if writer is not None:
            writer.close()
    if not count:
        raise DataError(f"{path}: no faces to write")
    part.replace(path)
    return count


def holds(path: Path) -> bool:
    """Whether a Parquet file is one of `write`."""
    import pyarrow.parquet as parquet

    return path.is_file() and "known" in parquet.read_schema(path).names


def read(path: Path, *, labels: bool = True) -> Iterator[Crop]:
    """The rows of a file of `write`, in its order, in constant memory; without `labels` names and pictures alone, which
    is quicker. DataError where it is none."""
    import pyarrow
    import pyarrow.parquet as parquet

    if not path.is_file():
        raise DataError(f"no crops {path}: write them with facereason train crops")
    try:
        for batch in parquet.ParquetFile(path).iter_batches(batch_size=256):
            yield from (_crop(row if labels else {**row, "known": "{}"}) for row in batch.to_pylist())
    except (OSError, KeyError, pyarrow.ArrowException) as error:
        raise DataError(f"{path}: no file of crops, or damaged ({' '.join(str(error).split())})") from None


AROUND = 0.4
"""Margin around the box of whom a record is about, in which the face is looked for."""
IN_CROP = 0.8
"""Share of a pre-cropped image that a face takes up, about."""


def _labels(record: Record) -> dict[str, Any]:
    return {
        "label": record.labels[0] if record.labels and len(record.labels) == 1 else None,
        "votes": {label: float(n) for label, n in record.votes.items()} if record.votes else None,
        "gender": record.gender,
        "age_group": record.age_group,
        "race": record.race,
    }


def _acting(record: Record, told: Iterable[ActionUnit]) -> dict[int, float]:
    if record.action_units is not None:
        return {unit: PRESENT if level is None else level for unit, level in record.action_units.items()}
    return {each.unit: each.intensity for each in told if each.state is UnitState.PRESENT}


def _decoded(record: Record) -> Pixels:
    try:
        with Image.open(io.BytesIO(record.image)) as image:
            pixels = np.asarray(image.convert("RGB"))
            return pixels if record.person is None else cut_out(pixels, record.person, margin=AROUND)
    except OSError as error:
        raise DataError(f"{record.dataset} {record.id}: the image cannot be read ({error})") from None


def _encoded(pixels: Pixels) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _schema() -> Any:
    import pyarrow

    text = pyarrow.string()
    fields = dict.fromkeys(("id", "dataset", "split", "license"), text)
    image = pyarrow.struct({"bytes": pyarrow.binary(), "path": text})
    return pyarrow.schema([*fields.items(), ("image", image), ("known", text)])


def _row(crop: Crop) -> dict[str, Any]:
    known: dict[str, Any] = {
        name: getattr(crop, name) for name in ("label", "gender", "age_group", "race", "asked", "units_from")
    }
    if crop.votes is not None:
        known["votes"] = {label.value: n for label, n in crop.votes.items() if n}
    if crop.units is not None:  # an empty one says that nothing acts; a missing one that nothing is known
        known["units"] = {str(unit): round(level, 3) for unit, level in crop.units.items()}
    if crop.absent is not None:
        known["absent"] = sorted(crop.absent)
    if crop.readings is not None:
        known["readings"] = [to_dict(each) for each in crop.readings]
    if crop.turn is not None:
        known["turn"] = [round(angle, 2) for angle in crop.turn]
    told = {name: value for name, value in known.items() if value is not None}
    return {
        "id": crop.id,
        "dataset": crop.dataset,
        "split": crop.split,
        "license": crop.license,
        "image": {"bytes": crop.image, "path": None},
        "known": json.dumps(told),
    }


def _crop(row: Mapping[str, Any]) -> Crop:
    known = json.loads(row["known"])
    votes, readings, levels = known.get("votes"), known.get("readings"), known.get("units")
    return Crop(
        id=row["id"],
        dataset=row["dataset"],
        split=row["split"],
        license=row["license"],
        image=row["image"]["bytes"],
        label=EmotionLabel(known["label"]) if "label" in known else None,
        votes={EmotionLabel(label): n for label, n in votes.items()} if votes is not None else None,
        gender=Gender(known["gender"]) if "gender" in known else None,
        age_group=AgeGroup(known["age_group"]) if "age_group" in known else None,
        race=Race(known["race"]) if "race" in known else None,
        asked=(known["asked"][0], known["asked"][1]) if "asked" in known else None,
        units_from=UnitsFrom(known["units_from"]) if "units_from" in known else None,
        units={int(unit): level for unit, level in levels.items()} if levels is not None else None,
        absent=frozenset(known["absent"]) if "absent" in known else None,
        readings=tuple(records.build(ActionUnit, each, "readings") for each in readings) if readings else None,
        turn=(known["turn"][0], known["turn"][1], known["turn"][2]) if "turn" in known else None,
    )
