"""Supervised fine-tuning of a vision-language model by a recipe, through TRL's trainer.

TRL and PEFT train; what is ours is the batch (`batches`), so that every family learns the answers alone and none sees
what it shall say. Florence-2, an encoder and a decoder, goes through transformers' own trainer, on which TRL's stands.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason.records import plain
from facereason.train.loop import Progress, Silent
from facereason.train.vlm import bases, batches, card, leaks, provenance, questions
from facereason.train.vlm.recipe import Recipe, Run
from facereason.train.vlm.watching import Watch
from facereason.types import FaceReasonError
from facereason.vlm.families import FLORENCE2

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer

    from facereason.vlm.local.loading import Base


TEXTS = 20_000
"""Questions and answers from which a fresh nano learns its tokens."""


def train(
    recipe: Recipe,
    data: str | Path | None,
    folder: Path,
    *,
    device: str = "cpu",
    say: Callable[[str], None] = lambda text: None,
    progress: Progress | None = None,
) -> Path:
    """Train, or go on with, the run in `folder`; gives the folder of the trained model or adapter, `folder/model`.

    A checkpoint is written every `save_every` steps; called again after a stop it goes on from the last, as if there
    had been none. Raises DataError, UsageError, the errors of loading, and DivergedError.
    """
    from transformers import PrinterCallback

    folder.mkdir(parents=True, exist_ok=True)
    same_recipe(recipe, folder)
    rows = questions.dataset(recipe.data, data, recipe.seed, folder / "data", say)
    valid = questions.dataset(recipe.valid, data, recipe.seed, folder / "data", say) if recipe.valid else None
    learnt = leaks.refuse(recipe.data, recipe.valid, data, folder / "data", say)
    base = bases.base(recipe, device, texts(rows), folder / "words")
    last = checkpoint(folder)
    run = provenance.Run.of(recipe, base, learnt, len(rows), len(valid or ()))
    run.begin(folder, going_on=last is not None)
    if last is not None and recipe.adapter is None:
        bases.take_over(base, last)
    _check(base, rows)
    trainer = _trainer(recipe, base, rows, valid, folder)
    trainer.add_callback(Watch(folder, progress or Silent()))
    trainer.remove_callback(PrinterCallback)  # the curve has it
    say(f"{len(rows)} questions{f'; goes on from {last.name}' if last else ''}")
    with room(folder):
        trainer.train(resume_from_checkpoint=str(last) if last else None)
        out = saved(trainer, base, folder)
        run.end(folder, out)
        card.write(out)
        return out


@contextmanager
def room(folder: Path) -> Iterator[None]:
    """What cannot be written becomes one line, which says where the run would go on."""
    try:
        yield
    except Exception as error:  # each library has another one for a full disk
        why = unwritten(error)
        if not why:
            raise
        raise FaceReasonError(
            f"{folder}: cannot be written ({why}): make room and call again; "
            f"it goes on from {checkpoint(folder) or 'the start'}"
        ) from None


def unwritten(error: Exception) -> str:
    """Why a file could not be written, empty where the error is of another kind."""
    said = " ".join(str(error).split())
    if isinstance(error, OSError):
        return error.strerror or said
    if type(error).__name__ == "SafetensorError" or "PytorchStreamWriter" in said:
        return said[-100:]
    return "torch could not write its file" if "inline_container" in said else ""


def checkpoint(folder: Path) -> Path | None:
    """The last whole checkpoint of a run."""
    whole = [path for path in folder.glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    return max(whole, key=lambda path: int(path.name.rpartition("-")[2]), default=None)


def same_recipe(recipe: Run, folder: Path) -> None:
    """The recipe is kept beside its run; another one does not go on with it."""
    path, now = folder / "recipe.json", plain(recipe)
    before = json.loads(path.read_text()) if path.is_file() and checkpoint(folder) is not None else now
    changed = [name for name in {**before, **now} if before.get(name) != now.get(name)]
    if changed:
        raise FaceReasonError(
            f"{folder}: holds a run of another recipe ({', '.join(changed)}): name another folder with --out"
        )
    path.write_text(json.dumps(now, indent=2))


def texts(rows: Dataset) -> list[str]:
    """Questions and answers of at most `TEXTS` rows."""
    some = (
        rows.select(range(min(len(rows), TEXTS))) if len(rows) <= TEXTS else rows.shuffle(seed=0).select(range(TEXTS))
    )
    return [text for name in ("question", "answer") for text in some[name]]


def _check(base: Base, rows: Dataset) -> None:
    """FaceReasonError where what would be learnt is not the answers, as decoded from a batch's labels."""
    some = [rows[i] for i in range(min(4, len(rows)))]
    for told, row in zip(batches.answers(base, batches.Batches(base)(some)), some, strict=True):
        _, answer = batches.said(base, row, batches.picture(row))
        if answer not in told:
            raise FaceReasonError(
                f"{base.name}: its processor hides the answer from the loss ({told[:60]!r}, not {answer[:60]!r})"
            )


