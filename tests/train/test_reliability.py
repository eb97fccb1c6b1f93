"""How far units are trusted: what faces of other emotions say."""

from __future__ import annotations

import numpy as np
import pytest

from facereason import facs
from facereason.faces.geometry import SLOTS
from facereason.faces.reliability import View
from facereason.types import EmotionLabel

torch = pytest.importorskip("torch")

from facereason.train import reader_reliability  # noqa: E402
from facereason.train.reader_measure import UnitScale  # noqa: E402

LABELS = tuple(EmotionLabel)
SCALE = UnitScale(torch.tensor([[1.0, 0.0]]).repeat(len(SLOTS), 1), torch.full((len(SLOTS),), 0.5))


def seen(called: dict[str, tuple[int, ...]], count: int = 40) -> tuple[reader_reliability._Seen, np.ndarray]:
    """`count` frontal faces of each emotion on which these units are called, and their votes."""
    logits = np.full((count * len(called), len(SLOTS)), -4.0)
    votes = np.zeros((len(logits), len(LABELS)))
    for at, (emotion, units) in enumerate(called.items()):
        rows = slice(at * count, (at + 1) * count)
        votes[rows, LABELS.index(EmotionLabel(emotion))] = 1.0
        for slot, (unit, _) in enumerate(SLOTS):
            logits[rows, slot] = 4.0 if unit in units else -4.0
    turned = {"rotation": np.repeat(np.eye(3)[None], len(logits), axis=0)}
    return reader_reliability._Seen(logits, turned, turned), votes


def test_a_unit_that_is_called_on_every_smile_is_not_spared() -> None:
    faces, votes = seen({"neutral": (), "happiness": (6, 10, 12, 25), "disgust": (9,)})
    spared = reader_reliability._by_votes(faces, votes, View.FRONTAL, SCALE).spared
    assert spared[10] == 0
    assert set(spared) == {10}  # 6 and 12 belong to a smile, and 25 goes with it


@pytest.mark.parametrize(("called", "left"), [(30, {20: 0.25}), (24, {}), (0, {})])
def test_only_what_is_called_on_most_of_them_is_held_against_a_unit(called: int, left: dict[int, float]) -> None:
    faces, votes = seen({"neutral": (), "happiness": (12,)})
    faces.logits[40 : 40 + called, [unit for unit, _ in SLOTS].index(20)] = 4.0
    assert reader_reliability._by_votes(faces, votes, View.FRONTAL, SCALE).spared == pytest.approx(left)


@pytest.mark.parametrize(("view", "count"), [(View.PROFILE, 40), (View.FRONTAL, reader_reliability.FEWEST - 1)])
def test_too_few_faces_say_nothing(view: View, count: int) -> None:
    faces, votes = seen({"happiness": tuple(facs.UNITS)}, count)
    assert reader_reliability._by_votes(faces, votes, view, SCALE).spared == {}


def test_what_is_called_on_smiles_is_spared_where_it_is_not_clearly_seen() -> None:
    faces, votes = seen({"neutral": (), "happiness": (6, 12)})
    faces.logits[40:, [unit for unit, _ in SLOTS].index(10)] = 0.5  # called from .5, clearly seen from .7
    said = reader_reliability._by_votes(faces, votes, View.FRONTAL, SCALE)
    assert (said.spared, said.spared_clear) == ({10: 0.0}, {})


@pytest.mark.parametrize(
    ("said_of_those_with", "said_of_those_without", "skill"),
    [(0, 100, 1.0), (50, 100, 0.5), (10, 20, 0.5), (10, 10, 0.0), (0, 9, 0.0)],
)
def test_absence_is_worth_as_much_as_it_spares_those_that_have_the_unit(
    said_of_those_with: int, said_of_those_without: int, skill: float
) -> None:
    acting = np.arange(200) < 100
    said = np.concatenate([np.arange(100) < said_of_those_with, np.arange(100) < said_of_those_without])
    assert reader_reliability._skill_of_absence(said, acting) == pytest.approx(skill)


def test_clear_readings_of_too_few_renders_say_nothing() -> None:
    few = np.arange(200) < reader_reliability.FEWEST - 1
    assert np.isnan(reader_reliability._precision(few, few))
    assert np.isnan(reader_reliability._skill_of_absence(~few, few))
    assert reader_reliability._least(0.9, np.nan, 1.0) == 0.0
