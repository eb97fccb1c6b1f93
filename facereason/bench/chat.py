"""How a chat keeps up: the first words of an answer, 200 turns, a long log, an explanation.

Reads `photos/six_people.jpg` below the data folder. Everything runs in processes of its own, pinned to one core.
"""

from __future__ import annotations

import os
import statistics
from collections.abc import Callable
from pathlib import Path

from facereason.bench.results import Figure
from facereason.bench.speed import numbers, one_core
from facereason.types import FaceReasonError

TURNS = 200
LOGGED = 100_000
SIX = "photos/six_people.jpg"

_QUESTIONS = """
QUESTIONS = (
    "How many people are there?", "How does the woman on the far right feel?", "Why?", "And the man beside her?",
    "Who looks the happiest?", "Is anyone frowning?", "Describe person 2.", "How old is he?",
    "Who looks at the camera?",
    "Compare person 1 and person 4.",
)
"""
_TURNS = (
    """
import resource, sys, time
from facereason.agent import FaceReason
from facereason.sessions import Log, Session
from pathlib import Path
"""
    + _QUESTIONS
    + """
session = Session(FaceReason(), Log(Path(sys.argv[2]) / "log.db"))
session.add(sys.argv[1])
session.chat()
for question in QUESTIONS: session.ask(question)
for turn in range(int(sys.argv[3])):
    began = time.perf_counter(); session.ask(QUESTIONS[turn % len(QUESTIONS)]); took = time.perf_counter() - began
    memory = int(open("/proc/self/statm").read().split()[1]) * resource.getpagesize() / 1e6
    print(1000 * took); print(memory)
"""
)
_LOG = """
import sys, time
from pathlib import Path
from facereason.sessions import Log, Started
log = Log(Path(sys.argv[1]) / "long.db")
log.start(Started(id="s", name="s", started="", options={}))
words = ("happy", "sad", "angry", "neutral", "surprised", "afraid")
said = (("s", 1, "", "", f"How does person {n} in photo {n % 977} feel?", f"The woman in {words[n % 5]} red number {n} "
         f"appears {words[n % 6]} (.{n % 90 + 10}): lip corners pulled up (AU12), cheeks raised (AU6).", "answered",
         '{"people": [{"number": 1}], "evidence": []}') for n in range(int(sys.argv[2])))
columns = "session, photo, asked, model, question, text, outcome, answer"
log._write(lambda db: db.executemany(f"INSERT INTO turns ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)", said))
assert not log.behind, log.behind
log.close()
for query in ("angry", "happy woman", "photo 512", '"lip corners" surprised', "person 99999", "sad OR afraid") * 3:
    log = Log(log.path)
    began = time.perf_counter(); found = log.search(query); print(1000 * (time.perf_counter() - began))
    assert found
    log.close()
"""
_EXPLAIN = """
import sys, time
from facereason import images
from facereason.faces import Instrument
instrument, photo = Instrument(threads=1), images.open(sys.argv[1])
scene = instrument.look(photo)
assert len(scene.people) == 6
instrument.explain(photo, scene.people[0])
for person in scene.people * 3:
    began = time.perf_counter(); instrument.explain(photo, person); print(time.perf_counter() - began)
"""


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder that has `photos/`."""
    import tempfile

    folder = data or os.environ.get("FACEREASON_DATA")
    photo = Path(folder or "") / SIX
    if not folder or not photo.is_file():
        raise FaceReasonError(f"no {photo}: name the folder with {SIX} by --data or FACEREASON_DATA")
    with one_core(), tempfile.TemporaryDirectory() as scratch:
        say(f"{TURNS} turns")
        told = numbers(_TURNS, str(photo), scratch, str(TURNS))
        times, memory = told[::2], told[1::2]
        say(f"{LOGGED:,} answers")
        searched = numbers(_LOG, scratch, str(LOGGED))
        say("explanations")
        explained = numbers(_EXPLAIN, str(photo))
    first, last = statistics.median(times[:50]), statistics.median(times[-50:])
    return [
        _timed("chat: first words of an embedded answer, ms", SIX, times),
        Figure(name="chat: 200 turns, slowest answer, ms", on=SIX, value=max(times), n=len(times)),
        Figure(
            name="chat: median of the last 50 of 200 turns over that of the first 50", on=SIX, value=last / first, n=100
        ),
        Figure(name="chat: memory grown over 200 turns, MB", on=SIX, value=memory[-1] - memory[0], n=len(memory)),
        _timed("log of 100,000 answers: a search, the log just opened, ms", "answers made up", searched),
        _timed("explain, reader, one face, one core, s", SIX, explained),
    ]


def _timed(name: str, on: str, times: list[float]) -> Figure:
    return Figure(name=name, on=on, value=statistics.median(times), n=len(times), low=min(times), high=max(times))
