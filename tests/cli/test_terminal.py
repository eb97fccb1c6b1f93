"""At a terminal of any width, with and without colours, and with a reader that goes away: real processes and a pty."""

import os
import re
import select
import shlex
import signal
import struct
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import ROOT, clean_environment, command, make_photo

pty = pytest.importorskip("pty", reason="needs pseudo terminals")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
PROMPT = re.compile(rb">[ \x08]")


def at_terminal(*arguments: object, columns: int = 80, keys: bytes = b"", **environment: str) -> tuple[int, str]:
    """Exit code and everything shown, of a process whose stdin, stdout and stderr are a terminal of this width.

    `keys` are pressed at the prompt, again and again until it ends: a Ctrl-C between prompt and reading is lost.
    """
    import fcntl
    import termios

    def ready() -> None:
        """So that Ctrl-C becomes a signal, and one that is heard even where these tests run in the background."""
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        command(*arguments),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=clean_environment(PROMPT_TOOLKIT_NO_CPR="1", **environment),
        start_new_session=True,
        preexec_fn=ready,
    )
    os.close(theirs)
    shown = b""
    pressed = 0.0
    stuck = threading.Timer(30, process.kill)
    stuck.start()
    while True:
        if keys and PROMPT.search(shown) and time.monotonic() > pressed + 2:
            os.write(ours, keys)
            pressed = time.monotonic()
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        shown += part
    stuck.cancel()
    os.close(ours)
    return process.wait(10), shown.decode("utf-8").replace("\r\n", "\n")


def talk(*arguments: object, steps: Sequence[tuple[str, bytes]], columns: int = 80, **environment: str) -> str:
    """Everything shown while keys are pressed, each as soon as its text has come up after the one before."""
    import fcntl
    import termios

    def ready() -> None:
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    process = subprocess.Popen(
        command(*arguments),
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        cwd=ROOT,
        env=clean_environment(PROMPT_TOOLKIT_NO_CPR="1", **environment),
        start_new_session=True,
        preexec_fn=ready,
    )
    os.close(theirs)
    shown, seen = "", 0
    stuck = threading.Timer(40, process.kill)
    stuck.start()
    left = list(steps)
    while True:
        if left and (found := re.search(left[0][0], shown[seen:])):
            seen += found.end()
            time.sleep(0.3)  # what reads the keys may only be getting ready
            os.write(ours, left.pop(0)[1])
        if not select.select([ours], [], [], 0.1)[0]:
            continue
        try:
            part = os.read(ours, 65536)
        except OSError:  # Linux: the other end is closed
            break
        if not part:
            break
        shown += CONTROL.sub("", part.decode("utf-8", "replace")).replace("\r\n", "\n")
    stuck.cancel()
    os.close(ours)
    assert process.wait(10) == 0, shown
    assert not left, f"never came up: {left[0][0]!r} in {shown}"
    return shown


ASKS = r">[ \x08]"


def test_control_c_ends_a_reply_and_keeps_the_chat(photo: Path) -> None:
    steps = [
        (ASKS, b"slowly\n"),
        ("slowly", b"\x03"),
        ("stopped", b""),
        (ASKS, b"How do they feel?\n"),
        ("And so on", b"\x04"),
    ]
    shown = talk("chat", photo, steps=steps)
    assert "stopped; nothing of it is kept" in shown
    assert "they seem happy" in shown
    assert "Traceback" not in shown


def test_a_chat_fits_a_terminal_of_twenty_columns(photo: Path) -> None:
    steps = [
        (ASKS, b"/people\n"),
        ("happiness", b""),
        (ASKS, b"How do they feel?\n"),
        ("And so", b"/help\n"),
        ("Ctrl-D", b"\x04"),
    ]
    shown = talk("chat", photo, steps=steps, columns=20, NO_COLOR="1")
    assert "Traceback" not in shown
    assert "person 2" in shown


def test_tab_completes_commands_and_control_d_ends(photo: Path) -> None:
    shown = talk("chat", photo, steps=[(ASKS, b"/peo\t"), ("/people", b"\n"), ("happiness", b""), (ASKS, b"\x04")])
    assert "emotion" in shown


