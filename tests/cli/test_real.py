"""The commands with the real agent and the real weights, on the example photo: nothing here is a stand-in."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facereason import resources
from facereason.types import FaceReasonError
from tests.cli.conftest import Run

WEIGHTS = ("detector.onnx", "people.onnx", "reader.onnx", "astronaut.png")


@pytest.fixture(autouse=True)
def _weights_are_there() -> None:
    try:
        for name in WEIGHTS:
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")


def test_a_question_about_the_example_is_answered(real_run: Run) -> None:
    code, out, err = real_run("ask", "--example", "How does she feel, and why?", "--json")
    answer = json.loads(out)
    assert (code, err) == (0, "")
    assert answer["outcome"] in ("answered", "cannot tell")
    assert [person["number"] for person in answer["people"]] == [1]
    assert answer["evidence"]
    assert {"detector.onnx", "reader.onnx"} <= set(answer["provenance"]["weights"])


@pytest.mark.parametrize(
    ("question", "outcome"),
    [
        ("How many people are there?", "answered"),
        ("Who is she?", "declined"),
        ("Wie fühlt sich die Frau?", "not understood"),
        ("How does person 7 feel?", "nobody fits"),
    ],
)
def test_every_outcome_is_exit_code_0(real_run: Run, question: str, outcome: str) -> None:
    code, out, err = real_run("ask", "--example", question, "--json")
    assert (code, err) == (0, "")
    assert json.loads(out)["outcome"] == outcome


@pytest.mark.parametrize("question", ["", " \t\n", "why " * 501, "x" * 10_000])
def test_an_empty_or_endless_question_is_wrong_usage(real_run: Run, question: str) -> None:
    code, out, err = real_run("ask", "--example", question)
    assert (code, out) == (2, "")
    assert err.startswith("facereason: the question ")
    assert err.count("\n") == 1
    assert len(err) < 200


def test_a_chat_remembers_whom_it_was_about(real_run: Run) -> None:
    questions = "How many people are there?\nHow does she feel?\n" + "x" * 2001 + "\n"
    code, out, err = real_run("chat", "--example", "--json", stdin=questions)
    count, feeling, long = (json.loads(line) for line in out.splitlines())
    assert (code, err) == (1, "")
    assert (count["outcome"], len(feeling["people"])) == ("answered", 1)
    assert "2,001 characters" in long["error"]


def test_the_example_holds_one_person(real_run: Run, tmp_path: Path) -> None:
    code, out, _ = real_run("look", "--example", "--json", "--race", "--draw", tmp_path)
    (scene,) = json.loads(out)
    (person,) = scene["people"]
    assert code == 0
    assert person["race"]
    assert 200 < person["face"]["box"]["x"] + person["face"]["box"]["width"] / 2 < 250
    assert Image.open(tmp_path / "astronaut.faces.png").size == (512, 512)


@pytest.mark.parametrize("size", [(1, 1), (20_000, 8), (300, 200)])
def test_photos_without_a_face_are_no_error_whatever_their_size(
    real_run: Run, tmp_path: Path, size: tuple[int, int]
) -> None:
    Image.new("RGB", size, "grey").save(tmp_path / "empty.png")
    assert real_run("look", tmp_path / "empty.png").code == 0
    code, out, _ = real_run("ask", tmp_path / "empty.png", "How does she feel?", "--json")
    assert (code, json.loads(out)["outcome"]) == (0, "nobody fits")


def test_a_batch_goes_on_after_every_kind_of_bad_photo(real_run: Run, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (80, 120, 3), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "good.png")
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("hello")
    (tmp_path / "half.png").write_bytes((tmp_path / "good.png").read_bytes()[:9000])
    shutil.copy(tmp_path / "good.png", tmp_path / "called.jpg")
    names = ["empty.jpg", "text.jpg", "half.png", "missing.jpg", "good.png", "called.jpg"]
    sources = [str(tmp_path / name) for name in names] + [str(tmp_path), "http://127.0.0.1:9/x.jpg", "ftp://x/y.jpg"]
    code, out, err = real_run("look", *sources, "--json")
    rows = json.loads(out)
    assert (code, err) == (1, "")
    assert [row["source"] for row in rows] == sources
    assert ["error" in row for row in rows] == [True, True, True, True, False, False, True, True, True]


def test_damaged_weights_are_one_line_and_exit_code_1(
    real_run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "weights"
    shutil.copytree(resources.weights("manifest.json").parent, folder)
    with (folder / "detector.onnx").open("r+b") as file:
        file.seek(100_000)
        file.write(b"broken")
    monkeypatch.setattr(resources, "_WEIGHTS", folder)
    resources.verify.cache_clear()
    try:
        for arguments in (("ask", "--example", "Why?"), ("look", "--example", "--json"), ("chat", "--example")):
            code, out, err = real_run(*arguments)
            assert (code, out) == (1, "")
            assert err.startswith("facereason: weights file detector.onnx is damaged")
            assert err.count("\n") == 1
        assert real_run("doctor").code == 1
    finally:
        resources.verify.cache_clear()
