"""Supervised fine-tuning: what is learnt and what is not seen, for every family; resuming; and what goes wrong."""

from __future__ import annotations

import dataclasses
import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("trl", reason="needs the train extra")

import torch

from facereason import recipes
from facereason.data import DataError
from facereason.train import crops, tasks
from facereason.train.vlm import bases, batches, curve, measuring, questions, sft, watching
from facereason.train.vlm.recipe import Lora, Part, Recipe
from facereason.types import Box, FaceReasonError, UsageError
from facereason.vlm.local.loading import Base
from tests.train.made import LABELS, Killed, StopError, face

FAMILIES = ("paligemma", "florence2", "qwen2_5_vl", "idefics3")


ASK = (Part(data="faces.parquet", ask={"label": 1}),)


def recipe(base: object, **changes: object) -> Recipe:
    said = Recipe(
        name="tried", base=str(base), data=ASK, batch=4, steps=2, learning_rate=1e-3, precision="float32", log_every=1
    )
    return dataclasses.replace(said, **changes)  # type: ignore[arg-type]


NANO = {"hidden": 32, "layers": 1, "heads": 2, "inner": 48}


def loaded(what: str, checkpoint: Callable[[str], Path]) -> Base:
    if what == "fresh":
        words = [text for task in tasks.wordings().values() for text in task] + [label.value for label in LABELS]
        return bases.base(recipe("fresh", model=NANO), "cpu", words)
    return bases.base(recipe(checkpoint(what)), "cpu", [])


def rows(count: int = 3) -> list[dict[str, object]]:
    made = [tasks.sample("label", face(number), random.Random(number)) for number in range(count)]
    return [dataclasses.asdict(each) for each in made if each is not None]


@pytest.mark.parametrize("family", [*FAMILIES, "fresh"])
def test_the_loss_is_on_the_answers_alone(family: str, checkpoint: Callable[[str], Path]) -> None:
    base, some = loaded(family, checkpoint), rows()
    batch = batches.Batches(base)(some)
    assert "pixel_values" in batch
    for told, row in zip(batches.answers(base, batch), some, strict=True):
        left = told.replace(str(row["answer"]), "", 1)
        assert str(row["answer"]) in told
        for special in base.tokenizer.all_special_tokens:
            left = left.replace(special, "")
        assert left.strip() in ("", "<|im_end|>", "<end_of_utterance>")


@pytest.mark.parametrize("family", ["paligemma", "florence2", "qwen2_5_vl"])
def test_where_a_person_is_is_learnt_as_the_family_writes_it(family: str, checkpoint: Callable[[str], Path]) -> None:
    base, box = loaded(family, checkpoint), Box(20, 12, 31, 40)
    crop = dataclasses.replace(face(0), place=("the person in the red coat", box))
    asked = tasks.sample("locate", crop, random.Random(0))
    assert asked is not None
    row = dataclasses.asdict(asked)
    told = batches.answers(base, batches.Batches(base)([row]))[0]
    question, _ = batches.said(base, row, batches.picture(row))
    assert question == base.family.grounding.ask("the person in the red coat")  # type: ignore[union-attr]
    with Image.open(io.BytesIO(crop.image)) as image:
        (found,) = base.family.regions(told.replace("<|im_end|>", ""), *image.size)
    assert found.box.iou(box) > 0.9
    assert "red coat" in found.text


def test_a_family_that_is_not_taught_to_locate_says_so(checkpoint: Callable[[str], Path]) -> None:
    base = loaded("idefics3", checkpoint)
    asked = tasks.sample("locate", dataclasses.replace(face(0), place=("her", Box(1, 1, 9, 9))), random.Random(0))
    assert asked is not None
    with pytest.raises(FaceReasonError, match="Idefics3 is not taught to locate"):
        batches.Batches(base)([dataclasses.asdict(asked)])


def test_a_face_without_words_for_it_is_not_located() -> None:
    assert tasks.sample("locate", face(0), random.Random(0)) is None


@pytest.mark.parametrize("family", [*FAMILIES, "fresh"])
def test_no_token_of_an_answer_is_seen_before_it_is_learnt(family: str, checkpoint: Callable[[str], Path]) -> None:
    base = loaded(family, checkpoint)
    batch = batches.Batches(base)(rows(1))
    model = base.model.train()
    last = int((batch["labels"][0] != batches.IGNORED).nonzero()[-1])
    changed = {name: value.clone() for name, value in batch.items()}
    names = ("labels",) if base.two_part else ("labels", "input_ids")
    for name in names:
        changed[name][0, last] = (changed[name][0, last] + 7) % 60 + 5
    torch.manual_seed(0)
    before = model(**batch).logits
    torch.manual_seed(0)
    after = model(**changed).logits
    # the token itself moves what follows it, in the decoder from the next place on
    torch.testing.assert_close(before[0, :last], after[0, :last], atol=1e-4, rtol=1e-4)


