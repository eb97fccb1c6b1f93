"""Frozen questions about photos of several people, asked of the agent from the photo on: the share that ends right.

The photos are studio groups with exact truth and collages of labelled faces (`collages`), the questions those of
`eval/agent/` (its README has the rules of truth). A person whom no detector finds makes an answer wrong, as it is for a
user; how often that is the reason is told apart.

Reads `groups/` below the data folder, rendered from `eval/studio/groups.jsonl.gz`, FairFace val and FER+ test. Where
`FACEREASON_ROWS` names a folder, each row is written there with its answer and what is wrong with it.
"""

from __future__ import annotations

import gzip
import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason import resources
from facereason.bench import collages, renders
from facereason.bench.collages import Pixels
from facereason.bench.results import Figure, share
from facereason.scoring import expected
from facereason.types import Answer, Box, Outcome, Person, Scene

if TYPE_CHECKING:
    from facereason.agent import FaceReason

FILES = {"work": "questions", "scored": "questions", "who_work": "who", "who": "who"}
"""File of `eval/agent/` to what its rows are."""
WARNED = 0.6  # confidence below which an answer counts as one with a warning


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A row with its answer. `found`: a number of the truth for each person of the answer, none for somebody who is not
    there; `problem`: what is wrong, empty where nothing is; `missed`: it asks for somebody whom the detectors did not
    find; `seconds` for the question alone."""

    row: Mapping[str, Any]
    answer: Answer
    found: tuple[int | None, ...]
    problem: str
    missed: bool
    seconds: float

    @property
    def unwarned(self) -> bool:
        """Wrong, and nothing in the answer warns of it."""
        sure = self.answer.confidence is None or self.answer.confidence >= WARNED
        return bool(self.problem) and self.answer.outcome is Outcome.ANSWERED and sure


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    names = os.environ.get("FACEREASON_SETS", " ".join(FILES)).split()
    out: list[Figure] = []
    looked: dict[tuple[str, str], Scene] = {}  # sets share photos
    for name in names:
        say(name)
        done = []
        for each in rows(data, name, looked):
            done.append(each)
            say(name)
        out += _figures(name, done)
    return out


def rows(data: str | None, name: str, looked: dict[tuple[str, str], Scene] | None = None) -> Iterator[Asked]:
    """Every row of a file with its answer, photo by photo; each photo is looked at once, each row has its own chat.
    `looked`: what was measured of photos before; what is measured is added."""
    from facereason.agent import FaceReason

    instrument = FaceReason()
    asked = load(name)
    kept = os.environ.get("FACEREASON_ROWS")
    log = _log(Path(kept), name) if kept else None
    try:
        for key, pixels, truth in photos(data, asked):
            for each in _asked(instrument, pixels, truth, asked[key], key, {} if looked is None else looked):
                if log:
                    log.write(json.dumps(told(each), ensure_ascii=False) + "\n")
                yield each
    finally:
        if log:
            log.close()


def load(name: str) -> dict[tuple[str, str], list[Mapping[str, Any]]]:
    """Rows of `eval/agent/NAME.jsonl.gz`, by set and id of their photo."""
    content = (resources.suites() / "agent" / f"{name}.jsonl.gz").read_bytes()
    out: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for line in gzip.decompress(content).decode().splitlines():
        row = json.loads(line)
        out.setdefault((row["photo"]["set"], row["photo"]["id"]), []).append(row)
    return out


Truth = Mapping[int, tuple[Box, ...]]
"""Number of a person to the boxes of head and face; none where nothing of them is in the picture."""


def photos(data: str | None, wanted: Mapping[tuple[str, str], Any]) -> Iterator[tuple[tuple[str, str], Pixels, Truth]]:
    """The photos that are asked about, with where their people are."""
    if any(kind == "groups" for kind, _ in wanted):
        for name, (people, pixels) in zip(_scenes(), renders.scenes(data, "groups"), strict=False):
            if ("groups", name) in wanted:
                yield ("groups", name), pixels, {each["number"]: _boxes(each) for each in people}
    pasted = [each for each in collages.frozen() if ("collages", each.id) in wanted]
    for collage, pixels in collages.pictures(pasted, data):
        yield ("collages", collage.id), pixels, {n: (face.box,) for n, face in enumerate(collage.faces, 1)}


def _scenes() -> list[str]:
    """Ids of the frozen groups, in the order in which they are rendered."""
    content = (resources.suites() / "studio" / "groups.jsonl.gz").read_bytes()
    return [json.loads(line)["id"] for line in gzip.decompress(content).decode().splitlines()]


def _boxes(person: Mapping[str, Any]) -> tuple[Box, ...]:
    return tuple(Box(*person[name]) for name in ("head", "face") if person[name])


def _asked(
    instrument: FaceReason,
    pixels: Pixels,
    truth: Truth,
    wanted: Sequence[Mapping[str, Any]],
    key: tuple[str, str],
    looked: dict[tuple[str, str], Scene],
) -> Iterator[Asked]:
    from facereason import images
    from facereason.agent import Chat

    photo = images.open(pixels)
    scene = looked.get(key) or instrument.look(photo)
    looked[key] = scene
    who = matched(scene.people, truth)
    for row in wanted:
        chat = Chat(photo, scene, instrument.instrument)
        for before in row.get("after", ()):
            chat.ask(before)
        start = time.perf_counter()
        answer = chat.ask(row["question"])
        seconds = time.perf_counter() - start
        yield judged(row, answer, who, set(who.values()), set(truth), seconds)


# ---------------------------------------------------------------------------------------------------------- scoring


def matched(people: Sequence[Person], truth: Truth) -> dict[int, int | None]:
    """Number of each person found to the one of the truth, none where there is nobody (`scoring.expected`)."""
    own = {each.number: [box for box in (each.face.box, each.head) if box is not None] for each in people}
    return expected.matched(own, truth)


def judged(
    row: Mapping[str, Any],
    answer: Answer,
    who: Mapping[int, int | None],
    seen: set[int | None],
    everybody: set[int],
    seconds: float = 0.0,
) -> Asked:
    """The row with what is wrong with its answer; `who`: people found to those of the truth."""
    found = tuple(who.get(person.number) for person in answer.people)
    problem = wrong(row, answer, found, who)
    expect = row["expect"]
    needed = set(expect.get("people", ()))
    if "number" in expect:
        needed = everybody
    missed = bool(problem) and not needed <= seen
    return Asked(row=row, answer=answer, found=found, problem=problem, missed=missed, seconds=seconds)


def wrong(row: Mapping[str, Any], answer: Answer, found: Sequence[int | None], who: Mapping[int, int | None]) -> str:
    """What is not as expected; empty where all is. What an answer says counts only where it claims to answer."""
    expect, outcome = row["expect"], str(answer.outcome)
    accepted = expected.endings(expect)
    if outcome not in accepted:
        return f"{outcome} instead of {' or '.join(accepted)}"
    if outcome == Outcome.AMBIGUOUS and "people" in expect:
        return expected.offered(expect, found)
    if outcome == Outcome.DECLINED and row["kind"] == "unique":
        return expected.people(expect, found)
    if outcome != Outcome.ANSWERED:
        return ""
    problems = [
        expected.people(expect, found),
        *expected.said(expect, answer.text),
        expected.first(expect, answer.text, found, who),
    ]
    return "; ".join(problem for problem in problems if problem)


# ---------------------------------------------------------------------------------------------------------- figures

TITLES = {
    "work": "photo questions right (tuned on)",
    "scored": "photo questions right",
    "who_work": "references right (tuned on)",
    "who": "references right",
}
ENDS = {"unique": "the one found", "ambiguous": "asked back or all named", "nobody": "said so"}


def _figures(name: str, done: Sequence[Asked]) -> Iterator[Figure]:
    on, tuned = f"agent/{name}.jsonl.gz", " (tuned on)" if "work" in name else ""
    kinds = [each.row["kind"] for each in done]
    right = [not each.problem for each in done]
    sets = [each.row["photo"]["set"] for each in done]
    yield share(TITLES[name], on, right, {"kind": kinds, "photo": sets})
    if FILES[name] == "who":
        for kind, end in ENDS.items():
            ended = [r for r, k in zip(right, kinds, strict=True) if k == kind]
            yield share(f"references, {kind}: {end}{tuned}", on, ended)
    else:
        yield share(f"photo questions wrong without warning{tuned}", on, [each.unwarned for each in done])
    what = "references" if FILES[name] == "who" else "photo questions"
    yield share(f"{what} wrong, somebody not found{tuned}", on, [each.missed for each in done])
    times = sorted(each.seconds for each in done)
    middle = times[len(times) // 2] if times else float("nan")
    yield Figure(name=f"{what}, median{tuned}, s", on=on, value=middle, n=len(times))


def told(each: Asked) -> dict[str, Any]:
    """A row with its answer as plain data, for looking at errors one by one."""
    return {
        "id": each.row["id"],
        "photo": each.row["photo"],
        "kind": each.row["kind"],
        **({"after": each.row["after"]} if "after" in each.row else {}),
        "question": each.row["question"],
        "expect": each.row["expect"],
        "outcome": str(each.answer.outcome),
        "text": each.answer.text,
        "people": list(each.found),
        "confidence": each.answer.confidence,
        "problem": each.problem,
        "missed": each.missed,
        "unwarned": each.unwarned,
        "seconds": round(each.seconds, 4),
    }


def _log(folder: Path, name: str) -> Any:
    folder.mkdir(parents=True, exist_ok=True)
    return (folder / f"{name}.jsonl").open("w", encoding="utf-8", buffering=1)
