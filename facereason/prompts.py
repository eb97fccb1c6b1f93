"""Prompt templates: Markdown with a YAML head, filled with checked inputs, and known by name, version and hash.

    filled = prompts.load("emotion").fill(question="How does she feel?", readings=[...])
    filled.text, filled.system, filled.schema, filled.sha256

What comes from a photo or an instrument goes in as JSON (the filter `data`), so that no value can close its quotes and
become an instruction; templates run in Jinja2's sandbox.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from facereason import resources
from facereason.types import FaceReasonError, UsageError, to_dict

INPUTS: Mapping[str, type | tuple[type, ...]] = {
    "text": str,
    "number": (int, float),
    "list": (list, tuple),
    "data": (dict, list, tuple),
}
"""Kinds of inputs that a head may name; a `?` behind makes one optional."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """A template with its inputs in place. `schema`: of the JSON to reply with; `sha256`: of the template's file."""

    name: str
    version: int
    sha256: str
    text: str
    system: str = ""
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """A template. `inputs`: kind of each input by name; `output`: what comes back, in words, for who reads the file."""

    name: str
    version: int
    sha256: str
    body: str
    inputs: Mapping[str, str]
    output: str
    system: str = ""
    schema: Mapping[str, Any] | None = None

    def fill(self, **inputs: Any) -> Filled:
        """The text to send. UsageError where an input is missing, of the wrong kind, or unknown to the template."""
        from jinja2 import TemplateError

        self._check(inputs)
        plain = {**dict.fromkeys(self._optional()), **{key: to_dict(value) for key, value in inputs.items()}}
        try:
            text = _environment().from_string(self.body).render(plain)
        except TemplateError as error:
            raise FaceReasonError(f"prompt {self.name}: {error}") from None
        shared = {key: getattr(self, key) for key in ("name", "version", "sha256", "system", "schema")}
        return Filled(text=text.strip(), **shared)

    def _optional(self) -> list[str]:
        return [name for name, kind in self.inputs.items() if kind.endswith("?")]

    def _check(self, given: Mapping[str, Any]) -> None:
        for name in given.keys() - self.inputs.keys():
            raise UsageError(f"prompt {self.name} has no input {name}; it has {', '.join(self.inputs)}")
        for name, kind in self.inputs.items():
            if name not in given:
                if not kind.endswith("?"):
                    raise UsageError(f"prompt {self.name} needs the input {name} ({kind})")
            elif not isinstance(given[name], INPUTS[kind.rstrip("?")]):
                raise UsageError(
                    f"prompt {self.name}: {name} must be {kind.rstrip('?')}, not {type(given[name]).__name__}"
                )


def load(name: str) -> Prompt:
    """The shipped template of this name, or the one in a file; UsageError where there is none or it is damaged."""
    path = Path(name) if name.endswith(".md") else resources.prompts() / f"{name}.md"
    if not path.is_file():
        raise UsageError(f"no prompt {name}; shipped are {', '.join(names())}")
    return read(path)


def names() -> tuple[str, ...]:
    """Names of the shipped templates."""
    return tuple(sorted(path.stem for path in resources.prompts().glob("*.md") if path.stem != "README"))


def read(path: Path) -> Prompt:
    raw = path.read_bytes()
    try:
        mark, head, body = raw.decode("utf-8").replace("\r\n", "\n").split("---\n", 2)
        fields = yaml.safe_load(head)
        known = _Head(**fields)
    except (ValueError, TypeError, yaml.YAMLError) as error:
        said = " ".join(str(error).split())
        raise UsageError(
            f"{path}: not a prompt, which is a YAML head between two lines of --- and a body ({said})"
        ) from None
    if mark.strip() or any(kind.rstrip("?") not in INPUTS for kind in known.inputs.values()):
        raise UsageError(f"{path}: inputs are of the kinds {', '.join(INPUTS)}, with ? behind where optional")
    return Prompt(**dataclasses.asdict(known), body=body, sha256=hashlib.sha256(raw).hexdigest())


@dataclass(frozen=True, slots=True)
class _Head:
    name: str
    version: int
    output: str
    inputs: dict[str, str] = field(default_factory=dict)
    system: str = ""
    schema: dict[str, Any] | None = None


def _environment() -> Any:
    from jinja2 import StrictUndefined
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["data"] = lambda value: json.dumps(value, ensure_ascii=True)
    return environment
