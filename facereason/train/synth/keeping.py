"""What was kept, as records of the project's own format: any recipe of fine-tuning takes the file as `data`."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import Any

from facereason import facs
from facereason.data import DataError
from facereason.scoring import fingerprint, read_reply
from facereason.train.crops import UnitsFrom
from facereason.train.synth.sifting import NOT_JUDGED, Kept

SHARD = 1000

Provenance = dict[str, str | int]
"""Of a round: who wrote, its revision, the prompt's name and hash, seed, round, mode, and who passed it blind."""


def write(kept: Iterable[tuple[Kept, str]], path: Path, provenance: Provenance) -> int:
    """Write what was kept, each with the question that it answers, whole or not at all; how many rows. Where there is
    none no file is left. DataError where it cannot be written.

    A field that is not known is absent: a label that nobody gave, units that only a reading tells.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    part = path.with_suffix(".part")
    count = 0
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with parquet.ParquetWriter(part, _schema(provenance)) as writer:
            rows = (_row(each, question, provenance) for each, question in kept)
            while batch := list(itertools.islice(rows, SHARD)):
                writer.write_table(pyarrow.Table.from_pylist(batch, schema=writer.schema))
                count += len(batch)
        if count:
            part.replace(path)
        else:
            part.unlink()
            path.unlink(missing_ok=True)
    except OSError as error:
        raise DataError(
            f"{path}: cannot be written ({error.strerror or error}); make room and call again: nothing is asked twice"
        ) from None
    return count


def together(paths: Sequence[Path], out: Path) -> int:
    """The rows of several rounds in one file; how many."""
    import pyarrow.parquet as parquet

    part, count = out.with_suffix(".part"), 0
    try:
        with parquet.ParquetWriter(part, parquet.read_schema(paths[0])) as writer:
            for path in paths:
                for batch in parquet.ParquetFile(path).iter_batches(SHARD):
                    writer.write_batch(batch)
                    count += batch.num_rows
        part.replace(out)
    except OSError as error:
        raise DataError(f"{out}: cannot be written ({error.strerror or error}); make room and call again") from None
    return count


def fingerprints(paths: Iterable[Path]) -> dict[str, AbstractSet[str]]:
    """Of what was kept in earlier rounds, by the key of the face."""
    import pyarrow.parquet as parquet

    found: dict[str, set[str]] = {}
    for path in paths:
        for row in parquet.read_table(path, columns=["description", "meta_info"]).to_pylist():
            reply = read_reply(row["description"])
            if reply is not None:
                found.setdefault(row["meta_info"]["face"], set()).add(fingerprint(reply))
    return dict(found)


def _row(kept: Kept, question: str, provenance: Provenance) -> dict[str, Any]:
    face, crop = kept.face, kept.face.crop
    told = crop.units is not None and crop.source is not UnitsFrom.READ
    meta = {
        "face": face.key,
        "draft": kept.draft,
        "label_from": "annotators" if face.labelled else "prototype of the units",
        "units_judged_by": face.judged_by or NOT_JUDGED,
    }
    return {
        "id": f"{crop.id} {provenance['round']}.{kept.draft}",
        "dataset": crop.dataset,
        "split": crop.split,
        "license": crop.license,
        "image": {"bytes": crop.image, "path": None},
        "labels": [face.known.label.value] if face.labelled else None,
        "AUs": [facs.code(unit) for unit in sorted(crop.units or ())] if told else None,
        "question": question,
        "description": kept.text.strip(),
        "meta_info": meta | provenance,
    }


def _schema(provenance: Provenance) -> Any:
    import pyarrow

    text = pyarrow.string()
    meta: list[tuple[str, Any]] = [("face", text), ("draft", pyarrow.int64())]
    meta += [("label_from", text), ("units_judged_by", text)]
    meta += [(name, pyarrow.int64() if isinstance(value, int) else text) for name, value in provenance.items()]
    fields: list[tuple[str, Any]] = [(name, text) for name in ("id", "dataset", "split", "license")]
    fields += [("image", pyarrow.struct([("bytes", pyarrow.binary()), ("path", text)]))]
    fields += [("labels", pyarrow.list_(text)), ("AUs", pyarrow.list_(text))]
    fields += [("question", text), ("description", text), ("meta_info", pyarrow.struct(meta))]
    return pyarrow.schema(fields)
