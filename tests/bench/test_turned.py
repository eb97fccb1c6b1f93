"""The suite of turned photos, on committed renders and the astronaut."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from facereason.bench import turned
from tests.bench.aims import aims_of
from tests.train import renders
from tests.train.faces import write_fairface


def test_turned_photos_and_groups_are_recognised(tmp_path: Path) -> None:
    renders.write(tmp_path / "groups", ("group", "back", "smile", "behind"), dataset="groups")
    write_fairface(tmp_path, 2)
    figures = {figure.name: figure for figure in turned.figures(str(tmp_path), lambda _: None)}
    assert (figures["turn recognised, studio groups"].value, figures["turn recognised, studio groups"].n) == (1.0, 8)
    assert figures["turn recognised, photos"].n == 8
    assert figures["upright taken for turned, photos"].value == 0
    assert [group.group for group in figures["turn recognised, photos"].groups] == ["000", "090", "180", "270"]
    assert aims_of("turned") <= set(figures)
