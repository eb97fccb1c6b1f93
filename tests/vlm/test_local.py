"""Local models of every family, with tiny ones in their place."""

from __future__ import annotations

import importlib.util
import json
import math
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from facereason.types import UsageError  # noqa: E402
from facereason.vlm import Message, Picture, Request  # noqa: E402
from facereason.vlm.errors import (  # noqa: E402
    ContextError,
    EmptyReplyError,
    FormatError,
    ModelError,
    UnavailableError,
    UnsupportedError,
)
from facereason.vlm.local import LocalModel, adapters, encoding, merge  # noqa: E402
from facereason.vlm.local.loading import _quantised, load  # noqa: E402
from facereason.vlm.messages import Finish  # noqa: E402
from facereason.vlm.model import Capability, reply_of  # noqa: E402
from facereason.vlm.names import ModelName  # noqa: E402

Tiny = Callable[[str], Path]
WRITERS = [
    "paligemma", "paligemma2", "florence2", "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "idefics3", "smolvlm", "llava",
    "llava_next", "llava_onevision", "gemma3",
]  # fmt: skip
CONSTRAINED = [family for family in WRITERS if family != "florence2"]
QUESTION = "What is the emotion of this face?"
ANSWERS = ("happiness", "anger", "not sad at all")
SCHEMA = {
    "type": "object",
    "properties": {"emotion": {"enum": ["anger", "fear"]}, "age": {"type": "integer", "minimum": 0, "maximum": 99}},
    "required": ["emotion", "age"],
    "additionalProperties": False,
}

every = pytest.mark.parametrize("family", WRITERS)


def picture(seed: int) -> Picture:
    return Picture(np.random.default_rng(seed).integers(0, 256, (80, 100, 3), dtype=np.uint8))


def asks(text: str = QUESTION, of: int = 0, **more: Any) -> Request:
    return Request(messages=(Message.user(picture(of), text),), **{"max_tokens": 10, **more})


def model(folder: Path, **options: str) -> LocalModel:
    return LocalModel(ModelName(provider="hf", name=str(folder), options=options))


@pytest.fixture(scope="module")
def opened(tiny: Tiny) -> Callable[[str], LocalModel]:
    models: dict[str, LocalModel] = {}

    def get(family: str) -> LocalModel:
        return models.setdefault(family, model(tiny(family)))

    return get


