"""Multiple choice: FERBench on FER+, DORI, and RotBench with its protocol on any folder of photos.

FERBench's FER+ part is a list of ids with labels; questions about the other sets are asked of those sets. The fields of
DORI's JSON are not known here: the usual names are expected, and `fields.json` beside the data says others, also which
field, or which files, tell a question's dimension and level. RotBench is
as its repository unpacks it (RotBench_large/, RotBench_small/) and as it is on the hub. DORI and RotBench were not
tried on the original files.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from facereason.data import labels, tables
from facereason.data.declaring import (
    IMAGE,
    DataError,
    DataSet,
    Found,
    Hub,
    ImageMissingError,
    Layout,
    Place,
    Row,
    encoded,
    of,
)
from facereason.types import EmotionLabel

EMOTION_QUESTION = "What is the emotion of this face?"
ROTATION_QUESTION = "By how many degrees counter-clockwise has this photo been turned?"
TURNS = (0, 90, 180, 270)
_TRANSPOSED = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}
_DORI = {"id": "id", "image": "image", "question": "question", "options": "options", "answer": "answer"}
_KINDS = {"dimension": "dimension", "level": "level"}
_FILES = "files"
_EXAMPLE = {"answer": "gt", "level": "granularity", "files": {"frontal*": {"dimension": "frontal"}}}
LEVELS = {"coarse": "coarse", "granular": "granular", "fine": "granular"}
DIMENSIONS = {
    "frontal": "frontal alignment",
    "rotation": "rotational transformation",
    "relative": "relative direction",
    "canonical": "canonical orientation",
}
"""Words by which DORI's levels and dimensions are known, with what they are called here."""


def _ferbench(place: Place) -> Found:
    """The listed ids with their images, in the order of the images; the list is held, some 100 kB."""
    for path in place.paths():
        listed = {row.get("id"): row.get("label") for row in tables.csv_rows(path)}
        images = place.root / "ferplus-test.parquet"
        if not images.is_file():
            raise place.missing(images)
        for row in tables.parquet_rows(images, ["id", "image"]):
            if row["id"] in listed:
                yield path, {**row, "label": listed.pop(row["id"])}
        if listed:
            raise DataError(
                f"{path}: {len(listed)} ids are not in {images}, {next(iter(listed))!r} first; fetch both again"
            )


def _dori(place: Place) -> Found:
    said = _own_names(place.root / "fields.json")
    names = _DORI | {ours: name for ours, name in said.items() if ours in _DORI}
    for path in place.paths():
        if path.name == "fields.json":
            continue
        kinds = _kinds_of_file(path, said.get(_FILES, {}))
        for number, row in tables.json_rows(path):
            missing = [name for ours, name in names.items() if ours != "id" and name not in row]
            if missing:
                raise DataError(
                    f"{path}: record {number} has no field {', '.join(missing)}, but {', '.join(row)}: say in "
                    f"{place.root / 'fields.json'} which is which, like {json.dumps(_DORI)}"
                )
            told = {ours: row.get(name) for ours, name in names.items()}
            yield (
                path,
                {
                    **told,
                    **{ours: kinds.get(ours, row.get(said.get(ours, name))) for ours, name in _KINDS.items()},
                    "id": told["id"] if told["id"] is not None else f"{path.stem}-{number}",
                    "image": place.root / str(told["image"]),
                    "photo": str(told["image"]),
                },
            )


def _own_names(path: Path) -> dict[str, Any]:
    """DORI's names of our fields; under "files", what all questions of files that a pattern names are of."""
    if not path.is_file():
        return {}
    try:
        names = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: no JSON object ({error}); write it like {json.dumps(_EXAMPLE)}") from None
    known = {*_DORI, *_KINDS}
    if not isinstance(names, dict) or not set(names) <= {*known, _FILES}:
        raise DataError(f"{path}: expected some of {', '.join((*_DORI, *_KINDS))}, each with the name of DORI's field, "
                        f"and {_FILES}; like {json.dumps(_EXAMPLE)}")  # fmt: skip
    files = names.get(_FILES, {})
    if not isinstance(files, dict) or not all(
        isinstance(kind, dict) and set(kind) <= set(_KINDS) for kind in files.values()
    ):
        raise DataError(
            f"{path}: {_FILES} holds a dimension or a level by pattern of files; like {json.dumps(_EXAMPLE)}"
        )
    return {str(ours): theirs if ours == _FILES else str(theirs) for ours, theirs in names.items()}


