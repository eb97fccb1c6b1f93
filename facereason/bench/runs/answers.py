"""Answers that were made elsewhere, by a program in an environment of its own, as a respondent.

A file `answers/NAME.jsonl`, or any path behind `answers/`: a head that tells who answered, then an answer a line.

{"name": "fer", "revision": "25.10.3", "license": "MIT", "learnt": ["ferplus"], "note": "..."}
{"image": "5cf791f7b2376bbc", "question": "emotion", "reply": "happiness", "confidence": 0.98}

`image` is the SHA-256 of the picture's file, its first 16 digits or all; `id` in its place is a question's. `question`
is one of `asking.PLAIN`, or the question in plain words. What the file does not have is answered with "cannot tell".
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from facereason.bench.runs.respondents import ABSTAINS, Said
from facereason.bench.tasks.asking import PLAIN
from facereason.bench.tasks.task import Question
from facereason.records import build
from facereason.types import FaceReasonError, UsageError
from facereason.vlm.errors import ModelError

PREFIX = "answers/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`learnt`: what of our data the program was trained on; `note`: how it was asked."""

    name: str
    revision: str
    license: str
    note: str = ""
    learnt: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One answer."""

    question: str
    reply: str
    image: str = ""
    id: str = ""
    confidence: float | None = None


class AnswersRespondent:
    """Gives the answers of a file. UsageError where it is not there, FaceReasonError where a line is no answer."""

    def __init__(self, model: str) -> None:
        path = _path(model)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path}: no file of answers can be read there ({error})") from None
        self._hash = hashlib.sha256(text.encode()).hexdigest()
        self._name = path.name
        lines = _lines(path, text)
        self.head = build(Head, next(lines, {}), f"{path}, line 1")
        self._given: dict[tuple[str, str], Given] = {}
        for number, row in enumerate(lines, 2):
            given = build(Given, row, f"{path}, line {number}")
            if bool(given.image) == bool(given.id):
                raise FaceReasonError(f"{path}, line {number}: wants either image or id")
            key = (PLAIN.get(given.question, given.question), given.image[:16] or given.id)
            if self._given.setdefault(key, given) is not given:
                raise FaceReasonError(f"{path}, line {number}: {key[1]} has an answer to {given.question!r} already")
        self._answered = {question for question, _ in self._given}

    @property
    def provenance(self) -> Mapping[str, Any]:
        told = {"name": self.head.name, "family": "answers", "revision": self.head.revision}
        told |= {"license": self.head.license, "note": self.head.note, "answers": self._hash[:12]}
        return {key: value for key, value in told.items() if value}

    @property
    def learnt(self) -> tuple[str, ...]:
        return self.head.learnt

    async def ask(self, question: Question) -> Said:
        asks = question.plain or question.text
        if asks not in self._answered:
            raise ModelError(f"{self._name}: has no answer to {asks[:60]!r}, of any picture")
        prompt = hashlib.sha256(asks.encode()).hexdigest()[:16]
        keys = [question.id, *(question.images if len(question.pictures) == 1 else ())]
        given = next((self._given[asks, key] for key in keys if (asks, key) in self._given), None)
        if given is None:
            return replace(ABSTAINS, prompt=prompt)
        return Said(text=given.reply, prompt=prompt, confidence=given.confidence)

    def close(self) -> None:
        """Nothing to give back."""


def _path(model: str) -> Path:
    """The file as it is named, or what stands behind the prefix."""
    behind = Path(model.removeprefix(PREFIX))
    return behind if behind.is_file() else Path(model)


def _lines(path: Path, text: str) -> Iterator[Any]:
    for number, line in enumerate(text.splitlines(), 1):
        try:
            yield json.loads(line)
        except ValueError as error:
            raise FaceReasonError(f"{path}, line {number}: not JSON ({error})") from None
