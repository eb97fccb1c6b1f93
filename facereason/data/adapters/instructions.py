"""FEA-20K and FABA-Instruct: faces with a question and an answer in words that names action units.

FEA-20K's records are those of Facial-R1's README; the names of its files on the hub are not known here, so each split
is every .jsonl whose name holds its word. FABA-Instruct is as EmoLA's README shows it, its eval files as EmoLA's
evaluation reads them (label, gpt4). Neither was tried on the original files.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from facereason import facs
from facereason.data import labels, tables
from facereason.data.declaring import IMAGE, DataSet, Found, Layout, Place, of
from facereason.types import EmotionLabel, Stance, Topic


def _fea(place: Place) -> Found:
    for path in place.paths():
        for _, row in tables.json_rows(path):
            yield path, {**row, "image": place.root / str(row.get("image"))}


def _faba(place: Place) -> Found:
    """Rows with `question` and `text`, whichever of its two forms they have; image paths begin with FABAInstruct/."""
    for path in place.paths():
        for _, row in tables.json_rows(path):
            said = {turn.get("from"): turn.get("value") for turn in row.get("conversations") or ()}
            yield (
                path,
                {
                    "id": row.get("id", row.get("image")),
                    "image": place.root / str(row.get("image")),
                    "question": _asked(said.get("human")),
                    "text": said.get("gpt", row.get("gpt4")),
                    "label": row.get("label"),
                },
            )


def _asked(text: Any) -> str | None:
    return text.replace("<image>", "").strip() if isinstance(text, str) else None


def _faba_emotion(label: Any) -> tuple[EmotionLabel, ...]:
    if isinstance(label, int) or str(label).isdigit():
        found: tuple[EmotionLabel, ...] = labels.numbered(labels.FABA)(label)
        return found
    return (facs.emotion(str(label)),)


def _stated(text: str) -> dict[int, float | None]:
    """The units that a text says are there: those that it denies or only holds possible are not."""
    claims = (claim for claim in facs.parse_claims(text) if claim.topic is Topic.ACTION_UNIT)
    numbers = (int(claim.value.removeprefix("AU")) for claim in claims if claim.stance is Stance.ASSERTED)
    return dict.fromkeys(sorted(set(numbers)))


def _other(codes: Sequence[str] | str) -> dict[str, Any] | None:
    others = labels.other_units(codes)
    return {"other_AUs": others} if others else None


def _meta(info: Any, codes: Any) -> dict[str, Any]:
    return {**(info if isinstance(info, dict) else {}), **(_other(codes) or {})}


_FABA_COMMON = {
    "id": of("id"),
    "image": IMAGE,
    "question": of("question", optional=True),
    "description": of("text"),
}
_FOLDER = "FABAInstruct"


def _faba_set(name: str, what: str, field: str, train: Any, test: Any, meta: Any = None) -> DataSet:
    """One of the two halves; its splits have labels in different places."""
    extra = {} if meta is None else {"meta": meta}
    made = {
        "train": {**_FABA_COMMON, **({} if train is None else {field: train})},
        "test": {**_FABA_COMMON, field: test, **extra},
    }
    files = {"train": f"{_FOLDER}/train/train_{what}_anno.json", "test": f"{_FOLDER}/eval/eval_{what}_anno.json"}
    return DataSet(
        name=name,
        layouts=tuple(
            Layout(
                files={split: (files[split],)},
                rows=_faba,
                fields=made[split],
                says=f"{files[split]}, and the images where it says, below the same folder",
            )
            for split in ("train", "test")
        ),
        license="images: AffectNet's terms; annotations: licence not stated",
        terms="Images are AffectNet's: for non-commercial research, by agreement with its authors. The texts were "
        "written by GPT-4V.",
        source="FABA-Instruct (Li et al. 2024, EmoLA)",
        obtain="github.com/JackYFL/EmoLA",
        precropped=True,
    )


SETS = (
    DataSet(
        name="fea20k",
        layouts=(
            Layout(
                files={"train": ("*[Tt]rain*.jsonl",), "test": ("*[Tt]est*.jsonl",)},
                rows=_fea,
                fields={
                    "id": of("id"),
                    "image": IMAGE,
                    "question": of("question", optional=True),
                    "action_units": of("AUs", to=labels.units, optional=True),
                    "labels": of("labels", to=labels.emotions, optional=True),
                    "description": of("description", optional=True),
                    "attributes": of("dataset", to=lambda origin: {"origin": origin}, optional=True),
                    "meta": of("meta_info", "AUs", to=_meta, optional=True),
                },
                says="*train*.jsonl and *test*.jsonl, and the images at the paths they name, below the same folder",
            ),
        ),
        license="images: the terms of their seven sources; annotations: licence not stated",
        terms="Only annotations are released; the images come from FABA-Instruct, BP4D, DISFA, RAF-AU, FER2013, "
        "AffectNet and RAF-DB, each under its own terms, most for non-commercial research.",
        source="FEA-20K (Wu et al. 2025, Facial-R1)",
        obtain="QBiscuits/FEA-20K on the hub (annotations); images from their sources",
        precropped=True,
    ),
    _faba_set("faba-emotion", "emotion", "labels", None, of("label", to=_faba_emotion)),
    _faba_set(
        "faba-au", "au", "action_units", of("text", to=_stated), of("label", to=labels.units), of("label", to=_other)
    ),
)
