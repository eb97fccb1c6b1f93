"""`facereason studio`: a picture and its truth from the command line, and what is refused."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run

needs_studio = pytest.mark.skipif(
    any(find_spec(name) is None for name in ("anny", "embreex", "numba", "scipy")), reason="needs the extra studio"
)


def test_without_the_packages_of_the_studio_the_pip_line_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("facereason.studio")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "numba", None)
    code, out, err = run("studio", "render")
    assert (code, out) == (1, "")
    assert err == 'facereason: the studio needs numba: pip install torch && pip install "facereason[studio]"\n'


@needs_studio
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("none.yaml",), "none.yaml: No such file or directory"),
        (("--yaw", "400"), "options: people[0]: head: head.yaw: 400 is not in -180..180"),
        (("--au", "99=1"), "99"),
        (("--au", "12=much"), "--au '12=much': write it as 12=.8"),
        (("--people", "0"), "options: people: a scene needs 1 to 12 people, not 0"),
        (("--age", "elder"), "--age 'elder': child, young, adult, old, or years"),
        (("--gender", "robot"), "--gender 'robot': one of female, male, between"),
        (("--hair", "mohawk"), "options: people[0]: hair: style: 'mohawk' is not one of bald"),
        (("--out", "a.gif"), "--out a.gif: name a .png or .jpg file"),
        (("a man with an elephant",), "cannot draw 'elephant'"),
        (("a sad man", "--age", "old"), "--age: said of a person, beside 'a sad man' that says it all"),
        (("a sad man", "--people", "2"), "--people: said of a person"),
    ],
)
def test_an_impossible_scene_is_refused_in_one_line(run: Run, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = run("studio", "render", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


@needs_studio
@pytest.mark.slow
def test_a_rendered_file_has_its_truth_beside_it(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    code, said, err = run(
        "studio", "render", "--emotion", "fear", "--yaw", "-40", "--age", "old", "--size", "96", "--out", out
    )
    assert code == 0, err
    assert said == f"wrote {out} and {tmp_path / 'a.json'}\n"
    with Image.open(out) as image:
        assert image.size == (96, 96)
    truth = json.loads((tmp_path / "a.json").read_text())
    person = truth["people"][0]
    assert person["head_pose"]["yaw"] == pytest.approx(-40, abs=0.1)
    assert person["emotion_asked"] == "fear"
    assert set(person["units"]) == {"1", "2", "4", "5", "7", "20", "26"}
    assert person["implied"] == {"25": [0.8, 0.8]}


@needs_studio
@pytest.mark.slow
def test_words_are_shown_as_a_spec_that_makes_the_same_picture(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "a.png"
    code, said, err = run("studio", "render", "a worried old man looking left", "--size", "64", "--out", out, "--masks")
    assert code == 0, err
    spec, _, wrote = said.rpartition("wrote ")
    assert "emotion: fear" in spec
    assert wrote == f"{out}, {tmp_path / 'a.json'} and {tmp_path / 'a.npz'}\n"
    (tmp_path / "b.yaml").write_text(spec)
    assert run("studio", "render", tmp_path / "b.yaml", "--out", tmp_path / "b.png").code == 0
    assert (tmp_path / "b.png").read_bytes() == out.read_bytes()
    with np.load(tmp_path / "a.npz") as masks:
        assert {"person1/skin", "person1/AU12"} <= set(masks.files)
        assert masks["person1/skin"].shape == (64, 64)
        assert masks["person1/skin"].any()


@needs_studio
@pytest.mark.slow
def test_a_strip_of_variants_has_the_truth_of_each(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "s.png"
    code, said, err = run("studio", "sweep", "--vary", "AU12", "--steps", "3", "--size", "64", "--out", out)
    assert code == 0, err
    assert said == f"wrote {out} and {tmp_path / 's.json'}\n"
    truth = json.loads((tmp_path / "s.json").read_text())
    assert [variant["value"] for variant in truth["variants"]] == ["0", "0.5", "1"]
    assert truth["variants"][2]["people"][0]["units"] == {"12": [1.0, 1.0]}
    with Image.open(out) as strip:
        assert strip.width > 3 * 64


@needs_studio
@pytest.mark.slow
def test_a_set_is_frozen_rendered_and_shown(run: Run, tmp_path: Path) -> None:
    profile = tmp_path / "p.yaml"
    profile.write_text("{name: few, width: 48, height: 48}")
    frozen, folder, sheet = tmp_path / "few.jsonl.gz", tmp_path / "few", tmp_path / "sheet.png"
    assert run("studio", "freeze", profile, "--count", "2", "--out", frozen).out == f"wrote 2 scenes to {frozen}\n"
    code, said, err = run("studio", "dataset", frozen, "--out", folder, "--workers", "1")
    assert (code, said) == (0, f"wrote 2 pictures in 1 shards, and README.md, to {folder}\n"), err
    assert run("studio", "sheet", folder, "--columns", "2", "--out", sheet).code == 0
    with Image.open(sheet) as image:
        assert 96 < image.width < 120
    code, _, err = run("studio", "dataset", profile, "--count", "1", "--out", folder, "--workers", "1")
    assert code == 2
    assert "holds another data set" in err


@needs_studio
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("dataset", "studio-faces.yaml"), "--count: how many pictures?"),
        (("dataset", "none.yaml", "--count", "1"), "no recipe none.yaml: shipped are"),
        (("dataset", "studio-faces.yaml", "--count", "1", "yaw=[9,1]"), "yaw: 9 is above 1"),
        (("dataset", "studio-faces.yaml", "--count", "1", "mood=1"), "unknown key mood"),
        (("dataset", "studio-faces.yaml", "--count", "1", "--format", "gif"), "--format 'gif': png or jpeg"),
        (("dataset", "none.jsonl.gz"), "none.jsonl.gz: No such file or directory"),
        (("sweep", "--vary", "mood"), "--vary 'mood': an action unit such as AU12"),
        (("freeze", "studio-faces.yaml", "--count", "1", "--out", "a.json"), "name a .jsonl.gz file"),
        (("sheet", "studio-faces.yaml", "--out", "a.gif"), "name a .png or .jpg file"),
    ],
)
def test_what_cannot_be_made_is_refused_in_one_line(run: Run, arguments: tuple[str, ...], message: str) -> None:
    code, out, err = run("studio", *arguments)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