def test_stock_paligemma_does_see_it(checkpoint: Callable[[str], Path]) -> None:
    """Why the batch is ours: without `token_type_ids` the answer is read in both directions."""
    base = loaded("paligemma", checkpoint)
    batch = {name: value for name, value in batches.Batches(base)(rows(1)).items() if name != "labels"}
    del batch["token_type_ids"]
    changed = batch | {"input_ids": batch["input_ids"].clone()}
    changed["input_ids"][0, -1] = 11
    with torch.no_grad():
        before, after = base.model.eval()(**batch).logits, base.model(**changed).logits
    assert (before[0, :-1] - after[0, :-1]).abs().max() > 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("family", FAMILIES)
def test_every_family_is_trained_by_an_adapter(
    family: str, checkpoint: Callable[[str], Path], data: Path, tmp_path: Path
) -> None:
    part = Part(data="faces.parquet", ask={"label": 1}, limit=4)  # one batch, again and again
    said = recipe(checkpoint(family), data=(part,), adapter=Lora(rank=8, alpha=16, dropout=0.0), steps=4)
    out = sft.train(dataclasses.replace(said, learning_rate=5e-3, warmup=0.0), data, tmp_path)
    assert (out / "adapter_model.safetensors").is_file()
    losses = [row["loss"] for row in watching.read(tmp_path) if "loss" in row]
    assert len(losses) == 4
    assert losses[-1] < losses[0]
    trained = json.loads((out / "adapter_config.json").read_text())["target_modules"]
    assert not any("vision" in name or "visual" in name for name in trained)


