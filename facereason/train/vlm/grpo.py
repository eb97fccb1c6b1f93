"""Learning from rewards: GRPO (Shao et al. 2024, DeepSeekMath) through TRL's trainer, by a recipe.

A face is asked several times, every reply is scored (`facereason.scoring`), and what earned more than the other replies
to the same face becomes more probable. TRL trains; ours are the faces with what is known of them, the rewards, and the
end of a run that collapses.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facereason.train.loop import Progress, Silent
from facereason.train.vlm import bases, card, leaks, provenance, rollouts, sft
from facereason.train.vlm.recipe import RewardRecipe
from facereason.train.vlm.rewarding import Rewards
from facereason.train.vlm.watching import Watch
from facereason.types import FaceReasonError, UsageError
from facereason.vlm.families import FLORENCE2, PALIGEMMA

if TYPE_CHECKING:
    from datasets import Dataset
    from transformers import Trainer

    from facereason.vlm.local.loading import Base

ASKED = (
    "{% for m in messages %}{% if m['content'] is string %}{{ m['content'] }}{% else %}{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}<image>{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}{% endfor %}"
)
"""PaliGemma has no chat template; its processor wants the placeholder and the question."""


def train(
    recipe: RewardRecipe,
    data: str | Path | None,
    folder: Path,
    *,
    device: str = "cpu",
    say: Callable[[str], None] = lambda text: None,
    progress: Progress | None = None,
) -> Path:
    """Train, or go on with, the run in `folder`; gives the folder of the trained model or adapter, `folder/model`.

    Writes `curve.jsonl` (every reward, length, entropy), `samples.jsonl` and checkpoints. Called again after a stop it
    goes on from the last checkpoint as if there had been none. A run that collapses (`recipe.stop`) ends, and its model
    is that of the last checkpoint before. Raises DataError, UsageError, the errors of loading, DivergedError, and
    FaceReasonError where it collapses before the first checkpoint.
    """
    from facereason.train.vlm.collapse import Collapse

    _possible(recipe, device)
    folder.mkdir(parents=True, exist_ok=True)
    sft.same_recipe(recipe, folder)
    rows = rollouts.dataset(recipe.data, data, recipe.seed, folder / "data", say)
    learnt = leaks.refuse(recipe.data, (), data, folder / "data", say)
    base = bases.base(recipe, device, ())
    if base.family is FLORENCE2:
        raise UsageError(f"base: {recipe.base} has an encoder and a decoder, which TRL's GRPO cannot train: use sft")
    last = sft.checkpoint(folder)
    run = provenance.Run.of(recipe, base, learnt, len(rows), 0)
    run.begin(folder, going_on=last is not None)
    if last is not None and recipe.adapter is None:
        bases.take_over(base, last)
    learner = trainer(recipe, base, rows, folder)
    collapse = Collapse(recipe.stop)
    learner.add_callback(Watch(folder, progress or Silent(), shown="reward"))
    learner.add_callback(collapse)
    begun = f"; goes on from {last.name}" if last else ""
    say(f"{len(rows)} faces, {recipe.batch * recipe.replies} replies a step{begun}")
    with sft.room(folder):
        learner.train(resume_from_checkpoint=str(last) if last else None)
        if collapse.why:
            good = _before(folder, collapse.since)
            say(f"stopped at step {learner.state.global_step}: {collapse.why}; the model is that of {good.name}")
            out = _restored(recipe, base, good, folder)
        else:
            out = sft.saved(learner, base, folder)
        run.end(folder, out)
        card.write(out)
        return out


def _possible(recipe: RewardRecipe, device: str) -> None:
    if recipe.generate == "vllm" and not device.startswith("cuda"):
        raise UsageError(f"generate: vllm needs a GPU, and this runs on {device}: set generate=transformers")


def _before(folder: Path, step: int) -> Path:
    """The last checkpoint that is older than the first sign of the collapse."""
    whole = [path for path in folder.glob("checkpoint-*") if (path / "trainer_state.json").is_file()]
    good = [path for path in whole if int(path.name.rpartition("-")[2]) < step]
    if not good:
        raise FaceReasonError(
            f"{folder}: the run collapsed by step {step}, before its first checkpoint: take a lower learning_rate, "
            "more beta, or a base that was fine-tuned first"
        )
    return max(good, key=lambda path: int(path.name.rpartition("-")[2]))


def _restored(recipe: RewardRecipe, base: Base, good: Path, folder: Path) -> Path:
    """The model of a checkpoint, in `folder/model`."""
    import shutil

    out = folder / "model"
    if recipe.adapter is None:
        bases.take_over(base, good)
        base.model.save_pretrained(str(out))
    else:
        out.mkdir(exist_ok=True)
        for name in ("adapter_model.safetensors", "adapter_config.json"):
            shutil.copy(good / name, out / name)
    base.processor.save_pretrained(str(out))
    return out


def trainer(recipe: RewardRecipe, base: Base, rows: Dataset, folder: Path) -> Trainer:
    """TRL's, set up by the recipe."""
    from trl import GRPOConfig  # type: ignore[attr-defined]

    kept = 2 + math.ceil(recipe.stop.window * recipe.log_every / recipe.save_every)
    rewards = Rewards(recipe.rewards, folder, recipe.log_every, recipe.samples)
    args = sft.arguments(recipe, base, folder) | {
        "per_device_train_batch_size": recipe.batch * recipe.replies // recipe.accumulate,
        "num_generations": recipe.replies,
        "max_completion_length": recipe.longest,
        "temperature": recipe.temperature,
        "beta": recipe.beta,
        "loss_type": recipe.loss,
        "reward_weights": list(rewards.weights.values()),
        "use_vllm": recipe.generate == "vllm",
        "save_total_limit": kept,
    }
    if base.family is PALIGEMMA and base.processor.chat_template is None:
        base.processor.chat_template = ASKED
    base.tokenizer.padding_side = "left"
    made: Trainer = _class(base)(
        model=base.model,
        args=GRPOConfig(**args),
        reward_funcs=rewards.functions(),
        train_dataset=rows,
        processing_class=base.processor,
        peft_config=sft.lora(recipe, base),
    )
    return made


