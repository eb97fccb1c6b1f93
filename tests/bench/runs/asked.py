"""Small data and a model whose replies are told, for runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from facereason.bench.runs.respondents import ModelRespondent
from facereason.bench.runs.running import Ended, Plan, start
from facereason.vlm.fake import FakeModel
from facereason.vlm.messages import Request
from tests.data import parquet

LABELS = ("neutral", "happiness", "surprise", "sadness", "anger")


def ferplus(folder: Path, n: int = 20) -> Path:
    """FER+ test of n grey faces, each of another shade, with labels in turn; the last vote of every third is split."""
    rows = []
    for number in range(n):
        label = LABELS[number % len(LABELS)]
        votes = {label: 5, "fear": 5} if number % 3 == 2 else {label: 9, "fear": 1}
        rows.append(parquet.ferplus(f"f{number:04d}", label, parquet.grey(number % 250), **votes))
    parquet.write(folder / "ferplus-test.parquet", rows)
    return folder


def fairface(folder: Path, n: int = 24) -> Path:
    """FairFace val of n noisy photos: gender, race and age in turn."""
    rng = np.random.default_rng(0)
    rows = [
        parquet.fairface(
            f"v{number:04d}",
            ("female", "male")[number % 2],
            ("20-29", "30-39", "40-49")[number % 3],
            ("white", "black")[number // 2 % 2],
            parquet.png(rng.integers(0, 255, (64, 48, 3), dtype=np.uint8)),
        )
        for number in range(n)
    ]
    parquet.write(folder / "fairface-val.parquet", rows)
    return folder


def run(out: Path, data: Path, *suites: str, says: Callable[[Request], Any] | str = "happiness", **more: Any) -> Ended:
    """A run of the fake model, which says the same to everything or what a function makes of the request."""
    speak = (lambda request: says) if isinstance(says, str) else says
    confidence: Mapping[str, Any] = {"confidence": bool(more.get("confidence"))}
    respondent = ModelRespondent(FakeModel(says=speak), together=4, **confidence)
    plan = Plan(model="fake", suites=suites, data=str(data), **more)
    return start(plan, out, respondent=respondent)
