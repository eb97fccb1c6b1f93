"""What a recipe of fine-tuning says: the base, the data and what is asked of it, and how long it learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from facereason.types import UsageError

FRESH = "nano"
"""The base that is no checkpoint: a nano with random words, built around the reader's eye."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lora:
    """Low-rank adapters (Hu et al. 2021). `targets`: names of the layers, none for every linear one of the language
    model."""

    rank: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Data with what is asked of it. `data`: a data set and split as "ferplus:train", or a Parquet file of crops
    (`facereason train crops`) in the folder of the data. `ask`: task (`tasks.TASKS`) to how often each face is asked
    it: 2 is twice, .3 every third or so. `limit`: only the first faces. `words`: every way to ask, or the first alone,
    which is the prompt of the specialists of FaceScanPaliGemma. `without`: data, named likewise, whose pictures are
    left out, copies included."""

    data: str
    ask: Mapping[str, float]
    limit: int | None = None
    words: Literal["all", "first"] = "all"
    without: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.ask or min(self.ask.values()) < 0:
            raise UsageError("ask: name tasks, each with how often a face is asked it, 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """One run. `base`: "nano", a folder, or a checkpoint of a hub. `needs`: hardware and hours, for the reader of the
    recipe. `valid`: data on which the loss is measured at every checkpoint. `bits`: the base is quantised to so many
    (QLoRA, Dettmers et al. 2023), which needs an adapter. `steps` takes the place of `epochs`."""

    name: str
    base: str
    data: tuple[Part, ...]
    needs: str = ""
    valid: tuple[Part, ...] = ()
    adapter: Lora | None = None
    bits: Literal[4, 8] | None = None
    vision: Literal["frozen", "trained"] = "frozen"
    epochs: float = 1.0
    steps: int | None = None
    batch: int = 8
    accumulate: int = 1
    learning_rate: float = 1e-4
    schedule: Literal["cosine", "linear", "constant"] = "cosine"
    warmup: float = 0.03
    weight_decay: float = 0.0
    precision: Literal["float32", "bfloat16"] = "bfloat16"
    checkpointing: bool = False
    save_every: int = 500
    log_every: int = 10
    seed: int = 0
    model: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.bits is not None and self.adapter is None:
            raise UsageError("bits: a quantised base is trained by way of an adapter; add one")
        if self.model and self.base != FRESH:
            raise UsageError("model: sizes are given to a fresh nano only; a checkpoint has its own")
        for name in ("batch", "accumulate", "save_every", "log_every"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}: 1 or more")
