"""How far each reading is to be trusted on a photo of some kind.

The table is measured after training (`train.reader_reliability`) and lies in the metadata of the weights. Its figures
run from 0 to 1 and are each the least of up to three: how well renders of that kind are read, how alike photos are
read when they are mirrored, shifted, shrunk or blurred, and how well what is read of photos agrees with a landmark
teacher that saw no label. An action unit that is clearly there, or clearly not, may be trusted more than its other
readings: what is often missed is seldom wrong where it is seen, and what is called on too many faces is not missing
from those on which it is not seen at all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

TRUSTED = 0.5
"""Below this a reading is unknown: it can neither support nor contradict anything."""
TRUSTED_UNIT = 0.55
"""The same of an action unit: with an F1 of a half, every second one that is read as present is none."""

CLEARLY_ABSENT, CLEARLY_PRESENT = 0.05, 0.7
"""Probabilities of an action unit up to which it is clearly absent, and from which it is clearly present."""

FRONTAL, TURNED = 20.0, 50.0  # degrees of yaw: up to the first frontal, up to the second turned, else in profile
SMALL = 48.0  # pixels, longer side of the face box
SOFT = 0.11  # sharpness (`quality.sharpness`), set by eye, below which a face counts as blurred; unreadable below .065


class View(StrEnum):
    """How far a face is turned to the side."""

    FRONTAL = "frontal"
    TURNED = "turned"
    PROFILE = "profile"


class Detail(StrEnum):
    """How much of a face can be made out."""

    CLEAR = "clear"
    SMALL = "small"
    BLURRED = "blurred"


def view_of(yaw: float) -> View:
    """The view of a head turned by `yaw` degrees."""
    return View.FRONTAL if abs(yaw) <= FRONTAL else View.TURNED if abs(yaw) <= TURNED else View.PROFILE


def kind(yaw: float, face_pixels: float, sharpness: float) -> str:
    """The kind of photo this face is seen in, as in "frontal, clear"."""
    detail = Detail.SMALL if face_pixels < SMALL else Detail.BLURRED if sharpness < SOFT else Detail.CLEAR
    return name(view_of(yaw), detail)


def name(view: View, detail: Detail) -> str:
    """As in "turned, small"."""
    return f"{view}, {detail}"


def clearly(code: str, present: bool) -> str:
    """The reading that a unit is clearly there, or clearly not: "AU9 clearly absent"."""
    return f"{code}{_CLEARLY}{'present' if present else 'absent'}"


_CLEARLY = " clearly "


@dataclass(frozen=True, slots=True)
class Reliability:
    """`table`: kind of photo, then reading ("AU12", "AU12 clearly present", "pose", "gaze", "landmarks"), to a figure
    from 0 to 1."""

    table: Mapping[str, Mapping[str, float]]

    def of(self, reading: str, kind: str) -> float:
        """How far to trust a reading on such photos; 0 for one that was not measured."""
        return self.table.get(kind, {}).get(reading, 0.0)

    def of_unit(self, code: str, kind: str, present: bool, chance: float) -> float:
        """The same of an action unit ("AU9") that is called present or not, with this probability."""
        clear = chance >= CLEARLY_PRESENT if present else chance <= CLEARLY_ABSENT
        return max(self.of(code, kind), self.of(clearly(code, present), kind) if clear else 0.0)

    def markdown(self) -> str:
        """The table for a model card: a row a reading, a column a kind; in bold what is trusted."""
        kinds = list(self.table)
        told = dict.fromkeys(reading for figures in self.table.values() for reading in figures)
        rows = ["| reading | " + " | ".join(kinds) + " |", "| --- |" + " --- |" * len(kinds)]
        for plain in (reading for reading in told if _CLEARLY not in reading):
            least = TRUSTED_UNIT if plain.startswith("AU") else TRUSTED
            for reading in (plain, clearly(plain, True), clearly(plain, False)):
                if reading in told:
                    shown = [max(self.of(plain, kind), self.of(reading, kind)) for kind in kinds]
                    cells = [f"**{trust:.2f}**" if trust >= least else f"{trust:.2f}" for trust in shown]
                    rows.append(f"| {reading} | " + " | ".join(cells) + " |")
        return "\n".join(rows) + "\n"
