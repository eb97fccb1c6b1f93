"""Licence and terms of a data set, said once before it is first used."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from facereason.cli import terminal
from facereason.types import FaceReasonError

if TYPE_CHECKING:
    from facereason.data import DataSet

SHOWN = "terms-shown.txt"


def told_once() -> None:
    """From here on, say on stderr on what terms a data set is, where that was not said on this machine before."""
    from facereason.data import terms

    terms.on_use(_tell)


def _tell(dataset: DataSet) -> None:
    from facereason import resources
    from facereason.data import terms

    said = terms.line(dataset)
    # Where the user's folder cannot be used, the line is said again the next time.
    with contextlib.suppress(OSError, FaceReasonError):
        path = resources.user_dir() / SHOWN
        if path.is_file() and said in path.read_text(encoding="utf-8").splitlines():
            return
        with path.open("a", encoding="utf-8") as file:
            file.write(f"{said}\n")
    terminal.note(said)
