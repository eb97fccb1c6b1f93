"""Replies on disk: a question that was asked before is not paid for again. No key of an API is ever in it."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import os
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from facereason.types import UsageError
from facereason.vlm.messages import Finish, Message, Reply, Request, ToolCall, Usage

VERSION = 2
"""Of what a file holds and of what its key is made; goes up when either changes."""


class ReplyCache:
    """JSON files in `folder`, named by the hash of everything that the reply depends on."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UsageError(f"{folder}: no folder for replies can be made: {error.strerror}") from None

    def get(self, key: str) -> Reply | None:
        """The reply, marked as cached and free of cost; None where there is none that can be read."""
        try:
            kept = json.loads(self._path(key).read_text("utf-8"))
            reply = _reply(kept["reply"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        usage = dataclasses.replace(
            reply.usage,
            cached=True,
            cost=None if reply.usage.cost is None else 0.0,
            seconds=0.0,
            first_token=None,
        )
        return dataclasses.replace(reply, usage=usage)

    def put(self, key: str, reply: Reply) -> None:
        """Keep it, whole or not at all."""
        path = self._path(key)
        part = path.with_name(f"{path.stem}.{os.getpid()}-{threading.get_ident()}.part")
        text = json.dumps({"version": VERSION, "reply": dataclasses.asdict(reply)})
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part.write_text(text, "utf-8")
            part.replace(path)
        except OSError as error:
            # the reply is paid for: a full disk must not take it from the caller
            warnings.warn(f"{path}: a reply could not be kept: {error.strerror}", stacklevel=2)
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"


def cacheable(request: Request) -> bool:
    """Whether the same request has the same reply: drawn at random without a seed it has not."""
    return request.temperature == 0 or request.seed is not None


def key(request: Request, served: Mapping[str, str]) -> str:
    """Hash of all that the reply depends on: the request, and `served`: provider, address, model, adapter, sizing."""
    said = {
        "version": VERSION,
        "served": dict(served),
        "messages": [_message(message) for message in request.messages],
        "schema": request.schema,
        "stop": request.stop,
        "temperature": request.temperature,
        "seed": request.seed,
        "samples": request.samples,
        "max_tokens": request.max_tokens,
        "tools": [dataclasses.asdict(tool) for tool in request.tools],
    }
    # the order of a schema's keys is kept: models write their fields in it
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()


def _message(message: Message) -> dict[str, Any]:
    parts = [{"text": part} if isinstance(part, str) else {"picture": part.sha256} for part in message.parts]
    calls = [dataclasses.asdict(call) for call in message.calls]
    return {"role": message.role.value, "parts": parts, "calls": calls, "call_id": message.call_id}


def _reply(kept: dict[str, Any]) -> Reply:
    return Reply(
        text=kept["text"],
        finish=Finish(kept["finish"]),
        data=kept["data"],
        others=tuple(_reply(other) for other in kept["others"]),
        usage=Usage(**kept["usage"]),
        repaired=kept["repaired"],
        calls=tuple(ToolCall(**call) for call in kept["calls"]),
    )
