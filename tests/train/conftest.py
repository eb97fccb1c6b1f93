"""Data and tiny checkpoints that fine-tuning is tested with, made once a module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.vlm import tiny


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from facereason.train import crops
    from tests.train.made import face

    folder = tmp_path_factory.mktemp("data")
    crops.write((face(number) for number in range(24)), folder / "faces.parquet")
    return folder


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def of(family: str) -> Path:
        if family not in made:
            made[family] = tiny.build(family, tmp_path_factory.mktemp(family))
        return made[family]

    return of
