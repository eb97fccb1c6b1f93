"""Questions made from records: what is common to tasks."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from facereason import data, images, prompts
from facereason.bench.tasks.task import Question, Source
from facereason.data import BadRow, Record
from facereason.images import Pixels
from facereason.types import Box, EmotionLabel

EMOTIONS = tuple(label.value for label in EmotionLabel)

PLAIN = {
    "emotion": "what is the emotion of the person in the image?",
    "gender": "what is the gender of the person in the image?",
    "age": "what is the age group of the person in the image?",
    "race": "what is the race of the person in the image?",
    "think": "How does this person feel? Think about what the face shows first.",
    "rotation": "How is this photo rotated? Answer with 0, 90, 180 or 270 degrees.",
    "head_pose": "How is the head turned? Answer with yaw=N pitch=N roll=N in degrees.",
    "facing": "Which way does the body face? Answer with facing=N in degrees.",
}
"""FaceScanPaliGemma's prompts, and for think and rotation those that nano was trained with."""

CAPTIONS = {
    "emotion": "a photo of a person whose face shows {}",
    "gender": "a photo of a {} person",
    "age": "a photo of a person aged {}",
    "race": "a photo of a {} person",
}
"""What contrastive models are given for each option; no wording was tuned."""

Made = Callable[[Record], Question | None]


def records(name: str, split: str, source: Source, keep: Callable[[Record], bool]) -> Iterator[Record | BadRow]:
    """Records of a split that `keep` takes, and rows that are none; of the former at most the limit."""
    kept = 0
    for found in data.scan(name, split, source.folder):
        if isinstance(found, BadRow):
            yield found
        elif keep(found):
            if source.limit is not None and kept >= source.limit:
                return
            kept += 1
            yield found


def asked(
    name: str, split: str, keep: Callable[[Record], bool], make: Callable[[Record], Sequence[Question]]
) -> Callable[[Source], Iterator[Question | BadRow]]:
    """The questions of a task: `make` of each record that `keep` takes."""

    def questions(source: Source) -> Iterator[Question | BadRow]:
        for found in records(name, split, source, keep):
            yield from ((found,) if isinstance(found, BadRow) else make(found))

    return questions


def single_emotion(record: Record) -> bool:
    return record.labels is not None and len(record.labels) == 1


def emotion_truth(record: Record, options: Sequence[str] = EMOTIONS) -> dict[str, Any]:
    truth: dict[str, Any] = {"answer": str(record.labels[0].value) if record.labels else "", "options": list(options)}
    if record.votes:
        truth["votes"] = {label.value: count for label, count in record.votes.items() if count}
    return truth


def groups(record: Record) -> dict[str, str]:
    """What is known of the person: perceived gender, age group and, for audits, race as labelled."""
    known = {"gender": record.gender, "age": record.age_group, "race": record.race}
    return {by: value.value for by, value in known.items() if value is not None}


def photo_of(record: Record) -> str:
    return record.photo or record.id


def captions(what: str, options: Sequence[str]) -> tuple[str, ...]:
    """A caption for each option."""
    return tuple(CAPTIONS[what].format(option) for option in options)


def filled(template: str, question: str, options: Sequence[str]) -> tuple[str, str]:
    """Text and system message of a template that takes a question and its options."""
    return _filled(template, question, tuple(options))


@functools.lru_cache(maxsize=1024)
def _filled(template: str, question: str, options: tuple[str, ...]) -> tuple[str, str]:
    """Kept, as most questions of a task are worded alike and filling one costs a millisecond."""
    told = prompts.load(template).fill(question=question, options=list(options))
    return told.text, told.system


def within(pixels: Pixels, side: int) -> Pixels:
    """A picture scaled down so that its longer side is no more than `side`."""
    scale = side / max(pixels.shape[:2])
    height, width = pixels.shape[:2]
    return images.resize(pixels, max(1, round(width * scale)), max(1, round(height * scale))) if scale < 1 else pixels


def cut(pixels: Pixels, box: Box, margin: float) -> tuple[Pixels, Box]:
    """The part of a picture around a box, widened on each side by a share of its size as far as the picture goes, and
    where the box lies in it. ValueError where the box lies outside."""
    height, width = pixels.shape[:2]
    left, top = (max(0, round(at - margin * size)) for at, size in ((box.x, box.width), (box.y, box.height)))
    right, bottom = round(box.right + margin * box.width), round(box.bottom + margin * box.height)
    part = np.ascontiguousarray(pixels[top : max(bottom, 0), left : max(right, 0)])
    if not part.size:
        told = ", ".join(f"{each:.0f}" for each in (box.x, box.y, box.width, box.height))
        raise ValueError(f"the box {told} (x, y, width, height) lies outside the picture of {width} x {height}")
    return part, Box(box.x - left, box.y - top, box.width, box.height)
