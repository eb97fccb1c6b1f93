"""A function as a tool: its JSON schema from its signature, and its arguments checked against it.

What a parameter means stands in its annotation, `Annotated[int, "number of a person"]`; what the function does in its
docstring's first paragraph.
"""

from __future__ import annotations

import inspect
import json
import re
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from facereason.vlm.messages import Tool

_KINDS: dict[Any, str] = {str: "string", int: "integer", float: "number", bool: "boolean"}


class ArgumentError(Exception):
    """Arguments that do not fit a tool; the message says which and how, for the model to try again."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`schema`: JSON schema of a value; `hint`: the type behind it; `needed`: it has no default."""

    name: str
    schema: Mapping[str, Any]
    hint: Any
    needed: bool


def tool_of(function: Callable[..., Any]) -> Tool:
    """The tool that a function is. TypeError for a parameter whose type has no schema here."""
    parameters = parameters_of(function)
    schema: dict[str, Any] = {
        "type": "object",
        "properties": {each.name: dict(each.schema) for each in parameters},
        "required": [each.name for each in parameters if each.needed],
        "additionalProperties": False,
    }
    told = inspect.cleandoc(function.__doc__ or "").split("\n\n")[0]
    return Tool(name=function.__name__, description=" ".join(told.split()), parameters=schema)


def parameters_of(function: Callable[..., Any]) -> list[Parameter]:
    hints = typing.get_type_hints(function, include_extras=True)
    found = []
    for name, parameter in inspect.signature(function).parameters.items():
        if name == "self":
            continue
        hint, told = hints[name], ""
        if typing.get_origin(hint) is typing.Annotated:
            hint, told = typing.get_args(hint)[:2]
        schema = {**_schema(hint, name), **({"description": told} if told else {})}
        needed = parameter.default is inspect.Parameter.empty
        if not needed and parameter.default is not None:
            schema["default"] = parameter.default
        found.append(Parameter(name, schema, hint, needed))
    return found


def arguments_for(function: Callable[..., Any], text: str) -> dict[str, Any]:
    """Arguments of a call as a model wrote them. ArgumentError where they are no JSON object, one is missing, unknown
    or of a wrong type."""
    try:
        given = json.loads(text or "{}")
    except (ValueError, RecursionError):
        raise ArgumentError(f"the arguments are not JSON: {text[:80]}") from None
    if not isinstance(given, dict):
        raise ArgumentError("the arguments must be a JSON object")
    parameters = {each.name: each for each in parameters_of(function)}
    takes = ", ".join(parameters) or "none"
    if unknown := [name for name in given if name not in parameters]:
        raise ArgumentError(f"there is no argument {str(unknown[0])[:40]}; it takes: {takes}")
    if missing := [each.name for each in parameters.values() if each.needed and each.name not in given]:
        raise ArgumentError(f"the argument {missing[0]} is missing; it takes: {takes}")
    return {name: _value(parameters[name], value) for name, value in given.items()}


def _schema(hint: Any, name: str) -> dict[str, Any]:
    if typing.get_origin(hint) is typing.Literal:
        values = list(typing.get_args(hint))
        return {"type": _KINDS[type(values[0])], "enum": values}
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        inner = [each for each in typing.get_args(hint) if each is not type(None)]
        if len(inner) == 1:
            return _schema(inner[0], name)
    if hint in _KINDS:
        return {"type": _KINDS[hint]}
    raise TypeError(f"parameter {name}: {hint} has no JSON schema here")


def _value(parameter: Parameter, value: Any) -> Any:
    """The value, a whole number where a model wrote it as 2.0 or "2"."""
    kind, choices = parameter.schema["type"], parameter.schema.get("enum")
    if kind == "integer":
        if isinstance(value, str) and re.fullmatch(r"\s*-?[0-9]{1,9}\s*", value):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
    if kind == "number" and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    right = {"string": str, "integer": int, "number": float, "boolean": bool}[kind]
    if not isinstance(value, right) or (isinstance(value, bool) and right is not bool):
        raise ArgumentError(f"{parameter.name} must be of type {kind}, not {json.dumps(value)[:60]}")
    if choices and value not in choices:
        listed = ", ".join(map(str, choices))
        raise ArgumentError(f"{parameter.name} must be one of {listed}, not {json.dumps(value)[:60]}")
    return value
