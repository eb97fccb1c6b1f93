"""Questions about several people: asked of models and of our agent, person and answer apart."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from facereason import images, resources
from facereason.bench import agent
from facereason.bench.report.writing import report
from facereason.bench.runs import results
from facereason.bench.runs.comparing import compare
from facereason.bench.runs.respondents import ModelRespondent
from facereason.bench.runs.running import Plan, start
from facereason.bench.tasks import catalogue
from facereason.bench.tasks.task import Needs, Question, Source
from facereason.images import Pixels
from facereason.scoring import Disposition, written
from facereason.types import Box, FaceReasonError
from facereason.types import Outcome as Ending
from facereason.vlm.fake import FakeModel
from facereason.vlm.messages import Request
from tests.bench.runs import asked

GROUP = Path(__file__).parents[2] / "renders" / "group.jpg"
TASK = "multiperson/questions"
ROWS: tuple[dict[str, Any], ...] = (
    {"kind": "select", "question": "Who is the leftmost one?", "expect": {"outcome": "answered", "people": [1]}},
    {"kind": "count", "question": "How many people are there?", "expect": {"outcome": "answered", "number": 3}},
    {"kind": "emotion", "question": "How does the leftmost person feel?",
     "expect": {"outcome": "answered", "people": [1], "says": [["happ", "smil"]]}},
    {"kind": "follow-up", "question": "And the rightmost one?", "after": ["Where is the leftmost person?"],
     "expect": {"outcome": "answered", "people": [3]}},
)  # fmt: skip


def boxes() -> dict[int, tuple[Box, ...]]:
    people = json.loads(GROUP.with_suffix(".json").read_text(encoding="utf-8"))["people"]
    return {each["number"]: tuple(Box(*each[name]) for name in ("head", "face") if each.get(name)) for each in people}


@pytest.fixture
def group(monkeypatch: pytest.MonkeyPatch) -> None:
    """One rendered group in place of the frozen photos, and four questions about it."""
    photo = {"set": "groups", "id": "g"}
    told = [{"id": f"q{n}", "photo": photo, **row} for n, row in enumerate(ROWS)]

    def photos(data: str | None, wanted: Mapping[Any, Any]) -> Iterator[tuple[tuple[str, str], Pixels, Any]]:
        yield ("groups", "g"), images.open(GROUP).pixels, boxes()

    monkeypatch.setattr(agent, "load", lambda name: {("groups", "g"): told})
    monkeypatch.setattr(agent, "photos", photos)


def knowing(request: Request) -> str:
    """A model that sees everybody, numbers them from the right, and takes the leftmost for sad."""
    told, text = boxes(), request.messages[-1].text
    height, width = request.pictures[0].pixels.shape[:2]
    who = [3] if "And the rightmost" in text else [1] if "leftmost" in text else []
    words = "Person 9 looks sad." if "feel" in text else "There are 3." if "many" in text else "Person 9."
    people = {9: told[who[0]][0]} if who else {}
    return written(people, words, Ending.ANSWERED, width, height)


def test_a_model_that_points_is_scored_for_whom_and_for_what(group: None, tmp_path: Path) -> None:
    asked.run(tmp_path / "run", tmp_path, TASK, says=knowing)
    (result,) = results.results(tmp_path / "run")
    found, said = result.of("person found"), result.of("answer right")
    assert found is not None
    assert said is not None
    assert (found.value, found.n) == (1.0, 3)
    assert (said.value, said.n) == (0.5, 2)
    assert result.of("all right").value == 0.75  # type: ignore[union-attr]
    assert result.of("answer right", "kind", "emotion").value == 0.0  # type: ignore[union-attr]
    assert result.of("person found", "kind", "follow-up").value == 1.0  # type: ignore[union-attr]
    assert found.interval == "Wilson, photos"  # all of them are right
    report([tmp_path / "run"], tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "person found: 100.0 %" in page
    assert "outcome answered, people [1], says" in page


def test_two_runs_are_compared_for_whom_and_for_what(group: None, tmp_path: Path) -> None:
    asked.run(tmp_path / "a", tmp_path, TASK, says=knowing)
    asked.run(tmp_path / "b", tmp_path, TASK, says="<people>none</people><answer>There are 3.</answer>")
    found = {each.name: each for each in compare(tmp_path / "a", tmp_path / "b")}
    assert (found["person found"].value, found["person found"].n) == (-1.0, 3)
    assert found["answer right"].value == 0.0


def test_what_is_asked_has_the_form_and_what_was_asked_before(group: None) -> None:
    found = [each for each in catalogue.known()[TASK].questions(Source()) if isinstance(each, Question)]
    assert len(found) == 4
    assert all("<people>1: [x0, y0, x1, y1]" in each.text and each.needs is Needs.INSTRUCTED for each in found)
    assert "was asked about the same photo before: Where is the leftmost person?" in found[3].text
    assert "before" not in found[0].text
    assert "{" not in found[0].plain


def test_models_that_follow_no_instructions_abstain(group: None, tmp_path: Path) -> None:
    from facereason.vlm import families

    class Flat(FakeModel):
        family = families.PALIGEMMA

    model = Flat()
    start(Plan(model="fake", suites=(TASK,)), tmp_path / "run", respondent=ModelRespondent(model))
    (result,) = results.results(tmp_path / "run")
    assert {row.outcome for row in result.rows} == {Disposition.ABSTAINED}
    assert result.of("person found").value == 0.0  # type: ignore[union-attr]
    assert result.of("person found, of what was answered") is None
    assert model.asked == []


def test_frozen_photos_that_are_not_here_are_told(tmp_path: Path) -> None:
    ended = asked.run(tmp_path / "run", tmp_path, TASK, limit=1)
    assert "facereason studio dataset eval/studio/groups.jsonl.gz" in ended.missing[TASK]


def test_a_limit_takes_the_first_photos_of_each_set() -> None:
    from facereason.bench.tasks.multiperson import _limited

    kept = _limited(agent.load("scored"), 2)
    assert [kind for kind, _ in kept].count("groups") == [kind for kind, _ in kept].count("collages") == 2


# ------------------------------------------------------------------------------------------------------------ our agent


@pytest.fixture
def weights() -> None:
    try:
        for name in ("detector.onnx", "reader.onnx", "people.onnx"):
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")


def test_our_agent_answers_with_numbers_and_boxes_of_its_own(weights: None, group: None, tmp_path: Path) -> None:
    start(Plan(model="agent", suites=(TASK,)), tmp_path / "run")
    (result,) = results.results(tmp_path / "run")
    by_id = {row.id: row for row in result.rows}
    assert all(row.reply.startswith("<people>") for row in result.rows)
    assert by_id["q0"].parts["found"] == 1.0
    assert by_id["q3"].parts["found"] == 1.0, "a follow-up, in a chat of its own"
    assert by_id["q1"].parts == {"said": 1.0}
    assert result.model == "agent"
    assert resources.verify("reader.onnx")[:12] in result.revision


def test_our_agent_answers_what_is_asked_of_one_face(weights: None, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(images.encode(images.example().pixels))
    (tmp_path / "fea_test.jsonl").write_text(json.dumps({"id": 1, "image": "x.png", "labels": ["Happiness"]}))
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "x.png").write_bytes((tmp_path / "x.png").read_bytes())
    plan = Plan(
        model="agent", suites=("fea/fea20k", "rotbench/plain"), data=str(tmp_path), photos=str(tmp_path / "photos")
    )
    start(plan, tmp_path / "run")
    found = {each.task: each for each in results.results(tmp_path / "run")}
    (thought,) = found["fea/fea20k"].rows
    assert (thought.answer, thought.parts["form"]) == ("happiness", 1.0)
    assert "(AU12)" in thought.reply
    assert thought.probabilities["happiness"] == pytest.approx(thought.confidence)
    assert found["rotbench/plain"].of("accuracy").value == 1.0  # type: ignore[union-attr]


def test_our_agent_abstains_where_it_finds_nobody_and_from_judgements(weights: None, tmp_path: Path) -> None:
    from tests.data import parquet

    blank = parquet.fairface("a", image=parquet.png(np.zeros((64, 64, 3), np.uint8)))
    parquet.write(tmp_path / "fairface-val.parquet", [blank])
    parquet.write(
        tmp_path / "sweeps" / "test-0.parquet",
        [{"id": "s", "image": {"bytes": parquet.colour()}, "sweep": '{"base": 0, "vary": "age", "value": "6 years"}'}],
    )
    start(Plan(model="agent", suites=("attributes/gender", "sweeps/judgements"), data=str(tmp_path)), tmp_path / "run")
    for result in results.results(tmp_path / "run"):
        assert result.rows
        assert {row.outcome for row in result.rows} == {Disposition.ABSTAINED}


def test_the_reader_abstains_from_questions_about_several_people(weights: None, group: None, tmp_path: Path) -> None:
    start(Plan(model="reader", suites=(TASK,)), tmp_path / "run")
    (result,) = results.results(tmp_path / "run")
    assert {row.outcome for row in result.rows} == {Disposition.ABSTAINED}
    assert not result.errors


def test_the_questions_are_those_that_nothing_was_tuned_on() -> None:
    content = gzip.decompress((resources.suites() / "agent" / "scored.jsonl.gz").read_bytes()).decode()
    assert catalogue.known()[TASK].data[0] == "agent/scored.jsonl.gz"
    assert len(content.splitlines()) == 1192
