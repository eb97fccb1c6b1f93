"""API models, with the real openai client, against a server of our own on this machine."""

from __future__ import annotations

import asyncio
import dataclasses
import gc
import json
import math
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facereason import images
from facereason.types import FaceReasonError, UsageError
from facereason.vlm import Capability, Finish, Message, Picture, Request
from facereason.vlm.api import ApiModel, Budget, Price, Settings, cache, pictures, retrying, structured
from facereason.vlm.api.retrying import Pace
from facereason.vlm.errors import (
    BudgetError,
    ContextError,
    EmptyReplyError,
    FormatError,
    ModelError,
    ReplyError,
    UnavailableError,
    UnsupportedError,
)
from facereason.vlm.model import reply_of
from facereason.vlm.names import parse
from tests.vlm.loopback import Fails, Garbles, Hangs, Loopback, Says, Script

pytest.importorskip("openai")
pytest.importorskip("jsonschema")

KEY = "sk-very-secret-0123456789"
ASK = Request(messages=(Message.user("What is it?"),), max_tokens=50)
SCHEMA = {
    "type": "object",
    "properties": {"age": {"type": "integer"}},
    "required": ["age"],
    "additionalProperties": False,
}
ASK_JSON = dataclasses.replace(ASK, schema=SCHEMA)
Served = Callable[..., tuple[ApiModel, Loopback]]


class Pauses(list[float]):
    """Records pauses and takes none."""

    def pace(self) -> Pace:
        async def asleep(seconds: float) -> None:
            self.append(seconds)

        return Pace(sleep=self.append, asleep=asleep, random=lambda: 1.0)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_BASE_URL", "FACEREASON_VLLM_URL", "VLLM_API_KEY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
def served(pauses: Pauses) -> Iterator[Served]:
    """Makes a model and the server that it talks to."""
    opened: list[tuple[ApiModel, Loopback]] = []

    def make(script: Script, name: str = "openai/gpt-4o", **settings: Any) -> tuple[ApiModel, Loopback]:
        server = Loopback(script).__enter__()
        model = ApiModel(parse(f"{name}+url={server.url}"), Settings(**settings), pauses.pace())
        opened.append((model, server))
        return model, server

    yield make
    for model, server in opened:
        model.close()
        server.__exit__(None, None, None)


def picture(seed: int = 0, size: tuple[int, int] = (64, 48)) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 255, (size[1], size[0], 3), np.uint8))


# --------------------------------------------------------------------------------------------------------- generating


def test_a_reply_comes_with_the_tokens_that_the_server_counted_and_no_cost_without_a_price(served: Served) -> None:
    model, _ = served([Says("A face.")])
    reply = model.generate(ASK)
    assert (reply.text, reply.finish) == ("A face.", Finish.STOP)
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.cost) == (100, 10, None)
    assert reply.usage.seconds > 0


def test_a_model_that_takes_no_temperature_is_sent_none_and_refuses_one(served: Served) -> None:
    model, server = served([Says("A face."), Says("A face.")])
    model.generate(ASK)
    assert server.requests[-1]["temperature"] == 0.0
    plain, server = served([Says("A face.")], "openai/thinker+temperature=default")
    plain.generate(ASK)
    assert "temperature" not in server.requests[-1]
    with pytest.raises(UnsupportedError, match="does not do temperature"):
        plain.generate(dataclasses.replace(ASK, temperature=0.7))


def test_an_error_about_temperature_says_how_to_send_none(served: Served) -> None:
    model, _ = served([Fails(400, "Unsupported value: 'temperature' does not support 0 with this model.")])
    with pytest.raises(ModelError, match=r"write \+temperature=default behind its name"):
        model.generate(ASK)


def test_the_cost_is_what_the_price_says(served: Served) -> None:
    model, _ = served([Says()], price=Price(2.5, 10.0))
    assert model.generate(ASK).usage.cost == pytest.approx((100 * 2.5 + 10 * 10) / 1e6)


def test_asyncio_and_threads_get_the_same_reply(served: Served) -> None:
    model, server = served([Says("A face.")])
    assert asyncio.run(model.agenerate(ASK)).text == model.generate(ASK).text
    assert server.requests[0] == server.requests[1]


