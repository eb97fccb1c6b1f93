"""How a trained model is served and then named in facereason."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from facereason.train.vlm import bases, provenance
from facereason.train.vlm.merged import ADAPTER
from facereason.vlm import families

RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""Those that vLLM makes room for."""


def lines(folder: Path) -> Iterator[str]:
    """What to type to ask the model in a folder: to serve it with vLLM where vLLM knows it, and to ask it."""
    run = provenance.read(folder) if (folder / provenance.FILE).is_file() else None
    name = run.name if run is not None else folder.name
    adapter = _json(folder / ADAPTER)
    place = shlex.quote(str(folder))
    if adapter:
        yield from _adapter(name, place, adapter, run)
        return
    config = _json(folder / "config.json")
    if config.get("vision_config", {}).get("model_type") == _eye():
        yield "vLLM does not know nano's eye; it answers by itself, without torch:"
        yield f"  facereason train ship {place} --out {name}"
        yield f"  facereason ask PHOTO QUESTION --model nano/{name}"
    elif not families.of_config(config.get("model_type", "")).vllm:
        yield f"vLLM does not serve {families.of_config(config['model_type']).title}:"
        yield f"  facereason ask PHOTO QUESTION --model hf/{place}"
    else:
        yield f"vllm serve {place} --served-model-name {name}"
        yield f"  facereason ask PHOTO QUESTION --model vllm/{name}"


def _adapter(name: str, place: str, adapter: dict[str, Any], run: provenance.Run | None) -> Iterator[str]:
    base = str(adapter.get("base_model_name_or_path") or "BASE")
    named = [each for each in families.FAMILIES if run is not None and each.title == run.family]
    family = named[0] if named else families.of_name(base)
    targets = adapter.get("target_modules") or []
    eyes = [each for each in targets if any(tower in each.split(".") for tower in bases.TOWERS)]
    if not family.vllm or not family.vllm_lora:
        yield f"vLLM does not serve {family.title} with an adapter:"
    elif eyes:
        yield "vLLM adapts the language half only, and this adapter is on the eye too:"
        yield f"  facereason train merge {place} --out {name}"
    else:
        rank = next((each for each in RANKS if each >= int(adapter.get("r", 16))), RANKS[-1])
        yield (f"vllm serve {shlex.quote(base)} --enable-lora --max-lora-rank {rank} --lora-modules {name}={place}")
        yield f"  facereason ask PHOTO QUESTION --model vllm/{base}+adapter={name}"
        return
    yield f"  facereason ask PHOTO QUESTION --model hf/{base}+adapter={place}"


def _eye() -> str:
    from facereason.train.nano import eye

    return eye.MODEL_TYPE


def _json(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}
