"""caption, explain and judge at the command line, with the real instrument."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

from facereason import resources
from tests.cli.conftest import Run


@pytest.fixture
def astronaut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    shutil.copy(resources.weights("astronaut.png"), tmp_path / "astronaut.png")
    return tmp_path / "astronaut.png"


def test_captions_are_printed_a_line_a_photo(real_run: Run, astronaut: Path) -> None:
    assert real_run("caption", "--example") == (0, "A person in orange, who appears happy.\n", "")
    code, out, err = real_run("caption", astronaut, "nowhere.png", "--style", "tags", "--jsonl")
    assert (code, err) == (1, "")
    told, failed = map(json.loads, out.splitlines())
    assert told["image"] == str(astronaut)
    assert told["caption"].startswith("1 person, person, ")
    assert told["people"][0]["number"] == 1
    assert "no such file" in failed["error"]
    assert real_run("caption", astronaut, "--faces").out.count("\n") == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("caption",), "no photo given"),
        (("caption", "a.png", "--style", "poem"), "--style poem: it is short, long or tags"),
        (("caption", "a.png", "--example"), "takes the place of the photo"),
        (("judge", "a.png"), "say what was asked for"),
        (("judge", "--asked", "a woman"), "no image given"),
        (("judge", "a.png", "--asked", "a zorbing woman"), "cannot judge 'zorbing'"),
        (("judge", "a.png", "--asked", "a person"), "asks for nothing that can be judged"),
        (("judge", "a.png", "--list", "b.jsonl"), "--list brings images"),
        (("judge", "--list", "b.jsonl"), "b.jsonl: cannot be read"),
        (("explain",), "no photo given"),
        (("explain", "--example", "--person", "3"), "--person 3: people are numbered 1 to 1"),
        (("explain", "--example", "--units", "AU99"), "no action unit 99"),
        (("explain", "--example", "--model", "fake"), "asks fake 13 times: add --yes"),
    ],
)
def test_wrong_words_get_one_line(real_run: Run, words: tuple[str, ...], message: str) -> None:
    code, out, err = real_run(*words)
    assert code in (1, 2)
    assert out == ""
    assert message in err
    assert len(err.splitlines()) == 1


def test_an_explanation_is_a_table_and_a_picture(real_run: Run, astronaut: Path) -> None:
    code, out, err = real_run("explain", astronaut, "--units", "AU6,AU12")
    assert (code, err) == (0, "")
    assert out.startswith("person 1 reads as happiness (1.00) by the reader")
    assert "neutral face" in out
    assert "AU12*" in out
    assert "drawn: astronaut.explain.png" in out
    with Image.open("astronaut.explain.png") as drawn:
        assert drawn.size == (876, 474)
    told = json.loads(real_run("explain", astronaut, "--json", "--out", "b.png").out)
    assert told["units"] == ["AU6", "AU12"]
    assert len(told["effects"]) == 36


def test_a_model_is_asked_as_often_as_was_told(real_run: Run, astronaut: Path) -> None:
    out = real_run("explain", astronaut, "--model", "fake+says=happiness", "--yes").out
    assert "by fake+says=happiness, asked 13 times" in out


def test_one_image_is_judged_in_a_table_of_what_was_asked(real_run: Run, astronaut: Path) -> None:
    code, out, err = real_run("judge", astronaut, "--asked", "a smiling person with black hair looking at the camera")
    assert (code, err) == (0, "")
    rows = {line.split("  ")[0]: line for line in out.splitlines()}
    assert "right" in rows["action unit"]
    assert "wrong" in rows["hair colour"]


def test_a_folder_is_judged_in_a_table_of_images(real_run: Run, astronaut: Path) -> None:
    (astronaut.parent / "broken.png").write_bytes(b"no image")
    (astronaut.parent / "notes.txt").write_text("no image either")
    code, out, err = real_run("judge", astronaut.parent, "--asked", "a smiling person")
    assert code == 1
    assert "broken.png: not a photo" in err
    assert "1 of 1 images show what was asked for" in out


def test_a_list_asks_of_each_image_its_own(real_run: Run, astronaut: Path) -> None:
    rows = [{"image": "astronaut.png", "asked": "a smiling person"}, {"image": "astronaut.png", "asked": "a sad man"}]
    listed = astronaut.parent / "list.jsonl"
    listed.write_text("\n".join(map(json.dumps, rows)))
    code, out, _ = real_run("judge", "--list", listed, "--json")
    assert code == 0
    first, second = map(json.loads, out.splitlines())
    assert (first["verdict"], second["verdict"]) == ("right", "wrong")
    assert first["checks"][0]["asked"] == "AU12"
    listed.write_text('{"image": 1}')
    assert "line 1: expected" in real_run("judge", "--list", listed).err
