"""Families of models: how each is prompted, what it can do, and how it writes places.

`of_name` tells the family by the name of a checkpoint, `of_config` by the `model_type` of its configuration. What is
known of none of them is a chat model (`CHAT`): it takes turns with pictures, as API models do, and locates nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from facereason.types import UsageError
from facereason.vlm.families import formats
from facereason.vlm.families.family import Family, Grounding, Place
from facereason.vlm.messages import Message, Role
from facereason.vlm.model import Capability as Can

__all__ = ["CHAT", "FAMILIES", "Family", "Place", "of_config", "of_name"]

_WRITES = frozenset(
    {Can.TEXT, Can.IMAGES, Can.SCHEMA, Can.STOP, Can.TEMPERATURE, Can.SEED, Can.SAMPLES, Can.STREAM, Can.CHOICES}
)
_TALKS = _WRITES | {Can.SYSTEM, Can.HISTORY, Can.SEVERAL_IMAGES}


def smart_resize(width: int, height: int, factor: int, least: int, most: int) -> tuple[int, int]:
    """Width and height at which Qwen-VL looks at a picture: multiples of `factor`, the area between `least` and `most`
    pixels, the sides in proportion (the rule of its published image processor)."""
    if max(width, height) > 200 * min(width, height):
        raise UsageError(f"a picture of {width} x {height} is too narrow for Qwen-VL: crop it below 200 to 1")
    across, down = (round(side / factor) * factor for side in (width, height))
    if across * down > most:
        scale = math.sqrt(width * height / most)
        across, down = (max(factor, math.floor(side / scale / factor) * factor) for side in (width, height))
    elif across * down < least:
        scale = math.sqrt(least / (width * height))
        across, down = (math.ceil(side * scale / factor) * factor for side in (width, height))
    return across, down


def _one_text(messages: Sequence[Message]) -> str:
    """What a model without turns is given: the last thing that the user said."""
    return next(message.text for message in reversed(messages) if message.role is Role.USER)


def _steps(count: float) -> tuple[float, float]:
    return count, count


def _qwen_asks(phrase: str) -> str:
    return (
        f'Locate every instance of this description: "{phrase}". Reply with JSON only: a list of '
        '{"bbox_2d": [x1, y1, x2, y2], "label": "..."}, or [] where there is none.'
    )


PALIGEMMA = Family(
    name="paligemma",
    title="PaliGemma",
    model_types=("paligemma",),
    names=("paligemma",),
    can=_WRITES | {Can.LOCATE},
    grounding=Grounding(
        ask=lambda phrase: f"detect {phrase}",
        read=formats.paligemma,
        grid=lambda width, height: _steps(1024),
        write=formats.as_paligemma,
    ),
    flat=_one_text,
    tasks={"caption": "caption en", "chat": "answer en {question}", "emotion": "answer en {question}"},
)
FLORENCE2 = Family(
    name="florence2",
    title="Florence-2",
    model_types=("florence2",),
    names=("florence-2",),
    can=(_WRITES - {Can.SCHEMA}) | {Can.LOCATE},
    vllm=False,
    vllm_lora=False,
    grounding=Grounding(
        ask=lambda phrase: f"<CAPTION_TO_PHRASE_GROUNDING>{phrase}",
        read=formats.florence,
        grid=lambda width, height: _steps(1000),
        write=formats.as_florence,
    ),
    flat=_one_text,
    tasks={"caption": "<MORE_DETAILED_CAPTION>"},
    only_tasks=True,
)
QWEN2_5_VL = Family(
    name="qwen2_5_vl",
    title="Qwen2.5-VL",
    model_types=("qwen2_5_vl",),
    names=("qwen2.5-vl", "qwen2_5_vl", "qwen2_5-vl"),
    can=_TALKS | {Can.LOCATE},
    grounding=Grounding(
        ask=_qwen_asks,
        read=formats.qwen,
        grid=lambda width, height: smart_resize(width, height, 28, 56 * 56, 28 * 28 * 16384),
        write=formats.as_qwen,
    ),
)
QWEN2_VL = Family(
    name="qwen2_vl",
    title="Qwen2-VL",
    model_types=("qwen2_vl",),
    names=("qwen2-vl",),
    can=_TALKS | {Can.LOCATE},
    grounding=Grounding(
        ask=lambda phrase: f"Detect the bounding box of {phrase}.",
        read=formats.qwen,
        grid=lambda width, height: _steps(1000),
        write=formats.as_qwen2,
    ),
)
QWEN3_VL = Family(
    name="qwen3_vl",
    title="Qwen3-VL",
    model_types=("qwen3_vl", "qwen3_vl_moe"),
    names=("qwen3-vl", "qwen3_vl"),
    can=_TALKS | {Can.LOCATE},
    grounding=Grounding(
        ask=_qwen_asks, read=formats.qwen, grid=lambda width, height: _steps(1000), write=formats.as_qwen
    ),
)
IDEFICS3 = Family(
    name="idefics3",
    title="Idefics3",
    model_types=("idefics3",),
    names=("idefics3",),
    can=_TALKS,
)
SMOLVLM = Family(name="smolvlm", title="SmolVLM", model_types=("smolvlm",), names=("smolvlm",), can=_TALKS)
LLAVA = Family(
    name="llava",
    title="LLaVA-1.5",
    model_types=("llava",),
    names=("llava-1.5", "llava-v1.5"),
    can=_TALKS | {Can.LOCATE},
    grounding=Grounding(
        ask=lambda phrase: (
            f"Please provide the bounding box coordinate of the region this sentence describes: {phrase}."
        ),
        read=formats.llava,
        grid=lambda width, height: _steps(1),
        square=(122, 116, 104),
    ),
)
LLAVA_NEXT = Family(
    name="llava_next",
    title="LLaVA-NeXT, LLaVA-OneVision",
    model_types=("llava_next", "llava_onevision"),
    names=("llava",),
    can=_TALKS,
)
GEMMA3 = Family(name="gemma3", title="Gemma 3", model_types=("gemma3",), names=("gemma-3", "gemma3"), can=_TALKS)
CLIP = Family(
    name="clip",
    title="CLIP",
    model_types=("clip",),
    names=("clip-vit", "openai/clip"),
    can=frozenset({Can.SIMILARITY}),
    vllm=False,
    vllm_lora=False,
)
SIGLIP = Family(
    name="siglip",
    title="SigLIP",
    model_types=("siglip", "siglip2"),
    names=("siglip",),
    can=frozenset({Can.SIMILARITY}),
    vllm=False,
    vllm_lora=False,
)
NANO = Family(
    name="nano",
    title="nano",
    model_types=(),
    names=(),
    can=frozenset({Can.TEXT, Can.IMAGES, Can.STREAM, Can.CHOICES}),
    vllm=False,
    vllm_lora=False,
    flat=_one_text,
    tasks={
        "emotion": "Which emotion does this face show, and why?",
        "caption": "Describe this face.",
        "chat": "Describe this face.",
        "au": "Which action units are active?",
    },
    aligned=True,
)
CHAT = Family(name="chat", title="chat model", model_types=(), names=(), can=_TALKS)

FAMILIES = (
    PALIGEMMA, FLORENCE2, QWEN2_5_VL, QWEN2_VL, QWEN3_VL, IDEFICS3, SMOLVLM, LLAVA, LLAVA_NEXT, GEMMA3,
    CLIP, SIGLIP, NANO, CHAT,
)  # fmt: skip


def of_name(name: str) -> Family:
    """The family of a checkpoint by its name, `CHAT` where it tells none."""
    said = name.lower()
    return next((family for family in FAMILIES if any(part in said for part in family.names)), CHAT)


def of_config(model_type: str) -> Family:
    """The family of a configuration's `model_type`; UsageError, naming those known, where it is of none."""
    for family in FAMILIES:
        if model_type in family.model_types:
            return family
    known = ", ".join(sorted(each for family in FAMILIES for each in family.model_types))
    raise UsageError(f"models of type {model_type or '(none)'} are of no family known here; known are {known}")
