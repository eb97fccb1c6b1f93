"""Tiny random models of every family, with processor and tokenizer, saved in a folder as a checkpoint is."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

SIDE, PATCH, WIDTH = 96, 16, 64
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}{{ m['content'] }}{% else %}"
    "{% for c in m['content'] %}{% if c['type'] == 'image' %}IMAGE{% else %}{{ c['text'] }}{% endif %}{% endfor %}"
    "{% endif %}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
ROWS = [f"<row_{row}_col_{column}>" for row in range(1, 4) for column in range(1, 4)]
QWEN = ["<|vision_start|>", "<|vision_end|>", "<|image_pad|>", "<|video_pad|>"]
GEMMA = ["<image_soft_token>", "<start_of_image>", "<end_of_image>"]


def build(family: str, folder: Path) -> Path:
    """A seeded tiny model of `family`, one of `BUILDERS`, saved in `folder`, which is returned."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        model, processor, tokenizer = BUILDERS[family]()
        _make_it_speak(model, tokenizer)
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    if family.startswith("paligemma"):
        _name_as_the_hub_does(folder / "model.safetensors")
    if family in VIDEO:
        settings = json.dumps({"video_processor_type": VIDEO[family]})
        (folder / "video_preprocessor_config.json").write_text(settings)
    return folder


def _name_as_the_hub_does(file: Path) -> None:
    """PaliGemma's checkpoints have a level of names that transformers leaves out today, and vLLM knows them only."""
    from safetensors.torch import load_file, save_file

    level = ("vision_tower.", "vision_tower.vision_model.")
    weights = {name.replace(*level): each for name, each in load_file(file).items()}
    save_file(weights, file, metadata={"format": "pt"})


def _make_it_speak(model: Any, tokenizer: Any) -> None:
    """Weights so large that pictures and words move the most probable token, and special tokens seldom it."""
    import torch

    for name, parameter in model.named_parameters():
        if parameter.ndim > 1 and "norm" not in name:
            torch.nn.init.normal_(parameter, std=0.15)
    if head := model.get_output_embeddings() if hasattr(model, "get_output_embeddings") else None:
        special = [number for number in tokenizer.added_tokens_decoder if number < head.weight.shape[0]]
        with torch.no_grad():
            head.weight[special] *= 0.01
            if "gemma" in model.config.get_text_config().model_type:  # multiplies what it reads and would but repeat it
                head.weight /= WIDTH**0.5
    if getattr(model, "generation_config", None):
        for key, number in _ids(tokenizer).items():
            setattr(model.generation_config, key, number)


def _corpus() -> Iterator[str]:
    chance = random.Random(0)
    moods = ["happiness", "sadness", "anger", "fear", "surprise", "disgust", "neutral", "contempt"]
    for _ in range(400):
        mood, other = chance.sample(moods, 2)
        yield f'What is the emotion of this face? {{"emotion": "{mood}", "age": {chance.randint(1, 90)}}}'
        yield f"The brows are raised and the lip corners pulled up (AU{chance.randint(1, 26)}): {mood}, not {other}."


def _tokenizer(special: Sequence[str] = (), bos: str = "<bos>", eos: str = "<eos>", **more: Any) -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    words = Tokenizer(models.BPE())
    words.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    words.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=600,
        special_tokens=list(dict.fromkeys(["<pad>", eos, bos, *special])),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    words.train_from_iterator(_corpus(), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=words, bos_token=bos, eos_token=eos, pad_token="<pad>", **more)


def _ids(tokenizer: Any) -> dict[str, int]:
    return {f"{each}_token_id": getattr(tokenizer, f"{each}_token_id") for each in ("pad", "bos", "eos")}


def _text(tokenizer: Any, size: int | None = None, **more: Any) -> dict[str, Any]:
    return {
        "hidden_size": WIDTH,
        "intermediate_size": 2 * WIDTH,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "num_key_value_heads": 1,
        "head_dim": 32,
        "vocab_size": size or len(tokenizer),
        "max_position_embeddings": 1024,
        **_ids(tokenizer),
        **more,
    }


def _eye(**more: Any) -> dict[str, Any]:
    sizes = {"hidden_size": WIDTH, "intermediate_size": 2 * WIDTH, "num_hidden_layers": 2, "num_attention_heads": 2}
    return {**sizes, "image_size": SIDE, "patch_size": PATCH, **more}


