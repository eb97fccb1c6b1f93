"""The suite of people, on committed renders and the astronaut."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("pyarrow")

from facereason.bench import people
from tests.bench.aims import aims_of
from tests.train import renders
from tests.train.faces import write_fairface


def test_groups_and_people_from_behind_are_found(tmp_path: Path) -> None:
    renders.write(tmp_path / "groups", ("group", "back", "smile"), dataset="groups")
    write_fairface(tmp_path, 4)
    figures = {figure.name: figure for figure in people.figures(str(tmp_path), lambda _: None)}
    assert (figures["people found in groups"].value, figures["people found in groups"].n) == (1.0, 6)
    assert (figures["people from behind found"].value, figures["people from behind found"].n) == (1.0, 1)
    assert figures["body orientation, MAE, °"].value < 60
    assert figures["people without a face beside a face, a photo"].value == 0
    assert aims_of("people") <= set(figures)
