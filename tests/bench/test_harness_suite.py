"""The suite that measures the harness, on little."""

from __future__ import annotations

from pathlib import Path

import pytest

from facereason.bench import harness
from facereason.scoring import SCORERS
from tests.bench.aims import aims_of


@pytest.mark.parametrize("kind", ["choices", "thoughts"])
def test_replies_that_are_scored_are_all_different_and_say_something(kind: str) -> None:
    first, second = (getattr(harness, kind)(seed, 200) for seed in (0, 1))
    assert len({*first.texts, *second.texts}) == 400
    scored = [SCORERS[first.scorer](text, first.truth) for text in first.texts]
    assert len({score.outcome for score in scored}) > 1
    if kind == "thoughts":
        assert all(score.parts["form"] == 1 and score.parts["claims"] > 0 for score in scored)


@pytest.mark.slow
def test_every_part_gives_the_figures_that_have_targets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai")
    for name, value in {"THOUGHTS": 20, "CHOICES": 20, "ROWS": 100, "KILLED": 40, "REPEATS": 1}.items():
        monkeypatch.setattr(harness, name, value)
    with harness.Server() as server:
        monkeypatch.setattr(harness, "IN_FLIGHT", 4)
        lost = harness._kill(tmp_path / "kill", server, "local")
        assert 0 <= lost.value <= 4
        before = server.calls
        monkeypatch.setattr(harness, "CALLS", 40)
        engine = harness._engine(tmp_path / "calls", server)
        assert server.calls - before == 40 * 3  # once to warm up, then the engine and plain asyncio
        assert 0.5 < engine.value < 10
    figures = [lost, engine, *harness._scoring(), *harness._report(tmp_path / "report")]
    assert all(figure.value >= 0 for figure in figures)
    names = {
        figure.name.replace("40 calls", "1,000 calls").replace("4 in flight", "64 in flight") for figure in figures
    }
    names = {name.replace("100 rows", "50,000 rows") for name in names}
    assert names | {"lost by a SIGKILL at half, 64 in flight, ray, calls"} == aims_of("harness")
