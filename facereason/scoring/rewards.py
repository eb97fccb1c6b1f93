"""What a reply earns in training: small pure functions, none of which pays for what is not there.

Two rules hold for all of them. A label that is missing leaves a reward out (None), whatever the reply says, so that no
reply can choose what it is judged by. A reply that is not in form (`read_reply` gives None) gets the lowest value of
each reward, so that nothing can be earned outside the form.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache

from facereason.facs import PROTOTYPES, implied
from facereason.scoring.replies import Reply, read_reply, says_no_unit, words
from facereason.scoring.units import unit_errors
from facereason.types import ActionUnit, EmotionLabel, FaceReasonError, Stance, UnitState

RELIABLE, SURELY_PRESENT, SURELY_ABSENT = 0.6, 0.7, 0.95
"""Reliability from which a reading speaks, and probability of its state: those by which the agent holds claims."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """What is known of a face; None is not known. `votes`: of annotators, for each emotion, as counts or shares;
    `units`: the active ones, none of them being a label too; `readings`: the instrument's."""

    emotion: EmotionLabel | None = None
    votes: Mapping[EmotionLabel, float] | None = None
    units: AbstractSet[int] | None = None
    readings: Sequence[ActionUnit] | None = None


def every_reward(text: str, truth: Truth, prompt: str = "") -> dict[str, float | None]:
    """Every reward of a model's output, by name.

    >>> got = every_reward("<think>Lip corners pulled up (AU12).</think><answer>happiness</answer>", Truth(units={12}))
    >>> got["au"], got["emotion"], got["format"]
    (1.0, None, 1.0)
    """
    reply = read_reply(text, prompt)
    return {
        "emotion": emotion_reward(reply, truth.emotion, truth.votes),
        "au": au_reward(reply, truth.units),
        "format": format_reward(reply),
        "consistency": consistency_reward(reply),
        "length": length_reward(reply),
        "support": support_reward(reply, truth.readings),
    }


def total(earned: Mapping[str, float | None], weights: Mapping[str, float]) -> float | None:
    """Mean of the rewards that are there, weighted; None where none is. Rewards without a weight are not counted.

    Raises FaceReasonError for a weight below 0, or of a reward that does not exist.

    >>> total({"emotion": 1.0, "au": None, "format": 0.0}, {"emotion": 3, "au": 5, "format": 1})
    0.75
    """
    for name, weight in weights.items():
        if name not in earned or not 0 <= weight < math.inf:
            raise FaceReasonError(f"weight {name}: {weight} of a reward: use 0 or more, for {', '.join(earned)}")
    there = {name: value for name, value in earned.items() if value is not None and weights.get(name)}
    weight = sum(weights[name] for name in there)
    return sum(weights[name] * value for name, value in there.items()) / weight if weight else None


def emotion_reward(
    reply: Reply | None, label: EmotionLabel | None, votes: Mapping[EmotionLabel, float] | None = None
) -> float | None:
    """In [0, 1]: with votes, those for the answer as a share of those for the winner; else 1 for the label and 0 for
    any other. None without either.

    >>> reply = read_reply("<think>Jaw dropped, brows raised.</think><answer>surprise</answer>")
    >>> emotion_reward(reply, EmotionLabel.FEAR, {EmotionLabel.FEAR: 8, EmotionLabel.SURPRISE: 2})
    0.25
    """
    most = max(votes.values(), default=0) if votes else 0
    if not votes or most <= 0:
        return None if label is None else float(reply is not None and reply.label is label)
    return max(0, votes.get(reply.label, 0)) / most if reply else 0.0


def au_reward(reply: Reply | None, units: AbstractSet[int] | None) -> float | None:
    """In [0, 1]: F1 of the units in the thought (`units.unit_errors`), times the share of the absent units that it
    rightly does not claim, so that naming every unit earns 0. For a face without a unit 1 over 1 plus the wrong ones in
    place of the F1. None without a label.

    >>> reply = read_reply("<think>Lip corners pulled up (AU12), no AU4.</think><answer>happiness</answer>")
    >>> au_reward(reply, {12}), round(au_reward(reply, {6, 12}), 2), round(au_reward(reply, set()), 2)
    (1.0, 0.67, 0.48)
    """
    if units is None:
        return None
    if reply is None:
        return 0.0
    errors = unit_errors(reply, units)
    wrong = sum(errors.wrong.values())
    quality = errors.f1 if errors.hits or errors.missed else 1 / (1 + wrong)
    false = sum(weight for number, weight in errors.wrong.items() if number not in errors.missed)
    return quality * (1 - false / errors.absent) if errors.absent else quality


def format_reward(reply: Reply | None) -> float:
    """1 for a reply in form, else 0; see `read_reply`.

    >>> format_reward(read_reply("<think>Lip corners down.</think><answer>happiness or sadness</answer>"))
    0.0
    """
    return float(reply is not None)


def consistency_reward(reply: Reply | None) -> float:
    """In [0, 1]: how well the thought leads to the answer, right or wrong.

    0 where the thought asserts another emotion, denies the answered one, or only thinks others possible. Else by its
    units: how much they share with the prototype of the answer, against the emotion that they fit best. No unit, or
    none of any prototype, earns nothing. A neutral answer earns less with each unit, and nothing where the thought says
    neither that a unit is not active nor that the face is neutral.

    >>> consistency_reward(read_reply("<think>The lip corners are down (AU15).</think><answer>happiness</answer>"))
    0.0
    >>> consistency_reward(read_reply("<think>The lip corners are up (AU12).</think><answer>happiness</answer>"))
    1.0
    """
    if reply is None or concludes_otherwise(reply):
        return 0.0
    units = reply.units(Stance.ASSERTED) - reply.units(Stance.DENIED)
    if reply.label is EmotionLabel.NEUTRAL:
        return 1 / (1 + len(units)) if units or _says_still(reply) else 0.0
    fits = {label: fit(units, label) for label in EmotionLabel if label is not EmotionLabel.NEUTRAL}
    best = max(fits.values())
    return fits[reply.label] / best if best else 0.0


