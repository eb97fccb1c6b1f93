"""Processors without their video half, which needs torchvision and num2words: only pictures are sent here."""

from __future__ import annotations

from typing import Any

_STOCK = {
    "qwen2_vl": "Qwen2VLProcessor",
    "qwen2_5_vl": "Qwen2_5_VLProcessor",
    "qwen3_vl": "Qwen3VLProcessor",
    "qwen3_vl_moe": "Qwen3VLProcessor",
    "smolvlm": "SmolVLMProcessor",
    "llava_onevision": "LlavaOnevisionProcessor",
}


def processor_class(model_type: str) -> Any | None:
    """The processor class for pictures only of this type of model; None where its stock processor is fine."""
    import transformers

    stock = _STOCK.get(model_type)
    if stock is None:
        return None
    base = getattr(transformers, stock)
    made = {"get_attributes": classmethod(lambda cls: ["image_processor", "tokenizer"]), "__module__": base.__module__}
    if model_type == "smolvlm":
        made |= {"__init__": _smolvlm, "apply_chat_template": transformers.ProcessorMixin.apply_chat_template}
    # the stock name, since it is what is written where the processor is saved
    return type(stock, (base,), made)


def _smolvlm(
    self: Any, image_processor: Any, tokenizer: Any, image_seq_len: int = 169, chat_template: str | None = None
) -> None:
    """What `SmolVLMProcessor.__init__` does for pictures; it refuses to start without num2words."""
    from transformers import ProcessorMixin

    self.fake_image_token = getattr(tokenizer, "fake_image_token", "<fake_token_around_image>")
    self.image_token = getattr(tokenizer, "image_token", "<image>")
    self.image_token_id = tokenizer.convert_tokens_to_ids(self.image_token)
    self.end_of_utterance_token = getattr(tokenizer, "end_of_utterance_token", "<end_of_utterance>")
    self.global_image_token = getattr(tokenizer, "global_image_token", "<global-img>")
    self.image_seq_len = image_seq_len
    self.video_token = getattr(tokenizer, "video_token", "<video>")
    start: Any = ProcessorMixin.__init__
    start(self, image_processor, tokenizer, chat_template=chat_template)