def _paligemma(text_type: str) -> tuple[Any, Any, Any]:
    import transformers as t

    tokenizer = _tokenizer(["<image>", "\n"])  # vLLM looks for the new line as one token
    pictures = t.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    pictures.image_seq_length = (SIDE // PATCH) ** 2
    processor = t.PaliGemmaProcessor(image_processor=pictures, tokenizer=tokenizer)  # adds tokens for places
    config = t.PaliGemmaConfig(
        vision_config=_eye(model_type="siglip_vision_model", projection_dim=WIDTH, vision_use_head=False),
        text_config=_text(tokenizer, model_type=text_type),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        projection_dim=WIDTH,
        hidden_size=WIDTH,
        **_ids(tokenizer),
    )
    return t.PaliGemmaForConditionalGeneration(config), processor, tokenizer


def _florence2() -> tuple[Any, Any, Any]:
    import transformers as t

    tokenizer = _tokenizer(["<image>"], bos="<s>", eos="</s>", extra_special_tokens={"image_token": "<image>"})
    pictures = t.CLIPImageProcessorPil(size={"height": SIDE, "width": SIDE}, do_center_crop=False)
    pictures.image_seq_length = (SIDE // 32) ** 2 + 1
    processor = t.Florence2Processor(pictures, tokenizer)
    config = t.Florence2Config(
        vision_config={
            "embed_dim": [32, 32, 64, 64],
            "num_heads": [2, 2, 2, 2],
            "num_groups": [2, 2, 2, 2],
            "depths": [1, 1, 1, 1],
            "projection_dim": WIDTH,
            "window_size": 6,
            "max_temporal_embeddings": 8,
            "max_position_embeddings": 16,
        },
        text_config={
            "model_type": "bart",
            "d_model": WIDTH,
            **{f"{side}_{what}": number for side in ("encoder", "decoder")
               for what, number in (("layers", 2), ("attention_heads", 2), ("ffn_dim", 2 * WIDTH))},
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 1024,
            "decoder_start_token_id": tokenizer.eos_token_id,
            **_ids(tokenizer),
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        tie_word_embeddings=True,
        **_ids(tokenizer),
    )  # fmt: skip
    return t.Florence2ForConditionalGeneration(config), processor, tokenizer


def _qwen(version: str) -> tuple[Any, Any, Any]:
    import transformers as t

    from facereason.vlm.local.imageonly import processor_class

    tokenizer = _tokenizer(["<|im_start|>", "<|im_end|>", *QWEN], eos="<|im_end|>")
    newer, older = version == "qwen3_vl", version == "qwen2_vl"
    pictures = t.Qwen2VLImageProcessorPil(
        min_pixels=56 * 56, max_pixels=112 * 112, patch_size=16 if newer else 14, merge_size=2
    )
    template = CHAT.replace("IMAGE", "<|vision_start|><|image_pad|><|vision_end|>")
    stock = processor_class(version)
    assert stock is not None
    processor = stock(pictures, tokenizer, chat_template=template)
    eye: dict[str, Any] = {"depth": 2, "hidden_size": WIDTH, "intermediate_size": 128, "num_heads": 2,
                           "out_hidden_size": WIDTH, "spatial_merge_size": 2, "temporal_patch_size": 2}  # fmt: skip
    rope: dict[str, Any] = {"rope_type": "default", "mrope_section": [4, 6, 6], "rope_theta": 1e6}
    if newer:
        eye |= {"patch_size": 16, "num_position_embeddings": 64, "deepstack_visual_indexes": [0]}
        rope |= {"mrope_interleaved": True}
    elif older:
        eye = {"depth": 2, "embed_dim": WIDTH, "hidden_size": WIDTH, "num_heads": 2, "mlp_ratio": 2, "patch_size": 14,
               "spatial_merge_size": 2, "temporal_patch_size": 2}  # fmt: skip
    else:
        eye |= {"patch_size": 14, "window_size": 56, "fullatt_block_indexes": [1]}
    kind = "Qwen3VL" if newer else "Qwen2VL" if older else "Qwen2_5_VL"
    config = getattr(t, f"{kind}Config")(
        vision_config=eye,
        text_config=_text(tokenizer, rope_parameters=rope, tie_word_embeddings=True),
        **{f"{name}_token_id": tokenizer.convert_tokens_to_ids(token) for name, token in zip(
            ("vision_start", "vision_end", "image", "video"), QWEN, strict=True)},
        tie_word_embeddings=True,
    )  # fmt: skip
    return getattr(t, f"{kind}ForConditionalGeneration")(config), processor, tokenizer


def _idefics(version: str) -> tuple[Any, Any, Any]:
    import transformers as t

    from facereason.vlm.local.imageonly import processor_class

    special = ["<image>", "<fake_token_around_image>", "<|im_end|>", "<global-img>", *ROWS]
    tokenizer = _tokenizer(special, bos="<|im_start|>", eos="<|im_end|>")
    small = version == "smolvlm"
    pictures = (t.SmolVLMImageProcessorPil if small else t.Idefics3ImageProcessorPil)(
        do_image_splitting=False, size={"longest_edge": SIDE}, max_image_size={"longest_edge": SIDE}
    )
    stock = processor_class(version) or t.Idefics3Processor
    processor = stock(
        pictures, tokenizer, image_seq_len=(SIDE // PATCH // 2) ** 2, chat_template=CHAT.replace("IMAGE", "<image>")
    )
    config = (t.SmolVLMConfig if small else t.Idefics3Config)(
        vision_config=_eye(),
        # vLLM looks here whether embeddings are tied, transformers below
        text_config=_text(tokenizer, model_type="llama", tie_word_embeddings=True),
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        pad_token_id=tokenizer.pad_token_id,
        tie_word_embeddings=True,
    )
    return (
        (t.SmolVLMForConditionalGeneration if small else t.Idefics3ForConditionalGeneration)(config),
        processor,
        tokenizer,
    )


def _llava() -> tuple[Any, Any, Any]:
    import transformers as t

    tokenizer = _tokenizer(["<image>", "<|im_start|>", "<|im_end|>"], eos="<|im_end|>")
    processor = t.LlavaProcessor(
        t.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE}),
        tokenizer,
        patch_size=PATCH,
        vision_feature_select_strategy="full",
        image_token="<image>",
        chat_template=CHAT.replace("IMAGE", "<image>"),
        num_additional_image_tokens=0,
    )
    config = t.LlavaConfig(
        vision_config=_eye(model_type="siglip_vision_model", vision_use_head=False),
        text_config=_text(tokenizer, model_type="llama", tie_word_embeddings=True),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        image_seq_length=(SIDE // PATCH) ** 2,
        tie_word_embeddings=True,
    )
    return t.LlavaForConditionalGeneration(config), processor, tokenizer


def _llava_tiles(version: str) -> tuple[Any, Any, Any]:
    """LLaVA-NeXT and LLaVA-OneVision, which look at a picture whole and in tiles."""
    import transformers as t

    from facereason.vlm.local.imageonly import processor_class

    next_, tiles = version == "llava_next", [[SIDE, 2 * SIDE], [2 * SIDE, SIDE]]
    tokenizer = _tokenizer(["<image>", "<video>", "<|im_start|>", "<|im_end|>"], eos="<|im_end|>")
    size: dict[str, Any] = {"size": {"shortest_edge": SIDE} if next_ else {"height": SIDE, "width": SIDE}}
    size |= {"crop_size": {"height": SIDE, "width": SIDE}} if next_ else {}
    pictures = (t.LlavaNextImageProcessorPil if next_ else t.LlavaOnevisionImageProcessorPil)(
        image_grid_pinpoints=tiles, **size
    )
    per_tile = {"patch_size": PATCH} if next_ else {"num_image_tokens": (SIDE // PATCH) ** 2}
    processor = (processor_class(version) or t.LlavaNextProcessor)(
        pictures,
        tokenizer,
        vision_feature_select_strategy="full",
        chat_template=CHAT.replace("IMAGE", "<image>"),
        **per_tile,
    )
    tokens = {"video_token_index": tokenizer.convert_tokens_to_ids("<video>")} if not next_ else {}
    config = (t.LlavaNextConfig if next_ else t.LlavaOnevisionConfig)(
        vision_config=_eye(model_type="siglip_vision_model", vision_use_head=False),
        text_config=_text(tokenizer, model_type="llama" if next_ else "qwen2"),
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        image_grid_pinpoints=tiles,
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
        **tokens,
    )
    model = (t.LlavaNextForConditionalGeneration if next_ else t.LlavaOnevisionForConditionalGeneration)(config)
    return model, processor, tokenizer


def _gemma3() -> tuple[Any, Any, Any]:
    import transformers as t

    tokens = dict(zip(("image_token", "boi_token", "eoi_token"), GEMMA, strict=True))
    tokenizer = _tokenizer([*GEMMA, "<|im_start|>", "<|im_end|>"], extra_special_tokens=tokens)
    template = "{{ bos_token }}" + CHAT.replace("IMAGE", "<start_of_image>")
    pictures = t.Gemma3ImageProcessorPil(size={"height": SIDE, "width": SIDE})
    processor = t.Gemma3Processor(pictures, tokenizer, chat_template=template, image_seq_length=9)
    config = t.Gemma3Config(
        vision_config=_eye(vision_use_head=False),
        text_config=_text(tokenizer, sliding_window=512),
        mm_tokens_per_image=9,
        boi_token_index=tokenizer.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=tokenizer.convert_tokens_to_ids("<end_of_image>"),
        image_token_index=tokenizer.convert_tokens_to_ids("<image_soft_token>"),
        **_ids(tokenizer),
    )
    return t.Gemma3ForConditionalGeneration(config), processor, tokenizer


def _clip() -> tuple[Any, Any, Any]:
    import transformers as t

    tokenizer = _tokenizer()
    tokenizer.model_max_length = 32
    pictures = t.CLIPImageProcessorPil(size={"shortest_edge": SIDE}, crop_size={"height": SIDE, "width": SIDE})
    text = _two_towers_text(tokenizer)
    config = t.CLIPConfig(text_config=text, vision_config=_eye(), projection_dim=WIDTH)
    return t.CLIPModel(config), t.CLIPProcessor(pictures, tokenizer), tokenizer


def _siglip() -> tuple[Any, Any, Any]:
    import transformers as t

    tokenizer = _tokenizer()
    tokenizer.model_max_length = 32
    pictures = t.SiglipImageProcessorPil(size={"height": SIDE, "width": SIDE})
    config = t.SiglipConfig(text_config=_two_towers_text(tokenizer), vision_config=_eye())
    return t.SiglipModel(config), t.SiglipProcessor(pictures, tokenizer), tokenizer


def _siglip2() -> tuple[Any, Any, Any]:
    import transformers as t

    tokenizer = _tokenizer(["<unk>"])
    tokenizer.model_max_length = 32
    pictures = t.Siglip2ImageProcessorPil(patch_size=PATCH, max_num_patches=36)
    eye = {key: value for key, value in _eye().items() if key != "image_size"}
    config = t.Siglip2Config(text_config=_two_towers_text(tokenizer), vision_config={**eye, "num_patches": 36})
    return t.Siglip2Model(config), t.Siglip2Processor(pictures, tokenizer), tokenizer


def _two_towers_text(tokenizer: Any) -> dict[str, Any]:
    text = _text(tokenizer, max_position_embeddings=32)
    return {key: value for key, value in text.items() if key not in ("num_key_value_heads", "head_dim")}


BUILDERS: dict[str, Callable[[], tuple[Any, Any, Any]]] = {
    "paligemma": lambda: _paligemma("gemma"),
    "paligemma2": lambda: _paligemma("gemma2"),
    "florence2": _florence2,
    "qwen2_vl": lambda: _qwen("qwen2_vl"),
    "qwen2_5_vl": lambda: _qwen("qwen2_5_vl"),
    "qwen3_vl": lambda: _qwen("qwen3_vl"),
    "idefics3": lambda: _idefics("idefics3"),
    "smolvlm": lambda: _idefics("smolvlm"),
    "llava": _llava,
    "llava_next": lambda: _llava_tiles("llava_next"),
    "llava_onevision": lambda: _llava_tiles("llava_onevision"),
    "gemma3": _gemma3,
    "clip": _clip,
    "siglip": _siglip,
    "siglip2": _siglip2,
}
VIDEO = {
    "qwen2_vl": "Qwen2VLVideoProcessor",
    "qwen2_5_vl": "Qwen2VLVideoProcessor",
    "qwen3_vl": "Qwen3VLVideoProcessor",
    "smolvlm": "SmolVLMVideoProcessor",
    "llava_onevision": "LlavaOnevisionVideoProcessor",
}
"""Video halves that checkpoints have beside; their classes need torchvision."""
