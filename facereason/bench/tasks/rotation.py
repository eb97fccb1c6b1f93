"""RotBench (Niu et al. 2025): by which quarter turn does a photo lie? In its set-ups, on its own photos or any others.

Each photo is shown turned by 0, 90, 180 and 270 degrees counter-clockwise; the options, the four angles, are shuffled
over A to D; the reply is one letter, drawn at temperature .3, in three runs. The set-ups: `plain`; `reasoned`, with a
chain of thought; `side-by-side`, the photo and the same turned further by all four angles in one picture; `voting`,
where the photo is shown turned further by each of the angles, and what remains after taking these off is voted on; and
three that add to `plain` what was made of the photo as it lies: `caption`, `boxes` of things, `depth`. Of its other
aids, scene graphs and segmentation maps, there is none here.

Aids are read from files as RotBench's scripts write them, apart for each turn, below `Aux_large` beside its large set,
or below `Aux` in the folder of --photos: captions/rot90/*.json and bounding_boxes/rot90/*.json by the photo's name,
depth_maps/rot90/NAME. The wording is ours.
"""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from facereason import data, images
from facereason.bench.runs.figures import Measure, share
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import asking
from facereason.bench.tasks.asking import PLAIN
from facereason.bench.tasks.task import Extra, Question, Source, Task
from facereason.data import BadRow, DataError
from facereason.data.tables import PICTURES
from facereason.images import ImageError, Pixels

TURNS = (0, 90, 180, 270)
LETTERS = ("A", "B", "C", "D")
RUNS = 3
TEMPERATURE = 0.3
SIDE = 1024
"""Longest side at which photos are shown, pixels; larger ones are scaled down."""
SMALL = 384
"""The same in a picture of four."""
QUESTION = "By how many degrees counter-clockwise has this photo been turned from its upright position?"
BESIDE = (
    "The photo on the left has been turned counter-clockwise from its upright position. Beside it the same photo is "
    "shown turned further counter-clockwise by 0, 90, 180 and 270 degrees, from left to right. By how many degrees "
    "counter-clockwise has the photo on the left been turned from its upright position?"
)

Photos = Iterator[tuple[str, bytes] | BadRow]
Show = Callable[[Pixels, str, int, int], Iterator[Question | BadRow]]
"""Questions of an upright photo: its pixels, its name, how it is turned, and which run this is."""
AIDS = {
    "caption": ("captions", "A caption that was written of the photo as it is shown, as JSON: "),
    "boxes": ("bounding_boxes", "Boxes of things in the photo as it is shown, [left, top, right, bottom] as shares of "
              "its width and height, as JSON: "),
    "depth": ("depth_maps", "Beside the photo, on the right, is a map of its estimated depth as it is shown; what is "
              "brighter is further away. The photo on the left is meant."),
}  # fmt: skip
"""Each aid with the folder that it lies in and the words that are added to the question."""


def photos(source: Source) -> Photos:
    """Names and files of upright photos: of a folder, of a data set, or else RotBench's large set."""
    if source.photos and ":" in source.photos and not Path(source.photos).exists():
        name, _, split = source.photos.partition(":")
        found = asking.records(name, split, source, lambda record: True)
        yield from (each if isinstance(each, BadRow) else (each.id, each.image) for each in found)
        return
    folder = Path(source.photos) if source.photos else Path(source.folder or ".") / "RotBench_large"
    files = sorted(path for path in folder.glob("*") if path.suffix.lower() in PICTURES)
    if not files:
        rotbench = data.DATASETS["rotbench"]
        raise DataError(
            f"no photos in {folder}: name a folder or DATASET:SPLIT with --photos; RotBench's own are to be had at "
            f"{rotbench.obtain} ({rotbench.license})"
        )
    for path in files[: source.limit]:
        yield path.name, path.read_bytes()


def _questions(shows: Callable[[Source], Show]) -> Callable[[Source], Iterator[Question | BadRow]]:
    def questions(source: Source) -> Iterator[Question | BadRow]:
        show = shows(source)
        for found in photos(source):
            if isinstance(found, BadRow):
                yield found
                continue
            name, file = found
            try:
                pixels = asking.within(images.open(file).pixels, SIDE)
            except ImageError as error:
                yield BadRow("photos", "all", name, "image", f"{name}: {error}")
                continue
            for turned in TURNS:
                for number in range(RUNS):
                    yield from show(pixels, name, turned, number + source.seed * RUNS)

    return questions


