"""`nano`: the small model that ships, and `nano/FOLDER`, one that was trained here and made ready to ship."""

from __future__ import annotations

import functools
import hashlib
import json
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from facereason import resources
from facereason.vlm import families
from facereason.vlm.errors import ContextError, UnavailableError
from facereason.vlm.messages import Choice, Finish, Message, Picture, Reply, Request, Role, Usage
from facereason.vlm.model import Capability, Identity, Model, choice
from facereason.vlm.names import ModelName
from facereason.vlm.nano import weights
from facereason.vlm.nano.eye import SIDE, Eye
from facereason.vlm.nano.language import Language, Reading
from facereason.vlm.nano.tokens import Tokens
from facereason.vlm.nano.weights import Array

FOLDER = "nano"
FILES = ("model.safetensors", "eye.onnx", "tokenizer.json", "config.json")


class NanoModel(Model):
    """Answers in the most probable words. It looks at one aligned crop of a face (`Family.aligned`)."""

    family = families.NANO

    def __init__(self, name: ModelName | None = None, threads: int = 0) -> None:
        self._named = name or ModelName(provider="nano", name="")
        self.name = str(self._named)
        self._threads = threads

    @property
    def can(self) -> frozenset[Capability]:
        return self.family.can

    @functools.cached_property
    def identity(self) -> Identity:
        """`revision`: the first digits of the weights' hash."""
        path = self._folder / FILES[0]
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Identity(name=self.name, family=self.family.name, revision=digest[:12])

    @functools.cached_property
    def _folder(self) -> Path:
        if not self._named.name:
            for each in FILES:
                resources.verify(f"{FOLDER}/{each}")
            return resources.weights(f"{FOLDER}/{FILES[0]}").parent
        folder = Path(self._named.name).expanduser()
        missing = [each for each in FILES if not (folder / each).is_file()]
        if missing:
            raise UnavailableError(
                f"{self.name}: no {missing[0]} in this folder; facereason train ship makes it of a trained nano"
            )
        return folder

    @functools.cached_property
    def _parts(self) -> tuple[Language, Tokens, Eye]:
        folder = self._folder
        try:
            config: Mapping[str, Any] = json.loads((folder / "config.json").read_text(encoding="utf-8"))["text_config"]
            tensors = weights.opened(folder / "model.safetensors")
            return (
                Language(tensors, config),
                Tokens(folder / "tokenizer.json"),
                Eye(folder / "eye.onnx", tensors, self._threads),
            )
        except (ValueError, KeyError, RuntimeError) as error:
            first = str(error).splitlines()[0]
            raise UnavailableError(f"{self.name}: cannot be loaded ({first}); install facereason again") from None

    def see(self, picture: Picture) -> Array:
        """What the language model is shown of a picture of one face, `(30, width)`, for who studies the encoder."""
        return self._parts[2].see(_crop(picture))

    def close(self) -> None:
        self.__dict__.pop("_parts", None)

    def _generate(self, request: Request) -> Reply:
        pieces = list(self._stream(request))
        reply = pieces[-1]
        assert isinstance(reply, Reply)
        return reply

    def _stream(self, request: Request) -> Iterator[str | Reply]:
        language, tokens, _ = self._parts
        started = time.perf_counter()
        inputs = self._inputs(request.messages)
        if len(inputs) + request.max_tokens > self._longest:
            raise ContextError(
                f"{self.name}: {len(inputs)} tokens of question and {request.max_tokens} for the reply are more than "
                f"its {self._longest}: ask a shorter question"
            )
        end = tokens.number("<|im_end|>")
        reading = language.reading()
        logits, first = reading.read(inputs), time.perf_counter() - started
        kept: list[int] = []
        told, ended = "", False
        for _ in range(request.max_tokens):
            token = int(logits.argmax())
            if token == end:
                ended = True
                break
            kept.append(token)
            text = tokens.text(kept)
            if not text.endswith("\ufffd"):  # a letter whose bytes are not all there
                yield text[len(told) :]
                told = text
            logits = reading.read(language.embed[token : token + 1])
        whole = tokens.text(kept)
        if whole != told:
            yield whole[len(told) :]
        used = Usage(
            input_tokens=len(inputs),
            output_tokens=len(kept),
            seconds=time.perf_counter() - started,
            first_token=first,
        )
        yield Reply(text=whole, finish=Finish.STOP if ended else Finish.LENGTH, usage=used)

    def _choose(self, messages: tuple[Message, ...], answers: tuple[str, ...]) -> Choice:
        language, tokens, _ = self._parts
        inputs, end = self._inputs(messages), tokens.number("<|im_end|>")
        begun = language.reading()
        logits = begun.read(inputs)
        return choice({answer: _logprob(begun.copy(), logits, [*tokens.of(answer), end]) for answer in answers})

    @property
    def _longest(self) -> int:
        return 512

    def _inputs(self, messages: tuple[Message, ...]) -> Array:
        """Embeddings of the last question and its picture, as nano was trained on them."""
        language, tokens, eye = self._parts
        asked = next(message for message in reversed(messages) if message.role is Role.USER)
        words = asked.text.strip().replace("<image>", "").replace("<|im_end|>", "").replace("<|im_start|>", "")
        begin = "<|im_start|>user\n"
        after = tokens.of(f"{words}<|im_end|>\n<|im_start|>assistant\n")
        parts = [language.embed[tokens.of(begin)]]
        parts += [eye.see(_crop(picture)) for picture in asked.pictures]
        parts.append(language.embed[after])
        return np.concatenate(parts)


def _crop(picture: Picture) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """The picture in the size of an aligned crop."""
    from PIL import Image

    if picture.pixels.shape[:2] == (SIDE, SIDE):
        return np.ascontiguousarray(picture.pixels)
    return np.asarray(Image.fromarray(picture.pixels).resize((SIDE, SIDE), Image.Resampling.BILINEAR))


def _logprob(reading: Reading, logits: Array, answer: list[int]) -> float:
    """Of the whole answer, its end included."""
    total = 0.0
    for token in answer:
        highest = float(logits.max())
        total += float(logits[token]) - highest - float(np.log(np.exp(logits - highest).sum()))
        logits = reading.read(reading.language.embed[token : token + 1])
    return total