def _trainer(recipe: Recipe, base: Base, rows: Dataset, valid: Dataset | None, folder: Path) -> Trainer:
    args = arguments(recipe, base, folder) | {
        "per_device_train_batch_size": recipe.batch,
        "per_device_eval_batch_size": recipe.batch,
        "eval_strategy": "steps" if valid is not None else "no",
        "eval_steps": recipe.save_every,
        "label_names": ["labels"],
    }
    batch = batches.Batches(base)
    if base.family is FLORENCE2:
        from transformers import Trainer, TrainingArguments

        model = adapted(recipe, base)
        return Trainer(
            model=model, args=TrainingArguments(**args), train_dataset=rows, eval_dataset=valid, data_collator=batch
        )
    from trl import SFTConfig, SFTTrainer  # type: ignore[attr-defined]

    config = SFTConfig(**args, max_length=None, dataset_kwargs={"skip_prepare_dataset": True})
    return SFTTrainer(
        model=base.model,
        args=config,
        train_dataset=rows,
        eval_dataset=valid,
        data_collator=batch,
        processing_class=base.processor,
        peft_config=lora(recipe, base),
    )


def arguments(recipe: Run, base: Base, folder: Path) -> dict[str, Any]:
    """Of any of transformers' trainers."""
    return {
        "output_dir": str(folder),
        "gradient_accumulation_steps": recipe.accumulate,
        "num_train_epochs": recipe.epochs,
        "max_steps": recipe.steps or -1,
        "learning_rate": recipe.learning_rate,
        "lr_scheduler_type": recipe.schedule,
        "warmup_steps": recipe.warmup,
        "weight_decay": recipe.weight_decay,
        "bf16": recipe.precision == "bfloat16",
        "gradient_checkpointing": recipe.checkpointing,
        "logging_steps": recipe.log_every,
        "save_steps": recipe.save_every,
        "save_total_limit": 2,
        "seed": recipe.seed,
        "data_seed": recipe.seed,
        "use_cpu": base.device.type == "cpu",
        "remove_unused_columns": False,
        "report_to": [],
        "disable_tqdm": True,
        "dataloader_pin_memory": base.device.type == "cuda",
    }


def lora(recipe: Run, base: Base) -> Any:
    """The recipe's adapter as PEFT's configuration; None where it has none."""
    if recipe.adapter is None:
        return None
    from peft import LoraConfig

    said = recipe.adapter
    return LoraConfig(
        r=said.rank,
        lora_alpha=said.alpha,
        lora_dropout=said.dropout,
        target_modules=list(said.targets) or _targets(base, recipe),
        task_type=None if base.family is FLORENCE2 else "CAUSAL_LM",
    )


def _targets(base: Base, recipe: Run) -> list[str]:
    """Every linear layer of the language model, and of the tower where that is trained; never the output's."""
    from torch import nn

    tower = bases.vision_tower(base.model)
    inside = set() if tower is None or recipe.vision == "trained" else {id(module) for module in tower.modules()}
    head = id(base.model.get_output_embeddings())
    return [
        name
        for name, module in base.model.named_modules()
        if isinstance(module, nn.Linear) and id(module) not in inside and id(module) != head
    ]


def adapted(recipe: Run, base: Base) -> Any:
    """The base's model, with the recipe's adapter on it where it has one."""
    config = lora(recipe, base)
    if config is None:
        return base.model
    from peft import get_peft_model

    return get_peft_model(base.model, config)


def saved(trainer: Trainer, base: Base, folder: Path) -> Path:
    """The model, or its adapter, with its processor, in `folder/model`."""
    out = folder / "model"
    trainer.save_model(str(out))
    base.processor.save_pretrained(str(out))
    return out
