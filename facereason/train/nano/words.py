"""Nano's tokenizer: byte-level BPE learnt from what nano is taught to say, with the codes of action units and the tags
of the think-and-answer format as tokens of their own."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from facereason import facs

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

IMAGE, START, END, PAD = "<image>", "<|im_start|>", "<|im_end|>", "<pad>"
TAGS = ("<think>", "</think>", "<answer>", "</answer>")
SIZE = 1536
TEMPLATE = (
    "{%- for message in messages -%}"
    "{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{%- if message['role'] == 'assistant' -%}{%- generation -%}"
    "{%- if message['content'] is string -%}{{ message['content'] }}"
    "{%- else -%}{%- for part in message['content'] -%}{{ part['text'] }}{%- endfor -%}{%- endif -%}"
    "{{ '<|im_end|>' }}{%- endgeneration -%}{{ '\n' }}"
    "{%- else -%}"
    "{%- if message['content'] is string -%}{{ message['content'] }}"
    "{%- else -%}{%- for part in message['content'] -%}"
    "{%- if part['type'] == 'image' -%}{{ '<image>' }}{%- else -%}{{ part['text'] }}{%- endif -%}"
    "{%- endfor -%}{%- endif -%}{{ '<|im_end|>\n' }}"
    "{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<|im_start|>assistant\n' }}{%- endif -%}"
)
"""ChatML; what the assistant says is marked, so that a trainer can keep the loss to it."""


def learnt(texts: Iterable[str]) -> PreTrainedTokenizerFast:
    """A tokenizer of at most `SIZE` tokens that knows every byte, learnt from these texts."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    bare = Tokenizer(models.BPE())
    bare.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bare.decoder = decoders.ByteLevel()
    special = [PAD, IMAGE, START, END]
    trainer = trainers.BpeTrainer(
        vocab_size=SIZE,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    bare.train_from_iterator(texts, trainer)
    bare.add_tokens([*TAGS, *(facs.code(number) for number in facs.UNITS)])
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=bare,
        pad_token=PAD,
        eos_token=END,
        additional_special_tokens=[IMAGE, START],
        padding_side="left",
        model_max_length=512,
        chat_template=TEMPLATE,
    )


def opened(folder: Path) -> PreTrainedTokenizerFast:
    """A tokenizer that was kept in this folder."""
    from transformers import PreTrainedTokenizerFast

    found: PreTrainedTokenizerFast = PreTrainedTokenizerFast.from_pretrained(str(folder))
    return found
