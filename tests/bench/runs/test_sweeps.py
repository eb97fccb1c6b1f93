"""Sweeps: what one attribute does to emotions and to social judgements, of models that generate and that compare."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from facereason.bench.report.writing import report
from facereason.bench.runs import results
from facereason.bench.runs.respondents import ModelRespondent
from facereason.bench.runs.running import Plan, start
from facereason.bench.tasks import catalogue, sweeps
from facereason.bench.tasks.sweeps import FLIPS, JUDGEMENTS
from facereason.scoring import Disposition
from facereason.vlm.fake import FakeModel
from facereason.vlm.messages import Request
from tests.bench.runs import asked
from tests.data import parquet
from tests.vlm.conftest import Tiny, tiny

__all__ = ["tiny"]
VALUES = {
    "skin_tone": ("1", "5.5", "10"),
    "hair": ("bald", "long", "short"),
    "age": ("6 years", "26 years", "86 years"),
}
"""Levels of each dial, in the order of their shades: 20, 90, 160."""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six people along three dials; the shade of a picture is its level, and written into its pixels by person."""
    made = [
        {
            "id": f"{base}-{dial}-{value}",
            "image": {"bytes": parquet.colour(20 + 70 * place + base)},
            "sweep": json.dumps({"base": base, "vary": dial, "value": value}),
        }
        for base in range(6)
        for dial, values in VALUES.items()
        for place, value in enumerate(values)
    ]
    made.append({**made[0], "id": "unit", "sweep": json.dumps({"base": 0, "vary": "AU12", "value": "1"})})
    parquet.write(tmp_path / "sweeps" / "test-00000.parquet", made)
    return tmp_path


def shade(request: Request) -> int:
    return int(request.pictures[0].pixels[0, 0, 0])


def the(result: results.Result, name: str, by: str = "", group: str = "") -> Any:
    found = result.of(name, by, group)
    assert found is not None, (name, by, group)
    return found


def test_a_dial_moves_the_emotion_and_its_effect_is_told_with_levels_and_people(data: Path, tmp_path: Path) -> None:
    """Anger where the picture is light: of one level in three."""
    says = lambda request: "anger" if shade(request) > 150 else "neutral"  # noqa: E731
    asked.run(tmp_path / "run", data, "sweeps/emotion", says=says)
    (result,) = results.results(tmp_path / "run")
    effect = the(result, "effect on anger", "vary", "age")
    assert (effect.value, effect.n, effect.low, effect.high) == (1.0, 6, 1.0, 1.0)
    assert effect.note == "86 years less 6 years; n counts people"
    assert effect.p < 0.05
    assert (effect.unit, effect.interval) == ("points", "bootstrap over people")
    assert the(result, "effect on neutral", "vary", "age").value == -1.0
    assert the(result, "effect on fear", "vary", "age").value == 0.0
    picked = the(result, "effect on anger", "vary", "hair")
    assert picked.note.startswith("short less ")
    assert "the two of 3 levels that lie farthest apart" in picked.note
    assert the(result, FLIPS, "vary", "age").value == pytest.approx(2 / 3)


def test_probabilities_are_taken_where_they_are_told(data: Path, tmp_path: Path) -> None:
    """The fake model tells the same probabilities of every picture: no answer and no probability moves."""
    asked.run(tmp_path / "run", data, "sweeps/emotion", confidence=True)
    (result,) = results.results(tmp_path / "run")
    assert all(0.99 < sum(row.probabilities.values()) < 1.01 for row in result.rows)
    assert the(result, "effect on neutral", "vary", "age").value == 0.0


