"""`facereason bench`, with suites that measure nothing."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from facereason import bench, resources
from facereason.bench import Figure
from facereason.types import FaceReasonError
from tests.bench.runs import asked
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _weights_are_there() -> None:
    try:
        for name in ("detector.onnx", "reader.onnx"):
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str | None]]:
    """The suites that ran, each with its data folder."""
    calls: list[tuple[str, str | None]] = []

    def suite(name: str) -> Callable[[str | None, Callable[[str], None]], list[Figure]]:
        def figures(data: str | None, say: Callable[[str], None]) -> list[Figure]:
            calls.append((name, data))
            say("measuring")
            return [Figure(name="perceived gender", on=name, value=0.9, n=10, low=0.6, high=0.98)]

        return figures

    for name in bench.SUITES:
        monkeypatch.setitem(bench.SUITES, name, suite(name))  # type: ignore[arg-type]
    return calls


def test_suites_are_run_written_and_shown(run: Run, tmp_path: Path, ran: list[tuple[str, str | None]]) -> None:
    code, out, err = run("bench", "run", "reader", "speed", "--data", "some/data", "--out", tmp_path / "new")
    assert (code, err) == (0, "")
    assert ran == [("reader", "some/data"), ("speed", "some/data")]
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["reader.json", "speed.json"]
    assert "| perceived gender | reader | 10 | 90.0 % (60.0 to 98.0) | >= 91 % (93) |" in out
    assert "| perceived gender | speed |" in out


def test_an_unknown_suite_is_wrong_usage_before_any_other_runs(
    run: Run, tmp_path: Path, ran: list[tuple[str, str | None]]
) -> None:
    code, out, err = run("bench", "run", "reader", "spead", "--out", tmp_path)
    assert (code, out) == (2, "")
    assert err.startswith(f"facereason: no suite 'spead': there are {', '.join(bench.SUITES)}; with --model fer, ")
    assert err.count("\n") == 1
    assert (ran, list(tmp_path.iterdir())) == ([], [])


def test_no_suite_at_all_is_wrong_usage(run: Run) -> None:
    assert run("bench", "run").code == 2


def test_missing_data_is_one_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("pyarrow")
    monkeypatch.delenv("FACEREASON_DATA", raising=False)
    for options in ((), ("--data", tmp_path)):
        code, out, err = run("bench", "run", "reader", "--out", tmp_path / "out", *options)
        assert (code, out) == (1, "")
        assert "FACEREASON_DATA" in err
        assert err.count("\n") == 1
    assert not (tmp_path / "out").exists()


def test_the_table_is_made_of_what_was_written(run: Run, tmp_path: Path, ran: list[tuple[str, str | None]]) -> None:
    run("bench", "run", "reader", "--out", tmp_path)
    code, out, err = run("bench", "table", "--results", tmp_path)
    assert (code, err) == (0, "")
    assert out == bench.table(bench.published(tmp_path), bench.targets())
    assert "| perceived gender | reader |" in out


def test_the_table_of_published_results_needs_no_folder(run: Run) -> None:
    code, out, err = run("bench", "table")
    assert (code, err) == (0, "")
    assert out.startswith("| measure | on | n | measured | target |\n")


def test_the_table_of_groups_is_asked_for(run: Run) -> None:
    code, out, _ = run("bench", "table", "--groups")
    assert code == 0
    assert out.startswith("| measure | by | group |")


@pytest.mark.parametrize(("name", "code"), [("nowhere", 2), ("broken", 1)])
def test_results_that_are_missing_or_broken_are_one_line(run: Run, tmp_path: Path, name: str, code: int) -> None:
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "reader.json").write_text("{")
    result = run("bench", "table", "--results", tmp_path / name)
    assert (result.code, result.out) == (code, "")
    assert name in result.err
    assert result.err.count("\n") == 1


# ------------------------------------------------------------------------------------------------------ asking a model


@pytest.fixture
def data(tmp_path: Path) -> Path:
    pytest.importorskip("pyarrow")
    return asked.ferplus(tmp_path / "data", 40)


SAYS = "fake+says=happiness"


def test_a_model_is_asked_and_the_same_command_goes_on(run: Run, tmp_path: Path, data: Path) -> None:
    options = ("--model", SAYS, "--data", data, "--out", tmp_path / "run")
    code, out, err = run("bench", "run", "fer/ferplus", *options, "--calls", 10)
    assert code == 1
    assert err.startswith("ferplus: labels MIT; FER2013 images for research"), "terms are said once"
    assert f"| fer/ferplus | {SAYS} | 10 |" in out
    assert "fer/ferplus: stopped by --calls with questions left; the same command without it goes on" in out
    code, out, err = run("bench", "run", "fer/ferplus", *options)
    assert (code, err) == (0, "")
    assert f"| fer/ferplus | {SAYS} | 40 | 20.0 % (10.5 to 34.8) |" in out
    assert "Every reply that could be read is 'happiness', whatever was shown." in out
    figures = json.loads((tmp_path / "run" / "figures.json").read_text())
    assert figures[0]["measures"][0] | {"low": 0, "high": 0} == {
        "name": "accuracy", "value": 0.2, "n": 40, "low": 0, "high": 0, "interval": "Wilson", "photos": 40,
        "unit": "share",
    }  # fmt: skip


def test_answers_made_elsewhere_are_asked_and_the_run_is_kept(run: Run, tmp_path: Path, data: Path) -> None:
    head = {"name": "other", "revision": "1.2", "license": "MIT"}
    answers = [{"id": f"f{number:04d}", "question": "emotion", "reply": "happy"} for number in range(40)]
    lines = "".join(json.dumps(line) + "\n" for line in (head, *answers))
    (tmp_path / "other.jsonl").write_text(lines, encoding="utf-8")
    options = ("--model", f"answers/{tmp_path / 'other.jsonl'}", "--data", data, "--out", tmp_path / "run")
    code, out, err = run("bench", "run", "fer/ferplus", *options)
    assert code == 0, err
    assert "| fer/ferplus | other | 40 | 20.0 % (10.5 to 34.8) |" in out
    code, out, err = run("bench", "keep", tmp_path / "run", "--out", tmp_path / "kept")
    assert (code, out, err) == (0, f"{tmp_path / 'kept' / 'run.json'}\n", "")
    (task,) = json.loads((tmp_path / "kept" / "run.json").read_text())["tasks"]
    assert task["command"] == "facereason bench run fer/ferplus --model answers/other.jsonl --data data/ --out runs/run"


def test_missing_data_end_in_a_report_that_says_where_they_are_to_be_had(run: Run, tmp_path: Path, data: Path) -> None:
    code, out, err = run(
        "bench", "run", "fer/rafdb", "--model", SAYS, "--data", data, "--out", tmp_path / "run"
    )  # fmt: skip
    assert (code, err) == (1, "")
    assert "fer/rafdb: Not run: rafdb test: no file" in out
    assert "whdeng.cn/RAF/model1.html, on request (research only, by agreement)" in out


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("fer",), "fer asks a model: name one with --model, such as --model nano"),
        (("my.jsonl",), "my.jsonl asks a model: name one with --model"),
        (("reader", "--model", "fake"), "no suite 'reader' that asks a model: there are fer, "),
        (("fer", "--model", "gpt"), "model gpt: unknown provider gpt"),
        (("my.jsonl", "--model", "fake", "--scorer", "bleu"), "no scorer 'bleu': there are choice, "),
    ],
)
def test_suites_of_both_kinds_are_not_mistaken_for_each_other(
    run: Run, tmp_path: Path, arguments: tuple[str, ...], complaint: str
) -> None:
    code, out, err = run("bench", "run", *arguments, "--out", tmp_path / "run")
    assert (code, out) == (2, "")
    assert err.startswith(f"facereason: {complaint}")
    assert err.count("\n") == 1


def test_the_list_tells_which_suites_ask_a_model(run: Run) -> None:
    code, out, err = run("bench", "list")
    assert (code, err) == (0, "")
    product, _, model = out.partition("Ask a model, with --model NAME:")
    assert "reader, questions" in product
    assert "rotbench/voting" in model
    assert "rotbench" not in product


def test_two_runs_are_compared_and_reported(run: Run, tmp_path: Path, data: Path) -> None:
    for name, says in (("one", "happiness"), ("two", "neutral")):
        run("bench", "run", "fer/ferplus", "-m", f"fake+says={says}", "--data", data, "--out", tmp_path / name)
    code, out, err = run("bench", "compare", tmp_path / "one", tmp_path / "two")
    assert (code, err) == (0, "")
    assert "| fer/ferplus | accuracy | 40 | 0.200 | 0.200 | +0.000 (" in out
    assert "McNemar, exact: 8 right only in the first, 8 only in the second" in out
    code, out, err = run("bench", "report", tmp_path / "one", tmp_path / "two", "--out", tmp_path / "report")
    assert (code, err) == (0, "")
    assert [Path(line).name for line in out.splitlines()] == ["index.html", "report.md", "report.csv", "report.json"]


@pytest.mark.parametrize("command", ["compare", "report"])
def test_a_folder_without_a_run_is_wrong_usage(run: Run, tmp_path: Path, command: str) -> None:
    code, out, err = run("bench", command, tmp_path, tmp_path)
    assert (code, out) == (2, "")
    assert "no run there" in err


def test_a_judge_and_readings_need_a_model(run: Run, tmp_path: Path) -> None:
    code, _, err = run("bench", "run", "reader", "--judge", "fake", "--out", tmp_path / "out")
    assert (code, err.count("\n")) == (2, 1)
    assert "--judge and --readings are about what a model said: name one with --model" in err


def test_a_judge_grades_what_a_model_said(run: Run, tmp_path: Path) -> None:
    from facereason.bench.runs.judges import CRITERIA
    from tests.data import layouts

    layouts.image(tmp_path / "x.png")
    layouts.text(tmp_path / "my.jsonl", json.dumps({"image": "x.png", "labels": ["happiness"]}))
    said = "<think>Lip corners pulled up (AU12).</think><answer>happiness</answer>"
    verdict = json.dumps({"reason": "It holds.", **dict.fromkeys(CRITERIA, 9)})
    code, out, err = run(
        "bench", "run", tmp_path / "my.jsonl", "--model", f"fake+says={said}", "--scorer", "think",
        "--judge", f"fake+says={verdict}", "--out", tmp_path / "run",
    )  # fmt: skip
    assert (code, err) == (0, "")
    assert "own/my" in out
    (told,) = json.loads((tmp_path / "run" / "figures.json").read_text(encoding="utf-8"))
    assert {each["name"]: each["value"] for each in told["measures"]}["judge: overall"] == 9.0
    assert told["judge"]["rubric"]


def test_model_and_judge_share_the_one_budget(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from facereason.cli.bench import _settings

    (tmp_path / "facereason.toml").write_text("[api]\nmax_tokens = 1000\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    model, judge = _settings("vllm/a", "openai/b")
    assert model is not None
    assert judge is not None
    assert model.budget is not None
    assert model.budget is judge.budget
    assert _settings("reader", None) == [None, None]
