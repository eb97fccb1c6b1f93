"""`facereason bench`, with suites that measure nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from facereason import bench, resources
from facereason.bench import Figure
from facereason.types import FaceReasonError
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
    assert err == f"facereason: no suite 'spead': there are {', '.join(bench.SUITES)}\n"
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
