"""Learning from rewards: every family, resuming, collapse, what is known of a face, and what goes wrong."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("trl", reason="needs the train extra")

import torch
from transformers import TrainerControl, TrainerState

from facereason import recipes
from facereason.data import DataError
from facereason.scoring import Truth
from facereason.train import crops
from facereason.train.vlm import bases, curve, grpo, provenance, rewarding, rollouts, sft, watching
from facereason.train.vlm.collapse import Collapse
from facereason.train.vlm.recipe import Lora, Part, Recipe, RewardRecipe, Stop
from facereason.types import ActionUnit, EmotionLabel, FaceReasonError, UnitState, UsageError
from tests.train.made import Killed, StopError, face

ASK = (Part(data="faces.parquet", ask={"emotion": 1}),)
REWARDS = {"emotion": 2.0, "au": 1.0, "format": 1.0, "length": 0.5}


def recipe(base: object, **changes: object) -> RewardRecipe:
    said = RewardRecipe(
        name="tried",
        base=str(base),
        data=ASK,
        rewards=REWARDS,
        batch=2,
        replies=2,
        longest=6,
        steps=2,
        learning_rate=1e-3,
        precision="float32",
        log_every=1,
        stop=Stop(window=50),
    )
    return dataclasses.replace(said, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def nano(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny nano that has learnt the form, nearly: its replies differ, and so do their rewards."""
    folder = tmp_path_factory.mktemp("nano")
    said = Recipe(
        name="nano",
        base="fresh",
        data=ASK,
        model={"hidden": 32, "layers": 1, "heads": 2, "inner": 48},
        batch=8,
        steps=60,
        learning_rate=1e-2,
        precision="float32",
    )
    return sft.train(said, data, folder)


@pytest.mark.slow
@pytest.mark.parametrize("family", ["paligemma", "qwen2_5_vl", "idefics3"])
def test_every_family_that_writes_on_learns_from_rewards_by_an_adapter(
    family: str, checkpoint: Callable[[str], Path], data: Path, tmp_path: Path
) -> None:
    said = recipe(checkpoint(family), adapter=Lora(rank=4, alpha=8, dropout=0.0))
    out = grpo.train(said, data, tmp_path)
    assert (out / "adapter_model.safetensors").is_file()
    first = watching.read(tmp_path)[0]
    assert {f"rewards/{name}/mean" for name in REWARDS} <= first.keys()
    assert {"entropy", "completions/mean_length", "reward", "frac_reward_zero_std"} <= first.keys()
    samples = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert {each["step"] for each in samples} == {1, 2}
    assert all(each["earned"].keys() <= set(REWARDS) | {"consistency", "support"} for each in samples)


@pytest.mark.slow
def test_a_nano_earns_more_after_than_before_and_keeps_its_eye(nano: Path, data: Path, tmp_path: Path) -> None:
    said = recipe(nano, rewards={"format": 1.0}, longest=60, batch=4, replies=8, steps=14, learning_rate=3e-3)
    out = grpo.train(said, data, tmp_path)
    form = [row["rewards/format/mean"] for row in watching.read(tmp_path) if "reward" in row]
    assert sum(form[-4:]) / 4 > sum(form[:4]) / 4 + 0.05
    before, after = (bases.base(recipe(folder), "cpu", ()).model for folder in (nano, out))
    assert torch.equal(*(_weights(model, "vision_tower") for model in (before, after)))
    assert not torch.equal(*(_weights(model, "language_model") for model in (before, after)))
    assert curve.rewards(tmp_path) == tmp_path / "curve.png"
    told = (out / "README.md").read_text()
    assert "| made | train | 24 | none | not stated |" in told
    assert "14 steps on cpu, float32" in told
    assert "rewards:" in told
    assert [(each.dataset, each.faces) for each in provenance.read(out).before] == [("made", 24)]


def test_faces_that_models_are_measured_on_earn_no_reward(nano: Path, tmp_path: Path) -> None:
    held = [dataclasses.replace(face(number), dataset="ferplus", split="test") for number in range(3)]
    crops.write(held, tmp_path / "ferplus-test.parquet")
    learnt = [dataclasses.replace(face(number), dataset="ferplus", split="train") for number in range(2, 6)]
    crops.write(learnt, tmp_path / "faces.parquet")
    with pytest.raises(DataError, match=r"1 of 4 faces to train on are held out, 1 pixel for pixel"):
        grpo.train(recipe(nano), tmp_path, tmp_path / "out")
    assert not (tmp_path / "out" / "model").exists()


def _weights(model: Any, part: str) -> torch.Tensor:
    return torch.cat([each.flatten() for name, each in model.named_parameters() if part in name])


