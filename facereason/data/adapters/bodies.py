"""MEBOW: which way the bodies of COCO's photos face.

train_hoe.json and val_hoe.json map "IMAGE_ANNOTATION" of COCO to degrees (MEBOW's own description); boxes are those of
COCO's person_keypoints files, which are read once, in their order. As its repository lays the files out, not tried on
the original ones; for zero and direction of the angle see `angles.from_mebow`. Whoever has the files can check that: a
body that faces the camera has its left shoulder right of the right one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from facereason.data import angles, labels, tables
from facereason.data.declaring import IMAGE, DataError, DataSet, Found, Layout, Place, of


def _mebow(place: Place) -> Found:
    """People with an orientation, in the order of COCO's annotations; the orientations are held, a few MB."""
    for path in place.paths():
        degrees = _degrees(path)
        people = path.with_name(f"person_keypoints_{place.split}2017.json")
        if not people.is_file():
            raise place.missing(people)
        for person in tables.json_items(people, "annotations"):
            key = f"{person['image_id']}_{person['id']}"
            if key in degrees:
                name = f"{person['image_id']:012d}.jpg"
                yield (
                    path,
                    {
                        "id": key,
                        "image": place.root / "images" / f"{place.split}2017" / name,
                        "photo": name,
                        "box": person.get("bbox"),
                        "degrees": degrees[key],
                    },
                )


def _degrees(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: no JSON object ({error}); fetch it again") from None
    if not isinstance(found, dict):
        raise DataError(f"{path}: no JSON object of orientations; fetch it again")
    return found


SETS = (
    DataSet(
        name="mebow",
        layouts=(
            Layout(
                files={split: (f"annotations/{split}_hoe.json",) for split in ("train", "val")},
                rows=_mebow,
                fields={
                    "id": of("id"),
                    "image": IMAGE,
                    "photo": of("photo"),
                    "person": of("box", to=labels.box),
                    "body_orientation": of("degrees", to=lambda degrees: angles.from_mebow(float(degrees))),
                },
                says="coco/ with annotations/train_hoe.json, val_hoe.json, person_keypoints_train2017.json, "
                "person_keypoints_val2017.json, and images/train2017/, images/val2017/",
            ),
        ),
        license="research only, on request; COCO's images under their Flickr licences",
        terms="Annotations for non-commercial research, sent on request; COCO's annotations are CC BY 4.0, its photos "
        "keep their Flickr licences.",
        source="MEBOW (Wu et al. 2020)",
        obtain="github.com/ChenyanWu/MEBOW (by e-mail), images from cocodataset.org",
    ),
)
