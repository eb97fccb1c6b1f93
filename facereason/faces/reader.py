"""Read aligned crops: emotion, age group, perceived gender and, where switched on, race, as calibrated probabilities;
action units, the head's turn, gaze and landmarks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason.faces import align, geometry
from facereason.faces.reliability import Reliability
from facereason.types import AgeGroup, EmotionLabel, Gender, Race

FloatArray = npt.NDArray[np.float32]
CropArray = npt.NDArray[np.uint8]

EMOTIONS = tuple(EmotionLabel)
AGES = tuple(AgeGroup)
GENDERS = (Gender.FEMALE, Gender.MALE)
RACES = tuple(Race)
BATCH = 16  # crops a call: more gains nothing on a CPU and costs memory


@dataclass(frozen=True, slots=True)
class Shapes:
    """How faces lie and move, one row a face, in the crop's frame: `present` and `intensity` `(n, 25)` of the slots of
    action units (`geometry.SLOTS`), probabilities as calibrated on renders and levels in [0, 1]; `rotation`
    `(n, 3, 3)` of the head and `gaze` `(n, 3)`, image axes; `landmarks` `(n, 68, 2)` pixels."""

    present: FloatArray
    intensity: FloatArray
    rotation: FloatArray
    gaze: FloatArray
    landmarks: FloatArray


@dataclass(frozen=True, slots=True)
class Readings:
    """One row of probabilities a face, each summing to 1: `emotion` (n, 8), `age` (n, 9), `gender` (n, 2: female,
    male), and `race` (n, 7) or None where it is switched off, in the orders of the enumerations in `types`; and
    `shapes`."""

    emotion: FloatArray
    age: FloatArray
    gender: FloatArray
    race: FloatArray | None
    shapes: Shapes


HEADS = ("emotion", "age", "gender")
SHAPES = ("present", "intensity", "rotation", "gaze", "landmarks")


class Reader:
    """The network of `training/reader.yaml`. `race` switches that head on; off, it is not computed.

    `thresholds` `(25,)`: the probability from which each slot of action units counts as present. `reliability`: of
    every reading, by kind of photo, as measured for this very file and laid beside it (`reader-reliability.json`), else
    as the end of training left it in the file.
    """

    def __init__(self, path: Path, *, race: bool = False, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._heads = [*HEADS, *SHAPES, *(["race"] if race else [])]
        told: Mapping[str, str] = self._session.get_modelmeta().custom_metadata_map
        levels = json.loads(told["unit_thresholds"])
        self.thresholds = np.array([levels[geometry.slot_name(i)] for i in range(len(geometry.SLOTS))], np.float32)
        self.reliability = Reliability(_trust(path) or json.loads(told["reliability"]))

    def read(self, crops: CropArray | Sequence[CropArray]) -> Readings:
        """What `(n, 112, 112, 3)` uint8 RGB crops show, cut as `align.aligned` cuts them."""
        batch = np.asarray(crops, np.uint8)
        if batch.shape[1:] != (align.SIZE, align.SIZE, 3):
            raise ValueError(f"crops are {batch.shape}, expected (n, {align.SIZE}, {align.SIZE}, 3)")
        parts = [
            self._session.run(self._heads, {"crops": batch[start : start + BATCH]})
            for start in range(0, max(1, len(batch)), BATCH)
        ]
        heads = dict(zip(self._heads, (np.concatenate(values) for values in zip(*parts, strict=True)), strict=True))
        shapes = Shapes(*(heads[name] for name in SHAPES))
        return Readings(heads["emotion"], heads["age"], heads["gender"], heads.get("race"), shapes)


def _trust(path: Path) -> Mapping[str, Mapping[str, float]] | None:
    """The table beside a reader, where it was measured for these very weights."""
    beside = path.with_name(f"{path.stem}-reliability.json")
    if not beside.is_file():
        return None
    found: dict[str, Any] = json.loads(beside.read_text(encoding="utf-8"))
    return found["table"] if found["reader"] == hashlib.sha256(path.read_bytes()).hexdigest() else None
