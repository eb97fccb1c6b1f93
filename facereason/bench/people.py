"""How well people are found and their bodies read, faces in view or not: on frozen studio groups with exact truth; and
how often somebody is seen where nobody is, on photos of one face.

Reads `groups/` below the data folder: the frozen set of that name, rendered by `facereason studio dataset`; and
FairFace val.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
from PIL import Image

from facereason import resources
from facereason.bench import renders
from facereason.bench.results import Figure, share
from facereason.data import read
from facereason.faces import people
from facereason.faces.detect import Detector
from facereason.faces.people import PeopleFinder, Sighting
from facereason.types import Box

SEEN = 0.35  # share of a person in view from which they shall be found
RIGHT = 0.4  # overlap from which a head is the one
BEHIND = 110.0  # degrees of the head's yaw from which somebody counts as seen from behind
PHOTOS = 1000
ON = "frozen set groups"


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    detector = Detector(resources.weights("detector.onnx"))
    finder = PeopleFinder(resources.weights("people.onnx"))
    say("groups")
    found = list(_groups(data, detector, finder))
    say("photos")
    return [*found, *_photos(data, detector, finder)]


def _groups(data: str | None, detector: Detector, finder: PeopleFinder) -> Iterator[Figure]:
    there: list[bool] = []
    behind: list[bool] = []
    turned: list[float] = []
    postures: list[bool] = []
    nobody = scenes = 0
    for truth, pixels in renders.scenes(data, "groups"):
        free = people.joined(detector.detect(pixels), finder.find(pixels))
        scenes += 1
        for person in truth:
            if not person["head"]:
                continue
            own = _own(person, free)
            if own is not None:
                free.remove(own)
            if person["visible"] < SEEN:
                continue
            there.append(own is not None)
            if abs(person["head_pose"]["yaw"]) >= BEHIND:
                behind.append(own is not None)
            if own is not None and own.person is not None:
                off = abs(own.person.orientation - person["body_orientation"]) % 360
                turned.append(min(off, 360 - off))
                postures.append((own.person.sitting >= 0.5) == (person["posture"] == "sitting"))
        nobody += len(free)
    yield share("people found in groups", ON, there)
    yield share("people from behind found", ON, behind)
    mean = float(np.mean(turned)) if turned else float("nan")
    yield Figure(name="body orientation, MAE, °", on=ON, value=mean, n=len(turned))
    yield share("posture, sitting or standing", ON, postures)
    yield Figure(name="people seen where nobody is, a picture", on=ON, value=nobody / max(1, scenes), n=scenes)


def _own(person: Mapping[str, Any], free: Sequence[Sighting]) -> Sighting | None:
    """The sighting of this person."""
    head = Box(*person["head"])

    def fits(each: Sighting) -> float:
        if each.person is not None:
            return each.person.head.iou(head)
        x, y = each.box.centre
        inside = head.x <= x <= head.right and head.y <= y <= head.bottom
        return RIGHT if inside and person["face"] and each.box.iou(Box(*person["face"])) >= 0.25 else 0.0

    best = max(free, key=fits, default=None)
    return best if best is not None and fits(best) >= RIGHT else None


def _photos(data: str | None, detector: Detector, finder: PeopleFinder) -> Iterator[Figure]:
    without, bodies, photos = 0, 0, 0
    for record in read("fairface", "val", data):
        with Image.open(io.BytesIO(record.image)) as opened:
            pixels = np.asarray(opened.convert("RGB"))
        found = people.joined(detector.detect(pixels), finder.find(pixels))
        without += sum(not each.face for each in found if any(other.face for other in found))
        bodies += any(each.face and each.person is not None for each in found)
        photos += 1
        if photos == PHOTOS:
            break
    on = "fairface-val"
    yield Figure(name="people without a face beside a face, a photo", on=on, value=without / max(1, photos), n=photos)
    yield Figure(name="faces whose head the detector of people finds too", on=on, value=bodies / photos, n=photos)
