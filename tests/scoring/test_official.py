"""Metrics against scikit-learn and rouge_score, to 1e-9, on cases that `official.py` wrote."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facereason import scoring
from facereason.bench.runs.rows import Row
from facereason.bench.tasks import units
from facereason.scoring import Disposition, resampling

CASES: dict[str, Any] = json.loads(
    (Path(__file__).parents[1] / "golden" / "official-metrics.json").read_text(encoding="utf-8")
)


def test_rouge_l_is_that_of_rouge_score() -> None:
    for text, reference, official in CASES["rouge"]:
        assert scoring.rouge_l(text, reference) == pytest.approx(official, abs=1e-9)


def test_macro_f1_is_that_of_scikit_learn_over_the_labels_that_occur() -> None:
    for found, labelled, official in CASES["labels"]:
        assert scoring.macro_f1(found, labelled) == pytest.approx(official, abs=1e-9)
        sums = resampling.label_sums(found, labelled).sum(axis=0, keepdims=True)
        assert resampling.macro_f1_of(sums)[0] == pytest.approx(official, abs=1e-9)


def test_f1_of_units_is_that_of_scikit_learn() -> None:
    for columns, found, true, micro, macro in CASES["units"]:
        rows = []
        for said, there in zip(found, true, strict=True):
            claimed = {unit for unit, on in zip(columns, said, strict=True) if on}
            shown = {unit for unit, on in zip(columns, there, strict=True) if on}
            parts = {
                "hits": sorted(claimed & shown),
                "missed": sorted(shown - claimed),
                "wrong": {str(unit): 1.0 for unit in claimed - shown},
            }
            told = {"id": "", "photo": "", "images": (), "prompt": "", "reply": "", "outcome": Disposition.GRADED}
            rows.append(Row(**told, truth={}, parts=parts))  # type: ignore[arg-type]
        totals = units.unit_counts(rows).sum(axis=0, keepdims=True)
        assert units.micro_f1(totals)[0] == pytest.approx(micro, abs=1e-9)
        assert units.macro_f1(totals)[0] == pytest.approx(macro, abs=1e-9)


def test_mcnemar_is_the_exact_binomial_test() -> None:
    stats = pytest.importorskip("scipy.stats")
    for first, second in ((0, 0), (1, 0), (3, 9), (40, 61), (500, 430)):
        n = first + second
        official = stats.binomtest(first, n).pvalue if n else 1.0
        assert resampling.mcnemar(first, second) == pytest.approx(official, abs=1e-9)


def test_the_bootstrap_of_independent_records_is_near_to_the_binomial_interval() -> None:
    sums = np.column_stack([np.repeat([1.0, 0.0], [300, 100]), np.ones(400)])
    low, high = resampling.interval(sums, [str(n) for n in range(400)], resampling.share, seed=1)
    assert (low, high) == (pytest.approx(0.7075, abs=0.01), pytest.approx(0.7925, abs=0.01))


def test_records_of_one_photo_are_drawn_together() -> None:
    """Ten copies of each of 40 answers tell no more than the 40."""
    right = np.repeat([1.0, 0.0], [30, 10])
    once = np.column_stack([right, np.ones(40)])
    copied = np.repeat(once, 10, axis=0)
    photos = [str(n // 10) for n in range(400)]
    low, high = resampling.interval(copied, photos, resampling.share, seed=1)
    alone = resampling.interval(once, [str(n) for n in range(40)], resampling.share, seed=1)
    assert (low, high) == pytest.approx(alone)
    apart = resampling.interval(copied, [str(n) for n in range(400)], resampling.share, seed=1)
    assert high - low > 2 * (apart[1] - apart[0])


def test_a_paired_difference_of_the_same_answers_is_none() -> None:
    sums = np.column_stack([np.repeat([1.0, 0.0], [30, 10]), np.ones(40)])
    value, low, high, p = resampling.paired(sums, sums, [str(n) for n in range(40)], resampling.share)
    assert (value, low, high, p) == (0.0, 0.0, 0.0, 1.0)


def test_a_paired_difference_is_found() -> None:
    worse = np.column_stack([np.repeat([1.0, 0.0], [60, 40]), np.ones(100)])
    better = np.column_stack([np.repeat([1.0, 0.0], [85, 15]), np.ones(100)])
    value, low, high, p = resampling.paired(worse, better, [str(n) for n in range(100)], resampling.share)
    assert value == pytest.approx(0.25)
    assert 0.15 < low < value < high < 0.35
    assert p < 0.01


def test_groups_that_differ_are_told_from_groups_that_do_not() -> None:
    clusters = [str(n) for n in range(200)]
    groups = ["a"] * 100 + ["b"] * 100
    alike = [n % 4 != 0 for n in range(200)]
    unlike = [n % 4 != 0 if n < 100 else n % 2 == 0 for n in range(200)]
    assert resampling.homogeneity(alike, groups, clusters) > 0.5
    assert resampling.homogeneity(unlike, groups, clusters) < 0.01
    chi = pytest.importorskip("scipy.stats").chi2_contingency([[75, 25], [50, 50]], correction=False).pvalue
    assert resampling.homogeneity(unlike, groups, clusters, resamples=4000) == pytest.approx(chi, abs=0.002)
