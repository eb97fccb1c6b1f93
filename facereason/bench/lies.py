"""A model that lies plausibly about one face: replies that name action units and a label, true or with one thing wrong.

The phrasings are `eval/agent/lies.yaml`, written by somebody who did not see the parser. They are halved by the hash of
each phrase: `work` may be looked at, `scored` alone is measured with.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any

import numpy as np
import yaml

from facereason import facs, resources
from facereason.types import EmotionLabel


class Lie(StrEnum):
    """What is wrong with a reply."""

    NONE = "none"
    ADDED = "added"
    DROPPED = "dropped"
    SWAPPED = "swapped"
    LABEL = "wrong label with fitting reasons"


@dataclass(frozen=True, slots=True)
class Told:
    """A reply about one face: `units` that it names; `false`, those that the face does not show; `left_out`, those it
    shows that an honest reply names."""

    text: str
    units: tuple[int, ...]
    false: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()


class Liar:
    """Writes replies with the phrasings of one half; the same seed, the same replies."""

    def __init__(self, seed: int, half: str = "scored") -> None:
        self._random = np.random.default_rng(seed)
        self._words = phrasings(half)

    def about(self, present: Collection[int], absent: Collection[int], lie: Lie) -> Told | None:
        """A reply about a face on which these units are and these are not; None where it gives no room for such a lie.
        Lips that only part because the jaw drops need no mention."""
        shown = sorted(set(present) - _by_jaw(present))
        strange = [unit for unit in absent if _plausible(unit, present)]
        match lie:
            case Lie.NONE if shown:
                return self._told(shown)
            case Lie.ADDED if strange:
                extra = self._one(strange)
                return self._told([*shown, extra], false=[extra])
            case Lie.DROPPED if len(shown) > 1:
                gone = self._one(shown)
                return self._told([unit for unit in shown if unit != gone], left_out=[gone])
            case Lie.SWAPPED if shown and strange:
                gone = self._one(shown)
                near = [unit for unit in strange if facs.UNITS[unit].region is facs.UNITS[gone].region]
                extra = self._one(near or strange)
                others = [extra if unit == gone else unit for unit in shown]
                return self._told(others, false=[extra], left_out=[gone])
            case Lie.LABEL:
                labels = [label for label in EmotionLabel if _foreign(label, present, absent)]
                if not labels:
                    return None
                label = self.pick(labels)
                units = facs.PROTOTYPES[label].units[:_MOST]
                return self._told(units, false=units, left_out=shown, label=label)
        return None

    def of_label(self, label: EmotionLabel, units: Sequence[int]) -> str:
        """A reply that gives a label, with these units for reasons, or with none."""
        if units:
            return self._told(list(units)[:_MOST], label=label).text
        noun = self._one(self._words.nouns[label])
        return f"<think>The face shows {noun}.</think><answer>{label.value}</answer>"

    def pick(self, labels: Sequence[EmotionLabel]) -> EmotionLabel:
        """One of these labels."""
        return labels[int(self._random.integers(len(labels)))]

    def _told(
        self,
        units: Sequence[int],
        *,
        false: Sequence[int] = (),
        left_out: Sequence[int] = (),
        label: EmotionLabel | None = None,
    ) -> Told:
        label = label or self._one(list(EmotionLabel))
        clauses = [self._one(self._words.present[unit]) for unit in self._shuffled(units)]
        return Told(self._filled(clauses, label), tuple(units), tuple(false), tuple(left_out))

    def _filled(self, clauses: list[str], label: EmotionLabel) -> str:
        """A template with these clauses in its slots; more of them than slots are joined by "and"."""
        fitting = [text for text in self._words.templates if _slots(text) <= len(clauses)]
        if not fitting:
            return f"<think>{_capital(clauses[0])}.</think><answer>{label.value}</answer>"
        most = max(_slots(text) for text in fitting)
        text = self._one([each for each in fitting if _slots(each) == most or self._random.random() < _FEWER])
        slots = _slots(text)
        parts = [clauses[i::slots] for i in range(slots)]
        filled = {f"u{i + 1}": " and ".join(part) for i, part in enumerate(parts)}
        words = {
            "label": label.value,
            "label_adj": self._one(self._words.adjectives[label]),
            "label_noun": self._one(self._words.nouns[label]),
        }
        return re.sub(r"(^|\. |\n|<think>|- |\d\. )([a-z])", _upper, text.format(**filled, **words))

    def _one(self, listed: Sequence[Any]) -> Any:
        return listed[int(self._random.integers(len(listed)))]

    def _shuffled(self, units: Sequence[int]) -> list[int]:
        return [units[i] for i in self._random.permutation(len(units))]


@dataclass(frozen=True, slots=True)
class Phrasings:
    """`present`, `absent`: clauses by unit; `adjectives`, `nouns`: words by label."""

    templates: tuple[str, ...]
    present: Mapping[int, tuple[str, ...]]
    absent: Mapping[int, tuple[str, ...]]
    adjectives: Mapping[EmotionLabel, tuple[str, ...]]
    nouns: Mapping[EmotionLabel, tuple[str, ...]]


@cache
def phrasings(half: str) -> Phrasings:
    """The phrasings of one half, "work" or "scored": of each list the phrases whose SHA-256 comes first, or last."""
    told = yaml.safe_load((resources.suites() / "agent" / "lies.yaml").read_text(encoding="utf-8"))

    def halved(phrases: Sequence[str]) -> tuple[str, ...]:
        ordered = sorted(phrases, key=lambda text: hashlib.sha256(text.encode()).hexdigest())
        middle = len(ordered) // 2
        return tuple(ordered[:middle] if half == "work" else ordered[middle:])

    units = {int(code.removeprefix("AU")): said for code, said in told["units"].items()}
    return Phrasings(
        templates=halved(told["templates"]),
        present={unit: halved(said["present"]) for unit, said in units.items()},
        absent={unit: halved(said["absent"]) for unit, said in units.items()},
        adjectives={EmotionLabel(label): halved(words) for label, words in told["labels"].items()},
        nouns={EmotionLabel(label): halved(words) for label, words in told["label_nouns"].items()},
    )


_MOST = 4  # units a prototype lends to a lie
_FEWER = 0.3  # chance that a template with fewer slots than clauses may be taken


def _by_jaw(present: Collection[int]) -> set[int]:
    return {25} if {26, 27} & set(present) else set()


def _plausible(unit: int, present: Collection[int]) -> bool:
    """Whether a face with these units could show this one as well, so that only the picture tells that it does not."""
    clash = any(not conflict.weakly and unit in conflict.units for conflict in facs.conflicts({*present, unit}))
    return not clash and not (unit == 25 and {26, 27} & set(present)) and unit not in present


def _foreign(label: EmotionLabel, present: Collection[int], absent: Collection[int]) -> bool:
    """Whether none of the units typical of a label is there, and every one of those told is not."""
    units = facs.PROTOTYPES[label].units[:_MOST]
    return bool(units) and not set(units) & set(present) and set(units) <= set(absent)


def _slots(text: str) -> int:
    return len(set(re.findall(r"\{u\d\}", text)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _upper(match: re.Match[str]) -> str:
    return match.group(1) + match.group(2).upper()
