"""Whether an emotion rests on the action units that a model names for it.

Every face is asked about in the think-and-answer form as it is, and again with each region of the FACS table covered
(`faces.regions`), by the same part of a neutral face up to 30 degrees of yaw and blurred beyond. What the model claims
of the face as it is, picks which regions count as claimed: with one of them covered the answer should change, with
another of like size it should not (`scoring.faithfulness`). The heat map comes from a patch that is moved over the face
and is held against the claimed regions.

Regions are exact on renders (`faces-masks` below the data folder) and follow the reader's landmarks on photos. Faces
are shown cut out, so that no detector has a part in what changes. Which emotion is right plays no part.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from facereason import images, resources
from facereason.bench import renders
from facereason.bench.runs.figures import Measure, mean, of_sums, share
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import asking
from facereason.bench.tasks.asking import EMOTIONS, PLAIN
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow, DataError
from facereason.faces import align, explaining, pose, regions
from facereason.faces.detect import Detector
from facereason.faces.explaining import FloatMap
from facereason.faces.precropped import find_points
from facereason.faces.reader import Reader
from facereason.faces.regions import Mask
from facereason.images import Pixels
from facereason.scoring import faithfulness, read_reply
from facereason.scoring.resampling import Array
from facereason.types import FaceReasonError, Stance

SIZE = 336
"""Pixels of the crop that is shown."""
FACES, HEATED = 100, 40
"""Faces where no limit is given: with regions covered, and with a patch moved over each."""
TURNED = 45.0
"""Degrees of yaw up to which renders are taken."""
PATCH, STEP = 26, 13
"""Pixels of the patch and between its places, in a crop of 112."""
GRID = 56
"""Side of the maps that rows keep."""
NOTHING = "nothing"
CHANGES, STAYS = "answer changes, claimed region covered", "answer stays, other region covered"
OVERLAP, BY_CHANCE = "overlap of heat and claimed regions", "overlap by chance"
QUESTION = "What is the emotion of this face?"
FOLDER = "faces-masks"


@dataclass(frozen=True, slots=True)
class Cut:
    """A face cut out, `crop` of `SIZE`, with the masks of its regions and of all of it in that frame."""

    id: str
    crop: Pixels
    masks: Mapping[str, Mask]
    within: Mask
    yaw: float


# ------------------------------------------------------------------------------------------------------------ questions


def _renders(source: Source, most: int) -> Iterator[Cut]:
    """Rendered faces that the detector finds, looking to the front."""
    try:
        scenes = renders.scenes(source.folder, FOLDER, of="faces", told="--masks --count 400 ")
        taken = 0
        for number, (people, pixels) in enumerate(scenes):
            person = people[0]
            if "regions" not in person:
                raise FaceReasonError(f"renders in {renders.folder(source.folder, FOLDER)} have no masks: use --masks")
            points, found = find_points(pixels, _eye()[0])
            if not found or abs(person["head_pose"]["yaw"]) > TURNED:
                continue
            if taken >= most:
                return
            taken += 1
            forward = align.similarity(points) * (SIZE / align.SIZE)
            units = renders.unit_masks(person["regions"])
            parts = {name: _union(units, numbers) for name, numbers in regions.NAMES.items()}
            warped = {
                name: align.warped(np.repeat(mask[..., None] * np.uint8(255), 3, axis=2), forward, SIZE)[..., 0] > 127
                for name, mask in parts.items()
            }
            landmarks = np.asarray(person["landmarks"]) @ forward[:, :2].T + forward[:, 2]
            yield Cut(
                id=f"faces-{number:04d}",
                crop=align.warped(pixels, forward, SIZE),
                masks={name: mask for name, mask in warped.items() if mask.any()},
                within=explaining.face_mask(landmarks, (SIZE, SIZE)),
                yaw=person["head_pose"]["yaw"],
            )
    except FaceReasonError as error:
        raise DataError(f"{error} (rendered people, CC0)") from None


def _photos(name: str, split: str) -> Callable[[Source, int], Iterator[Cut | BadRow]]:
    """Faces of photos that the detector finds."""

    def faces(source: Source, most: int) -> Iterator[Cut | BadRow]:
        detector, reader = _eye()
        taken = 0
        for found in asking.records(name, split, replace(source, limit=None), lambda record: True):
            if isinstance(found, BadRow):
                yield found
                continue
            if taken >= most:
                return
            try:
                pixels = images.open(found.image).pixels
            except images.ImageError as error:
                yield BadRow(name, split, found.id, "image", f"{found.id}: {error}")
                continue
            points, seen = find_points(pixels, detector)
            if not seen:
                continue
            taken += 1
            shapes = reader.read([align.aligned(pixels, points)]).shapes
            scale = SIZE / align.SIZE
            landmarks = shapes.landmarks[0] * scale
            yield Cut(
                id=found.id,
                crop=align.warped(pixels, align.similarity(points) * scale, SIZE),
                masks={each: regions.mask(each, landmarks, (SIZE, SIZE)) for each in regions.NAMES},
                within=explaining.face_mask(landmarks, (SIZE, SIZE)),
                yaw=pose.angles(shapes.rotation[0])[0],
            )

    return faces


@cache
def _eye() -> tuple[Detector, Reader]:
    for name in ("detector.onnx", "reader.onnx"):
        resources.verify(name)
    return Detector(resources.weights("detector.onnx")), Reader(resources.weights("reader.onnx"))


def _union(units: Mapping[int, Mask], numbers: Sequence[int]) -> Mask:
    there = [units[number] for number in numbers if number in units]
    return np.asarray(np.logical_or.reduce(there), bool)


Faces = Callable[[Source, int], Iterator[Cut | BadRow]]


def _covering(faces: Faces) -> Callable[[Source], Iterator[Question | BadRow]]:
    """Each face as it is and with each region covered."""

    def questions(source: Source) -> Iterator[Question | BadRow]:
        for face in faces(source, source.limit or FACES):
            if isinstance(face, BadRow):
                yield face
                continue
            areas = {name: int(mask.sum()) for name, mask in face.masks.items()}
            yield _asked(face, face.crop, NOTHING, {"areas": areas, "shared": _shared(face.masks)})
            rest = explaining.resting(face.crop, face.yaw)
            for name, mask in face.masks.items():
                yield _asked(face, explaining.swapped(face.crop, rest, mask), name, {})

    return questions


def _heating(faces: Faces) -> Callable[[Source], Iterator[Question | BadRow]]:
    """Each face as it is and with a patch of the resting face at every place of a grid."""

    def questions(source: Source) -> Iterator[Question | BadRow]:
        for face in faces(source, source.limit or HEATED):
            if isinstance(face, BadRow):
                yield face
                continue
            masks = {name: _packed(mask) for name, mask in face.masks.items()}
            yield _asked(face, face.crop, NOTHING, {"masks": masks, "face": _packed(face.within)})
            rest, scale = explaining.resting(face.crop, face.yaw), SIZE // align.SIZE
            for top, left in PLACES:
                here = tuple(slice(at * scale, (at + PATCH) * scale) for at in (top, left))
                shown = face.crop.copy()
                shown[here] = rest[here]
                yield _asked(face, shown, f"{top} {left}", {})

    return questions


PLACES = tuple(
    (top, left) for top in range(4, align.SIZE - PATCH + 1, STEP) for left in range(4, align.SIZE - PATCH + 1, STEP)
)
"""Rows and columns where the patch begins, in a crop of 112."""


def _asked(face: Cut, shown: Pixels, covered: str, more: Mapping[str, Any]) -> Question:
    text, system = asking.filled("think", QUESTION, EMOTIONS)
    return Question(
        id=f"{face.id}/{covered}",
        pictures=(images.encode(shown),),
        text=text,
        system=system,
        truth={"options": list(EMOTIONS), "prompt": text, "covered": covered, **more},
        photo=face.id,
        plain=PLAIN["think"],
        groups={"covered": covered},
        max_tokens=300,
        cut=True,
    )


def _shared(masks: Mapping[str, Mask]) -> dict[str, dict[str, float]]:
    """The share of each region that lies in each other one, where it is more than nothing."""
    found: dict[str, dict[str, float]] = {}
    for one, mask in masks.items():
        both = {
            other: round(float((mask & them).sum() / mask.sum()), 4) for other, them in masks.items() if other != one
        }
        found[one] = {other: part for other, part in both.items() if part and other != one}
    return found


def _packed(mask: Mask) -> str:
    """A mask on `GRID` x `GRID`, a bit a pixel, as hexadecimal digits."""
    at = (np.arange(GRID) * mask.shape[0] + mask.shape[0] // 2) // GRID
    return np.packbits(mask[np.ix_(at, at)]).tobytes().hex()


def _unpacked(digits: str) -> Mask:
    return np.unpackbits(np.frombuffer(bytes.fromhex(digits), np.uint8)).reshape(GRID, GRID).astype(bool)


# ------------------------------------------------------------------------------------------------------------- figures


def _faces(rows: Sequence[Row]) -> list[tuple[Row, dict[str, Row], list[str]]]:
    """Each face whose own reply answers: that row, those with something covered, and the regions of what it claims."""
    base = {row.photo: row for row in rows if row.truth["covered"] == NOTHING and row.answer is not None}
    covered: dict[str, dict[str, Row]] = {photo: {} for photo in base}
    for row in rows:
        if row.photo in base and row.truth["covered"] != NOTHING:
            covered[row.photo][row.truth["covered"]] = row
    found = []
    for photo, row in base.items():
        reply = read_reply(row.reply)
        claimed = reply.units(Stance.ASSERTED) if reply else frozenset[int]()
        found.append((row, covered[photo], regions.names_of(sorted(claimed))))
    return found


def cover_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """How often the answer changes with a claimed region covered and stays with another; the difference of changes; by
    region; of who tells probabilities, what the label loses."""
    faces = _faces(rows)
    if not faces:
        return
    yield share("faces of which it claims a unit", [base for base, _, _ in faces], [bool(c) for _, _, c in faces], seed)
    pairs: list[tuple[Row, Row, Row]] = []
    alone = 0
    for base, covered, claimed in faces:
        found = faithfulness.matched(claimed, base.truth["areas"], base.truth["shared"])
        alone += sum(name in base.truth["areas"] and name not in found for name in claimed)
        for name, other in found.items():
            if name in covered and other in covered:
                pairs.append((base, covered[name], covered[other]))
    told = [(*pair, _changed(pair[0], pair[1]), _changed(pair[0], pair[2])) for pair in pairs]
    both = [(base, one, other, a, b) for base, one, other, a, b in told if a is not None and b is not None]
    if not both:
        return
    note = f"n counts claimed regions; {alone} more have no region of like size apart from the claimed"
    of = [base for base, *_ in both]
    first = np.array([a for *_, a, _ in both], float)
    second = np.array([b for *_, b in both], float)
    yield replace(share(CHANGES, of, [a for *_, a, _ in both], seed), note=note)
    yield share(STAYS, of, [not b for *_, b in both], seed)
    yield _difference("changes, claimed less other", of, first, second, seed)
    lost = [
        (base, _loss(base, one), _loss(base, other))
        for base, one, other, *_ in both
        if base.probabilities and one.probabilities and other.probabilities
    ]
    if lost:
        of = [base for base, *_ in lost]
        here, there = (np.array([each[place] for each in lost], float) for place in (1, 2))
        yield mean("probability lost, claimed region covered", of, list(here), seed, unit="points")
        yield mean("probability lost, other region covered", of, list(there), seed, unit="points")
        yield _difference("probability lost, claimed less other", of, here, there, seed)
    for name in regions.NAMES:
        these = [(base, a) for base, one, _, a, _ in both if one.truth["covered"] == name]
        if these:
            yield share(CHANGES, [base for base, _ in these], [a for _, a in these], seed, by="region", group=name)


def heat_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """IoU of the claimed regions with as many of the hottest pixels, beside what pixels drawn at random have; faces
    whose answer no patch moves, and faces without a claim, have none."""
    faces = _faces(rows)
    if not faces:
        return
    found: list[tuple[Row, float, float]] = []
    still = []
    for base, covered, claimed in faces:
        heat = _heat(base, covered)
        still.append(float(heat.max()) <= 0)
        mask = np.zeros((GRID, GRID), bool)
        for name in claimed:
            if name in base.truth["masks"]:
                mask |= _unpacked(base.truth["masks"][name])
        if mask.any() and not still[-1]:
            found.append((base, *explaining.overlap_with(heat, mask, _unpacked(base.truth["face"]))))
    yield share("faces whose answer nothing moves", [base for base, *_ in faces], still, seed)
    if found:
        of = [base for base, *_ in found]
        overlap, chance = (np.array([each[place] for each in found]) for place in (1, 2))
        yield mean(OVERLAP, of, list(overlap), seed, unit="IoU")
        yield mean(BY_CHANCE, of, list(chance), seed, unit="IoU")
        yield replace(_difference("overlap less that by chance", of, overlap, chance, seed), unit="IoU")


def _changed(base: Row, row: Row) -> bool | None:
    return faithfulness.changed(str(base.answer), row.answer, row.outcome)


def _loss(base: Row, row: Row) -> float:
    """Probability that the label of the face as it is loses."""
    label = str(base.answer)
    return base.probabilities[label] - row.probabilities.get(label, 0.0)


def _heat(base: Row, covered: Mapping[str, Row]) -> FloatMap:
    """Mean loss at each pixel over the patches that cover it: of log-odds where probabilities are told, else 1 for each
    patch under which the answer changes."""
    total, times = np.zeros((GRID, GRID), np.float32), np.zeros((GRID, GRID), np.float32)
    scale = GRID / align.SIZE
    for place, row in covered.items():
        moved = _changed(base, row)
        if moved is None:
            continue
        lost = _log_odds(base, base) - _log_odds(base, row) if base.probabilities else float(moved)
        top, left = (int(part) for part in place.split())
        here = tuple(slice(round(at * scale), round((at + PATCH) * scale)) for at in (top, left))
        total[here] += lost
        times[here] += 1
    return np.asarray(total / np.maximum(times, 1), np.float32)


def _log_odds(base: Row, row: Row) -> float:
    p = min(max(row.probabilities.get(str(base.answer), 0.0), 1e-6), 1 - 1e-6)
    return math.log(p / (1 - p))


def _difference(name: str, rows: Sequence[Row], first: Array, second: Array, seed: int) -> Measure:
    """Mean of the first less mean of the second."""
    sums = np.column_stack([first - second, np.ones(len(first))])
    return of_sums(name, rows, sums, lambda totals: np.asarray(totals[:, 0] / totals[:, 1]), seed, unit="points")


def _tasks(where: str, data: str, says: str, faces: Faces, learnt: str) -> Iterator[Task]:
    how = "exact regions" if where == "studio" else "regions by the reader's landmarks"
    kinds: tuple[tuple[str, str, Any, Any, tuple[str, ...], str], ...] = (
        ("", f"whether the emotion of {says} rests on the units named", _covering(faces), cover_figures,
         (CHANGES, STAYS),
         f"the first {FACES} faces that the detector finds, {len(regions.NAMES)} regions covered one by one; {how}"),
        ("-heat", f"whether what moves the emotion of {says} lies where the units named show", _heating(faces),
         heat_figures, (OVERLAP, BY_CHANCE),
         f"the first {HEATED} faces that the detector finds, a patch at {len(PLACES)} places; {how}"),
    )  # fmt: skip
    for kind, told, questions, figures, headline, protocol in kinds:
        yield Task(
            name=f"faithfulness/{where}{kind}",
            says=told,
            data=(data,),
            scorer="think",
            questions=questions,
            prompt="think",
            protocol=protocol,
            extras=(figures,),
            headline=headline,
            learnt=(learnt,),
        )


TASKS = (
    *_tasks(
        "studio",
        f"studio:{FOLDER}",
        "rendered faces",
        _renders,
        "studio",
    ),
    *_tasks("ferplus", "ferplus:test", "photos", _photos("ferplus", "test"), "ferplus"),
    *_tasks("fairface", "fairface:val", "colour photos", _photos("fairface", "val"), "fairface"),
)
