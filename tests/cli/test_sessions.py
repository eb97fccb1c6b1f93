"""Chats that last, the log and templates at the command line."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.conftest import Run, make_photo

ASK = "How do they feel?\n"


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


def test_several_photos_are_asked_about_by_number(run: Run, photo: Path, tmp_path: Path) -> None:
    other = make_photo(tmp_path / "two.png", people=2)
    lines = "How do they feel?\n/photo 2\nHow do they feel?\nin photo 1, how do they feel?\n/photos\n"
    code, out, err = run("chat", photo, other, stdin=lines)
    assert (code, err) == (0, "")
    assert out.startswith("2 photos; this is number 1, party.png. /photo lists them.\n3 people were found")
    assert [line[:8] for line in out.splitlines() if "they seem" in line] == ["3 people", "2 people", "3 people"]
    assert "* 1 party.png\n  2 two.png\n" in out


def test_a_photo_that_is_missing_is_told_and_the_others_go_on(run: Run, photo: Path) -> None:
    code, out, err = run("chat", "nowhere.jpg", photo, stdin=ASK)
    assert code == 1
    assert "nowhere.jpg: no such file; check the path" in err
    assert "they seem happy" in out


def test_a_hundred_photos_are_opened_as_they_are_asked_about(run: Run, tmp_path: Path) -> None:
    photos = [make_photo(tmp_path / f"{n}.png", people=1, seed=n) for n in range(100)]
    code, out, _ = run("chat", *photos, stdin="photo 100: how do they feel?\n")
    assert code == 0
    assert "100 photos" in out
    assert "1 people: they seem" in out


def test_a_chat_is_resumed_by_name_and_as_the_last_one(run: Run, photo: Path) -> None:
    run("chat", photo, "--session", "mine", stdin=ASK)
    for words in (("--session", "mine"), ("-c",)):
        code, out, _ = run("chat", *words, stdin=ASK)
        assert code == 0
        assert out.startswith("Going on with mine: ")
    assert "3 questions" in run("logs", "sessions").out


def test_nothing_is_kept_where_nothing_shall_be(run: Run, photo: Path, home: Path) -> None:
    run("chat", photo, "--no-log", stdin=ASK)
    assert not (home / "sessions.db").exists()
    code, _, err = run("chat", "-c", "--no-log")
    assert code == 2
    assert "leave out --no-log" in err


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (("-c",), 1, "there is no chat to go on with"),
        (("-c", "--session", "x"), 2, "give one of them"),
        (("--session", "new"), 2, "no photo given"),
        (("--param", "a=b", "x.png"), 2, "--param goes with --template"),
        (("--template", "nope", "x.png"), 2, "no template nope; there are: face, group"),
        (("--template", "face", "--param", "who", "x.png"), 2, "--param who: give it as NAME=VALUE"),
        (("--template", "face", "--param", "what=x", "x.png"), 2, "no parameter what; it has: who"),
    ],
)
def test_wrong_words_get_one_line(run: Run, words: tuple[str, ...], code: int, message: str) -> None:
    got, out, err = run("chat", *words)
    assert (got, out) == (code, "")
    assert message in err
    assert len(err.splitlines()) == 1


def test_a_locked_log_costs_nothing_that_was_said(run: Run, photo: Path, home: Path) -> None:
    run("chat", photo, "--session", "first", stdin=ASK)
    other = sqlite3.connect(home / "sessions.db")
    other.execute("BEGIN EXCLUSIVE")
    code, out, err = run("chat", photo, stdin=ASK)
    other.rollback()
    assert "they seem happy" in out
    assert code == 1
    assert "another program holds the log" in err
    (kept,) = Path.cwd().glob("facereason-*.json")
    assert json.loads(kept.read_text())["turns"][0]["question"] == ASK.strip()


def test_a_damaged_log_is_told_and_what_is_said_is_kept(run: Run, photo: Path, home: Path) -> None:
    (home / "sessions.db").write_bytes(b"no database, but as long as one that is looked at " * 40)
    code, out, err = run("chat", photo, stdin=ASK)
    assert code == 1
    assert "they seem happy" in out
    assert "is no log, or damaged: move it away" in err
    assert len(list(Path.cwd().glob("facereason-*.json"))) == 1
    assert run("logs").code == 1


def test_the_photo_is_drawn_and_the_file_named(run: Run, photo: Path) -> None:
    _, out, _ = run("chat", photo, stdin=f"{ASK}/show\n/show other.png\n/show nowhere/at/all.png\n")
    assert "drawn: party.faces.png" in out
    with Image.open("party.faces.png") as drawn:
        assert drawn.size == (300, 60)
    assert Path("other.png").is_file()


def test_no_file_is_lost_to_a_drawing_or_a_transcript(run: Run, photo: Path) -> None:
    before = photo.read_bytes()
    Path("notes.md").write_text("mine")
    code, out, err = run("chat", photo, stdin=f"{ASK}/show {photo}\n/save notes.md\n/save own.md\n{ASK}/save own.md\n")
    assert code == 1
    assert photo.read_bytes() == before
    assert "was not drawn by facereason" in err
    assert Path("notes.md").read_text() == "mine"
    assert "notes.md: is there already" in err
    assert out.count("saved: own.md") == 2
    assert Path("own.md").read_text().count(ASK.strip()) == 2


def test_photos_keep_the_numbers_they_were_given_in(run: Run, photo: Path, tmp_path: Path) -> None:
    shutil.copy(photo, tmp_path / "third.png")
    asked = "in photo 3, how many people are there?\nin photo 2, how many people are there?\n/photos\n"
    code, out, err = run("chat", photo, "nope.png", tmp_path / "third.png", stdin=asked)
    assert code == 1
    assert "* 3 third.png" in out
    assert "no photo 2: there are photos 1, 3" in err


def test_a_template_that_is_wrong_does_not_hide_the_others(run: Run, home: Path) -> None:
    (home / "templates").mkdir(parents=True, exist_ok=True)
    (home / "templates" / "odd.yaml").write_text("bogus: 1\n")
    code, out, err = run("templates")
    assert code == 1
    assert "unknown key bogus" in err
    assert "face" in out
    assert "group" in out


def test_a_chat_is_saved_as_markdown_json_or_text(run: Run, photo: Path) -> None:
    code, out, err = run("chat", photo, stdin=f"{ASK}/save a.md\n/save a.json\n/save a.txt\n/save a.pdf\n")
    assert code == 1
    assert "ends in .md, .json or .txt" in err
    assert out.count("saved: ") == 3
    assert "**How do they feel?** (photo 1)" in Path("a.md").read_text()
    assert json.loads(Path("a.json").read_text())["photos"][0]["name"] == "party.png"
    assert "\n> How do they feel?\n" in Path("a.txt").read_text()


def test_evidence_and_why_ask_of_the_last_answer(run: Run, photo: Path) -> None:
    _, out, err = run("chat", photo, stdin=f"/evidence\n{ASK}/evidence\n/why\n/people now\n")
    assert "nothing was answered yet" in err
    assert "/people takes nothing behind it" in err
    assert "[emotion: happiness, 87%, reader]" in out


def test_the_model_is_told_and_changed(run: Run, photo: Path) -> None:
    _, out, err = run("chat", photo, stdin="/model\n/model nonsense\n/model none\n")
    assert "nano, where you ask why" in out
    assert out.count("no model: the instrument answers alone") == 1
    assert "nonsense" in err


def test_json_has_a_line_for_commands_too(run: Run, photo: Path) -> None:
    _, out, _ = run("chat", photo, "--json", stdin=f"{ASK}/photos\n/show\n")
    rows = [json.loads(line) for line in out.splitlines()]
    assert rows[1:] == [{"photo": 1, "name": "party.png"}, {"drawn": "party.faces.png"}]


def test_a_template_is_asked_in_chat_and_ask(run: Run, photo: Path) -> None:
    assert run("chat", photo, "--template", "group").out.count("they seem") == 5
    out = run("ask", photo, "--template", "face", "--param", "who=the man", "--json").out
    assert json.loads(out.splitlines()[0])["question"] == "Describe the man."
    code, _, err = run("ask", photo, "Why?", "--template", "face")
    assert code == 2
    assert "brings its questions" in err


def test_templates_are_listed_and_shown(run: Run, home: Path) -> None:
    (home / "templates").mkdir()
    (home / "templates" / "mine.yaml").write_text("questions: ['Is $who sad?']\nabout: Sadness\n")
    out = run("templates").out
    assert out.splitlines()[0] == "mine who=...  Sadness"
    assert str(home / "templates") in out
    assert "questions:" in run("templates", "show", "face").out


def test_the_log_is_searched_shown_and_forgotten(run: Run, photo: Path) -> None:
    run("chat", photo, "--session", "one", stdin=f"{ASK}Was ist das?\n")
    assert "> Was ist das?" in run("logs").out
    found = json.loads(run("logs", "search", "happy", "--json").out)
    assert found["question"] == "How do they feel?"
    assert run("logs", "show", "one").out.count("\n> ") == 2
    code, _, err = run("logs", "search", "zebra")
    assert code == 1
    assert "the log has nothing like that" in err
    assert run("logs", "show", "two").code == 1
    assert run("logs", "forget", "one").out == "forgotten: 2 questions\n"
    assert run("logs").code == 1
    assert run("logs", "path").out.strip().endswith("sessions.db")