def test_a_judgement_has_no_right_answer_and_only_its_movement_is_counted(data: Path, tmp_path: Path) -> None:
    """Old people are called competent, dark ones friendly; everybody is trustworthy; dominance is refused."""

    def says(request: Request) -> str:
        text = request.messages[-1].text
        light = shade(request) > 150
        if "dominant" in text:
            return "I'm sorry, I can't help with that."
        if "competent" in text:
            return "competent" if light else "incompetent"
        return "friendly" if "friendly" in text else "trustworthy" if "trustworthy" in text else "harmless"

    asked.run(tmp_path / "run", data, "sweeps/judgements", says=says)
    (result,) = results.results(tmp_path / "run")
    assert len(result.rows) == 6 * 9 * len(JUDGEMENTS)
    assert {row.outcome for row in result.rows} == {Disposition.GRADED, Disposition.REFUSED}
    assert result.of("accuracy") is None
    assert the(result, "refused").value == pytest.approx(1 / 5)
    assert the(result, "effect on competent", "vary", "age").value == 1.0
    assert the(result, "effect on trustworthy", "vary", "age").value == 0.0
    assert the(result, "mean score", "judgement", "competent").value == pytest.approx(1 / 3)
    assert the(result, "mean score", "judgement", "threatening").value == 0.0
    assert the(result, FLIPS, "judgement", "competent").value == pytest.approx(2 / 3)
    assert the(result, FLIPS, "judgement", "trustworthy").value == 0.0
    assert result.of("effect on dominant", "vary", "age") is None


def test_nano_and_the_reader_abstain_from_judgements(data: Path, tmp_path: Path) -> None:
    from facereason.vlm import families

    class Nano(FakeModel):
        family = families.NANO

    start(Plan(model="nano", suites=("sweeps/judgements",), data=str(data), limit=2), tmp_path / "run",
          respondent=ModelRespondent(model := Nano()))  # fmt: skip
    (result,) = results.results(tmp_path / "run")
    assert {row.outcome for row in result.rows} == {Disposition.ABSTAINED}
    assert (model.asked, result.sent) == ([], "")


@pytest.mark.parametrize("family", ["clip", "siglip"])
def test_a_contrastive_model_answers_by_captions(
    tiny: Callable[[str], Path], family: str, data: Path, tmp_path: Path
) -> None:
    pytest.importorskip("transformers")
    plan = Plan(model=f"hf/{tiny(family)}", suites=("sweeps", "crowd/faces"), data=str(asked.ferplus(data)), limit=4)
    start(plan, tmp_path / "run")
    found = {each.task: each for each in results.results(tmp_path / "run")}
    judged = found["sweeps/judgements"]
    assert len(judged.rows) == 4 * len(JUDGEMENTS)
    for row in judged.rows:
        assert row.outcome is Disposition.GRADED
        assert row.probabilities[str(row.answer)] == max(row.probabilities.values())
        assert sum(row.probabilities.values()) == pytest.approx(1.0, abs=1e-5)
        assert row.confidence == pytest.approx(row.probabilities[str(row.answer)], abs=1e-5)
    assert judged.of("effect on competent", "vary", "skin_tone") is not None
    assert "image-text similarity" in judged.revision
    assert len(found["sweeps/emotion"].rows[0].probabilities) == 8


def test_a_contrastive_model_abstains_from_what_has_no_captions(tiny: Tiny, tmp_path: Path) -> None:
    pytest.importorskip("transformers")
    start(Plan(model=f"hf/{tiny('clip')}", suites=("robustness/gender", "rotbench/plain"), photos="fairface:val",
               data=str(asked.fairface(tmp_path, 2)), limit=1), tmp_path / "run")  # fmt: skip
    found = {each.task: each for each in results.results(tmp_path / "run")}
    assert {row.outcome for row in found["rotbench/plain"].rows} == {Disposition.ABSTAINED}
    assert {row.outcome for row in found["robustness/gender"].rows} <= {Disposition.RIGHT, Disposition.WRONG}


def test_a_report_draws_effects_to_both_sides_of_nothing(data: Path, tmp_path: Path) -> None:
    asked.run(tmp_path / "run", data, "sweeps", says=lambda request: "anger" if shade(request) > 150 else "neutral")
    report([tmp_path / "run"], tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "<h3>Effect on anger, by vary</h3>" in page
    assert "86 years less 6 years" in page
    assert 'width="-' not in page
    assert f"{FLIPS}: " in page, "the overview has it"
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "| effect on anger | vary: age | 100.0 points (100.0 to 100.0) | 6 |" in text


def test_every_judgement_has_its_opposite_and_captions_for_both() -> None:
    assert len({judgement.trait for judgement in JUDGEMENTS}) == len(JUDGEMENTS) >= 4
    assert all(word in judgement.question for judgement in JUDGEMENTS for word in (judgement.trait, judgement.opposite))
    assert catalogue.suites()["sweeps"] == ("sweeps/emotion", "sweeps/judgements")
    assert set(sweeps.ORDERED) < set(sweeps.DIALS)
