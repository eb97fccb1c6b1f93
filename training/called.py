"""How often each action unit is called present on photos, by the emotion that most raters gave them.

    python training/called.py DATA

DATA holds ferplus-valid. Of each emotion the first 90 faces in which the detector finds one are read, enlarged to 144
pixels on a grey ground. No label says which units a face shows; but a neutral face has few, and a smile no AU20.
"""

import io
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from facereason import FaceReason
from facereason.data import read
from facereason.types import UnitState

EACH = 90
SIDE, GROUND = 144, 240


def called(data: Path, emotion: str) -> Iterator[list[int]]:
    """The units that are called present on each face of an emotion."""
    fr = FaceReason()
    for record in read("ferplus", "valid", data):
        if record.labels != (emotion,):
            continue
        face = Image.open(io.BytesIO(record.image)).convert("RGB").resize((SIDE, SIDE), Image.Resampling.BICUBIC)
        photo = Image.new("RGB", (GROUND, GROUND), (128, 128, 128))
        photo.paste(face, ((GROUND - SIDE) // 2, (GROUND - SIDE) // 2))
        people = fr.look(np.asarray(photo)).people
        if len(people) == 1 and people[0].face.action_units:
            yield [unit.unit for unit in people[0].face.action_units if unit.state is UnitState.PRESENT]


def main(data: Path) -> None:
    for emotion in ("neutral", "happiness", "surprise"):
        found = list(islice(called(data, emotion), EACH))
        count = Counter(unit for each in found for unit in each)
        shares = " ".join(f"AU{unit} {number / len(found):.2f}" for unit, number in sorted(count.items()))
        sys.stdout.write(f"{emotion}: {len(found)} faces, {count.total() / len(found):.2f} units a face: {shares}\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
