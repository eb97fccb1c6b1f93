"""What ApiModel adds to the bare openai client, measured on this machine: `python tests/vlm/measure_overhead.py`.

Two JSON lines: the median time of a call, calls of both interleaved; and calls a second with 64 in flight against a
server that takes 50 ms. The server is `_serve`, a process of its own, so that it takes no time of the client's.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import statistics
import time
from collections.abc import Awaitable, Callable
from multiprocessing.connection import Connection
from typing import Any

from facereason.vlm import Message, Request
from facereason.vlm.api import ApiModel, Settings
from facereason.vlm.names import parse

CALLS = 200
AT_ONCE = 64
TOGETHER = 400
LATENCY = 0.05
ROUNDS = 7
ASK = Request(messages=(Message.user("What does this face show?"),), max_tokens=20)
REPLY = {
    "id": "1",
    "object": "chat.completion",
    "created": 1,
    "model": "m",
    "choices": [{"index": 0, "message": {"role": "assistant", "content": "A smile."}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12},
}


def main() -> None:
    for latency, measure in ((0.0, overhead), (LATENCY, throughput)):
        here, there = multiprocessing.Pipe()
        process = multiprocessing.get_context("spawn").Process(target=_serve, args=(latency, there), daemon=True)
        process.start()
        url = f"http://127.0.0.1:{here.recv()}/v1"
        print(json.dumps({"cpus": os.cpu_count(), **measure(url)}))  # noqa: T201
        process.terminate()
        process.join()


def overhead(url: str) -> dict[str, Any]:
    """Median milliseconds of a call, by each way."""
    import openai

    bare = openai.OpenAI(api_key="none", base_url=url, max_retries=0)
    body = _body()
    took: dict[str, list[float]] = {"bare": [], "model": []}
    with ApiModel(parse(f"vllm/m+url={url}")) as model:
        ways: dict[str, Callable[[], Any]] = {
            "bare": lambda: bare.chat.completions.create(**body),
            "model": lambda: model.generate(ASK),
        }
        for number in range(CALLS + 20):
            for way in sorted(ways, reverse=bool(number % 2)):
                started = time.perf_counter()
                ways[way]()
                if number >= 20:
                    took[way].append(1000 * (time.perf_counter() - started))
    p50 = {way: statistics.median(times) for way, times in took.items()}
    return {
        "measure": "overhead",
        "calls": CALLS,
        "bare_p50_ms": round(p50["bare"], 3),
        "model_p50_ms": round(p50["model"], 3),
        "overhead_p50_ms": round(p50["model"] - p50["bare"], 3),
    }


def throughput(url: str) -> dict[str, Any]:
    """Calls a second with `AT_ONCE` in flight, by each way: the median of rounds that take turns."""
    rates: dict[str, list[float]] = {"bare": [], "model": []}
    for number in range(ROUNDS):
        for way in sorted(rates, reverse=bool(number % 2)):
            rates[way].append(asyncio.run(_bare_rate(url) if way == "bare" else _model_rate(url)))
    median = {way: statistics.median(values) for way, values in rates.items()}
    return {
        "measure": "throughput",
        "calls": TOGETHER,
        "in_flight": AT_ONCE,
        "latency_ms": 1000 * LATENCY,
        "bare_per_s": round(median["bare"], 1),
        "model_per_s": round(median["model"], 1),
        "ratio": round(median["model"] / median["bare"], 3),
        "ideal_per_s": AT_ONCE / LATENCY,
    }


async def _bare_rate(url: str) -> float:
    import openai

    body, places = _body(), asyncio.Semaphore(AT_ONCE)
    async with openai.AsyncOpenAI(api_key="none", base_url=url, max_retries=0) as client:

        async def call() -> None:
            async with places:
                await client.chat.completions.create(**body)

        return await _rate(call)


async def _model_rate(url: str) -> float:
    with ApiModel(parse(f"vllm/m+url={url}"), Settings(in_flight=AT_ONCE)) as model:

        async def call() -> None:
            await model.agenerate(ASK)

        return await _rate(call)


async def _rate(call: Callable[[], Awaitable[None]]) -> float:
    await asyncio.gather(*(call() for _ in range(AT_ONCE)))  # connections are open then
    started = time.perf_counter()
    await asyncio.gather(*(call() for _ in range(TOGETHER)))
    return TOGETHER / (time.perf_counter() - started)


def _body() -> dict[str, Any]:
    turns = [{"role": "user", "content": ASK.messages[0].text}]
    return {"model": "m", "messages": turns, "temperature": 0.0, "max_tokens": 20}


def _serve(latency: float, port: Connection) -> None:
    """A server that always says the same after `latency` seconds."""
    content = json.dumps(REPLY).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n".encode()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                asked = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(asked.split(b"content-length:")[1].split(b"\r\n")[0])
                await reader.readexactly(length)
                if latency:
                    await asyncio.sleep(latency)
                writer.write(head + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=256)
        port.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


if __name__ == "__main__":
    main()
