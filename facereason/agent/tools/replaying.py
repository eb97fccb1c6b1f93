"""The steps of an answer, taken again without the model: the tools are called anew, and have to give the same."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from facereason.types import Answer, Box, FaceReasonError, Step
from facereason.vlm import families
from facereason.vlm.messages import Picture, Region, Reply, Request, ToolCall, Usage
from facereason.vlm.model import Capability, Identity, Model
from facereason.vlm.names import ModelName
from facereason.vlm.routing import Job, Router, Routes

if TYPE_CHECKING:
    from facereason.agent.chat import Chat


class Recorded(Model):
    """A model that says what the steps of a trace say, one after the other, and locates what they say was located."""

    family = families.CHAT

    def __init__(self, trace: Sequence[Step], name: str = "") -> None:
        self.name = name or "recorded"
        self._steps: Iterator[Step] = iter(trace)
        uses = [use for step in trace for use in step.uses if use.name == "locate" and not use.failed]
        self.located = [json.loads(use.result)["boxes"] for use in uses]
        self._places = iter(self.located)

    @property
    def can(self) -> frozenset[Capability]:
        return self.family.can | {Capability.TOOLS, Capability.LOCATE}

    @property
    def identity(self) -> Identity:
        return Identity(name=self.name, family="recorded")

    def locate(self, picture: Picture, phrase: str) -> tuple[Region, ...]:
        return tuple(Region(box=Box(*map(float, box))) for box in next(self._places, ()))

    def _generate(self, request: Request) -> Reply:
        step = next(self._steps, None)
        if step is None:
            raise FaceReasonError("the trace has ended, and the answer has not: it is of another photo or question")
        calls = tuple(ToolCall(id=use.id, name=use.name, arguments=use.arguments) for use in step.uses)
        return Reply(text=step.text, calls=calls, usage=Usage(input_tokens=step.tokens, output_tokens=0))


def replay(answer: Answer, chat: Chat) -> Answer:
    """The answer again, from its trace, on the photo of `chat`, without the model. FaceReasonError where it has no
    trace, where the question means something else in this chat, or where a tool gives something else than it did: it
    names the step and the tool.

    Pictures that tools gave are compared by their hashes. What another model located is taken from the trace. `chat` is
    left as it is; where the question was about "her", it has to be one in which that is the same person.
    """
    if not answer.trace:
        raise FaceReasonError("the answer has no trace: it was given without tools")
    from facereason.agent.chat import Chat as New
    from facereason.agent.tools.loop import Budget

    recorded = Recorded(answer.trace)
    name = ModelName(provider="fake", name="")
    jobs = [Job.CHAT, *([Job.LOCATE] if recorded.located else [])]
    router = Router(Routes(table=dict.fromkeys(jobs, (name,))), opener=lambda _: recorded)
    ended = len(answer.trace) - 1
    budget = Budget(steps=ended if answer.trace[-1].forced else ended + 1, tokens=2**62)
    fresh = New(chat.photo, chat.scene, chat.eye, router, tools=budget)
    fresh.memory, fresh.turns = chat.memory, list(chat.turns)
    again = fresh.ask(answer.question)
    if again.queries != answer.queries or [p.number for p in again.people] != [p.number for p in answer.people]:
        raise FaceReasonError("the question means something else here: is it the same photo, and place in a chat?")
    for number, (was, now) in enumerate(itertools.zip_longest(answer.trace, again.trace), 1):
        if was is None or now is None or [use.name for use in was.uses] != [use.name for use in now.uses]:
            raise FaceReasonError(f"step {number}: the steps differ; is it the same photo?")
        for old, new in zip(was.uses, now.uses, strict=True):
            if (old.result, old.pictures) != (new.result, new.pictures):
                raise FaceReasonError(f"step {number}: {old.name} gives something else now; is it the same photo?")
    return again
