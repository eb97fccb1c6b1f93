"""A model and its tools, in turns: what it calls is called, until it answers or its budget is used up.

Nothing that a model calls can go wrong for the user: an unknown tool, wrong arguments or a call made again and again
get a result that says so, and count. When the steps or the tokens are used up, it is asked once more, without tools, to
answer from what it has seen.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from facereason.agent.tools.box import Result, Toolbox
from facereason.agent.tools.schema import ArgumentError, arguments_for
from facereason.types import Step, ToolUse
from facereason.vlm.messages import Message, Picture, Reply, Request, ToolCall
from facereason.vlm.model import Capability
from facereason.vlm.routing import Job, Router, Said

SAME = 2
"""How often the very same call is made; after that the model is told that it has had the result."""
AT_ONCE = 8
"""Calls of one reply that are made; the rest is refused."""
NOW = "The budget for tools is used up. Answer the question now from what you have seen, and say what is left open."


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """The most that one answer may take: replies with calls in them, and tokens of all replies together, as far as the
    server counts them."""

    steps: int = 8
    tokens: int = 30_000


@dataclass(frozen=True, slots=True)
class Worked:
    """The last reply, its request, and the steps to it."""

    said: Said
    request: Request
    steps: tuple[Step, ...]


def work(router: Router, request: Request, box: Toolbox, budget: Budget) -> Worked:
    """Let the model routed for the chat answer `request` with the tools of `box`. Raises the errors of `vlm.errors`."""
    steps: list[Step] = []
    made: Counter[tuple[str, str]] = Counter()
    tokens = 0
    asked = replace(request, tools=box.tools)
    while True:
        spent = len(steps) >= budget.steps or tokens >= budget.tokens
        if spent:
            asked = replace(asked, tools=(), messages=(*asked.messages, Message.user(NOW)))
        said = _ask(router, asked)
        reply = said.reply
        took = _tokens(reply)
        tokens += took or 0
        if spent or not reply.calls or reply.refused:
            steps.append(Step(text=reply.text, tokens=took, forced=spent))
            return Worked(said, asked, tuple(steps))
        uses, turns = _called(reply, box, made)
        steps.append(Step(text=reply.text, uses=tuple(uses), tokens=took))
        asked = replace(asked, messages=(*asked.messages, *turns))


def _ask(router: Router, request: Request) -> Said:
    need = (Capability.TOOLS,) if request.tools else ()
    return router.use(Job.CHAT, lambda model: model.generate(request), [Capability.IMAGES, *need])


def _tokens(reply: Reply) -> int | None:
    used = reply.usage
    if used.input_tokens is None and used.output_tokens is None:
        return None
    return (used.input_tokens or 0) + (used.output_tokens or 0)


def _called(reply: Reply, box: Toolbox, made: Counter[tuple[str, str]]) -> tuple[list[ToolUse], list[Message]]:
    """The calls of a reply, made in their order; and the turns that tell the model what they gave. Pictures follow in a
    turn of the user's: results of tools are text in the protocol."""
    uses: list[ToolUse] = []
    turns = [Message.assistant(reply.text, reply.calls)]
    pictures: list[Picture] = []
    for number, call in enumerate(reply.calls):
        result, failed = _result(call, box, made, number)
        text = json.dumps(result.data)
        hashes = tuple(picture.sha256 for picture in result.pictures)
        uses.append(_use(call, text, hashes, failed))
        turns.append(Message.result(call, text))
        pictures += result.pictures
    if pictures:
        parts: list[str | Picture] = []
        for picture in pictures:
            parts += [f"{picture.label}:", picture]
        turns.append(Message.user(*parts))
    return uses, turns


def _use(call: ToolCall, text: str, hashes: Sequence[str], failed: bool) -> ToolUse:
    return ToolUse(
        id=call.id, name=call.name, arguments=call.arguments, result=text, pictures=tuple(hashes), failed=failed
    )


def _result(call: ToolCall, box: Toolbox, made: Counter[tuple[str, str]], number: int) -> tuple[Result, bool]:
    """What a call gives, and whether it was refused."""
    functions = box.functions
    try:
        key = (call.name, json.dumps(json.loads(call.arguments or "{}"), sort_keys=True))
    except (ValueError, RecursionError):
        key = (call.name, call.arguments)
    made[key] += 1
    try:
        if number >= AT_ONCE:
            raise ArgumentError(f"too many calls at once: {AT_ONCE} are made, ask for the rest in the next turn")
        if call.name not in functions:
            raise ArgumentError(f"there is no such tool; there are: {', '.join(functions)}")
        if made[key] > SAME:
            raise ArgumentError("you have made this very call before and have its result; answer, or ask otherwise")
        function = functions[call.name]
        return function(**arguments_for(function, call.arguments)), False
    except ArgumentError as error:
        return Result({"error": str(error)}), True