def _question(
    shown: Pixels,
    name: str,
    turned: int,
    number: int,
    *,
    template: str = "letters",
    asks: str = QUESTION,
    added: int = 0,
    tag: str = "",
) -> Question:
    """One call; the options are shuffled by photo, turn and run alone."""
    here = f"{name}@{turned}#{number}{tag}"
    options = [str(turn) for turn in TURNS]
    random.Random(here).shuffle(options)
    text, system = asking.filled(template, asks, options)
    return Question(
        id=here,
        pictures=(images.encode(shown),),
        text=text,
        system=system,
        truth={"answer": str((turned + added) % 360), "options": options, "lettered": True},
        photo=name,
        plain=PLAIN["rotation"],
        groups={"turned": str((turned + added) % 360)} if not tag else {"turned": str(turned), "added": str(added)},
        choices=LETTERS if template == "letters" else (),
        temperature=TEMPERATURE,
        seed=number,
        max_tokens=16 if template == "letters" else 400,
        face=False,
    )


def _plain(pixels: Pixels, name: str, turned: int, number: int) -> Iterator[Question]:
    yield _question(images.rotate(pixels, turned), name, turned, number)


def _reasoned(pixels: Pixels, name: str, turned: int, number: int) -> Iterator[Question]:
    yield _question(images.rotate(pixels, turned), name, turned, number, template="reasoned")


def _side_by_side(pixels: Pixels, name: str, turned: int, number: int) -> Iterator[Question]:
    given = images.rotate(asking.within(pixels, SMALL), turned)
    shown = row([given, *(images.rotate(given, added) for added in TURNS)])
    yield _question(shown, name, turned, number, asks=BESIDE)


def _voting(pixels: Pixels, name: str, turned: int, number: int) -> Iterator[Question]:
    """Four calls, from which one answer is voted."""
    for added in TURNS:
        shown = images.rotate(pixels, turned + added)
        yield _question(shown, name, turned, number, added=added, tag=f"+{added}")


def _aided(aid: str) -> Callable[[Source], Show]:
    """The plain question with what files say of the photo as it lies."""
    folder, says = AIDS[aid]

    def shows(source: Source) -> Show:
        root = _aids(source) / folder
        told = {} if aid == "depth" else {turned: _told(root / f"rot{turned}") for turned in TURNS}

        def show(pixels: Pixels, name: str, turned: int, number: int) -> Iterator[Question | BadRow]:
            shown, added = images.rotate(pixels, turned), ""
            file = root / f"rot{turned}" / name
            try:
                if aid == "depth":
                    map_ = images.open(file).pixels
                    shown = row([shown, images.resize(map_, shown.shape[1], shown.shape[0])])
                else:
                    added = json.dumps(told[turned][name])
            except (ImageError, KeyError) as error:
                here = f"{name}@{turned}#{number}"
                yield BadRow("photos", "all", here, "image", f"{here}: no {aid} of it in {file.parent} ({error})")
                return
            yield _question(shown, name, turned, number, asks=f"{QUESTION}\n\n{says}{added}")

        return show

    return shows


def _aids(source: Source) -> Path:
    if source.photos and Path(source.photos).is_dir():
        return Path(source.photos) / "Aux"
    return Path(source.folder or ".") / ("Aux" if source.photos else "Aux_large")