def length_reward(reply: Reply | None, shortest: int = 15, longest: int = 150) -> float:
    """In [0, 1]: 1 from `shortest` different words to `longest` words in all; below it falls to 0 at none, above to 0
    at twice as many. Words said again make a thought longer, but not long enough.

    >>> reply = read_reply("<think>Lip corners pulled up.</think><answer>happiness</answer>")
    >>> length_reward(reply, shortest=8)
    0.5
    """
    if reply is None:
        return 0.0
    said = words(reply.thought)
    return min(1.0, len(set(said)) / shortest, max(0.0, 2 - len(said) / longest))


def support_reward(reply: Reply | None, readings: Sequence[ActionUnit] | None) -> float | None:
    """In [-1, 1]: of the claims that a sure reading speaks to, the share that it bears out less the share that it
    speaks against. None where no reading is sure; 0 for a thought that claims nothing of what is.

    A reading is sure by `RELIABLE`, `SURELY_PRESENT` and `SURELY_ABSENT`. Denying what is absent counts as nothing:
    most units are absent, and listing them is no insight. Hedged claims are left out.

    >>> smile = ActionUnit(unit=12, state=UnitState.PRESENT, intensity=0.6, confidence=0.9, reliability=0.8)
    >>> support_reward(read_reply("<think>Lip corners pulled up.</think><answer>happiness</answer>"), [smile])
    1.0
    >>> support_reward(read_reply("<think>There is no smile.</think><answer>neutral</answer>"), [smile])
    -1.0
    """
    counted = support(reply, readings)
    if counted is None:
        return None
    if reply is None:
        return -1.0
    supported, against = len(counted.supported), len(counted.against)
    return (supported - against) / max(1, supported + against)


@dataclass(frozen=True, slots=True)
class Support:
    """Units of a thought that sure readings bear out, and those against which they speak."""

    supported: frozenset[int] = frozenset()
    against: frozenset[int] = frozenset()


def support(reply: Reply | None, readings: Sequence[ActionUnit] | None) -> Support | None:
    """What sure readings say to the claims of a thought (`support_reward`); None where no reading is sure. A reply that
    is not in form claims nothing."""
    present, absent = sure(readings or (), UnitState.PRESENT), sure(readings or (), UnitState.ABSENT)
    if not present | absent:
        return None
    if reply is None:
        return Support()
    asserted, denied = reply.units(Stance.ASSERTED), reply.units(Stance.DENIED)
    return Support((asserted - denied) & present, (asserted & absent) | (denied & present))


def share_consistent(replies: Sequence[Reply | None]) -> float:
    """Share of replies whose units fit no emotion better than the answered one, in [0, 1]; nan of nothing."""
    return sum(consistency_reward(reply) == 1 for reply in replies) / len(replies) if replies else math.nan


def concludes_otherwise(reply: Reply) -> bool:
    """Whether a thought asserts another emotion than the one answered, denies that one, or only thinks others possible.

    >>> concludes_otherwise(read_reply("<think>Lip corners up: she is not sad.</think><answer>sadness</answer>"))
    True
    """
    asserted, hedged = reply.emotions(Stance.ASSERTED), reply.emotions(Stance.HEDGED)
    if asserted - {reply.label} or reply.label in reply.emotions(Stance.DENIED):
        return True
    return bool(hedged) and reply.label not in asserted | hedged


def _says_still(reply: Reply) -> bool:
    return (
        bool(reply.units(Stance.DENIED))
        or EmotionLabel.NEUTRAL in reply.emotions(Stance.ASSERTED)
        or says_no_unit(reply.thought)
    )


def fit(units: AbstractSet[int], label: EmotionLabel) -> float:
    """What units share with an emotion's prototype, of both together; implied ones count on neither side."""
    typical = set(PROTOTYPES[label].units)
    shown = units - (implied(units & typical) - typical)
    return len(shown & typical) / len(shown | typical)


FITS = 1 / 3
"""Least that units share with an emotion's prototype, of both together, to be typical of it."""


@lru_cache(maxsize=1024)
def typical(units: frozenset[int]) -> EmotionLabel | None:
    """The emotion whose prototype the units fit best; neutral where none acts, None where none or several fit.

    >>> typical(frozenset({6, 12})).value
    'happiness'
    """
    if not units:
        return EmotionLabel.NEUTRAL
    fits = {label: fit(units, label) for label in EmotionLabel if label is not EmotionLabel.NEUTRAL}
    best = max(fits.values())
    fitting = [label for label, share in fits.items() if share == best]
    return fitting[0] if best >= FITS and len(fitting) == 1 else None


def sure(readings: Sequence[ActionUnit], state: UnitState, reliability: float = RELIABLE) -> frozenset[int]:
    """Units that readings surely put in this state, by `SURELY_PRESENT` or `SURELY_ABSENT` and this reliability."""
    least = SURELY_PRESENT if state is UnitState.PRESENT else SURELY_ABSENT
    return frozenset(
        reading.unit
        for reading in readings
        if reading.state is state and reading.reliability >= reliability and reading.confidence >= least
    )
