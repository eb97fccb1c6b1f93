"""Runs that are kept beside the code, and the tables made of them."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from facereason.bench.report import keeping, standing
from facereason.bench.runs import results
from facereason.bench.tasks import catalogue
from facereason.types import FaceReasonError, UsageError
from facereason.vlm.messages import Request
from tests.bench.runs import asked

ROOT = Path(__file__).parents[3]
TASK = "fer/ferplus"


def by_shade(request: Request) -> str:
    """Right of every face but the fifth of each five."""
    shade = int(request.pictures[0].pixels[0, 0, 0])
    return asked.LABELS[shade % 5] if shade % 5 != 4 else "happiness"


@pytest.fixture
def runs(tmp_path: Path) -> list[Path]:
    """Two runs, and one whose tasks lie in two folders."""
    data = asked.ferplus(tmp_path / "somewhere" / "data", 40)
    asked.fairface(data, 64)
    asked.run(tmp_path / "good", data, TASK, "fer/rafdb", says=by_shade, learnt=("ferplus",))
    asked.run(tmp_path / "same", data, TASK, says="I cannot tell.", limit=20)
    asked.run(tmp_path / "parts" / "1", data, TASK)
    asked.run(tmp_path / "parts" / "2", data, "attributes/gender", says="male", limit=62)
    return [tmp_path / name for name in ("good", "same", "parts")]


@pytest.fixture
def kept(runs: list[Path], tmp_path: Path) -> dict[str, keeping.KeptRun]:
    keeping.keep(runs, tmp_path / "kept")
    return {run.run: run for run in keeping.kept(tmp_path / "kept")}


def test_what_is_kept_are_the_figures_with_what_they_rest_on(
    kept: dict[str, keeping.KeptRun], runs: list[Path]
) -> None:
    result, _ = results.results(runs[0])
    task, missing = kept["good"].tasks
    accuracy, whole = task.of("accuracy"), result.of("accuracy")
    assert accuracy is not None
    assert whole is not None
    assert (accuracy.value, accuracy.n) == (0.8, 40)
    assert (accuracy.low, accuracy.high) == (pytest.approx(whole.low, abs=1e-5), pytest.approx(whole.high, abs=1e-5))
    assert len(task.measures) == len(result.measures)
    assert (task.seen, task.fingerprint, task.prompt_sha256) == (
        ("ferplus",), result.fingerprint, result.told["prompt_sha256"],
    )  # fmt: skip
    assert task.confusion is not None
    assert task.confusion.labels[-1] == "anger"
    assert task.confusion.counts[-1] == (0, 8, 0, 0, 0)
    assert missing.measures == ()
    assert missing.warnings[0].startswith("Not run: rafdb test: no file")


def test_no_path_of_this_machine_and_no_reply_is_kept(runs: list[Path], tmp_path: Path) -> None:
    written = keeping.keep(runs, tmp_path / "kept")
    text = "".join(path.read_text(encoding="utf-8") for path in written)
    assert str(tmp_path) not in text
    assert "I cannot tell." not in text
    assert "facereason bench run fer/ferplus fer/rafdb --model fake --data data/" in text
    assert "--out runs/parts/2" in text


def test_differences_are_kept_with_those_named_later(kept: dict[str, keeping.KeptRun]) -> None:
    found = {(each.other, each.task): each for each in kept["good"].against}
    assert set(found) == {("same", TASK), ("parts", TASK)}
    assert (found["same", TASK].n, found["parts", TASK].n) == (20, 40)
    assert found["parts", TASK].value == pytest.approx(0.2 - 0.8)
    assert kept["parts"].against == ()


def test_runs_of_one_model_in_a_folder_are_one(kept: dict[str, keeping.KeptRun]) -> None:
    assert [(task.task, task.n) for task in kept["parts"].tasks] == [(TASK, 40), ("attributes/gender", 62)]


def test_what_cannot_be_kept_is_refused(runs: list[Path], tmp_path: Path) -> None:
    data = tmp_path / "somewhere" / "data"
    asked.run(tmp_path / "parts" / "3", data, TASK, limit=5)
    with pytest.raises(UsageError, match="holds fer/ferplus twice: keep one of them"):
        keeping.keep([tmp_path / "parts"], tmp_path / "kept")
    with pytest.raises(UsageError, match="no run there"):
        keeping.keep([data], tmp_path / "kept")
    with pytest.raises(UsageError, match="two runs of one name"):
        keeping.keep([runs[0], runs[0]], tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_a_kept_file_that_is_damaged_is_named(tmp_path: Path) -> None:
    (tmp_path / "good.json").write_text(json.dumps({"run": "good"}))
    with pytest.raises(FaceReasonError, match=r"good\.json: not a run of `facereason bench keep` \(.*missing model"):
        keeping.kept(tmp_path)


def test_the_tables_set_runs_beside_chance_and_mark_what_was_seen(kept: dict[str, keeping.KeptRun]) -> None:
    text = standing.tables(list(kept.values()))
    lines = text.splitlines()
    assert "| task | figure | n | chance | majority class | `good` | `parts` | `same` |" in lines
    assert (
        "| `fer/ferplus` | accuracy | 40 | 12.5 % | 20.0 % | 80.0 % (65.2 to 89.5) † | 20.0 % (10.5 to 34.8) |  |"
        in lines
    )
    assert "| `fer/ferplus` | abstained | 20 |  |  |  |  | 100.0 % (83.9 to 100.0) |" in lines
    assert not any("| refused |" in line for line in lines), "nobody refused"
    assert any(line.startswith("- `fer/ferplus`, `same`: 20 of 20 replies abstain") for line in lines)
    assert any(line.startswith("| `fer/ferplus` | accuracy | VTFF | 88.8 % |") for line in lines)
    assert any("`parts` less `good` | 40 | -60.0 points (" in line for line in lines)
    assert any(line.startswith("| `attributes/gender` | accuracy | race black | ") for line in lines)
    fair = lines[lines.index("### fairness") :]
    assert [line for line in fair if line.startswith("| `attributes/gender` | `parts` | gender | 100.0 points |")], fair


def test_the_tables_end_with_what_was_not_run(kept: dict[str, keeping.KeptRun]) -> None:
    text = standing.tables(list(kept.values())).partition("### Not run")[2]
    assert "- `fer/rafdb`: 7 emotions on rafdb:test (rafdb:test)" in text
    assert "- `fer/ferplus`:" not in text
    assert "- `good`: `attributes/gender`" in text


def test_without_runs_the_tables_say_so(tmp_path: Path) -> None:
    assert standing.tables([]) == "No run is kept.\n"
    with pytest.raises(UsageError, match="no folder"):
        keeping.kept(tmp_path / "nowhere")


def test_the_runs_that_stand_ask_tasks_that_there_are() -> None:
    made = runpy.run_path(str(ROOT / "eval" / "standing.py"))
    for name, (_, parts) in made["RUNS"].items():
        asks = [task.name for part in parts for task in catalogue.tasks(part.suites.split())]
        assert len(asks) == len(set(asks)), f"{name} asks a task in two parts"
        assert asks or all(part.probe for part in parts)
