"""FACET, on a tiny copy."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from facereason.bench.runs import results
from facereason.bench.tasks import catalogue
from facereason.bench.tasks.task import Question, Source
from facereason.data import BadRow
from facereason.scoring import SCORERS, Disposition
from tests.bench.runs import asked
from tests.data import layouts, parquet


def person(number: int, tone: int, gender: str = "fem", age: str = "young", **more: Any) -> dict[str, Any]:
    seen = {f"skin_tone_{tone}": 2, f"gender_presentation_{gender}": 3, f"age_presentation_{age}": 3}
    box = "{'x': 20, 'y': 10, 'width': 20, 'height': 30}"
    return layouts.facet_row(person_id=number, bounding_box=box, lighting_well_lit=1, **seen) | more


def facet(folder: Path, *rows: dict[str, Any]) -> Path:
    """Photos of 100 x 80, black but for a white box where the person is."""
    pixels = np.zeros((80, 100, 3), np.uint8)
    pixels[10:40, 20:40] = 255
    layouts.table(folder / "annotations" / "annotations.csv", list(rows))
    (folder / "imgs_1").mkdir()
    (folder / "imgs_1" / "sa_1.jpg").write_bytes(parquet.png(pixels))
    return folder


def questions(task: str, folder: Path) -> list[Question | BadRow]:
    return list(catalogue.known()[task].questions(Source(folder=str(folder))))


def test_a_person_is_cut_out_with_some_of_what_is_around(tmp_path: Path) -> None:
    (question,) = questions("attributes/facet-gender", facet(tmp_path, person(1, 4)))
    assert isinstance(question, Question)
    shown = np.asarray(Image.open(io.BytesIO(question.pictures[0])))
    assert shown.shape == (36, 24, 3)
    assert (shown[3:33, 2:22] == 255).all()
    assert shown[0].max() == 0
    assert question.photo == "sa_1.jpg"
    assert question.truth["answer"] == "female"


def test_everybody_is_counted_by_gender_age_and_skin_tone_and_two_of_them(tmp_path: Path) -> None:
    rows = [person(1, 2), person(2, 5, "masc", "middle"), person(3, 9, "masc", "older"), person(4, 10, "masc", "older")]
    asked.run(tmp_path / "run", facet(tmp_path, *rows), "attributes/facet-gender", says="female")
    (result,) = results.results(tmp_path / "run")
    assert [(m.group, m.value, m.n) for m in result.measures if m.by == "skin tones" and m.group] == [
        ("1 to 3", 1.0, 1),
        ("4 to 6", 0.0, 1),
        ("7 to 10", 0.0, 2),
    ]
    assert [m.group for m in result.measures if m.by == "skin tone" and m.group] == ["2", "5", "9", "10"]
    assert {m.by for m in result.measures} >= {"gender", "age", "lighting", "skin tones and gender", "age and gender"}
    assert result.of("accuracy", "skin tones and age", "7 to 10, older").n == 2  # type: ignore[union-attr]
    assert result.of("accuracy").interval == "bootstrap over photos"  # type: ignore[union-attr]


def test_who_is_neither_seen_as_a_man_nor_a_woman_is_not_asked_about(tmp_path: Path) -> None:
    unclear = layouts.facet_row(person_id=9, gender_presentation_non_binary=3)
    folder = facet(tmp_path, person(1, 4), unclear)
    assert len(questions("attributes/facet-gender", folder)) == 1
    assert len(questions("attributes/facet-age", folder)) == 1, "of the other no age was seen"


@pytest.mark.parametrize(
    ("reply", "read"),
    [("older", "older"), ("middle-aged", "middle"), ("20-29", "young"), ("60-69", "middle"), ("70+", "older")],
)
def test_our_age_groups_are_put_into_facets_three(tmp_path: Path, reply: str, read: str) -> None:
    (question,) = questions("attributes/facet-age", facet(tmp_path, person(1, 4, age="middle")))
    assert isinstance(question, Question)
    score = SCORERS["choice"](reply, question.truth)
    assert score.answer == read
    assert score.outcome is (Disposition.RIGHT if read == "middle" else Disposition.WRONG)


def test_a_box_outside_the_picture_is_a_bad_row_by_its_name(tmp_path: Path) -> None:
    away = person(1, 4) | {"bounding_box": "{'x': 500, 'y': 10, 'width': 20, 'height': 30}"}
    found = questions("attributes/facet-gender", facet(tmp_path, away, person(2, 4)))
    assert isinstance(found[0], BadRow)
    assert "1: the box 500, 10, 20, 30 (x, y, width, height) lies outside the picture of 100 x 80" in str(found[0])
    assert isinstance(found[1], Question)


def test_without_facet_it_is_told_where_it_is_to_be_had_and_on_which_terms(tmp_path: Path) -> None:
    ended = asked.run(tmp_path / "run", tmp_path, "attributes/facet-gender", "attributes/facet-age")
    for told in ended.missing.values():
        assert "facet.metademolab.com, after accepting its terms (FACET data licence: evaluation only)" in told
    assert len(ended.missing) == 2


def test_fairness_asks_facet_too() -> None:
    assert {"attributes/facet-gender", "attributes/facet-age"} <= set(catalogue.suites()["fairness"])
