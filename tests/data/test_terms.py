"""Terms are told before the first record, and only where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from facereason.data import DATASETS, DataError, DataSet, read, terms
from tests.data import layouts


def test_who_listens_is_told_before_the_first_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[DataSet] = []
    monkeypatch.setattr(terms, "_listeners", [])
    terms.on_use(told.append)
    with pytest.raises(DataError, match="no file"):
        next(read("fer2013", "train", tmp_path))
    assert told == []
    layouts.fer2013(tmp_path)
    records = read("fer2013", "train", tmp_path)
    assert told == [], "nothing was read yet"
    next(records)
    assert told == [DATASETS["fer2013"]]


def test_licence_and_terms_are_one_line() -> None:
    for dataset in DATASETS.values():
        line = terms.line(dataset)
        assert "\n" not in line
        assert line.startswith(f"{dataset.name}: {dataset.license}. ")
