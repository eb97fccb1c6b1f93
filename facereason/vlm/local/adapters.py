"""LoRA adapters on a shared base: loaded once, switched for each call."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from facereason.images import printable
from facereason.vlm import families
from facereason.vlm.errors import ModelError, UnavailableError
from facereason.vlm.local.loading import Base
from facereason.vlm.names import ModelName


def attach(base: Base, name: ModelName) -> str:
    """Load the adapter of `name` onto `base`, unless it is there; its key, empty where the name has none.

    UnavailableError where it is not here, ModelError where it is for another base.
    """
    path, revision = name.adapter
    if not path:
        return ""
    wanted = f"{path}@{revision}"
    with base.lock:
        if wanted not in base.adapters:
            key = f"adapter{len(base.adapters)}"
            _load(base, name, key)
            base.adapters[wanted] = key
        return base.adapters[wanted]


@contextmanager
def active(base: Base, key: str) -> Iterator[None]:
    """While inside, `base` computes with this adapter only, with none where `key` is empty; others wait."""
    with base.lock:
        if base.peft is None:
            yield
        elif key:
            base.peft.set_adapter(key)
            yield
        else:
            with base.peft.disable_adapter():
                yield


def _load(base: Base, name: ModelName, key: str) -> None:
    if importlib.util.find_spec("peft") is None:
        raise UnavailableError('adapters need peft: pip install "facereason[local]"')
    import peft

    path, revision = name.adapter
    source = str(Path(path).expanduser()) if Path(path).expanduser().is_dir() else path
    config = _config(base, name, source, revision)
    first = base.peft is None
    try:
        holder = peft.PeftModel(base.model, config, adapter_name=key) if first else base.peft
    except ValueError as error:
        raise _another(name, str(error)) from None
    try:
        result = holder.load_adapter(source, key, revision=revision or None, torch_device=str(base.device))
        strange = [*result.unexpected_keys, *(each for each in result.missing_keys if key in each)]
        if strange:
            raise ValueError(f"{len(strange)} of its weights have no place in it, such as {strange[0]}")
    except (ValueError, RuntimeError, KeyError) as error:
        _take_off(holder, key, alone=first)
        raise _another(name, str(error)) from None
    base.peft = holder
    base.model.eval()


def _take_off(holder: Any, key: str, *, alone: bool) -> None:
    if alone:
        holder.unload()
    elif key in holder.peft_config:
        holder.delete_adapter(key)


def _config(base: Base, name: ModelName, source: str, revision: str) -> Any:
    import peft

    path = name.adapter[0]
    try:
        config = peft.PeftConfig.from_pretrained(source, revision=revision or None, local_files_only=True)
    except (OSError, ValueError) as error:
        if Path(source).is_dir():
            first = str(error).splitlines()[0]
            raise ModelError(f"{name}: {printable(path)} holds no adapter: {printable(first)}") from None
        raise UnavailableError(
            f"{name}: the adapter {printable(path)} is not here: give its folder, or pull it: "
            f"facereason models pull hf/{printable(path)}"
        ) from None
    if str(getattr(config.peft_type, "value", config.peft_type)) != "LORA":
        raise ModelError(f"{name}: only LoRA adapters can be used, this one is {config.peft_type}")
    trained_on = config.base_model_name_or_path or ""
    family = _family(trained_on)
    if family is not families.CHAT and family is not base.family:
        raise _another(name, f"it was trained on {trained_on}, which is {family.title}, not {base.family.title}")
    config.inference_mode = True
    return config


def _family(trained_on: str) -> families.Family:
    """The family of what an adapter was trained on, by its configuration where it is here; CHAT where unknown."""
    file = Path(trained_on) / "config.json"
    if not trained_on or not file.is_file():
        return families.of_name(trained_on)
    kind = json.loads(file.read_text(encoding="utf-8")).get("model_type", "")
    return next((family for family in families.FAMILIES if kind in family.model_types), families.CHAT)


def _another(name: ModelName, why: str) -> ModelError:
    first = next((line for line in why.strip().splitlines() if line.strip()), "it does not fit")
    return ModelError(f"{name}: this adapter is for another base: {printable(first)}")
