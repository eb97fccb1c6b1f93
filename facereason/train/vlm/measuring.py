"""What a trained model says of faces it has not seen, held against their labels: figures before and after a stage."""

from __future__ import annotations

import io
import random
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

from facereason import scoring
from facereason.scoring import Reply
from facereason.train import crops, tasks
from facereason.train.crops import Crop
from facereason.train.tasks import Sample
from facereason.types import AgeGroup
from facereason.vlm import names
from facereason.vlm.local import loading

if TYPE_CHECKING:
    from facereason.vlm.local.loading import Base

BATCH = 64
_CODE = re.compile(r"\bAU(\d+)")
LONGEST = 96
"""Tokens of an answer, at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measure on one file of crops: `value` of `n`, with its 95 % interval where it is a share."""

    name: str
    on: str
    value: float
    n: int
    low: float | None = None
    high: float | None = None


def opened(folder: str | Path, device: str = "cpu") -> Base:
    """A model that was trained here, or any checkpoint."""
    from facereason.train.nano import eye

    eye.register()
    return loading.load(names.parse(f"hf/{folder}+device={device}+dtype=float32"))


def measure(base: Base, files: Sequence[Path], limit: int | None, step: Callable[[], None]) -> Iterator[Figure]:
    """Figures on files of crops (`crops.write`): what each has labels for. `limit`: only the first faces of each."""
    for path in files:
        faces = [crop for number, crop in enumerate(crops.read(path)) if limit is None or number < limit]
        yield from _emotion(base, faces, path.stem, step)
        for task in ("label", "gender", "age", "pose", "units", "unit"):
            yield from _plain(base, faces, task, path.stem, step)


def _emotion(base: Base, faces: Sequence[Crop], on: str, step: Callable[[], None]) -> Iterator[Figure]:
    """The think-and-answer format: the label, the units of the thought, and whether the two agree."""
    known = [crop for crop in faces if crop.label is not None or crop.dataset == "studio"]
    if not known:
        return
    ask = tasks.wordings()["emotion"][1]
    asked = [Sample(id=crop.id, task="emotion", image=crop.image, question=ask, answer="") for crop in known]
    replies: list[Reply | None] = [scoring.read_reply(text, ask) for text in said(base, asked, step)]
    yield _share("in form", on, [reply is not None for reply in replies])
    told = [reply for reply in replies if reply is not None]
    yield _share("thought and label agree", on, [scoring.consistency_reward(reply) == 1.0 for reply in told])
    labelled = [(crop, reply) for crop, reply in zip(known, replies, strict=True) if crop.label is not None]
    if labelled:
        yield _share("emotion right", on, [reply is not None and reply.label is crop.label for crop, reply in labelled])
        found = ["" if reply is None else reply.label.value for _, reply in labelled]
        labels = [str(crop.label) for crop, _ in labelled]
        yield _mean("emotion, macro F1", on, scoring.macro_f1(found, labels), len(labelled))
    seen = [(crop, reply) for crop, reply in zip(known, replies, strict=True) if crop.units is not None]
    units = [frozenset(crop.units or ()) for crop, _ in seen]
    said_of = [reply for _, reply in seen]
    yield _mean("action units of the thought, micro F1", on, scoring.micro_unit_f1(said_of, units), len(seen))
    yield _mean("action units of the thought, macro F1", on, scoring.macro_unit_f1(said_of, units), len(seen))
    borne = [scoring.support_reward(reply, crop.readings) for crop, reply in zip(known, replies, strict=True)]
    sure = [each for each in borne if each is not None]
    if sure:
        yield _mean("support by sure readings, from -1 to 1", on, sum(sure) / len(sure), len(sure))
    still = sum(not each for each in units)
    if still:
        wrong = scoring.false_units_per_neutral_face(said_of, units)
        yield _mean("false action units on a face without any", on, wrong, still)


def _plain(base: Base, faces: Sequence[Crop], task: str, on: str, step: Callable[[], None]) -> Iterator[Figure]:
    """A task whose answer is a word or a list."""
    asked = [each for crop in faces if (each := tasks.sample(task, crop, random.Random(crop.id))) is not None]
    if not asked:
        return
    answers = said(base, asked, step)
    pairs = [(answer.strip(), each.answer) for answer, each in zip(answers, asked, strict=True)]
    yield _share(f"{task} right", on, [answer == label for answer, label in pairs])
    if task == "units":
        yield _mean("action units listed, micro F1", on, _listed_f1(pairs), len(pairs))
    if task == "age":
        groups = {group.value: group for group in AgeGroup}
        near = [answer in groups and scoring.within_one(groups[answer], groups[label]) for answer, label in pairs]
        yield _share("age within one group", on, near)


def _listed_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Micro F1 of lists of units, as `tasks` writes them."""
    sets = [[frozenset(int(number) for number in _CODE.findall(text)) for text in pair] for pair in pairs]
    right = sum(len(found & there) for found, there in sets)
    return 2 * right / max(1, sum(len(found) + len(there) for found, there in sets))


def said(base: Base, asked: Sequence[Sample], step: Callable[[], None] = lambda: None) -> list[str]:
    """What the model answers, the most probable words, in the order of the questions."""
    import torch

    out: list[str] = []
    for batch in _batches(asked):
        texts = [_asked(base, each.question) for each in batch]
        pictures = [[Image.open(io.BytesIO(each.image)).convert("RGB")] for each in batch]
        inputs = base.processor(images=pictures, text=texts, padding=True, padding_side="left", return_tensors="pt")
        with torch.inference_mode():
            made = base.model.generate(**inputs.to(base.device), max_new_tokens=LONGEST, do_sample=False)
        new = made[:, inputs["input_ids"].shape[1] :]
        out += [_words(base, row.tolist()) for row in new]
        step()
    return out


def _asked(base: Base, question: str) -> str:
    turn = {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": question}]}
    return str(base.processor.apply_chat_template([turn], add_generation_prompt=True, tokenize=False))


def _words(base: Base, tokens: list[int]) -> str:
    """A reply up to its end; the tags of the format are no special tokens and stay."""
    ends = set(base.ends)
    kept: list[int] = []
    for token in tokens:
        if token in ends:
            break
        kept.append(token)
    return str(base.tokenizer.decode(kept, skip_special_tokens=True))


def _batches(asked: Sequence[Sample]) -> Iterator[Sequence[Sample]]:
    for start in range(0, len(asked), BATCH):
        yield asked[start : start + BATCH]


def _share(name: str, on: str, right: Iterable[bool]) -> Figure:
    values = list(right)
    low, high = scoring.wilson(sum(values), len(values))
    return Figure(name=name, on=on, value=scoring.accuracy(values), n=len(values), low=low, high=high)


def _mean(name: str, on: str, value: float, n: int) -> Figure:
    return Figure(name=name, on=on, value=value, n=n)