@pytest.mark.slow
def test_a_nano_is_trained_saved_and_opened_by_the_stock_classes(data: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForImageTextToText, AutoProcessor

    ask = (Part(data="faces.parquet", ask={"emotion": 1, "gender": 0.5}),)
    said = recipe("fresh", data=ask, model=NANO, steps=6, checkpointing=True)
    before = dict(bases.base(said, "cpu", ["happy"]).model.model.vision_tower.named_parameters())
    out = sft.train(said, data, tmp_path)
    model = AutoModelForImageTextToText.from_pretrained(out)
    for name, weights in model.model.vision_tower.named_parameters():
        assert torch.equal(weights, before[name]), name
    processor = AutoProcessor.from_pretrained(out)
    turn = [{"role": "user", "content": [{"type": "image"}, {"type": "text", "text": "How does this person feel?"}]}]
    text = processor.apply_chat_template(turn, add_generation_prompt=True, tokenize=False)
    inputs = processor(images=[Image.open(io.BytesIO(face(1).image))], text=[text], return_tensors="pt")
    assert model.generate(**inputs, max_new_tokens=4, do_sample=False).shape[1] > inputs["input_ids"].shape[1]
    picture = curve.plot(tmp_path)
    assert picture is not None
    with Image.open(picture) as drawn:
        assert drawn.width > 400


@pytest.mark.slow
def test_a_run_that_was_killed_ends_as_one_that_was_not(data: Path, tmp_path: Path) -> None:
    said = recipe("fresh", model=NANO, steps=7, save_every=2, precision="float32")
    sft.train(said, data, tmp_path / "whole")
    with pytest.raises(StopError):
        sft.train(said, data, tmp_path / "killed", progress=Killed(5))
    last = sft.checkpoint(tmp_path / "killed")
    assert last is not None
    assert last.name == "checkpoint-4"
    sft.train(said, data, tmp_path / "killed")
    whole, again = (
        {row["step"]: row["loss"] for row in watching.read(tmp_path / name) if "loss" in row}
        for name in ("whole", "killed")
    )
    assert whole.keys() == again.keys()
    assert again[7] == pytest.approx(whole[7], abs=1e-4)


def test_questions_depend_on_seed_and_face_and_never_on_their_place(data: Path) -> None:
    parts = (Part(data="faces.parquet", ask={"emotion": 1, "unit": 0.5}),)
    first = list(questions.samples(parts, data, 1))
    assert list(questions.samples(parts, data, 1)) == first
    assert list(questions.samples(questions.limited(parts, 6), data, 1)) == [
        each for each in first if int(each.id.rpartition("-")[2]) < 6
    ]
    assert list(questions.samples(parts, data, 2)) != first


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"learning_rat": 1}, "unknown key learning_rat"),
        ({"batch": "many"}, "batch: expected int"),
        ({"bits": 4}, "add one"),
        ({"vision": "blurred"}, "'blurred' is not one of frozen, trained"),
        ({"base": "x/y", "model": {"hidden": 8}}, "a checkpoint has its own"),
    ],
)
def test_a_recipe_that_is_wrong_is_refused_by_name(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    said = {"name": "x", "base": "fresh", "data": [{"data": "a.parquet", "ask": {"label": 1}}]} | changes
    (tmp_path / "x.yaml").write_text(json.dumps(said))
    with pytest.raises(UsageError, match=message):
        recipes.load(Recipe, tmp_path / "x.yaml")


@pytest.mark.parametrize(
    ("part", "message"),
    [
        (Part(data="nowhere.parquet", ask={"label": 1}), "no crops"),
        (Part(data="faces.parquet", ask={"age": 1}), "has nothing to ask"),
        (Part(data="faces.parquet", ask={"shoe size": 1}), "no task 'shoe size'"),
        (Part(data="faces", ask={"label": 1}), "write a data set with its split"),
    ],
)
def test_data_that_is_missing_or_empty_is_told(part: Part, message: str, data: Path, tmp_path: Path) -> None:
    with pytest.raises(FaceReasonError, match=message):
        sft.train(recipe("fresh", data=(part,), model=NANO), data, tmp_path)


def test_a_picture_that_cannot_be_read_is_named(data: Path, tmp_path: Path) -> None:
    broken = dataclasses.replace(face(3), image=b"no picture")
    crops.write([face(1), broken], tmp_path / "broken.parquet")
    part = (Part(data="broken.parquet", ask={"label": 1}),)
    with pytest.raises(FaceReasonError, match="face-3: its image cannot be read"):
        sft.train(recipe("fresh", data=part, model=NANO), tmp_path, tmp_path / "out")


@pytest.mark.slow
def test_a_loss_that_is_no_number_ends_the_run_and_keeps_the_last_checkpoint(data: Path, tmp_path: Path) -> None:
    said = recipe("fresh", model=NANO, steps=40, save_every=1, learning_rate=1e30, schedule="constant", warmup=0.0)
    with pytest.raises(watching.DivergedError, match="take a lower learning_rate"):
        sft.train(said, data, tmp_path)
    assert sft.checkpoint(tmp_path) is not None


def test_another_recipe_does_not_go_on_with_a_run(data: Path, tmp_path: Path) -> None:
    said = recipe("fresh", model=NANO, steps=1, save_every=1)
    sft.train(said, data, tmp_path)
    with pytest.raises(FaceReasonError, match=r"another recipe \(learning_rate\)"):
        sft.train(dataclasses.replace(said, learning_rate=0.5), data, tmp_path)


def test_a_base_that_says_nothing_is_refused(checkpoint: Callable[[str], Path]) -> None:
    with pytest.raises(UsageError, match="says nothing"):
        bases.base(recipe(checkpoint("clip")), "cpu", [])
    with pytest.raises(FaceReasonError, match="there is no folder"):
        bases.base(recipe("./nowhere"), "cpu", [])


def test_crops_come_back_as_they_were_written(tmp_path: Path) -> None:
    made = [face(number) for number in range(3)]
    assert crops.write(made, tmp_path / "a.parquet") == 3
    assert list(crops.read(tmp_path / "a.parquet")) == made
    with pytest.raises(DataError, match="no faces to write"):
        crops.write([], tmp_path / "b.parquet")
    assert not (tmp_path / "b.parquet").exists()


def test_a_model_is_measured_on_what_the_faces_are_labelled_with(data: Path, checkpoint: Callable[[str], Path]) -> None:
    steps: list[int] = []
    base = loaded("fresh", checkpoint)
    found = {each.name: each for each in measuring.measure(base, [data / "faces.parquet"], 10, lambda: steps.append(1))}
    assert steps
    assert {name: each.n for name, each in found.items() if name in ("emotion right", "gender right", "in form")} == {
        "emotion right": 10,
        "gender right": 10,
        "in form": 10,
    }
    assert found["false action units on a face without any"].n == 5
    assert found["in form"].value == 0.0  # random words
    assert "age right" not in found


def test_answers_are_told_in_the_order_of_the_questions(checkpoint: Callable[[str], Path]) -> None:
    base = loaded("fresh", checkpoint)
    asked = [tasks.sample("label", face(number), random.Random(0)) for number in range(3)]
    some = [each for each in asked if each is not None]
    together = measuring.said(base, some)
    assert together == [measuring.said(base, [each])[0] for each in some]
