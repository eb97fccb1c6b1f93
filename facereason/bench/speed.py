"""How fast and how large: the reader, a look, a cold question, an installation. Each pinned to one core where it says
so."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from facereason import resources
from facereason.bench.results import Figure
from facereason.types import FaceReasonError

Say = Callable[[str], None]

_READER = """
import time, numpy as np
from facereason import resources
from facereason.faces.reader import Reader
reader = Reader(resources.weights("reader.onnx"), threads=1)
crop = np.random.default_rng(0).integers(0, 256, (1, 112, 112, 3), dtype=np.uint8)
for _ in range(20): reader.read(crop)
for _ in range(200):
    began = time.perf_counter(); reader.read(crop); print(1000 * (time.perf_counter() - began))
"""
_LOOK = """
import resource, sys, time
from facereason import images
from facereason.faces import Instrument
instrument, photo = Instrument(threads=1), images.open(sys.argv[1])
found = {len(instrument.look(photo).people) for _ in range(3)}
assert found == {6}, found
for _ in range(30):
    began = time.perf_counter(); instrument.look(photo); print(1000 * (time.perf_counter() - began))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6)
"""

_ASK = """
import sys, time
from facereason import FaceReason, images
face, photo = FaceReason(), images.open(sys.argv[1])
face.ask(photo, "How many people are there?")
for question in ("Who looks happiest?", "How does the person on the left feel, and why?", "Is anyone frowning?") * 5:
    began = time.perf_counter(); face.ask(photo, question); print(1000 * (time.perf_counter() - began))
"""

_NANO = """
import time, numpy as np
from facereason.vlm.messages import Message, Picture
from facereason.vlm.nano.model import NanoModel
model = NanoModel(threads=1)
crop = Picture(np.random.default_rng(0).integers(0, 256, (112, 112, 3), dtype=np.uint8))
asked = (Message.user(crop, "Which emotion does this face show, and why?"),)
for turn in range(12):
    began = time.perf_counter()
    inputs, reading = model._inputs(asked), model._parts[0].reading()
    logits = reading.read(inputs)
    for _ in range(64):  # past the end that it would make, so that every answer has as many
        token = int(logits.argmax())
        logits = reading.read(model._parts[0].embed[token : token + 1])
    if turn > 1: print(1000 * (time.perf_counter() - began))
"""


def figures(data: str | None, say: Say) -> list[Figure]:
    """Timings in ms and s (median, least and largest), memory in MB. `data`: the folder that has `photos/`."""
    folder = data or os.environ.get("FACEREASON_DATA")
    photo = Path(folder or "") / "photos" / "six_people.jpg"
    if not folder or not photo.is_file():
        raise FaceReasonError(f"no {photo}: name the folder with photos/six_people.jpg by --data or FACEREASON_DATA")
    say("reader, one face, one core")
    with one_core():
        reader = numbers(_READER)
        say("look, six faces, one core")
        *look, memory = numbers(_LOOK, str(photo))
        say("ask, six faces, one core")
        warm = numbers(_ASK, str(photo))
        say("nano, 64 tokens, one core")
        words = numbers(_NANO)
    say("ask, cold")
    ask = []
    for _ in range(7):
        began = time.perf_counter()
        command = [sys.executable, "-m", "facereason", "ask", "--example", "How does she feel, and why?"]
        _run(command)
        ask.append(time.perf_counter() - began)
    return [
        _timed("reader, one face, one core, ms", "random crops", reader),
        _timed("look, warm, six faces, 1280 px, one core, ms", "photos/six_people.jpg", look),
        Figure(name="look, the same, peak memory, MB", on="photos/six_people.jpg", value=memory, n=1),
        _timed("ask, warm, six faces, 1280 px, looking included, one core, ms", "photos/six_people.jpg", warm),
        _timed("ask --example, cold, whole process, s", "the example photo", ask[1:]),
        _timed("nano, answer of 64 tokens about one crop, warm, one core, ms", "random crop", words),
        Figure(
            name="nano, its files, MB",
            on="weights/nano",
            value=_size(resources.weights("nano/config.json").parent),
            n=1,
        ),
    ]


def install_figures(data: str | None, say: Say) -> list[Figure]:
    """Size in MB of the base install in an empty environment, `data` unused. Needs a checkout and a package index."""
    root = Path(__file__).parents[2]
    if not (root / "pyproject.toml").is_file():
        raise FaceReasonError(f"{root} is no checkout of facereason: clone it to measure the installation")
    with tempfile.TemporaryDirectory() as folder:
        say("making an environment")
        _run([sys.executable, "-m", "venv", folder])
        before = _size(Path(folder))
        say("pip install .")
        pip = [f"{folder}/bin/pip", "install", "-q", "-c", str(root / "constraints.txt"), str(root)]
        _run(pip)
        grown = _size(Path(folder)) - before
    return [Figure(name="base install, empty environment, MB", on="pip install .", value=grown, n=1)]


@contextmanager
def one_core() -> Iterator[None]:
    """Everything inside, child processes too, runs on the last core."""
    if not hasattr(os, "sched_setaffinity"):
        raise FaceReasonError("timing on one core needs Linux; this system cannot pin a process to a core")
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(cores)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, cores)


def numbers(program: str, *arguments: str) -> list[float]:
    """What a Python program prints, a number a line."""
    out = _run([sys.executable, "-c", program, *arguments])
    return [float(line) for line in out.split()]


def _run(command: list[str]) -> str:
    """What a command prints; FaceReasonError with its last line where it fails."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise FaceReasonError(f"{Path(command[0]).name} failed while measuring: {last}")
    return done.stdout


def _timed(name: str, on: str, times: list[float]) -> Figure:
    return Figure(name=name, on=on, value=statistics.median(times), n=len(times), low=min(times), high=max(times))


def _size(folder: Path) -> float:
    return sum(file.lstat().st_size for file in folder.rglob("*") if file.is_file() and not file.is_symlink()) / 1e6