def test_a_model_works_in_one_event_loop_after_another(served: Served) -> None:
    model, server = served([Says()])
    complaints: list[Any] = []

    async def once() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
        await model.agenerate(ASK)
        gc.collect()
        await asyncio.sleep(0)

    for _ in range(3):
        asyncio.run(once())
    assert (server.calls, complaints) == (3, [])


def test_a_closed_model_connects_anew(served: Served) -> None:
    model, _ = served([Says()])
    model.generate(ASK)
    model.close()
    assert model.generate(ASK).text == "hello"


def test_everything_in_a_request_is_sent(served: Served) -> None:
    model, server = served([Says("yes", others=("no",))])
    turns = (Message.system("Be brief."), Message.user(picture(), "Smiling?"), Message.assistant("Why?"))
    request = Request(messages=(*turns, Message.user("Say.")), stop=("\n",), temperature=0.5, seed=3, samples=2)
    reply = model.generate(request)
    sent = server.requests[0]
    assert [turn["role"] for turn in sent["messages"]] == ["system", "user", "assistant", "user"]
    assert [part["type"] for part in sent["messages"][1]["content"]] == ["image_url", "text"]
    assert (sent["stop"], sent["temperature"], sent["seed"], sent["n"]) == (["\n"], 0.5, 3, 2)
    assert (sent["model"], sent["max_tokens"]) == ("gpt-4o", 512)
    assert [other.text for other in reply.others] == ["no"]


def test_vllm_is_asked_for_the_adapter_by_its_name(served: Served) -> None:
    model, server = served([Says()], name="vllm/Qwen/Qwen2.5-VL-3B-Instruct+adapter=emotion")
    model.generate(ASK)
    assert server.requests[0]["model"] == "emotion"
    assert (model.identity.adapter, model.identity.family) == ("emotion", "qwen2_5_vl")
    assert Capability.LOCATE in model.can


def test_a_refusal_is_a_reply(served: Served) -> None:
    model, _ = served([Says(refusal="I cannot help with that."), Says("", finish="content_filter")])
    assert (model.generate(ASK_JSON).text, model.generate(ASK).finish) == ("I cannot help with that.", Finish.REFUSED)


def test_a_reply_that_reached_max_tokens_says_so(served: Served) -> None:
    model, _ = served([Says("A fa", finish="length")])
    assert model.generate(ASK).finish is Finish.LENGTH


@pytest.mark.parametrize(("finish", "said"), [("stop", "the reply is empty"), ("length", "before max_tokens")])
def test_an_empty_reply_is_an_error(served: Served, finish: str, said: str) -> None:
    model, _ = served([Says(" ", finish=finish)])
    with pytest.raises(EmptyReplyError, match=said):
        model.generate(ASK)


# ----------------------------------------------------------------------------------------------------------- failures


def test_a_storm_of_429_is_waited_out_as_retry_after_asks(served: Served, pauses: Pauses) -> None:
    model, server = served([Fails(429, after="7"), Fails(429, after="7"), Says("at last")])
    assert model.generate(ASK).text == "at last"
    assert server.calls == 3
    assert pauses == [7.5, 7.5]  # and a random part of half a second


def test_without_retry_after_pauses_double_up_to_a_cap(served: Served, pauses: Pauses) -> None:
    model, server = served([Fails(500)], retries=6)
    with pytest.raises(UnavailableError, match=r"500: it broke; gave up after 7 tries"):
        model.generate(ASK)
    assert (server.calls, pauses) == (7, [0.5, 1, 2, 4, 8, 8])


def test_a_retry_after_of_more_than_a_minute_is_not_waited_for(served: Served, pauses: Pauses) -> None:
    model, server = served([Fails(429, after="120")])
    with pytest.raises(UnavailableError, match="come back in 120 s"):
        model.generate(ASK)
    assert (server.calls, pauses) == (1, [])


def test_retry_after_may_be_a_date() -> None:
    now = datetime.now(UTC).replace(microsecond=0)
    assert retrying.retry_after(format_datetime(now + timedelta(seconds=9), usegmt=True), now) == 9
    assert retrying.retry_after("soon") is None


@pytest.mark.parametrize("fault", [Fails(503), Fails(408), Fails(409), Hangs()])
def test_what_may_pass_is_tried_again_with_asyncio_too(served: Served, fault: Any, pauses: Pauses) -> None:
    model, server = served([fault, Says("back")])
    assert asyncio.run(model.agenerate(ASK)).text == "back"
    assert (server.calls, len(pauses)) == (2, 1)


