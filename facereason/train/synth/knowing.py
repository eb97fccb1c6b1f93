"""What a draft about a face is held against, and who may judge its action units.

One rule: the eye that judges units is not the writer's own. Rendered truth and labels of annotators may judge anybody.
Readings of the reader may judge a writer that has another eye; nano sees through the reader's, and whoever was trained
on its readings has learnt to say what it says. Of such a writer's drafts about photos the units are not judged.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from facereason import facs
from facereason.scoring import Known, sure, typical
from facereason.train.crops import Crop, UnitsFrom
from facereason.train.synth.recipe import Faces
from facereason.train.vlm import questions
from facereason.train.vlm.recipe import Part
from facereason.types import EmotionLabel, UnitState

TEACHING = frozenset({"emotion", "units", "unit", "caption"})
"""Tasks whose answers hold units."""
LOOKED_AT = 500
"""Faces of a part of the data that are looked at for readings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """A face to write about. `judged_by`: where the units come from that judge a draft, None where they are not judged;
    `labelled`: the label is annotators', not the one that rendered units are typical of."""

    crop: Crop
    known: Known
    judged_by: UnitsFrom | None
    labelled: bool

    @property
    def key(self) -> str:
        return f"{self.crop.dataset}/{self.crop.split}/{self.crop.id}"


def faces(
    sources: Sequence[Faces], folder: str | Path | None, *, own_eye: bool, reliability: float
) -> Iterator[Face | None]:
    """The faces in their order, each once; None in the place of one whose emotion nobody has labelled."""
    seen: set[str] = set()
    for source in sources:
        for crop in questions.faces(Part(data=source.data, limit=source.limit, ask={"emotion": 1}), folder):
            face = known(crop, own_eye=own_eye, reliability=reliability)
            if face is None:
                yield None
            elif face.key not in seen:
                seen.add(face.key)
                yield face


def known(crop: Crop, *, own_eye: bool, reliability: float) -> Face | None:
    """What is known of a face. `own_eye`: the writer sees through the reader's eye, so its readings judge nothing;
    `reliability`: from which a reading may judge. None where there is no label."""
    label = _label(crop)
    if label is None:
        return None
    present, absent = _units(crop, own_eye, reliability)
    judged = None if present is None else crop.source
    return Face(
        crop=crop,
        known=Known(label=label, present=present, absent=absent),
        judged_by=judged,
        labelled=crop.label is not None,
    )


def _label(crop: Crop) -> EmotionLabel | None:
    """The annotators'; of a render, which nobody labels, the emotion that its units are typical of."""
    if crop.label is not None or crop.source is not UnitsFrom.RENDERED:
        return crop.label
    return typical(frozenset(crop.units or ()))


def _units(crop: Crop, own_eye: bool, reliability: float) -> tuple[frozenset[int] | None, frozenset[int] | None]:
    units = frozenset(crop.units or ())
    match crop.source:
        case UnitsFrom.RENDERED:
            return units, crop.absent or frozenset()
        case UnitsFrom.LABELLED:
            return units, frozenset(facs.UNITS) - facs.implied(units)
        case UnitsFrom.READ if not own_eye:
            readings = crop.readings or ()
            present = sure(readings, UnitState.PRESENT, reliability)
            absent = sure(readings, UnitState.ABSENT, reliability)
            return (present, absent) if present | absent else (None, None)
    return None, None


def teaches_readings(parts: Sequence[Part], folder: str | Path | None) -> bool:
    """Whether data teaches to say what the reader reads: then who was trained on it shares its eye."""
    return any(
        crop.source is UnitsFrom.READ
        for part in parts
        if TEACHING & {task for task, often in part.ask.items() if often}
        for crop in itertools.islice(questions.faces(part, folder), LOOKED_AT)
    )
