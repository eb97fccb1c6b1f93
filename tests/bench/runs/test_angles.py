"""Head pose and body orientation, asked of models and of the reader."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from facereason import images, resources
from facereason.bench import renders
from facereason.bench.report import writing
from facereason.bench.runs import comparing, results, rows
from facereason.bench.runs.results import Result
from facereason.bench.runs.running import Plan, folder, start
from facereason.bench.tasks import angles, asking
from facereason.scoring import Disposition
from facereason.scoring.angles import Turn
from facereason.types import Box, FaceReasonError
from facereason.vlm.messages import Request
from tests.bench.runs import asked
from tests.data import layouts

YAWS = (0.0, 45.0, -80.0, 170.0)


def person(yaw: float = 0.0, body: float = 0.0, **more: Any) -> dict[str, Any]:
    told = {"head": [30.0, 10.0, 20.0, 24.0], "body_box": [20.0, 10.0, 40.0, 60.0], "visible": 1.0}
    return told | {"head_pose": {"yaw": yaw, "pitch": 10.0, "roll": 0.0}, "body_orientation": body} | more


@pytest.fixture
def rendered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four pictures of one person each, and of somebody who is hardly seen; the shade tells which picture."""

    def scenes(folder: str | None, name: str) -> Iterator[tuple[list[Mapping[str, Any]], Any]]:
        for number, yaw in enumerate(YAWS):
            yield [person(yaw, yaw), person(visible=0.2)], np.full((80, 100, 3), 10 * number, np.uint8)

    monkeypatch.setattr(renders, "scenes", scenes)


def result(out: Path) -> Result:
    (found,) = results.results(out)
    return found


def shade(request: Request) -> int:
    return int(request.pictures[0].pixels[0, 0, 0]) // 10


def test_a_picture_shows_who_is_asked_about_and_where(rendered: None) -> None:
    first, *_ = angles._rendered("heads", angles._rendered_head)(asking.Source())
    assert images.open(first.pictures[0]).pixels.shape == (24 + round(0.6 * 24) + 10, 20 + 2 * 12, 3)
    assert first.box == Box(12.0, 10.0, 20.0, 24.0)
    assert first.truth == {"answer": "yaw=0 pitch=10 roll=0", "within": 15.0}
    assert "yaw=N pitch=N roll=N" in first.text
    assert (first.id, first.photo, first.groups) == ("heads-0000/1", "heads-0000", {"yaw": "0-30"})


def test_a_large_picture_is_made_smaller_and_its_box_with_it() -> None:
    large = np.zeros((2000, 3000, 3), np.uint8)
    question = angles.head_question(("a", "a", large, Box(1000, 500, 1000, 1000)), Turn(0, 0, 0))
    assert images.open(question.pictures[0]).pixels.shape[1] == angles.SIDE
    assert question.box is not None
    assert question.box.width == pytest.approx(angles.SIDE / 2.2, abs=1)


def test_errors_of_heads_are_told_by_angle_and_range(rendered: None, tmp_path: Path) -> None:
    """A model that is off by 10 degrees of yaw, abstains on the third, and takes the back of a head for a face."""
    replies = {0: "yaw=10 pitch=10 roll=0", 1: "yaw=55 pitch=10 roll=0", 2: "cannot tell", 3: "yaw=-10 pitch=10 roll=0"}
    asked.run(tmp_path / "run", tmp_path, "headpose/studio", says=lambda request: replies[shade(request)])
    found = result(tmp_path / "run")
    assert [row.outcome for row in sorted(found.rows, key=lambda row: row.id)] == [
        Disposition.RIGHT, Disposition.RIGHT, Disposition.ABSTAINED, Disposition.WRONG,
    ]  # fmt: skip
    yaw = found.of("yaw, mean absolute error")
    assert yaw is not None
    assert (yaw.value, yaw.n, yaw.unit) == (pytest.approx((10 + 10 + 180) / 3), 3, "°")
    assert found.of("pitch, mean absolute error").value == 0.0  # type: ignore[union-attr]
    assert found.of("mean of the three").value == pytest.approx(200 / 9)  # type: ignore[union-attr]
    assert found.of("geodesic error", "yaw", "0-30").value == pytest.approx(10.0)  # type: ignore[union-attr]
    assert found.of("geodesic error", "yaw", "60-90") is None, "nobody answered"
    assert found.of("yaw, mean absolute error", "yaw", "90-180").value == 180.0  # type: ignore[union-attr]
    assert found.of("mean of the three, no angle above 99°").n == 2  # type: ignore[union-attr]
    assert (found.of("accuracy").value, found.of("abstained").value) == (0.5, 0.25)  # type: ignore[union-attr]
    still = found.of("always 0, 0, 0: accuracy")
    assert still is not None
    assert (still.value, still.n) == (0.25, 4)
    assert found.of("macro F1") is None
    assert found.of("majority class") is None


