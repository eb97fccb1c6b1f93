"""From drafts to what is kept: the gate over every draft of a round, with every rejection counted by its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from facereason.scoring import Reason, Reply, Rules, Verdict, fingerprint, judge, read_reply
from facereason.train.synth.knowing import Face
from facereason.train.tasks import wordings
from facereason.train.vlm import questions
from facereason.types import EmotionLabel

Blind = Callable[[Face, int], EmotionLabel | None]
"""What the blind pass arrived at for a draft of a face, by the draft's place; None where it arrived at nothing."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A draft that is kept: whose, which of its drafts, and what it says."""

    face: Face
    draft: int
    reply: Reply
    text: str


@dataclass(slots=True)
class OfEmotion:
    """Of the faces with one label: how many were asked about, drafts, those that passed, and faces kept."""

    faces: int = 0
    drafts: int = 0
    passed: int = 0
    kept: int = 0


@dataclass(slots=True)
class Tally:
    """What became of a round's drafts. `first`: rejections by the first reason, which add up; `met`: by every reason,
    which do not; `spare`: drafts that passed beyond those kept of a face; `silent`: faces without a reply;
    `judged_by`: what judged the units of what was kept; `labelled`: kept faces with a label of annotators."""

    faces: int = 0
    silent: int = 0
    drafts: int = 0
    passed: int = 0
    kept: int = 0
    kept_faces: int = 0
    spare: int = 0
    labelled: int = 0
    first: Counter[Reason] = field(default_factory=Counter)
    met: Counter[Reason] = field(default_factory=Counter)
    judged_by: Counter[str] = field(default_factory=Counter)
    by_emotion: dict[EmotionLabel, OfEmotion] = field(default_factory=dict)


NOT_JUDGED = "not judged"
"""What judged units that nothing may judge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The rules, with what of a face's drafts depends on the round. `prompt`: what its writer was asked; `before`: what
    was kept of a face earlier, as fingerprints; `blind`: the second pass, where there is one; `keep`: of the drafts
    about one face at most."""

    rules: Rules
    prompt: Callable[[Face], str]
    before: Mapping[str, AbstractSet[str]]
    keep: int
    blind: Blind | None = None


def asked_of(face: Face, seed: int) -> str:
    """The bare question of a face, in one of the ways to ask for an emotion."""
    return questions.chance(face.crop, seed).choice(wordings()["emotion"])


def verdicts(face: Face, drafts: Sequence[str], gate: Gate) -> list[Verdict]:
    """On each draft, those before it about the same face and those kept earlier being said before."""
    said = set(gate.before.get(face.key, ()))
    prompt, out = gate.prompt(face), []
    for place, text in enumerate(drafts):
        verdict = judge(text, face.known, gate.rules, prompt, said)
        if gate.blind is not None and verdict.passed and gate.blind(face, place) is not face.known.label:
            verdict = Verdict(reply=verdict.reply, reasons=(Reason.BLIND,), recall=verdict.recall)
        if verdict.reply is not None:
            said.add(fingerprint(verdict.reply))
        out.append(verdict)
    return out


def sift(faces: Iterable[Face], said: Mapping[str, Sequence[str]], gate: Gate, tally: Tally) -> Iterator[Kept]:
    """What is kept of every face, the drafts that name most of its units first; `tally` is filled as this is read."""
    for face in faces:
        drafts = said.get(face.key, ())
        found = verdicts(face, drafts, gate)
        good = sorted((i for i, each in enumerate(found) if each.passed), key=lambda i: -found[i].recall)
        kept = good[: gate.keep]
        _count(tally, face, found, len(good), len(kept))
        for i in kept:
            reply = found[i].reply
            assert reply is not None
            yield Kept(face, i, reply, drafts[i])


def _count(tally: Tally, face: Face, found: Sequence[Verdict], good: int, kept: int) -> None:
    of = tally.by_emotion.setdefault(face.known.label, OfEmotion())
    for each in (tally, of):
        each.faces += 1
        each.drafts += len(found)
        each.passed += good
    of.kept += bool(kept)
    tally.silent += not found
    tally.kept += kept
    tally.kept_faces += bool(kept)
    tally.spare += good - kept
    tally.labelled += bool(kept) and face.labelled
    tally.judged_by[face.judged_by or NOT_JUDGED] += kept
    for verdict in found:
        tally.first.update(verdict.reasons[:1])
        tally.met.update(verdict.reasons)


def label_of(text: str) -> EmotionLabel | None:
    """The label of a reply of the blind pass: of one in form, or of a reply that is a label and nothing else."""
    from facereason import facs
    from facereason.types import FaceReasonError

    reply = read_reply(text)
    if reply is not None:
        return reply.label
    try:
        return facs.emotion(text)
    except FaceReasonError:
        return None
