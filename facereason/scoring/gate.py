"""What a written reasoning has to be to be learnt from: a pure function of its text and of what is known of the face.

Each rule has a name, under which rejections are counted. A unit is judged only where it is known: what is neither
`present` nor `absent` is read over, and of a face whose units nobody knows its units are not judged at all.
"""

from __future__ import annotations

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from facereason.facs import UNITS, implied
from facereason.scoring.replies import Reply, read_reply, words
from facereason.scoring.rewards import concludes_otherwise, consistency_reward
from facereason.scoring.units import HEDGED
from facereason.types import EmotionLabel, Stance, UsageError


class Reason(StrEnum):
    """Why a draft is rejected, in the order in which they are looked for."""

    FORM = "not in form"
    COPIED = "copies the prompt"
    LEAK = "speaks of a label it was given"
    SHORT = "too short"
    LONG = "too long"
    LABEL = "another label"
    CONTRADICTS = "contradicts itself"
    UNFOUNDED = "its thought does not lead to its label"
    ABSENT = "asserts a unit that is absent"
    DENIED = "denies a unit that is there"
    MISSED = "leaves out too many units"
    GUESSED = "guesses at units"
    REPEATED = "said before"
    BLIND = "a blind pass says otherwise"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """Where the gate stands. `shortest`: different words of a thought, at least; `longest`: words of it, at most;
    `recall`: least share of the units known to be there that it names; `precision`: least share that these have beside
    the absent ones it thinks possible, each of which counts half; `consistency`: least of
    `rewards.consistency_reward`; `reliability`: from which a reading may judge."""

    shortest: int = 5
    longest: int = 150
    recall: float = 0.5
    precision: float = 0.6
    consistency: float = 0.5
    reliability: float = 0.7

    def __post_init__(self) -> None:
        if not 1 <= self.shortest <= self.longest:
            raise UsageError("gate.shortest: 1 or more, and no more than gate.longest")
        for name in ("recall", "precision", "consistency", "reliability"):
            if not 0 <= getattr(self, name) <= 1:
                raise UsageError(f"gate.{name}: between 0 and 1, not {getattr(self, name)}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What a draft is held against. `present`, `absent`: units that surely act and surely do not; both None where no
    unit may be judged."""

    label: EmotionLabel
    present: frozenset[int] | None = None
    absent: frozenset[int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What became of a draft: kept where there are no `reasons`. `recall`: share of the present units that it names, 1
    where none is known."""

    reply: Reply | None
    reasons: tuple[Reason, ...]
    recall: float = 1.0

    @property
    def passed(self) -> bool:
        return not self.reasons


def judge(
    text: str, known: Known, rules: Rules = Rules(), prompt: str = "", before: AbstractSet[str] = frozenset()
) -> Verdict:
    """The verdict on a draft; `prompt`: what its writer was asked; `before`: `fingerprint` of others about this face.

    >>> smile = Known(label=EmotionLabel.HAPPINESS, present=frozenset({6, 12}), absent=frozenset({4, 15}))
    >>> judge("<think>Lip corners up (AU12), cheeks raised (AU6).</think><answer>happiness</answer>", smile).passed
    True
    >>> judge("<think>Cheeks raised (AU6), but brows lowered (AU4).</think><answer>anger</answer>", smile).reasons
    (<Reason.LABEL: 'another label'>, <Reason.ABSENT: 'asserts a unit that is absent'>)
    """
    reply = read_reply(text)
    if reply is None:
        return Verdict(reply=None, reasons=(Reason.FORM,), recall=0.0)
    said = words(reply.thought)
    units = _Units.of(reply, known)
    broken = {
        Reason.COPIED: _copies(said, prompt),
        Reason.LEAK: _LEAK.search(reply.thought) is not None,
        Reason.SHORT: len(set(said)) < rules.shortest,
        Reason.LONG: len(said) > rules.longest,
        Reason.LABEL: reply.label is not known.label,
        Reason.CONTRADICTS: concludes_otherwise(reply) or _both(reply),
        Reason.UNFOUNDED: not concludes_otherwise(reply) and consistency_reward(reply) < rules.consistency,
        Reason.ABSENT: bool(units.false),
        Reason.DENIED: bool(units.denied),
        Reason.MISSED: units.recall < rules.recall,
        Reason.GUESSED: units.precision < rules.precision,
        Reason.REPEATED: fingerprint(reply) in before,
    }
    return Verdict(reply=reply, reasons=tuple(each for each, is_so in broken.items() if is_so), recall=units.recall)


def fingerprint(reply: Reply) -> str:
    """What two replies share that say the same but for case, punctuation and white space.

    >>> fingerprint(read_reply("<think>A wide smile, (AU12)!</think><answer>Happy</answer>"))
    'a wide smile au12 happiness'
    """
    return " ".join([*re.findall(r"\w+", reply.thought.casefold()), reply.label.value])


def without_emotions(thought: str) -> str:
    """A thought with every word that names an emotion struck, so that who reads it has only what the face shows.

    >>> without_emotions("Lip corners pulled up (AU12), so the person is happy: happiness.")
    'Lip corners pulled up (AU12), so the person is [...]: [...].'
    """
    return _EMOTION.sub("[...]", thought)


@dataclass(frozen=True, slots=True)
class _Units:
    """The units of a thought against those known."""

    false: frozenset[int]
    denied: frozenset[int]
    recall: float
    precision: float

    @classmethod
    def of(cls, reply: Reply, known: Known) -> _Units:
        if known.present is None or known.absent is None:
            return cls(frozenset(), frozenset(), 1.0, 1.0)
        there = known.present & UNITS.keys()
        absent = (known.absent & UNITS.keys()) - implied(there)
        asserted, denied, hedged = (reply.units(stance) for stance in (Stance.ASSERTED, Stance.DENIED, Stance.HEDGED))
        hits = (implied((asserted - denied) & there) & there) - denied
        false = asserted & absent
        guessed = HEDGED * len((hedged - asserted) & absent)
        return cls(
            false=false,
            denied=denied & there,
            recall=len(hits) / len(there) if there else 1.0,
            precision=len(hits) / (len(hits) + guessed) if guessed else 1.0,
        )


def _both(reply: Reply) -> bool:
    """Whether a unit is asserted and denied, or an emotion is."""
    return bool(
        reply.units(Stance.ASSERTED) & reply.units(Stance.DENIED)
        or reply.emotions(Stance.ASSERTED) & reply.emotions(Stance.DENIED)
    )


FEWEST, MOST = 6, 12
"""Words in a row that are a copy: the whole prompt where it has so few, and at least `FEWEST`."""


def _copies(said: list[str], prompt: str) -> bool:
    asked = words(prompt)
    length = min(MOST, len(asked))
    if length < FEWEST:
        return False
    runs = {tuple(asked[start : start + length]) for start in range(len(asked) - length + 1)}
    return any(tuple(said[start : start + length]) in runs for start in range(len(said) - length + 1))


_GIVEN = (
    r"(?:given|provided|stated|supplied|assigned|annotated|expected|correct|true|gold|target|reference|known|hinted)"
)
_WHAT = r"(?:label|answer|emotion|annotation|class|category|ground truth)"
_LEAK = re.compile(
    rf"\bground[- ]truth\b|\bannotat(?:ed|or|ors|ion|ions)\b|\blabell?ed\b"
    rf"|\b(?:the|its|this|your|that)\s+(?:{_GIVEN}\s+)?label\s+(?:is|was|says|said|reads|tells|states|shows|given|provided|of)\b"
    rf"|\b{_GIVEN}\s+{_WHAT}s?\b"
    r"|\b(?:according|due|thanks)\s+to\s+(?:the|its|your)\s+(?:label|annotat\w+|answer|hint|instructions?|prompt)\b"
    r"|\bas\s+(?:given|told|stated|provided|instructed|indicated|labell?ed|hinted)\b"
    r"|\b(?:i|we)\s+(?:was|were|am|are|have\s+been)\s+(?:told|given|informed|instructed|asked\s+to\s+(?:justify|explain))\b"
    r"|\bthe\s+(?:hint|prompt|task|user)\s+(?:is|was|says|said|states|tells|gives|gave|asks)\b"
    r"|\b(?:match|matches|matching|fits?|justif(?:y|ies)|support(?:s|ing)?)\s+(?:the|this|its)\s+label\b",
    re.IGNORECASE,
)
_EMOTION = re.compile(
    r"\b(?:neutral(?:ity|ly)?|calm(?:ly|ness)?|expressionless|happ(?:y|ily|iness)|joy(?:ful|ous|fully)?"
    r"|cheer(?:ful|fulness)|surpris(?:e|ed|ing)|astonish(?:ed|ment)|sad(?:ly|ness)?|sorrow(?:ful)?|unhapp(?:y|iness)"
    r"|ang(?:er|ry|rily)|furious|rage|mad|disgust(?:ed)?|fear(?:ful)?|afraid|scared|frightened|terrified"
    r"|contempt(?:uous)?|scorn(?:ful)?|disdain(?:ful)?)\b",
    re.IGNORECASE,
)
