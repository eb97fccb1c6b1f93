"""Who writes: a model on this machine, asked in batches, or one behind an address, many calls in flight."""

from __future__ import annotations

import hashlib
import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from facereason import resources
from facereason.train.vlm import batches
from facereason.train.vlm.recipe import SHIPPED
from facereason.types import UsageError
from facereason.vlm import Capability, Message, Model, Picture, Reply, Request, names, opening
from facereason.vlm.errors import ModelError

if TYPE_CHECKING:
    from facereason.vlm.local.loading import Base


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about one picture, an encoded file, empty where there is none. `id`: whose it is, for messages."""

    id: str
    image: bytes
    text: str
    system: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manner:
    """How replies are drawn. `samples` for each question; `longest`: tokens of one."""

    samples: int = 1
    temperature: float = 0.0
    seed: int = 0
    longest: int = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Replies to one question; none where there is an `error`, a line."""

    texts: tuple[str, ...] = ()
    tokens: int = 0
    error: str = ""


class Writer(ABC):
    """A model that is asked about pictures. `name` as the user writes it; `revision`: of its weights; `own_eye`: it
    sees through the reader's eye; `together`: questions of one call; `in_flight`: calls at one time; `learns`: it is
    here, so what is trained from it takes its place."""

    name: str
    revision: str
    own_eye: bool
    together: int
    in_flight: int
    learns: bool

    @abstractmethod
    async def write(self, asked: Sequence[Question], manner: Manner) -> list[Said]:
        """What it says to each of at most `together` questions. Raises UnavailableError and BudgetError, ModelError."""

    @abstractmethod
    def close(self) -> None:
        """Give back memory or connections."""


class Local(Writer):
    """A model on this machine: all questions of a call, and all samples of each, in one pass."""

    learns = True
    in_flight = 1

    def __init__(self, name: str, place: str, device: str, together: int) -> None:
        from facereason.train.nano import eye
        from facereason.train.vlm import bases
        from facereason.vlm.local import adapters, loading

        eye.register()
        parts = names.parse(_with_device(place, device))
        self.base: Base = loading.load(parts.base)
        self._adapter = adapters.attach(self.base, parts)
        self.name, self.together = name, together
        self.revision = _revision(parts, self.base)
        tower = bases.vision_tower(self.base.model)
        self.own_eye = getattr(getattr(tower, "config", None), "model_type", "") == eye.MODEL_TYPE

    def using(self) -> AbstractContextManager[None]:
        """While inside, the base computes with this model's adapter."""
        from facereason.vlm.local import adapters

        return adapters.active(self.base, self._adapter)

    async def write(self, asked: Sequence[Question], manner: Manner) -> list[Said]:
        from facereason.vlm.local import generating

        requests = [_request(each, manner, manner.seed, systems=False) for each in asked]
        return [_said(outcome) for outcome in generating.generate(self.base, self.name, requests, self.using)]

    def close(self) -> None:
        del self.base


class Remote(Writer):
    """A model behind an address, or any other of `facereason.vlm`; one question a call."""

    learns = False
    own_eye = False
    together = 1

    def __init__(self, model: Model, in_flight: int) -> None:
        self._model, self.in_flight = model, in_flight
        self.name, self.revision = model.identity.name, model.identity.revision

    async def write(self, asked: Sequence[Question], manner: Manner) -> list[Said]:
        can = self._model.can
        return [
            _said(
                await self._model.agenerate(
                    _request(
                        each,
                        manner,
                        manner.seed if Capability.SEED in can and manner.temperature else None,
                        systems=Capability.SYSTEM in can,
                    )
                )
            )
            for each in asked
        ]

    def close(self) -> None:
        self._model.close()


def opened(name: str, device: str, *, in_flight: int = 16, together: int = 32) -> Writer:
    """The writer of a name: a folder of a model or an adapter, "nano", hf/NAME, or a model of an API. UsageError where
    there is none of it, UnavailableError where it cannot be had."""
    place = _place(name)
    if place is not None:
        return Local(name, place, device, together)
    provider = name.partition("/")[0].partition("+")[0]
    if provider not in names.OPTIONS:
        raise UsageError(
            f"writer: there is no folder {name}, and no such model: give a folder of a trained model, hf/NAME, "
            "openai/NAME or vllm/NAME"
        )
    from facereason.vlm.api import Settings

    return Remote(opening.open_model(name, Settings(in_flight=in_flight)), in_flight)


def is_here(name: str) -> bool:
    """Whether a name is of a model on this machine, whose training gives the next writer."""
    return _place(name) is not None


def _place(name: str) -> str | None:
    """The name under which a model of this machine is loaded, None for others."""
    if name == SHIPPED:
        return f"hf/{resources.weights('nano/config.json').parent}"
    if name.startswith("nano/"):
        return f"hf/{name.removeprefix('nano/')}"
    if name.startswith("hf/"):
        return name
    folder = Path(name)
    if not folder.is_dir():
        return None
    adapter = folder / "adapter_config.json"
    if not adapter.is_file():
        return f"hf/{folder}"
    on = json.loads(adapter.read_text(encoding="utf-8"))["base_model_name_or_path"]
    return f"hf/{on}+adapter={folder}"


def _with_device(place: str, device: str) -> str:
    more = "" if "+device=" in place else f"+device={device}"
    return place + more + ("+dtype=float32" if device == "cpu" and "+dtype=" not in place else "")


def _revision(name: names.ModelName, base: Base) -> str:
    """The first digits of the hash of the weights in a folder, adapter included; else the hub's commit."""
    folders = [Path(place) for place in (name.name, name.adapter[0]) if place and Path(place).is_dir()]
    files = [file for folder in folders for file in sorted(folder.glob("*.safetensors"))]
    if not files:
        return str(getattr(base.config, "_commit_hash", None) or name.revision)
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:12]


def _request(asked: Question, manner: Manner, seed: int | None, *, systems: bool) -> Request:
    pictures = (Picture(np.asarray(batches.picture({"image": asked.image, "id": asked.id}))),) if asked.image else ()
    system = asked.system if systems else ""
    text = asked.text if systems or not asked.system else f"{asked.system}\n\n{asked.text}"
    return Request(
        messages=(*((Message.system(system),) if system else ()), Message.user(*pictures, text)),
        temperature=manner.temperature,
        seed=seed if manner.temperature else None,
        samples=manner.samples,
        max_tokens=manner.longest,
    )


def _said(outcome: Reply | ModelError) -> Said:
    if isinstance(outcome, ModelError):
        return Said(error=str(outcome))
    tokens = (outcome.usage.input_tokens or 0) + (outcome.usage.output_tokens or 0)
    if outcome.refused:
        return Said(tokens=tokens, error="the model refused")
    return Said(texts=tuple(each.text for each in (outcome, *outcome.others)), tokens=tokens)
