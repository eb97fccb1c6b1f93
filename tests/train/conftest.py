"""Data and tiny checkpoints that training is tested with, made once a module."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from facereason import resources
from facereason.faces.detect import Detector
from facereason.types import FaceReasonError
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


@pytest.fixture(scope="module")
def detector() -> Detector:
    try:
        resources.verify("detector.onnx")
        resources.verify("astronaut.png")
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")
    return Detector(resources.weights("detector.onnx"), threads=1)


@pytest.fixture(scope="module")
def labelled(tmp_path_factory: pytest.TempPathFactory, detector: Detector) -> Path:
    """A folder of labelled faces in the layouts of FER+ and FairFace."""
    from tests.train.faces import write_fairface, write_ferplus

    folder = tmp_path_factory.mktemp("labelled")
    write_ferplus(folder)
    write_fairface(folder)
    return folder