@pytest.mark.parametrize("slow", [Says(delay=0.6), Says(body_pause=0.6)])
def test_a_server_that_is_silent_too_long_is_given_up(served: Served, slow: Says) -> None:
    model, server = served([slow], timeout=0.1, retries=1)
    with pytest.raises(UnavailableError, match="did not answer in time; gave up after 2 tries"):
        model.generate(ASK)
    with pytest.raises(UnavailableError, match="did not answer in time"):
        asyncio.run(model.agenerate(ASK))
    assert server.calls == 4


def test_where_nobody_listens_the_error_names_the_address(pauses: Pauses) -> None:
    with Loopback([Says()]) as server:
        url = server.url
    model = ApiModel(parse(f"vllm/some+url={url}"), Settings(retries=0), pauses.pace())
    with pytest.raises(UnavailableError, match=r"vllm/some: no connection to 127\.0\.0\.1:\d+.*after 1 try"):
        model.generate(ASK)


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (Fails(401, echo_key=True), UnavailableError, "refused the key .401.; check OPENAI_API_KEY"),
        (Fails(404), UnavailableError, "no such model"),
        (Fails(429, code="insufficient_quota"), UnavailableError, "quota is used up"),
        (Fails(400, "This model's maximum context length is 4096 tokens."), ContextError, "too long"),
        (Fails(400, "This model does not support image input"), ModelError, "server takes no images"),
        (Fails(400, "some-model is not a multimodal model"), ModelError, "server takes no images"),
        (Fails(400, "odd\x1b[2J" + "x" * 999), ModelError, r"answered 400: odd\\x1b\[2Jx+\.\.\.x+$"),
        (Garbles(), ReplyError, "no chat completion"),
    ],
)
def test_what_will_not_pass_is_said_at_once(served: Served, fault: Any, kind: type[ModelError], said: str) -> None:
    model, server = served([fault])
    with pytest.raises(kind, match=said) as caught:
        model.generate(ASK)
    assert type(caught.value) is kind
    assert server.calls == 1
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    ("needs", "request_"), [("API models need openai", ASK), ("JSON replies need jsonschema", ASK_JSON)]
)
def test_a_missing_package_is_named_with_the_command_that_installs_it(
    served: Served, monkeypatch: pytest.MonkeyPatch, needs: str, request_: Request
) -> None:
    model, _ = served([Says()])
    monkeypatch.setitem(sys.modules, needs.split()[-1], None)
    with pytest.raises(UnavailableError, match=rf'{needs}: pip install "facereason\[api\]"'):
        model.generate(request_)


def test_a_batch_is_asked_at_once_and_has_errors_in_their_places(served: Served) -> None:
    def script(body: dict[str, Any]) -> Says:
        text = body["messages"][0]["content"]
        return Says("" if text == "empty" else text.upper(), delay=0.1)

    model, server = served(script, in_flight=3)
    texts = ["a", "empty", "b", "c", "d", "e"]
    outcomes = model.batch([Request(messages=(Message.user(text),)) for text in texts])
    assert isinstance(outcomes[1], EmptyReplyError)
    assert [reply_of(each).text for each in outcomes[:1] + outcomes[2:]] == ["A", "B", "C", "D", "E"]
    assert server.most == 3


def test_a_server_that_is_gone_is_not_asked_for_the_rest_of_a_batch(served: Served) -> None:
    model, server = served([Fails(404)], in_flight=1)
    outcomes = model.batch([ASK] * 5)
    assert [type(each) for each in outcomes] == [UnavailableError] * 5
    assert server.calls == 1


# ---------------------------------------------------------------------------------------------------------- JSON


def test_json_is_asked_for_by_schema_and_read_out_of_markdown(served: Served) -> None:
    model, server = served([Says('```json\n{"age": 30}\n```')])
    reply = model.generate(ASK_JSON)
    assert (reply.data, reply.repaired) == ({"age": 30}, False)
    assert server.requests[0]["response_format"]["json_schema"]["strict"] is True


def test_a_schema_that_openai_would_refuse_as_strict_is_not_sent_as_such() -> None:
    assert not structured.is_strict({"type": "object", "properties": {"age": {"type": "integer"}}})


