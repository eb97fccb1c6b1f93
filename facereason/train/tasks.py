"""What a face is asked about in training, and the answer its labels give: one function a task.

A task gives None for a face that has no label for it: nothing is made up. The thought of `emotion` is written from the
units that are known (`crops.Crop.units`: rendered truth, or readings that are reliable on such a photo), never from the
label; the label comes from annotators. Left and right are the picture's.
"""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml
from PIL import Image

from facereason import facs, scoring
from facereason.train.crops import Crop
from facereason.types import EmotionLabel, Gender, UsageError

Rng = random.Random


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One question about one picture, an encoded file, with the answer that is learnt."""

    id: str
    task: str
    image: bytes
    question: str
    answer: str


def sample(task: str, crop: Crop, rng: Rng, words: str = "all") -> Sample | None:
    """The face asked by a task, in one of the ways to ask, or with `words` "first" in the first one.

    None where the face has no label for it. UsageError for a task that there is not.
    """
    if task not in TASKS:
        raise UsageError(f"no task {task!r}: there are {', '.join(TASKS)}")
    told = TASKS[task](crop, rng)
    if told is None:
        return None
    fill, answer, image = told
    ways = wordings().get(ASKED_AS.get(task, task), ["{question}"])
    question = (ways[0] if words == "first" else rng.choice(ways)).format(**fill)
    return Sample(id=crop.id, task=task, image=image, question=question, answer=answer)


ASKED_AS = {"thought": "emotion"}
"""Tasks that are asked in the words of another."""


@cache
def wordings() -> Mapping[str, list[str]]:
    """Task to the ways to ask for it, from `tasks.yaml`."""
    told: dict[str, list[str]] = yaml.safe_load(Path(__file__).with_name("tasks.yaml").read_text(encoding="utf-8"))
    return told


# --------------------------------------------------------------------------------------------------------- the tasks

Told = tuple[dict[str, str], str, bytes] | None
"""What the question is filled with, the answer, and the picture."""


def _emotion(crop: Crop, rng: Rng) -> Told:
    if crop.label is None or crop.units is None:
        return None
    return {}, f"<think>{thought(crop)}</think><answer>{crop.label}</answer>", crop.image


def _thought(crop: Crop, rng: Rng) -> Told:
    """As `emotion`, of a render, which nobody labelled: its units are the truth, and the label is the emotion that they
    are typical of, where it is one alone."""
    if crop.label is not None or crop.units is None or crop.readings is not None:
        return None
    label = scoring.typical(frozenset(crop.units))
    return None if label is None else ({}, f"<think>{thought(crop)}</think><answer>{label}</answer>", crop.image)


def _label(crop: Crop, rng: Rng) -> Told:
    return None if crop.label is None else ({}, str(crop.label), crop.image)


def _units(crop: Crop, rng: Rng) -> Told:
    if crop.units is None:
        return None
    return {}, ", ".join(facs.code(unit) for unit in ordered(crop.units)) or "none", crop.image


def _unit(crop: Crop, rng: Rng) -> Told:
    """As often one that is there as one that is not."""
    if crop.units is None or crop.absent is None:
        return None
    there = bool(crop.units) and (not crop.absent or rng.random() < 0.5)
    among = sorted(crop.units) if there else sorted(crop.absent)
    if not among:
        return None
    number = rng.choice(among)
    return {"unit": facs.unit(number).words, "code": facs.code(number)}, "yes" if there else "no", crop.image


def _feels(crop: Crop, rng: Rng) -> Told:
    if crop.label is None:
        return None
    others = [label for label in EmotionLabel if label is not crop.label]
    asked = crop.label if rng.random() < 0.5 else rng.choice(others)
    return {"emotion": facs.adjective(asked)}, "yes" if asked is crop.label else "no", crop.image


def _gender(crop: Crop, rng: Rng) -> Told:
    return None if crop.gender not in (Gender.FEMALE, Gender.MALE) else ({}, str(crop.gender), crop.image)


def _age(crop: Crop, rng: Rng) -> Told:
    return None if crop.age_group is None else ({}, str(crop.age_group), crop.image)


def _race(crop: Crop, rng: Rng) -> Told:
    """Perceived race, for research and audits; no recipe of nano asks it."""
    return None if crop.race is None else ({}, str(crop.race), crop.image)


def _own(crop: Crop, rng: Rng) -> Told:
    """The data set's own question and answer, as FEA-20K and FABA-Instruct have them."""
    return None if crop.asked is None else ({"question": crop.asked[0]}, crop.asked[1], crop.image)


