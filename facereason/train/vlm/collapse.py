"""Notices that a run of rewards has collapsed, and ends it while a good checkpoint is there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from facereason.train.vlm.recipe import Stop

FORM = "rewards/format/mean"
LEAST = 0.5
"""Share of replies in form, at least once, before a fall below it means anything."""


class Collapse(TrainerCallback):
    """Ends the run when a sign of `stop` held through its window. `why` says which, "" while there is none; `since` is
    the step of the first log of the window."""

    def __init__(self, stop: Stop) -> None:
        self.stop, self.why, self.since = stop, "", 0
        self._best = 0.0
        self._held: dict[str, list[int]] = {}

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **rest: Any,
    ) -> None:
        if not logs or "reward" not in logs:
            return
        for sign, there in self._signs(logs).items():
            held = self._held.setdefault(sign, [])
            held.append(state.global_step)
            if not there:
                held.clear()
            elif len(held) >= self.stop.window and not self.why:
                self.why, self.since = sign, held[-self.stop.window]
                control.should_training_stop = True

    def _signs(self, logs: Mapping[str, Any]) -> dict[str, bool]:
        stop = self.stop
        form = float(logs.get(FORM, 0))
        self._best = max(self._best, form)
        return {
            "replies fell out of form": self._best >= LEAST and form < stop.form * self._best,
            "the entropy of a token is almost 0": float(logs.get("entropy", 1)) < stop.entropy,
            "all replies to a face earn the same": float(logs.get("frac_reward_zero_std", 0)) >= stop.same,
            "replies do not end": float(logs.get("completions/clipped_ratio", 0)) >= stop.cut,
        }
