"""`facereason studio`: a picture and its truth from the command line, and what is refused."""

from __future__ import annotations

import json
import sys
from importlib.util import find_spec
from pathlib import Path

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
