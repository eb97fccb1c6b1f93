"""The tasks under inspect-ai give the scores that they give here."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from tests.bench.runs import asked

ROOT = Path(__file__).parents[3]


def test_the_project_declares_the_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["entry-points"]["inspect_ai"] == {"facereason": "facereason.bench.inspect_entry"}


def test_both_ways_give_the_same_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inspect_ai = pytest.importorskip("inspect_ai")
    pytest.importorskip("pyarrow")
    from inspect_ai.model import ModelOutput, get_model

    from facereason.bench import inspecting
    from facereason.bench.runs import rows
    from facereason.bench.runs.running import folder
    from facereason.bench.tasks.task import Source

    data = asked.ferplus(tmp_path, 10)
    replies = ["happiness", "I cannot tell.", "a banana", "Sad.", "angry", "neutral", "happy", "x", "sadness", "fear"]
    model = get_model(
        "mockllm/model", custom_outputs=[ModelOutput.from_content("mockllm/model", reply) for reply in replies]
    )

    async def count(text: str) -> int:  # the mock would fetch a tokenizer
        return len(text) // 4

    monkeypatch.setattr(model.api, "count_text_tokens", count)
    (log,) = inspect_ai.eval(
        inspecting.task("fer/ferplus", Source(folder=str(data))), model=model, log_dir=str(tmp_path / "logs"),
        log_images=False, display="none", max_connections=1, max_samples=1,
    )  # fmt: skip
    assert log.status == "success", log.error
    told = iter(replies)
    asked.run(tmp_path / "run", data, "fer/ferplus", says=lambda request: next(told), in_flight=1)
    ours = {row.id: (row.outcome.value, row.answer) for row in rows.read(folder(tmp_path / "run", "fer/ferplus")).rows}
    theirs = {
        sample.id: (score.metadata["outcome"], score.answer)
        for sample in log.samples
        for score in sample.scores.values()
    }
    assert theirs == ours
    assert log.results.scores[0].metrics["accuracy"].value == sum(o == "right" for o, _ in ours.values()) / 10


def test_every_task_is_registered_by_its_name() -> None:
    pytest.importorskip("inspect_ai")
    from inspect_ai._util.registry import registry_lookup

    from facereason.bench import inspecting

    inspecting.register()
    for name in ("fer-ferplus", "ferbench", "rotbench-voting"):
        assert registry_lookup("task", name) or registry_lookup("task", f"facereason/{name}"), name
