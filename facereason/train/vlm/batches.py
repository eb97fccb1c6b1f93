"""Questions and answers to a batch, for every family alike: the loss falls on the answer alone.

The labels of a batch are its tokens where the answer stands, and -100 elsewhere: on the question, the picture's
placeholders and the padding. TRL's own collator takes the answer from a chat template that marks it, which few
checkpoints have; and it trains PaliGemma on targets it can see, since without `token_type_ids` that model reads all of
its text in both directions.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from PIL import Image

from facereason.types import Box, FaceReasonError
from facereason.vlm.families import FLORENCE2, PALIGEMMA

if TYPE_CHECKING:
    import torch

    from facereason.vlm.local.loading import Base

IGNORED = -100

Batch = dict[str, "torch.Tensor"]


class PictureError(FaceReasonError):
    """A picture of the data cannot be read."""


@dataclass(frozen=True, slots=True)
class Batches:
    """Makes a batch of rows with `image` (encoded), `question`, `answer`, `id`, `task`. PictureError names one whose
    picture cannot be decoded."""

    base: Base

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> Batch:
        pictures = [picture(row) for row in rows]
        told = [said(self.base, row, picture) for row, picture in zip(rows, pictures, strict=True)]
        questions, answers = [each[0] for each in told], [each[1] for each in told]
        if self.base.family is PALIGEMMA:
            return self._paligemma(pictures, questions, answers)
        if self.base.family is FLORENCE2:
            return self._florence(pictures, questions, answers)
        return self._chat(pictures, questions, answers)

    def _chat(self, pictures: list[Image.Image], questions: list[str], answers: list[str]) -> Batch:
        """By the checkpoint's chat template, with one turn of each."""
        processor, begun, whole = self.base.processor, [], []
        for question, answer in zip(questions, answers, strict=True):
            user = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
            said = {"role": "assistant", "content": [{"type": "text", "text": answer}]}
            begun.append(processor.apply_chat_template([user], add_generation_prompt=True, tokenize=False))
            whole.append(processor.apply_chat_template([user, said], tokenize=False).rstrip("\n"))
        for before, all_of_it in zip(begun, whole, strict=True):
            if not all_of_it.startswith(before):
                raise FaceReasonError(
                    f"{self.base.name}: its chat template changes the question once an answer follows; "
                    "train another checkpoint of this model"
                )
        more: dict[str, Any] = {}
        first = self.base.tokenizer.bos_token
        if first and whole[0].startswith(first):
            more["add_special_tokens"] = False  # the template wrote it
        made = processor(
            images=[[picture] for picture in pictures],
            text=whole,
            padding=True,
            padding_side="right",
            return_tensors="pt",
            **more,
        )
        batch = _tensors(made)
        labels = batch["input_ids"].new_full(batch["input_ids"].shape, IGNORED)
        words = self.base.tokenizer
        for i, (before, all_of_it) in enumerate(zip(begun, whole, strict=True)):
            count = len(words(all_of_it[len(before) :], add_special_tokens=False)["input_ids"])
            end = int(batch["attention_mask"][i].sum())
            labels[i, end - count : end] = batch["input_ids"][i, end - count : end]
        return batch | {"labels": labels}

    def _paligemma(self, pictures: list[Image.Image], questions: list[str], answers: list[str]) -> Batch:
        """Picture and question in both directions, the answer in one: `token_type_ids` tells which is which."""
        batch = _tensors(
            self.base.processor(
                images=pictures,
                text=[f"<image>{question}" for question in questions],
                suffix=answers,
                padding=True,
                padding_side="right",
                return_tensors="pt",
            )
        )
        batch["labels"] = batch["labels"].masked_fill(batch["attention_mask"] == 0, IGNORED)
        return batch

    def _florence(self, pictures: list[Image.Image], questions: list[str], answers: list[str]) -> Batch:
        """The encoder reads picture and question, the decoder learns the answer."""
        batch = _tensors(
            self.base.processor(
                images=pictures, text=questions, padding=True, padding_side="right", return_tensors="pt"
            )
        )
        words = self.base.tokenizer
        told = words(answers, padding=True, padding_side="right", return_tensors="pt")
        return batch | {"labels": told["input_ids"].masked_fill(told["attention_mask"] == 0, IGNORED)}


def said(base: Base, row: Mapping[str, Any], image: Image.Image) -> tuple[str, str]:
    """Question and answer of a row as the base's family has them: of the task `locate`, in its own words and grid.
    UnsupportedError where it is taught to none of the family."""
    if row.get("task") != "locate":
        return row["question"], row["answer"]
    left, top, right, bottom = json.loads(row["answer"])
    return base.family.located(row["question"], Box(left, top, right - left, bottom - top), *image.size)


def answers(base: Base, batch: Batch) -> list[str]:
    """What of a batch is learnt, as text: the tokens under the loss."""
    return [base.tokenizer.decode(row[row != IGNORED]) for row in batch["labels"]]


def _tensors(made: Mapping[str, Any]) -> Batch:
    import torch

    return {name: value for name, value in made.items() if isinstance(value, torch.Tensor)}


def picture(row: Mapping[str, Any]) -> Image.Image:
    """The picture of a row with `image` and `id`. PictureError where it cannot be decoded."""
    try:
        with Image.open(io.BytesIO(row["image"])) as image:
            return image.convert("RGB")
    except OSError as error:
        raise PictureError(
            f"{row['id']}: its image cannot be read ({error}); facereason data check finds such"
        ) from None
