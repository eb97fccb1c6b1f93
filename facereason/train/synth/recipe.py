"""What a recipe of synthesis says: who writes about which faces, what is let through, and what is trained on it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from facereason import prompts
from facereason.scoring import Rules
from facereason.train.vlm.recipe import Recipe
from facereason.types import UsageError

SIGHTED, JUDGED = "synth_sighted", "synth_check"
"""Templates of a writer that sees the label, and of who reads a thought without it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Faces:
    """Labelled faces: a data set with its split, a file of crops or of records, as in `vlm.recipe.Part`."""

    data: str
    limit: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The pass that does not see the label, where the writer does. `model`: who, else the writer itself; `by`: "photo",
    which asks for the emotion of the photo, or "thought", which asks what the thought leads to once its emotion words
    are struck; `prompt`: of the question about the photo, none for the bare question."""

    model: str = ""
    by: Literal["photo", "thought"] = "photo"
    prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that a run may take in all its rounds, and over all the times that it is called. What is in flight when
    tokens are used up is finished."""

    calls: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthRecipe:
    """One run. `writer`: a folder of a trained model, or a model's name; `prompt`: template of what it is asked, none
    for the bare question, as models that were trained here are asked; `drafts`: replies to each face in a round;
    `longest`: tokens of one; `keep`: of the drafts about one face that pass, so many at most; `train`: what is trained
    on its own data and on what was kept, each kept one `often`; `measure`: files of crops, `measured` faces of each;
    `in_flight`: calls of an API at one time; `together`: faces that a model on this machine is asked at one time."""

    name: str
    writer: str
    faces: tuple[Faces, ...]
    needs: str = ""
    mode: Literal["blind", "sighted"] = "blind"
    prompt: str = ""
    drafts: int = 4
    temperature: float = 1.0
    longest: int = 128
    keep: int = 1
    rounds: int = 1
    gate: Rules = field(default_factory=Rules)
    check: Check | None = None
    train: Recipe | None = None
    often: float = 1.0
    measure: tuple[str, ...] = ()
    measured: int | None = None
    budget: Limits = Limits()
    in_flight: int = 16
    together: int = 32
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("drafts", "longest", "keep", "rounds", "in_flight", "together"):
            if getattr(self, name) < 1:
                raise UsageError(f"{name}: 1 or more")
        if self.temperature < 0 or (self.temperature == 0 and self.drafts > 1):
            raise UsageError("temperature: more than 0, or all drafts about a face are the same")
        if not self.faces:
            raise UsageError("faces: name some to write about")
        if self.rounds > 1 and self.train is None:
            raise UsageError("rounds: a second round needs train, or it would write what the first one did")
        if self.check is not None and self.mode == "blind":
            raise UsageError("check: a writer that does not see the label needs no second pass; leave it out")
        self._check_prompts()

    def _check_prompts(self) -> None:
        """A blind pass must not be able to see the label, and a sighted one must see it."""
        if self.asked_by and self.sighted is not ("label" in prompts.load(self.asked_by).inputs):
            how = (
                "has no input label, which a sighted writer"
                if self.sighted
                else "has an input label, which a blind one"
            )
            raise UsageError(f"prompt: {self.asked_by} {how} {'needs' if self.sighted else 'must not see'}")
        if self.blind_pass.prompt and "label" in prompts.load(self.blind_pass.prompt).inputs:
            raise UsageError(f"check.prompt: {self.blind_pass.prompt} has an input label, which this pass must not see")

    @property
    def sighted(self) -> bool:
        return self.mode == "sighted"

    @property
    def asked_by(self) -> str:
        """The template of what the writer is asked; empty for the bare question."""
        return self.prompt or (SIGHTED if self.sighted else "")

    @property
    def blind_pass(self) -> Check:
        return self.check or Check()