def _class(base: Base) -> Any:
    """TRL's trainer. PaliGemma reads all text whose `token_type_ids` are 0 in both directions, so that a reply would
    be scored by what it says later: ours marks the reply as what it is. And its processor takes no questions of several
    lengths without padding, which TRL does not want: ours are taken one by one."""
    from trl import GRPOTrainer  # type: ignore[attr-defined]

    if base.family is not PALIGEMMA:
        return GRPOTrainer

    class PaliGemmaTrainer(GRPOTrainer):
        def _tokenize_prompts(self, prompts: list[Any]) -> tuple[list[Any], list[Any], dict[str, Any]]:
            each = [super(PaliGemmaTrainer, self)._tokenize_prompts([prompt]) for prompt in prompts]
            fields = {name: [row for *_, told in each for row in told[name]] for name in each[0][2] if name != "labels"}
            return [ids for told, *_ in each for ids in told], [image for _, seen, _ in each for image in seen], fields

        def _get_per_token_logps_and_entropies(
            self, model: Any, input_ids: Any, attention_mask: Any, logits_to_keep: int, *rest: Any, **named: Any
        ) -> Any:
            kinds = named.get("token_type_ids")
            kinds = input_ids.new_zeros(input_ids.shape) if kinds is None else kinds.clone()
            kinds[:, -logits_to_keep:] = 1
            named["token_type_ids"] = kinds
            return super()._get_per_token_logps_and_entropies(
                model, input_ids, attention_mask, logits_to_keep, *rest, **named
            )

    return PaliGemmaTrainer
