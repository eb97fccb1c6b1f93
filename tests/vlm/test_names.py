"""Names of models and their parts."""

import pytest

from facereason.types import UsageError
from facereason.vlm.names import parse


@pytest.mark.parametrize(
    "text",
    [
        "openai/gpt-4o",
        "vllm/Qwen/Qwen2.5-VL-7B-Instruct",
        "hf/google/paligemma2-3b-mix-224+adapter=out/emotion",
        "hf/google/paligemma2-3b-mix-224@main+adapter=me/lora@v2+bits=4",
        "hf//models/here+dtype=bfloat16",
        "fake",
        "vllm/NAME+url=http://localhost:8001/v1",
    ],
)
def test_a_name_is_written_as_it_was_read(text: str) -> None:
    assert str(parse(text)) == text


def test_a_name_has_provider_revision_and_adapter() -> None:
    name = parse("hf/google/paligemma2-3b-mix-224@abc+adapter=me/lora@v2+dtype=float32")
    assert (name.provider, name.name, name.revision) == ("hf", "google/paligemma2-3b-mix-224", "abc")
    assert name.adapter == ("me/lora", "v2")
    assert str(name.base) == "hf/google/paligemma2-3b-mix-224@abc+dtype=float32"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "unknown provider"),
        ("gpt-4o", "unknown provider gpt-4o; a model is openai/NAME"),
        ("anthropic/claude", "unknown provider anthropic"),
        ("openai/", "no name after openai/"),
        ("openai/gpt-4o+adapter=x", "openai knows no \\+adapter; what may follow is \\+temperature=, \\+url="),
        ("hf/a/b+bits=3", "\\+bits=3; it is one of 4, 8"),
        ("hf/a/b+dtype=int", "it is one of bfloat16, float16, float32"),
        ("hf/a/b+adapter=", "without a value"),
        ("hf/a/b+adapter=x+adapter=y", "twice"),
        ("hf/a/b+adapter", "is no option"),
    ],
)
def test_a_name_that_is_wrong_is_refused_with_what_is_wrong(text: str, complaint: str) -> None:
    with pytest.raises(UsageError, match=complaint):
        parse(text)
