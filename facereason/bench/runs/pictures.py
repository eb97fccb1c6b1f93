"""Small pictures of some questions that were not answered rightly, for the report."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from facereason import images
from facereason.bench.tasks import asking
from facereason.bench.tasks.task import Question
from facereason.scoring import Disposition

SEEN = 200
"""Longest side of a kept picture, pixels."""
PICTURES: Mapping[Disposition, int] = {
    Disposition.WRONG: 16,
    Disposition.ABSTAINED: 4,
    Disposition.REFUSED: 4,
    Disposition.FORMAT: 4,
}
"""How many pictures of a task are kept, by what became of the question."""


class Pictures:
    """Small pictures of questions that were not answered rightly, the first of each outcome; later runs add none."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._left = {} if folder.is_dir() else dict(PICTURES)

    def keep(self, question: Question, outcome: Disposition) -> None:
        if not self._left.get(outcome):
            return
        self._left[outcome] -= 1
        self._folder.mkdir(parents=True, exist_ok=True)
        for name, file in zip(question.images, question.pictures, strict=True):
            shown = asking.within(images.open(file).pixels, SEEN)
            (self._folder / f"{name}.jpg").write_bytes(images.encode(shown, "jpeg", 85))
