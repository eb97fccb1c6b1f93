"""A fresh nano: the reader's eye, LLaVA's projector, and a small Llama, in transformers' own classes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from facereason.faces import align
from facereason.train.nano import eye, words

if TYPE_CHECKING:
    from transformers import LlavaForConditionalGeneration, LlavaProcessor, PreTrainedTokenizerFast


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """Of the language model: width, layers, heads, width of the layers' inner part."""

    hidden: int = 256
    layers: int = 6
    heads: int = 4
    inner: int = 704


def build(
    tokenizer: PreTrainedTokenizerFast,
    size: Size = Size(),
    seed: int = 0,
) -> tuple[LlavaForConditionalGeneration, LlavaProcessor]:
    """The model, its language model with random weights, and its processor, which takes aligned crops of 112 pixels."""
    import transformers

    eye.register()
    torch.manual_seed(seed)
    text = {
        "model_type": "llama",
        "vocab_size": len(tokenizer),
        "hidden_size": size.hidden,
        "intermediate_size": size.inner,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "num_key_value_heads": size.heads,
        "max_position_embeddings": 512,
        "tie_word_embeddings": True,
    }
    ids: dict[str, Any] = {
        "bos_token_id": None,
        "eos_token_id": tokenizer.convert_tokens_to_ids(words.END),
        "pad_token_id": tokenizer.convert_tokens_to_ids(words.PAD),
    }
    config = transformers.LlavaConfig(  # type: ignore[call-arg]
        vision_config=eye.config(),
        text_config=text | ids,
        image_token_id=tokenizer.convert_tokens_to_ids(words.IMAGE),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        image_seq_length=eye.TOKENS,
        tie_word_embeddings=True,
    )
    model = transformers.LlavaForConditionalGeneration(config)
    model.model.vision_tower = eye.shipped()
    model.generation_config.update(**ids)  # type: ignore[no-untyped-call]
    return model, processor(tokenizer)


def processor(tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    """What makes tokens and pixels of a question: pictures scaled to 112 pixels and to [-1, 1]."""
    import transformers

    pictures = transformers.SiglipImageProcessorPil(
        size={"height": align.SIZE, "width": align.SIZE}, image_mean=[0.5] * 3, image_std=[0.5] * 3
    )
    return transformers.LlavaProcessor(  # type: ignore[no-untyped-call]
        pictures,
        tokenizer,
        patch_size=align.SIZE // eye.CELLS,
        vision_feature_select_strategy="full",
        image_token=words.IMAGE,
        chat_template=words.TEMPLATE,
        num_additional_image_tokens=eye.TOKENS - eye.CELLS * eye.CELLS,
    )
