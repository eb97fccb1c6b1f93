"""Read aligned crops: emotion, age group, perceived gender and, where switched on, race, as calibrated
probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from facereason.faces import align
from facereason.types import AgeGroup, EmotionLabel, Gender, Race

FloatArray = npt.NDArray[np.float32]
CropArray = npt.NDArray[np.uint8]

EMOTIONS = tuple(EmotionLabel)
AGES = tuple(AgeGroup)
GENDERS = (Gender.FEMALE, Gender.MALE)
RACES = tuple(Race)
BATCH = 16  # crops a call: more gains nothing on a CPU and costs memory


@dataclass(frozen=True, slots=True)
class Probabilities:
    """One row a face, each summing to 1: `emotion` (n, 8), `age` (n, 9), `gender` (n, 2: female, male), and `race`
    (n, 7) or None where it is switched off. Orders are those of the enumerations in `types`."""

    emotion: FloatArray
    age: FloatArray
    gender: FloatArray
    race: FloatArray | None


class Reader:
    """The network of `training/reader.yaml`. `race` switches that head on; off, it is not computed."""

    def __init__(self, path: Path, *, race: bool = False, threads: int = 0) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self._session: Any = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._heads = ["emotion", "age", "gender"] + ["race"] * race

    def read(self, crops: CropArray | Sequence[CropArray]) -> Probabilities:
        """Probabilities of `(n, 112, 112, 3)` uint8 RGB crops as `align.aligned` cuts them."""
        batch = np.asarray(crops, np.uint8)
        if batch.shape[1:] != (align.SIZE, align.SIZE, 3):
            raise ValueError(f"crops are {batch.shape}, expected (n, {align.SIZE}, {align.SIZE}, 3)")
        parts = [
            self._session.run(self._heads, {"crops": batch[start : start + BATCH]})
            for start in range(0, max(1, len(batch)), BATCH)
        ]
        heads = [np.concatenate(values) for values in zip(*parts, strict=True)]
        return Probabilities(heads[0], heads[1], heads[2], heads[3] if len(heads) == 4 else None)
