"""`facereason look`: tables, JSON, CSV, drawings, and batches with bad photos in them."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from facereason.cli.csv_table import COLUMNS
from tests.cli.conftest import Run, make_photo


def read_csv(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_table_shows_what_was_measured(run: Run, photo: Path) -> None:
    code, out, err = run("look", photo)
    assert (code, err) == (0, "")
    assert out.startswith(f"{photo}, 300 x 60: 3 people\n")
    for words in (
        "happiness 87%",
        "then surprise 7%",
        "female 97%",
        "30-39 45%",
        "brown 60%",
        "red 70%",
        "+12/-3/+0",
        "gaze +10/-4",
    ):
        assert out.count(words) == 3, words
    assert "110,10" in out, "the second box"
    assert "60 x 30" in out
    assert out.index("AU12 .8") < out.index("AU6 .4"), "the strongest unit first"
    assert out.count("1 unknown") == 3
    assert out.count("sitting") == 3
    assert "white" not in out, "race is off"
    assert "white 50%" in run("look", photo, "--race").out


def test_unknown_is_shown_as_unknown_with_the_reason(run: Run, tmp_path: Path) -> None:
    out = run("look", make_photo(tmp_path / "far.png", people=1, height=40)).out
    assert "unknown (the face is too" in out
    assert "unknown (cut off)" in out
    assert "small" in out
    assert "blurred" in out
    assert "unclear" in out
    assert "97%" not in out, "unclear is no group"


def test_a_photo_without_people_says_so(run: Run, tmp_path: Path) -> None:
    path = make_photo(tmp_path / "dogs.png", people=0)
    assert run("look", path).out == f"{path}, 20 x 60: 0 people\n\n"


def test_a_bad_photo_is_reported_and_the_others_go_on(run: Run, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 and no more")
    code, out, err = run("look", tmp_path / "broken.jpg", photo, tmp_path / "missing.jpg", tmp_path)
    assert code == 1
    assert out.count("3 people") == 1
    broken, missing, folder = err.splitlines()
    assert broken.startswith(f"facereason: {tmp_path / 'broken.jpg'}: damaged or cut short")
    assert missing == f"facereason: {tmp_path / 'missing.jpg'}: no such file; check the path"
    assert "a folder" in folder


def test_json_is_a_list_of_scenes_and_error_rows(run: Run, photo: Path) -> None:
    code, out, err = run("look", photo, "missing.jpg", "--json")
    assert (code, err) == (1, "")
    scene, error = json.loads(out)
    assert scene["source"] == str(photo)
    assert [person["number"] for person in scene["people"]] == [1, 2, 3]
    assert scene["people"][0]["face"]["emotion"]["value"] == "happiness"
    assert error == {"source": "missing.jpg", "error": "missing.jpg: no such file; check the path"}


def test_csv_has_a_row_a_person_and_columns_that_stay_the_same(run: Run, photo: Path, tmp_path: Path) -> None:
    far = make_photo(tmp_path / "far.png", people=1, height=40)
    dogs = make_photo(tmp_path / "dogs.png", people=0)
    assert run("look", photo, far, dogs, "missing.jpg", "--csv", tmp_path / "out.csv").code == 1
    rows = read_csv(tmp_path / "out.csv")
    assert tuple(rows[0]) == COLUMNS
    assert [(Path(row["source"]).name, row["person"]) for row in rows] == [
        ("party.png", "1"),
        ("party.png", "2"),
        ("party.png", "3"),
        ("far.png", "1"),
        ("dogs.png", ""),
        ("missing.jpg", ""),
    ]
    first, unknown, empty, bad = rows[0], rows[3], rows[4], rows[5]
    assert (first["x"], first["box_width"], first["yaw"]) == ("10.0", "60.0", "12.4")
    assert (first["emotion"], first["emotion_confidence"], first["emotion_surprise"]) == ("happiness", "0.873", "0.067")
    assert (first["gender"], first["age_group"], first["clothing_colour"]) == ("female", "30-39", "red")
    assert (first["race"], first["error"], first["flags"]) == ("", "", "")
    assert (unknown["emotion"], unknown["emotion_unknown_because"]) == ("", "the face is too small")
    assert unknown["flags"] == "small;blurred"
    assert (first["AU12_state"], first["AU12_intensity"], first["AU12_reliability"]) == ("present", "0.8", "1.0")
    assert (first["AU17_state"], first["AU17_reliability"], first["AU1_state"]) == ("unknown", "0.2", "")
    assert (first["body_orientation"], first["posture"], first["head_x"]) == ("-20.4", "sitting", "5.0")
    assert (unknown["body_orientation"], unknown["posture"], unknown["head_x"]) == ("", "", "")
    assert (first["gaze_yaw"], unknown["gaze_yaw"]) == ("10.2", "")
    assert (empty["width"], empty["error"]) == ("20", "")
    assert (bad["width"], bad["error"]) == ("", "missing.jpg: no such file; check the path")


def test_a_csv_that_cannot_be_written_is_said_before_any_work(run: Run, photo: Path, tmp_path: Path) -> None:
    code, out, err = run("look", photo, "--csv", tmp_path / "no" / "out.csv")
    assert (code, out) == (1, "")
    assert err.count("\n") == 1
    assert "cannot be written" in err


def test_drawings_lie_in_the_folder_under_the_name_of_the_photo(run: Run, photo: Path, tmp_path: Path) -> None:
    code, out, _ = run("look", photo, "--draw", tmp_path / "drawn" / "here")
    assert code == 0
    path = tmp_path / "drawn" / "here" / "party.faces.png"
    assert f"drawn: {path}" in out
    drawn, original = np.asarray(Image.open(path)), np.asarray(Image.open(photo))
    assert drawn.shape == original.shape
    assert (drawn != original).any()


def test_a_drawing_of_another_photo_is_never_overwritten(run: Run, tmp_path: Path) -> None:
    one = make_photo(tmp_path / "a" / "party.png", people=1, seed=1)
    other = make_photo(tmp_path / "b" / "party.png", people=1, seed=2)
    folder = tmp_path / "drawn"
    run("look", one, other, "--draw", folder)
    first = (folder / "party.faces.png").read_bytes()
    assert sorted(path.name for path in folder.iterdir()) == ["party-2.faces.png", "party.faces.png"]
    run("look", other, "--draw", folder)
    run("look", one, "--draw", folder)
    assert sorted(path.name for path in folder.iterdir()) == ["party-2.faces.png", "party.faces.png"]
    assert (folder / "party.faces.png").read_bytes() == first
    assert (folder / "party-2.faces.png").read_bytes() != first


def test_a_file_that_is_no_drawing_is_not_overwritten(run: Run, photo: Path, tmp_path: Path) -> None:
    (tmp_path / "party.faces.png").write_bytes(b"precious")
    run("look", photo, "--draw", tmp_path)
    assert (tmp_path / "party.faces.png").read_bytes() == b"precious"
    assert (tmp_path / "party-2.faces.png").exists()


def test_a_folder_that_cannot_be_made_is_one_line(run: Run, photo: Path) -> None:
    code, out, err = run("look", photo, "--draw", photo / "drawn")
    assert (code, out) == (1, "")
    assert "cannot be made" in err
    assert err.count("\n") == 1


def test_the_example_is_looked_at_under_its_name(run: Run, tmp_path: Path) -> None:
    code, out, _ = run("look", "--example", "--draw", tmp_path)
    assert code == 0
    assert out.startswith("example, 512 x 512")
    assert (tmp_path / "astronaut.faces.png").exists()


@pytest.mark.parametrize("arguments", [(), ("--example", "photo.jpg")])
def test_no_photo_or_an_example_too_many_is_wrong_usage(run: Run, arguments: tuple[str, ...]) -> None:
    code, out, err = run("look", *arguments)
    assert (code, out) == (2, "")
    assert err.startswith("facereason: ")
    assert err.count("\n") == 1


def test_a_photo_that_is_its_own_address_is_called_data_url(run: Run) -> None:
    (row,) = json.loads(run("look", "data:image/png;base64,AAAA", "--json").out)
    assert row["source"] == "data URL"


def test_a_file_name_that_is_no_text_does_no_harm(run: Run, tmp_path: Path) -> None:
    name = "party\udcff\x1b[31m.png"
    try:
        make_photo(tmp_path / name, people=1)
    except OSError:
        pytest.skip("this file system takes no such names")
    code, out, err = run("look", tmp_path / name, "--csv", tmp_path / "out.csv", "--draw", tmp_path / "drawn")
    assert (code, err) == (0, "")
    assert "party\\udcff\\x1b[31m.png" in out
    assert "\x1b" not in out
    assert read_csv(tmp_path / "out.csv")[0]["source"].endswith("party\\udcff\x1b[31m.png")
    assert json.loads(run("look", tmp_path / name, "--json").out)[0]["source"] == str(tmp_path / name)
