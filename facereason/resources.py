"""Finds what ships with the package: weights, prompts, recipes and benchmark suites.

Prompts, recipes and suites lie at the top of the repository and, in a wheel, under `facereason/_shipped/`; the
functions here return the one that is there. All folders and files are read-only but `user_dir`.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from facereason.types import FaceReasonError

_PACKAGE = Path(__file__).resolve().parent
_WEIGHTS = _PACKAGE / "weights"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """One file of `facereason/weights/`, as `manifest.json` there describes it."""

    sha256: str
    bytes: int
    what: str
    source: str
    license: str


def weights(name: str) -> Path:
    """Path of a file in `facereason/weights/`; its content is not looked at, see `verify`.

    FaceReasonError where the file is not there: in a checkout, before the package was installed from it.
    """
    path = _WEIGHTS / name
    if not path.is_file():
        raise FaceReasonError(f"weights file {name} is not in {_WEIGHTS}: run `pip install .`, or reinstall facereason")
    return path


@cache
def verify(name: str) -> str:
    """SHA-256 of a weights file, computed once a process; FaceReasonError where it is not that of the manifest."""
    found = _sha256(weights(name))
    expected = _entry(name).sha256
    if found != expected:
        difference = f"sha256 {found[:12]}..., expected {expected[:12]}..."
        raise FaceReasonError(f"weights file {name} is damaged ({difference}): reinstall facereason")
    return found


def manifest() -> Mapping[str, Shipped]:
    """Every weights file that belongs to the package, by name, whether it is there or not."""
    path = weights("manifest.json")
    try:
        return {name: Shipped(**entry) for name, entry in json.loads(path.read_bytes()).items()}
    except (ValueError, TypeError, AttributeError) as error:
        raise FaceReasonError(f"{path} is damaged ({error}): reinstall facereason") from error


def register(name: str, *, what: str, source: str, license: str) -> Shipped:
    """Enter a file of `facereason/weights/` into the manifest, with its size and hash as they are now.

    For who builds the weights: it changes the manifest of the checkout, in which the file must already lie.
    """
    path = weights(name)
    entry = Shipped(sha256=_sha256(path), bytes=path.stat().st_size, what=what, source=source, license=license)
    entries = {**manifest(), name: entry}
    text = json.dumps({key: dataclasses.asdict(entries[key]) for key in sorted(entries)}, indent=2)
    (_WEIGHTS / "manifest.json").write_text(text + "\n", encoding="utf-8")
    verify.cache_clear()
    return entry


def prompts() -> Path:
    """The folder of prompt templates."""
    return _top_level("prompts")


def training() -> Path:
    """The folder of training recipes."""
    return _top_level("training")


def suites() -> Path:
    """The folder of benchmark suites, frozen question sets and published results (`eval/` in the repository)."""
    return _top_level("eval")


def user_dir() -> Path:
    """Where caches and other files of this user may be written: `FACEREASON_HOME`, else the platform's cache folder.

    The folder is created where it is missing; FaceReasonError where that fails.
    """
    from platformdirs import user_cache_path

    moved = os.environ.get("FACEREASON_HOME")
    path = Path(moved).expanduser() if moved else user_cache_path("facereason", appauthor=False)
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FaceReasonError(
            f"cannot create {path} ({error.strerror}): set FACEREASON_HOME to a folder that can be written"
        ) from error
    return path


def _top_level(name: str) -> Path:
    for folder in (_PACKAGE / "_shipped" / name, _PACKAGE.parent / name):
        if folder.is_dir():
            return folder
    raise FaceReasonError(f"the folder {name}/ is missing beside {_PACKAGE}: reinstall facereason")


def _entry(name: str) -> Shipped:
    entries = manifest()
    if name not in entries:
        raise FaceReasonError(
            f"weights file {name} is not listed in {_WEIGHTS / 'manifest.json'}: reinstall facereason"
        )
    return entries[name]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
