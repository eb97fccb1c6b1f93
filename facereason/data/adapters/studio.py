"""Studio data: rendered people with exact labels, as `facereason studio dataset` writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from facereason.data import labels, tables
from facereason.data.declaring import IMAGE, DataSet, Found, Layout, Place, of
from facereason.data.records import Pose

_COLUMNS = ("id", "dataset", "image", "people")
CLEAR = 0.5
"""Share of a person that has to be seen to be spoken of."""


def _people(place: Place) -> Found:
    """A row for each person of a scene."""
    for path in place.paths():
        for row in tables.parquet_rows(path, list(_COLUMNS), set(_COLUMNS)):
            for person in row["people"]:
                yield (
                    path,
                    {
                        **person,
                        "id": f"{row['id']}/{person['number']}",
                        "dataset": row["dataset"],
                        "image": row["image"],
                        "photo": row["id"],
                        "box": person.get("face") or person.get("head") or person.get("body_box"),
                        "reference": _reference(person, row["people"]),
                    },
                )


def _reference(person: Mapping[str, Any], people: Sequence[Mapping[str, Any]]) -> str | None:
    """The shortest words that fit nobody else: what they wear, or their hair too; None where those fit another, or most
    of the person is hidden."""
    looks = person["attributes"] or {}
    if person["visible"] < CLEAR or not looks.get("top_colour"):
        return None
    for told in (("top_colour", "top"), ("top_colour", "top", "hair_colour")):
        alike = [other for other in people if _same(other, looks, told)]
        if len(alike) == 1:
            hair = (
                f" with {looks['hair_colour']} hair" if "hair_colour" in told and looks["hair_style"] != "bald" else ""
            )
            return f"the person{hair} in the {looks['top_colour']} {looks['top']}"
    return None


def _same(other: Mapping[str, Any], looks: Mapping[str, Any], told: Sequence[str]) -> bool:
    return all((other["attributes"] or {}).get(name) == looks[name] for name in told)


def _units(acts: Any) -> dict[int, float | None]:
    """The stronger side of each unit that acts at all."""
    levels = {int(act["unit"]): max(float(act["left"]), float(act["right"])) for act in acts}
    return {unit: labels.intensity(round(level, 4)) for unit, level in levels.items() if level > 0}


def _pose(pose: Mapping[str, Any]) -> Pose:
    return Pose(float(pose["yaw"]), float(pose["pitch"]), float(pose["roll"]))


def _attributes(told: Mapping[str, Any], posture: Any) -> dict[str, Any]:
    return {name: value for name, value in (*told.items(), ("posture", posture)) if value is not None}


SETS = (
    DataSet(
        name="studio",
        layouts=(
            Layout(
                files={split: (f"{split}-*.parquet",) for split in ("train", "test")},
                rows=_people,
                fields={
                    "id": of("id"),
                    "dataset": of("dataset"),
                    "image": IMAGE,
                    "photo": of("photo"),
                    "person": of("box", to=labels.box, optional=True),
                    "body": of("body_box", to=labels.box, optional=True),
                    "reference": of("reference", optional=True),
                    "labels": of("emotion_asked", to=labels.emotions, optional=True),
                    "action_units": of("AUs", to=_units),
                    "pose": of("head_pose", to=_pose),
                    "body_orientation": of("body_orientation", to=float),
                    "attributes": of("attributes", "posture", to=_attributes),
                },
                says="train-*.parquet or test-*.parquet, the folder that facereason studio dataset wrote",
            ),
        ),
        license="CC0-1.0",
        terms="Rendered here: nobody is shown, and it may be used in any way.",
        source="facereason studio",
        obtain="facereason studio dataset",
        says="one record a person; an emotion is what was asked for, the units are what was drawn",
    ),
)
