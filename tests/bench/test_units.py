"""The suite of action units, pose, gaze and landmarks, on committed renders and made-up votes."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from facereason import FaceReason, resources
from facereason.bench import renders as benched
from facereason.bench import units
from facereason.faces import align
from facereason.faces.detect import Detector
from facereason.faces.reader import Reader
from facereason.types import FaceReasonError, UnitState
from tests.bench.aims import aims_of
from tests.train import renders
from tests.train.faces import write_ferplus


def silent(_: str) -> None:
    pass


def test_renders_are_read_and_held_against_their_truth(tmp_path: Path) -> None:
    renders.write(tmp_path / "faces", ("smile", "left"), copies=2)
    write_ferplus(tmp_path, 24)
    figures = {figure.name: figure for figure in units.figures(str(tmp_path), silent)}
    assert (figures["studio faces found and read"].value, figures["studio faces found and read"].n) == (1.0, 4)
    assert figures["AU12 presence, F1"].value > 0  # one of them smiles
    for axis, most in (("yaw", 15), ("pitch", 20), ("roll", 8)):
        assert figures[f"studio {axis}, reader, MAE, °"].value < most
    assert 0 < figures["studio landmarks, normalised mean error"].value < 0.2
    assert figures["proxy: AU12 for happiness, AUC"].n > 0
    happy = figures["AU20 told as present, happiness"]
    assert figures["units told as present, happiness, a face"].n == happy.n > 0
    assert 0 <= happy.value <= 1
    assert aims_of("units") <= set(figures)


def test_units_are_counted_as_a_user_is_told_of_them(tmp_path: Path) -> None:
    renders.write(tmp_path / "faces", ("smile",))
    ((_, pixels),) = benched.people(str(tmp_path), "faces")
    detector, reader = Detector(resources.weights("detector.onnx")), Reader(resources.weights("reader.onnx"))
    crop = align.aligned(pixels, detector.detect(pixels)[0].points)
    told = units._told(reader.read([crop]).shapes, reader)
    shown = FaceReason().look(pixels).people[0].face.action_units
    assert 12 in told
    assert told == {unit.unit for unit in shown if unit.state is UnitState.PRESENT}


def test_a_missing_set_is_named_with_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(FaceReasonError, match=r"no renders in .*faces: facereason studio dataset eval/studio/faces"):
        units.figures(str(tmp_path), silent)


def test_without_a_folder_it_says_which_to_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEREASON_DATA", raising=False)
    with pytest.raises(FaceReasonError, match="--data or FACEREASON_DATA"):
        units.figures(None, silent)
