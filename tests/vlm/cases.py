"""What a real server or engine has to do for us, whoever wrote it: one function a case, for any model and family.

A case raises where it fails, and returns what was said. Where the pictures are sent as JPEG, or computed in another
order, a tiny random model may say other words than with transformers; so cases compare a model with itself.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from facereason.vlm import Choice, Finish, Message, Model, Picture, Reply, Request
from facereason.vlm.errors import ContextError, ReplyError
from facereason.vlm.model import reply_of

QUESTION = "What is the emotion of this face?"
ANSWERS = ("happiness", "sadness", "anger")
SCHEMA = {
    "type": "object",
    "properties": {"emotion": {"enum": ["anger", "fear"]}, "age": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["emotion", "age"],
    "additionalProperties": False,
}


@dataclass(frozen=True, kw_only=True)
class Under:
    """What is tried: a model, and the same with an adapter. `local`, `local_tuned`: what these say in transformers to
    QUESTION with EXACT."""

    model: Model
    tuned: Model | None = None
    local: str = ""
    local_tuned: str = ""


Case = Callable[[Under], Any]


def picture(seed: int) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (80, 100, 3), dtype=np.uint8))


def exact() -> Picture:
    """A picture that JPEG, at the quality at which we send, does not change: grey squares, in its steps of grey."""
    steps = np.random.default_rng(9).integers(-40, 41, (5, 6)).repeat(16, 0).repeat(16, 1)
    return Picture(np.repeat((128 + 3 * steps).astype(np.uint8)[..., None], 3, axis=2))


EXACT = Request(messages=(Message.user(exact(), QUESTION),), max_tokens=8)


def asks(text: str = QUESTION, of: int | None = 0, **more: Any) -> Request:
    parts = (text,) if of is None else (picture(of), text)
    return Request(messages=(Message.user(*parts),), **{"max_tokens": 8, **more})


def text(under: Under) -> str:
    """A text alone gets a reply, the same each time."""
    first, second = under.model.generate(asks(of=None)), under.model.generate(asks(of=None))
    assert first.text == second.text, (first.text, second.text)
    return first.text


def image(under: Under) -> str:
    """A picture gets a reply with its tokens, of which the picture has more than the text alone."""
    reply, bare = under.model.generate(asks()), under.model.generate(asks(of=None))
    assert reply.text
    assert reply.finish is Finish.LENGTH
    assert reply.usage.output_tokens == 8
    assert (reply.usage.input_tokens or 0) >= (bare.usage.input_tokens or 0) + 9
    return reply.text


def another_image(under: Under) -> str:
    """The model sees: its reply depends on the picture."""
    said = {under.model.generate(asks(of=seed)).text for seed in range(4)}
    assert len(said) > 1, said
    return f"{len(said)} replies to 4 pictures"


def several_images_and_turns(under: Under) -> str:
    messages = (
        Message.system("You read faces."),
        Message.user(picture(0), "One", picture(1), "Two"),
        Message.assistant("They differ."),
        Message.user("How?"),
    )
    return under.model.generate(Request(messages=messages, max_tokens=8)).text


def streaming(under: Under) -> str:
    """The pieces of a stream are the whole reply."""
    stream = under.model.stream(asks())
    pieces = list(stream)
    assert len(pieces) > 1
    assert "".join(pieces).strip() == stream.reply.text.strip()
    return f"{len(pieces)} pieces"


def asynchronous(under: Under) -> str:
    async def several() -> list[Reply]:
        return await asyncio.gather(*(under.model.agenerate(asks(of=seed)) for seed in range(3)))

    alone = under.model.generate(asks(of=0))
    replies = asyncio.run(several())
    assert replies[0].text == alone.text, (replies[0].text, alone.text)
    return f"{len(replies)} replies"


def async_stream_left_early(under: Under) -> str:
    """A stream that is left after its first piece leaves the model as it was."""

    async def first() -> str | Reply:
        pieces = under.model.astream(asks(max_tokens=200))
        found = await anext(pieces)
        await pieces.aclose()  # type: ignore[attr-defined]
        return found

    piece = asyncio.run(first())
    assert under.model.generate(asks()).text
    return str(piece)


def stop(under: Under) -> str:
    whole = under.model.generate(asks()).text
    place = next(i for i in range(1, len(whole)) if whole[:i].strip() and whole.index(whole[i : i + 2]) == i)
    cut = under.model.generate(asks(stop=(whole[place : place + 2],)))
    assert (cut.text, cut.finish) == (whole[:place], Finish.STOP), (cut.text, whole)
    return cut.text


def schema(under: Under) -> str:
    reply = under.model.generate(asks(schema=SCHEMA, max_tokens=60))
    assert json.loads(reply.text) == reply.data
    assert not reply.repaired
    return reply.text


def samples(under: Under) -> str:
    """Several samples differ."""
    reply = under.model.generate(asks(temperature=1.0, samples=3))
    said = [reply.text, *(other.text for other in reply.others)]
    assert len(set(said)) == 3, said
    return f"{len(said)} samples"


def seed(under: Under) -> str:
    """A seed repeats a sample."""
    first, second = (under.model.generate(asks(temperature=1.0, seed=7)).text for _ in range(2))
    assert first == second, (first, second)
    return first


def choice(under: Under) -> str:
    found = next(each for each in _choices(under.model) if len(set(each.logprobs.values())) > 1)
    assert abs(sum(found.probabilities.values()) - 1) < 1e-6
    return f"{found.answer} {found.probabilities[found.answer]:.3f}"


def _choices(model: Model) -> Iterator[Choice]:
    """By letters a random model can seldom be asked: they have to be among its likeliest tokens, with some picture."""
    for seed in range(60):
        try:
            yield model.choose(asks(of=seed).messages, ANSWERS)
        except ReplyError as error:
            if "names none of the answers" not in str(error):
                raise


def batch(under: Under) -> str:
    """A batch says what each says alone, and one question that is too long costs the others nothing."""
    requests = [asks(), asks("Why? " * 400), asks("Age?", of=1), asks("Who is it?", of=None)]
    first, long, *rest = under.model.batch(requests)
    assert isinstance(long, ContextError), long
    said = [reply_of(each).text for each in (first, *rest)]
    alone = [under.model.generate(each).text for each in (requests[0], *requests[2:])]
    assert said == alone, (said, alone)
    return f"{len(said)} replies and {type(long).__name__}"


def adapter(under: Under) -> str:
    """The adapter changes the reply, and the base stays what it was."""
    assert under.tuned is not None
    bare = under.model.generate(asks()).text
    tuned = under.tuned.generate(asks()).text
    assert tuned != bare, tuned
    assert under.model.generate(asks()).text == bare
    return tuned


def as_transformers(under: Under) -> str:
    """Greedy words are those that transformers says."""
    said = under.model.generate(EXACT).text
    assert _whole(said) == _whole(under.local), (said, under.local)
    return said


def adapter_as_transformers(under: Under) -> str:
    assert under.tuned is not None
    said = under.tuned.generate(EXACT).text
    assert _whole(said) == _whole(under.local_tuned), (said, under.local_tuned)
    return said


def _whole(text: str) -> str:
    """Without blanks around it, which a server may take off, and half a character at its end, which vLLM keeps back."""
    return text.strip(" \ufffd")


def wait_for(url: str, server: subprocess.Popen[bytes], seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"the server did not answer within {seconds} s")


CASES: dict[str, Case] = {
    "text": text,
    "image": image,
    "another image": another_image,
    "several images and turns": several_images_and_turns,
    "streaming": streaming,
    "asyncio": asynchronous,
    "asyncio stream left early": async_stream_left_early,
    "stop": stop,
    "JSON schema": schema,
    "several samples": samples,
    "seed": seed,
    "choice": choice,
    "batch": batch,
    "adapter": adapter,
    "as transformers": as_transformers,
    "adapter as transformers": adapter_as_transformers,
}
