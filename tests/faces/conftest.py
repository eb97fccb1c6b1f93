"""The instruments, loaded once, with the weights that ship."""

from __future__ import annotations

import pytest

from facereason import resources
from facereason.faces import Instrument
from facereason.faces.detect import Detector
from facereason.faces.reader import Reader
from facereason.types import FaceReasonError


def _verified(*names: str) -> None:
    try:
        for name in names:
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")


@pytest.fixture(scope="session")
def detector() -> Detector:
    _verified("detector.onnx", "astronaut.png")
    return Detector(resources.weights("detector.onnx"), threads=1)


@pytest.fixture(scope="session")
def reader() -> Reader:
    _verified("reader.onnx", "astronaut.png")
    return Reader(resources.weights("reader.onnx"), race=True, threads=1)


@pytest.fixture(scope="session")
def instrument() -> Instrument:
    _verified("detector.onnx", "reader.onnx", "astronaut.png")
    return Instrument(threads=1)
