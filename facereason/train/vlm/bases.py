"""The model that a recipe begins with: a checkpoint of any family, or a fresh nano."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from facereason import resources
from facereason.train.vlm.recipe import FRESH, SHIPPED, Recipe, Run
from facereason.types import UsageError
from facereason.vlm import families, names
from facereason.vlm.local import loading
from facereason.vlm.local.loading import Base

if TYPE_CHECKING:
    from transformers import PreTrainedModel


def base(recipe: Run, device: str, texts: Iterable[str], kept: Path | None = None) -> Base:
    """The base of a recipe, ready to be trained: in its precision, its tower frozen where the recipe says so.

    `texts`: what a fresh nano's tokenizer is learnt from; `kept`: the folder where it is then, and is found again,
    because learning it anew may number its tokens otherwise. UsageError for a base that is no vision-language model;
    UnavailableError and ModelError as `loading.load`.
    """
    from facereason.train.nano import eye

    eye.register()
    if isinstance(recipe, Recipe) and recipe.base == FRESH:
        return _fresh(recipe, device, texts, kept)
    place = str(resources.weights("nano/config.json").parent) if recipe.base == SHIPPED else recipe.base
    said = place if place.startswith("hf/") else f"hf/{place}"
    bits = f"+bits={recipe.bits}" if recipe.bits else ""
    if names.parse(said).adapter[0] or (Path(recipe.base) / "adapter_config.json").is_file():
        raise UsageError(f"base: {recipe.base} is an adapter: merge it first (facereason train merge), and train that")
    dtype = "bfloat16" if recipe.precision == "bfloat16" and device != "cpu" else "float32"
    found = loading.load(names.parse(f"{said}+device={device}+dtype={dtype}{bits}"))
    if found.family in (families.CLIP, families.SIGLIP):
        raise UsageError(f"base: {recipe.base} compares pictures and words, and says nothing: it cannot be trained so")
    _freeze(found.model, recipe)
    return found


def _fresh(recipe: Recipe, device: str, texts: Iterable[str], kept: Path | None) -> Base:
    import torch

    from facereason.train.nano import build, words

    known = build.Size.__dataclass_fields__
    unknown = [name for name in recipe.model if name not in known]
    if unknown:
        raise UsageError(f"model: unknown key {unknown[0]}; known are {', '.join(known)}")
    if kept is not None and (kept / "tokenizer.json").is_file():
        tokenizer = words.opened(kept)
    else:
        tokenizer = words.learnt(texts)
        if kept is not None:
            tokenizer.save_pretrained(str(kept))
    model, processor = build.build(tokenizer, build.Size(**recipe.model), recipe.seed)
    made = Base(
        name=FRESH,
        family=families.LLAVA,
        config=model.config,
        model=model.to(torch.device(device)),  # type: ignore[arg-type]
        processor=processor,
        device=torch.device(device),
        dtype=torch.float32,
    )
    _freeze(model, recipe)
    return made


def _freeze(model: PreTrainedModel, recipe: Run) -> None:
    """The vision tower's weights stay as they are where the recipe says so; nano's eye always does."""
    from facereason.train.nano import eye

    tower = vision_tower(model)
    frozen = recipe.vision == "frozen" or getattr(getattr(tower, "config", None), "model_type", "") == eye.MODEL_TYPE
    if tower is not None:
        tower.requires_grad_(not frozen)


def take_over(base: Base, checkpoint: Path) -> None:
    """Give the base the weights of a checkpoint of all weights.

    transformers' trainer loads them by the names in the file, which for LLaVA and others are not those of the modules,
    and passes over what it does not find; `from_pretrained` knows both.
    """
    import torch

    saved = type(base.model).from_pretrained(str(checkpoint), dtype=base.dtype)
    with torch.no_grad():
        base.model.load_state_dict(saved.state_dict())


TOWERS = ("vision_tower", "visual", "vision_model")


def vision_tower(model: PreTrainedModel) -> PreTrainedModel | None:
    """What reads the pictures, under the names that the families give it."""
    inner = getattr(model, "model", model)
    return next((getattr(inner, name) for name in TOWERS if hasattr(inner, name)), None)
