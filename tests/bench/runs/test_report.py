"""Reports and comparisons of runs."""

from __future__ import annotations

import csv
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from facereason.bench.report.published import published
from facereason.bench.report.sections import confusion
from facereason.bench.report.writing import report
from facereason.bench.runs import results
from facereason.bench.runs.comparing import compare, table
from facereason.bench.tasks import catalogue
from facereason.scoring import resampling
from facereason.types import FaceReasonError, UsageError
from facereason.vlm.messages import Request
from tests.bench.runs import asked

TASK = "fer/ferplus"


def by_shade(request: Request) -> str:
    """Right of every face but the fifth of each five, which it takes for happy; nonsense of the first."""
    shade = int(request.pictures[0].pixels[0, 0, 0])
    return "<b>what & why?</b>" if shade == 0 else asked.LABELS[shade % 5] if shade % 5 != 4 else "happiness"


@pytest.fixture
def run(tmp_path: Path) -> Path:
    asked.run(tmp_path / "one", asked.ferplus(tmp_path, 40), TASK, "fer/rafdb", says=by_shade, learnt=("ferplus",))
    return tmp_path / "one"


class Page(HTMLParser):
    """Tags that were opened and not closed, and every address."""

    VOID = ("meta", "br", "img", "line", "rect", "circle", "polyline")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.addresses += [value or "" for name, value in attrs if name in ("src", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert tag in self.VOID or self.open.pop() == tag


def test_the_page_is_whole_and_needs_nothing_from_elsewhere(run: Path, tmp_path: Path) -> None:
    report([run], tmp_path / "report")
    text = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    assert all(address.startswith(("data:image/jpeg;base64,", "#s")) for address in page.addresses)
    assert "<script" not in text
    assert sum(address.startswith("data:") for address in page.addresses) == 8


def test_replies_are_shown_as_they_came_and_are_no_markup(run: Path, tmp_path: Path) -> None:
    report([run], tmp_path / "report")
    text = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "<b>what" not in text
    assert "&lt;b&gt;what &amp; why?&lt;/b&gt;" in text


def test_everything_that_a_figure_rests_on_is_in_the_table(run: Path, tmp_path: Path) -> None:
    report([run], tmp_path / "report")
    rows = list(csv.DictReader((tmp_path / "report" / "report.csv").open(encoding="utf-8")))
    accuracy = next(row for row in rows if row["figure"] == "accuracy" and not row["by"])
    assert float(accuracy["value"]) == 31 / 40
    assert (accuracy["n"], accuracy["photos"], accuracy["interval"]) == ("40", "40", "Wilson")
    assert re.fullmatch(r"[0-9a-f]{16}", accuracy["fingerprint"])
    assert re.fullmatch(r"[0-9a-f]{16}", accuracy["prompt_sha256"])
    assert (accuracy["seed"], accuracy["data"], accuracy["seen"]) == ("0", "ferplus:test", "ferplus")
    assert accuracy["command"].startswith("facereason bench run fer/ferplus fer/rafdb --model fake --data ")
    assert all(row["low"] for row in rows if row["figure"] not in ("chance", "majority class", "largest gap"))


def test_markdown_and_json_tell_the_same(run: Path, tmp_path: Path) -> None:
    report([run], tmp_path / "report")
    told = json.loads((tmp_path / "report" / "report.json").read_text(encoding="utf-8"))
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert (told[0]["measures"][0]["name"], told[0]["measures"][0]["value"]) == ("accuracy", 0.775)
    assert "| accuracy |  | 77.5 % (62.5 to 87.7) | 40 | Wilson |  |" in text
    assert "| fer/ferplus | fake, **seen: ferplus** | 40 |" in text
    assert "> Not run: rafdb test: no file" in text
    assert "| VTFF | accuracy | 88.8 % | pretrained backbone; split not checked | VTFF paper |" in text


def test_photos_can_be_left_out(run: Path, tmp_path: Path) -> None:
    report([run], tmp_path / "report", photos=False)
    text = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "data:image" not in text
    assert "Not answered rightly" in text


def test_confusion_counts_every_answer_of_every_label(run: Path) -> None:
    found = confusion(next(results.results(run)).rows)
    assert found is not None
    assert found.labels == asked.LABELS
    assert found.answers == (*asked.LABELS, "no answer")
    assert found.counts[0] == (7, 0, 0, 0, 0, 1)
    assert found.counts[4] == (0, 8, 0, 0, 0, 0)


def test_a_model_that_tells_its_confidence_gets_a_reliability_diagram(tmp_path: Path) -> None:
    asked.run(tmp_path / "run", asked.ferplus(tmp_path), TASK, confidence=True)
    report([tmp_path / "run"], tmp_path / "report")
    assert "accuracy against confidence" in (tmp_path / "report" / "index.html").read_text(encoding="utf-8")


def test_a_damaged_run_is_told_by_its_file(run: Path, tmp_path: Path) -> None:
    (run / "run.json").write_text("{")
    with pytest.raises(FaceReasonError, match=r"run\.json: not a run"):
        report([run], tmp_path / "report")
    with pytest.raises(UsageError, match="no run named"):
        report([], tmp_path / "report")


def test_published_figures_belong_to_tasks_that_there_are_and_name_their_protocol() -> None:
    assert {each.task for each in published()} <= catalogue.known().keys()
    assert all(each.protocol and each.source and 0 < each.value <= 1 for each in published())


# ------------------------------------------------------------------------------------------------------------ comparing


def two(tmp_path: Path, second: Any, suite: str = TASK, **more: Any) -> dict[str, Any]:
    data = asked.ferplus(tmp_path, 40)
    asked.run(tmp_path / "a", data, suite, says=by_shade, **more)
    asked.run(tmp_path / "b", data, suite, says=second, **more)
    return {each.name: each for each in compare(tmp_path / "a", tmp_path / "b")}


def test_a_difference_is_paired_and_tested(tmp_path: Path) -> None:
    found = two(tmp_path, "happiness")
    accuracy = found["accuracy"]
    assert (accuracy.first, accuracy.second, accuracy.n) == (0.775, 0.2, 40)
    assert accuracy.value == pytest.approx(-0.575)
    assert accuracy.low < -0.575 < accuracy.high < 0
    assert accuracy.p == pytest.approx(resampling.mcnemar(23, 0))
    assert accuracy.test == "McNemar, exact: 23 right only in the first, 0 only in the second"
    assert found["macro F1"].p < 0.01


def test_a_run_compared_with_itself_differs_in_nothing(tmp_path: Path) -> None:
    found = two(tmp_path, by_shade)
    assert {each.value for each in found.values()} == {0.0}
    assert found["accuracy"].p == 1.0


def test_questions_that_repeat_a_photo_are_tested_by_the_bootstrap(tmp_path: Path) -> None:
    asked.fairface(tmp_path)
    for name, says in (("a", "0"), ("b", "90")):
        asked.run(tmp_path / name, tmp_path, "rotbench/plain", says=says, photos="fairface:val", limit=4)
    accuracy = next(each for each in compare(tmp_path / "a", tmp_path / "b") if each.name == "accuracy")
    assert accuracy.test == "paired bootstrap over photos"
    assert (accuracy.n, accuracy.value) == (48, 0.0)


def test_only_what_both_answered_is_compared_and_the_rest_is_told(tmp_path: Path) -> None:
    asked.ferplus(tmp_path, 40)
    asked.run(tmp_path / "a", tmp_path, TASK, says="happiness")
    asked.run(tmp_path / "b", tmp_path, TASK, says="happiness", limit=30)
    found = compare(tmp_path / "a", tmp_path / "b")
    assert {each.n for each in found} == {30}
    assert "left out, as only one run has them: 10 of the first, 0 of the second" in table(found, "a", "b")


def test_runs_without_a_task_in_common_are_wrong_usage(tmp_path: Path) -> None:
    asked.ferplus(tmp_path)
    asked.run(tmp_path / "a", tmp_path, TASK)
    asked.run(tmp_path / "b", tmp_path, "fer/ferplus-published")
    with pytest.raises(UsageError, match="answered no question of a task that both have"):
        compare(tmp_path / "a", tmp_path / "b")
