"""The harness itself: what its engine adds to calls, how fast it scores and reports, and what a SIGKILL costs.

A server of our own on this machine answers each call after 50 ms. Everything is timed in processes of its own.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from facereason import images
from facereason.bench import speed
from facereason.bench.results import Figure
from facereason.facs import UNITS, adjective
from facereason.runner import Journal
from facereason.types import EmotionLabel, FaceReasonError

Say = Callable[[str], None]

CALLS, IN_FLIGHT, DELAY = 1000, 64, 0.05
"""Calls, of which so many at a time, each of so many seconds."""
REPEATS = 3
THOUGHTS, CHOICES, ROWS = 3000, 10_000, 50_000
KILLED = 600
"""Questions of a run that is killed at half."""
OPTIONS = ("yes", "no", "cannot tell")


def figures(data: str | None, say: Say) -> list[Figure]:
    """All of it, `data` unused. FaceReasonError where the client of API models is not installed."""
    if importlib.util.find_spec("openai") is None:
        raise FaceReasonError('measuring calls needs openai: pip install "facereason[api]"')
    found = []
    with tempfile.TemporaryDirectory() as name, Server() as server:
        folder = Path(name)
        say("calls against plain asyncio")
        found.append(_engine(folder / "calls", server))
        say("scoring")
        found += _scoring()
        say("a report")
        found += _report(folder / "report")
        for executor in ("local", *(["ray"] if importlib.util.find_spec("ray") else [])):
            say(f"a kill, {executor}")
            found.append(_kill(folder / executor, server, executor))
    return found


# -------------------------------------------------------------------------------------------------------------- calls

_ENGINE = """
import asyncio, sys, time
from pathlib import Path
from facereason.bench.runs.respondents import ModelRespondent
from facereason.bench.runs.running import Plan, start
from facereason.bench.tasks.task import Source
from facereason.vlm.api import Settings
from facereason.vlm.opening import open_model

model, file, out, in_flight, repeats = sys.argv[1:4] + [int(word) for word in sys.argv[4:]]
plan = Plan(model=model, suites=(file,), in_flight=in_flight)
(task,) = plan.tasks
questions = list(task.questions(Source()))

def plain():
    client = open_model(model, Settings(timeout=300.0, in_flight=in_flight))
    asked = ModelRespondent(client, together=in_flight, served=True)
    async def all():
        gate = asyncio.Semaphore(in_flight)
        async def one(question):
            async with gate:
                return await asked.ask(question)
        return await asyncio.gather(*(one(question) for question in questions))
    began = time.perf_counter()
    replies = asyncio.run(all())
    took = time.perf_counter() - began
    assert len(replies) == len(questions)
    return took

def engine(number):
    began = time.perf_counter()
    ended = start(plan, Path(f"{out}-{number}"))
    took = time.perf_counter() - began
    assert [report.done for report in ended.reports.values()] == [len(questions)]
    return took

plain()
for number in range(repeats):
    print(engine(number) / plain())
