"""Scorers by name: a reply and what is true of its record, both plain data, make an outcome and what was counted.

    SCORERS["choice"]("The answer is B.", {"answer": "90", "options": ["0", "90"], "lettered": True}).outcome

| scorer | reads from the truth | counts |
| --- | --- | --- |
| `choice` | `answer`, `options`, `lettered`, `words` (another word to its option) | right or wrong |
| `emotion` | `answer`, `options`, `votes` (of annotators, by label) | the same, in any spelling; share of the votes |
| `age` | `answer`, `options` | an age in years counts as its group; `near`: within one group |
| `think` | `answer`, `votes`, `units`, `description` | form, label, units of the thought, claims, ROUGE-L |
| `number` | `answer`, `within`, `full` (of a circle) | `error`; right where it is not more than `within` |
| `pose` | `answer` (`yaw=N pitch=N roll=N`), `within` | degrees off, and `geodesic`, by which it is right |
| `facing` | `answer`, `within` | `error` of a direction over the whole circle, likewise |
| `text` | `answer` | ROUGE-L; neither right nor wrong |
| `grounded` | `expect`, `people`, `size` | the people found and what is said of them (`scoring.grounded`) |
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from facereason.facs import UNITS
from facereason.facs.emotions import SPELLINGS
from facereason.scoring.angles import apart, read_facing, read_turn, turn_errors
from facereason.scoring.grounded import grounded
from facereason.scoring.outcomes import Disposition, answer_of, outcome, plain, read_choice
from facereason.scoring.replies import Reply, read_reply
from facereason.scoring.rewards import consistency_reward
from facereason.scoring.rouge import rouge_l
from facereason.scoring.score import Score, Scorer, Truth
from facereason.scoring.units import unit_errors
from facereason.types import AgeGroup, EmotionLabel, Stance, UsageError


def choice(text: str, truth: Truth, *, refused: bool = False) -> Score:
    """Without an `answer` a reply that chooses is neither right nor wrong."""
    chosen = read_choice(text, truth["options"], truth.get("words"), lettered=bool(truth.get("lettered")))
    if "answer" not in truth:
        made = outcome(text, chosen, chosen or "", refused=refused)
        return Score(outcome=Disposition.GRADED if made is Disposition.RIGHT else made, answer=chosen)
    return Score(outcome=outcome(text, chosen, truth["answer"], refused=refused), answer=chosen)


def emotion_word(text: str, truth: Truth, *, refused: bool = False) -> Score:
    """An emotion that is known but was not among the options is a wrong answer, not a failure of form. Without an
    `answer` the reply is neither right nor wrong."""
    options = tuple(truth.get("options") or _EMOTIONS)
    chosen = read_choice(text, options, _SPELLINGS)
    if "answer" not in truth:
        made = outcome(text, chosen, chosen or "", refused=refused)
        return Score(outcome=Disposition.GRADED if made is Disposition.RIGHT else made, answer=chosen)
    return Score(
        outcome=outcome(text, chosen, truth["answer"], refused=refused),
        answer=chosen,
        parts=_voted(truth, chosen),
    )


def age(text: str, truth: Truth, *, refused: bool = False) -> Score:
    """`near` is 1 for the labelled group and its neighbours."""
    options = list(truth.get("options") or _AGES)
    chosen = read_choice(text, options, _AGE_WORDS)
    if chosen is None and (years := _YEARS.fullmatch(plain(answer_of(text)))):
        chosen = _age_group(int(years[1]))
    near = chosen in options and abs(options.index(chosen) - options.index(truth["answer"])) <= 1
    return Score(
        outcome=outcome(text, chosen, truth["answer"], refused=refused), answer=chosen, parts={"near": float(near)}
    )


def think(text: str, truth: Truth, *, refused: bool = False) -> Score:
    """The think-and-answer format, read strictly; what is not in form claims nothing and answers nothing.

    `hits`, `missed`, `wrong`: units of the thought where `units` are known (`scoring.units`); `claims`: units
    asserted; `supported`: those of them that the face has, where it is known which it has; `rouge`: of the thought
    against `description`.
    """
    reply = read_reply(text, truth.get("prompt", ""))
    label = reply.label.value if reply else None
    parts = {**_voted(truth, label), "form": float(reply is not None), **_of_thought(reply, truth)}
    if "answer" not in truth:
        made = Disposition.GRADED if reply else outcome(text, None, "", refused=refused)
        return Score(outcome=made, answer=label, parts=parts)
    return Score(outcome=outcome(text, label, truth["answer"], refused=refused), answer=label, parts=parts)


def number(text: str, truth: Truth, *, refused: bool = False) -> Score:
    """`error`: distance from the truth in its unit, the shorter way round where `full` is the whole circle."""
    found = _NUMBER.findall(answer_of(text).replace("−", "-"))
    if refused or len(found) != 1:
        return Score(outcome=outcome(text, None, "", refused=refused))
    said, true = float(found[0]), float(truth["answer"])
    error = abs(said - true)
    if full := truth.get("full"):
        error = abs((said - true + full / 2) % full - full / 2)
    right = error <= truth.get("within", 0)
    return Score(outcome=Disposition.RIGHT if right else Disposition.WRONG, answer=found[0], parts={"error": error})


def pose(text: str, truth: Truth, *, refused: bool = False) -> Score:
    """`yaw`, `pitch`, `roll`, `geodesic`: degrees off. Only the form asked for is read (`angles.read_turn`)."""
    true = read_turn(truth["answer"])
    if true is None:
        raise UsageError(f"{truth['answer']!r} is no pose: write it yaw=N pitch=N roll=N")
    said = None if refused else read_turn(answer_of(text))
    if said is None:
        return Score(outcome=outcome(text, None, "", refused=refused))
    off = turn_errors(said, true)
    right = off["geodesic"] <= truth["within"]
    return Score(outcome=Disposition.RIGHT if right else Disposition.WRONG, answer=str(said), parts=off)


def facing(text: str, truth: Truth, *, refused: bool = False) -> Score:
    """`error`: degrees off, the shorter way round. Only the form that was asked for is read (`angles.read_facing`)."""
    said = None if refused else read_facing(answer_of(text))
    if said is None:
        return Score(outcome=outcome(text, None, "", refused=refused))
    off = apart(said, float(truth["answer"]))
    right = off <= truth["within"]
    return Score(outcome=Disposition.RIGHT if right else Disposition.WRONG, answer=f"{said:g}", parts={"error": off})


def text(text: str, truth: Truth, *, refused: bool = False) -> Score:
    if refused or not text.strip():
        return Score(outcome=Disposition.REFUSED if refused else Disposition.FORMAT)
    return Score(outcome=Disposition.GRADED, answer=None, parts={"rouge": rouge_l(answer_of(text), truth["answer"])})


SCORERS: Mapping[str, Scorer] = {
    "choice": choice,
    "emotion": emotion_word,
    "age": age,
    "think": think,
    "number": number,
    "pose": pose,
    "facing": facing,
    "text": text,
    "grounded": grounded,
}

_EMOTIONS = tuple(label.value for label in EmotionLabel)
_SPELLINGS = {word: label.value for word, label in SPELLINGS.items()}
_AGES = tuple(group.value for group in AgeGroup)
_AGE_WORDS = {"more than 70": "70+", "70 or more": "70+", "70 and over": "70+", "70 or older": "70+", "over 70": "70+"}
_YEARS = re.compile(r"(?:about |around |approximately )?(\d{1,3})(?: years?(?: old)?)?")
_NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?")


def _age_group(years: int) -> str:
    return next(group for group in reversed(_AGES) if years >= int(re.split(r"[-+]", group)[0]))


def _voted(truth: Truth, chosen: str | None) -> dict[str, float]:
    """The answer's share of the annotators' votes; nothing where there are none."""
    votes: Mapping[str, float] = truth.get("votes") or {}
    total = math.fsum(votes.values())
    return {"votes": votes.get(chosen or "", 0) / total} if total else {}


def _of_thought(reply: Reply | None, truth: Truth) -> dict[str, Any]:
    parts: dict[str, Any] = {}
    if reply is not None and (consistent := consistency_reward(reply)) is not None:
        parts["consistent"] = float(consistent == 1.0)
    claimed = reply.units(Stance.ASSERTED) & UNITS.keys() if reply else frozenset[int]()
    parts["claims"] = len(claimed)
    if (units := truth.get("units")) is not None:
        errors = unit_errors(reply, set(units))
        wrong = {str(number): weight for number, weight in errors.wrong.items()}
        parts |= {"hits": sorted(errors.hits), "missed": sorted(errors.missed), "wrong": wrong}
        parts["supported"] = len(claimed - errors.wrong.keys())
    if (description := truth.get("description")) is not None:
        parts["rouge"] = rouge_l(reply.thought, description) if reply else 0.0
    return parts


def scorer(name: str) -> Scorer:
    """The scorer of this name; UsageError, listing them, where there is none."""
    if name not in SCORERS:
        raise UsageError(f"no scorer {name!r}: there are {', '.join(SCORERS)}")
    return SCORERS[name]