def _kinds_of_file(path: Path, files: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    told: dict[str, str] = {}
    for pattern, kind in files.items():
        if path.match(pattern):
            told |= kind
    return told


def _kinds(dimension: Any, level: Any) -> dict[str, str]:
    """What is told of a question's dimension and level, in our words; ValueError where it is none that we know."""
    told: dict[str, str] = {}
    for by, said, known in (("dimension", dimension, DIMENSIONS), ("level", level, LEVELS)):
        if said is None:
            continue
        meant = {ours for word, ours in known.items() if word in str(said).casefold()}
        if len(meant) != 1:
            raise ValueError(f"the {by} {said!r:.40} is none of {', '.join(known)}")
        told[by] = meant.pop()
    return told


def _options(options: Any) -> tuple[str, ...]:
    """A list, or letters with what they stand for: {"A": "left"} is "A. left"."""
    if isinstance(options, dict):
        return tuple(f"{letter}. {text}" for letter, text in options.items())
    if not isinstance(options, list) or not options:
        raise ValueError(f"{options!r:.40} are no options")
    return tuple(map(str, options))


def _answer(answer: Any, options: Any) -> str:
    """The right option, which may be given by its letter or by its text."""
    choices, said = _options(options), str(answer).strip()
    texts = [choice.partition(". ")[2] for choice in choices]
    right = [c for c, text in zip(choices, texts, strict=True) if said in (c, text) or c.startswith(f"{said}. ")]
    if len(said) == 1 and not right and 0 <= (place := ord(said.upper()) - ord("A")) < len(choices):
        right = [choices[place]]
    if len(right) != 1:
        raise ValueError(f"the answer {said[:40]!r} is not one of its {len(choices)} options")
    return right[0]


def _turned(place: Place) -> Found:
    for path in place.paths():
        if path.suffix.lower() in tables.PICTURES:
            for row in four({"image": path, "image_name": path.name}):
                yield path, row


def four(row: Row) -> list[dict[str, Any]]:
    """A photo as four questions, one a turn; the options are shuffled, the same way every time."""
    name, made = str(row.get("image_name")), []
    for turn in TURNS:
        options = [str(other) for other in TURNS]
        random.Random(f"{name}@{turn}").shuffle(options)
        made.append({"id": f"{name}@{turn}", "image": row["image"], "turn": turn, "options": options})
    return made


def _rotated(image: Any, turn: int) -> bytes:
    """The image turned counter-clockwise, as a PNG file; upright first where its EXIF data say how it lies."""
    data = encoded(image)
    try:
        with Image.open(io.BytesIO(data)) as opened:
            upright = ImageOps.exif_transpose(opened).convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise ImageMissingError(
            f"{image if isinstance(image, Path) else 'the image'} cannot be decoded ({error})"
        ) from None
    buffer = io.BytesIO()
    (upright.transpose(_TRANSPOSED[turn]) if turn else upright).save(buffer, "png")
    return buffer.getvalue()


def _same(text: str) -> Any:
    return lambda *_: text


_ROTBENCH = {
    "id": of("id"),
    "image": of("image", "turn", to=_rotated),
    "question": of("id", to=_same(ROTATION_QUESTION)),
    "options": of("options", to=tuple[str, ...]),
    "answer": of("turn", to=str),
}


def _all_emotions(_: Sequence[Any]) -> tuple[str, ...]:
    return tuple(label.value for label in EmotionLabel)


SETS = (
    DataSet(
        name="ferbench",
        layouts=(
            Layout(
                files={"ferplus": ("ferbench-ferplus.csv",)},
                rows=_ferbench,
                fields={
                    "id": of("id"),
                    "image": IMAGE,
                    "labels": of("label", to=labels.emotions),
                    "question": of("id", to=_same(EMOTION_QUESTION)),
                    "options": of("id", to=_all_emotions),
                    "answer": of("label", to=lambda word: labels.emotions(word)[0].value),  # type: ignore[index]
                },
                says="ferbench-ferplus.csv (id, label) and ferplus-test.parquet",
            ),
        ),
        license="labels: facts from the release; FER2013 images for research, rights not stated",
        terms="Images are FER2013's: use them for research, and do not pass them on.",
        source="FERBench (UniFER)",
        obtain="the UniFER release (ids), and ferplus for the images",
        precropped=True,
        says="the question is ours, not UniFER's wording",
    ),
    DataSet(
        name="dori",
        layouts=(
            Layout(
                files={"test": ("*.json*",)},
                rows=_dori,
                fields={
                    "id": of("id"),
                    "image": IMAGE,
                    "photo": of("photo"),
                    "question": of("question"),
                    "options": of("options", to=_options),
                    "answer": of("answer", "options", to=_answer),
                    "attributes": of("dimension", "level", to=_kinds),
                },
                says="*.json or *.jsonl with id, image, question, options and answer, or other names that fields.json "
                'beside them tells ({"answer": "gt"}), also of dimension and level, and the images where they say',
            ),
        ),
        license="MIT (annotations); images under the terms of their eleven sources",
        terms="The questions may be used freely under MIT; the images keep the terms of the data sets they are from.",
        source="DORI (appledora/DORI-Benchmark)",
        obtain="appledora/DORI-Benchmark on the hub",
    ),
    DataSet(
        name="rotbench",
        layouts=(
            Layout(
                files={"large": ("RotBench_large/*",), "small": ("RotBench_small/*",), "photos": ("*",)},
                rows=_turned,
                fields=_ROTBENCH,
                says="RotBench_large/ and RotBench_small/; the split photos is any folder of upright photos",
            ),
        ),
        license="Apache-2.0 (images from Spatial-MM)",
        terms="May be used and passed on under Apache-2.0.",
        source="RotBench (Niu et al. 2025)",
        obtain="tianyin/RotBench on the hub",
        hub=Hub(
            name="tianyin/RotBench",
            splits={"large": "large", "small": "small"},
            fields=_ROTBENCH,
            expand=four,
        ),
        says="each photo is four records, turned by 0, 90, 180 and 270 degrees counter-clockwise",
    ),
)
