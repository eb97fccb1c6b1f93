"""How often the way up a photo lies is recognised: each photo as it is, and turned by one, two and three quarters.

On FairFace val, and on frozen studio groups in which a face is in view. Reads `groups/` below the data folder: the
frozen set of that name, rendered by `facereason studio dataset`. A photo counts as recognised where its turn is named;
one that is left as it lies because the faces do not tell is not.
"""

from __future__ import annotations

import io
import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from facereason import images, resources
from facereason.bench import renders
from facereason.bench.results import Figure, share
from facereason.data import read
from facereason.faces import turned
from facereason.faces.detect import Detector

Pixels = npt.NDArray[np.uint8]

PHOTOS = 1000  # of fairface-val
SEEN = 0.35  # share of a person in view
VIEW = 60.0  # degrees of yaw up to which a face is in view
LEAST = 24.0  # pixels, longer side of the face


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    detector = Detector(resources.weights("detector.onnx"))
    said: list[Figure] = []
    for on, photos in (("fairface-val", _photos(data)), ("frozen set groups", _groups(data))):
        say(on)
        said += _figures(on, photos, detector)
    return said


def _figures(on: str, photos: Iterable[Pixels], detector: Detector) -> Iterator[Figure]:
    right: dict[int, list[bool]] = {turn: [] for turn in turned.TURNS}
    wrong: dict[int, list[bool]] = {turn: [] for turn in turned.TURNS}
    for upright in photos:
        for turn in turned.TURNS:
            told = turned.turn_of(images.rotate(upright, -turn), detector).value
            right[turn].append(told == turn)
            wrong[turn].append(told is not None and told != turn)
    lay = {"turned by": [f"{turn:03d}" for turn in turned.TURNS for _ in right[turn]]}
    name = "studio groups" if on == "frozen set groups" else "photos"
    yield share(f"turn recognised, {name}", on, list(itertools.chain(*right.values())), lay)
    yield share(f"upright taken for turned, {name}", on, wrong[0])
    turned_ones = [each for turn in turned.TURNS[1:] for each in wrong[turn]]
    yield share(f"turned taken for another turn, {name}", on, turned_ones)


def _photos(data: str | None) -> Iterator[Pixels]:
    for record in itertools.islice(read("fairface", "val", data), PHOTOS):
        with Image.open(io.BytesIO(record.image)) as image:
            yield np.asarray(image.convert("RGB"))


def _groups(data: str | None) -> Iterator[Pixels]:
    for people, pixels in renders.scenes(data, "groups"):
        if any(_shows_face(person) for person in people):
            yield pixels


def _shows_face(person: Mapping[str, Any]) -> bool:
    if not person["face"] or person["visible"] < SEEN or abs(person["head_pose"]["yaw"]) > VIEW:
        return False
    return bool(max(person["face"][2:]) >= LEAST)
