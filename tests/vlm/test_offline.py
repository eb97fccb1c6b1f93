"""vLLM's offline engine, as far as it needs no vLLM; with one, `vllm_cpu.py` runs it."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from facereason.types import UsageError
from facereason.vlm import Message, Picture, Request, families
from facereason.vlm.errors import ContextError, EmptyReplyError, FormatError, ModelError, UnavailableError
from facereason.vlm.messages import Finish, Reply
from facereason.vlm.model import Capability
from facereason.vlm.names import parse
from facereason.vlm.offline import OfflineModel, asking, engine
from facereason.vlm.opening import open_model

SCHEMA = {"type": "object", "properties": {"age": {"type": "integer"}}, "required": ["age"]}
PICTURE = Picture(np.zeros((4, 6, 3), np.uint8))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return checkpoint(tmp_path / "model", "idefics3")


def checkpoint(folder: Path, model_type: str) -> Path:
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": model_type}))
    return folder


def adapter(folder: Path, **config: Any) -> Path:
    folder.mkdir()
    (folder / "adapter_config.json").write_text(json.dumps(config))
    return folder


def opened(folder: Path, options: str = "") -> OfflineModel:
    model = open_model(f"vllm-offline/{folder}{options}")
    assert isinstance(model, OfflineModel)
    return model


@pytest.mark.skipif(importlib.util.find_spec("vllm") is not None, reason="vLLM is here")
def test_without_vllm_the_extra_is_named(folder: Path) -> None:
    told = r'^vllm-offline/ models need vllm: pip install "facereason\[vllm\]"$'
    with pytest.raises(UnavailableError, match=told):
        opened(folder).generate(Request(messages=(Message.user("Who?"),)))


@pytest.mark.parametrize("option", ["context=0", "gpus=two", "context=-1"])
def test_counts_in_a_name_are_whole_numbers(option: str) -> None:
    with pytest.raises(UsageError, match="a whole number, 1 or more"):
        parse(f"vllm-offline/m+{option}")


def test_a_name_becomes_arguments_of_the_engine(folder: Path, tmp_path: Path) -> None:
    lora = adapter(tmp_path / "lora", r=12, rank_pattern={"layers.0": 20})
    made = engine.arguments(parse(f"vllm-offline/{folder}+adapter={lora}+dtype=bfloat16+context=4096+gpus=2"))
    del made["structured_outputs_config"]
    assert made == {
        "model": str(folder), "dtype": "bfloat16", "max_model_len": 4096, "tensor_parallel_size": 2,
        "enable_lora": True, "max_lora_rank": 32,
    }  # fmt: skip
    assert "enable_lora" not in engine.arguments(parse(f"vllm-offline/{folder}"))


def test_what_it_can_is_known_without_an_engine(folder: Path, tmp_path: Path) -> None:
    chat = opened(folder)
    assert chat.can == chat.family.can - {Capability.STREAM}
    assert chat.identity.family == "idefics3"
    flat = opened(checkpoint(tmp_path / "flat", "paligemma"))
    assert flat.can == flat.family.can - {Capability.STREAM, Capability.CHOICES}


def test_streaming_is_refused_by_name(folder: Path) -> None:
    with pytest.raises(UsageError, match="does not do streaming"):
        opened(folder).stream(Request(messages=(Message.user("Who?"),)))


def test_models_that_vllm_does_not_run_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"vLLM does not run Florence-2; use hf/"):
        opened(checkpoint(tmp_path / "florence", "florence2")).can  # noqa: B018


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/nowhere/at/all", "there is no folder /nowhere/at/all"),
        ("nobody/nothing", "nobody/nothing is not here: facereason models pull hf/nobody/nothing"),
    ],
)
def test_a_model_that_is_not_here_says_how_to_get_it(name: str, told: str) -> None:
    with pytest.raises(UnavailableError, match=told):
        open_model(f"vllm-offline/{name}").can  # noqa: B018


@pytest.mark.parametrize(
    ("config", "told"), [({"r": 4096}, "rank 4096, vLLM takes 512 at most"), ({}, "holds no LoRA adapter")]
)
def test_an_adapter_that_the_engine_cannot_take_is_told(
    folder: Path, tmp_path: Path, config: dict[str, Any], told: str
) -> None:
    lora = adapter(tmp_path / "lora", **config)
    with pytest.raises(ModelError, match=told):
        engine.arguments(parse(f"vllm-offline/{folder}+adapter={lora}"))
    with pytest.raises(UnavailableError, match=r"adapter .* is not here"):
        engine.arguments(parse(f"vllm-offline/{folder}+adapter={tmp_path}/none"))


def test_a_request_becomes_settings_over_those_of_the_checkpoint() -> None:
    asked = Request(
        messages=(Message.user("?"),), schema=SCHEMA, stop=(".",), temperature=0.7, seed=3, samples=2, max_tokens=9
    )
    own = SimpleNamespace(top_p=0.9, top_k=20, min_p=0.0, repetition_penalty=1.05, temperature=0.1, max_tokens=16)
    assert asking.settings(asked, own) == {
        "top_p": 0.9, "top_k": 20, "min_p": 0.0, "repetition_penalty": 1.05, "n": 2, "temperature": 0.7,
        "max_tokens": 9, "seed": 3, "stop": ["."], "structured_outputs": {"json": SCHEMA},
    }  # fmt: skip
    assert asking.settings(Request(messages=(Message.user("?"),))) == {"n": 1, "temperature": 0.0, "max_tokens": 512}


def test_messages_become_turns_or_one_text() -> None:
    messages = (Message.system("You read faces."), Message.user(PICTURE, "Who?"))
    system, user = asking.turns(messages)
    assert system == {"role": "system", "content": "You read faces."}
    assert [part["type"] for part in user["content"]] == ["image_pil", "text"]
    assert user["content"][0]["image_pil"].size == (6, 4)
    made = asking.prompt(families.PALIGEMMA, messages)
    assert made["prompt"] == "Who?"
    assert [image.size for image in made["multi_modal_data"]["image"]] == [(6, 4)]
    assert asking.prompt(families.PALIGEMMA, (Message.user("Who?"),)) == {"prompt": "Who?"}


def output(*texts: str, finish: str = "stop") -> Any:
    """The parts of a `vllm.RequestOutput` that are read."""
    said = [SimpleNamespace(text=text, finish_reason=finish, token_ids=[1, 2]) for text in texts]
    return SimpleNamespace(prompt_token_ids=[5, 6, 7], outputs=said)


def test_an_output_becomes_a_reply_with_its_samples_and_tokens() -> None:
    reply = asking.reply(output("one", "two", finish="length"), 1.5)
    assert (reply.text, reply.finish, [other.text for other in reply.others]) == ("one", Finish.LENGTH, ["two"])
    assert (reply.usage.input_tokens, reply.usage.output_tokens, reply.usage.seconds) == (3, 4, 1.5)


def test_what_is_wrong_with_one_reply_stands_in_its_place() -> None:
    from facereason.vlm.api.structured import validator

    asked = Request(messages=(Message.user("?"),), schema=SCHEMA)
    found = [asking.outcome("m", asked, Reply(text=text), validator(SCHEMA)) for text in ('{"age": 3}', " ", "no")]
    assert isinstance(found[0], Reply)
    assert found[0].data == {"age": 3}
    assert isinstance(found[1], EmptyReplyError)
    assert isinstance(found[2], FormatError)


def test_an_answer_is_as_probable_as_its_tokens_and_the_end_after_them() -> None:
    def row(**chances: float) -> dict[int, Any]:
        return {int(token[1:]): SimpleNamespace(logprob=value) for token, value in chances.items()}

    said = SimpleNamespace(
        prompt_token_ids=[5, 6, 7, 8, 9],
        prompt_logprobs=[None, row(t6=-9.0), row(t7=-9.0), row(t8=-1.0), row(t9=-0.5, t4=-0.1)],
        outputs=[SimpleNamespace(logprobs=[row(t2=-0.25, t3=-50.0)])],
    )
    assert asking.logprob("m", output("x"), said, "sad", [2]) == pytest.approx(-1.75)
    with pytest.raises(ModelError, match="does not let a reply begin with 'sad'"):
        asking.logprob("m", SimpleNamespace(prompt_token_ids=[5, 4]), said, "sad", [2])


class Picky:
    """An engine that refuses a whole batch for one question in it, as vLLM does."""

    def __init__(self) -> None:
        self.calls = 0

    def chat(self, conversations: list[Any], params: list[Any], **how: Any) -> list[Any]:
        self.calls += 1
        if any("long" in turns[0]["content"] for turns in conversations):
            raise ValueError("The prompt is longer than the maximum model length of 512.\nMore of it")
        return [output(turns[0]["content"].upper()) for turns in conversations]


def test_a_question_that_is_refused_does_not_cost_the_others_their_replies(folder: Path) -> None:
    model, picky = opened(folder), Picky()
    model._engine = engine.Engine(picky)
    conversations = [(Message.user(text),) for text in ("a", "b", "long", "c", "d", "e", "f", "g")]
    made = model._together(conversations, [None] * len(conversations))
    assert [getattr(each, "outputs", [None])[0] and each.outputs[0].text for each in made] == [
        "A", "B", None, "C", "D", "E", "F", "G"
    ]  # fmt: skip
    assert isinstance(made[2], ContextError)
    assert "\n" not in str(made[2])
    assert picky.calls == 7
