"""Connections to a server: who it is, with which key, and the openai clients that talk to it."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from facereason.images import printable
from facereason.types import UsageError
from facereason.vlm.api.structured import MISSING
from facereason.vlm.errors import UnavailableError
from facereason.vlm.names import ModelName

if TYPE_CHECKING:
    from openai import AsyncOpenAI, OpenAI

OPENAI_URL = "https://api.openai.com/v1"
VLLM_URL = "http://localhost:8000/v1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """Where a model is served. `key` comes from the environment variable `key_name`, empty where there is none."""

    url: str
    key_name: str
    key: str = field(default="", repr=False)

    @property
    def where(self) -> str:
        """Host and port, for messages: an address may hold a password."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}" if parts.port else parts.hostname or ""

    @property
    def secrets(self) -> tuple[str, ...]:
        return self.key, urlsplit(self.url).password or ""

    @property
    def is_openai(self) -> bool:
        return self.url == OPENAI_URL


def server_of(name: ModelName, environment: Mapping[str, str] = os.environ) -> Server:
    """Where `name` is served. UsageError for an address that is none, UnavailableError where a key is missing."""
    told = name.options.get("url", "")
    if name.provider == "openai":
        url = told or environment.get("OPENAI_BASE_URL") or OPENAI_URL
        key_name = "OPENAI_API_KEY"
    elif name.provider == "vllm":
        url = told or environment.get("FACEREASON_VLLM_URL") or VLLM_URL
        key_name = "VLLM_API_KEY"
    else:
        raise UsageError(f"model {name}: {name.provider} is no API")
    server = Server(url=url.rstrip("/"), key_name=key_name, key=environment.get(key_name, "").strip())
    _check_address(server)
    if not (server.key.isascii() and (server.key + "-").isprintable()):
        raise UnavailableError(f"{name.provider}/{name.name}: {key_name} holds what is no key; set it anew")
    if server.is_openai and not server.key:
        raise UnavailableError(f"{name.provider}/{name.name}: no key; set {key_name}")
    return server


def _check_address(server: Server) -> None:
    try:
        valid = server.url.startswith(("http://", "https://")) and bool(server.where)
    except ValueError:  # a port that is no number
        valid = False
    if not valid:
        raise UsageError(f"{printable(server.url)}: no address of an API; it is like {VLLM_URL}")


class Clients:
    """openai's clients for one server, made when they are first needed: one for threads, and one an event loop, whose
    connections no other loop can use."""

    def __init__(self, server: Server, timeout: float) -> None:
        # without a key something has to be sent: the client insists, and such servers do not look
        self._how: dict[str, Any] = {
            "api_key": server.key or "none",
            "base_url": server.url,
            "timeout": timeout,
            "max_retries": 0,
        }
        self._client: OpenAI | None = None
        self._by_loop: dict[asyncio.AbstractEventLoop, AsyncOpenAI] = {}
        self._lock = threading.Lock()

    def sync(self) -> OpenAI:
        with self._lock:
            if self._client is None:
                self._client = _openai().OpenAI(**self._how)
            return self._client

    def here(self) -> AsyncOpenAI:
        """The client of the running event loop."""
        loop = asyncio.get_running_loop()
        with self._lock:
            if loop not in self._by_loop:
                self._by_loop = {each: client for each, client in self._by_loop.items() if not each.is_closed()}
                # openai's own HTTP client, forgotten with its loop, would later try to close itself on another loop
                http = _openai().DefaultAsyncHttpxClient()
                self._by_loop[loop] = _openai().AsyncOpenAI(**self._how, http_client=http)
            return self._by_loop[loop]

    def close(self) -> None:
        """Close what is open; a client of a loop that still runs is closed on it."""
        with self._lock:
            client, self._client = self._client, None
            by_loop, self._by_loop = self._by_loop, {}
        if client is not None:
            client.close()
        for loop, each in by_loop.items():
            if loop.is_running():
                asyncio.run_coroutine_threadsafe(each.close(), loop)


def errors() -> tuple[type[Exception], ...]:
    """What the clients raise when a call fails, or the body of a reply is no JSON."""
    return (_openai().APIError, json.JSONDecodeError, UnicodeDecodeError)


def _openai() -> Any:
    try:
        import openai
    except ImportError:
        raise UnavailableError(MISSING.format(needs="API models need openai", extra="api")) from None
    return openai
