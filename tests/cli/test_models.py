"""`facereason models`: what is listed and shown, and the smoke test of a model."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Run


def test_every_family_that_is_known_is_listed_with_its_licence(run: Run) -> None:
    code, out, _ = run("models", "list", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {row["family"] for row in rows} >= {"PaliGemma", "Florence-2", "Qwen2.5-VL", "Qwen3-VL", "SmolVLM", "CLIP"}
    assert all(row["licence"] and row["parameters"] for row in rows)


def test_a_model_that_is_not_here_names_the_line_that_gets_it(run: Run) -> None:
    code, out, _ = run("models", "show", "hf/google/paligemma2-3b-mix-224+adapter=out/emotion")
    assert code == 0
    assert "here        no: facereason models pull hf/google/paligemma2-3b-mix-224\n" in out


def test_a_folder_is_here(run: Run, tmp_path: object) -> None:
    code, out, _ = run("models", "show", f"hf/{tmp_path}")
    assert code == 0
    assert f"here        {tmp_path} (0.00 GB)" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("show", "gpt-4o"), "unknown provider gpt-4o"),
        (("pull", "openai/gpt-4o"), "only hf/ORG/NAME is pulled"),
        (("check", "hf/a/b+bits=5"), "it is one of 4, 8"),
    ],
)
def test_a_name_that_is_wrong_is_wrong_usage(run: Run, arguments: tuple[str, ...], complaint: str) -> None:
    code, _, err = run("models", *arguments)
    assert code == 2
    assert complaint in err
    assert err.count("\n") == 1


def test_a_check_tries_what_is_declared_and_fails_where_a_step_does(run: Run) -> None:
    code, out, _ = run("models", "check", "fake", "--json")
    steps = {row["step"]: row for row in map(json.loads, out.splitlines())}
    assert code == 1
    assert steps["describe"]["passed"]
    assert not steps["JSON schema"]["passed"]
    assert "not JSON" in steps["JSON schema"]["said"]


def test_a_check_of_a_model_that_does_everything_right_passes(run: Run) -> None:
    code, out, _ = run("models", "check", 'fake+says={"people": 1}')
    assert code == 0
    assert "FAIL" not in out
    assert out.count("ok  ") == 3
