"""AffectNet and RAF-DB: expressions on faces from the web.

The layouts are as described by their authors and by public readers of them, not tried on the original files. AffectNet
comes in two forms: the whole with lists (Manually_Annotated_file_lists/*.csv), and the smaller one with four .npy files
an image (`ID_exp`, `_val`, `_aro`, `_lnd`). RAF-DB's list calls itself list_patition_label.txt.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from facereason.data import labels, tables
from facereason.data.declaring import IMAGE, DataError, DataSet, Found, Layout, Place, of

NOT_GIVEN = -2.0
"""Valence and arousal of AffectNet where there is no face to have them."""
_EMOTION = labels.numbered(labels.AFFECTNET, none=(8, 9, 10))


def _affect(valence: Any, arousal: Any) -> dict[str, str | float | bool]:
    values = {"valence": float(valence), "arousal": float(arousal)}
    if NOT_GIVEN in values.values():
        return {}
    wrong = [f"{name} {value}" for name, value in values.items() if not -1 <= value <= 1]
    if wrong:
        raise ValueError(f"{wrong[0]} is outside -1 to 1")
    return dict(values)


def _npy(path: Path) -> dict[str, Any]:
    """The row of an image; KeyErrors follow where one of its files is missing."""
    told: dict[str, Any] = {"id": path.stem, "image": path}
    for name in ("exp", "val", "aro"):
        file = path.parent.parent / "annotations" / f"{path.stem}_{name}.npy"
        try:
            told[name] = np.load(file, allow_pickle=False).item()
        except FileNotFoundError:
            continue
        except (OSError, ValueError) as error:
            raise DataError(f"{file}: cannot be read ({error}); fetch it again") from None
    return told


def _rafdb(place: Place) -> Found:
    for path in place.paths():
        for line in tables.lines(path):
            name, _, label = line.partition(" ")
            if name.startswith(place.split):
                stem = Path(name).stem
                image = path.parent.parent / "Image" / "aligned" / f"{stem}_aligned.jpg"
                yield path, {"id": stem, "image": image, "label": label}


SETS = (
    DataSet(
        name="affectnet",
        layouts=(
            Layout(
                files={"train": ("train_set/images/*",), "val": ("val_set/images/*",)},
                rows=tables.folder(_npy),
                fields={
                    "id": of("id"),
                    "image": IMAGE,
                    "labels": of("exp", to=_EMOTION),
                    "attributes": of("val", "aro", to=_affect),
                },
                says="train_set/ and val_set/, each with images/ID.jpg and annotations/ID_exp.npy, ID_val.npy, "
                "ID_aro.npy",
            ),
            Layout(
                files={
                    "train": ("Manually_Annotated_file_lists/training.csv",),
                    "val": ("Manually_Annotated_file_lists/validation.csv",),
                },
                rows=tables.table(
                    lambda root, row: root / "Manually_Annotated_Images" / str(row.get("subDirectory_filePath"))
                ),
                fields={
                    "id": of("subDirectory_filePath"),
                    "image": IMAGE,
                    "person": of("face_x", "face_y", "face_width", "face_height", to=lambda *box: labels.box(box)),
                    "labels": of("expression", to=_EMOTION),
                    "attributes": of("valence", "arousal", to=_affect),
                },
                says="Manually_Annotated_file_lists/training.csv and validation.csv, and Manually_Annotated_Images/",
            ),
        ),
        license="research only, by agreement",
        terms="For non-commercial research after signing an agreement; images may not be passed on.",
        source="AffectNet (Mollahosseini, Hasani and Mahoor 2017)",
        obtain="mohammadmahoor.com/pages/databases/affectnet, on request",
        precropped=True,
        says="expressions none, uncertain and no face are no emotion; valence and arousal of -2 are not given",
    ),
    DataSet(
        name="rafdb",
        layouts=(
            Layout(
                files=dict.fromkeys(("train", "test"), ("EmoLabel/list_patition_label.txt",)),
                rows=_rafdb,
                fields={
                    "id": of("id"),
                    "image": IMAGE,
                    "labels": of("label", to=labels.numbered(labels.RAF_DB, first=1)),
                },
                says="basic/ as unpacked: EmoLabel/list_patition_label.txt and Image/aligned/",
            ),
        ),
        license="research only, by agreement",
        terms="For non-commercial research, on request from an academic address; images may not be passed on.",
        source="RAF-DB, basic emotions (Li, Deng and Du 2017)",
        obtain="whdeng.cn/RAF/model1.html, on request",
        precropped=True,
    ),
)
