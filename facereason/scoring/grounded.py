"""Answers about a photo of several people that say where the people are: whom they are about, and what they say.

    <people>1: [120, 40, 210, 180]; 2: [400, 60, 480, 200]</people><answer>Person 1 looks happier.</answer>

A number is the answer's own for somebody; the box, left, top, right, bottom, is around the head, in thousandths of the
picture's width and height. `<people>none</people>` is about nobody. An answer that begins with how it ends (`ENDINGS`)
ends so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from facereason.scoring import expected
from facereason.scoring.outcomes import Disposition, outcome
from facereason.scoring.score import Score, Truth
from facereason.types import Box
from facereason.types import Outcome as Ending

GRID = 1000
ENDINGS = (Ending.AMBIGUOUS, Ending.NOBODY, Ending.CANNOT_TELL, Ending.NOT_UNDERSTOOD, Ending.DECLINED)
_TOLD = ("says", "never", "instead", "number", "polar", "first")
"""What of an expectation is about words."""


@dataclass(frozen=True, slots=True)
class Grounded:
    """A reply in form. `people`: its own number of each to the box, thousandths; `ending`: how the answer ends."""

    people: Mapping[int, Box]
    answer: str
    ending: Ending


def read_grounded(text: str) -> Grounded | None:
    """The reply of a text that is exactly in the form, with a thought before it or none; None for any other: a box that
    is none, a number given twice, words beside.

    >>> read_grounded("<people>2: [0, 0, 500, 1000]</people><answer>yes</answer>").people
    {2: Box(x=0.0, y=0.0, width=500.0, height=1000.0)}
    >>> read_grounded("<people>none</people><answer>Nobody fits.</answer>").ending.value
    'nobody fits'
    >>> read_grounded("The second from the left.") is None
    True
    """
    match = _FORM.fullmatch(text)
    if match is None:
        return None
    named = match["people"].strip()
    people: dict[int, Box] = {}
    for part in () if named.casefold() == "none" else named.rstrip("; ").split(";"):
        one = _PERSON.fullmatch(part.strip())
        if one is None:
            return None
        number, left, top, right, bottom = map(int, one.groups())
        if number in people or not (left < right <= GRID and top < bottom <= GRID):
            return None
        people[number] = Box(float(left), float(top), float(right - left), float(bottom - top))
    answer = match["answer"].strip()
    said = answer.casefold()
    return Grounded(people, answer, next((each for each in ENDINGS if said.startswith(each.value)), Ending.ANSWERED))


def written(people: Mapping[int, Box], answer: str, ending: Ending, width: int, height: int) -> str:
    """A reply in the form. `people`: boxes in pixels of a picture of this size, cut at its edges."""
    told = []
    for number, box in people.items():
        across = [min(max(round(GRID * x / width), 0), GRID) for x in (box.x, box.right)]
        down = [min(max(round(GRID * y / height), 0), GRID) for y in (box.y, box.bottom)]
        if across[0] < across[1] and down[0] < down[1]:
            told.append(f"{number}: [{across[0]}, {down[0]}, {across[1]}, {down[1]}]")
    words = answer.replace("<", "(").replace(">", ")")
    if ending is not Ending.ANSWERED:
        words = f"{ending.value}: {words}"
    return f"<people>{'; '.join(told) or 'none'}</people><answer>{words}</answer>"


def grounded(text: str, truth: Truth, *, refused: bool = False) -> Score:
    """Right where both the people and the words are; `found` and `said` tell them apart, each only where the question
    asks for it. Reads `expect`, `people` (number to boxes in pixels) and `size` (width, height) of the truth."""
    expect: Mapping[str, Any] = truth["expect"]
    reply = None if refused else read_grounded(text)
    if reply is None:
        made = outcome(text, None, "", refused=refused)
        return Score(outcome=made, parts=_parts(expect, found=False, said=False))
    who = expected.matched(_pixels(reply.people, truth["size"]), _boxes(truth["people"]))
    found = [who[number] for number in reply.people]
    if reply.ending.value not in expected.endings(expect):
        away = {Ending.CANNOT_TELL: Disposition.ABSTAINED, Ending.NOT_UNDERSTOOD: Disposition.ABSTAINED}
        made = Disposition.REFUSED if reply.ending is Ending.DECLINED else away.get(reply.ending, Disposition.WRONG)
        right = reply.ending is Ending.ANSWERED and not expected.people(expect, found)
        return Score(outcome=made, answer=reply.ending.value, parts=_parts(expect, found=right, said=False))
    if reply.ending is Ending.ANSWERED:
        there = not expected.people(expect, found)
        words = not [*expected.said(expect, reply.answer)] and not expected.first(expect, reply.answer, found, who)
    else:
        asks = reply.ending is Ending.AMBIGUOUS
        there = not (expected.offered if asks else expected.people)(expect, found)
        words = True
    parts = _parts(expect, found=there, said=words)
    right = all(value == 1.0 for value in parts.values())
    return Score(outcome=Disposition.RIGHT if right else Disposition.WRONG, answer=reply.ending.value, parts=parts)


def _parts(expect: Mapping[str, Any], *, found: bool, said: bool) -> dict[str, float]:
    ends = Ending.ANSWERED.value not in expected.endings(expect) or "people" not in expect
    asked = {"found": found} if "people" in expect else {}
    if ends or any(key in expect for key in _TOLD):
        asked["said"] = said
    return {name: float(right) for name, right in asked.items()}


def _pixels(people: Mapping[int, Box], size: Any) -> dict[int, list[Box]]:
    across, down = size[0] / GRID, size[1] / GRID
    return {
        number: [Box(box.x * across, box.y * down, box.width * across, box.height * down)]
        for number, box in people.items()
    }


def _boxes(people: Mapping[Any, Any]) -> dict[int, list[Box]]:
    return {int(number): [Box(*box) for box in boxes] for number, boxes in people.items()}


_FORM = re.compile(
    r"\s*(?:<think>[^<>]*</think>)?\s*<people>(?P<people>[^<>]*)</people>\s*<answer>(?P<answer>[^<>]+)</answer>\s*"
)
_PERSON = re.compile(r"(\d{1,3})\s*:\s*\[\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*,\s*(\d{1,4})\s*\]")