@pytest.mark.slow
def test_a_run_that_was_killed_ends_as_one_that_was_not(nano: Path, data: Path, tmp_path: Path) -> None:
    said = recipe(nano, longest=24, steps=5, save_every=2)
    grpo.train(said, data, tmp_path / "whole")
    with pytest.raises(StopError):
        grpo.train(said, data, tmp_path / "killed", progress=Killed(3))
    last = sft.checkpoint(tmp_path / "killed")
    assert last is not None
    assert last.name == "checkpoint-2"
    grpo.train(said, data, tmp_path / "killed")
    whole, again = (
        {row["step"]: row for row in watching.read(tmp_path / name) if "reward" in row} for name in ("whole", "killed")
    )
    assert whole.keys() == again.keys()
    for name in ("loss", "reward", "completions/mean_length", "entropy"):
        assert again[5][name] == pytest.approx(whole[5][name], abs=1e-4), name


@pytest.mark.parametrize("ours", [True, False])
def test_no_token_of_a_reply_is_scored_by_what_follows_it(
    ours: bool, checkpoint: Callable[[str], Path], data: Path, tmp_path: Path
) -> None:
    """PaliGemma reads in both directions what is not marked as a reply; TRL's own trainer does not mark it."""
    base = bases.base(recipe(checkpoint("paligemma")), "cpu", ())
    rows = rollouts.dataset(ASK, data, 0, tmp_path / "data", lambda text: None)
    said = recipe(checkpoint("paligemma"))
    trainer: Any = grpo.trainer(said, base, rows, tmp_path)
    if not ours:
        trainer.__class__ = type(trainer).__mro__[1]
    inputs = base.processor(images=[[rows[0]["image"]]], text=["<image>How?"], return_tensors="pt")
    reply = torch.tensor([[21, 22, 23, 24]])
    changed = torch.tensor([[21, 22, 23, 41]])
    told = []
    for each in (reply, changed):
        ids = torch.cat([inputs["input_ids"], each], 1)
        with torch.no_grad():
            logs, *_ = trainer._get_per_token_logps_and_entropies(
                base.model.train(False),
                ids,
                torch.ones_like(ids),
                4,
                pixel_values=inputs["pixel_values"],
                num_images=[1],
                token_type_ids=torch.zeros_like(ids),
            )
        told.append(logs[0, :3])
    moved = float((told[0] - told[1]).abs().max())
    assert (moved < 1e-5) is ours


def test_what_the_reader_read_is_a_reading_and_no_label() -> None:
    units = {12: 0.9}
    read = (ActionUnit(unit=12, state=UnitState.PRESENT, intensity=0.9, confidence=0.9, reliability=0.9),)
    rendered = dataclasses.replace(face(1), label=None, units=units)
    photo = dataclasses.replace(rendered, readings=read, label=EmotionLabel.HAPPINESS)
    assert rollouts.known(rendered) == Truth(units=frozenset({12}))
    assert rollouts.known(photo) == Truth(emotion=EmotionLabel.HAPPINESS, readings=read)
    assert rollouts.known(dataclasses.replace(rendered, units=None)) is None
    for truth in (rollouts.known(rendered), rollouts.known(photo), Truth(votes={EmotionLabel.FEAR: 3.0})):
        assert truth is not None
        assert rollouts.read(rollouts.written(truth)) == truth


def test_a_missing_label_is_left_out_and_no_free_reward(tmp_path: Path) -> None:
    rewards = rewarding.Rewards({"emotion": 1, "au": 1, "format": 0}, tmp_path, 10, 1)
    functions = {each.__name__: each for each in rewards.functions()}
    assert list(functions) == ["emotion", "au"]
    said = [
        [{"role": "assistant", "content": f"<think>Lip corners up (AU12).</think><answer>{label}</answer>"}]
        for label in ("happiness", "sadness")
    ]
    rest = {
        "question": ["How?"] * 2,
        "truth": [rollouts.written(Truth(emotion=EmotionLabel.HAPPINESS))] * 2,
        "id": ["a", "b"],
        "trainer_state": TrainerState(),
    }
    assert functions["emotion"](completions=said, **rest) == [1.0, 0.0]
    assert functions["au"](completions=said, **rest) == [None, None]
    (kept,) = [json.loads(line) for line in (tmp_path / "samples.jsonl").read_text().splitlines()]
    assert kept["id"] == "a"
    assert kept["reply"].endswith("<answer>happiness</answer>")
    assert "au" not in kept["earned"]


