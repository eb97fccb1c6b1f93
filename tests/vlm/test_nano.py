"""Nano without torch says what it says in transformers, on the same file of weights."""

from __future__ import annotations

import io
import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from facereason import images
from facereason.agent import FaceReason
from facereason.types import UsageError
from facereason.vlm.errors import ContextError, UnavailableError, UnsupportedError
from facereason.vlm.messages import Finish, Message, Picture, Request
from facereason.vlm.model import Capability
from facereason.vlm.names import parse
from facereason.vlm.nano import NanoModel
from facereason.vlm.nano.tokens import Tokens
from facereason.vlm.opening import open_model

ASK = "How does this person feel, and why? Thé <think>"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A nano with random words, made ready to ship."""
    pytest.importorskip("torch", reason="needs the train extra")
    pytest.importorskip("onnxscript", reason="needs the train extra")
    import torch

    from facereason.train import tasks
    from facereason.train.nano import build, shipping, words

    folder = tmp_path_factory.mktemp("nano")
    texts = [text for task in tasks.wordings().values() for text in task]
    model, processor = build.build(words.learnt(texts), build.Size(hidden=64, layers=2, heads=4, inner=96))
    with torch.no_grad():
        for name, weights in model.named_parameters():
            if "language_model" in name and weights.ndim > 1:
                weights.normal_(std=0.3)  # so that words depend on the picture
    model.save_pretrained(folder / "trained")
    processor.save_pretrained(folder / "trained")
    return shipping.ship(folder / "trained", folder / "shipped")


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (112, 112, 3), dtype=np.uint8) for _ in range(3)]


@pytest.mark.slow
def test_the_most_probable_words_are_those_of_transformers(shipped: Path, pictures: list[np.ndarray]) -> None:
    from facereason.train.tasks import Sample
    from facereason.train.vlm import measuring

    nano, base = open_model(f"nano/{shipped}"), measuring.opened(shipped)
    for number, pixels in enumerate(pictures):
        buffer = io.BytesIO()
        from PIL import Image

        Image.fromarray(pixels).save(buffer, "PNG")
        (wanted,) = measuring.said(
            base, [Sample(id=str(number), task="emotion", image=buffer.getvalue(), question=ASK, answer="")]
        )
        reply = nano.generate(Request(messages=(Message.user(Picture(pixels), ASK),), max_tokens=measuring.LONGEST))
        assert reply.text == wanted
    assert (
        len({nano.generate(Request(messages=(Message.user(Picture(p), ASK),), max_tokens=9)).text for p in pictures})
        > 1
    )


@pytest.mark.slow
def test_one_file_of_weights_is_read_by_both(shipped: Path) -> None:
    names = {path.name for path in shipped.iterdir()}
    assert {"model.safetensors", "eye.onnx", "tokenizer.json", "config.json"} <= names
    assert (shipped / "eye.onnx").stat().st_size < 300_000
    alone = shipped.parent / "alone"
    shutil.copytree(shipped, alone)
    (alone / "model.safetensors").write_bytes((shipped / "model.safetensors").read_bytes()[:200_000])
    with pytest.raises(UnavailableError, match="cannot be loaded"):
        open_model(f"nano/{alone}").generate(Request(messages=(Message.user("a"),)))


@pytest.mark.slow
def test_tokens_are_those_of_the_tokenizer(shipped: Path) -> None:
    from transformers import AutoTokenizer

    stock, own = AutoTokenizer.from_pretrained(str(shipped)), Tokens(shipped / "tokenizer.json")
    odd = ("AU12, AU4: lips  parted\n\n it's 12_3 %", "\u00fcml\u00e4ut \u4f60\u597d \U0001f600", "", " a\t")
    for text in (ASK, "<answer>fear</answer>", *odd):
        assert own.of(text) == stock(text, add_special_tokens=False)["input_ids"]
        assert own.text(own.of(text)) == text


@pytest.mark.slow
def test_pieces_add_up_and_answers_are_chosen(shipped: Path, pictures: list[np.ndarray]) -> None:
    nano = open_model(f"nano/{shipped}")
    request = Request(messages=(Message.user(Picture(pictures[0]), ASK),), max_tokens=20)
    stream = nano.stream(request)
    assert "".join(stream) == stream.reply.text == nano.generate(request).text
    assert stream.reply.finish in (Finish.STOP, Finish.LENGTH)
    chosen = nano.choose(request.messages, ["happiness", "fear", "no"])
    assert sum(chosen.probabilities.values()) == pytest.approx(1)
    fewer = nano.choose(request.messages, ["no", "fear"])
    assert fewer.logprobs["no"] == pytest.approx(chosen.logprobs["no"], abs=1e-3)


@pytest.mark.slow
def test_what_it_cannot_do_is_refused(shipped: Path) -> None:
    nano = open_model(f"nano/{shipped}")
    with pytest.raises(UnsupportedError, match=str(Capability.SCHEMA)):
        nano.generate(Request(messages=(Message.user("a"),), schema={"type": "object"}))
    with pytest.raises(ContextError, match="ask a shorter question"):
        nano.generate(Request(messages=(Message.user("word " * 600),)))


def test_a_folder_that_holds_no_nano_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnavailableError, match=r"no model\.safetensors in this folder"):
        NanoModel(parse(f"nano/{tmp_path}")).generate(Request(messages=(Message.user("a"),)))
    with pytest.raises(UsageError, match="knows no \\+url"):
        parse("nano+url=http://x")
    assert str(parse("nano")) == "nano"


@pytest.mark.slow
def test_in_an_answer_it_speaks_of_each_face_and_is_held_to_the_readings(shipped: Path) -> None:
    faces = FaceReason(model=f"nano/{shipped}")
    answer = faces.ask(images.example(), "How does she feel?")
    assert answer.provenance is not None
    (call,) = answer.provenance.calls
    assert json.loads(json.dumps(call.model)).startswith("nano")
    other = faces.ask(images.example(), "What is the meaning of life?")
    assert other.provenance is not None
    assert other.provenance.calls == ()