@pytest.fixture(scope="module")
def lora(tiny: Tiny, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """An adapter with random weights for a family's tiny model."""
    peft = pytest.importorskip("peft")
    made: dict[tuple[str, int], Path] = {}

    def folder(family: str, seed: int = 0) -> Path:
        if (family, seed) not in made:
            base = load(ModelName(provider="hf", name=str(tiny(family))))
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(seed)
                config = peft.LoraConfig(r=4, target_modules=["q_proj", "v_proj"], init_lora_weights=False)
                place = tmp_path_factory.mktemp(f"lora-{family}-{seed}")
                peft.get_peft_model(base.model, config).save_pretrained(place)
            made[family, seed] = place
        return made[family, seed]

    return folder


# ------------------------------------------------------------------------------------------------------------- replies


@every
def test_it_says_the_same_of_a_picture_each_time(opened: Callable[[str], LocalModel], family: str) -> None:
    first, second = opened(family).generate(asks()), opened(family).generate(asks())
    assert first.text.strip()
    assert first.text == second.text
    assert first.usage.input_tokens
    assert 1 <= (first.usage.output_tokens or 0) <= 10


@every
def test_another_picture_moves_its_logits(opened: Callable[[str], LocalModel], family: str) -> None:
    one, other = (opened(family).choose(asks(of=seed).messages, ANSWERS).logprobs for seed in (0, 1))
    assert max(abs(one[answer] - other[answer]) for answer in ANSWERS) > 1e-3


@every
def test_it_answers_a_text_without_a_picture(opened: Callable[[str], LocalModel], family: str) -> None:
    assert opened(family).generate(Request(messages=(Message.user("Who is it?"),), max_tokens=10)).text


@every
def test_a_reply_ends_before_a_stop_text(opened: Callable[[str], LocalModel], family: str) -> None:
    whole = opened(family).generate(asks())
    assert whole.finish is Finish.LENGTH
    text = whole.text
    place = next(i for i in range(1, len(text)) if text[:i].strip() and text.index(text[i : i + 2]) == i)
    stop = text[place : place + 2]
    cut = opened(family).generate(asks(stop=(stop,)))
    assert cut.text == text[:place]
    assert cut.finish is Finish.STOP
    streamed = opened(family).stream(asks(stop=(stop,)))
    assert "".join(streamed) == cut.text


@every
def test_pieces_of_a_stream_join_to_the_reply(opened: Callable[[str], LocalModel], family: str) -> None:
    stream = opened(family).stream(asks(max_tokens=16))
    pieces = list(stream)
    assert "".join(pieces) == stream.reply.text == opened(family).generate(asks(max_tokens=16)).text
    assert stream.reply.usage.first_token is not None


def test_closing_a_stream_ends_the_computation(opened: Callable[[str], LocalModel]) -> None:
    ours = opened("idefics3")
    ours.generate(asks())
    stream = ours.stream(asks(max_tokens=600))
    steps = []
    hook = ours.load().model.register_forward_hook(lambda *_: steps.append(1))
    try:
        next(iter(stream))
        stream.close()
    finally:
        hook.remove()
    assert 0 < len(steps) < 300


def test_an_error_while_streaming_reaches_the_caller(
    opened: Callable[[str], LocalModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(**_: Any) -> None:
        raise torch.cuda.OutOfMemoryError("CUDA out of memory. Tried to allocate")

    monkeypatch.setattr(opened("idefics3").load().model, "generate", broken)
    with pytest.raises(ModelError, match="the GPU's memory has run out"):
        list(opened("idefics3").stream(asks()))


@pytest.mark.parametrize("family", ["idefics3", "paligemma", "florence2"])
def test_samples_differ_and_a_seed_repeats_them(opened: Callable[[str], LocalModel], family: str) -> None:
    request = asks(temperature=1.0, seed=7, samples=3)
    before = torch.random.get_rng_state()
    first, second = opened(family).generate(request), opened(family).generate(request)
    assert torch.equal(before, torch.random.get_rng_state())
    texts = [first.text, *(other.text for other in first.others)]
    assert len(set(texts)) == 3
    assert texts == [second.text, *(other.text for other in second.others)]


@every
def test_a_batch_says_what_each_says_alone(opened: Callable[[str], LocalModel], family: str) -> None:
    requests = [
        asks(), asks("Is this person glad or rather sad, and why?", of=1), asks("Age?", of=2),
        Request(messages=(Message.user("Who is it?"),), max_tokens=10),
    ]  # fmt: skip
    together = opened(family).batch(requests)
    assert [reply_of(each).text for each in together] == [opened(family).generate(each).text for each in requests]


def test_in_a_batch_an_empty_reply_and_a_question_too_long_cost_the_others_nothing(
    opened: Callable[[str], LocalModel],
) -> None:
    ours = opened("idefics3")
    questions = [("", 0), ("Age?", 2), ("Why? " * 300, 0), ("How?", 1)]
    texts = [ours.generate(asks(text or QUESTION, of=of)).text if len(text) < 99 else "" for text, of in questions]
    stop = (texts[1][:2],)  # so that the second says nothing
    first, second, third, fourth = ours.batch([asks(text or QUESTION, of=of, stop=stop) for text, of in questions])
    assert texts[0].startswith(reply_of(first).text)
    assert isinstance(second, EmptyReplyError)
    assert isinstance(third, ContextError)
    assert texts[3].startswith(reply_of(fourth).text)
    with pytest.raises(EmptyReplyError, match="the reply is empty"):
        reply_of(second)


def test_sampling_keeps_to_the_cuts_that_the_checkpoint_sets(opened: Callable[[str], LocalModel]) -> None:
    settings = opened("idefics3").load().model.generation_config
    request = asks(temperature=5.0, samples=3)
    free = opened("idefics3").generate(request)
    assert len({free.text, *(other.text for other in free.others)}) > 1
    settings.top_k = 1
    try:
        cut = opened("idefics3").generate(request)
    finally:
        settings.top_k = None
    assert {cut.text, *(other.text for other in cut.others)} == {opened("idefics3").generate(asks()).text}


def test_several_pictures_and_turns_are_taken(opened: Callable[[str], LocalModel]) -> None:
    messages = (
        Message.system("You read faces."), Message.user(picture(0), "One", picture(1), "Two"),
        Message.assistant("They differ."), Message.user("How?"),
    )  # fmt: skip
    for family in WRITERS[3:]:
        assert opened(family).generate(Request(messages=messages, max_tokens=8)).text


# ---------------------------------------------------------------------------------------------------------------- JSON


@pytest.mark.parametrize("family", CONSTRAINED)
def test_json_fulfils_its_schema(opened: Callable[[str], LocalModel], family: str) -> None:
    reply = opened(family).generate(asks(schema=SCHEMA, max_tokens=60))
    assert json.loads(reply.text) == reply.data
    assert reply.data["emotion"] in ("anger", "fear")
    assert 0 <= reply.data["age"] <= 99


def test_samples_of_json_all_fulfil_the_schema(opened: Callable[[str], LocalModel]) -> None:
    reply = opened("idefics3").generate(asks(schema=SCHEMA, max_tokens=60, temperature=1.0, samples=3, seed=1))
    assert all(set(each.data) == {"emotion", "age"} for each in (reply, *reply.others))


def test_json_that_is_cut_off_is_an_error(opened: Callable[[str], LocalModel]) -> None:
    with pytest.raises(FormatError, match="max_tokens"):
        opened("idefics3").generate(asks(schema=SCHEMA, max_tokens=3))


def test_json_without_jsonschema_names_the_extra_of_local_models(
    opened: Callable[[str], LocalModel], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jsonschema", None)
    told = r'JSON replies need jsonschema: pip install "facereason\[local\]"'
    with pytest.raises(UnavailableError, match=told):
        opened("idefics3").generate(asks(schema=SCHEMA))


def test_florence_is_not_asked_for_json(opened: Callable[[str], LocalModel]) -> None:
    with pytest.raises(UnsupportedError):
        opened("florence2").generate(asks(schema=SCHEMA))


# ------------------------------------------------------------------------------------------------------------- choices


def step_by_step(ours: LocalModel, request: Request, answer: str) -> float:
    """Log-probability of an answer, from the logits that generation itself has when it is made to say it."""
    base = ours.load()
    inputs = encoding.encode(base, [request.messages])
    wanted = [*base.tokenizer(answer, add_special_tokens=False)["input_ids"], *base.ends]
    start = 1 if base.two_part else inputs["input_ids"].shape[1]
    made = base.model.generate(
        **inputs, max_new_tokens=len(wanted), do_sample=False, num_beams=1, output_logits=True,
        return_dict_in_generate=True, prefix_allowed_tokens_fn=lambda _, ids: [wanted[len(ids) - start]],
    )  # fmt: skip
    steps = zip(made.logits, wanted, strict=True)
    return sum(float(torch.log_softmax(logits[0], -1)[token]) for logits, token in steps)


@every
def test_a_choice_is_as_probable_as_in_generation(opened: Callable[[str], LocalModel], family: str) -> None:
    found = opened(family).choose(asks().messages, ANSWERS)
    assert math.isclose(sum(found.probabilities.values()), 1)
    for answer in ANSWERS:
        assert found.logprobs[answer] == pytest.approx(step_by_step(opened(family), asks(), answer), abs=2e-3)
    assert found.answer == max(found.logprobs, key=found.logprobs.__getitem__)


# ------------------------------------------------------------------------------------------------------------ adapters


@pytest.mark.parametrize("family", ["idefics3", "paligemma", "florence2"])
def test_adapters_switch_on_one_base(tiny: Tiny, lora: Callable[..., Path], family: str) -> None:
    bare, first, second = (
        model(tiny(family), **({"adapter": str(lora(family, seed))} if seed else {})) for seed in (0, 1, 2)
    )
    before = bare.choose(asks().messages, ANSWERS).logprobs
    tuned = [each.choose(asks().messages, ANSWERS).logprobs for each in (first, second)]
    assert bare.load() is first.load() is second.load()
    assert tuned[0] != tuned[1] != before
    assert bare.choose(asks().messages, ANSWERS).logprobs == before
    assert first.choose(asks().messages, ANSWERS).logprobs == tuned[0]
    assert first.identity.adapter == str(lora(family, 1))


def test_an_adapter_of_another_base_is_told_in_one_line(tiny: Tiny, lora: Callable[..., Path], tmp_path: Path) -> None:
    bare = model(tiny("idefics3"))
    before = bare.choose(asks().messages, ANSWERS).logprobs
    stranger = model(tiny("idefics3"), adapter=str(lora("paligemma")))
    with pytest.raises(ModelError, match=r"another base.*PaliGemma"):
        stranger.generate(asks())
    misfit = _reshaped(lora("idefics3"), tmp_path / "misfit")
    with pytest.raises(ModelError, match="another base") as told:
        model(tiny("idefics3"), adapter=str(misfit)).generate(asks())
    assert "\n" not in str(told.value)
    assert bare.choose(asks().messages, ANSWERS).logprobs == before
    assert model(tiny("idefics3"), adapter=str(lora("idefics3"))).choose(asks().messages, ANSWERS).logprobs != before


def _reshaped(adapter: Path, folder: Path) -> Path:
    """The same adapter for a model that is twice as wide."""
    from safetensors.torch import load_file, save_file

    folder.mkdir()
    weights = load_file(adapter / "adapter_model.safetensors")
    wider = {key: torch.cat([value, value], dim=1) if "lora_A" in key else value for key, value in weights.items()}
    save_file(wider, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text((adapter / "adapter_config.json").read_text())
    return folder


def test_a_missing_adapter_is_unavailable(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"adapter .* is not here"):
        model(tiny("idefics3"), adapter=str(tmp_path / "none")).generate(asks())


@pytest.mark.parametrize("family", ["idefics3", "paligemma", "qwen2_5_vl", "florence2"])
def test_a_merged_model_computes_as_its_adapter_did(
    tiny: Tiny, lora: Callable[..., Path], tmp_path: Path, family: str
) -> None:
    name = ModelName(provider="hf", name=str(tiny(family)), options={"adapter": str(lora(family))})
    parity = merge(name, tmp_path / "merged")
    assert parity.tokens > 10
    assert parity.max_difference < 1e-4
    assert model(tmp_path / "merged").generate(asks()).text == LocalModel(name).generate(asks()).text


@pytest.mark.parametrize("family", ["qwen2_vl", "qwen2_5_vl", "qwen3_vl", "smolvlm", "llava_onevision", "paligemma"])
def test_a_merged_folder_has_the_processor_of_its_base_file_by_file(
    tiny: Tiny, lora: Callable[..., Path], tmp_path: Path, family: str
) -> None:
    merge(ModelName(provider="hf", name=str(tiny(family)), options={"adapter": str(lora(family))}), tmp_path)
    from safetensors.torch import load_file

    own = {"config.json", "generation_config.json", "model.safetensors"}
    kept = {file.name for file in tiny(family).iterdir()} - own
    assert kept == {file.name for file in tmp_path.iterdir()} - own
    assert all((tmp_path / name).read_bytes() == (tiny(family) / name).read_bytes() for name in kept)
    names = [set(load_file(each / "model.safetensors")) for each in (tiny(family), tmp_path)]
    assert names[0] == names[1]  # vLLM knows some weights by their names on the hub only
    assert ("video_preprocessor_config.json" in kept) == (family != "paligemma")
    transformers.AutoModelForImageTextToText.from_pretrained(tmp_path)
    if family == "paligemma" or importlib.util.find_spec("torchvision"):  # its classes for videos need torchvision
        transformers.AutoProcessor.from_pretrained(tmp_path)


def test_merging_needs_an_adapter(tiny: Tiny, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nothing to merge"):
        merge(ModelName(provider="hf", name=str(tiny("idefics3"))), tmp_path)


def test_switching_off_all_adapters_leaves_the_weights(tiny: Tiny, lora: Callable[..., Path]) -> None:
    base = load(ModelName(provider="hf", name=str(tiny("llava"))))
    name = ModelName(provider="hf", name=str(tiny("llava")), options={"adapter": str(lora("llava"))})
    inputs = encoding.encode(base, [asks().messages])
    with torch.inference_mode():
        before = base.model(**inputs).logits
        key = adapters.attach(base, name)
        with adapters.active(base, ""):
            assert torch.equal(base.model(**inputs).logits, before)
        with adapters.active(base, key):
            assert not torch.equal(base.model(**inputs).logits, before)


# ---------------------------------------------------------------------------------------------------------- similarity


@pytest.mark.parametrize("family", ["clip", "siglip", "siglip2"])
def test_similarity_compares_each_picture_with_each_text(opened: Callable[[str], LocalModel], family: str) -> None:
    ours = opened(family)
    assert ours.can == {Capability.SIMILARITY}
    rows = ours.similarity([picture(0), picture(1)], ["a happy face", "an angry face", "no face"])
    assert [len(row) for row in rows] == [3, 3]
    assert rows[0] != rows[1]
    alone = ours.similarity([picture(1)], ["an angry face"])
    assert alone[0][0] == pytest.approx(rows[1][1], abs=1e-4)
    with pytest.raises(UnsupportedError):
        ours.generate(asks())


# -------------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("family", ["idefics3", "florence2"])
def test_a_question_longer_than_the_context_is_refused(opened: Callable[[str], LocalModel], family: str) -> None:
    with pytest.raises(ContextError, match="1024"):
        opened(family).generate(asks(max_tokens=1100))


def test_what_a_model_can_is_known_without_its_weights(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text((tiny("paligemma") / "config.json").read_text())
    ours = model(tmp_path)
    assert Capability.LOCATE in ours.can
    assert ours.identity.family == "paligemma"
    with pytest.raises(UnavailableError, match="cannot be loaded"):
        ours.generate(asks())


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("/nowhere/at/all", "there is no folder"),
        ("nobody/nothing", "hf/nobody/nothing is not here: facereason models pull hf/nobody/nothing"),
    ],
)
def test_a_model_that_is_not_here_says_how_to_get_it(name: str, told: str) -> None:
    with pytest.raises(UnavailableError, match=told):
        LocalModel(ModelName(provider="hf", name=name)).generate(asks())


def test_a_processor_that_drops_pictures_is_an_error(tiny: Tiny, tmp_path: Path) -> None:
    shutil.copytree(tiny("llava"), tmp_path / "blind")
    for file in ("processor_config.json", "preprocessor_config.json"):
        (tmp_path / "blind" / file).unlink(missing_ok=True)
    with pytest.raises(ModelError):
        model(tmp_path / "blind").generate(asks())


@pytest.mark.parametrize(("key", "value", "told"), [("device", "cuda:7", "not on this"), ("device", "tpu9", "device")])
def test_a_device_that_is_not_here_is_told(tiny: Tiny, key: str, value: str, told: str) -> None:
    with pytest.raises(UnavailableError, match=told):
        model(tiny("idefics3"), **{key: value}).generate(asks())


@pytest.mark.parametrize("bits", ["4", "8"])
def test_fewer_bits_need_bitsandbytes_and_say_so_in_one_line(tiny: Tiny, bits: str) -> None:
    if importlib.util.find_spec("bitsandbytes"):
        how = _quantised(ModelName(provider="hf", name="m", options={"bits": bits}), torch.device("cpu"))
        asked = how["quantization_config"]
        assert (asked.load_in_4bit, asked.load_in_8bit) == (bits == "4", bits == "8")
        assert how["device_map"] == {"": torch.device("cpu")}
        assert model(tiny("idefics3"), bits=bits).generate(asks()).text
    else:
        with pytest.raises(UnavailableError, match=rf"\+bits={bits} needs bitsandbytes: pip install bitsandbytes$"):
            model(tiny("idefics3"), bits=bits).generate(asks())


def test_it_says_where_and_how_it_computes(tiny: Tiny) -> None:
    assert model(tiny("idefics3"), device="cpu", dtype="bfloat16").describe() == "cpu, bfloat16"
