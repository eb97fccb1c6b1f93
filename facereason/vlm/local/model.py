"""A model on this machine, with or without an adapter."""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Any

from facereason.vlm import families
from facereason.vlm.errors import ModelError
from facereason.vlm.families import Family
from facereason.vlm.local import adapters, choosing, contrastive, generating
from facereason.vlm.local.loading import Base, configuration, out_of_memory_told, shared
from facereason.vlm.messages import Choice, Message, Picture, Reply, Request
from facereason.vlm.model import Capability, Identity, Model, choice, reply_of
from facereason.vlm.names import ModelName

TOGETHER = 8
"""Requests in one pass of a batch."""


class LocalModel(Model):
    """A checkpoint of the hub or in a folder, and its adapter. It is loaded when first asked; models that differ in
    their adapters only share what is loaded, and may be asked from several threads, one waiting for the other."""

    def __init__(self, name: ModelName) -> None:
        self.name = str(name)
        self._parts = name
        self._base: Base | None = None
        self._adapter = ""

    @functools.cached_property
    def family(self) -> Family:  # type: ignore[override]
        return families.of_config(self._config.model_type)

    @property
    def can(self) -> frozenset[Capability]:
        return self.family.can

    @property
    def identity(self) -> Identity:
        adapter, revision = self._parts.adapter
        return Identity(
            name=self.name,
            family=self.family.name,
            revision=getattr(self._config, "_commit_hash", None) or self._parts.revision,
            adapter=adapter,
            adapter_revision=revision,
        )

    def describe(self) -> str:
        """Device and number format, such as `cuda:0, bfloat16`; loads the model."""
        bits = self._parts.options.get("bits")
        return self.load().describe() + (f", {bits} bits" if bits else "")

    def load(self) -> Base:
        """The loaded base, with this model's adapter on it. Raises UnavailableError and ModelError."""
        if self._base is None:
            base = shared(self._parts)
            self._adapter = adapters.attach(base, self._parts)
            self._base = base
        return self._base

    def close(self) -> None:
        self._base = None

    def _using(self) -> AbstractContextManager[None]:
        return adapters.active(self.load(), self._adapter)

    def _generate(self, request: Request) -> Reply:
        return reply_of(generating.generate(self.load(), self.name, [request], self._using)[0])

    def _stream(self, request: Request) -> Iterator[str | Reply]:
        return generating.stream(self.load(), self.name, request, self._using)

    def _batch(self, requests: Sequence[Request]) -> list[Reply | ModelError]:
        self.load()
        outcomes: dict[int, Reply | ModelError] = {}
        for group in _alike(requests):
            outcomes.update(zip(group, self._together([requests[place] for place in group]), strict=True))
        return [outcomes[place] for place in range(len(requests))]

    def _together(self, requests: Sequence[Request]) -> list[Reply | ModelError]:
        """In one pass; where that fails, as with one request that is too long or many that memory does not hold, one by
        one."""
        try:
            return generating.generate(self.load(), self.name, requests, self._using)
        except ModelError as error:
            if len(requests) == 1:
                return [error]
            return [outcome for request in requests for outcome in self._together([request])]

    def _choose(self, messages: tuple[Message, ...], answers: tuple[str, ...]) -> Choice:
        base = self.load()
        with self._using(), out_of_memory_told(self.name):
            return choice(choosing.logprobs(base, self.name, messages, answers))

    def _similarity(self, pictures: Sequence[Picture], texts: Sequence[str]) -> list[list[float]]:
        base = self.load()
        with self._using(), out_of_memory_told(self.name):
            return contrastive.similarity(base, pictures, texts)

    @functools.cached_property
    def _config(self) -> Any:
        return configuration(self._parts)


def _alike(requests: Sequence[Request]) -> list[list[int]]:
    """Places of requests that can be computed together: equal settings, equally many pictures. Sampled ones stay
    alone, since a seed draws something else for each place in a batch."""
    groups: dict[Any, list[int]] = {}
    for place, each in enumerate(requests):
        alone = place if each.temperature > 0 else None
        key = (json.dumps(each.schema), each.stop, each.max_tokens, len(each.pictures), alone)
        groups.setdefault(key, []).append(place)
    return [group[at : at + TOGETHER] for group in groups.values() for at in range(0, len(group), TOGETHER)]
