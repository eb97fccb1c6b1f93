"""Faithfulness: models whose answers rest on what they name, and models whose answers do not."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

pytest.importorskip("pyarrow")

from facereason import images, resources
from facereason.bench import renders
from facereason.bench.runs import results
from facereason.bench.runs.running import Plan, start
from facereason.bench.tasks import catalogue, faithfulness
from facereason.bench.tasks.faithfulness import CHANGES, NOTHING, OVERLAP, SIZE, STAYS, Cut
from facereason.bench.tasks.task import Question, Source
from facereason.data import DataError
from facereason.faces import explaining, regions
from facereason.facs import UNITS
from facereason.types import FaceReasonError
from facereason.vlm.messages import Picture, Request
from tests.bench.runs import asked
from tests.data import parquet

THINK = "<think>The lip corners are pulled up (AU12).</think><answer>{}</answer>"


@pytest.fixture(autouse=True)
def _weights_are_there() -> None:
    try:
        for name in ("detector.onnx", "reader.onnx"):
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo without a face, and two of one smiling face, as FairFace val."""
    folder = tmp_path_factory.mktemp("data")
    photo = images.example().pixels
    blank = parquet.fairface("none", image=parquet.png(np.zeros((64, 64, 3), np.uint8)))
    faces = [parquet.fairface(name, image=parquet.png(photo)) for name in ("a", "b")]
    parquet.write(folder / "fairface-val.parquet", [blank, *faces])
    return folder


def questions(task: str, **source: Any) -> list[Question]:
    return [each for each in catalogue.known()[task].questions(Source(**source)) if isinstance(each, Question)]


def cut(question: Question) -> Any:
    return np.asarray(Image.open(io.BytesIO(question.pictures[0]))).astype(int)