@pytest.mark.parametrize("with_asyncio", [False, True])
def test_wrong_json_is_repaired_by_one_more_call_that_shows_what_is_wrong(served: Served, with_asyncio: bool) -> None:
    model, server = served([Says('{"age": "old"}'), Says('{"age": 70}')])
    reply = asyncio.run(model.agenerate(ASK_JSON)) if with_asyncio else model.generate(ASK_JSON)
    assert (reply.data, reply.repaired) == ({"age": 70}, True)
    assert (reply.usage.input_tokens, reply.usage.output_tokens) == (200, 20)
    *_, shown, complaint = server.requests[1]["messages"]
    assert shown == {"role": "assistant", "content": '{"age": "old"}'}
    assert complaint["content"].startswith(
        "This does not fulfil the JSON schema: at age: 'old' is not of type 'integer'."
    )


def test_json_that_is_wrong_twice_is_an_error_with_its_text(served: Served) -> None:
    model, server = served([Says("not JSON"), Says("[]")])
    with pytest.raises(FormatError, match="is not of type 'object'") as caught:
        model.generate(ASK_JSON)
    assert (caught.value.text, server.calls) == ("[]", 2)


def test_json_that_was_cut_off_is_an_error_that_names_max_tokens(served: Served) -> None:
    model, server = served([Says('{"age', finish="length")])
    with pytest.raises(FormatError, match=r"max_tokens \(50\)"):
        model.generate(ASK_JSON)
    assert server.calls == 1


def test_a_schema_that_is_none_is_refused_before_anything_is_sent(served: Served) -> None:
    model, server = served([Says()])
    with pytest.raises(UsageError, match="no JSON schema"):
        model.generate(dataclasses.replace(ASK, schema={"type": "face"}))
    assert server.calls == 0


# ---------------------------------------------------------------------------------------------------------- streaming


def test_a_stream_gives_pieces_and_then_the_reply(served: Served) -> None:
    model, _ = served([Says("one two three")], price=Price(1, 1))
    stream = model.stream(ASK)
    assert list(stream) == ["one ", "two ", "three"]
    usage = stream.reply.usage
    assert (stream.reply.text, usage.output_tokens, stream.reply.finish) == ("one two three", 10, Finish.STOP)
    assert usage.first_token is not None
    assert 0 < usage.first_token <= usage.seconds


def test_a_stream_that_breaks_before_its_first_piece_is_tried_again(served: Served) -> None:
    model, server = served([Says("lost", break_after=0), Fails(500), Hangs(), Says("one two")])
    assert list(model.stream(ASK)) == ["one ", "two"]
    assert server.calls == 4


def test_a_stream_that_breaks_later_is_an_error_with_what_came(served: Served) -> None:
    model, server = served([Says("one two three", break_after=2)])
    pieces = []
    with pytest.raises(ReplyError, match="after 8 characters") as caught:
        pieces += list(model.stream(ASK))
    assert (caught.value.text, server.calls) == ("one two ", 1)


def test_a_refusal_is_streamed_too(served: Served) -> None:
    model, _ = served([Says(refusal="I cannot.")])
    stream = model.stream(ASK)
    assert "".join(stream) == "I cannot."
    assert stream.reply.refused


def test_streamed_json_is_checked_at_its_end(served: Served) -> None:
    model, _ = served([Says('{"age": 3}'), Says("no")])
    stream = model.stream(ASK_JSON)
    assert ["".join(stream), stream.reply.data] == ['{"age": 3}', {"age": 3}]
    with pytest.raises(FormatError):
        list(model.stream(ASK_JSON))


def test_a_stream_that_is_left_early_gives_its_place_to_the_next(served: Served) -> None:
    model, _ = served([Says("one two three")], in_flight=1)
    stream = model.stream(ASK)
    assert next(iter(stream)) == "one "
    stream.close()
    assert model.generate(ASK).text == "one two three"


# ----------------------------------------------------------------------------------------------------------- choosing


def test_a_choice_has_the_log_probabilities_of_the_answers_letters(served: Served) -> None:
    model, server = served([Says("B", logprobs={"B": math.log(0.6), " B": math.log(0.1), "A": math.log(0.2)})])
    choice = model.choose([Message.user(picture(), "How does she feel?")], ["happy", "sad", "angry"])
    assert choice.answer == "sad"
    assert choice.logprobs == pytest.approx({"happy": math.log(0.2), "sad": math.log(0.7), "angry": math.log(0.1)})
    assert sum(choice.probabilities.values()) == pytest.approx(1)
    sent = server.requests[0]
    assert (sent["logprobs"], sent["top_logprobs"]) == (True, 20)
    assert sent["messages"][0]["content"][-1]["text"].endswith("A. happy\nB. sad\nC. angry")


