"""How families write boxes, points and phrases, read back: pure functions from text to places in the family's grid.

What is malformed is left out where the rest can be read; where nothing can, FormatError says so. A reply that says that
nothing is there is no error: it has no places.
"""

from __future__ import annotations

import json
import re
from typing import Any

from facereason.vlm.errors import FormatError
from facereason.vlm.families.family import Place

Corners = tuple[float, float, float, float]

_PALIGEMMA = re.compile(r"((?:<loc\d{4}>)+)([^<;]*)")
_FLORENCE = re.compile(r"([^<>]*)((?:<loc_\d+>)+)")
_QWEN2 = re.compile(
    r"(?:<\|object_ref_start\|>(?P<text>.*?)<\|object_ref_end\|>\s*)?"
    r"<\|box_start\|>\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*,\s*\(\s*(\d+)\s*,\s*(\d+)\s*\)\s*<\|box_end\|>",
    re.DOTALL,
)
_BRACKETS = re.compile(r"\[([^\[\]]*)\]")
_OBJECT = re.compile(r"\{[^{}]*\}")
_BOXES, _POINTS = ("bbox_2d", "bbox", "box_2d"), ("point_2d", "point")
_TAGS = re.compile(r"</?s>|<pad>|<bos>|<eos>")


def paligemma(text: str) -> tuple[Place, ...]:
    """`<loc0102><loc0204><loc0512><loc0409> woman ; ...`: top, left, bottom, right in 1024 steps (Beyer et al.
    2024)."""
    found = []
    for numbers, label in _PALIGEMMA.findall(text):
        steps = [int(number) for number in re.findall(r"\d{4}", numbers)]
        if len(steps) == 4 and max(steps) < 1024:
            top, left, bottom, right = steps
            found.append(Place(_ordered(left, top, right, bottom), label.strip()))
    return _or_complain(found, text, "<loc" in text)


def florence(text: str) -> tuple[Place, ...]:
    """`the woman<loc_204><loc_102><loc_409><loc_512>`: left, top, right, bottom in 1000 steps, read at the middle of
    the step as Florence-2's processor does (Xiao et al. 2024); a phrase may have several boxes."""
    found = []
    for label, numbers in _FLORENCE.findall(_TAGS.sub("", text)):
        steps = _florence_steps(numbers)
        if len(steps) % 4 == 0:
            for start in range(0, len(steps), 4):
                found.append(Place(_ordered(*steps[start : start + 4]), label.strip()))
    return _or_complain(found, text, "<loc_" in text)


def florence_quads(text: str) -> tuple[Place, ...]:
    """Florence-2's `<OCR_WITH_REGION>`: words, then four corners `x y`, as the box around each quadrilateral."""
    found = []
    for label, numbers in _FLORENCE.findall(_TAGS.sub("", text)):
        steps = _florence_steps(numbers)
        if len(steps) == 8:
            xs, ys = steps[0::2], steps[1::2]
            found.append(Place((min(xs), min(ys), max(xs), max(ys)), label.strip()))
    return _or_complain(found, text, "<loc_" in text)


def qwen(text: str) -> tuple[Place, ...]:
    """Qwen-VL: `[{"bbox_2d": [x0, y0, x1, y1], "label": "..."}]` or `"point_2d": [x, y]`, in a fence or not, cut short
    or not (Qwen2.5-VL and Qwen3-VL); or Qwen2-VL's `<|box_start|>(x0,y0),(x1,y1)<|box_end|>`."""
    found = [Place(_ordered(*map(float, each[1:])), (each[0] or "").strip()) for each in _QWEN2.findall(text)]
    objects = [_json(each) for each in _OBJECT.findall(text)]
    for record in objects:
        corners = _corners(record) if isinstance(record, dict) else None
        if corners:
            found.append(Place(corners, str(record.get("label") or record.get("sub_label") or "").strip()))
    if not found and (bare := _json(_unfenced(text))) is not None:
        rows = bare if isinstance(bare, list) and bare and isinstance(bare[0], list) else [bare]
        found = [Place(corners) for row in rows if (corners := _four(row))]
    return _or_complain(found, text, bool(objects) or ("[" in text and not re.search(r"\[\s*\]", text)))


def llava(text: str) -> tuple[Place, ...]:
    """LLaVA-1.5: `[0.17, 0.40, 0.46, 0.72]`: left, top, right, bottom as shares of the square (Liu et al. 2023)."""
    found = []
    for inside in _BRACKETS.findall(text):
        corners = _four(_json(f"[{inside}]"))
        if corners and min(corners) >= 0 and max(corners) <= 1:
            found.append(Place(corners))
    return _or_complain(found, text, "[" in text and not re.search(r"\[\s*\]", text))


def as_paligemma(place: Place) -> str:
    """What `paligemma` reads."""
    left, top, right, bottom = (min(max(int(each), 0), 1023) for each in place.corners)
    return "".join(f"<loc{each:04d}>" for each in (top, left, bottom, right)) + f" {place.text}"


def as_florence(place: Place) -> str:
    """What `florence` reads."""
    return place.text + "".join(f"<loc_{min(max(int(each), 0), 999)}>" for each in place.corners)


def as_qwen(place: Place) -> str:
    """What `qwen` reads: Qwen2.5-VL and Qwen3-VL."""
    return json.dumps([{"bbox_2d": [round(each) for each in place.corners], "label": place.text}], ensure_ascii=False)


def as_qwen2(place: Place) -> str:
    """What `qwen` reads of Qwen2-VL."""
    left, top, right, bottom = (min(max(int(each), 0), 999) for each in place.corners)
    box = f"<|box_start|>({left},{top}),({right},{bottom})<|box_end|>"
    return f"<|object_ref_start|>{place.text}<|object_ref_end|>{box}"


def _corners(record: dict[str, Any]) -> Corners | None:
    for key in _BOXES:
        if corners := _four(record.get(key)):
            return corners
    for key in _POINTS:
        value = record.get(key)
        if isinstance(value, list) and len(value) == 2 and all(_is_number(each) for each in value):
            return float(value[0]), float(value[1]), float(value[0]), float(value[1])
    return None


def _four(value: object) -> Corners | None:
    if isinstance(value, list) and len(value) == 4 and all(_is_number(each) for each in value):
        return _ordered(*(float(each) for each in value))
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e6


def _ordered(left: float, top: float, right: float, bottom: float) -> Corners:
    return min(left, right), min(top, bottom), max(left, right), max(top, bottom)


def _florence_steps(numbers: str) -> list[float]:
    return [min(int(number), 999) + 0.5 for number in re.findall(r"\d+", numbers)]


def _unfenced(text: str) -> str:
    fenced = re.search(r"```(?:json)?\s*(.*?)(?:```|$)", text, re.DOTALL)
    return (fenced.group(1) if fenced else text).strip()


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None


def _or_complain(found: list[Place], text: str, tried: bool) -> tuple[Place, ...]:
    if not found and tried:
        raise FormatError(f"no place can be read in the model's reply: {' '.join(text.split())[:120]!r}", text)
    return tuple(found)
