"""A server of our own that speaks OpenAI's chat completions on this machine, and fails on command.

    with Loopback([Says("Hello"), Fails(429, after="1")]) as server:
        ...  # server.url, server.requests

Each call takes the next of the script; when that is through, the last again.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Step:
    """What one call gets. `delay`: seconds before anything is sent."""

    delay: float = 0.0


@dataclass(frozen=True)
class Says(Step):
    """A reply. `break_after`: a stream is cut after this many pieces; `body_pause`: seconds
    between head and body; `calls`: names and arguments of tools to be called."""

    text: str = "hello"
    others: tuple[str, ...] = ()
    finish: str = "stop"
    refusal: str | None = None
    input_tokens: int = 100
    output_tokens: int = 10
    counts: bool = True
    break_after: int | None = None
    logprobs: Mapping[str, float] | None = None
    body_pause: float = 0.0
    calls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Fails(Step):
    """An error. `after`: its Retry-After; `echo_key`: the key that was sent goes into the message."""

    status: int = 500
    message: str = "it broke"
    code: str | None = None
    after: str | None = None
    echo_key: bool = False


@dataclass(frozen=True)
class Hangs(Step):
    """The socket is closed without an answer."""


@dataclass(frozen=True)
class Garbles(Step):
    """Status 200 and a body that is no JSON."""


Script = Sequence[Step] | Callable[[dict[str, Any]], Step]


class Loopback:
    """The server, on a thread. `requests`: bodies received; `keys`: their keys; `most`: most calls at one time."""

    def __init__(self, script: Script) -> None:
        self._script = script
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.most = 0
        self._now = 0
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.owner = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Loopback:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def calls(self) -> int:
        return len(self.requests)

    def begin(self, body: dict[str, Any], key: str) -> Step:
        with self._lock:
            self.requests.append(body)
            self.keys.append(key)
            self._now += 1
            self.most = max(self.most, self._now)
            if callable(self._script):
                return self._script(body)
            return self._script[min(len(self.requests), len(self._script)) - 1]

    def end(self) -> None:
        with self._lock:
            self._now -= 1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    owner: Loopback

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is part of the tests."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # head and body in one packet
    server: _Server

    def setup(self) -> None:
        super().setup()
        self.connection.setsockopt(6, 1, 1)  # TCP_NODELAY: the server's own latency stays out of measurements

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")
        step = self.server.owner.begin(body, key)
        try:
            time.sleep(step.delay)
            self._answer(step, body, key)
        finally:
            self.server.owner.end()

    def _answer(self, step: Step, body: dict[str, Any], key: str) -> None:
        if isinstance(step, Says):
            if body.get("stream"):
                self._stream(step)
            else:
                self._send(200, json.dumps(completion(step)).encode(), pause=step.body_pause)
        elif isinstance(step, Fails):
            message = f"{step.message} {key}" if step.echo_key else step.message
            error = {"error": {"message": message, "type": "error", "code": step.code}}
            headers = {} if step.after is None else {"Retry-After": step.after}
            self._send(step.status, json.dumps(error).encode(), headers)
        elif isinstance(step, Garbles):
            self._send(200, b'{"choices": [')
        else:
            self.close_connection = True

    def _send(self, status: int, content: bytes, headers: Mapping[str, str] | None = None, pause: float = 0.0) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        if pause:
            self.wfile.flush()
            time.sleep(pause)
        self.wfile.write(content)

    def _stream(self, step: Says) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        words = [word + " " for word in (step.refusal or step.text).split(" ")] if step.refusal or step.text else []
        words = [*words[:-1], words[-1][:-1]] if words else []
        for word in words[: step.break_after]:
            self._event({"choices": [_chunk({"refusal" if step.refusal else "content": word}, None)]})
        if step.break_after is not None:
            self.close_connection = True
            return
        self._event({"choices": [_chunk({}, step.finish)]})
        self._event({"choices": [], "usage": _usage(step)})
        self._chunked(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _event(self, data: dict[str, Any]) -> None:
        whole = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m"} | data
        self._chunked(f"data: {json.dumps(whole)}\n\n".encode())

    def _chunked(self, content: bytes) -> None:
        self.wfile.write(f"{len(content):x}\r\n".encode() + content + b"\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


def completion(step: Says) -> dict[str, Any]:
    texts = (step.text, *step.others)
    return {
        "id": "1",
        "object": "chat.completion",
        "created": 1,
        "model": "m",
        "choices": [_choice(step, number, text) for number, text in enumerate(texts)],
    } | ({"usage": _usage(step)} if step.counts else {})


def _choice(step: Says, number: int, text: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": None if step.refusal else text, "refusal": step.refusal}
    if step.calls:
        message["tool_calls"] = [
            {"id": f"call_{n}", "type": "function", "function": {"name": name, "arguments": arguments}}
            for n, (name, arguments) in enumerate(step.calls)
        ]
    logprobs = None
    if step.logprobs is not None:
        top = [{"token": token, "logprob": value, "bytes": None} for token, value in step.logprobs.items()]
        logprobs = {"content": [{**top[0], "top_logprobs": top}], "refusal": None}
    return {"index": number, "message": message, "finish_reason": step.finish, "logprobs": logprobs}


def _chunk(delta: dict[str, Any], finish: str | None) -> dict[str, Any]:
    return {"index": 0, "delta": delta, "finish_reason": finish}


def _usage(step: Says) -> dict[str, int]:
    total = step.input_tokens + step.output_tokens
    return {"prompt_tokens": step.input_tokens, "completion_tokens": step.output_tokens, "total_tokens": total}
