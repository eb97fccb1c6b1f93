"""Names of models, as users write them: `openai/gpt-4o`, `hf/google/paligemma2-3b-mix-224+adapter=out/emotion`.

    PROVIDER/NAME[@REVISION][+KEY=VALUE ...]

NAME is a repository of the hub or a folder; a value may have a revision of its own (`+adapter=me/lora@v2`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from facereason.types import UsageError

OPTIONS: Mapping[str, frozenset[str]] = {
    "openai": frozenset({"url", "temperature"}),
    "vllm": frozenset({"url", "adapter", "temperature"}),
    "vllm-offline": frozenset({"adapter", "dtype", "context", "gpus"}),
    "hf": frozenset({"adapter", "dtype", "device", "bits"}),
    "nano": frozenset(),
    "fake": frozenset({"says"}),
}
"""Providers, and what may follow `+` in the names of their models."""

NAMELESS = frozenset({"nano", "fake"})
"""Providers that are a model themselves: `nano` is the one that ships, `nano/FOLDER` one that was trained here."""

VALUES: Mapping[str, frozenset[str]] = {
    "bits": frozenset({"4", "8"}),
    "dtype": frozenset({"float32", "bfloat16", "float16"}),
    "temperature": frozenset({"default"}),
}
COUNTS = frozenset({"context", "gpus"})
"""Options that are whole numbers from 1 on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelName:
    """A model's name in its parts. `name` may hold slashes; `options` by key, as written."""

    provider: str
    name: str
    revision: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def adapter(self) -> tuple[str, str]:
        """Adapter and its revision, both empty where none is named."""
        return _at(self.options.get("adapter", ""))

    @property
    def base(self) -> ModelName:
        """The same without its adapter: models of equal bases share what is loaded."""
        kept = {key: value for key, value in self.options.items() if key != "adapter"}
        return ModelName(provider=self.provider, name=self.name, revision=self.revision, options=kept)

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision else ""
        options = "".join(f"+{key}={value}" for key, value in self.options.items())
        return f"{self.provider}/{self.name}{revision}{options}" if self.name else f"{self.provider}{options}"


def parse(text: str) -> ModelName:
    """The parts of a model's name; UsageError where it is none, with what is wrong in it.

    >>> parse("hf/google/paligemma2-3b-mix-224+adapter=out/emotion").options
    {'adapter': 'out/emotion'}
    """
    said = text.strip()
    first, *rest = re.split(r"\+(?=[a-z]+=)", said)
    provider, _, name = first.partition("/")
    if provider not in OPTIONS:
        known = ", ".join(f"{each}/NAME" for each in OPTIONS if each not in NAMELESS)
        raise UsageError(
            f"model {said or '(empty)'}: unknown provider {provider or '(empty)'}; a model is {known}, nano or fake"
        )
    if not name and provider not in NAMELESS:
        raise UsageError(f"model {said}: no name after {provider}/")
    options: dict[str, str] = {}
    for part in rest:
        key, _, value = part.partition("=")
        if key not in OPTIONS[provider]:
            raise UsageError(f"model {said}: {provider} knows no +{key}; {_may_follow(provider)}")
        if key in options or not value:
            raise UsageError(f"model {said}: +{key} {'twice' if key in options else 'without a value'}")
        if value not in VALUES.get(key, {value}):
            raise UsageError(f"model {said}: +{key}={value}; it is one of {', '.join(sorted(VALUES[key]))}")
        if key in COUNTS and not re.fullmatch(r"[1-9][0-9]{0,8}", value):
            raise UsageError(f"model {said}: +{key}={value}; it is a whole number, 1 or more")
        options[key] = value
    if stray := re.search(r"\+[a-z]*$", first):
        raise UsageError(f"model {said}: {stray.group()} is no option; {_may_follow(provider)}")
    name, revision = _at(name)
    return ModelName(provider=provider, name=name, revision=revision, options=options)


def _may_follow(provider: str) -> str:
    return f"what may follow is {', '.join(f'+{key}=' for key in sorted(OPTIONS[provider]))}"


def _at(text: str) -> tuple[str, str]:
    """Name and revision; an `@` in a folder's name stays where a slash follows it."""
    name, at, revision = text.rpartition("@")
    return (name, revision) if at and "/" not in revision and name else (text, "")
