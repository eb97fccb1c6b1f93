"""--model of `ask` and `chat`, and the table in facereason.toml in its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run

HAPPY = "fake+says=<think>lip corners pulled up (AU12)</think><answer>happiness</answer>"


@pytest.fixture
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path / "facereason.toml"


def test_the_words_of_the_model_come_before_what_was_measured(real_run: Run, beside: Path) -> None:
    code, out, _ = real_run("ask", "--example", "How does she feel?", "--model", HAPPY)
    assert code == 0
    assert out.startswith("The model says: the person in orange appears happy: lip corners pulled up (AU12). ")
    assert "The instrument and the model agree on the emotion." in out
    assert out.index(" Measured: ") > out.index("agree on the emotion")


def test_the_table_beside_the_work_is_used_and_none_leaves_it_out(real_run: Run, beside: Path) -> None:
    beside.write_text(f'[routes]\nemotion = "{HAPPY}"\n', encoding="utf-8")
    _, out, _ = real_run("ask", "--example", "How does she feel?", "--json")
    assert [call["job"] for call in json.loads(out)["provenance"]["calls"]] == ["emotion"]
    _, out, _ = real_run("ask", "--example", "How does she feel?", "--model", "none")
    assert out.startswith("The person in orange appears happy")


def test_chat_asks_the_model_too(real_run: Run, beside: Path) -> None:
    code, out, _ = real_run("chat", "--example", "--model", HAPPY, "--json", stdin="How does she feel?\n")
    assert code == 0
    assert json.loads(out)["text"].startswith("The model says:")


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        ("gpt-4o", "model gpt-4o: unknown provider gpt-4o; a model is openai/NAME"),
        ("mood=fake", "unknown job mood; jobs are emotion"),
        ("emotion=chat,chat=emotion", "the table goes in a circle: emotion -> chat -> emotion"),
    ],
)
def test_a_model_that_is_wrong_is_wrong_usage_in_one_line(
    real_run: Run, beside: Path, model: str, complaint: str
) -> None:
    code, _, err = real_run("ask", "--example", "How does she feel?", "--model", model)
    assert code == 2
    assert complaint in err
    assert err.count("\n") == 1


def test_a_table_that_is_wrong_is_named_with_its_file(real_run: Run, beside: Path) -> None:
    beside.write_text("[routes]\nmood = 'fake'\n", encoding="utf-8")
    code, _, err = real_run("ask", "--example", "How does she feel?")
    assert code == 2
    assert str(beside) in err


def test_a_model_without_a_key_names_the_variable_to_set(
    real_run: Run, beside: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.delenv("OPENAI_BASE_URL", raising=False)
    code, _, err = real_run("ask", "--example", "How does she feel?", "--model", "openai/gpt-4o")
    assert code == 1
    assert "OPENAI_API_KEY" in err
    assert err.count("\n") == 1
