"""The app itself: help against golden files, what is imported when, and errors."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer

from facereason import __version__
from facereason.cli import main
from facereason.cli.main import COMMANDS
from facereason.types import FaceReasonError, UsageError
from tests.cli import standins
from tests.cli.conftest import ROOT, Run, command, in_another_process

GOLDEN = ROOT / "tests" / "golden" / "help"
HEAVY = ("numpy", "PIL", "onnxruntime", "lark", "yaml", "rich", "urllib.request", "torch")


def help_pages() -> list[str]:
    """Words that lead to every page of help: "", "ask", ..., "train", "train reader"."""
    group = typer.main.get_command(main.app)
    pages = [""]
    for name, page in group.commands.items():
        pages += [name, *(f"{name} {below}" for below in getattr(page, "commands", ()))]
    return pages


@pytest.mark.parametrize("page", help_pages())
def test_help_is_as_agreed(run: Run, monkeypatch: pytest.MonkeyPatch, page: str) -> None:
    """Run with FACEREASON_UPDATE_GOLDEN=1 to agree to what it is now."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("NO_COLOR", "1")
    code, out, err = run(*page.split(), "--help")
    assert (code, err) == (0, "")
    golden = golden_of(page)
    if os.environ.get("FACEREASON_UPDATE_GOLDEN"):
        golden.write_text(out, encoding="utf-8")
    assert out == golden.read_text(encoding="utf-8")


def test_every_golden_help_belongs_to_a_command() -> None:
    assert set(GOLDEN.iterdir()) == {golden_of(page) for page in help_pages()}


def golden_of(page: str) -> Path:
    return GOLDEN / f"{'-'.join(['facereason', *page.split()])}.txt"


def test_short_help_and_no_command_at_all_show_the_same_help(run: Run) -> None:
    assert run("-h").out == run("--help").out
    bare = run()
    assert run("--help").out in (bare.out, bare.err)


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version") == (0, f"facereason {__version__}\n", "")


@pytest.mark.parametrize("arguments", [["--help"], ["ask", "--help"], ["--version"]])
def test_what_is_not_used_is_not_imported(arguments: list[str]) -> None:
    code = (
        "import sys; from facereason.cli.main import main\ntry: main()\nfinally: print(*sys.modules, file=sys.stderr)"
    )
    start = [sys.executable, "-c", code, *arguments]
    result = subprocess.run(start, capture_output=True, text=True, cwd=ROOT, check=False, timeout=60)
    loaded = set(result.stderr.splitlines()[-1].split())
    assert "facereason.cli.main" in loaded
    assert loaded & set(HEAVY) == set()
    others = {module for name, module in COMMANDS.items() if arguments[0] in COMMANDS and name != arguments[0]}
    assert loaded & others == set()


def test_a_mistyped_command_is_wrong_usage_with_a_suggestion(run: Run) -> None:
    code, out, err = run("lok")
    assert (code, out) == (2, "")
    assert "Did you mean 'look'?" in err


def test_an_unknown_option_is_wrong_usage(run: Run) -> None:
    assert run("look", "--colour").code == 2


@pytest.mark.parametrize(("kind", "code"), [(FaceReasonError, 1), (UsageError, 2)])
def test_an_error_is_one_printable_line_and_its_exit_code(
    run: Run, photo: Path, monkeypatch: pytest.MonkeyPatch, kind: type[FaceReasonError], code: int
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise kind("weights broken:\nreinstall \x1b[31m[red]facereason[/red]")

    monkeypatch.setattr(standins.FaceReason, "__init__", fail)
    result = run("ask", photo, "Why?")
    assert result == (code, "", "facereason: weights broken:\\nreinstall \\x1b[31m[red]facereason[/red]\n")


def test_broken_weights_stop_a_batch_with_one_line(run: Run, photo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise FaceReasonError("weights file reader.onnx is damaged: reinstall facereason")

    monkeypatch.setattr(standins.Instrument, "__init__", fail)
    code, out, err = run("look", photo, photo, "--json")
    assert (code, out) == (1, "")
    assert err == "facereason: weights file reader.onnx is damaged: reinstall facereason\n"


def test_a_console_that_lacks_characters_shows_their_codes(photo: Path) -> None:
    missing = in_another_process("ask", "\u6771.jpg", "Is she happy?", PYTHONIOENCODING="latin-1")
    assert (missing.returncode, missing.stdout) == (1, "")
    assert missing.stderr == "facereason: \\u6771.jpg: no such file; check the path\n"


def test_piped_bytes_that_are_no_text_are_asked_as_codes(photo: Path) -> None:
    start = command("chat", photo, "--json")
    result = subprocess.run(
        start, input=b"Is she \xff happy?\n", capture_output=True, cwd=ROOT, check=False, timeout=60
    )
    assert result.returncode == 0
    assert json.loads(result.stdout)["question"] == "Is she \\xff happy?"
