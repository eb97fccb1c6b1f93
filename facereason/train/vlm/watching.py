"""What watches a run of transformers' trainer: the curve, the bar, and the loss that is no number."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from facereason.train.loop import Progress
from facereason.types import FaceReasonError


class DivergedError(FaceReasonError):
    """The loss is no number any more."""


class Watch(TrainerCallback):
    """Appends what is logged to `curve.jsonl`; tells `progress` what is `shown`; ends a run whose loss is no number,
    before that reaches a checkpoint."""

    def __init__(self, folder: Path, progress: Progress, shown: str = "loss") -> None:
        self.folder, self.progress, self.shown = folder, progress, shown
        self._loss: float | None = None

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any
    ) -> None:
        self.progress.start(state.max_steps, state.global_step)
        keep = [row for row in read(self.folder) if row["step"] <= state.global_step]
        (self.folder / "curve.jsonl").write_text("".join(json.dumps(row) + "\n" for row in keep))

    def on_log(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        logs: dict[str, Any] | None = None,
        **rest: Any,
    ) -> None:
        told = {name: value for name, value in (logs or {}).items() if isinstance(value, (int, float))}
        self._loss = told.get(self.shown, self._loss)
        for name in ("loss", "grad_norm"):
            if name in told and not math.isfinite(told[name]):
                raise DivergedError(
                    f"the {name} is {told[name]} at step {state.global_step}: take a lower learning_rate; "
                    f"the last checkpoint in {self.folder} is good"
                )
        with (self.folder / "curve.jsonl").open("a") as file:
            file.write(json.dumps({"step": state.global_step} | told) + "\n")

    def on_step_end(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **rest: Any) -> None:
        self.progress.step(self._loss)


def read(folder: Path) -> list[dict[str, Any]]:
    """The rows of a run's curve so far."""
    path = folder / "curve.jsonl"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.is_file() else []