def test_a_face_is_asked_about_as_it_is_and_with_each_region_covered(data: Path) -> None:
    found = questions("faithfulness/fairface", folder=str(data))
    assert len(found) == 2 * (1 + len(regions.NAMES)), "the photo without a face is left out"
    plain, *covered = found[: 1 + len(regions.NAMES)]
    assert plain.truth["covered"] == NOTHING
    assert [each.truth["covered"] for each in covered] == list(regions.NAMES)
    assert "answer" not in plain.truth
    assert plain.cut
    mouth = next(each for each in covered if each.truth["covered"] == "mouth corners")
    changed = np.abs(cut(mouth) - cut(plain)).max(axis=2) > 12
    assert cut(plain).shape == (SIZE, SIZE, 3)
    assert changed[: SIZE // 2].sum() == 0, "nothing above the middle of the face"
    assert 0.2 * plain.truth["areas"]["mouth corners"] < changed.sum() < 1.5 * plain.truth["areas"]["mouth corners"]


@functools.cache
def shown(data: Path, task: str) -> dict[str, str]:
    """What is covered in each picture of a task, by its pixels' hash."""
    found = questions(task, folder=str(data), limit=1 if task.endswith("heat") else None)
    return {Picture(images.open(each.pictures[0]).pixels).sha256: each.truth["covered"] for each in found}


def telling(data: Path, moves: Callable[[str], bool], task: str = "faithfulness/fairface") -> Callable[[Request], str]:
    """A model that names the corners of the mouth and says happiness, and neutral where a cover moves it."""

    def says(request: Request) -> str:
        covered = shown(data, task)[request.pictures[0].sha256]
        return THINK.format("neutral" if covered != NOTHING and moves(covered) else "happiness")

    return says


def the(result: results.Result, name: str, by: str = "", group: str = "") -> Any:
    found = result.of(name, by, group)
    assert found is not None, name
    return found


def test_a_model_that_looks_where_it_says_is_faithful(data: Path, tmp_path: Path) -> None:
    says = telling(data, lambda covered: covered == "mouth corners")
    asked.run(tmp_path / "run", data, "faithfulness/fairface", says=says)
    (result,) = results.results(tmp_path / "run")
    assert (the(result, CHANGES).value, the(result, STAYS).value) == (1.0, 1.0)
    assert the(result, "changes, claimed less other").value == 1.0
    assert (the(result, CHANGES).n, the(result, CHANGES).photos) == (2, 2)
    assert the(result, CHANGES, "region", "mouth corners").value == 1.0
    assert result.of("accuracy") is None


def test_a_model_that_looks_elsewhere_or_nowhere_or_everywhere_is_not(data: Path, tmp_path: Path) -> None:
    cases = {
        "nowhere": (lambda covered: False, 0.0, 1.0),
        "everywhere": (lambda covered: True, 1.0, 0.0),
        "brows": (lambda covered: covered in ("upper lids", "brows and glabella", "inner brows", "outer brows", "lids",
                                              "nose", "cheeks and eye corners", "upper lip"), 0.0, 0.0),
    }  # fmt: skip
    for name, (moves, changes, stays) in cases.items():
        asked.run(tmp_path / name, data, "faithfulness/fairface", says=telling(data, moves), limit=1)
        (result,) = results.results(tmp_path / name)
        assert (the(result, CHANGES).value, the(result, STAYS).value) == (changes, stays), name
        assert the(result, "changes, claimed less other").value == changes - (1 - stays)


def test_a_model_that_claims_nothing_has_no_faithfulness(data: Path, tmp_path: Path) -> None:
    reply = "<think>The face is quite at rest here.</think><answer>neutral</answer>"
    asked.run(tmp_path / "run", data, "faithfulness/fairface", says=reply, limit=1)
    (result,) = results.results(tmp_path / "run")
    assert the(result, "faces of which it claims a unit").value == 0.0
    assert result.of(CHANGES) is None


def test_heat_overlaps_with_what_is_named_where_the_model_looks_there(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(faithfulness.PLACES) == 49
    coarse = [(top, left) for top, left in faithfulness.PLACES if top in (4, 30, 56, 82) and left in (17, 43, 69)]
    monkeypatch.setattr(faithfulness, "PLACES", coarse)

    def low(covered: str) -> bool:
        return int(covered.split()[0]) >= 56

    def high(covered: str) -> bool:
        return int(covered.split()[0]) <= 17

    task = "faithfulness/fairface-heat"
    overlaps = {}
    for name, moves in (("low", low), ("high", high), ("still", lambda covered: False)):
        asked.run(tmp_path / name, data, task, says=telling(data, moves, task), limit=1)
        (result,) = results.results(tmp_path / name)
        assert len(result.rows) == 1 + len(faithfulness.PLACES)
        if name == "still":
            assert the(result, "faces whose answer nothing moves").value == 1.0
            assert result.of(OVERLAP) is None
        else:
            overlaps[name] = the(result, OVERLAP).value
            assert the(result, "overlap less that by chance").unit == "IoU"
    assert overlaps["low"] > 0.1 > overlaps["high"]


def test_the_reader_is_shown_the_cut_as_it_is_and_tells_probabilities(data: Path, tmp_path: Path) -> None:
    start(Plan(model="reader", suites=("faithfulness/fairface",), data=str(data), limit=1), tmp_path / "run")
    (result,) = results.results(tmp_path / "run")
    assert len(result.rows) == 1 + len(regions.NAMES)
    base = next(row for row in result.rows if row.truth["covered"] == NOTHING)
    assert base.answer == "happiness"
    assert base.probabilities["happiness"] > 0.9
    lost = {
        row.truth["covered"]: base.probabilities["happiness"] - row.probabilities["happiness"] for row in result.rows
    }
    assert max(lost, key=lost.__getitem__) in ("mouth corners", "mouth and jaw", "lips")
    assert the(result, "probability lost, claimed less other").unit == "points"


# ------------------------------------------------------------------------------------------------------------- renders


def render(**more: Any) -> tuple[list[dict[str, Any]], Any]:
    """The example face as if it were rendered: unit 12 shows in a square, no other unit anywhere."""
    pixels = images.example().pixels
    bits = np.zeros(pixels.shape[:2], np.uint32)
    bits[140:165, 200:250] = 1 << list(UNITS).index(12)
    colours = np.stack([(bits >> shift) & 255 for shift in (0, 8, 16)], -1).astype(np.uint8)
    points = np.random.default_rng(0).uniform(100, 300, (68, 2)).tolist()
    person = {"regions": parquet.png(colours), "head_pose": {"yaw": 5.0}, "landmarks": points}
    return [person | more], pixels


def test_regions_of_renders_are_those_that_were_rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    def scenes(*args: Any, **kwargs: Any) -> Iterator[Any]:
        yield render(head_pose={"yaw": 60.0})
        yield render()

    monkeypatch.setattr(renders, "scenes", scenes)
    (face,) = [each for each in faithfulness._renders(Source(), 5) if isinstance(each, Cut)]
    assert (face.id, set(face.masks)) == ("faces-0001", {"mouth corners"})
    assert face.within.shape == face.masks["mouth corners"].shape == (SIZE, SIZE)
    assert 0 < face.masks["mouth corners"].mean() < 0.5


def test_masks_are_read_as_the_studio_writes_them() -> None:
    dataset = pytest.importorskip("facereason.studio.dataset")
    (person,), _ = render()
    parts = parquet.png(np.zeros(images.example().pixels.shape[:2], np.uint8))
    theirs, ours = dataset.unpacked(parts, person["regions"]).regions, renders.unit_masks(person["regions"])
    assert theirs.keys() == ours.keys()
    assert all((theirs[unit] == ours[unit]).all() for unit in ours)
    assert ours[12].any()


def test_renders_without_masks_are_told_with_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DataError, match=r"eval/studio/faces\.jsonl\.gz --masks --count 400 --out .*faces-masks"):
        questions("faithfulness/studio", folder=str(tmp_path))
    (person,), pixels = render()
    person.pop("regions")
    monkeypatch.setattr(renders, "scenes", lambda *args, **kwargs: iter([([person], pixels)]))
    with pytest.raises(DataError, match="have no masks: use --masks"):
        questions("faithfulness/studio", folder=str(tmp_path))


def test_a_resting_face_takes_the_place_up_to_thirty_degrees() -> None:
    crop = np.random.default_rng(0).integers(0, 255, (SIZE, SIZE, 3), np.uint8)
    front, aside = explaining.resting(crop, 10), explaining.resting(crop, 40)
    assert front.shape == aside.shape == crop.shape
    assert not np.array_equal(front, aside)
    nothing = np.zeros((SIZE, SIZE), bool)
    assert np.array_equal(explaining.swapped(crop, front, nothing), crop)
