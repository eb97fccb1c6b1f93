"""Recipes: a YAML file a run, read into a typed record; an unknown key or a wrong type is refused by name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from facereason import resources
from facereason.records import build
from facereason.types import UsageError

R = TypeVar("R")


def load(kind: type[R], path: str | Path, overrides: Sequence[str] = ()) -> R:
    """The recipe in `path`, or the shipped one of that name, with `key=value` and `part.key=value` overrides.

    Raises UsageError: no such file, not YAML, a key that `kind` does not have, a value of the wrong type.
    """
    file = find(path)
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise UsageError(f"{file}: not a recipe ({' '.join(str(error).split())})") from None
    for override in overrides:
        _change(data, override)
    return build(kind, data, str(file.name))


def find(path: str | Path) -> Path:
    """`path`, or the file of that name among the shipped recipes; UsageError where there is neither."""
    if Path(path).is_file():
        return Path(path)
    shipped = resources.training() / Path(path).name
    if not shipped.is_file():
        known = ", ".join(sorted(file.name for file in resources.training().glob("*.yaml")))
        raise UsageError(f"no recipe {path}: shipped are {known}")
    return shipped


def _change(data: Any, override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals:
        raise UsageError(f"override {override!r}: write it as key=value")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise UsageError(f"override {override!r}: not YAML ({' '.join(str(error).split())})") from None
    *parts, last = key.split(".")
    place = data
    for part in parts:
        place = place.setdefault(part, {}) if isinstance(place, dict) else None
    if not isinstance(place, dict):
        raise UsageError(f"override {override!r}: {'.'.join(parts) or 'the recipe'} has no keys to change")
    place[last] = value
