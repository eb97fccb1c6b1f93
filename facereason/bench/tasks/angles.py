"""How a head is turned and which way a body faces, told in degrees.

Head pose (`headpose`): yaw, pitch and roll on AFLW2000-3D, BIWI and the frozen set `heads`, over the whole circle; mean
absolute error of each angle, the shorter way round, and the geodesic error of the rotation, also by range of yaw. Body
orientation (`bodies`): MEBOW's protocol (Wu et al. 2020), Acc-5, Acc-15, Acc-30 and mean absolute error of the
horizontal angle, on MEBOW and the frozen set `groups`. Of pictures that show more than who is asked about, the part
around that person is shown. Conventions: docs/conventions.md; the prompt states them.

What is right within 15 degrees counts as right. The errors are of those that were answered, the accuracies of all.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from facereason import images, prompts
from facereason.bench import renders
from facereason.bench.runs.figures import Measure, mean, share
from facereason.bench.runs.rows import Row, by_group
from facereason.bench.tasks import asking
from facereason.bench.tasks.asking import PLAIN
from facereason.bench.tasks.task import Question, Source, Task
from facereason.data import BadRow, DataError, Record
from facereason.images import ImageError, Pixels
from facereason.scoring.angles import AXES, Turn, apart, plain_degrees, read_turn, turn_errors
from facereason.types import Box, FaceReasonError

WITHIN = 15.0
"""Degrees up to which an answer is right."""
ACCURACIES = (5, 15, 30)
RANGES = (30, 60, 90, 180)
"""Ends of the ranges of yaw, degrees to either side."""
AFLW = 99.0
"""Degrees of any angle beyond which results on AFLW2000 are usually published without a head."""
HEAD, BODY = 0.6, 0.5
"""How much is shown around a head's and a body's box on each side, a share of its size; MEBOW shows an eighth."""
SIDE = 768
"""Longest side of a picture that is shown, pixels."""
SEEN = 0.5
"""Share of a rendered person that has to be visible."""

Asked = tuple[str, str, Pixels, Box | None]
"""Id, photo, picture, and the box of who is asked about."""


def range_of(yaw: float) -> str:
    """The range that a yaw lies in.

    >>> range_of(-75.0), range_of(30.0)
    ('60-90', '0-30')
    """
    end = next(end for end in RANGES if abs(yaw) <= end)
    return f"{dict(zip(RANGES, (0, *RANGES), strict=False))[end]}-{end}"


def side_of(facing: float) -> str:
    """The quarter that a body faces.

    >>> side_of(-100.0), side_of(20.0)
    ("to the picture's left", 'to the camera')
    """
    away = abs(facing)
    if away <= 45:
        return "to the camera"
    return "away from the camera" if away >= 135 else f"to the picture's {'right' if facing > 0 else 'left'}"


# ------------------------------------------------------------------------------------------------------------ questions


def head_question(asked: Asked, true: Turn) -> Question:
    return _question(asked, "head_pose", HEAD, str(true), {"yaw": range_of(true.yaw)})


def body_question(asked: Asked, true: float) -> Question:
    return _question(asked, "facing", BODY, plain_degrees(true), {"facing": side_of(true)})


def _question(asked: Asked, template: str, margin: float, answer: str, groups: Mapping[str, str]) -> Question:
    name, photo, pixels, box = asked
    if box is not None:
        pixels, box = asking.cut(pixels, box, margin)
    shown = asking.within(pixels, SIDE)
    scale = shown.shape[1] / pixels.shape[1]
    return Question(
        id=name,
        pictures=(images.encode(shown),),
        text=words(template),
        truth={"answer": answer, "within": WITHIN},
        photo=photo,
        plain=PLAIN[template],
        groups=groups,
        max_tokens=48,
        face=False,
        box=box and Box(*(scale * side for side in (box.x, box.y, box.width, box.height))),
    )


@functools.cache
def words(template: str) -> str:
    return prompts.load(template).fill().text


def _of_records(
    name: str, split: str, keep: Callable[[Record], bool], ask: Callable[[Asked, Record], Question]
) -> Callable[[Source], Iterator[Question | BadRow]]:
    def questions(source: Source) -> Iterator[Question | BadRow]:
        for found in asking.records(name, split, source, keep):
            if isinstance(found, BadRow):
                yield found
                continue
            try:
                pixels = images.open(found.image).pixels
                yield ask((found.id, asking.photo_of(found), pixels, found.person), found)
            except (ImageError, ValueError) as error:
                yield BadRow(name, split, found.id, "image", f"{found.id}: {error}")

    return questions


def _head_of(asked: Asked, record: Record) -> Question:
    pose = record.pose
    assert pose is not None  # kept for it
    return head_question(asked, Turn(pose.yaw, pose.pitch, pose.roll))


def _body_of(asked: Asked, record: Record) -> Question:
    assert record.body_orientation is not None  # kept for it
    return body_question(asked, record.body_orientation)


def _rendered(name: str, ask: Callable[[Asked, Mapping[str, Any]], Question | None]) -> Callable[..., Iterator[Any]]:
    """Questions about the people of a frozen set, those of whom `ask` makes one."""

    def questions(source: Source) -> Iterator[Question]:
        try:
            made = (
                ask((f"{name}-{number:04d}/{place}", f"{name}-{number:04d}", pixels, None), person)
                for number, (people, pixels) in enumerate(renders.scenes(source.folder, name))
                for place, person in enumerate(people, 1)
            )
            yield from itertools.islice(filter(None, made), source.limit)
        except FaceReasonError as error:
            raise DataError(f"{error} (rendered people, CC0)") from None

    return questions


def _rendered_head(asked: Asked, person: Mapping[str, Any]) -> Question | None:
    if not person["head"] or person["visible"] < SEEN:
        return None
    return head_question((*asked[:3], Box(*person["head"])), Turn(*(float(person["head_pose"][axis]) for axis in AXES)))


def _rendered_body(asked: Asked, person: Mapping[str, Any]) -> Question | None:
    if not person["body_box"] or person["visible"] < SEEN:
        return None
    return body_question((*asked[:3], Box(*person["body_box"])), float(person["body_orientation"]))


# -------------------------------------------------------------------------------------------------------------- figures


def head_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """Errors of all that were answered, of those that AFLW2000 is published on, and by range of yaw; and those of a
    head that is always said to face the camera."""
    answered = [row for row in rows if "geodesic" in row.parts]
    yield from _head_errors(answered, seed)
    near = [row for row in answered if max(map(abs, dataclasses.astuple(_true(row)))) <= AFLW]
    if 0 < len(near) < len(answered):
        off = [_of_three(row.parts) for row in near]
        yield mean(f"mean of the three, no angle above {AFLW:g}°", near, off, seed, unit="°")
    for group, of in by_group(answered, "yaw").items():
        for measure in _head_errors(of, seed):
            yield dataclasses.replace(measure, by="yaw", group=group)
    still = [turn_errors(Turn(0.0, 0.0, 0.0), _true(row)) for row in rows]
    yield share("always 0, 0, 0: accuracy", rows, [off["geodesic"] <= WITHIN for off in still], seed)
    yield mean("always 0, 0, 0: mean of the three", rows, [_of_three(off) for off in still], seed, unit="°")
    yield mean("always 0, 0, 0: geodesic error", rows, [off["geodesic"] for off in still], seed, unit="°")


def _head_errors(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    if not rows:
        return
    for axis in AXES:
        yield mean(f"{axis}, mean absolute error", rows, [row.parts[axis] for row in rows], seed, unit="°")
    yield mean("mean of the three", rows, [_of_three(row.parts) for row in rows], seed, unit="°")
    yield mean("geodesic error", rows, [row.parts["geodesic"] for row in rows], seed, unit="°")


def _of_three(off: Mapping[str, Any]) -> float:
    return float(np.mean([off[axis] for axis in AXES]))


def _true(row: Row) -> Turn:
    true = read_turn(str(row.truth["answer"]))
    assert true is not None  # the scorer refuses others
    return true


def body_figures(rows: Sequence[Row], seed: int) -> Iterator[Measure]:
    """MEBOW's accuracies, of all that were asked; the error by where bodies face; and what a body always said to face
    the camera gets, and chance."""
    for degrees in ACCURACIES:
        yield share(f"Acc-{degrees}", rows, [row.parts.get("error", np.inf) <= degrees for row in rows], seed)
    answered = [row for row in rows if "error" in row.parts]
    for group, of in by_group(answered, "facing").items():
        made = mean("mean absolute error", of, [row.parts["error"] for row in of], seed, unit="°")
        yield dataclasses.replace(made, by="facing", group=group)
    still = [apart(0.0, float(row.truth["answer"])) for row in rows]
    yield share("always 0: accuracy", rows, [off <= WITHIN for off in still], seed)
    yield mean("always 0: mean absolute error", rows, still, seed, unit="°")
    yield Measure(name="chance", value=WITHIN / 180, n=len(rows), note="any angle as likely; its mean error is 90°")


def _task(suite: str, name: str, data: str, says: str, questions: Callable[..., Iterator[Any]], seen: str) -> Task:
    head = suite == "headpose"
    asked = "yaw, pitch, roll" if head else "MEBOW: the horizontal angle over 360 degrees"
    return Task(
        name=f"{suite}/{name}",
        says=f"{'how heads turn' if head else 'which way bodies face'}, {says}",
        data=(data,),
        scorer="pose" if head else "facing",
        questions=questions,
        prompt="head_pose" if head else "facing",
        protocol=f"{asked}, in a form that is read strictly; right within {WITHIN:g} degrees"
        + (", geodesic" if head else ""),
        extras=(head_figures if head else body_figures,),
        learnt=(seen,),
    )


def _posed(record: Record) -> bool:
    return record.pose is not None


def _oriented(record: Record) -> bool:
    return record.body_orientation is not None and record.person is not None


TASKS = (
    _task("headpose", "aflw2000", "aflw2000:test", "AFLW2000-3D", _of_records("aflw2000", "test", _posed, _head_of),
          "aflw2000"),
    _task("headpose", "biwi", "biwi:all", "BIWI", _of_records("biwi", "all", _posed, _head_of), "biwi"),
    _task("headpose", "studio", "studio:heads", "rendered, from everywhere, exact truth",
          _rendered("heads", _rendered_head), "studio"),
    _task("bodies", "mebow", "mebow:val", "MEBOW's photos", _of_records("mebow", "val", _oriented, _body_of), "mebow"),
    _task("bodies", "studio", "studio:groups", "rendered, exact truth", _rendered("groups", _rendered_body), "studio"),
)  # fmt: skip