def test_a_server_that_ignores_logprobs_cannot_choose(served: Served) -> None:
    model, _ = served([Says("A")])
    with pytest.raises(UnsupportedError, match="no log-probabilities"):
        model.choose(ASK.messages, ["yes", "no"])


def test_a_reply_without_any_letter_is_no_choice(served: Served) -> None:
    model, _ = served([Says("hm", logprobs={"hm": -0.1})])
    with pytest.raises(ReplyError, match="none of the answers"):
        model.choose(ASK.messages, ["yes", "no"])


# ------------------------------------------------------------------------------------------------------------ keys


def test_openai_without_a_key_is_unavailable_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(UnavailableError) as caught:
        ApiModel(parse("openai/gpt-4o"))
    assert str(caught.value) == "openai/gpt-4o: no key; set OPENAI_API_KEY"


def test_blanks_around_a_key_are_dropped_and_what_cannot_be_a_key_is_not_shown(
    monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\n")
    model, server = served([Says()])
    model.generate(ASK)
    assert server.keys == [KEY]
    monkeypatch.setenv("OPENAI_API_KEY", f"{KEY}\nmore")
    with pytest.raises(UnavailableError, match="OPENAI_API_KEY holds what is no key") as caught:
        ApiModel(parse("openai/gpt-4o"))
    assert KEY not in str(caught.value)


def test_another_address_needs_no_key(monkeypatch: pytest.MonkeyPatch, served: Served) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    model, server = served([Says()])
    assert model.generate(ASK).text == "hello"
    assert server.keys == ["none"]


def test_addresses_come_from_the_environment_too(monkeypatch: pytest.MonkeyPatch) -> None:
    with Loopback([Says()]) as server:
        monkeypatch.setenv("FACEREASON_VLLM_URL", server.url)
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("VLLM_API_KEY", "key-of-vllm")
        for name in ("vllm/some", "openai/gpt-4o"):
            with ApiModel(parse(name)) as model:
                model.generate(ASK)
    assert server.keys == ["key-of-vllm", KEY]


@pytest.mark.parametrize("url", ["localhost", "ftp://there/v1", "http://", "http://here:port/v1"])
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        ApiModel(parse(f"vllm/some+url={url}"))


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 429, 500])
def test_a_key_that_the_server_echoes_is_in_no_error(served: Served, status: int) -> None:
    model, server = served([Fails(status, "You sent", echo_key=True)], retries=1)
    with pytest.raises(ModelError) as caught:
        model.generate(ASK)
    assert server.keys[0] == KEY
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value) + str(caught.value)
    assert KEY not in shown