def _locate(crop: Crop, rng: Rng) -> Told:
    """Words that fit one person of the photo, and as the answer that person's box, as JSON: each family writes it in
    its own way (`batches`)."""
    if crop.place is None:
        return None
    words, box = crop.place
    return {"question": words}, json.dumps([box.x, box.y, box.right, box.bottom]), crop.image


def _pose(crop: Crop, rng: Rng) -> Told:
    return None if crop.turn is None else ({}, faced(crop.turn), crop.image)


def _rotation(crop: Crop, rng: Rng) -> Told:
    """Degrees counter-clockwise that were applied to the upright picture."""
    degrees = rng.choice((0, 90, 180, 270))
    return {}, str(degrees), turned(crop.image, degrees)


def _caption(crop: Crop, rng: Rng) -> Told:
    if crop.units is None:
        return None
    who = {Gender.FEMALE: "a female face", Gender.MALE: "a male face"}.get(crop.gender or Gender.UNCLEAR, "a face")
    age = f" of age {crop.age_group}" if crop.age_group is not None else ""
    feels = f" that looks {facs.adjective(crop.label)}" if crop.label is not None else ""
    said = f"{who}{age}{feels}, {shown(crop.units)}."
    return {}, said[0].upper() + said[1:], crop.image


TASKS: Mapping[str, Callable[[Crop, Rng], Told]] = {
    "emotion": _emotion,
    "thought": _thought,
    "label": _label,
    "units": _units,
    "unit": _unit,
    "feels": _feels,
    "gender": _gender,
    "age": _age,
    "race": _race,
    "own": _own,
    "locate": _locate,
    "pose": _pose,
    "rotation": _rotation,
    "caption": _caption,
}


# -------------------------------------------------------------------------------------------------------- in words


def thought(crop: Crop) -> str:
    """What the face shows, from brows to jaw: how the head is turned, and each active unit in words with its code."""
    seen = f"The head is turned {faced(crop.turn)}" if crop.turn is not None else "The face is in view"
    return f"{seen}, and what the face shows is {shown(crop.units or {})}."


def shown(units: Mapping[int, float]) -> str:
    """ "the lip corners pulled up (AU12) strongly, lips parted (AU25)"."""
    if not units:
        return "no active action unit"
    return ", ".join(f"{facs.unit(n).words} (AU{n}){_level(units[n])}" for n in ordered(units))


def _level(intensity: float) -> str:
    return " slightly" if intensity < 0.45 else " strongly" if intensity >= 0.8 else ""


def ordered(units: Mapping[int, float]) -> list[int]:
    """Units from the brows down."""
    regions = list(facs.Region)
    return sorted(units, key=lambda number: (regions.index(facs.unit(number).region), number))


def faced(turn: tuple[float, float, float]) -> str:
    """In words, as the picture's left and right: "to the camera", "to the left and down"."""
    yaw, pitch, _ = turn
    ways = ["to the right" if yaw > 0 else "to the left"] if abs(yaw) >= 15 else []
    ways += ["up" if pitch > 0 else "down"] if abs(pitch) >= 12 else []
    return " and ".join(ways) or "to the camera"


def turned(image: bytes, degrees: int) -> bytes:
    """The picture turned counter-clockwise by a multiple of 90 degrees, as PNG."""
    if not degrees:
        return image
    buffer = io.BytesIO()
    with Image.open(io.BytesIO(image)) as picture:
        picture.rotate(degrees, expand=True).save(buffer, "PNG")
    return buffer.getvalue()
