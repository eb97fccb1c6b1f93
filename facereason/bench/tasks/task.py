"""What a model is asked in a benchmark: a task gives questions with what is true of each; a suite is some tasks."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from facereason.data import BadRow
from facereason.types import Box

if TYPE_CHECKING:
    from facereason.bench.runs.figures import Measure
    from facereason.bench.runs.rows import Row

Extra = Callable[[Sequence["Row"], int], Iterator["Measure"]]
"""Figures of a task of its own, of its rows and the seed of resampling."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where questions are made from. `folder`: of the data sets; `photos`: for tasks on any photos, a folder, or a data
    set's name with its split; `limit`: only the first records of each data set."""

    folder: str | None = None
    photos: str | None = None
    limit: int | None = None
    seed: int = 0


class Needs(Enum):
    """What a respondent has to be able to do; who cannot abstains. GENERAL: to know more than faces, which `nano` and
    the reader do not; INSTRUCTED: to follow instructions as well, which PaliGemma and Florence-2 do not."""

    NOTHING = 0
    GENERAL = 1
    INSTRUCTED = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One call. `pictures`: encoded files in the order in which they are shown; `plain`: the question for models that
    understand no instructions; `truth`: what the scorer reads; `photo`: which questions are of one photo, and so not
    independent; `groups`: what the record is counted under; `choices`: the answers whose probability may be asked;
    `face`: the picture is of one face, which some models are shown cut out; `cut`: it is cut out as the reader cuts
    faces, and is not cut again; `box`: in pixels, who is asked about, where that is known: what the words say of it,
    for the instrument, which reads no words; `captions`: for each option of the truth, what a picture of it would be
    captioned, for contrastive models; `grounded`: the reply tells where people are (`scoring.grounded`), `plain` and
    `before` being what is asked and what was asked before about the same picture, without the form."""

    id: str
    pictures: tuple[bytes, ...]
    text: str
    truth: Mapping[str, Any]
    photo: str
    plain: str = ""
    system: str = ""
    groups: Mapping[str, str] = field(default_factory=dict)
    choices: tuple[str, ...] = ()
    temperature: float = 0.0
    seed: int | None = None
    max_tokens: int = 64
    face: bool = True
    box: Box | None = None
    cut: bool = False
    captions: tuple[str, ...] = ()
    needs: Needs = Needs.NOTHING
    grounded: bool = False
    before: tuple[str, ...] = ()

    @property
    def images(self) -> tuple[str, ...]:
        """SHA-256 of each picture's file, the first 16 digits."""
        return tuple(hashlib.sha256(picture).hexdigest()[:16] for picture in self.pictures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """`name`: SUITE/TASK. `data`: the splits it is made from. `prompt`: template, or the words themselves, for the
    provenance. `protocol`: how it is asked and counted. `intersections`: pairs of groups that are counted together.
    `headline`: names of figures that an overview shows, of tasks without an accuracy. `learnt`: what a model may have
    been trained on that makes its figures something else ("rotations")."""

    name: str
    says: str
    data: tuple[str, ...]
    scorer: str
    questions: Callable[[Source], Iterator[Question | BadRow]]
    prompt: str = ""
    protocol: str = ""
    extras: tuple[Extra, ...] = ()
    headline: tuple[str, ...] = ()
    intersections: tuple[tuple[str, str], ...] = ()
    learnt: tuple[str, ...] = ()

    @property
    def prompt_sha256(self) -> str:
        """Hash of the template's file or of the words, the first 16 digits."""
        from facereason import prompts

        shipped = prompts.names()
        hashes = [prompts.load(word).sha256 for word in self.prompt.split(", ") if word in shipped]
        told = "".join(hashes) if hashes else hashlib.sha256(self.prompt.encode()).hexdigest()
        return hashlib.sha256(told.encode()).hexdigest()[:16]
