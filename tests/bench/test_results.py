"""Results of the benchmark: figures, files, the table; the suites on tiny data."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from facereason import bench, resources, scoring
from facereason.bench import Figure, Group, Result, reader, results, speed
from facereason.faces.reader import Reader, Readings
from facereason.types import FaceReasonError, UsageError
from tests.bench.aims import aims_of
from tests.data.parquet import colour, fairface, ferplus, write
from tests.faces.shapes import frontal
from tests.train.faces import write_fairface, write_ferplus

COUNT = 24


@pytest.fixture(autouse=True)
def _weights_are_there() -> None:
    try:
        for name in ("detector.onnx", "reader.onnx", "astronaut.png"):
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")


def silent(text: str) -> None:
    pass


# -------------------------------------------------------------------------------------------------------- figures


def test_a_share_comes_with_its_interval() -> None:
    figure = results.share("perceived gender", "fairface-val", [True] * 81 + [False] * 182)
    assert (figure.name, figure.on, figure.n) == ("perceived gender", "fairface-val", 263)
    assert figure.value == pytest.approx(81 / 263)
    assert (figure.low, figure.high) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert (figure.groups, figure.gaps) == ((), {})


def test_a_share_is_split_by_group_with_the_largest_gap() -> None:
    right = [True] * 30 + [False] * 10 + [True] * 20 + [False] * 20 + [False] * 5
    members = ["women"] * 40 + ["men"] * 40 + ["unclear"] * 5
    figure = results.share("race", "x", right, {"gender": members})
    assert [(group.by, group.group, group.n, group.value) for group in figure.groups] == [
        ("gender", "men", 40, 0.5),
        ("gender", "unclear", 5, 0.0),
        ("gender", "women", 40, 0.75),
    ]
    assert (figure.groups[0].low, figure.groups[0].high) == scoring.wilson(20, 40)
    assert figure.gaps == {"gender": 0.25}  # five people are too few to say


def test_a_gap_takes_two_groups_that_are_large_enough() -> None:
    for members in (["a"] * 40 + ["b"] * 10, ["a"] * 25 + ["b"] * 25):
        assert "kind" not in results.share("x", "y", [True] * 50, {"kind": members}).gaps


def test_every_kind_of_group_has_a_gap_of_its_own() -> None:
    right = [True, False] * 40
    figure = results.share("x", "y", right, {"odd": ["even", "odd"] * 40, "half": ["first"] * 40 + ["second"] * 40})
    assert figure.gaps == {"odd": 1.0, "half": 0.0}
    assert sum(group.n for group in figure.groups) == 160


# ---------------------------------------------------------------------------------------------------------- files

RESULT = Result(
    suite="tiny",
    command="facereason bench run tiny",
    run_on={"processor": "abacus", "cores": "1"},
    weights={"reader.onnx": "00ff"},
    figures=(
        Figure(
            name="perceived gender",
            on="fairface-val",
            value=0.91,
            n=1200,
            low=0.89,
            high=0.93,
            groups=(Group(by="age", group="70+", n=60, value=0.5, low=0.4, high=0.6),),
            gaps={"age": 0.5},
        ),
        Figure(name="emotion, ECE", on="ferplus-test", value=0.0312, n=3545),
        Figure(name="look, one core, ms", on="a photo", value=187.4, n=30, low=180.0, high=260.0),
        Figure(name="reader, one face, ms", on="a crop", value=2.345, n=200, low=2.0, high=9.0),
        Figure(name="ask, cold, s", on="a photo", value=1.93, n=6),
        Figure(name="base install, MB", on="pip install .", value=301.7, n=1),
        Figure(name="emotion, macro F1", on="ferplus-test", value=0.7, n=3545),
    ),
)


def test_a_result_is_written_and_read_back_as_it_was(tmp_path: Path) -> None:
    path = bench.write(RESULT, tmp_path / "new" / "folder")
    assert path == tmp_path / "new" / "folder" / "tiny.json"
    assert bench.published(path.parent) == [RESULT]
    assert list(path.parent.iterdir()) == [path]
    assert json.loads(path.read_text())["figures"][0]["groups"][0]["group"] == "70+"


def test_results_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for suite in ("speed", "install", "reader"):
        bench.write(dataclasses.replace(RESULT, suite=suite), tmp_path)
    (tmp_path / "notes.txt").write_text("not a result")
    assert [result.suite for result in bench.published(tmp_path)] == ["install", "reader", "speed"]
    (tmp_path / "empty").mkdir()
    assert bench.published(tmp_path / "empty") == []


def test_a_folder_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no folder .*nowhere"):
        bench.published(tmp_path / "nowhere")


def changed(**values: Any) -> str:
    return json.dumps(dataclasses.asdict(RESULT) | values)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "3",
        '"text"',
        "[]",
        "{}",
        changed(figures=None),
        changed(figures=[{"name": "x"}]),
        changed(figures=["x"]),
        changed(surprise=1),
        "\x00",
    ],
)
def test_a_broken_result_is_one_line_that_names_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "reader.json").write_text(text)
    with pytest.raises(FaceReasonError, match=r"reader\.json: not a result of `facereason bench run`") as error:
        bench.published(tmp_path)
    assert "\n" not in str(error.value)


def test_a_result_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "reader.json").write_bytes(b"\xff\xfe\x80")
    with pytest.raises(FaceReasonError, match=r"reader\.json: not a result"):
        bench.published(tmp_path)


def test_the_results_that_ship_can_be_read() -> None:
    for result in bench.published():
        assert result.suite in bench.SUITES or result.command.startswith("python training/")
        assert result.figures


# ---------------------------------------------------------------------------------------------------------- table


def test_the_table_shows_every_figure_in_its_unit_beside_its_target() -> None:
    text = bench.table([RESULT], {"perceived gender": ">= 91 % (93)", "ask, cold, s": "<= 2.5 s", "unused": "1"})
    assert text.splitlines() == [
        "| measure | on | n | measured | target |",
        "| --- | --- | --- | --- | --- |",
        "| perceived gender | fairface-val | 1,200 | 91.0 % (89.0 to 93.0) | >= 91 % (93) |",
        "| emotion, ECE | ferplus-test | 3,545 | 0.031 |  |",
        "| look, one core, ms | a photo | 30 | 187 ms |  |",
        "| reader, one face, ms | a crop | 200 | 2.35 ms |  |",
        "| ask, cold, s | a photo | 6 | 1.93 s | <= 2.5 s |",
        "| base install, MB | pip install . | 1 | 302 MB |  |",
        "| emotion, macro F1 | ferplus-test | 3,545 | 70.0 % |  |",
    ]
    assert text.endswith("|\n")


def test_the_table_of_nothing_is_its_head() -> None:
    assert bench.table([], {}).count("\n") == 2


def test_the_table_of_groups_shows_every_group_and_the_gap() -> None:
    assert bench.group_table([RESULT]).splitlines()[2:] == [
        "| perceived gender | age | 70+ | 60 | 50.0 % (40.0 to 60.0) |",
        "| perceived gender | age | *largest gap* | | 50.0 |",
    ]


# --------------------------------------------------------------------------------------------------------- suites


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_ferplus(folder, COUNT)
    write_fairface(folder, COUNT)
    return folder


class _HappyReader(Reader):
    """Reads every face as a happy woman of 30 to 39, white, with a confidence of .8."""

    def __init__(self, path: Path, *, race: bool = False, threads: int = 0) -> None:
        assert race

    def read(self, crops: Any) -> Readings:
        def all_say(winner: int, classes: int) -> Any:
            rows = np.full((len(crops), classes), 0.2 / (classes - 1), np.float32)
            rows[:, winner] = 0.8
            return rows

        return Readings(all_say(1, 8), all_say(4, 9), all_say(0, 2), all_say(0, 7), frontal(len(crops)))


@pytest.fixture
def tiny(data: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    monkeypatch.setattr(reader, "Reader", _HappyReader)
    return {figure.name: figure for figure in reader.figures(str(data), silent)}


def test_the_reader_is_measured_on_what_is_labelled(tiny: Mapping[str, Figure]) -> None:
    """Of 24 faces 2 are labelled unknown and 4 neutral; all of them are found."""
    assert_figure(tiny["emotion, 8 classes, majority rule"], n=22, value=18 / 22)
    assert_figure(tiny["emotion, all labelled"], n=22, value=18 / 22)
    assert_figure(tiny["emotion, all labelled, macro F1"], n=22, value=(2 * 18 / 40) / 2)
    assert_figure(tiny["emotion, ECE"], n=22, value=18 / 22 - 0.8)
    assert_figure(tiny["faces the detector finds, FER+"], n=24, value=1.0)
    groups = [group for group in tiny["emotion, all labelled"].groups if group.by == "emotion"]
    by_emotion = {group.group: (group.n, group.value) for group in groups}
    assert by_emotion == {"happiness": (18, 1.0), "neutral": (4, 0.0)}


def test_attributes_are_measured_on_every_face_and_by_group(tiny: Mapping[str, Figure]) -> None:
    assert_figure(tiny["perceived gender"], n=24, value=21 / 24)
    assert_figure(tiny["age group, exact"], n=24, value=1 / 3)
    assert_figure(tiny["age group, within one"], n=24, value=1.0)
    white = sum(i % 5 != 4 or i % 7 == 0 for i in range(COUNT, 2 * COUNT))
    assert_figure(tiny["race, 7 classes (switched on)"], n=24, value=white / 24)
    assert_figure(tiny["gender, ECE"], n=24, value=21 / 24 - 0.8)
    for name in ("perceived gender", "age group, exact", "age group, within one", "race, 7 classes (switched on)"):
        by_kind: dict[str, int] = {}
        for group in tiny[name].groups:
            by_kind[group.by] = by_kind.get(group.by, 0) + group.n
        assert by_kind == {"gender": 24, "age": 24, "race": 24, "flags": 24}


def assert_figure(figure: Figure, *, n: int, value: float) -> None:
    assert figure.n == n
    assert figure.value == pytest.approx(value, abs=1e-6)


def test_a_face_that_the_detector_does_not_find_is_measured_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "Reader", _HappyReader)
    write(tmp_path / "ferplus-test.parquet", [ferplus("blank"), ferplus("b")])
    write(tmp_path / "fairface-val.parquet", [fairface("blank")])
    measured = {figure.name: figure for figure in reader.figures(str(tmp_path), silent)}
    assert_figure(measured["faces the detector finds, FER+"], n=2, value=0.0)
    assert_figure(measured["emotion, all labelled"], n=2, value=1.0)
    assert_figure(measured["perceived gender"], n=1, value=1.0)


def test_an_image_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    write(tmp_path / "ferplus-test.parquet", [ferplus("a"), ferplus("broken", image=b"no picture")])
    write(tmp_path / "fairface-val.parquet", [fairface("a", image=colour())])
    with pytest.raises(FaceReasonError, match="ferplus broken: the image cannot be read") as error:
        reader.figures(str(tmp_path), silent)
    assert "\n" not in str(error.value)


def test_a_run_is_written_with_what_it_was_measured_on(data: Path, tmp_path: Path) -> None:
    said: list[str] = []
    result = bench.run("reader", str(data), tmp_path, say=said.append)
    assert result.weights == {name: resources.manifest()[name].sha256 for name in ("detector.onnx", "reader.onnx")}
    assert set(results.weights_of("people")) == {"detector.onnx", "people.onnx", "reader.onnx"}
    assert {"processor", "cores", "python", "facereason", "numpy", "onnxruntime"} <= set(result.run_on)
    assert result.command == "facereason bench run reader"
    assert said[-1] == "fairface val: 24 faces read"
    (again,) = bench.published(tmp_path)
    assert [(figure.name, figure.n) for figure in again.figures] == [(f.name, f.n) for f in result.figures]
    assert str(data) not in (tmp_path / "reader.json").read_text()


def test_an_unknown_suite_is_wrong_usage_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no suite 'spead': there are reader, questions, speed, install"):
        bench.run("spead", None, tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_speed_needs_its_photo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FACEREASON_DATA", raising=False)
    for folder in (None, str(tmp_path)):
        with pytest.raises(FaceReasonError, match=r"no .*six_people\.jpg: name the folder .* by --data"):
            speed.figures(folder, silent)


@pytest.fixture
def without_processes(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[], list[Figure]]:
    """The figures of speed and installation, where every process that is started ends at once."""
    monkeypatch.setattr(speed, "numbers", lambda program, *arguments: [3.0, 1.0, 2.0, 250.0])
    monkeypatch.setattr(speed, "_run", lambda command: "")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "six_people.jpg").touch()
    return lambda: [*speed.figures(str(tmp_path), silent), *speed.install_figures(None, silent)]


def test_timings_are_medians_with_the_least_and_the_largest(without_processes: Callable[[], list[Figure]]) -> None:
    figures = {figure.name: figure for figure in without_processes()}
    look = figures["look, warm, six faces, 1280 px, one core, ms"]
    assert (look.value, look.low, look.high, look.n) == (2.0, 1.0, 3.0, 3)
    assert figures["look, the same, peak memory, MB"].value == 250
    assert figures["ask --example, cold, whole process, s"].n == 6


def test_every_target_is_the_name_of_a_figure(
    tiny: Mapping[str, Figure], without_processes: Callable[[], list[Figure]]
) -> None:
    names = set(tiny) | {figure.name for figure in without_processes()}
    elsewhere = set[str]().union(
        *map(
            aims_of,
            (
                "units",
                "pose",
                "people",
                "agent",
                "care",
                "turned",
                "words",
                "chat",
                "judge",
                "synth",
                "training",
                "harness",
            ),
        )
    )
    aims = {name for name in set(bench.targets()) - elsewhere if not name.startswith("studio ")}
    assert len(aims) >= 12
    assert aims <= names
