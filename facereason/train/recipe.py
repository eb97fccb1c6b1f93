"""Recipes: a YAML file a run, read into a typed record; an unknown key or a wrong type is refused by name."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml

from facereason import resources
from facereason.types import UsageError

R = TypeVar("R")

_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")  # 1e-3, which YAML 1.1 takes for text


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
    recipe: R = _build(kind, data, str(file.name))
    return recipe


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


def _build(kind: Any, data: Any, where: str) -> Any:
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}: expected keys and values, found {data!r}")
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = [str(key) for key in data if key not in fields]
    if unknown:
        raise UsageError(f"{where}: unknown key {', '.join(unknown)}; known are {', '.join(fields)}")
    missing = [
        name
        for name, field in fields.items()
        if name not in data and field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise UsageError(f"{where}: missing {', '.join(missing)}")
    return kind(**{str(key): _value(hints[key], value, f"{where}: {key}") for key, value in data.items()})


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return _build(hint, value, where)
    if origin in (typing.Union, types.UnionType):
        options = [option for option in inner if option is not type(None)]
        return None if value is None else _value(options[0], value, where)
    if origin is tuple:
        if not isinstance(value, list) or (Ellipsis not in inner and len(value) != len(inner)):
            raise UsageError(f"{where}: expected a list of {'any length' if Ellipsis in inner else len(inner)}")
        kinds = [inner[0]] * len(value) if Ellipsis in inner else inner
        return tuple(_value(kind, item, where) for kind, item in zip(kinds, value, strict=True))
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise UsageError(f"{where}: expected keys and values, found {value!r}")
        return {str(key): _value(inner[1], item, f"{where}.{key}") for key, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is float and isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise UsageError(f"{where}: expected {hint.__name__}, found {value!r}")
    return value
