"""The embedded reader asked the same questions as models."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from facereason import images, resources
from facereason.bench.runs import results, rows
from facereason.bench.runs.running import Plan, folder, start
from facereason.types import FaceReasonError
from tests.bench.runs import asked
from tests.data import layouts


@pytest.fixture(autouse=True)
def _weights_are_there() -> None:
    try:
        for name in ("detector.onnx", "reader.onnx"):
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")


@pytest.fixture
def smile(tmp_path: Path) -> Path:
    """The example photo, of a woman who smiles, as FEA-20K would hold it."""
    pytest.importorskip("pyarrow")
    (tmp_path / "x.png").write_bytes(images.encode(images.example().pixels))
    record = {"id": 1, "image": "x.png", "labels": ["Happiness"], "AUs": ["AU6", "AU12", "AU25"]}
    layouts.text(tmp_path / "fea_test.jsonl", json.dumps(record))
    return tmp_path


def run(out: Path, data: Path, *suites: str, photos: str | None = None) -> rows.Rows:
    start(Plan(model="reader", suites=suites, data=str(data), photos=photos), out)
    return rows.read(folder(out, suites[-1]))


def test_the_reader_answers_with_units_label_and_confidence(smile: Path, tmp_path: Path) -> None:
    (row,) = run(tmp_path / "run", smile, "fea/fea20k").rows
    assert (row.answer, row.right) == ("happiness", True)
    assert (row.confidence or 0) > 0.9
    assert 12 in row.parts["hits"]
    assert row.parts["form"] == 1.0


def test_the_reader_tells_how_a_photo_lies(smile: Path, tmp_path: Path) -> None:
    found = run(tmp_path / "run", tmp_path, "rotbench/plain", photos=str(smile)).rows
    assert len(found) == 12
    assert all(row.right for row in found)


def test_what_the_reader_has_no_head_for_is_an_error_row(tmp_path: Path) -> None:
    line = {"image": "x.png", "question": "Is it raining?", "options": ["yes", "no"], "answer": "no"}
    layouts.image(tmp_path / "x.png")
    layouts.text(tmp_path / "my.jsonl", json.dumps(line))
    start(Plan(model="reader", suites=(str(tmp_path / "my.jsonl"),)), tmp_path / "run")
    (result,) = results.results(tmp_path / "run")
    assert "reader: has nothing that answers 'Is it raining?'" in result.warnings[0]


def test_the_reader_is_marked_by_what_it_was_trained_on(tmp_path: Path) -> None:
    run(tmp_path / "run", asked.ferplus(tmp_path, 2), "fer/ferplus")
    (result,) = results.results(tmp_path / "run")
    assert (result.model, result.seen) == ("reader", ("ferplus",))
    assert result.revision == f"revision {resources.verify('reader.onnx')[:12]}"
