"""What a recipe of fine-tuning says: the base, the data and what is asked of it, and how long it learns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from facereason.scoring import Truth, every_reward
from facereason.types import UsageError

FRESH = "fresh"
"""The base that is no checkpoint: a nano with random words, built around the reader's eye."""
SHIPPED = "nano"
"""The nano that ships."""


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
class Run:
    """What every recipe says. `base`: "fresh", "nano", a folder, or a checkpoint of a hub. `needs`: hardware and hours,
    for the reader of the recipe. `bits`: the base is quantised to so many (QLoRA, Dettmers et al. 2023), which needs an
    adapter. `steps` takes the place of `epochs`."""

    name: str
    base: str
    data: tuple[Part, ...]
    needs: str = ""
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

    def __post_init__(self) -> None:
        if self.bits is not None and self.adapter is None:
            raise UsageError("bits: a quantised base is trained by way of an adapter; add one")
        for name in ("batch", "accumulate", "save_every", "log_every"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}: 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe(Run):
    """Supervised fine-tuning. `valid`: data on which the loss is measured at every checkpoint; `model`: sizes of a
    fresh nano."""

    valid: tuple[Part, ...] = ()
    model: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        Run.__post_init__(self)
        if self.model and self.base != FRESH:
            raise UsageError("model: sizes are given to a fresh nano only; a checkpoint has its own")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """When a run of rewards has collapsed: one of these held in `window` logs, one after the other. `form`: replies in
    form fell below this share of the best there was; `entropy`: of a token, in nats, below this; `same`: this share of
    faces or more got replies that all earn the same; `cut`: this share of replies or more did not end."""

    window: int = 5
    form: float = 0.5
    entropy: float = 0.003
    same: float = 0.98
    cut: float = 0.5

    def __post_init__(self) -> None:
        if self.window < 1:
            raise UsageError("stop.window: 1 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class RewardRecipe(Run):
    """Learning from rewards by GRPO (Shao et al. 2024). A step asks `batch` faces, each `replies` times; `rewards`:
    weight of each of `scoring.every_reward`. `longest`: tokens of a reply; `beta`: weight of the distance to the base;
    `loss`: TRL's name of the loss; `generate`: who writes the replies, vLLM only where there is a GPU; `samples`:
    replies that are kept for looking at, every `log_every` steps."""

    rewards: Mapping[str, float]
    replies: int = 8
    temperature: float = 1.0
    longest: int = 128
    beta: float = 0.0
    loss: Literal["grpo", "dr_grpo", "dapo", "bnpo"] = "dapo"
    generate: Literal["transformers", "vllm"] = "transformers"
    samples: int = 8
    stop: Stop = Stop()

    def __post_init__(self) -> None:
        Run.__post_init__(self)
        if self.base == FRESH:
            raise UsageError("base: a fresh nano has nothing to say yet: train it with facereason train sft first")
        if self.replies < 2:
            raise UsageError("replies: 2 or more, since each is judged by the others")
        if self.temperature <= 0:
            raise UsageError("temperature: more than 0, or all replies are the same")
        if self.batch * self.replies % self.accumulate:
            raise UsageError(f"accumulate: must divide batch times replies, {self.batch * self.replies}")
        if any(set(part.ask) != {"emotion"} for part in self.data):
            raise UsageError("ask: rewards are for the task emotion alone")
        known = every_reward("", Truth())
        for name, weight in self.rewards.items():
            if name not in known or weight < 0:
                raise UsageError(f"rewards: {name}: {weight}: known are {', '.join(known)}, each with 0 or more")
        if not any(self.rewards.values()):
            raise UsageError("rewards: none has a weight")
