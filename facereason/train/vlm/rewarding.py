"""The rewards of a run, as the functions that TRL's trainer calls; and replies that are kept for looking at."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from facereason.scoring import Truth, every_reward
from facereason.train.vlm import rollouts

Earned = Mapping[str, float | None]
Reward = Callable[..., list[float | None]]


class Rewards:
    """`functions`: one a reward with a weight, under its name, so that the trainer logs each. A reward that is left out
    (None) is no number to the trainer, which passes over it in the sum: a missing label is never a free reward."""

    def __init__(self, weights: Mapping[str, float], folder: Path, every: int, samples: int) -> None:
        self.weights = {name: weight for name, weight in weights.items() if weight}
        self.folder, self.every, self.samples = folder, every, samples
        self._of: object = None
        self._earned: list[Earned] = []

    def functions(self) -> list[Reward]:
        return [self._function(name) for name in self.weights]

    def _function(self, name: str) -> Reward:
        def reward(*, completions: list[Any], **rest: Any) -> list[float | None]:
            return [earned[name] for earned in self._all(completions, **rest)]

        reward.__name__ = name
        return reward

    def _all(
        self, completions: list[Any], *, question: Sequence[str], truth: Sequence[str], id: Sequence[str], **rest: Any
    ) -> Sequence[Earned]:
        """Of every reply, scored once for all functions."""
        if completions is not self._of:
            texts = [said(each) for each in completions]
            self._earned = [
                every_reward(text, _truth(told), asked)
                for text, told, asked in zip(texts, truth, question, strict=True)
            ]
            self._of = completions
            self._keep(texts, question, id, rest["trainer_state"].global_step + 1)
        return self._earned

    def _keep(self, texts: Sequence[str], question: Sequence[str], id: Sequence[str], step: int) -> None:
        """Some replies of every so many steps, each with what it earned."""
        if step % self.every and step > 1:
            return
        with (self.folder / "samples.jsonl").open("a", encoding="utf-8") as file:
            for i in range(min(self.samples, len(texts))):
                row = {"step": step, "id": id[i], "question": question[i], "reply": texts[i]}
                row["earned"] = {name: value for name, value in self._earned[i].items() if value is not None}
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def said(completion: Any) -> str:
    """The text of a completion as the trainer gives it: a message, or the text itself."""
    text = completion[0]["content"] if isinstance(completion, list) else completion
    return "".join(part.get("text", "") for part in text) if isinstance(text, list) else str(text)


@lru_cache(maxsize=4096)
def _truth(text: str) -> Truth:
    return rollouts.read(text)
