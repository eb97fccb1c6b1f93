"""Typed records from plain data, and back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import pytest

from facereason.records import build, plain
from facereason.types import UsageError


class Kind(StrEnum):
    A = "a"
    B = "b"


@dataclass(frozen=True, kw_only=True)
class Inner:
    size: float = 1.0

    def __post_init__(self) -> None:
        if self.size < 0:
            raise UsageError("size: below 0")


@dataclass(frozen=True, kw_only=True)
class Outer:
    parts: tuple[Inner, ...]
    kind: Kind = Kind.A
    word: Literal["x", "y"] = "x"
    table: Mapping[int, float | tuple[float, float]] = field(default_factory=dict)
    target: Literal["here"] | int | Inner = "here"


def test_a_record_comes_back_from_its_plain_data() -> None:
    outer = Outer(parts=(Inner(), Inner(size=2)), kind=Kind.B, table={3: 0.5, 4: (0.1, 0.2)}, target=Inner(size=4))
    data = plain(outer)
    assert data == {
        "parts": [{}, {"size": 2}],
        "kind": "b",
        "table": {3: 0.5, 4: [0.1, 0.2]},
        "target": {"size": 4},
    }
    assert build(Outer, data, "here") == outer
    assert plain(Outer(parts=())) == {"parts": []}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"parts": [{"size": -1}]}, r"^spec: parts\[0\]: size: below 0$"),
        ({"parts": [{}, {"sise": 1}]}, r"^spec: parts\[1\]: unknown key sise; known are size$"),
        ({"parts": [], "kind": "c"}, r"^spec: kind: 'c' is not one of a, b$"),
        ({"parts": [], "word": "z"}, r"^spec: word: 'z' is not one of x, y$"),
        ({"parts": [], "table": {"q": 1}}, r"^spec: table: 'q' is no number$"),
        ({"parts": [], "table": {1: "q"}}, r"^spec: table.1: expected float, found 'q'; or expected a list of 2$"),
        ({"parts": [], "target": "there"}, r"^spec: target: 'there' is not one of here; or expected int"),
        ({}, r"^spec: missing parts$"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(data: Any, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        build(Outer, data, "spec")
