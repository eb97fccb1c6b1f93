"""CelebA's attributes, on a tiny copy."""

from __future__ import annotations

from pathlib import Path

import pytest

from facereason.bench.runs import results
from facereason.bench.tasks import catalogue, celeba
from facereason.bench.tasks.task import Question, Source
from facereason.data.adapters import attributes as adapter
from facereason.vlm.messages import Request
from tests.bench.runs import asked
from tests.data import layouts


def write(folder: Path) -> Path:
    """Three photos of the test split: Eyeglasses 1 0 0, Smiling 1 1 1, Attractive, Male 0 1 0."""
    rows = ["000001.jpg 1 1 1 -1", "000002.jpg -1 1 1 1", "000003.jpg -1 1 -1 -1"]
    layouts.text(folder / "Anno" / "list_attr_celeba.txt", "3", "Eyeglasses Smiling Attractive Male", *rows)
    layouts.text(folder / "Eval" / "list_eval_partition.txt", *(f"00000{n}.jpg 2" for n in (1, 2, 3)))
    for n in (1, 2, 3):
        layouts.image(folder / "Img" / "img_align_celeba" / f"00000{n}.jpg")
    return folder


def test_every_attribute_of_celeba_is_asked_but_one() -> None:
    assert set(adapter._CELEBA_HUB) - set(celeba.ATTRIBUTES) == {"Attractive"}
    assert set(celeba.ATTRIBUTES) <= set(adapter._CELEBA_HUB)


def test_a_photo_is_asked_for_each_attribute_by_itself(tmp_path: Path) -> None:
    found = list(catalogue.known()["attributes/celeba"].questions(Source(folder=str(write(tmp_path)))))
    assert len(found) == 9
    first = found[0]
    assert isinstance(first, Question)
    assert first.plain == "Does the person in the picture wear eyeglasses?"
    assert (first.id, first.photo, first.truth["answer"]) == ("000001/Eyeglasses", "000001", "yes")


def test_rare_attributes_count_as_much_as_common_ones(tmp_path: Path) -> None:
    def says(request: Request) -> str:
        return "yes" if "smile" in request.messages[-1].text else "no"

    asked.run(tmp_path / "run", write(tmp_path), "attributes/celeba", says=says)
    (result,) = results.results(tmp_path / "run")
    assert result.of("accuracy").value == pytest.approx(7 / 9)  # type: ignore[union-attr]
    mean = result.of("accuracy, mean over attributes")
    assert mean is not None
    assert (mean.value, mean.n, mean.note) == (pytest.approx((2 / 3 + 1 + 2 / 3) / 3), 9, "3 of the forty")
    balanced = result.of("balanced accuracy, mean over attributes")  # everybody smiles
    assert balanced is not None
    assert (balanced.value, balanced.n) == (0.5, 6)
    assert result.of("accuracy", "attribute", "Smiling").value == 1.0  # type: ignore[union-attr]


def test_gender_is_asked_in_our_words_and_in_the_published_ones(tmp_path: Path) -> None:
    write(tmp_path)
    asked.run(tmp_path / "run", tmp_path, "attributes/celeba-gender", "attributes/celeba-gender-published", says="male")
    ours, published = results.results(tmp_path / "run")
    assert ours.of("accuracy").value == published.of("accuracy").value == pytest.approx(1 / 3)  # type: ignore[union-attr]
    assert published.told["prompt"] == "what is the gender of the person in the image?"