"""


def _engine(folder: Path, server: Server) -> Figure:
    """How many times as long a whole run takes, opening, scoring and journal included, as the same client's calls
    behind a semaphore."""
    file = _questions(folder, CALLS)
    with _key():
        ratios = speed.numbers(_ENGINE, server.model, str(file), str(folder / "run"), str(IN_FLIGHT), str(REPEATS))
    return Figure(
        name=f"{CALLS:,} calls of 50 ms, {IN_FLIGHT} in flight, of plain asyncio's time, ratio",
        on="a server on this machine",
        value=statistics.median(ratios),
        n=len(ratios),
        low=min(ratios),
        high=max(ratios),
    )


def _questions(folder: Path, count: int) -> Path:
    """A file of questions about twenty grey pictures."""
    import numpy as np

    folder.mkdir(parents=True)
    for number in range(20):
        pixels = np.full((48, 48, 3), 10 * number, np.uint8)
        (folder / f"{number}.png").write_bytes(images.encode(pixels, "png"))
    lines = (
        {
            "id": f"q{n}",
            "image": f"{n % 20}.png",
            "question": "Is she smiling?",
            "options": list(OPTIONS),
            "answer": "yes",
        }
        for n in range(count)
    )
    file = folder / "questions.jsonl"
    file.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return file


@contextmanager
def _key() -> Iterator[None]:
    """A key for the server here, for child processes."""
    before = os.environ.get("VLLM_API_KEY")
    os.environ["VLLM_API_KEY"] = "none"
    try:
        yield
    finally:
        if before is None:
            del os.environ["VLLM_API_KEY"]
        else:
            os.environ["VLLM_API_KEY"] = before


class Server:
    """Says yes to every call of OpenAI's chat completions, after `DELAY`; `calls` are those that it began."""

    def __init__(self) -> None:
        self.calls = 0
        self._loop = asyncio.new_event_loop()
        self._begun = threading.Event()
        self._port = 0

    @property
    def model(self) -> str:
        return f"vllm/m+url=http://127.0.0.1:{self._port}/v1"

    def __enter__(self) -> Server:
        threading.Thread(target=self._serve, daemon=True).start()
        self._begun.wait()
        return self

    def __exit__(self, *error: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)

    def _serve(self) -> None:
        server = self._loop.run_until_complete(asyncio.start_server(self._answer, "127.0.0.1", 0))
        self._port = server.sockets[0].getsockname()[1]
        self._begun.set()
        self._loop.run_forever()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        choice = {"index": 0, "message": {"role": "assistant", "content": "yes"}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        whole = {
            "id": "1",
            "object": "chat.completion",
            "created": 1,
            "model": "m",
            "choices": [choice],
            "usage": usage,
        }
        body = json.dumps(whole).encode()
        head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        try:
            while True:
                asked = await reader.readuntil(b"\r\n\r\n")
                lengths = [line for line in asked.lower().split(b"\r\n") if line.startswith(b"content-length:")]
                await reader.readexactly(int(lengths[0].partition(b":")[2]))
                self.calls += 1
                await asyncio.sleep(DELAY)
                writer.write(head + body)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()


# ------------------------------------------------------------------------------------------------------------ scoring

_SCORING = """
import random, sys, time
from facereason.bench import harness
from facereason.scoring import SCORERS

count, repeats = int(sys.argv[2]), int(sys.argv[3])
for number in range(repeats):
    replies = getattr(harness, sys.argv[1])(number, count)  # others each time: nothing is met twice
    score, truth = SCORERS[replies.scorer], replies.truth
    began = time.process_time()
    for text in replies.texts:
        score(text, truth)
    print(count / (time.process_time() - began))
"""


class _Replies:
    def __init__(self, scorer: str, truth: Mapping[str, Any], texts: list[str]) -> None:
        self.scorer, self.truth, self.texts = scorer, truth, texts
        if len(set(texts)) != len(texts):
            raise FaceReasonError("two replies that are scored are the same: the figure would not say what it claims")


def choices(seed: int, count: int) -> _Replies:
    """Replies to a question with options, all different: words, letters, sentences, refusals, nonsense."""
    rng = random.Random(seed)
    emotions = [label.value for label in EmotionLabel]
    frames = (
        "{a}",
        "The answer is {a}.",
        "{n}: {a}",
        "It is {a}, not {b}.",
        "I cannot tell.",
        "I'm sorry, I can't help.",
    )
    texts = []
    for n in range(count):
        said = rng.choice(frames).format(a=rng.choice(emotions), b=rng.choice(emotions), n=n)
        texts.append(f"<think>Face {seed}-{n}.</think> {said}")
    return _Replies("emotion", {"answer": "anger", "votes": {"anger": 7, "fear": 3}}, texts)


def thoughts(seed: int, count: int) -> _Replies:
    """Thoughts about two to four units with one denied or doubted, and a conclusion, some 27 words, all different."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < count:
        found.setdefault(_thought(rng))
    truth = {"answer": "happiness", "votes": {"happiness": 8, "neutral": 2}, "units": [6, 12]}
    return _Replies("think", truth, list(found))


_SEEN = ("the {w} ({c})", "{c} is active, with {w}", "there are {w} ({c})", "{how} {w} ({c})")
_HOW = ("slightly", "clearly", "strongly", "barely", "markedly")
_DENIED = ("there is no {c}", "no {c} or {d} is visible", "{c} is absent", "perhaps some {c}", "without {c}")
_SO = ("Together this looks {a}.", "This suggests {e}.", "The expression is one of {e}.", "So the face appears {a}.")


def _thought(rng: random.Random) -> str:
    numbers = rng.sample(sorted(UNITS), rng.randint(2, 4))
    parts = [
        rng.choice(_SEEN).format(w=UNITS[number].words, c=f"AU{number}", how=rng.choice(_HOW)) for number in numbers
    ]
    one, other = rng.sample(sorted(UNITS.keys() - set(numbers)), 2)
    parts.insert(rng.randint(1, len(parts)), rng.choice(_DENIED).format(c=f"AU{one}", d=f"AU{other}"))
    said = parts[0] + "".join(rng.choice((", ", "; ", " and ", ", while ")) + part for part in parts[1:])
    label = rng.choice(list(EmotionLabel))
    so = rng.choice(_SO).format(a=adjective(label), e=label.value)
    return f"<think>{said[0].upper()}{said[1:]}. {so}</think><answer>{label.value}</answer>"


def _scoring() -> list[Figure]:
    found = []
    for kind, on, count in (
        ("choices", "replies all different", CHOICES),
        ("thoughts", "thoughts all different", THOUGHTS),
    ):
        rates = speed.numbers(_SCORING, kind, str(count), str(REPEATS))
        found.append(
            Figure(
                name=f"scoring of {kind} without ROUGE, records, a second",
                on=on,
                value=statistics.median(rates),
                n=count,
                low=min(rates),
                high=max(rates),
            )
        )
    return found


# ------------------------------------------------------------------------------------------------------------- report

_REPORT = """
import resource, sys, time
from pathlib import Path
from facereason.bench.report import writing
began = time.perf_counter()
writing.report([Path(sys.argv[1])], Path(sys.argv[2]))
print(time.perf_counter() - began)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)
"""


def _report(folder: Path) -> list[Figure]:
    """Of a run of the fake model, whose rows are written again under other ids, photos, answers and groups."""
    from facereason.bench.runs import running
    from facereason.runner import Row

    file = _questions(folder, 20)
    out = folder / "run"
    running.start(running.Plan(model="fake", suites=(str(file),)), out)
    where = running.folder(out, "own/questions")
    (first, *_) = [row.result for row in Journal(where).rows()]
    rng = random.Random(0)
    writer = Journal(where).open()
    for number in range(ROWS - 20):
        reply = rng.choice(OPTIONS)
        right = reply == "yes"
        told = {"id": f"r{number}", "photo": f"p{number}", "reply": reply, "answer": reply}
        groups = {"light": rng.choice(("dim", "bright")), "age": rng.choice(("20-29", "30-39", "40-49"))}
        told |= {"outcome": "right" if right else "wrong"}
        writer.add(Row(key=f"r{number}", result=first | told | {"groups": groups}, seconds=0.05))
    writer.close()
    seconds, memory = speed.numbers(_REPORT, str(out), str(folder / "page"))
    return [
        Figure(name=f"report on {ROWS:,} rows, s", on="one task, two kinds of groups", value=seconds, n=1),
        Figure(name="report, the same, peak memory, MB", on="one task, two kinds of groups", value=memory, n=1),
    ]


# -------------------------------------------------------------------------------------------------------------- kills

_RUN = """
import sys
from pathlib import Path
from facereason.bench.runs.running import Plan, start
model, file, out, in_flight, executor = sys.argv[1:]
start(Plan(model=model, suites=(file,), in_flight=int(in_flight), executor=executor), Path(out))
"""


def _kill(folder: Path, server: Server, executor: str) -> Figure:
    """Calls that had to be made again when the process that runs it is killed at half."""
    file = _questions(folder, KILLED)
    command = [sys.executable, "-c", _RUN, server.model, str(file), str(folder / "run"), str(IN_FLIGHT), executor]
    before = server.calls
    with _key():
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            while server.calls - before < KILLED // 2:
                if process.poll() is not None:
                    raise FaceReasonError("a run ended before it could be killed: nothing was measured")
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
        time.sleep(2)  # workers elsewhere end with it
        again = subprocess.run(command, capture_output=True, text=True, check=False)
    if again.returncode:
        raise FaceReasonError(
            f"a run that was killed did not go on: {(again.stderr.splitlines() or ['no message'])[-1]}"
        )
    return Figure(
        name=f"lost by a SIGKILL at half, {IN_FLIGHT} in flight, {executor}, calls",
        on=f"{KILLED} questions",
        value=server.calls - before - KILLED,
        n=KILLED,
    )
