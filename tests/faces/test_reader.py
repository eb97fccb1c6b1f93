"""The reader as an instrument: probabilities for any number of crops. The benchmark measures how well it reads."""

from __future__ import annotations

import numpy as np
import pytest

from facereason import resources
from facereason.faces import align
from facereason.faces.reader import BATCH, Reader
from tests.faces.portraits import POINTS, portrait


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    """Faces enough for more than two calls of the network: the astronaut at slightly other places."""
    places = np.random.default_rng(5).normal(0, 3, (2 * BATCH + 3, 1, 2))
    return np.stack([align.aligned(portrait(), POINTS + place) for place in places])


def test_each_head_gives_one_distribution_a_face(reader: Reader, crops: np.ndarray) -> None:
    read = reader.read(crops)
    assert read.race is not None
    for values, classes in ((read.emotion, 8), (read.age, 9), (read.gender, 2), (read.race, 7)):
        assert values.shape == (len(crops), classes)
        assert values.dtype == np.float32
        assert values.min() >= 0
        assert values.sum(axis=1) == pytest.approx(1, abs=1e-4)


def test_a_face_reads_the_same_alone_and_among_others(reader: Reader, crops: np.ndarray) -> None:
    together = reader.read(crops)
    for i in (0, BATCH - 1, BATCH, len(crops) - 1):
        alone = reader.read([crops[i]])
        assert alone.emotion[0] == pytest.approx(together.emotion[i], abs=1e-5)
        assert alone.gender[0] == pytest.approx(together.gender[i], abs=1e-5)


def test_different_faces_read_differently(reader: Reader, crops: np.ndarray) -> None:
    read = reader.read([crops[0], np.full((112, 112, 3), 128, np.uint8)])
    assert np.abs(read.emotion[0] - read.emotion[1]).max() > 0.05


def test_race_is_not_computed_where_it_is_not_switched_on(reader: Reader, crops: np.ndarray) -> None:
    plain = Reader(resources.weights("reader.onnx"), threads=1).read(crops[:1])
    assert plain.race is None
    assert plain.emotion == pytest.approx(reader.read(crops[:1]).emotion, abs=1e-6)