def test_a_chat_is_gone_on_with_after_it_ended(photo: Path) -> None:
    talk("chat", photo, "--session", "one", steps=[(ASKS, b"How do they feel?\n"), ("And so on", b"\x04")])
    shown = talk("chat", "-c", steps=[("1 question so far", b""), (ASKS, b"/quit\n")])
    assert "Going on with one" in shown


def test_wide_terminals_show_a_table_and_narrow_ones_blocks(photo: Path) -> None:
    code, wide = at_terminal("look", photo, columns=120, NO_COLOR="1")
    assert code == 0
    header = next(line for line in CONTROL.sub("", wide).splitlines() if "emotion" in line)
    assert "yaw/pitch/roll" in header
    assert "action units" in header
    code, narrow = at_terminal("look", photo, columns=40, NO_COLOR="1")
    assert code == 0
    lines = CONTROL.sub("", narrow).splitlines()
    assert "person 2" in lines
    assert "  emotion: happiness 87%, then surprise" in [line.rstrip() for line in lines]
    assert max(map(len, lines[1:])) <= 40


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_an_answer_is_wrapped_at_words_in_a_terminal(photo: Path, columns: int) -> None:
    code, shown = at_terminal("ask", photo, "How do they feel?", columns=columns)
    assert code == 0
    lines = [line.rstrip() for line in CONTROL.sub("", shown).splitlines()]
    assert max(map(len, lines)) <= columns
    assert "And so on." in " ".join(lines)
    assert "[87" in shown, "brackets are no markup"


def test_evidence_is_dim_unless_colours_are_off(photo: Path) -> None:
    assert "\x1b[2m" in at_terminal("ask", photo, "Why?")[1]
    assert "\x1b[38" not in at_terminal("ask", photo, "Why?", NO_COLOR="1")[1]
    assert "\x1b" not in at_terminal("ask", photo, "Why?", TERM="dumb")[1]


def test_a_chat_shows_a_prompt_and_ends_with_control_d(photo: Path) -> None:
    code, shown = at_terminal("chat", photo, keys=b"How do they feel?\n\x04")
    assert code == 0
    assert len(PROMPT.findall(shown.encode())) >= 2
    assert "they seem happy" in shown
    assert "Traceback" not in shown


def test_control_c_ends_a_chat_without_a_traceback(photo: Path) -> None:
    code, shown = at_terminal("chat", photo, keys=b"\x03")
    assert code == 0
    assert "Traceback" not in shown


def test_an_error_in_a_typed_chat_does_not_fail_it(photo: Path) -> None:
    code, shown = at_terminal("chat", photo, keys=b"/nonsense\n/quit\n")
    assert code == 0
    assert "there is no /nonsense" in shown


def test_progress_shows_after_a_second_and_is_gone_at_the_end(tmp_path: Path) -> None:
    slow = tmp_path / "slow.png"
    Image.new("RGB", (13, 60)).save(slow)
    quick = make_photo(tmp_path / "quick.png", people=1)
    code, shown = at_terminal("look", quick, slow, quick)
    assert code == 0
    assert "looking" in shown
    assert "1/3" in shown
    assert shown.endswith("\x1b[1A\x1b[2K"), "the bar's line is erased"
    assert "looking" not in at_terminal("look", quick)[1]


@pytest.mark.parametrize("arguments", [("look", "PHOTO"), ("look", "PHOTO", "--json"), ("ask", "PHOTO", "Why?"), ()])
def test_a_reader_that_goes_away_leaves_no_traceback(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    photo = make_photo(tmp_path / "crowd.png", people=150)
    process = subprocess.Popen(
        command(*(photo if argument == "PHOTO" else argument for argument in arguments)),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=clean_environment(),
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert b"Traceback" not in err
    assert b"BrokenPipe" not in err


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-"])
@pytest.mark.parametrize("arguments", [("ask", "PHOTO", "Why?"), ("look", "PHOTO"), ("chat", "PHOTO")])
def test_a_closed_stream_is_no_crash(photo: Path, closed: str, arguments: tuple[str, ...]) -> None:
    words = command(*(photo if argument == "PHOTO" else argument for argument in arguments))
    result = subprocess.run(
        ["sh", "-c", f"{shlex.join(words)} {closed}"],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=clean_environment(),
        check=False,
        timeout=60,
    )
    assert result.returncode == 0
    assert result.stderr == ""
