"""The outcome of the run against a real vLLM is that of the script's cases."""

import json
import re
from pathlib import Path

import pytest

from tests.vlm import cases, vllm_cpu

ROWS = [json.loads(line) for line in vllm_cpu.OUT.read_text(encoding="utf-8").splitlines()]
VERSIONS, *TRIED = ROWS
OURS = {"as transformers in one direction", "adapter as transformers in one direction"} | {
    "start",
    "choice as transformers",
    "stock processor",
    "stock model",
}


def test_every_case_was_run_and_no_other() -> None:
    tried = [vllm_cpu.key(row) for row in TRIED if row["case"] != "start"]
    wanted = [(way, family, case) for (way, family), named in vllm_cpu.CASES.items() for case in named]
    assert sorted(tried) == sorted(wanted)


def test_every_case_is_one_that_is_shared_or_the_scripts_own() -> None:
    assert {case for named in vllm_cpu.CASES.values() for case in named} <= set(cases.CASES) | OURS


@pytest.mark.parametrize("row", TRIED, ids=lambda row: " ".join(vllm_cpu.key(row)))
def test_what_failed_is_known_and_why(row: dict[str, object]) -> None:
    assert row["passed"] != (vllm_cpu.key(row) in vllm_cpu.KNOWN)
    assert row.get("known") == vllm_cpu.KNOWN.get(vllm_cpu.key(row))


def test_it_says_what_was_run_with_what() -> None:
    assert f"vllm-cpu=={VERSIONS['vllm-cpu']}" == vllm_cpu.DISTRIBUTION
    assert {"transformers", "torch", "python", "cpus"} <= set(VERSIONS)


def test_the_table_in_the_documents_is_the_one_that_the_outcome_gives() -> None:
    page = (vllm_cpu.ROOT / "docs" / "models.md").read_text(encoding="utf-8")
    assert page.partition("<!-- vllm -->\n")[2].partition("<!-- /vllm -->")[0] == vllm_cpu.table(TRIED)


def test_it_names_no_folder_of_the_machine() -> None:
    assert not re.search(r"(?<![\w<])/(?:home|tmp|root|work|usr|opt|var)/", vllm_cpu.OUT.read_text(encoding="utf-8"))
    assert Path(vllm_cpu.OUT).name == "vllm-cpu.jsonl"
