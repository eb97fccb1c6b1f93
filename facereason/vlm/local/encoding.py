"""Messages and pictures to a model's inputs: by its chat template, or as one text where it takes no turns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from facereason.images import printable
from facereason.vlm.errors import ContextError, ModelError
from facereason.vlm.messages import Message, Picture, Role

if TYPE_CHECKING:
    import torch

    from facereason.vlm.local.loading import Base

Inputs = dict[str, "torch.Tensor"]


def encode(base: Base, conversations: Sequence[Sequence[Message]]) -> Inputs:
    """Inputs of conversations with equally many pictures each, padded to the longest, on the model's device."""
    import torch

    pictures = [[part.pixels for message in each for part in message.pictures] for each in conversations]
    texts = [_text(base, each) for each in conversations]
    plain = not pictures[0] and base.family.flat is not None
    made = _text_only(base, texts) if plain else _process(base, texts, pictures)
    inputs = {key: value for key, value in made.items() if isinstance(value, torch.Tensor) and key != "labels"}
    return {key: _placed(base, value) for key, value in inputs.items()}


def check_length(base: Base, inputs: Inputs, max_tokens: int, name: str) -> None:
    """ContextError where question and reply are longer than the model's context."""
    most = getattr(base.config.get_text_config(), "max_position_embeddings", None)
    asked = int(inputs["input_ids"].shape[1])
    if most is None:
        return
    if max(asked, max_tokens) > most if base.two_part else asked + max_tokens > most:
        raise ContextError(
            f"{name}: {asked} tokens of question and {max_tokens} for the reply are more than its context of {most}: "
            "shorten the question, show fewer pictures, or ask with less max_tokens"
        )


def tokens(inputs: Mapping[str, Any]) -> list[int]:
    """How many tokens each question has, without padding."""
    return [int(count) for count in inputs["attention_mask"].sum(dim=1)]


def _text(base: Base, messages: Sequence[Message]) -> str:
    if base.family.flat is None:
        return _by_template(base, messages)
    text = base.family.flat(messages)
    count = sum(len(message.pictures) for message in messages)
    return text if base.two_part else "<image>" * count + text


def _by_template(base: Base, messages: Sequence[Message]) -> str:
    from jinja2 import TemplateError

    turns = [{"role": message.role.value, "content": [_part(part) for part in message.parts]} for message in messages]
    goes_on = messages[-1].role is not Role.ASSISTANT
    try:
        return str(base.processor.apply_chat_template(turns, add_generation_prompt=goes_on, tokenize=False))
    except TemplateError as error:
        raise ModelError(f"{base.name}: its chat template takes no such messages: {printable(str(error))}") from None
    except ValueError as error:
        first = str(error).splitlines()[0]
        raise ModelError(f"{base.name}: {printable(first)}; use a checkpoint that is trained to chat") from None


def _part(part: str | Picture) -> dict[str, str]:
    return {"type": "text", "text": part} if isinstance(part, str) else {"type": "image"}


def _process(base: Base, texts: list[str], pictures: list[list[Any]]) -> Mapping[str, Any]:
    begin = base.tokenizer.bos_token
    more: dict[str, Any] = {}
    if base.family.flat is None and begin and texts[0].startswith(begin):
        more["add_special_tokens"] = False  # the template wrote it: a second one would shift every token
    made: Mapping[str, Any] = base.processor(
        text=texts,
        images=([each[0] for each in pictures] if base.two_part else pictures) if pictures[0] else None,
        padding=True,
        padding_side="right" if base.two_part else "left",
        return_tensors="pt",
        **more,
    )
    return made


def _text_only(base: Base, texts: list[str]) -> Mapping[str, Any]:
    """What the processors of PaliGemma and Florence-2 would make of a text, which they refuse without a picture."""
    words = base.tokenizer
    end = words.eos_token if base.two_part else "\n"
    made = words(
        [f"{words.bos_token}{text}{end}" for text in texts],
        add_special_tokens=False,
        padding=True,
        padding_side="right" if base.two_part else "left",
        return_tensors="pt",
    )
    inputs = {key: made[key] for key in ("input_ids", "attention_mask")}
    if not base.two_part:
        inputs["token_type_ids"] = made["input_ids"].new_zeros(made["input_ids"].shape)
    return inputs


def _placed(base: Base, value: torch.Tensor) -> torch.Tensor:
    return value.to(base.device, base.dtype) if value.is_floating_point() else value.to(base.device)
