"""A run of a model over tasks: rows, outcomes, resuming, and what goes wrong."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("pyarrow")

from facereason.bench.runs import results, rows
from facereason.bench.runs.running import Plan, folder, start
from facereason.scoring import Disposition
from facereason.types import FaceReasonError, UsageError
from facereason.vlm.errors import ContextError, UnavailableError
from facereason.vlm.messages import Finish, Reply, Request
from tests.bench.runs import asked
from tests.vlm.loopback import Fails, Loopback, Says

TASK = "fer/ferplus"


def read(out: Path, task: str = TASK) -> rows.Rows:
    return rows.read(folder(out, task))


def test_every_row_keeps_what_was_sent_and_what_came_of_it(tmp_path: Path) -> None:
    ended = asked.run(tmp_path / "run", asked.ferplus(tmp_path), TASK)
    assert ended.whole
    found = read(tmp_path / "run").rows
    assert [row.id for row in found] == [f"f{number:04d}" for number in range(20)]
    assert {row.reply for row in found} == {"happiness"}
    assert len({row.images for row in found}) == 20
    assert len({row.prompt for row in found}) == 1
    assert [row.outcome for row in found[:2]] == [Disposition.WRONG, Disposition.RIGHT]
    assert found[0].truth["votes"] == {"neutral": 9, "fear": 1}
    assert found[2].groups == {"majority": "no"}
    assert all(row.seconds >= 0 for row in found)


def test_figures_count_what_was_right_and_stand_beside_baselines(tmp_path: Path) -> None:
    asked.run(tmp_path / "run", asked.ferplus(tmp_path), TASK)
    (result,) = results.results(tmp_path / "run")
    accuracy = result.of("accuracy")
    assert accuracy is not None
    assert (accuracy.value, accuracy.n, accuracy.interval, accuracy.photos) == (0.2, 20, "Wilson", 20)
    assert (accuracy.low, accuracy.high) == (pytest.approx(0.0807, abs=1e-3), pytest.approx(0.416, abs=1e-3))
    known = {(each.name, each.by, each.group): each.value for each in result.measures}
    assert known["chance", "", ""] == pytest.approx(1 / 8)
    assert known["majority class", "", ""] == pytest.approx(0.2)
    assert known["macro F1", "", ""] == pytest.approx(2 * 4 / (20 + 4) / 5)
    assert known["share of the votes", "", ""] == pytest.approx((3 * 0.9 + 0.5) / 20)
    assert result.command == f"facereason bench run {TASK} --model fake --data {tmp_path} --out {tmp_path / 'run'}"


def test_outcomes_are_counted_apart(tmp_path: Path) -> None:
    replies = iter(["happiness", "I cannot tell.", "I'm sorry, I can't help with that.", "a banana"] * 5)
    declines = iter([False] * 19 + [True])

    def says(request: Request) -> Reply:
        return Reply(text=next(replies), finish=Finish.REFUSED if next(declines) else Finish.STOP)

    asked.run(tmp_path / "run", asked.ferplus(tmp_path), TASK, says=says)
    (result,) = results.results(tmp_path / "run")
    shares = {each.name: each.value for each in result.measures if not each.by}
    assert (shares["abstained"], shares["refused"], shares["format failure"]) == (0.25, 0.3, 0.2)
    answered = result.of("accuracy of what was answered")
    assert answered is not None
    assert answered.n == 5


def test_a_run_that_is_repeated_asks_nothing_again(tmp_path: Path) -> None:
    asked.ferplus(tmp_path)
    ended = asked.run(tmp_path / "run", tmp_path, TASK)
    again = asked.run(tmp_path / "run", tmp_path, TASK)
    assert (ended.reports[TASK].done, again.reports[TASK].done, again.reports[TASK].before) == (20, 0, 20)


def test_another_suite_may_join_a_run_but_another_seed_may_not(tmp_path: Path) -> None:
    asked.ferplus(tmp_path)
    asked.run(tmp_path / "run", tmp_path, TASK)
    asked.run(tmp_path / "run", tmp_path, "fer/ferplus-published")
    assert [each.task for each in results.results(tmp_path / "run")] == [TASK, "fer/ferplus-published"]
    with pytest.raises(UsageError, match="holds a run with seed 0, not 1: name another folder"):
        asked.run(tmp_path / "run", tmp_path, TASK, seed=1)


def test_missing_data_are_told_with_source_and_terms_and_the_rest_is_run(tmp_path: Path) -> None:
    ended = asked.run(tmp_path / "run", asked.ferplus(tmp_path), TASK, "fer/rafdb")
    assert (ended.reports[TASK].done, ended.whole) == (20, False)
    assert "whdeng.cn/RAF" in ended.missing["fer/rafdb"]
    assert "research only" in ended.missing["fer/rafdb"]
    missing = {each.task: each for each in results.results(tmp_path / "run")}["fer/rafdb"]
    assert missing.warnings[0].startswith("Not run: rafdb test: no file")
    assert missing.measures == ()


def test_a_model_that_answers_nonsense_to_everything_ends_with_a_report_that_says_so(tmp_path: Path) -> None:
    ended = asked.run(tmp_path / "run", asked.ferplus(tmp_path, 40), TASK, says="colourless green ideas")
    assert ended.whole
    (result,) = results.results(tmp_path / "run")
    assert result.warnings == (
        "No answer could be read from any of the 40 replies: the accuracy says nothing of what the model sees.",
    )
    assert result.of("format failure").value == 1.0  # type: ignore[union-attr]


def test_a_model_that_always_says_the_same_is_told_on(tmp_path: Path) -> None:
    asked.run(tmp_path / "run", asked.ferplus(tmp_path, 40), TASK)
    (result,) = results.results(tmp_path / "run")
    assert result.warnings == ("Every reply that could be read is 'happiness', whatever was shown.",)


def test_a_question_that_the_model_cannot_take_is_an_error_row_and_tried_again(tmp_path: Path) -> None:
    failing = [True]

    def says(request: Request) -> str:
        if failing and request.pictures[0].pixels[0, 0, 0] == 3:
            raise ContextError("the question is too long")
        return "happiness"

    asked.ferplus(tmp_path)
    ended = asked.run(tmp_path / "run", tmp_path, TASK, says=says)
    assert (ended.reports[TASK].done, ended.reports[TASK].failed, ended.whole) == (19, 1, False)
    (result,) = results.results(tmp_path / "run")
    assert result.warnings[0].startswith("1 of 20 questions have no reply, and are in no figure: the question is too")
    failing.clear()
    assert asked.run(tmp_path / "run", tmp_path, TASK, says=says).whole
    assert len(read(tmp_path / "run").rows) == 20


def test_a_model_that_cannot_be_reached_any_more_ends_the_run_and_what_was_answered_stays(tmp_path: Path) -> None:
    asked.ferplus(tmp_path)
    left = [8]

    def says(request: Request) -> str:
        left[0] -= 1
        if left[0] < 0:
            raise UnavailableError("no server there")
        return "happiness"

    with pytest.raises(FaceReasonError, match="no server there; run the same again to go on"):
        asked.run(tmp_path / "run", tmp_path, TASK, says=says)
    assert 4 <= len(read(tmp_path / "run").rows) <= 8
    left[0] = 100
    assert asked.run(tmp_path / "run", tmp_path, TASK, says=says).whole


def test_a_row_without_an_image_is_an_error_row(tmp_path: Path) -> None:
    lines = [{"id": "1", "image": "no.png", "question": "Who?", "options": ["a", "b"], "answer": "a"}]
    (tmp_path / "my.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    ended = asked.run(tmp_path / "run", tmp_path, str(tmp_path / "my.jsonl"))
    assert ended.reports["own/my"].failed == 1
    (result,) = results.results(tmp_path / "run")
    assert "no image" in result.warnings[0]
    assert "no.png" in result.warnings[0]


def test_confidence_is_kept_where_the_model_tells_it(tmp_path: Path) -> None:
    asked.run(tmp_path / "run", asked.ferplus(tmp_path), TASK, confidence=True)
    (result,) = results.results(tmp_path / "run")
    assert {row.reply for row in result.rows} == {"neutral"}  # the fake's first choice
    assert all(0.6 < (row.confidence or 0) < 0.7 for row in result.rows)
    assert result.of("calibration error").value == pytest.approx(0.6321 - 0.2, abs=0.01)  # type: ignore[union-attr]
    assert "asked by probability of each choice" in result.revision


def test_a_model_that_was_trained_on_the_data_is_marked(tmp_path: Path) -> None:
    asked.run(tmp_path / "run", asked.ferplus(tmp_path), TASK, learnt=("ferplus", "rotations"))
    (result,) = results.results(tmp_path / "run")
    assert result.seen == ("ferplus",)


# -------------------------------------------------------------------------------------------------------------- servers


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("openai")
    monkeypatch.setenv("VLLM_API_KEY", "key")


def plan(url: str, data: Path, **more: Any) -> Plan:
    return Plan(model=f"vllm/m+url={url}", suites=(TASK,), data=str(data), **more)


@pytest.mark.usefixtures("served")
def test_a_server_is_asked_with_many_calls_in_flight(tmp_path: Path) -> None:
    with Loopback([Says("happiness", delay=0.1)]) as server:
        ended = start(plan(server.url, asked.ferplus(tmp_path, 60), in_flight=16), tmp_path / "run")
    assert (ended.reports[TASK].done, server.calls) == (60, 60)
    assert 12 <= server.most <= 16


@pytest.mark.usefixtures("served")
def test_a_refused_request_is_an_error_row_and_the_others_are_asked(tmp_path: Path) -> None:
    with Loopback([Fails(400, "no such thing"), Says("happiness")]) as server:
        ended = start(plan(server.url, asked.ferplus(tmp_path, 10), in_flight=2), tmp_path / "run")
    assert (ended.reports[TASK].done, ended.reports[TASK].failed) == (9, 1)


KILLED = """
import sys
from pathlib import Path
from facereason.bench.runs.running import Plan, start
url, data, out = sys.argv[1:]
start(Plan(model=f"vllm/m+url={url}", suites=("fer/ferplus",), data=data, in_flight=8), Path(out))
"""


@pytest.mark.usefixtures("served")
def test_a_kill_in_the_middle_costs_at_most_the_calls_in_flight(tmp_path: Path) -> None:
    asked.ferplus(tmp_path, 120)
    with Loopback([Says("happiness", delay=0.02)]) as server:
        command = [sys.executable, "-c", KILLED, server.url, str(tmp_path), str(tmp_path / "run")]
        environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[3])}
        with subprocess.Popen(command, env=environment) as process:
            deadline = time.monotonic() + 60
            while server.calls < 60 and time.monotonic() < deadline:
                time.sleep(0.002)
            process.send_signal(signal.SIGKILL)
        assert 60 <= server.calls < 120
        time.sleep(0.1)
        before = server.calls
        ended = start(plan(server.url, tmp_path, in_flight=8), tmp_path / "run")
        assert ended.whole
        assert 120 <= server.calls <= 120 + 8
        assert ended.reports[TASK].before >= before - 8
    assert len(read(tmp_path / "run").rows) == 120


def test_batches_are_filled_while_one_runs() -> None:
    """Of models that are no servers: sixteen askers make few batches."""
    from facereason.bench.runs.respondents import Batches
    from facereason.vlm.fake import FakeModel
    from facereason.vlm.messages import Message

    sizes: list[int] = []

    class Counting(FakeModel):
        def _batch(self, requests: Any) -> Any:
            sizes.append(len(requests))
            return super()._batch(requests)

    async def many() -> None:
        batches = Batches(Counting(says=lambda request: "yes"), 8)

        async def one() -> None:
            for _ in range(3):
                await batches.ask(Request(messages=(Message.user("Is it?"),)))

        await asyncio.gather(*(one() for _ in range(16)))

    asyncio.run(many())
    assert sum(sizes) == 48
    assert sizes == [8] * 6
