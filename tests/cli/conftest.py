"""Runs the command line in this process, through `main`, as the installed command does."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from PIL import Image

from facereason.cli.main import main
from tests.cli import standins

ROOT = Path(__file__).resolve().parents[2]


class Result(NamedTuple):
    code: int
    out: str
    err: str


Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A user's folder of the test's own: chats are logged there."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("FACEREASON_HOME", str(folder))
    return folder


@pytest.fixture
def real_run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`real_run("ask", ..., stdin="")`: exit code, stdout, stderr."""

    def run(*arguments: object, stdin: str = "") -> Result:
        monkeypatch.setattr(sys, "argv", ["facereason", *map(str, arguments)])
        monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Result(int(ended.value.code or 0), out, err)

    return run


@pytest.fixture
def run(real_run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same with stand-ins for instrument and agent."""
    standins.install(monkeypatch)
    return real_run


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    """A photo of three people, by the rules of the stand-ins."""
    return make_photo(tmp_path / "party.png", people=3)


def make_photo(path: Path, *, people: int, height: int = 60, seed: int = 0) -> Path:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, max(100 * people, 20), 3), dtype=np.uint8)
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


def command(*arguments: object) -> list[str]:
    """The command line of another process that runs facereason with the stand-ins."""
    start = "from tests.cli import standins; standins.install(); from facereason.cli.main import main; main()"
    return [sys.executable, "-c", start, *map(str, arguments)]


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without what steers colours and widths."""
    steering = {"COLUMNS", "LINES", "TERM", "NO_COLOR", "FORCE_COLOR", "PY_COLORS", "GITHUB_ACTIONS", "TERMINAL_WIDTH"}
    kept = {name: value for name, value in os.environ.items() if name not in steering}
    return kept | {"PYTHONPATH": str(ROOT), "TERM": "xterm-256color"} | more


def in_another_process(*arguments: object, stdin: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        input=stdin,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean_environment(**environment),
        check=False,
        timeout=60,
    )
