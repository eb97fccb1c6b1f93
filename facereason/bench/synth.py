"""Whether the gate of synthesis keeps good reasoning and rejects what is deliberately wrong: drafts about renders,
whose units are exact.

Reads `faces/` below the data folder, the frozen set of that name. The label of a render is the emotion that its units
are typical of; a face that is typical of none, or of several, is left out. Words are those of `lies` that nobody looked
at (the half "scored").

Every face gets good drafts, and one of each way to be wrong that it gives room for. The gate is asked twice: with the
units known, and without them, as for photos whose units nobody but the writer's own eye has read.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from facereason import facs
from facereason.bench import renders
from facereason.bench.lies import Liar, Lie, phrasings
from facereason.bench.results import Figure, share
from facereason.scoring import Known, Rules, judge, typical
from facereason.types import EmotionLabel

PRESENT, ABSENT = 0.3, 0.1
"""Intensity from which a unit is there, and up to which it is not."""
SEED = 3
QUESTION = "How does this person feel? Think about what the face shows first, movement by movement, and name its units."
GOOD, STILL = "good", "good, of a face at rest"


@dataclass(frozen=True, slots=True)
class Draft:
    """One text about one face. `kind`: in which way it is wrong, or that it is good."""

    kind: str
    text: str
    known: Known

    @property
    def good(self) -> bool:
        return self.kind.startswith(GOOD)


def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
    """All figures of the suite; `data`: the folder of the data sets, else `FACEREASON_DATA`."""
    drafts = list(drawn(data, "scored", say))
    return [*_rates(drafts, "units known"), *_rates(_unjudged(drafts), "units not judged")]


def drawn(data: str | None, half: str, say: Callable[[str], None]) -> Iterator[Draft]:
    """Drafts about every face, good ones and wrong ones, in the words of one half of the phrasings."""
    liar, rng = Liar(SEED, half), random.Random(SEED)
    faces = (_known(truth) for truth, _ in renders.people(data, "faces"))
    for number, known in enumerate(each for each in faces if each is not None):
        if number % 50 == 0:
            say(f"{number} faces")
        yield from drafts(known, liar, rng, half)


def drafts(known: Known, liar: Liar, rng: random.Random, half: str) -> Iterator[Draft]:
    """Two good drafts about a face, and one of each wrong kind that it gives room for."""
    present, absent = known.present or frozenset(), known.absent or frozenset()
    shown = [unit for unit in sorted(present) if unit not in _by_jaw(present)]
    others = [label for label in EmotionLabel if label is not known.label]
    good = [honest(known.label, shown, sorted(absent), rng, half) for _ in range(2)]
    for text in good:
        yield Draft(GOOD if shown else STILL, text, known)
    thought = good[0].partition("</think>")[0].removeprefix("<think>")
    wrong = rng.choice(others)
    yield Draft("another label", f"<think>{thought}</think><answer>{wrong}</answer>", known)
    text = honest(wrong, facs.PROTOTYPES[wrong].units, sorted(absent), rng, half)
    yield Draft("another label, with its typical units", text, known)
    said = f"{_capital(_clause(wrong, rng, half))}, as {thought[:1].lower()}{thought[1:]}"
    yield Draft("concludes otherwise", f"<think>{said}</think><answer>{known.label}</answer>", known)
    yield Draft("copies the prompt", f"<think>{QUESTION} {thought}</think><answer>{known.label}</answer>", known)
    leak = rng.choice(LEAKS).format(label=known.label)
    yield Draft("speaks of the label", f"<think>{leak} {thought}</think><answer>{known.label}</answer>", known)
    yield Draft("not in form", rng.choice(OUT_OF_FORM).format(thought=thought, label=known.label), known)
    yield Draft("lists every unit", _told([*facs.UNITS], known.label), known)
    yield Draft("guesses", _guessed(sorted(absent), known.label, rng), known)
    if shown:
        denied, kept = rng.choice(shown), thought
        yield Draft("asserts a unit and denies it", _and_denies(kept, shown, known.label, rng), known)
        yield Draft("denies a unit that is there", _denies(denied, shown, known.label, rng, half), known)
    if len(shown) > 2:
        few = rng.sample(shown, (len(shown) - 1) // 2)
        text = honest(known.label, few, [], rng, half)
        yield Draft("leaves out most units", text, known)
    for lie, kind in ((Lie.ADDED, "adds a unit"), (Lie.SWAPPED, "swaps a unit")):
        told = liar.about(present, sorted(absent), lie)
        if told is not None:
            text = honest(known.label, list(told.units), [], rng, half)
            yield Draft(kind, text, known)
    strange = [unit for unit in facs.PROTOTYPES[known.label].units if unit in absent]
    if strange:
        text = honest(known.label, strange, [], rng, half)
        yield Draft("right label, typical units that the face has not", text, known)


LEAKS = (
    "The label says {label}.",
    "According to the label, this is {label}.",
    "As given, the emotion is {label}.",
    "I was told that the answer is {label}.",
    "The correct answer is {label}.",
    "This face was annotated as {label}.",
    "The ground truth is {label}, so I look for it.",
)
OUT_OF_FORM = (
    "{thought} So it is {label}.",
    "<think>{thought}</think>{label}",
    "<answer>{label}</answer>",
    "<think>{thought}</think><answer>{label} or another</answer>",
    "<think>{thought}<answer>{label}</answer>",
    "<think></think><answer>{label}</answer>",
)


PLAIN = "<think>In this face {u1}, which is {label_noun}.</think><answer>{label}</answer>"
"""Where no template of the phrasings has as few slots."""


def honest(label: EmotionLabel, units: Sequence[int], absent: Sequence[int], rng: random.Random, half: str) -> str:
    """A reply with a label that names these units, in one of the phrasings' own templates; where there are none, one
    that says of some `absent` ones that they are."""
    words = phrasings(half)
    clauses = [rng.choice(words.present[unit]) for unit in rng.sample(units, len(units))]
    if not clauses:
        clauses = [rng.choice(words.absent[unit]) for unit in rng.sample(absent, min(3, len(absent)))]
        rest = rng.choice(("Nothing moves", "No action unit is active", "The face is at rest"))
        return f"<think>{rest}: {'; '.join(clauses)}.</think><answer>{label}</answer>"
    fitting = [each for each in words.templates if each.startswith("<think>") and _slots(each) <= len(clauses)]
    template = rng.choice(fitting or [PLAIN])
    slots = _slots(template)
    filled = {f"u{i + 1}": " and ".join(clauses[i::slots]) for i in range(slots)}
    noun, adjective = rng.choice(words.nouns[label]), rng.choice(words.adjectives[label])
    return template.format(**filled, label=label.value, label_noun=noun, label_adj=adjective)


def _known(truth: Mapping[str, Any]) -> Known | None:
    """The truth of a render as the gate takes it; None of one whose units are typical of no one emotion."""
    if not truth["face"]:
        return None
    levels: dict[int, float] = {}
    for each in (*truth["AUs"], *truth["implied"]):
        levels[each["unit"]] = max(levels.get(each["unit"], 0.0), each["left"], each["right"])
    present = frozenset(unit for unit in facs.UNITS if levels.get(unit, 0.0) >= PRESENT)
    label = typical(present)
    absent = frozenset(unit for unit in facs.UNITS if levels.get(unit, 0.0) <= ABSENT)
    return None if label is None else Known(label=label, present=present, absent=absent)


def _told(units: Sequence[int], label: EmotionLabel) -> str:
    listed = ", ".join(f"{facs.unit(unit).words} (AU{unit})" for unit in units)
    return f"<think>The face shows {listed}.</think><answer>{label}</answer>"


def _guessed(absent: Sequence[int], label: EmotionLabel, rng: random.Random) -> str:
    """A list of what may be, none of which is."""
    some = rng.sample(absent, min(5, len(absent)))
    listed = "; ".join(f"perhaps {facs.unit(unit).words} (AU{unit})" for unit in some)
    return f"<think>Hard to say what moves here: {listed}.</think><answer>{label}</answer>"


def _and_denies(thought: str, shown: Sequence[int], label: EmotionLabel, rng: random.Random) -> str:
    unit = rng.choice(shown)
    named = f"{facs.unit(unit).words} (AU{unit})"
    return f"<think>{thought} One sees {named}. There is no AU{unit}.</think><answer>{label}</answer>"


def _denies(denied: int, shown: Sequence[int], label: EmotionLabel, rng: random.Random, half: str) -> str:
    words = phrasings(half)
    clauses = [rng.choice(words.present[unit]) for unit in shown if unit != denied]
    clauses.append(rng.choice(words.absent[denied]))
    return f"<think>What I see: {'; '.join(clauses)}.</think><answer>{label}</answer>"


def _clause(label: EmotionLabel, rng: random.Random, half: str) -> str:
    """That somebody looks like this label."""
    return f"the person looks {rng.choice(phrasings(half).adjectives[label])}"


def _rates(drafts: Sequence[Draft], how: str) -> Iterator[Figure]:
    kept = [(each, judge(each.text, each.known, Rules(), QUESTION).passed) for each in drafts]
    wrong = [(each.kind, not passed) for each, passed in kept if not each.good]
    good = [(each.kind, passed) for each, passed in kept if each.good]
    for name, told in (("wrong drafts rejected", wrong), ("good drafts kept", good)):
        kinds = {"kind": [kind for kind, _ in told]}
        yield share(f"synthesis gate: {name}, {how}", "frozen set faces", [right for _, right in told], kinds)


def _unjudged(drafts: Sequence[Draft]) -> list[Draft]:
    return [replace(each, known=Known(label=each.known.label)) for each in drafts]


def _by_jaw(present: frozenset[int]) -> set[int]:
    return {25} if {26, 27} & present else set()


def _slots(text: str) -> int:
    return len({f"{{u{n}}}" for n in range(1, 9) if f"{{u{n}}}" in text})


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
