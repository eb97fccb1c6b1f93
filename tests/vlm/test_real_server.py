"""The API client against a real server that others wrote: `transformers serve` with a tiny model.

It accepts `response_format` and `logprobs` and ignores both without a word, as some servers do.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from facereason.vlm import Model, Request
from facereason.vlm.api import ApiModel
from facereason.vlm.errors import FormatError, UnsupportedError
from facereason.vlm.names import parse
from tests.vlm import cases

pytestmark = pytest.mark.slow
ASKED = cases.asks().messages


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
        cases.wait_for(f"http://127.0.0.1:{port}/v1/models", server)
        with ApiModel(parse(f"vllm/{folder}+url=http://127.0.0.1:{port}/v1")) as opened:
            yield opened
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize(
    "case", ["text", "image", "another image", "streaming", "asyncio", "asyncio stream left early"]
)
def test_it_does_what_every_server_has_to(model: Model, case: str) -> None:
    cases.CASES[case](cases.Under(model=model))


def test_a_reply_that_ignores_the_schema_is_an_error_with_its_text(model: Model) -> None:
    schema = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    with pytest.raises(FormatError) as caught:
        model.generate(Request(messages=ASKED, max_tokens=8, schema=schema))
    assert caught.value.text


def test_a_server_that_ignores_log_probabilities_is_named(model: Model) -> None:
    with pytest.raises(UnsupportedError, match="log-prob"):
        model.choose(ASKED, ("happiness", "sadness"))
