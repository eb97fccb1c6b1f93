"""The steps of an answer, taken again without the model: the tools are called anew, and have to give the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from facereason.types import Answer, FaceReasonError, Step
from facereason.vlm import families
from facereason.vlm.messages import Reply, Request, ToolCall, Usage
from facereason.vlm.model import Capability, Identity, Model
from facereason.vlm.names import ModelName
from facereason.vlm.routing import Job, Router, Routes

if TYPE_CHECKING:
    from facereason.agent.chat import Chat


class Recorded(Model):
    """A model that says what the steps of a trace say, one after the other."""

    family = families.CHAT

    def __init__(self, trace: Sequence[Step], name: str = "") -> None:
        self.name = name or "recorded"
        self._steps: Iterator[Step] = iter(trace)

    @property
    def can(self) -> frozenset[Capability]:
        return self.family.can | {Capability.TOOLS}

    @property
    def identity(self) -> Identity:
        return Identity(name=self.name, family="recorded")

    def _generate(self, request: Request) -> Reply:
        step = next(self._steps, None)
        if step is None:
            raise FaceReasonError("the trace has ended, and the answer has not: it is of another photo or question")
        calls = tuple(ToolCall(id=use.id, name=use.name, arguments=use.arguments) for use in step.uses)
        return Reply(text=step.text, calls=calls, usage=Usage(input_tokens=step.tokens, output_tokens=0))


def replay(answer: Answer, chat: Chat) -> Answer:
    """The answer again, from its trace, on the photo of `chat`, without the model. FaceReasonError where it has no
    trace, or a tool gives something else than it did: it names the step and the tool.

    What the tools show the model (their pictures) is compared by its hash.
    """
    if not answer.trace:
        raise FaceReasonError("the answer has no trace: it was given without tools")
    recorded = Recorded(answer.trace)
    name = ModelName(provider="fake", name="")
    router = Router(Routes(table={Job.CHAT: (name,)}), opener=lambda _: recorded)
    from facereason.agent.tools.loop import Budget

    kept = chat.router, chat.tools, chat.memory, list(chat.turns)
    ended = len(answer.trace) - 1
    chat.router, chat.tools = router, Budget(steps=ended if answer.trace[-1].forced else ended + 1, tokens=2**62)
    try:
        again = chat.ask(answer.question)
    finally:
        chat.router, chat.tools, chat.memory, chat.turns = kept
    for number, (was, now) in enumerate(zip(answer.trace, again.trace, strict=False), 1):
        for old, new in zip(was.uses, now.uses, strict=False):
            if (old.result, old.pictures) != (new.result, new.pictures):
                raise FaceReasonError(f"step {number}: {old.name} gives something else now; is it the same photo?")
    return again