GOOD = {"reward": 1.0, "rewards/format/mean": 0.9, "entropy": 0.2, "frac_reward_zero_std": 0.3}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"rewards/format/mean": 0.3}, "replies fell out of form"),
        ({"entropy": 0.0001}, "the entropy of a token is almost 0"),
        ({"frac_reward_zero_std": 1.0}, "all replies to a face earn the same"),
        ({"completions/clipped_ratio": 0.8}, "replies do not end"),
        ({"reward": -5.0}, ""),
    ],
)
def test_a_collapse_is_one_that_lasts(change: dict[str, float], why: str) -> None:
    found = Collapse(Stop(window=3))
    state, control = TrainerState(), TrainerControl()
    logs = [GOOD, GOOD | change, GOOD | change, GOOD, *[GOOD | change] * 3]
    for step, each in enumerate(logs, 1):
        assert not control.should_training_stop
        state.global_step = step
        found.on_log(None, state, control, each)  # type: ignore[arg-type]
    assert found.why == why
    assert control.should_training_stop is bool(why)
    assert found.since == (5 if why else 0)


def test_words_that_never_were_in_form_do_not_fall_out_of_it() -> None:
    found, control = Collapse(Stop(window=2)), TrainerControl()
    for _ in range(5):
        found.on_log(None, TrainerState(), control, GOOD | {"rewards/format/mean": 0.0})  # type: ignore[arg-type]
    assert not control.should_training_stop


@pytest.mark.slow
def test_a_run_that_collapses_keeps_the_model_from_before(nano: Path, data: Path, tmp_path: Path) -> None:
    said = recipe(nano, steps=9, save_every=1, stop=Stop(window=2, cut=0.0, same=2.0))  # cut: every log is a sign
    lines: list[str] = []
    with pytest.raises(FaceReasonError, match="collapsed by step 1, before its first checkpoint"):
        grpo.train(said, data, tmp_path / "soon")
    later = _late(said, data, tmp_path / "late", lines)
    assert "replies do not end; the model is that of checkpoint-2" in lines[-1]
    kept, good = (bases.base(recipe(each), "cpu", ()).model for each in (later, tmp_path / "late" / "checkpoint-2"))
    assert torch.equal(*(_weights(model, "language_model") for model in (kept, good)))


def _late(said: RewardRecipe, data: Path, folder: Path, lines: list[str]) -> Path:
    """The run with a collapse that begins at its third step."""
    before = Collapse.on_log

    def on_log(self: Collapse, args: Any, state: TrainerState, control: Any, logs: Any = None, **rest: Any) -> None:
        if state.global_step > 2:
            before(self, args, state, control, logs, **rest)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(Collapse, "on_log", on_log)
        return grpo.train(said, data, folder, say=lines.append)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"base": "fresh"}, "has nothing to say yet"),
        ({"replies": 1}, "each is judged by the others"),
        ({"temperature": 0.0}, "all replies are the same"),
        ({"accumulate": 3}, "must divide batch times replies, 4"),
        ({"rewards": {"charm": 1.0}}, "charm: 1.0: known are emotion, au, format"),
        ({"rewards": {"emotion": 0.0}}, "none has a weight"),
        ({"data": (Part(data="faces.parquet", ask={"gender": 1}),)}, "the task emotion alone"),
        ({"stop": {"window": 0}}, "1 or more"),
    ],
)
def test_a_recipe_that_is_wrong_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        dataclasses.replace(
            recipe("x/y"), **{name: Stop(**value) if name == "stop" else value for name, value in changes.items()}
        )


def test_what_cannot_be_trained_so_is_told_before_anything_is_done(
    checkpoint: Callable[[str], Path], data: Path, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="vllm needs a GPU, and this runs on cpu"):
        grpo.train(recipe("x/y", generate="vllm"), data, tmp_path)
    assert not list(tmp_path.iterdir())
    with pytest.raises(UsageError, match="an encoder and a decoder"):
        grpo.train(recipe(checkpoint("florence2")), data, tmp_path)
    crops.write([dataclasses.replace(face(1), label=None, units=None)], tmp_path / "bare.parquet")
    part = (Part(data="bare.parquet", ask={"emotion": 1}),)
    with pytest.raises(FaceReasonError, match="nothing to ask"):
        grpo.train(recipe(checkpoint("idefics3"), data=part), tmp_path, tmp_path / "out")


def test_the_recipes_that_ship_can_be_read() -> None:
    for name in ("nano-grpo.yaml", "qwen2.5-vl-grpo.yaml"):
        said = recipes.load(RewardRecipe, name)
        assert said.needs
        assert math.isfinite(sum(said.rewards.values()))
