"""Requests as vLLM takes them, and its outputs as replies."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Any

from facereason.vlm.api.structured import checked
from facereason.vlm.errors import EmptyReplyError, ModelError
from facereason.vlm.families import Family
from facereason.vlm.messages import Finish, Message, Picture, Reply, Request, Usage

OWN = ("top_p", "top_k", "min_p", "repetition_penalty")
"""What a checkpoint's makers may have set for sampling, and holds."""


def settings(request: Request, own: Any = None) -> dict[str, Any]:
    """Arguments of `vllm.SamplingParams`; `own`: those that the checkpoint sets. `structured_outputs` is the schema as
    arguments of its own class."""
    made: dict[str, Any] = {each: getattr(own, each) for each in OWN} if own is not None else {}
    made |= {"n": request.samples, "temperature": request.temperature, "max_tokens": request.max_tokens}
    if request.seed is not None:
        made["seed"] = request.seed
    if request.stop:
        made["stop"] = list(request.stop)
    if request.schema is not None:
        made["structured_outputs"] = {"json": dict(request.schema)}
    return made


def sampling(made: Mapping[str, Any]) -> Any:
    """`vllm.SamplingParams` of `settings`."""
    from vllm import SamplingParams
    from vllm.sampling_params import StructuredOutputsParams

    given = dict(made)
    if "structured_outputs" in given:
        given["structured_outputs"] = StructuredOutputsParams(**given["structured_outputs"])
    return SamplingParams(**given)


def turns(messages: Sequence[Message]) -> list[dict[str, Any]]:
    """Messages as `vllm.LLM.chat` takes them."""
    return [
        {"role": message.role.value, "content": [_part(part) for part in message.parts]}
        if message.pictures
        else {"role": message.role.value, "content": message.text}
        for message in messages
        if message.parts
    ]


def prompt(family: Family, messages: Sequence[Message]) -> dict[str, Any]:
    """The one text with its pictures, for a family that takes no turns, as `vllm.LLM.generate` takes it."""
    assert family.flat is not None
    made: dict[str, Any] = {"prompt": family.flat(messages)}
    if pictures := [_image(picture) for message in messages for picture in message.pictures]:
        made["multi_modal_data"] = {"image": pictures}
    return made


def reply(output: Any, seconds: float) -> Reply:
    """What a `vllm.RequestOutput` says. `seconds`: what the whole batch took."""
    first, *others = [_said(each) for each in output.outputs]
    used = Usage(
        input_tokens=len(output.prompt_token_ids),
        output_tokens=sum(len(each.token_ids) for each in output.outputs),
        seconds=seconds,
    )
    return dataclasses.replace(first, others=tuple(others), usage=used)


def outcome(name: str, request: Request, made: Reply, rule: Any) -> Reply | ModelError:
    """The reply, or what is wrong with it; `rule`: the validator of the request's schema."""
    if not made.text.strip():
        return EmptyReplyError(f"{name}: the reply is empty")
    try:
        return checked(name, request, made, rule)
    except ModelError as error:
        return error


def logprob(name: str, asked: Any, said: Any, answer: str, ends: Sequence[int]) -> float:
    """Log-probability of an answer as the whole reply. `asked`: the output for the question alone, `said`: that for the
    question with the answer behind it, whose next token could only be one of `ends`."""
    before, whole = list(asked.prompt_token_ids), list(said.prompt_token_ids)
    if len(whole) <= len(before) or whole[: len(before)] != before:
        raise ModelError(f"{name}: its chat template does not let a reply begin with {answer!r}; choose with hf/")
    rows = zip(whole[len(before) :], said.prompt_logprobs[len(before) :], strict=True)
    ending = said.outputs[0].logprobs[0]
    ended = math.log(sum(math.exp(ending[end].logprob) for end in ends if end in ending))
    return float(sum(row[token].logprob for token, row in rows)) + ended


def _said(output: Any) -> Reply:
    return Reply(text=output.text, finish=Finish.LENGTH if output.finish_reason == "length" else Finish.STOP)


def _part(part: str | Picture) -> dict[str, Any]:
    if isinstance(part, str):
        return {"type": "text", "text": part}
    return {"type": "image_pil", "image_pil": _image(part)}


def _image(picture: Picture) -> Any:
    from PIL import Image

    return Image.fromarray(picture.pixels)
