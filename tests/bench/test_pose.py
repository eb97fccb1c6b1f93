"""The suite of head pose, on committed renders, a made-up teacher and the astronaut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from facereason.bench import pose
from facereason.types import FaceReasonError
from tests.bench.aims import aims_of
from tests.train import renders
from tests.train.faces import write_fairface


def silent(_: str) -> None:
    pass


def test_heads_photos_and_their_mirror_images_are_measured(tmp_path: Path) -> None:
    renders.write(tmp_path / "heads", ("smile", "left", "behind"), dataset="heads")
    write_fairface(tmp_path, 6)
    rows = [{"id": name, "angles": [0.0, 0.0, 0.0], "landmarks": [[i, i * i] for i in range(68)]} for name in "03"]
    (tmp_path / "taught.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    figures = {figure.name: figure for figure in pose.figures(str(tmp_path), silent)}
    assert figures["geodesic error, head box given, full range, mean, °"].n == 3
    assert figures["geodesic error, head box given, yaw to 90, mean, °"].n == 2
    assert figures["geodesic error, head box given, yaw to 90, mean, °"].value < 25
    assert figures["yaw against the landmark teacher, MAE, °"].n == 2
    assert figures["yaw against the landmark teacher, MAE, °"].value < 40
    assert figures["landmarks against the landmark teacher, normalised mean error"].value > 0.1  # made up
    assert figures["mirrored: yaw changes sign, median error, °"].value < 15
    assert figures["rolled by 15°: roll follows, median error, °"].value < 10
    assert figures["spread of yaw, standard deviation, °"].value > 0
    assert aims_of("pose") <= set(figures)


def test_without_the_teachers_word_it_says_how_to_get_it(tmp_path: Path) -> None:
    renders.write(tmp_path / "heads", ("smile",), dataset="heads")
    write_fairface(tmp_path, 2)
    with pytest.raises(FaceReasonError, match=r"no .*taught\.jsonl: write it with training/taught\.py"):
        pose.figures(str(tmp_path), silent)
