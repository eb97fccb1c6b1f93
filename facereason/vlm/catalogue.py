"""Checkpoints that this project knows by name: what they are, under which licence, and what is here of them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from facereason.types import UsageError
from facereason.vlm import families
from facereason.vlm.errors import UnavailableError
from facereason.vlm.names import ModelName


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A checkpoint of the hub. `parameters` and `licence` as its model card gives them."""

    name: str
    parameters: str
    licence: str

    @property
    def family(self) -> families.Family:
        return families.of_name(self.name)


KNOWN = (
    Known(name="hf/google/paligemma2-3b-mix-224", parameters="3 B", licence="Gemma terms"),
    Known(name="hf/google/paligemma-3b-mix-224", parameters="3 B", licence="Gemma terms"),
    Known(name="hf/florence-community/Florence-2-base", parameters=".23 B", licence="MIT"),
    Known(name="hf/florence-community/Florence-2-large", parameters=".77 B", licence="MIT"),
    Known(name="hf/Qwen/Qwen2.5-VL-7B-Instruct", parameters="8 B", licence="Apache-2.0"),
    Known(name="hf/Qwen/Qwen3-VL-8B-Instruct", parameters="9 B", licence="Apache-2.0"),
    Known(name="hf/HuggingFaceM4/Idefics3-8B-Llama3", parameters="8 B", licence="Apache-2.0"),
    Known(name="hf/HuggingFaceTB/SmolVLM2-2.2B-Instruct", parameters="2.2 B", licence="Apache-2.0"),
    Known(name="hf/llava-hf/llava-1.5-7b-hf", parameters="7 B", licence="Llama 2 terms"),
    Known(name="hf/google/gemma-3-4b-it", parameters="4 B", licence="Gemma terms"),
    Known(name="hf/openai/clip-vit-large-patch14", parameters=".43 B", licence="MIT"),
    Known(name="hf/google/siglip2-base-patch16-224", parameters=".38 B", licence="Apache-2.0"),
)
"""One or two checkpoints a family, as a place to begin; any other of these families is used in the same way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Here:
    """What is on this machine of a model: its folder, the commit of the hub where it came from there, bytes."""

    folder: Path
    revision: str
    bytes: int


def here(name: ModelName) -> Here | None:
    """What is on this machine of an `hf/` model: a folder, or what the hub's cache holds whole. None where nothing."""
    folder = Path(name.name).expanduser()
    if not folder.is_dir():
        found = _cached(name)
        if found is None:
            return None
        folder = found
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
    revision = folder.name if folder.parent.name == "snapshots" else ""
    return Here(folder=folder, revision=revision, bytes=size)


def pull(name: ModelName) -> Path:
    """Fetch a model from the hub into its cache; the folder. UnavailableError where the hub does not give it."""
    if name.provider != "hf":
        raise UsageError(f"{name}: only hf/ORG/NAME is pulled; {name.provider} serves its models itself")
    if Path(name.name).is_dir():
        return Path(name.name)
    hub = _hub()
    try:
        return Path(hub.snapshot_download(name.name, revision=name.revision or None))
    except hub.errors.HFValidationError as error:
        raise UsageError(f"{name}: {' '.join(str(error).split())[:160]}") from None
    except (hub.errors.HfHubHTTPError, hub.errors.LocalEntryNotFoundError, OSError) as error:
        said = " ".join(str(error).split())[:200]
        raise UnavailableError(f"{name} cannot be pulled ({type(error).__name__}: {said})") from None


def details(name: ModelName) -> Mapping[str, str]:
    """What is known of a model, for a person to read: family, what it can do, licence, whether it is here."""
    known = next((each for each in KNOWN if each.name == str(name.base)), None)
    local = name.provider in ("hf", "vllm-offline")
    found = here(name) if local else None
    family = _family(name, found)
    rows = {
        "name": str(name),
        "family": family.title,
        "can": ", ".join(sorted(family.can)),
        "parameters": known.parameters if known else "",
        "licence": known.licence if known else "see its model card",
        "vLLM": ("yes, with adapters" if family.vllm_lora else "yes") if family.vllm else "no",
    }
    if local:
        pulled = ModelName(provider="hf", name=name.name, revision=name.revision)
        rows["here"] = (
            f"{found.folder} ({found.bytes / 1e9:.2f} GB)" if found else f"no: facereason models pull {pulled}"
        )
        rows["revision"] = found.revision if found else name.revision
    return {key: value for key, value in rows.items() if value}


def _family(name: ModelName, found: Here | None) -> families.Family:
    """By its configuration where it is here, else by its name."""
    config = found.folder / "config.json" if found else None
    if config is None or not config.is_file():
        return families.of_name(name.name)
    try:
        return families.of_config(json.loads(config.read_bytes()).get("model_type", ""))
    except (ValueError, AttributeError):
        raise UsageError(f"{name}: {config} is not the configuration of a model") from None


def _cached(name: ModelName) -> Path | None:
    try:
        hub = _hub()
    except UnavailableError:
        return None
    if name.name.startswith((".", "/", "~")) or name.name.count("/") != 1:
        return None
    found = hub.try_to_load_from_cache(name.name, "config.json", revision=name.revision or None)
    return Path(found).parent if isinstance(found, str) else None


def _hub() -> Any:
    try:
        import huggingface_hub
        import huggingface_hub.errors
    except ModuleNotFoundError:
        raise UnavailableError(
            'models of the hub need huggingface_hub: pip install torch && pip install "facereason[local]"'
        ) from None
    return huggingface_hub
