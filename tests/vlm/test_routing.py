"""The table from jobs to models: one line or TOML, aliases, fallbacks, circles."""

from pathlib import Path

import numpy as np
import pytest

from facereason.types import UsageError
from facereason.vlm import Capability, Message, Picture, Request, routing
from facereason.vlm.errors import BudgetError, EmptyReplyError, UnavailableError
from facereason.vlm.fake import FakeModel
from facereason.vlm.model import Model
from facereason.vlm.names import ModelName
from facereason.vlm.routing import Job, Router

PICTURE = Picture(np.zeros((4, 4, 3), np.uint8))
REQUEST = Request(messages=(Message.user(PICTURE, "What is seen?"),))


def written(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "facereason.toml"
    path.write_text(text, encoding="utf-8")
    return path


def names(routes: routing.Routes, job: Job) -> list[str]:
    return [str(name) for name in routes.of(job)]


def test_one_name_is_the_model_for_everything() -> None:
    routes = routing.from_line("vllm/Qwen/Qwen2.5-VL-7B-Instruct+url=http://localhost:1/v1")
    assert names(routes, Job.EMOTION) == names(routes, Job.JUDGE) != []


def test_a_line_names_models_by_job_with_fallbacks() -> None:
    line = "emotion=hf/a/b+adapter=out/e|openai/gpt-4o,locate=hf/florence-community/Florence-2-base"
    routes = routing.from_line(line)
    assert names(routes, Job.EMOTION) == ["hf/a/b+adapter=out/e", "openai/gpt-4o"]
    assert names(routes, Job.LOCATE) == ["hf/florence-community/Florence-2-base"]
    assert names(routes, Job.CHAT) == []


def test_one_base_with_an_adapter_for_each_attribute_and_a_chat_model_is_one_table(tmp_path: Path) -> None:
    routes = routing.from_file(
        written(
            tmp_path,
            """
            [models]
            base = "hf/google/paligemma2-3b-mix-224"
            talker = "openai/gpt-4o-mini"
            [routes]
            understand = "talker"
            default = ["talker", "vllm/Qwen/Qwen2.5-VL-7B-Instruct"]
            emotion = "base+adapter=out/emotion"
            caption = "default"
            attributes.age = "base+adapter=out/age"
            attributes.gender = "base+adapter=out/gender"
            """,
        )
    )
    assert names(routes, Job.AGE) == ["hf/google/paligemma2-3b-mix-224+adapter=out/age"]
    assert names(routes, Job.EMOTION) == ["hf/google/paligemma2-3b-mix-224+adapter=out/emotion"]
    assert names(routes, Job.CAPTION) == ["openai/gpt-4o-mini", "vllm/Qwen/Qwen2.5-VL-7B-Instruct"]
    assert names(routes, Job.RACE) == names(routes, Job.CAPTION)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[routes]\nfeeling = 'fake'", "unknown job feeling; jobs are emotion, au"),
        ("[routes]\nchat = 'caption'\ncaption = 'chat'", "in a circle: chat -> caption -> chat"),
        ("[models]\na = 'b'\nb = 'a'\n[routes]\nchat = 'a'", "in a circle: chat -> a -> b -> a"),
        ("[routes]\nchat = 'gpt-4o'", "chat: model gpt-4o: unknown provider"),
        ("[routes]\nchat = 3", "chat must be a model's name or a list"),
        ("[routes]\nchat = []", "chat must be a model's name or a list"),
        ("[models]\nchat = 'fake'", "chat cannot be an alias"),
        ("[models]\nx = 3", "holds names of models by alias"),
        ("routes = 3", "holds models by job"),
        ("[api]\nretires = 3", "unknown key retires; known are timeout"),
        ("[api]\ntimeout = 'long'", "timeout"),
        ("[prices]\n'openai/gpt-4o' = 3", "the price of openai/gpt-4o must be"),
        ("[routes\n", "not TOML"),
    ],
)
def test_a_table_that_is_wrong_is_refused_in_one_line(tmp_path: Path, text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint) as caught:
        routing.from_file(written(tmp_path, text))
    assert "\n" not in str(caught.value)
    assert "facereason.toml" in str(caught.value)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        ("feeling=fake", "unknown job feeling"),
        ("emotion=fake,emotion=fake", "emotion twice"),
        ("emotion=", "unknown provider"),
        ("gpt-4o", "unknown provider gpt-4o"),
    ],
)
def test_a_line_that_is_wrong_is_refused_in_one_line(line: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        routing.from_line(line)


class Gone(FakeModel):
    def _generate(self, request: Request) -> routing.Reply:
        raise UnavailableError(f"{self.name}: nobody there")


def opener(name: ModelName) -> Model:
    return Gone(name) if name.name == "gone" else FakeModel(name)


def test_a_model_that_cannot_be_reached_is_passed_and_that_is_told() -> None:
    router = Router(routing.from_line("emotion=openai/gone|fake+says=happiness"), opener)
    said = router.ask(Job.EMOTION, REQUEST)
    assert said.reply.text == "happiness"
    assert said.identity.name == "fake+says=happiness"
    assert said.passed == ("openai/gone: nobody there",)


def test_an_error_of_the_reply_is_not_hidden_by_a_fallback() -> None:
    router = Router(
        routing.from_line("emotion=openai/silent|fake+says=happiness"), lambda name: FakeModel(name, says=lambda r: "")
    )
    with pytest.raises(EmptyReplyError):
        router.ask(Job.EMOTION, REQUEST)


def test_where_no_model_can_be_reached_each_reason_is_given() -> None:
    router = Router(routing.from_line("emotion=openai/gone|vllm/gone"), opener)
    with pytest.raises(UnavailableError, match="openai/gone: nobody there; vllm/gone: nobody there"):
        router.ask(Job.EMOTION, REQUEST)


def test_a_job_without_a_model_says_how_to_route_one() -> None:
    with pytest.raises(UnavailableError, match="no model for the job locate: route one, such as --model locate="):
        Router(routing.from_line("emotion=fake")).ask(Job.LOCATE, REQUEST)


def test_a_model_is_opened_once_for_all_its_jobs() -> None:
    opened: list[ModelName] = []

    def counting(name: ModelName) -> Model:
        opened.append(name)
        return FakeModel(name)

    router = Router(routing.from_line("emotion=fake,chat=fake"), counting)
    router.ask(Job.EMOTION, REQUEST)
    router.ask(Job.CHAT, REQUEST)
    assert len(opened) == 1


def test_the_file_beside_the_work_is_found_before_the_users(tmp_path: Path) -> None:
    path = written(tmp_path, "")
    assert routing.find(tmp_path) == path
    assert not routing.from_file(path)


@pytest.mark.parametrize("example", sorted((Path(__file__).resolve().parents[2] / "docs" / "routes").glob("*.toml")))
def test_the_tables_in_the_documentation_can_be_read_and_route_every_job(example: Path) -> None:
    routes = routing.from_file(example)
    assert all(routes.of(job) for job in Job)


def test_api_models_of_a_table_share_its_budget_and_have_their_prices(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        """
        [routes]
        emotion = "vllm/one+url=http://localhost:1/v1"
        chat = "vllm/two+url=http://localhost:1/v1"
        [api]
        retries = 0
        max_tokens = 10
        max_dollars = 1.5
        [prices]
        "vllm/one" = [1, 2]
        "vllm/two" = [1, 2]
        """,
    )
    router = Router(routing.from_file(path))
    for job in (Job.EMOTION, Job.CHAT):
        with pytest.raises(BudgetError, match="of 10 are left"):
            router.ask(job, REQUEST)


@pytest.mark.parametrize("first", ["openai/gpt-4o", "hf//nowhere/at/all"])
def test_a_real_model_that_cannot_even_be_opened_is_passed(first: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    router = Router(routing.from_line(f"emotion={first}|fake+says=happiness"))
    said = router.use(Job.EMOTION, lambda model: model.generate(REQUEST), [Capability.IMAGES])
    assert said.reply.text == "happiness"
    assert len(said.passed) == 1
