"""Answers that were made elsewhere, asked like a model."""

from __future__ import annotations

import hashlib
import json
import runpy
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from facereason import records
from facereason.bench.runs import results, rows
from facereason.bench.runs.answers import Head
from facereason.bench.runs.running import Plan, folder, start
from facereason.scoring import Disposition
from facereason.types import FaceReasonError, UsageError
from tests.bench.runs import asked

ROOT = Path(__file__).parents[3]
HEAD = {"name": "other", "revision": "1.2", "license": "MIT", "learnt": ["ferplus"], "note": "each crop one face"}


def file(path: Path, *lines: Any, head: Any = HEAD) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(line) + "\n" for line in (head, *lines)), encoding="utf-8")
    return f"answers/{path}"


def images(data: Path) -> list[str]:
    import pyarrow.parquet

    told = pyarrow.parquet.read_table(data / "ferplus-test.parquet", columns=["image"]).to_pylist()
    return [hashlib.sha256(row["image"]["bytes"]).hexdigest() for row in told]


def run(model: str, data: Path, out: Path, *suites: str) -> rows.Rows:
    start(Plan(model=model, suites=suites or ("fer/ferplus",), data=str(data)), out)
    return rows.read(folder(out, suites[-1] if suites else "fer/ferplus"))


def test_answers_are_found_by_the_picture_or_the_question_and_what_is_not_there_abstains(tmp_path: Path) -> None:
    data = asked.ferplus(tmp_path, 4)
    first, second, *_ = images(data)
    model = file(
        tmp_path / "answers" / "other.jsonl",
        {"image": first, "question": "emotion", "reply": "neutral", "confidence": 0.9},
        {"image": second[:16], "question": "emotion", "reply": "sad"},
        {"id": "f0002", "question": "emotion", "reply": "It is a surprise."},
    )
    found = run(model, data, tmp_path / "run").rows
    assert [(row.id, row.answer, row.outcome) for row in found] == [
        ("f0000", "neutral", Disposition.RIGHT),
        ("f0001", "sadness", Disposition.WRONG),
        ("f0002", "surprise", Disposition.RIGHT),
        ("f0003", None, Disposition.ABSTAINED),
    ]
    assert [row.confidence for row in found] == [0.9, None, None, None]
    (result,) = results.results(tmp_path / "run")
    assert (result.model, result.seen) == ("other", ("ferplus",))
    assert result.revision.startswith("revision 1.2, license MIT, note each crop one face, answers ")


def test_a_question_that_no_answer_is_to_is_an_error_and_no_abstention(tmp_path: Path) -> None:
    data = asked.fairface(tmp_path, 2)
    model = file(tmp_path / "other.jsonl", {"id": "v0000", "question": "emotion", "reply": "anger"})
    found = run(model, data, tmp_path / "run", "attributes/gender")
    assert found.rows == ()
    assert found.errors["v0000"] == (
        "other.jsonl: has no answer to 'what is the gender of the person in the image?', of any picture"
    )


GIVEN = {"id": "f0000", "question": "emotion", "reply": "anger"}


@pytest.mark.parametrize(
    ("head", "lines", "complaint"),
    [
        ({"name": "other"}, [], "line 1: missing revision, license"),
        (HEAD, [{"id": "f0000", "reply": "anger"}], "line 2: missing question"),
        (HEAD, [{"question": "emotion", "reply": "anger"}], "line 2: wants either image or id"),
        (HEAD, [GIVEN | {"image": "0" * 64}], "line 2: wants either image or id"),
        (HEAD, [GIVEN, GIVEN], "line 3: f0000 has an answer to 'emotion' already"),
        (HEAD, [["anger"]], "line 2: expected keys and values"),
    ],
)
def test_a_line_that_is_no_answer_is_named(tmp_path: Path, head: Any, lines: list[Any], complaint: str) -> None:
    model = file(tmp_path / "other.jsonl", *lines, head=head)
    with pytest.raises(FaceReasonError, match=complaint):
        run(model, tmp_path, tmp_path / "run")


def test_a_file_that_is_not_there_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"none\.jsonl: no file of answers can be read there"):
        run("answers/none.jsonl", tmp_path, tmp_path / "run")


def test_other_answers_do_not_go_on_with_a_run(tmp_path: Path) -> None:
    data = asked.ferplus(tmp_path, 2)
    run(file(tmp_path / "other.jsonl", GIVEN), data, tmp_path / "run")
    with pytest.raises(UsageError, match="name another folder"):
        run(file(tmp_path / "other.jsonl", GIVEN | {"reply": "fear"}), data, tmp_path / "run")


def test_what_the_packages_of_others_are_made_to_write_is_such_a_file(tmp_path: Path) -> None:
    outside = runpy.run_path(str(ROOT / "eval" / "outside.py"))
    data = asked.ferplus(tmp_path, 3)
    calls: list[bytes] = []

    def opened() -> Any:
        return lambda picture: calls.append(picture) or [("emotion", "anger", 0.5)]

    for name, (_, table, head) in outside["PACKAGES"].items():
        assert records.build(Head, {"name": name, "revision": "1", **head}, name).license == "MIT"
        assert table in ("ferplus-test.parquet", "fairface-val.parquet")
    outside["PACKAGES"]["numpy"] = (opened, "ferplus-test.parquet", {"license": "BSD-3-Clause"})
    for _ in range(2):
        outside["main"]("numpy", str(data), str(tmp_path / "numpy.jsonl"))
    assert len(calls) == 3, "what was answered is not asked again"
    found = run(f"answers/{tmp_path / 'numpy.jsonl'}", data, tmp_path / "run").rows
    assert [row.answer for row in found] == ["anger"] * 3
