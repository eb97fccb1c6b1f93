"""A run of probes: a linear classifier on an encoder's features from 1, 5, 20 and 100 labels a class.

Emotion learns on FER+ train and is tried on FER+ test; perceived gender and age group learn on FairFace train and are
tried on FairFace val; action units learn on one half of the studio's frozen faces and are tried on the other. Labels
are drawn several times. Rows are those of any run: compare and report read them.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facereason import __version__, images, scoring
from facereason.bench import renders
from facereason.bench.probing import encoders, linear
from facereason.bench.probing.encoders import Encoder, Vector
from facereason.bench.runs import rows
from facereason.bench.runs.respondents import aligned
from facereason.bench.runs.running import LEARNT
from facereason.bench.tasks import asking
from facereason.bench.tasks.task import Source
from facereason.data import BadRow, DataError, Record
from facereason.facs import UNITS
from facereason.runner import Journal
from facereason.runner import Row as Kept
from facereason.scoring import Disposition
from facereason.types import FaceReasonError, UsageError
from facereason.vlm import Picture

SHOTS = (1, 5, 20, 100)
DRAWS = 3
TRIED = 1000
"""Faces that probes are tried on, where no limit is given."""
POOL = 6000
"""Faces at most from which labels are drawn."""
FEWEST = 20
"""Faces with a unit, and without it, that are needed in both halves for it to be probed."""

Label = Callable[[Record], str | None]


@dataclass(frozen=True, slots=True)
class Face:
    id: str
    vector: Vector
    label: str


@dataclass(frozen=True, slots=True)
class Probe:
    """`learn` and `try_`: data set and split."""

    learn: tuple[str, str]
    try_: tuple[str, str]
    label: Label


def _emotion(record: Record) -> str | None:
    return record.labels[0].value if asking.single_emotion(record) and record.labels else None


PROBES: Mapping[str, Probe] = {
    "emotion": Probe(("ferplus", "train"), ("ferplus", "test"), _emotion),
    "gender": Probe(("fairface", "train"), ("fairface", "val"), lambda record: record.gender and record.gender.value),
    "age": Probe(
        ("fairface", "train"), ("fairface", "val"), lambda record: record.age_group and record.age_group.value
    ),
}
UNITS_TASK = "units"


def probe(
    name: str,
    out: Path,
    data: str | None,
    *,
    limit: int | None = None,
    seed: int = 0,
    encoder: Encoder | None = None,
    step: Callable[[], None] = lambda: None,
) -> dict[str, str]:
    """Run every probe whose data are there, and write a run; the others by name, each with why it was not run.

    UsageError where `out` holds a run already: features are not kept, so a probe does not go on.
    """
    if (out / "run.json").exists():
        raise UsageError(f"{out}: there is a run already; name another folder")
    eye = encoder or encoders.opened(name)
    options = {"--data": data, "--limit": limit, "--seed": seed or None}
    given = [str(word) for each in options.items() if each[1] is not None for word in each]
    command = shlex.join(["facereason", "bench", "probe", name, *given])
    missing: dict[str, str] = {}
    told: dict[str, Any] = {
        "model": dict(eye.provenance), "seed": seed, "limit": limit, "photos": None, "confidence": True,
        "facereason": __version__, "learnt": sorted(LEARNT.get(name, ())), "tasks": {},
    }  # fmt: skip
    see = _Seeing(eye, step)
    for what in (*PROBES, UNITS_TASK):
        entry = {"data": [f"{':'.join(split)}" for split in _splits(what)], "command": command}
        try:
            made = (
                _units(see, data, limit, seed) if what == UNITS_TASK else _classes(PROBES[what], see, data, limit, seed)
            )
        except FaceReasonError as error:
            missing[what] = str(error)
            told["tasks"][f"probing/{what}"] = _entry(what, 0, str(error)) | entry
            continue
        for shots, found in made.items():
            told["tasks"][f"probing/{what}-{shots}"] = _entry(what, shots, "") | entry
            _written(out / "probing" / f"{what}-{shots}", found)
    out.mkdir(parents=True, exist_ok=True)
    (out / "run.json").write_text(json.dumps(told, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return missing


def _splits(what: str) -> tuple[tuple[str, str], ...]:
    return (("studio", "faces"),) if what == UNITS_TASK else (PROBES[what].learn, PROBES[what].try_)


def _entry(what: str, shots: int, missing: str) -> dict[str, Any]:
    return {
        "says": f"{what} from {shots} labels a class" if shots else f"{what} from few labels",
        "scorer": "probe",
        "prompt": "none",
        "prompt_sha256": "none",
        "protocol": f"logistic regression (C = 1) on standardised features, {DRAWS} draws of labels, "
        "of a class that has fewer all",
        "learnt": [name for name, _ in _splits(what)],
        "missing": missing,
    }


class _Seeing:
    """The encoder on records; what it saw of an image is kept, as splits are used by several probes."""

    def __init__(self, encoder: Encoder, step: Callable[[], None]) -> None:
        self._encoder, self._step = encoder, step
        self._seen: dict[tuple[str, str], Vector] = {}

    def of(self, record: Record) -> Vector:
        key = (f"{record.dataset}:{record.split}", record.id)
        if key not in self._seen:
            crop = aligned(Picture(images.open(record.image).pixels)).pixels
            self._seen[key] = self._encoder.see(crop)
            self._step()
        return self._seen[key]


def _labelled(found: Iterator[Record | BadRow], label: Label) -> Iterator[tuple[Record, str]]:
    for each in found:
        if isinstance(each, Record) and (said := label(each)) is not None:
            yield each, said


def _classes(plan: Probe, see: _Seeing, data: str | None, limit: int | None, seed: int) -> dict[int, list[rows.Row]]:
    source = Source(folder=data, limit=POOL)
    pool: dict[str, list[Record]] = {}
    for record, label in _labelled(asking.records(*plan.learn, source, lambda record: True), plan.label):
        pool.setdefault(label, []).append(record)
    tried = Source(folder=data, limit=limit or TRIED)

    def known(record: Record) -> bool:
        return plan.label(record) is not None

    faces = [
        Face(record.id, see.of(record), label)
        for record, label in _labelled(asking.records(*plan.try_, tried, known), plan.label)
    ]
    rng = np.random.default_rng(seed)
    made: dict[int, list[rows.Row]] = {shots: [] for shots in SHOTS}
    for draw in range(DRAWS):
        order = {label: rng.permutation(len(found)) for label, found in sorted(pool.items())}
        for shots in SHOTS:
            drawn = [(pool[label][i], label) for label, places in order.items() for i in places[:shots]]
            learnt = linear.fitted(np.stack([see.of(record) for record, _ in drawn]), [label for _, label in drawn])
            made[shots] += _rows(learnt, faces, draw, {})
    return made


def _units(see: _Seeing, data: str | None, limit: int | None, seed: int) -> dict[int, list[rows.Row]]:
    """Yes or no for every unit that is often enough there; both halves of the frozen set serve once each draw."""
    folder = str(renders.folder(data, "faces"))
    source = Source(folder=folder, limit=2 * (limit or TRIED))
    found = [each for each in asking.records("studio", "test", source, lambda record: True) if isinstance(each, Record)]
    vectors = np.stack([see.of(record) for record in found])
    there = [
        scoring.present_units({unit: level or 0.0 for unit, level in (record.action_units or {}).items()})
        for record in found
    ]
    half = np.arange(len(found)) % 2
    rng = np.random.default_rng(seed)
    made: dict[int, list[rows.Row]] = {shots: [] for shots in SHOTS}
    for unit in UNITS:
        acts = np.array([unit in units for units in there])
        counts = [int((acts[half == side] == state).sum()) for side in (0, 1) for state in (True, False)]
        if min(counts) < FEWEST:
            continue
        faces = [
            Face(f"{found[i].id}/AU{unit}", vectors[i], "yes" if acts[i] else "no") for i in np.flatnonzero(half == 1)
        ]
        for draw in range(DRAWS):
            order = [rng.permutation(np.flatnonzero((half == 0) & (acts == state))) for state in (True, False)]
            for shots in SHOTS:
                places = np.concatenate([each[:shots] for each in order])
                learnt = linear.fitted(vectors[places], ["yes" if acts[i] else "no" for i in places])
                made[shots] += _rows(learnt, faces, draw, {"unit": f"AU{unit}"})
    if not made[SHOTS[0]]:
        raise DataError(f"{folder}: no unit acts on {FEWEST} faces of each half; render more of the frozen set there")
    return made


def _rows(learnt: linear.Linear, faces: Sequence[Face], draw: int, groups: Mapping[str, str]) -> list[rows.Row]:
    chances = learnt.probabilities(np.stack([face.vector for face in faces]))
    made = []
    for face, row in zip(faces, chances, strict=True):
        best = int(row.argmax())
        answer = learnt.labels[best]
        made.append(
            rows.Row(
                id=f"{face.id}#{draw}",
                photo=face.id.partition("/AU")[0],
                images=(),
                prompt="none",
                reply=answer,
                outcome=Disposition.RIGHT if answer == face.label else Disposition.WRONG,
                truth={"answer": face.label, "options": list(learnt.labels)},
                answer=answer,
                confidence=round(float(row[best]), 6),
                groups={"draw": str(draw), **groups},
            )
        )
    return made


def _written(folder: Path, found: Sequence[rows.Row]) -> None:
    journal = Journal(folder).open()
    try:
        for row in found:
            journal.add(Kept(key=row.id, result=rows.plain(row)))
    finally:
        journal.close()
