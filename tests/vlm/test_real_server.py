"""The API client against a real server that others wrote: `transformers serve` with a tiny model.

It accepts `response_format` and `logprobs` and ignores both without a word, as some servers do.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from facereason.vlm import Finish, Message, Model, Picture, Request
from facereason.vlm.api import ApiModel
from facereason.vlm.errors import FormatError, UnsupportedError
from facereason.vlm.names import parse

pytestmark = pytest.mark.slow
PICTURE = Picture(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
ASKED = (Message.user(PICTURE, "What is the emotion of this face?"),)


@pytest.fixture(scope="module")
def model(tiny: Callable[[str], Path]) -> Iterator[Model]:
    pytest.importorskip("fastapi", reason="transformers serve needs fastapi and uvicorn")
    folder = tiny("idefics3")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).parent / "transformers"), "serve", str(folder), "--device", "cpu"]
    server = subprocess.Popen(
        [*command, "--dtype", "float32", "--host", "127.0.0.1", "--port", str(port)],
        env={**os.environ, "HF_HUB_OFFLINE": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/models", server)
        with ApiModel(parse(f"vllm/{folder}+url=http://127.0.0.1:{port}/v1")) as opened:
            yield opened
    finally:
        server.kill()
        server.wait()


def wait_for(url: str, server: subprocess.Popen[bytes], seconds: float = 120) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        assert server.poll() is None, f"the server ended with {server.returncode}"
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise AssertionError(f"the server did not answer within {seconds} s")


def test_a_picture_and_a_text_get_a_reply_with_its_tokens(model: Model) -> None:
    reply = model.generate(Request(messages=ASKED, max_tokens=8))
    assert reply.text
    assert reply.finish is Finish.LENGTH
    assert reply.usage.output_tokens == 8
    assert (reply.usage.input_tokens or 0) > 9  # the picture alone is nine


def test_the_pieces_of_a_stream_are_the_whole_reply(model: Model) -> None:
    stream = model.stream(Request(messages=ASKED, max_tokens=8))
    pieces = list(stream)
    assert len(pieces) > 1
    assert "".join(pieces).strip() == stream.reply.text.strip()


def test_a_reply_that_ignores_the_schema_is_an_error_with_its_text(model: Model) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    with pytest.raises(FormatError) as caught:
        model.generate(Request(messages=ASKED, max_tokens=8, schema=schema))
    assert caught.value.text


def test_a_server_that_ignores_log_probabilities_is_named(model: Model) -> None:
    with pytest.raises(UnsupportedError, match="log-prob"):
        model.choose(ASKED, ("happiness", "sadness"))
