"""The documents say what was measured and what the code does."""

import json
import re
import runpy
from pathlib import Path

import pytest

from facereason import bench
from facereason.bench.report import keeping, standing
from facereason.bench.results import weights_of
from facereason.data import DATASETS

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "training" / "README.md",
    ROOT / "eval" / "README.md",
    *(ROOT / "docs").glob("*.md"),
]


def block(page: str, name: str) -> str:
    """What stands in a page between `<!-- name -->` and `<!-- /name -->`."""
    text = (ROOT / page).read_text(encoding="utf-8")
    return text.partition(f"<!-- {name} -->\n")[2].partition(f"<!-- /{name} -->")[0]


def results(page: str) -> list[bench.Result]:
    """The published results that a page is about."""
    own = {
        "docs/studio.md": "studio",
        "docs/people.md": "people",
        "docs/care.md": "care",
        "docs/turned.md": "turned",
        "docs/claims.md": "words",
        "docs/questions.md": "agent questions",
        "docs/chat.md": "chat",
        "docs/judge.md": "judge",
        "docs/synthesis.md": "synth",
        "docs/benchmarks.md": "harness",
        "docs/training.md": "training",
    }
    if page == "README.md":
        return bench.published()
    elsewhere = " ".join(own.values()).split()
    suites = own[page].split() if page in own else None
    return [one for one in bench.published() if (one.suite in suites if suites else one.suite not in elsewhere)]


WITH_GROUPS = (
    "docs/reader.md",
    "docs/studio.md",
    "docs/turned.md",
    "docs/claims.md",
    "docs/questions.md",
    "docs/synthesis.md",
)
WITH_FIGURES = (
    "README.md",
    *WITH_GROUPS,
    "docs/people.md",
    "docs/care.md",
    "docs/chat.md",
    "docs/judge.md",
    "docs/benchmarks.md",
    "docs/training.md",
)
"""Pages with tables; `python eval/fill.py` fills them."""


@pytest.mark.parametrize("page", WITH_FIGURES)
def test_the_table_of_figures_is_the_one_that_the_published_results_give(page: str) -> None:
    assert block(page, "figures") == bench.table(results(page), bench.targets())


@pytest.mark.parametrize("page", WITH_GROUPS)
def test_the_table_of_groups_is_the_one_that_the_published_results_give(page: str) -> None:
    assert block(page, "groups") == bench.group_table(results(page))


def test_the_tables_of_runs_are_those_that_the_kept_runs_give() -> None:
    assert block("eval/README.md", "runs") == standing.tables(keeping.kept())


@pytest.mark.parametrize("page", ["training/README.md", "docs/nano.md"])
def test_the_table_of_nanos_stages_is_the_one_that_its_figures_give(page: str) -> None:
    made = runpy.run_path(str(ROOT / "training" / "stages.py"))
    assert block(page, "stages") == made["table"](page) != ""


def test_every_target_of_a_suite_has_a_published_figure() -> None:
    names = {figure.name for result in bench.published() for figure in result.figures}
    assert set(bench.targets()) <= names


def test_published_results_were_measured_with_the_weights_that_ship() -> None:
    for result in bench.published():
        assert dict(result.weights) == weights_of(result.suite), result.suite


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
    assert all((page.parent / link).exists() for link in links), links


def test_the_readme_shows_what_the_example_question_answers() -> None:
    from facereason import FaceReason, images

    def words(text: str) -> str:  # processors differ in the last digit
        return re.sub(r"\d+", "#", " ".join(text.replace(">", " ").split()))

    answer = FaceReason().ask(images.example(), "How does she feel, and why?")
    assert words(answer.text) in words(block("README.md", "sample"))


def test_the_table_of_ingredients_is_the_one_that_the_ablation_gives() -> None:
    pytest.importorskip("torch")
    ablate = runpy.run_path(str(ROOT / "training" / "ablate.py"))
    runs = (ROOT / "eval" / "results" / "curves" / "reader-ablation.jsonl").read_text(encoding="utf-8")
    assert block("docs/reader.md", "ablation").strip() == ablate["table"](
        [json.loads(row) for row in runs.splitlines()]
    )


def test_the_table_of_data_sets_is_what_is_declared() -> None:
    rows = []
    for dataset in DATASETS.values():
        folder = "; or ".join(layout.says for layout in dataset.layouts)
        hub = f" (hub: `{dataset.hub.name}`)" if dataset.hub else ""
        rows.append(f"| `{dataset.name}` | {', '.join(dataset.splits)} | {folder}{hub} | {dataset.license} |\n")
    head = "| name | splits | folder | licence |\n| --- | --- | --- | --- |\n"
    assert block("docs/data.md", "sets") == head + "".join(rows)
