"""vLLM's engine: what it is started with, and one for all models whose bases are equal."""

from __future__ import annotations

import gc
import importlib.util
import json
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from facereason.images import printable
from facereason.types import UsageError
from facereason.vlm import catalogue, families
from facereason.vlm.api.failures import TOO_LONG
from facereason.vlm.errors import ContextError, ModelError, UnavailableError
from facereason.vlm.families import Family
from facereason.vlm.names import ModelName

MISSING = 'vllm-offline/ models need vllm: pip install "facereason[vllm]"'
RANKS = (8, 16, 32, 64, 128, 256, 512)
"""Ranks of adapters that an engine can be started for, of every version from 0.11 on."""


@dataclass(eq=False)
class Engine:
    """A started engine. `lock`: held while it computes: it is not made for several threads; `adapters`: their numbers,
    by folder."""

    llm: Any
    lock: threading.RLock = field(default_factory=threading.RLock)
    adapters: dict[str, int] = field(default_factory=dict)

    def adapter(self, folder: Path | None) -> Any:
        """vLLM's own word for an adapter, None for none."""
        if folder is None:
            return None
        from vllm.lora.request import LoRARequest

        number = self.adapters.setdefault(str(folder), len(self.adapters) + 1)
        return LoRARequest(f"adapter{number}", number, str(folder))


_SHARED: weakref.WeakValueDictionary[str, Engine] = weakref.WeakValueDictionary()
_STARTING = threading.Lock()


def shared(name: ModelName, more: Mapping[str, Any]) -> Engine:
    """The engine of this base, started unless one runs: `more` are further arguments of `vllm.LLM`. UnavailableError,
    ModelError."""
    if importlib.util.find_spec("vllm") is None:
        raise UnavailableError(MISSING)
    settings = {**arguments(name), **more}
    key = json.dumps(settings, sort_keys=True, default=str)
    with _STARTING:
        found = _SHARED.get(key)
        if found is None:
            gc.collect()  # an engine that nobody uses any more holds its memory until then
            found = _SHARED[key] = Engine(_started(name, settings))
        return found


def arguments(name: ModelName) -> dict[str, Any]:
    """What `vllm.LLM` is given for a model. UnavailableError where model or adapter are not here."""
    settings: dict[str, Any] = {
        "model": str(here(name).folder),
        "dtype": name.options.get("dtype", "auto"),
        # where whitespace is free, a model can fill max_tokens with it
        "structured_outputs_config": {"backend": "guidance", "disable_any_whitespace": True},
    }
    if context := name.options.get("context"):
        settings["max_model_len"] = int(context)
    if gpus := name.options.get("gpus"):
        settings["tensor_parallel_size"] = int(gpus)
    if folder := adapter_folder(name):
        settings |= {"enable_lora": True, "max_lora_rank": _rank(name, folder)}
    return settings


def here(name: ModelName) -> catalogue.Here:
    """Where the model lies: a question fetches nothing. UnavailableError where it is not here."""
    found = catalogue.here(name)
    if found is None:
        if Path(name.name).expanduser().is_absolute() or name.name.startswith("."):
            raise UnavailableError(f"{name.base}: there is no folder {printable(name.name)}")
        raise UnavailableError(f"{name.name} is not here: facereason models pull hf/{name.name}")
    return found


def family(name: ModelName) -> Family:
    """By the model's configuration. UsageError where it is of none that vLLM serves."""
    file = here(name).folder / "config.json"
    try:
        kind = json.loads(file.read_bytes()).get("model_type", "")
    except (OSError, ValueError, AttributeError):
        raise UnavailableError(f"{name.base}: {printable(file.name)} is missing or no configuration") from None
    found = families.of_config(kind)
    if not found.vllm:
        raise UsageError(f"{name}: vLLM does not run {found.title}; use hf/{name.name}")
    if name.adapter[0] and not found.vllm_lora:
        raise UsageError(f"{name}: vLLM runs {found.title} without adapters; merge it: facereason models merge")
    return found


def adapter_folder(name: ModelName) -> Path | None:
    """Folder of the model's adapter, None where it has none. UnavailableError where it is not here."""
    path, revision = name.adapter
    if not path:
        return None
    folder = Path(path).expanduser()
    if not folder.is_dir():
        folder = _pulled(path, revision)
    if not (folder / "adapter_config.json").is_file():
        raise UnavailableError(
            f"{name}: the adapter {printable(path)} is not here: give its folder, or pull it: "
            f"facereason models pull hf/{printable(path)}"
        )
    return folder.resolve()


def _pulled(path: str, revision: str) -> Path:
    try:
        from huggingface_hub import try_to_load_from_cache

        found = try_to_load_from_cache(path, "adapter_config.json", revision=revision or None)
    except (ImportError, ValueError):
        found = None
    return Path(found).parent if isinstance(found, str) else Path(path)


def _rank(name: ModelName, folder: Path) -> int:
    """The least rank that an engine can be started for and this adapter fits in."""
    try:
        config = json.loads((folder / "adapter_config.json").read_bytes())
        rank = max([int(config["r"]), *map(int, config.get("rank_pattern", {}).values())])
    except (ValueError, KeyError, TypeError):
        raise ModelError(f"{name}: {printable(name.adapter[0])} holds no LoRA adapter") from None
    fitting = next((each for each in RANKS if each >= rank), None)
    if fitting is None:
        raise ModelError(f"{name}: its adapter has rank {rank}, vLLM takes {RANKS[-1]} at most: merge it")
    return fitting


def _started(name: ModelName, settings: Mapping[str, Any]) -> Any:
    from vllm import LLM

    with told(str(name)):
        return LLM(**settings)


@contextmanager
def told(name: str) -> Iterator[None]:
    """What the engine raises, in one line. ContextError, ModelError."""
    try:
        yield
    except _errors() as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        said = printable(lines[0] if lines else type(error).__name__, 300)
        if TOO_LONG.search(said.lower()):
            raise ContextError(f"{name}: the messages are too long: {said}") from None
        raise ModelError(f"{name}: vLLM says: {said}") from None


def _errors() -> tuple[type[Exception], ...]:
    import jinja2

    known = (RuntimeError, ValueError, OSError, TypeError, AssertionError, ImportError, jinja2.TemplateError)
    try:
        from vllm.exceptions import VLLMError
    except ImportError:  # older versions raise what Python has
        return known
    return (*known, VLLMError)
