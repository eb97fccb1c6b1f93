"""Drawn photos in one folder: a photo drawn again replaces its drawing, another of the same name does not."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from facereason.types import FaceReasonError, Scene

if TYPE_CHECKING:
    from facereason.images import Photo


class Drawings:
    """The folder, made where it is missing; FaceReasonError where that fails."""

    def __init__(self, folder: Path) -> None:
        from facereason.images import printable

        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            where = printable(str(folder))
            raise FaceReasonError(f"{where}: cannot be made ({error.strerror}); name another folder") from None

    def add(self, photo: Photo, scene: Scene) -> Path:
        """Draw the scene as NAME.faces.png, or as NAME-2.faces.png where that is another photo's; gives the path."""
        from facereason import images

        # the drawing carries the hash of its photo, not the path: drawings are passed on
        mark = f"photo sha256 {hashlib.sha256(photo.pixels.tobytes()).hexdigest()}"
        path = next(path for path in self._names(Path(photo.name).stem) if _free_for(path, mark))
        images.save(images.draw(photo, scene), path, comment=mark)
        return path

    def _names(self, stem: str) -> Iterator[Path]:
        yield self._folder / f"{stem}.faces.png"
        for number in count(2):
            yield self._folder / f"{stem}-{number}.faces.png"


def _free_for(path: Path, mark: str) -> bool:
    from facereason import images

    return not path.exists() or images.comment(path) == mark
