"""Pictures that are drawn into files: a photo drawn again replaces its drawing, and no other file is ever replaced."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from facereason.types import FaceReasonError, Scene, UsageError

if TYPE_CHECKING:
    from facereason.images import Photo, Pixels

_MARK = "photo sha256 "


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

        return save(images.draw(photo, scene), photo, ".faces.png", folder=self._folder)


def save(pixels: Pixels, photo: Photo, ending: str, path: Path | None = None, folder: Path = Path()) -> Path:
    """Write a picture drawn of a photo into `path`, else into `folder` as the photo's name and `ending`, with a number
    where that is taken; gives the path. UsageError for a `path` that holds anything but a drawing."""
    from facereason import images

    # the drawing carries the hash of its photo, not the path: drawings are passed on
    mark = _MARK + hashlib.sha256(photo.pixels.tobytes()).hexdigest()
    if path is None:
        path = next(each for each in _names(folder, Path(photo.name).stem, ending) if _free_for(each, mark))
    elif path.exists() and not images.comment(path).startswith(_MARK):
        where = images.printable(str(path))
        raise UsageError(f"{where}: is there already, and was not drawn by facereason; name another file")
    images.save(pixels, path, comment=mark)
    return path


def _names(folder: Path, stem: str, ending: str) -> Iterator[Path]:
    yield folder / f"{stem}{ending}"
    for number in count(2):
        yield folder / f"{stem}-{number}{ending}"


def _free_for(path: Path, mark: str) -> bool:
    from facereason import images

    return not path.exists() or images.comment(path) == mark
