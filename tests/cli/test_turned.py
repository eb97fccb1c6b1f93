"""The commands on photos that lie turned, with the real weights."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facereason import images, resources
from facereason.types import FaceReasonError
from tests.cli.conftest import Run

SAID = "The photo lay on its side, turned 90 degrees clockwise; I set it upright first."


@pytest.fixture
def lying(tmp_path: Path) -> Path:
    """The head of the example, turned by 90 degrees clockwise, wider than high when upright."""
    try:
        for name in ("detector.onnx", "people.onnx", "reader.onnx", "astronaut.png"):
            resources.verify(name)
    except FaceReasonError as error:
        pytest.skip(f"a checkout that was not installed: {error}")
    path = tmp_path / "lying.png"
    Image.fromarray(images.rotate(images.example().pixels[:400], -90)).save(path)
    return path


def test_look_sets_a_photo_upright_and_says_so(real_run: Run, lying: Path, tmp_path: Path) -> None:
    code, out, err = real_run("look", lying, "--draw", tmp_path / "drawn", "--csv", tmp_path / "people.csv")
    assert (code, err) == (0, "")
    assert out.startswith(f"{lying}, 512 x 400: 1 person\n{SAID}\n")
    drawn = np.asarray(Image.open(tmp_path / "drawn" / "lying.faces.png"))
    assert drawn.shape == (400, 512, 3)
    same = (drawn == images.example().pixels[:400]).all(axis=2)
    assert 0.7 < same.mean() < 1
    with (tmp_path / "people.csv").open(encoding="utf-8") as file:
        assert next(csv.DictReader(file))["turned"] == "90"


def test_json_tells_the_turn_and_boxes_of_the_upright_photo(real_run: Run, lying: Path) -> None:
    (scene,) = json.loads(real_run("look", lying, "--json").out)
    assert (scene["turn"]["value"], scene["width"], scene["height"]) == (90, 512, 400)
    box = scene["people"][0]["face"]["box"]
    assert 200 < box["x"] + box["width"] / 2 < 250


def test_as_is_leaves_the_photo_as_it_lies(real_run: Run, lying: Path) -> None:
    (scene,) = json.loads(real_run("look", lying, "--json", "--as-is").out)
    assert ("turn" in scene, scene["width"], scene["height"]) == (False, 400, 512)
    answer = json.loads(real_run("ask", lying, "Is the photo upside down?", "--as-is", "--json").out)
    assert answer["outcome"] == "cannot tell"


def test_ask_and_chat_say_that_the_photo_was_turned(real_run: Run, lying: Path) -> None:
    assert SAID in real_run("ask", lying, "How many people are there?").out
    assert real_run("ask", lying, "How is this photo turned?").out == f"{SAID}\n"
    out = real_run("chat", lying, "--json", stdin="How many people are there?\nHow does she feel?\n").out
    first, second = (json.loads(line)["text"] for line in out.splitlines())
    assert first.endswith(SAID)
    assert SAID not in second