def _told(folder: Path) -> dict[str, Any]:
    """What the one JSON file of a folder tells of photos by their names."""
    files = sorted(folder.glob("*.json"))
    if len(files) != 1:
        raise DataError(
            f"{folder}: {len(files)} JSON files, not one, of what is told of photos by name; RotBench's "
            "Get_Additional_Info/ makes them (github.com/tianyiniu/RotBench)"
        )
    try:
        told = json.loads(files[0].read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise DataError(f"{files[0]}: no JSON ({error}); make it again") from None
    if not isinstance(told, dict):
        raise DataError(f"{files[0]}: no JSON object by names of photos; make it again")
    return told


def row(pictures: Sequence[Pixels], gap: int = 8) -> Pixels:
    """Pictures beside each other on white, their tops level."""
    height = max(picture.shape[0] for picture in pictures)
    width = sum(picture.shape[1] for picture in pictures) + gap * (len(pictures) - 1)
    whole = np.full((height, width, 3), 255, np.uint8)
    left = 0
    for picture in pictures:
        whole[: picture.shape[0], left : left + picture.shape[1]] = picture
        left += picture.shape[1] + gap
    return whole


# -------------------------------------------------------------------------------------------------------------- figures


CONFUSED = "90 and 270 confused"
"""The figure of photos that lie on one side and are told to lie on the other."""


def confusion_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """How often 90 is taken for 270 and the reverse, of the photos that lie so, apart and together."""
    yield from _confusions(rows, [each.truth["answer"] for each in rows], [each.answer for each in rows], seed)


def _confusions(
    rows: Sequence[Row], true: Sequence[str], told: Sequence[str | None], seed: int, of: str = ""
) -> Iterator[Measure]:
    sides = {"90": "270", "270": "90"}
    for turned, other in sides.items():
        lying = [place for place, turn in enumerate(true) if turn == turned]
        if lying:
            name = f"{turned} taken for {other}{of}"
            yield share(name, [rows[p] for p in lying], [told[p] == other for p in lying], seed)
    across = [place for place, turn in enumerate(true) if turn in sides]
    if across:
        there = [rows[p] for p in across]
        yield share(f"{CONFUSED}{of}", there, [told[p] == sides[true[p]] for p in across], seed)
        yield share(f"lying on a side, whichever{of}", there, [told[p] in sides for p in across], seed)


def voted_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """Accuracy of the votes, all and by angle, where a tie, or no vote at all, is not right; and what they confuse."""
    votes: dict[tuple[str, str], list[Row]] = {}
    for each in rows:
        votes.setdefault((each.id.rpartition("+")[0], each.groups["turned"]), []).append(each)
    first = [cast[0] for cast in votes.values()]
    true, told = [turned for _, turned in votes], [voted(cast) for cast in votes.values()]
    right = [said == turned for said, turned in zip(told, true, strict=True)]
    yield share("accuracy of votes", first, right, seed)
    for turn in map(str, TURNS):
        of = [place for place, turned in enumerate(true) if turned == turn]
        if of:
            name = "accuracy of votes"
            yield share(name, [first[p] for p in of], [right[p] for p in of], seed, by="turned, voted", group=turn)
    yield from _confusions(first, true, told, seed, ", by votes")
    yield from confusion_figures(rows, seed)


def voted(cast: Sequence[Row]) -> str | None:
    """The turn that most of the answers to one photo leave after what was added is taken off."""
    left = Counter(
        str((int(each.answer) - int(each.groups["added"])) % 360) for each in cast if each.answer is not None
    ).most_common(2)
    tied = len(left) > 1 and left[0][1] == left[1][1]
    return left[0][0] if left and not tied else None


def _task(
    name: str, says: str, shows: Callable[[Source], Show], prompt: str = "letters", extra: Extra = confusion_figures
) -> Task:
    return Task(
        name=f"rotbench/{name}",
        says=says,
        data=("rotbench:large, or --photos",),
        scorer="choice",
        questions=_questions(shows),
        prompt=prompt,
        protocol=f"RotBench: four turns, options shuffled, a letter, temperature {TEMPERATURE}, {RUNS} runs; own words",
        extras=(extra,),
        learnt=("rotations",),
    )


TASKS = (
    _task("plain", "by which quarter turn a photo lies", lambda source: _plain),
    _task("reasoned", "the same, after thinking", lambda source: _reasoned, "reasoned"),
    _task("side-by-side", "the same, with the photo in all four turns beside it", lambda source: _side_by_side),
    _task("voting", "the same, voted over four further turns", lambda source: _voting, extra=voted_figures),
    _task("caption", "the same, with a caption of the photo as it lies", _aided("caption")),
    _task("boxes", "the same, with boxes of things in the photo as it lies", _aided("boxes")),
    _task("depth", "the same, with a map of depth beside it", _aided("depth")),
)
