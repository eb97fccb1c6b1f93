"""Typed records from plain data such as YAML and JSON: an unknown key or a wrong type is refused by name."""

from __future__ import annotations

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from facereason.types import UsageError

R = TypeVar("R")

_EXPONENT = re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+")  # 1e-3, which YAML 1.1 takes for text


def build(kind: type[R], data: Any, where: str) -> R:
    """A dataclass of `kind`, parts of it included, from nested keys and values; `where` begins every complaint.

    Raises UsageError that names the field: an unknown key, a missing one, a value of the wrong type.
    """
    if not isinstance(data, Mapping):
        raise UsageError(f"{where}: expected keys and values, found {data!r}")
    hints = typing.get_type_hints(kind)
    fields = {field.name: field for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
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
    values = {str(key): _value(hints[key], value, f"{where}: {key}") for key, value in data.items()}
    try:
        return kind(**values)
    except UsageError as error:
        raise UsageError(str(error) if str(error).startswith(where) else f"{where}: {error}") from None


def plain(record: Any) -> Any:
    """The record as `build` takes it and JSON and YAML write it: fields at their default are left out."""
    if dataclasses.is_dataclass(record) and not isinstance(record, type):
        return {
            field.name: plain(getattr(record, field.name))
            for field in dataclasses.fields(record)
            if getattr(record, field.name) != _default(field)
        }
    if isinstance(record, Mapping):
        return {key: plain(value) for key, value in record.items()}
    if isinstance(record, tuple | list):
        return [plain(value) for value in record]
    return record.value if isinstance(record, Enum) else record


def _default(field: dataclasses.Field[Any]) -> Any:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _value(hint: Any, value: Any, where: str) -> Any:
    origin, inner = typing.get_origin(hint), typing.get_args(hint)
    if dataclasses.is_dataclass(hint):
        return build(typing.cast(type[Any], hint), value, where)
    if origin in (typing.Union, types.UnionType):
        return _one_of([option for option in inner if option is not type(None)], value, where, type(None) in inner)
    if origin is typing.Literal:
        if value not in inner:
            raise UsageError(f"{where}: {value!r} is not one of {', '.join(map(str, inner))}")
        return value
    if origin is tuple:
        if not isinstance(value, list) or (Ellipsis not in inner and len(value) != len(inner)):
            raise UsageError(f"{where}: expected a list of {'any length' if Ellipsis in inner else len(inner)}")
        kinds = [inner[0]] * len(value) if Ellipsis in inner else inner
        pairs = enumerate(zip(kinds, value, strict=True))
        return tuple(_value(kind, item, f"{where}[{i}]") for i, (kind, item) in pairs)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise UsageError(f"{where}: expected keys and values, found {value!r}")
        return {_key(inner[0], key, where): _value(inner[1], item, f"{where}.{key}") for key, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if hint is float and isinstance(value, str) and _EXPONENT.fullmatch(value):
        return float(value)
    if isinstance(hint, type) and issubclass(hint, Enum):
        if value not in [member.value for member in hint]:
            raise UsageError(f"{where}: {value!r} is not one of {', '.join(str(member.value) for member in hint)}")
        return hint(value)
    if not isinstance(value, hint) or (isinstance(value, bool) and hint is not bool):
        raise UsageError(f"{where}: expected {hint.__name__}, found {value!r}")
    return value


def _one_of(options: list[Any], value: Any, where: str, none: bool) -> Any:
    if value is None and none:
        return None
    if len(options) == 1:
        return _value(options[0], value, where)
    wrong = []
    for option in options:
        try:
            return _value(option, value, where)
        except UsageError as error:
            wrong.append(str(error).removeprefix(f"{where}: "))
    raise UsageError(f"{where}: {'; or '.join(wrong)}")


def _key(hint: Any, key: Any, where: str) -> Any:
    if hint is not int:
        return str(key)
    try:
        return int(key)
    except ValueError:
        raise UsageError(f"{where}: {key!r} is no number") from None
