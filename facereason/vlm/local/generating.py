"""Replies: whole, several at once, and in pieces as they come."""

from __future__ import annotations

import dataclasses
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING, Any

from facereason.vlm.api.structured import checked, validator
from facereason.vlm.errors import EmptyReplyError, ModelError
from facereason.vlm.local import encoding
from facereason.vlm.local.constrained import Constraint
from facereason.vlm.local.loading import Base, out_of_memory_told
from facereason.vlm.messages import Finish, Reply, Request, Usage

if TYPE_CHECKING:
    import torch

Using = Callable[[], AbstractContextManager[None]]
"""What makes the model's adapter the active one, holding the base's lock meanwhile."""


def generate(base: Base, name: str, requests: Sequence[Request], using: Using) -> list[Reply | ModelError]:
    """A reply to each of `requests`, which have equal settings and equally many pictures, computed together. One that
    says nothing, or not what the schema asks for, is an error in its place."""
    request = requests[0]
    rule = validator(request.schema, "local")
    inputs = _inputs(base, name, requests)
    settings = _settings(base, request)
    began = time.perf_counter()
    with using(), out_of_memory_told(name), _random(base, request):
        made = base.model.generate(**inputs, **settings)
    seconds = time.perf_counter() - began
    written = _written(base, inputs, made)
    replies: list[Reply | ModelError] = []
    for number, asked in enumerate(encoding.tokens(inputs)):
        rows = written[number * request.samples : (number + 1) * request.samples]
        each = [_reply(base, request, row) for row in rows]
        used = Usage(input_tokens=asked, output_tokens=sum(_length(base, row) for row in rows), seconds=seconds)
        reply = dataclasses.replace(each[0], usage=used, others=tuple(each[1:]))
        try:
            replies.append(_checked(name, requests[number], reply, rule))
        except ModelError as error:
            replies.append(error)
    return replies


def stream(base: Base, name: str, request: Request, using: Using) -> Iterator[str | Reply]:
    """Pieces of the reply, and last the whole one. Closing it ends the computation at the next token."""
    from transformers import TextIteratorStreamer

    rule = validator(request.schema, "local")
    inputs = _inputs(base, name, [request])
    pieces = TextIteratorStreamer(base.tokenizer, skip_prompt=True, skip_special_tokens=True)
    over = threading.Event()
    began = time.perf_counter()
    said, first = "", None
    with ThreadPoolExecutor(1) as pool:
        work = pool.submit(_stream_into, pieces, over, base, name, request, inputs, using)
        try:
            for piece in _held_back(iter(pieces), request.stop):
                first = first or time.perf_counter() - began
                said += piece
                yield piece
        finally:
            over.set()
        written = work.result()
    used = Usage(
        input_tokens=encoding.tokens(inputs)[0],
        output_tokens=_length(base, written),
        seconds=time.perf_counter() - began,
        first_token=first,
    )
    reply = dataclasses.replace(_reply(base, request, written), text=said, usage=used)
    yield _checked(name, request, reply, rule)


def _stream_into(
    pieces: Any, over: threading.Event, base: Base, name: str, request: Request, inputs: encoding.Inputs, using: Using
) -> list[int]:
    """The tokens written; `pieces` is ended whatever happens, or who waits for the next would wait for ever."""
    import torch

    def is_over(input_ids: torch.Tensor, scores: Any, **_: Any) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), over.is_set(), device=input_ids.device, dtype=torch.bool)

    try:
        with using(), out_of_memory_told(name), _random(base, request):
            settings = _settings(base, request)
            made = base.model.generate(**inputs, **settings, streamer=pieces, stopping_criteria=[is_over])
        written: list[int] = _written(base, inputs, made)[0]
        return written
    finally:
        pieces.end()


def _written(base: Base, inputs: encoding.Inputs, made: Any) -> list[list[int]]:
    """The rows of tokens without the question, or without the token at which a decoder starts."""
    rows: list[list[int]] = made[:, 1 if base.two_part else inputs["input_ids"].shape[1] :].tolist()
    return rows


def _held_back(pieces: Iterator[str], stops: Sequence[str]) -> Iterator[str]:
    """The pieces up to the first stop text; what may become one is kept until it has not."""
    keep = max((len(stop) for stop in stops), default=1) - 1
    kept = ""
    for piece in pieces:
        kept += piece
        if (cut := _cut(kept, stops)) != kept:
            kept = cut
            break
        out, kept = kept[: len(kept) - keep], kept[len(kept) - keep :] if keep else ""
        if out:
            yield out
    if kept:
        yield kept


def _inputs(base: Base, name: str, requests: Sequence[Request]) -> encoding.Inputs:
    inputs = encoding.encode(base, [request.messages for request in requests])
    encoding.check_length(base, inputs, requests[0].max_tokens, name)
    return inputs


def _settings(base: Base, request: Request) -> dict[str, Any]:
    sampled = request.temperature > 0
    own = base.model.generation_config
    settings: dict[str, Any] = {
        "max_new_tokens": request.max_tokens,
        "num_beams": 1,
        "do_sample": sampled,
        "temperature": request.temperature if sampled else None,
        # as the checkpoint's makers set them; where they did not, transformers would cut at the 50 likeliest tokens
        "top_p": (1.0 if own.top_p is None else own.top_p) if sampled else None,
        "top_k": (own.top_k or 0) if sampled else None,
        "num_return_sequences": request.samples,
        "pad_token_id": base.tokenizer.pad_token_id if base.tokenizer.pad_token_id is not None else base.ends[0],
    }
    if request.stop:
        settings |= {"stop_strings": list(request.stop), "tokenizer": base.tokenizer}
    if request.schema is not None:
        settings["logits_processor"] = [Constraint(base, request.schema)]
    return settings


@contextmanager
def _random(base: Base, request: Request) -> Iterator[None]:
    """Chance from the request's seed, which leaves torch's own where it was."""
    import torch

    devices = [base.device] if base.device.type == "cuda" else []
    with torch.inference_mode(), torch.random.fork_rng(devices=devices):
        if request.temperature > 0:
            torch.manual_seed(random.SystemRandom().getrandbits(63) if request.seed is None else request.seed)
        yield


def _reply(base: Base, request: Request, row: list[int]) -> Reply:
    whole = base.tokenizer.decode(row[: _length(base, row)], skip_special_tokens=True)
    text = _cut(whole, request.stop)
    ended = text != whole or any(token in base.ends for token in row)
    return Reply(text=text, finish=Finish.STOP if ended else Finish.LENGTH)


def _cut(text: str, stops: Sequence[str]) -> str:
    return text[: min((place for stop in stops if (place := text.find(stop)) >= 0), default=len(text))]


def _length(base: Base, row: list[int]) -> int:
    """Tokens up to the one that ends the reply; after it there is padding."""
    return next((place + 1 for place, token in enumerate(row) if token in base.ends), len(row))


def _checked(name: str, request: Request, reply: Reply, rule: Any) -> Reply:
    if not reply.text.strip():
        raise EmptyReplyError(f"{name}: the reply is empty")
    return checked(name, request, reply, rule)
