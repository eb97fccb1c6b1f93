"""What `called.py`, `rivals.py` and `remembered.py` of `training/` measure."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("pyarrow")

from facereason import resources  # noqa: E402
from facereason.faces.geometry import SLOTS  # noqa: E402
from facereason.train import reader_model  # noqa: E402
from tests.train import renders, scripts  # noqa: E402
from tests.train.faces import write_ferplus  # noqa: E402

TRUNK = reader_model.Trunk(stem=8, widths=(8, 16, 16), depths=(1, 1, 1), side=96)


def test_units_called_on_photos_are_counted_by_emotion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ferplus(tmp_path, 12)
    called, out = scripts.loaded("called"), tmp_path / "called.json"
    reader = resources.weights("reader.onnx")
    arguments = ["called.py", str(reader), str(reader), "--data", str(tmp_path), "--out", str(out)]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(called, "EMOTIONS", ("neutral", "happiness"))
    called.main()
    told = json.loads(out.read_text())
    assert told["faces"] == {"neutral": 2, "happiness": 9}  # of twelve faces one has no emotion
    one, other = told["readers"]
    assert one == other
    assert one["reader"] == resources.manifest()["reader.onnx"].sha256
    shares = one["called"]["happiness"]
    assert len(shares) == 23
    assert shares["AU12"] > 0.8  # the astronaut smiles
    assert shares["AU43"] < 0.2


def test_a_rival_is_whose_faces_rank_above_those_of_the_unit_itself() -> None:
    rivals = scripts.loaded("rivals")
    rng = np.random.default_rng(0)
    slot, rival = 0, next(i for i, (unit, _) in enumerate(SLOTS) if unit != SLOTS[0][0])
    acting = np.zeros((200, len(SLOTS)), bool)
    acting[:50, slot] = True
    acting[50:100, rival] = True
    strength = np.concatenate([np.full(50, 1.0), np.full(50, 2.0), np.zeros(100)]) + 0.1 * rng.random(200)
    told = rivals._worst(strength, acting, slot)
    assert told["rival"] == f"AU{SLOTS[rival][0]}"
    assert told["worst"] == -1.0
    assert told["over all"] == pytest.approx(2 * 100 / 150 - 1, abs=0.01)
    assert rivals._worst(strength, acting[:, [slot]].repeat(len(SLOTS), 1), slot)["worst"] is None


def test_what_is_remembered_is_measured_on_the_faces_of_a_folder(tmp_path: Path) -> None:
    remembered = scripts.loaded("remembered")
    folder = renders.write(tmp_path / "faces", ("smile", "left"), copies=12)
    torch.manual_seed(0)
    net = reader_model.ReaderNet(reader_model.Model(classes=TRUNK, shapes=TRUNK)).eval()
    with torch.no_grad():
        told = remembered.figures(net, folder)
    assert told["faces"] == 24
    assert 0 < told["macro F1, best thresholds"] <= 1
    assert 0 <= told["AUC"] <= 1
    assert 0 <= told["gaze, mean error"] <= 180