def test_bodies_are_counted_as_mebow_counts(rendered: None, tmp_path: Path) -> None:
    """Off by 4, 14 and 29 degrees, and nonsense; abstentions and nonsense are in no error, and not within."""
    replies = {0: "facing=4", 1: "facing=59", 2: "facing=-109", 3: "behind"}
    asked.run(tmp_path / "run", tmp_path, "bodies/studio", says=lambda request: replies[shade(request)])
    found = result(tmp_path / "run")
    assert [found.of(f"Acc-{each}").value for each in (5, 15, 30)] == [0.25, 0.5, 0.75]  # type: ignore[union-attr]
    error = found.of("mean absolute error")
    assert error is not None
    assert (error.value, error.n) == (pytest.approx(47 / 3), 3)
    assert found.of("mean absolute error", "facing", "to the picture's left").value == 29.0  # type: ignore[union-attr]
    assert found.of("format failure").value == 0.25  # type: ignore[union-attr]
    assert found.of("always 0: mean absolute error").value == pytest.approx((0 + 45 + 80 + 170) / 4)  # type: ignore[union-attr]
    assert found.of("chance").value == pytest.approx(1 / 12)  # type: ignore[union-attr]


def test_aflw2000_and_biwi_are_asked_in_our_signs(tmp_path: Path) -> None:
    pytest.importorskip("scipy")
    layouts.mat(tmp_path / "AFLW2000" / "image1", (0.0, 0.5235987, 0.0), [[2.0, 12.0], [3.0, 13.0]])
    found = list(angles.TASKS[0].questions(asking.Source(folder=str(tmp_path / "AFLW2000"))))
    assert [question.truth["answer"] for question in found] == ["yaw=-30 pitch=0 roll=0"]
    assert found[0].box is not None
    assert found[0].groups == {"yaw": "0-30"}


def test_mebow_is_asked_of_each_person(tmp_path: Path) -> None:
    layouts.listed(tmp_path / "annotations" / "val_hoe.json", {"1_2": 180})
    people = {
        "annotations": [{"image_id": 1, "id": 2, "bbox": [2, 2, 8, 12]}, {"image_id": 1, "id": 3, "bbox": [1, 1, 2, 2]}]
    }
    layouts.listed(tmp_path / "annotations" / "person_keypoints_val2017.json", people)
    layouts.image(tmp_path / "images" / "val2017" / "000000000001.jpg")
    asked.run(tmp_path / "run", tmp_path, "bodies/mebow", says="facing=0")
    found = result(tmp_path / "run")
    assert (len(found.rows), found.of("Acc-5").value) == (1, 1.0)  # type: ignore[union-attr]


def test_a_box_outside_its_picture_is_an_error_row(tmp_path: Path) -> None:
    layouts.listed(tmp_path / "annotations" / "val_hoe.json", {"1_2": 180})
    people = {"annotations": [{"image_id": 1, "id": 2, "bbox": [900, 900, 8, 12]}]}
    layouts.listed(tmp_path / "annotations" / "person_keypoints_val2017.json", people)
    layouts.image(tmp_path / "images" / "val2017" / "000000000001.jpg")
    asked.run(tmp_path / "run", tmp_path, "bodies/mebow", says="facing=0")
    assert "lies outside the picture of 16 x 16" in result(tmp_path / "run").warnings[0]


def test_the_reader_answers_with_angles_and_abstains_where_nobody_is(tmp_path: Path) -> None:
    try:
        for name in ("detector.onnx", "people.onnx", "reader.onnx"):
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")
    (tmp_path / "a.png").write_bytes(images.encode(images.example().pixels))
    layouts.image(tmp_path / "b.png")
    truth = {"pose": {"yaw": -15, "pitch": 0, "roll": 0}, "body_orientation": 0}
    layouts.text(tmp_path / "my.jsonl", *(json.dumps({"image": name, **truth}) for name in ("a.png", "b.png")))
    for scorer, form in (("pose", "yaw="), ("facing", "facing=")):
        plan = Plan(model="reader", suites=(str(tmp_path / "my.jsonl"),), scorer=scorer)
        start(plan, tmp_path / scorer)
        seen, empty = sorted(rows.read(folder(tmp_path / scorer, "own/my")).rows, key=lambda row: row.id)
        assert seen.reply.startswith(form)
        assert (seen.outcome in (Disposition.RIGHT, Disposition.WRONG), empty.outcome) == (True, Disposition.ABSTAINED)
    assert result(tmp_path / "pose").of("geodesic error") is not None


def test_angles_are_in_report_and_comparison(rendered: None, tmp_path: Path) -> None:
    asked.run(tmp_path / "a", tmp_path, "headpose/studio", "bodies/studio", says="yaw=0 pitch=0 roll=0")
    asked.run(tmp_path / "b", tmp_path, "headpose/studio", "bodies/studio", says="yaw=45 pitch=0 roll=0")
    writing.report([tmp_path / "a"], tmp_path / "report")
    page = (tmp_path / "report" / "index.html").read_text(encoding="utf-8")
    assert "headpose: mean absolute error of each angle" in page
    assert "<td>90-180</td><td>geodesic error</td>" in page
    text = (tmp_path / "report" / "report.md").read_text(encoding="utf-8")
    assert "| headpose/studio | fake |" in text
    found = {
        each.name: each for each in comparing.compare(tmp_path / "a", tmp_path / "b") if each.task == "headpose/studio"
    }
    assert found["geodesic error"].n == 4
    assert "macro F1" not in found
