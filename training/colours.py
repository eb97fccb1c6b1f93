"""How well the colours of hair and of clothing are read off rendered people, whose colours are known.

    python training/colours.py RENDERS OUT NAME

RENDERS: a folder of pictures rendered by `facereason studio dataset`. Lines are added to OUT/colours.jsonl: NAME, which
says what was measured, hair or clothing, how the head is turned, how many people, the share of them of whom a colour is
told, the share of those of whom it is right, and what was told for what. Bald people have no colour of hair; that they
are told one is counted on its own.
"""

import collections
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from facereason import images
from facereason.bench import renders
from facereason.bench.people import BEHIND, RIGHT
from facereason.faces import Instrument
from facereason.types import Box, Colour, Person, Reading

PROFILE = 50.0  # degrees of yaw from which somebody counts as in profile
SEEN = 0.5  # share of a person in view from which the colours count
NAMES = {"navy": ("blue",), "turquoise": ("blue", "green"), "beige": ("brown", "white", "yellow")}


def main(folder: Path, out: Path, what: str) -> None:
    told: dict[tuple[str, str], list[tuple[str, Reading[Colour]]]] = collections.defaultdict(list)
    instrument = Instrument(threads=1, upright=False)
    for truth, pixels in renders.scenes(str(folder.parent), folder.name):
        for person, own in _pairs(truth, list(instrument.look(images.open(pixels)).people)):
            looks = person["attributes"]
            turn = abs(person["head_pose"]["yaw"])
            view = "behind" if turn >= BEHIND else "profile" if turn >= PROFILE else "frontal"
            told["clothing", view].append((looks["top_colour"], own.clothing_colour))
            bald = looks["hair_style"] == "bald"
            told["hair", "bald" if bald else view].append((looks["hair_colour"], own.hair_colour))
    with (out / "colours.jsonl").open("a", encoding="utf-8") as lines:
        for (of, view), readings in sorted(told.items()):
            lines.write(json.dumps({"what": what, "of": of, "view": view, **_row(readings)}) + "\n")


def _row(readings: list[tuple[str, Reading[Colour]]]) -> dict[str, Any]:
    known = [(truth, each.value.value) for truth, each in readings if each.value is not None]
    right = sum(value in NAMES.get(truth, (truth,)) for truth, value in known)
    confused = collections.Counter(f"{truth}: {value}" for truth, value in known)
    return {
        "n": len(readings),
        "known": round(len(known) / len(readings), 4),
        "right of known": round(right / max(1, len(known)), 4),
        "told": dict(sorted(confused.items())),
    }


def _pairs(truth: list[dict[str, Any]], free: list[Person]) -> Iterator[tuple[Mapping[str, Any], Person]]:
    """People of whom enough is in view, with who was found at their heads."""
    for person in truth:
        if not person["head"] or person["visible"] < SEEN:
            continue
        head = Box(*person["head"])
        own = max(free, key=lambda each: (each.head or each.box).iou(head), default=None)
        if own is not None and (own.head or own.box).iou(head) >= RIGHT:
            free.remove(own)
            yield person, own


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
