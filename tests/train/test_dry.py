"""What a dry run tells, and that it is what the run then does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="needs the train extra")
pytest.importorskip("trl", reason="needs the train extra")

from facereason.data import DataError
from facereason.train import crops
from facereason.train.vlm import dry, provenance, sft
from facereason.train.vlm.recipe import Lora, Part
from tests.train.made import face
from tests.train.test_sft import NANO, recipe
from tests.vlm import tiny


@pytest.fixture
def data(tmp_path: Path) -> Path:
    crops.write((face(number) for number in range(10)), tmp_path / "data" / "faces.parquet")
    return tmp_path / "data"


@pytest.mark.slow
def test_a_dry_run_tells_steps_weights_time_and_memory_and_trains_nothing(data: Path, tmp_path: Path) -> None:
    said = recipe("fresh", model=NANO, steps=None, epochs=2.0, accumulate=2, needs="a laptop")
    lines = list(dry.told(said, data, tmp_path / "run", "cpu"))
    assert lines[:3] == [
        "recipe tried: a laptop",
        "10 faces; no held-out split to compare with",
        "10 questions, 4 steps of 8",
    ]
    text = "\n".join(lines)
    step = re.search(r"one step, tried: ([\d.]+) s; 4 of them less than a minute", text)
    peak = re.search(r"memory at the peak of the trial: ([\d.]+) GiB, and \d+ MiB for AdamW", text)
    assert step is not None
    assert float(step[1]) < 60
    assert peak is not None
    assert 0.1 < float(peak[1]) < 20
    assert not (tmp_path / "run" / "model").exists()
    out = sft.train(said, data, tmp_path / "run")
    assert provenance.read(out).steps == 4
    assert re.search(r"([\d.]+) M of ([\d.]+) M weights are trained", text)


@pytest.mark.slow
def test_an_adapters_weights_are_those_that_are_trained(data: Path, tmp_path: Path) -> None:
    base = tiny.build("paligemma", tmp_path / "base")
    said = recipe(base, adapter=Lora(rank=4, alpha=8), checkpointing=True)
    text = "\n".join(dry.told(said, data, tmp_path / "run", "cpu"))
    found = re.search(r"([\d.]+) M of ([\d.]+) M weights are trained", text)
    assert found is not None
    assert float(found[1]) < float(found[2]) / 5
    assert "one step, tried" in text


def test_what_is_not_here_is_said_with_what_is_known(data: Path, tmp_path: Path) -> None:
    far = recipe("Qwen/Qwen2.5-VL-7B-Instruct", adapter=Lora(), bits=4)
    lines = list(dry.told(far, data, tmp_path / "run", "cpu"))
    assert any(
        line.startswith("not here: hf/Qwen/Qwen2.5-VL-7B-Instruct is not here: facereason models") for line in lines
    )
    assert "Qwen/Qwen2.5-VL-7B-Instruct: 8 B weights by its card, 3.7 GiB in 4 bits" in lines
    lines = list(dry.told(recipe("fresh", model=NANO), tmp_path, tmp_path / "run", "cpu"))
    assert lines[1].startswith("not here: no crops ")


def test_a_leak_is_told_by_a_dry_run(data: Path, tmp_path: Path) -> None:
    said = recipe("fresh", model=NANO, valid=(Part(data="faces.parquet", ask={"label": 1}, limit=1),))
    text = "\n".join(dry.told(said, data, tmp_path / "run", "cpu"))
    assert "1 of 10 faces to train on are held out" in text
    with pytest.raises(DataError, match="1 of 10 faces"):
        sft.train(said, data, tmp_path / "run")