def test_the_key_is_in_no_repr_no_log_and_no_file(
    served: Served, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    settings: dict[str, Any] = {"cache_folder": tmp_path, "budget": Budget(max_tokens=10**6)}
    model, server = served([Says()], **settings)
    model.generate(ASK)
    assert server.keys == [KEY]
    files = [path.read_text("utf-8") for path in tmp_path.rglob("*.json")]
    assert len(files) == 1
    parts = [repr(part) for part in vars(model).values()]
    assert KEY not in "".join([repr(model), str(model.identity), caplog.text, *files, *parts])


# ------------------------------------------------------------------------------------------------- limits and budget


def test_no_more_calls_than_in_flight_allows_run_at_once_threads_and_asyncio_together(served: Served) -> None:
    model, server = served([Says(delay=0.05)], in_flight=3)

    async def many() -> None:
        await asyncio.gather(*(model.agenerate(ASK) for _ in range(8)))

    with ThreadPoolExecutor(9) as pool:
        waits = [pool.submit(model.generate, ASK) for _ in range(8)]
        waits.append(pool.submit(asyncio.run, many()))  # type: ignore[arg-type]
        for wait in waits:
            wait.result()
    assert (server.calls, server.most) == (16, 3)


def test_a_call_that_is_cancelled_while_it_waits_leaves_its_place_to_others(served: Served) -> None:
    model, _ = served([Says(delay=0.1)], in_flight=1)

    async def cancelled() -> str:
        first, second = (asyncio.create_task(model.agenerate(ASK)) for _ in range(2))
        await asyncio.sleep(0.02)
        second.cancel()
        await first
        return (await asyncio.wait_for(model.agenerate(ASK), 5)).text

    assert asyncio.run(cancelled()) == "hello"


def test_a_call_that_could_overrun_the_budget_is_not_sent(served: Served) -> None:
    budget = Budget(max_tokens=200)
    model, server = served([Says(input_tokens=100, output_tokens=50)], budget=budget)
    model.generate(ASK)
    assert budget.spent_tokens == 150
    for call in (
        lambda: model.generate(ASK),
        lambda: list(model.stream(ASK)),
        lambda: asyncio.run(model.agenerate(ASK)),
    ):
        with pytest.raises(BudgetError, match=r"not sent: the call may take .* tokens, 50 of 200 are left"):
            call()
    assert server.calls == 1


def test_a_budget_in_dollars_needs_a_price_and_holds(served: Served) -> None:
    with pytest.raises(UsageError, match="needs a price"):
        Settings(budget=Budget(max_cost=1))
    budget = Budget(max_cost=0.001)
    model, server = served([Says(output_tokens=50)], budget=budget, price=Price(0, 10))
    model.generate(ASK)
    assert budget.spent_cost == pytest.approx(0.0005)
    model.generate(ASK)
    with pytest.raises(BudgetError, match="may cost"):
        model.generate(ASK)
    assert server.calls == 2


def test_threads_together_do_not_overrun_a_budget(served: Served) -> None:
    budget = Budget(max_tokens=300)
    model, _ = served([Says(delay=0.02, input_tokens=10, output_tokens=50)], budget=budget)
    with ThreadPoolExecutor(12) as pool:
        waits = [pool.submit(model.generate, ASK) for _ in range(12)]
    failed = [wait for wait in waits if wait.exception()]
    assert all(isinstance(wait.exception(), BudgetError) for wait in failed)
    assert budget.spent_tokens == 60 * (12 - len(failed)) <= 300


def test_a_failed_call_gives_back_what_it_reserved(served: Served) -> None:
    budget = Budget(max_tokens=100)
    model, _ = served([Fails(400), Says(input_tokens=1, output_tokens=1)], budget=budget)
    with pytest.raises(ModelError):
        model.generate(ASK)
    model.generate(ASK)
    assert budget.spent_tokens == 2


def test_what_a_server_does_not_count_is_spent_as_reserved(served: Served) -> None:
    budget = Budget(max_tokens=100)
    model, _ = served([Says(counts=False)], budget=budget)
    assert model.generate(ASK).usage.input_tokens is None
    assert budget.spent_tokens > ASK.max_tokens


# ----------------------------------------------------------------------------------------------------------- pictures


def test_a_picture_is_encoded_once_however_often_it_is_sent(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    real = images.encode

    def counting(*args: Any, **others: Any) -> bytes:
        encoded.append(1)
        return real(*args, **others)

    monkeypatch.setattr(images, "encode", counting)
    model, server = served([Says()])
    same = Picture(picture().pixels.copy())
    request = Request(messages=(Message.user(picture(), same, "Both?"),))
    threads = [threading.Thread(target=model.generate, args=(request,)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    asyncio.run(model.agenerate(request))
    assert (len(encoded), server.calls) == (1, 4)


def test_pictures_arrive_as_jpeg_in_the_size_that_is_reported(served: Served) -> None:
    model, server = served([Says()], name="vllm/some", image_side=32)
    sent = picture(size=(64, 48))
    model.generate(Request(messages=(Message.user(sent, "Who?"),)))
    url = server.requests[0]["messages"][0]["content"][0]["image_url"]["url"]
    arrived = images.open(url)
    assert url.startswith("data:image/jpeg;base64,")
    assert (arrived.width, arrived.height) == model._sent(sent) == (32, 24)


@pytest.mark.parametrize(
    ("size", "sent"), [((4096, 8192), (768, 1536)), ((640, 480), (640, 480)), ((3000, 500), (2048, 341))]
)
def test_openai_gets_pictures_in_the_size_that_it_looks_at(size: tuple[int, int], sent: tuple[int, int]) -> None:
    assert pictures.openai_size(*size) == sent


def test_vllm_gets_pictures_of_at_most_1536_pixels() -> None:
    tall = Picture(np.zeros((3072, 1024, 3), np.uint8))
    assert pictures.Encoder("vllm", None).size(tall) == (512, 1536)


# -------------------------------------------------------------------------------------------------------------- cache


def test_a_reply_that_was_kept_is_not_asked_for_again(served: Served, tmp_path: Path) -> None:
    model, server = served([Says('{"age": 5}')], cache_folder=tmp_path, price=Price(1, 1))
    first, second = model.generate(ASK_JSON), asyncio.run(model.agenerate(ASK_JSON))
    assert (first.usage.cached, second.usage.cached, second.usage.cost) == (False, True, 0.0)
    assert (second.text, second.data, server.calls) == (first.text, first.data, 1)
    assert list(model.stream(ASK_JSON)) == ['{"age": 5}']
    assert not list(tmp_path.rglob("*.part"))


def test_replies_drawn_at_random_without_a_seed_are_not_kept(served: Served, tmp_path: Path) -> None:
    model, server = served([Says()], cache_folder=tmp_path)
    at_random = dataclasses.replace(ASK, temperature=0.7)
    seeded = dataclasses.replace(at_random, seed=1)
    for request in (at_random, at_random, seeded, seeded):
        model.generate(request)
    assert server.calls == 3


def test_a_damaged_file_is_asked_for_again(served: Served, tmp_path: Path) -> None:
    model, server = served([Says()], cache_folder=tmp_path)
    model.generate(ASK)
    next(tmp_path.rglob("*.json")).write_text('{"reply": {"te')
    assert model.generate(ASK).text == "hello"
    assert server.calls == 2
    assert json.loads(next(tmp_path.rglob("*.json")).read_text())["reply"]["text"] == "hello"


def test_a_reply_is_not_lost_where_it_cannot_be_kept(served: Served, tmp_path: Path) -> None:
    model, _ = served([Says()], cache_folder=tmp_path / "replies")
    (tmp_path / "replies").rmdir()
    (tmp_path / "replies").write_text("in the way")
    with pytest.warns(UserWarning, match="could not be kept"):
        assert model.generate(ASK).text == "hello"


def test_failures_are_not_kept(served: Served, tmp_path: Path) -> None:
    model, _ = served([Fails(400), Says("")], cache_folder=tmp_path)
    for _ in range(2):
        with pytest.raises(FaceReasonError):
            model.generate(ASK)
    assert not list(tmp_path.rglob("*.json"))


def test_the_cache_key_changes_with_everything_that_the_reply_depends_on(tmp_path: Path) -> None:
    base = Request(messages=(Message.user(picture(), "a", "b"),), temperature=0.5, seed=1, schema=SCHEMA)
    changes: list[dict[str, Any]] = [
        {"messages": (Message.user(picture(), "ab"),)},
        {"messages": (Message.user("a", picture(), "b"),)},
        {"messages": (Message.user(picture(1), "a", "b"),)},
        {"messages": (Message.system("s"), *base.messages)},
        {"schema": None},
        {"schema": {**SCHEMA, "title": "t"}},
        {"stop": ("x",)},
        {"temperature": 0.6},
        {"seed": 2},
        {"samples": 2},
        {"max_tokens": 9},
    ]
    here = {"provider": "vllm", "url": "u", "model": "m", "revision": "", "adapter": "", "sizing": "s"}
    keys = [cache.key(base, here), *(cache.key(dataclasses.replace(base, **change), here) for change in changes)]
    keys += [cache.key(base, {**here, field: "other"}) for field in here]
    assert len(set(keys)) == 1 + len(changes) + len(here)
    assert cache.key(dataclasses.replace(base, messages=(Message.user(picture(), "a", "b"),)), here) == keys[0]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("vllm/m+url=http://a/v1", "openai/m+url=http://a/v1"),
        ("vllm/m+url=http://a/v1", "vllm/m+url=http://b/v1"),
        ("vllm/m+url=http://a/v1", "vllm/n+url=http://a/v1"),
        ("vllm/m+url=http://a/v1", "vllm/m+url=http://a/v1+adapter=x"),
        ("vllm/m+url=http://a/v1", "vllm/m@2+url=http://a/v1"),
    ],
)
def test_models_do_not_share_kept_replies(one: str, other: str) -> None:
    assert ApiModel(parse(one))._served != ApiModel(parse(other))._served


def test_the_size_of_pictures_is_part_of_the_cache_key() -> None:
    name = parse("vllm/m+url=http://a/v1")
    assert ApiModel(name)._served != ApiModel(name, Settings(image_side=99))._served
