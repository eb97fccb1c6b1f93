"""People as rows of a CSV file, under columns that stay the same whatever was found."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from facereason import facs
from facereason.types import EmotionLabel, FaceReasonError, Person, Reading, Scene

READINGS = ("emotion", "gender", "age_group", "stage", "hair_colour", "clothing_colour", "race")
COLUMNS = (
    *("source", "error", "width", "height", "turned", "person", "x", "y", "box_width", "box_height", "score"),
    *(f"{name}{suffix}" for name in READINGS for suffix in ("", "_confidence", "_unknown_because")),
    *(f"emotion_{label}" for label in EmotionLabel),
    *("yaw", "pitch", "roll", "pose_confidence"),
    *("gaze_yaw", "gaze_pitch", "gaze_confidence", "gaze_unknown_because"),
    *("head_x", "head_y", "head_width", "head_height", "body_x", "body_y", "body_width", "body_height"),
    *("body_orientation", "body_score", "posture", "posture_confidence"),
    *("face_pixels", "sharpness", "brightness", "inside", "flags", "kind"),
    *(f"{facs.code(unit)}_{what}" for unit in facs.UNITS for what in ("state", "intensity", "reliability")),
)


class CsvTable:
    """A file that rows are added to as they come, so that what was measured before an interruption is kept.

    A row is a person. A photo without people, or with an error, has one row with an empty `person`.
    FaceReasonError where the file cannot be written.
    """

    def __init__(self, path: Path) -> None:
        from facereason.images import printable

        try:
            # a file name that is no text is written with its bytes escaped
            self._file = path.open("w", newline="", encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            where = printable(str(path))
            raise FaceReasonError(f"{where}: cannot be written ({error.strerror}); check the path") from None
        self._rows = csv.DictWriter(self._file, COLUMNS)
        self._rows.writeheader()

    def add(self, source: str, scene: Scene | None, error: str) -> None:
        self._rows.writerows(_rows(source, scene, error))
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._file.close()


def _rows(source: str, scene: Scene | None, error: str) -> Iterator[dict[str, Any]]:
    if scene is None:
        yield {"source": source, "error": error}
        return
    turned = scene.turn.value if scene.turn else None
    photo = {"source": source, "width": scene.width, "height": scene.height, "turned": turned}
    if not scene.people:
        yield photo
    for person in scene.people:
        yield photo | _columns(person)


def _columns(person: Person) -> dict[str, Any]:
    face = person.face
    readings: dict[str, Reading[Any] | None] = {
        "emotion": face.emotion,
        "gender": person.gender,
        "age_group": person.age_group,
        "stage": person.stage,
        "hair_colour": person.hair_colour,
        "clothing_colour": person.clothing_colour,
        "race": person.race,
    }
    row: dict[str, Any] = {
        "person": person.number,
        "x": face.box.x,
        "y": face.box.y,
        "box_width": face.box.width,
        "box_height": face.box.height,
        "score": face.score,
        "yaw": face.pose.yaw,
        "pitch": face.pose.pitch,
        "roll": face.pose.roll,
        "pose_confidence": face.pose.confidence,
        "face_pixels": face.quality.face_pixels,
        "sharpness": face.quality.sharpness,
        "brightness": face.quality.brightness,
        "inside": face.quality.inside,
        "flags": ";".join(face.quality.flags),
        "kind": face.quality.kind,
    }
    if face.gaze is not None:
        row |= {"gaze_yaw": face.gaze.yaw, "gaze_pitch": face.gaze.pitch, "gaze_confidence": face.gaze.confidence}
        row["gaze_unknown_because"] = face.gaze.unknown_because
    for unit in face.action_units:
        code = facs.code(unit.unit)
        row |= {f"{code}_state": unit.state, f"{code}_intensity": unit.intensity}
        row[f"{code}_reliability"] = unit.reliability
    if person.body is not None:
        posture = person.body.posture
        row |= {"body_orientation": person.body.orientation, "body_score": person.body.score}
        row |= {"posture": posture.value, "posture_confidence": posture.confidence}
    for part, box in (("head", person.head), ("body", person.body.box if person.body else None)):
        if box is not None:
            row |= {f"{part}_x": box.x, f"{part}_y": box.y, f"{part}_width": box.width, f"{part}_height": box.height}
    for name, reading in readings.items():
        if reading is not None:
            row[name] = reading.value or ""
            row[f"{name}_confidence"] = reading.confidence
            row[f"{name}_unknown_because"] = reading.unknown_because
    row |= {f"emotion_{label}": face.emotion.distribution.get(label, "") for label in EmotionLabel}
    return {name: round(value, 4) if isinstance(value, float) else value for name, value in row.items()}
