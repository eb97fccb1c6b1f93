"""Faces that a model is asked about to learn from rewards, each with what is known of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason import records
from facereason.scoring import Truth
from facereason.train import tasks
from facereason.train.crops import Crop, UnitsFrom
from facereason.train.vlm import batches, questions
from facereason.train.vlm.recipe import Part
from facereason.types import ActionUnit, EmotionLabel, UnitState, to_dict

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout:
    """One face, one way to ask how the person feels, and `truth` as JSON (`written`)."""

    id: str
    image: bytes
    question: str
    truth: str


def known(crop: Crop) -> Truth | None:
    """What is known of a face; None where nothing is.

    Units that the reader read are no labels: they go in as readings. Only rendered truth and labels of annotators are
    units.
    """
    read = crop.source is UnitsFrom.READ
    units = None if read or crop.units is None else frozenset(crop.units)
    readings = tuple(each for each in crop.readings or () if each.state is not UnitState.UNKNOWN) or None
    if crop.label is None and not crop.votes and units is None and readings is None:
        return None
    return Truth(emotion=crop.label, votes=crop.votes, units=units, readings=readings)


def dataset(
    parts: Sequence[Part], folder: str | Path | None, seed: int, cache: Path, say: Callable[[str], None]
) -> Dataset:
    """Columns as TRL's GRPO reads them, `image` and `prompt`, and beside them `question`, `truth` and `id`. DataError
    where nothing is known of any face."""
    rows = questions.kept(drawn, ("question", "truth", "id"), parts, folder, seed, cache, say)
    return rows.with_transform(_opened)


def drawn(parts: Sequence[Part], folder: str | Path | None, seed: int) -> Iterator[Rollout]:
    """Every face of which something is known, as often as its part says."""
    ways = tasks.wordings()["emotion"]
    for part in parts:
        often = part.ask["emotion"]
        for crop in questions.faces(part, folder):
            truth = known(crop)
            rng = questions.chance(crop, seed)
            for _ in range(int(often) + (rng.random() < often - int(often))):
                if truth is not None:
                    asked = ways[0] if part.words == "first" else rng.choice(ways)
                    yield Rollout(id=crop.id, image=crop.image, question=asked, truth=written(truth))


def _opened(rows: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
    """Pictures decoded and prompts made as they are needed. PictureError names one that cannot be."""
    told = {name: list(values) for name, values in rows.items()}
    if "image" in rows:
        ids = rows.get("id", [""] * len(rows["image"]))
        told["image"] = [
            batches.picture({"image": image, "id": name}) for image, name in zip(rows["image"], ids, strict=True)
        ]
    if "question" in rows:
        told["prompt"] = [[{"role": "user", "content": question}] for question in rows["question"]]
    return told


def written(truth: Truth) -> str:
    """As JSON; what is not known is left out."""
    told: dict[str, Any] = {}
    if truth.emotion is not None:
        told["emotion"] = truth.emotion.value
    if truth.votes:
        told["votes"] = {label.value: n for label, n in truth.votes.items() if n}
    if truth.units is not None:
        told["units"] = sorted(truth.units)
    if truth.readings is not None:
        told["readings"] = [to_dict(each) for each in truth.readings]
    return json.dumps(told)


def read(text: str) -> Truth:
    """What `written` wrote."""
    told = json.loads(text)
    return Truth(
        emotion=EmotionLabel(told["emotion"]) if "emotion" in told else None,
        votes={EmotionLabel(label): n for label, n in told["votes"].items()} if "votes" in told else None,
        units=frozenset(told["units"]) if "units" in told else None,
        readings=tuple(records.build(ActionUnit, each, "readings") for each in told["readings"])
        if "readings" in told
        else None,
    )
