"""From a name to a loaded base model with its processor; models whose bases are equal share one."""

from __future__ import annotations

import importlib.util
import threading
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason.images import printable
from facereason.vlm import families
from facereason.vlm.errors import ModelError, UnavailableError
from facereason.vlm.families import Family
from facereason.vlm.local.imageonly import processor_class
from facereason.vlm.model import Capability
from facereason.vlm.names import ModelName

if TYPE_CHECKING:
    import torch

MISSING = 'local models need torch and transformers: pip install torch && pip install "facereason[local]"'


@dataclass(eq=False)
class Base:
    """A loaded model. `lock`: held while it computes, since the active adapter is a state of the weights; `adapters`:
    those loaded onto it, `peft` what holds them."""

    name: str
    family: Family
    config: Any
    model: Any
    processor: Any
    device: torch.device
    dtype: torch.dtype
    lock: threading.RLock = field(default_factory=threading.RLock)
    peft: Any = None
    adapters: dict[str, str] = field(default_factory=dict)

    @property
    def tokenizer(self) -> Any:
        return self.processor.tokenizer

    @property
    def two_part(self) -> bool:
        """An encoder reads the question and a decoder writes the reply, as in Florence-2."""
        return bool(getattr(self.config, "is_encoder_decoder", False))

    @property
    def ends(self) -> list[int]:
        """The tokens that end a reply."""
        ends = self.model.generation_config.eos_token_id
        ends = self.tokenizer.eos_token_id if ends is None else ends
        return list(ends) if isinstance(ends, (list, tuple)) else [ends]

    def describe(self) -> str:
        """Where and how it computes: `cpu, float32`."""
        return f"{self.device}, {str(self.dtype).removeprefix('torch.')}"


_SHARED: weakref.WeakValueDictionary[str, Base] = weakref.WeakValueDictionary()
_LOADING = threading.Lock()


def shared(name: ModelName) -> Base:
    """The base of this name, loaded unless it is in use already. Raises UnavailableError and ModelError."""
    base = name.base
    key = f"{base.name}@{base.revision}+{sorted(base.options.items())}"
    with _LOADING:
        found = _SHARED.get(key)
        if found is None:
            found = _SHARED[key] = load(base)
        return found


def configuration(name: ModelName) -> Any:
    """The configuration of a model, without its weights."""
    _needed()
    from transformers import AutoConfig

    with _told(name):
        return AutoConfig.from_pretrained(_source(name), **_here(name))


def load(name: ModelName) -> Base:
    """A base model of its own, ready to answer."""
    config = configuration(name)
    family = families.of_config(config.model_type)
    device, dtype = _placed(name)
    more = _quantised(name, device)
    with _told(name), out_of_memory_told(str(name)), _no_bars():
        processor = _processor(name, config.model_type)
        model = _model_class(family).from_pretrained(_source(name), **_here(name), dtype=dtype, **more)
        model = model.eval() if more else model.to(device).eval()
    base = Base(str(name), family, config, model, processor, device, dtype)
    _check_sees(base)
    return base


@contextmanager
def out_of_memory_told(name: str) -> Iterator[None]:
    """One line in place of CUDA's page, where memory has run out."""
    import torch

    try:
        yield
    except torch.cuda.OutOfMemoryError:
        raise ModelError(
            f"{name}: the GPU's memory has run out: ask with fewer or smaller pictures, or load it with +bits=4"
        ) from None


def _needed() -> None:
    if any(importlib.util.find_spec(package) is None for package in ("torch", "transformers")):
        raise UnavailableError(MISSING)


def _here(name: ModelName) -> dict[str, Any]:
    """Only what is on this machine is loaded: gigabytes are fetched by `facereason models pull`, not by a question."""
    return {"revision": name.revision or None, "local_files_only": True}


@contextmanager
def _no_bars() -> Iterator[None]:
    """Without transformers' progress bars, which would stand between a question and its answer."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]


def _source(name: ModelName) -> str:
    folder = Path(name.name).expanduser()
    if folder.is_dir():
        return str(folder)
    if folder.is_absolute() or name.name.startswith((".", "~")) or name.name.count("/") > 1:
        raise UnavailableError(f"{name.base}: there is no folder {printable(name.name)}")
    return name.name


@contextmanager
def _told(name: ModelName) -> Iterator[None]:
    """Errors of reading a checkpoint, in one line."""
    try:
        yield
    except OSError as error:
        if Path(name.name).expanduser().is_dir():
            raise UnavailableError(f"{name.base}: cannot be loaded: {printable(str(error).splitlines()[0])}") from None
        raise UnavailableError(f"hf/{name.name} is not here: facereason models pull hf/{name.name}") from None
    except (ValueError, KeyError, ImportError, RuntimeError) as error:
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise ModelError(f"{name.base}: cannot be loaded: {printable(first)}") from None


def _model_class(family: Family) -> Any:
    import transformers

    compares = Capability.SIMILARITY in family.can
    return transformers.AutoModel if compares else transformers.AutoModelForImageTextToText


def _processor(name: ModelName, model_type: str) -> Any:
    from transformers import AutoProcessor

    source = processor_class(model_type) or AutoProcessor
    return source.from_pretrained(_source(name), **_here(name))


def _placed(name: ModelName) -> tuple[torch.device, torch.dtype]:
    """Device and number format: what is asked for, else the fastest that is here."""
    import torch

    asked = name.options.get("device", "")
    here = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    try:
        device = torch.device(asked or here)
    except RuntimeError:
        raise UnavailableError(f"{name}: no device {printable(asked)}; it is cpu, cuda, cuda:1 or mps") from None
    count = torch.cuda.device_count() if device.type == "cuda" else 1
    works = {"cpu": True, "cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not works.get(device.type) or (device.index or 0) >= count:
        raise UnavailableError(f"{name}: device {printable(asked)} is not on this machine; +device=cpu is")
    half = device.type == "cuda" and not torch.cuda.is_bf16_supported()
    usual = {"cpu": torch.float32, "mps": torch.float16}.get(device.type, torch.float16 if half else torch.bfloat16)
    return device, getattr(torch, name.options.get("dtype", ""), usual)


def _quantised(name: ModelName, device: torch.device) -> dict[str, Any]:
    bits = name.options.get("bits")
    if bits is None:
        return {}
    if importlib.util.find_spec("bitsandbytes") is None:
        raise UnavailableError(f"{name}: +bits={bits} needs bitsandbytes: pip install bitsandbytes")
    from transformers import BitsAndBytesConfig

    how = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
        load_in_4bit=bits == "4", load_in_8bit=bits == "8"
    )
    return {"quantization_config": how, "device_map": {"": device}}


def _check_sees(base: Base) -> None:
    """ModelError where the processor drops pictures, as a bare tokenizer does that was loaded in its stead."""
    import numpy as np

    from facereason.vlm.local import encoding
    from facereason.vlm.messages import Message, Picture

    if not hasattr(base.processor, "image_processor"):
        raise ModelError(f"{base.name}: its processor takes no pictures: preprocessor_config.json is missing")
    picture = Picture(np.full((64, 64, 3), 128, np.uint8))
    if Capability.SIMILARITY in base.family.can:
        inputs = base.processor(images=[picture.pixels], text=["a"], return_tensors="pt")
    else:
        inputs = encoding.encode(base, [(Message.user(picture, "?"),)])
    if "pixel_values" not in inputs:
        raise ModelError(f"{base.name}: its processor drops pictures silently, so the model would answer blind")
